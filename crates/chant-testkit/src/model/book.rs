//! What the threads of a server share: its scripts, what was asked, what went wrong, and the word that it is over.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::script::{Script, Scripts};
use super::{Request, Trouble};

#[derive(Debug)]
pub(super) struct Book {
    scripts: Scripts,
    limit: usize,
    pages: Mutex<Pages>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Pages {
    asked: Vec<Request>,
    troubles: Vec<Trouble>,
    closed: bool,
}

impl Book {
    pub(super) fn new(scripts: Scripts, limit: usize) -> Self {
        Self {
            scripts,
            limit,
            pages: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    pub(super) fn script(&self, name: &str) -> Option<&Script> {
        self.scripts.get(name)
    }

    pub(super) fn scripts(&self) -> &Scripts {
        &self.scripts
    }

    /// Writes a request down, and gives its body back. After too many of them the server ends.
    pub(super) fn note(&self, request: Request) -> Value {
        let body = request.body.clone();
        let mut pages = self.pages();
        pages.asked.push(request);
        pages.closed |= pages.asked.len() >= self.limit;
        drop(pages);
        self.changed.notify_all();
        body
    }

    pub(super) fn trouble(&self, trouble: Trouble) {
        self.pages().troubles.push(trouble);
    }

    pub(super) fn asked(&self) -> Vec<Request> {
        self.pages().asked.clone()
    }

    pub(super) fn troubles(&self) -> Vec<Trouble> {
        self.pages().troubles.clone()
    }

    pub(super) fn close(&self) {
        self.pages().closed = true;
        self.changed.notify_all();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.pages().closed
    }

    /// Lets time pass, or the server end.
    pub(super) fn wait(&self, time: Duration) {
        self.wait_until(time, |_| false);
    }

    /// Waits for what was asked to be as described; false where the time or the server ended first.
    pub(super) fn wait_until(
        &self,
        time: Duration,
        described: impl Fn(&[Request]) -> bool,
    ) -> bool {
        let end = Instant::now() + time;
        let mut pages = self.pages();
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if described(&pages.asked) {
                return true;
            }
            if pages.closed || left.is_zero() {
                return false;
            }
            let waited = self.changed.wait_timeout(pages, left);
            pages = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub(super) fn state(&self) -> Value {
        let progress = self.scripts.progress().into_iter();
        let scripts: Map<String, Value> = progress
            .map(|(name, one)| {
                let said = json!({ "next": one.used, "turns": one.turns, "over": one.over });
                (name, said)
            })
            .collect();
        let pages = self.pages();
        let failed: Vec<&str> = pages
            .troubles
            .iter()
            .map(|one| one.problem.as_str())
            .collect();
        json!({ "requests": pages.asked.len(), "failed": failed, "scripts": scripts })
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
