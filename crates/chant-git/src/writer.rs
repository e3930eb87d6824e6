//! New objects through git processes that go on running: one for each would take most of the time of a landing.
//!
//! They live as long as the process that reads (`reader`): started by the first question, ended by [`Repo::rest`] or with
//! the last clone. They make objects and nothing else; no ref, index or file of a work tree is known to them. One that
//! fails says nothing of why, so whoever asks then starts git for this one question and is told.

use std::collections::HashMap;
use std::io::{self, BufRead};

use chant_os::clock::Stopwatch;
use chant_os::file;
use chant_os::process::Conversation;

use crate::{Oid, Repo, Result, call::Call};

/// Whoever made a commit a moment ago makes the next one as well, at that time.
const MOMENT_MS: u128 = 1000;

/// The processes that are asked.
#[derive(Debug, Default)]
pub(crate) struct Writers {
    asked: HashMap<&'static str, Conversation>,
    /// Settings, as git answered.
    settings: HashMap<String, bool>,
    /// The author and the committer, and since when that is known.
    people: Option<(Stopwatch, Vec<u8>, Vec<u8>)>,
}

impl Writers {
    pub(crate) fn forget_settings(&mut self) {
        self.settings.clear();
        self.people = None;
    }
}

impl Repo {
    /// Stores an object of this kind, or holds it back; `None` where git has to be asked directly.
    pub(crate) fn try_store(&self, kind: &'static str, bytes: &[u8]) -> Option<Oid> {
        if let Some(oid) = self.hold_back(kind, bytes) {
            return Some(oid);
        }
        let folder = self.common_dir().join("chant/tmp");
        let path = folder.join(format!("{kind}-{}", std::process::id()));
        let name = path.to_str().filter(|name| !name.contains(['\n', '"']))?;
        let question = format!("{name}\n");
        let call = || {
            let flags = ["-w", "-t", kind, "--no-filters", "--stdin-paths"];
            self.change().arg("hash-object").args(flags)
        };
        // The name is this process's own; the lock on the conversations keeps its threads apart.
        let write = || -> io::Result<()> {
            file::create_dir_all(&folder).map_err(io::Error::other)?;
            file::replace_cache(&path, bytes).map_err(io::Error::other)
        };
        let stored = self.ask_writer(kind, call, question.as_bytes(), write, line);
        let _ = file::remove_file(&path);
        stored?.parse().ok()
    }

    fn ask_writer<T>(
        &self,
        name: &'static str,
        call: impl Fn() -> Call,
        question: &[u8],
        before: impl FnOnce() -> io::Result<()>,
        read: impl Fn(&mut dyn BufRead) -> io::Result<T>,
    ) -> Option<T> {
        let mut writers = self.memo().writers();
        before().ok()?;
        if !writers.asked.contains_key(name) {
            writers.asked.insert(name, call().converse().ok()?);
        }
        let asked = writers.asked.get_mut(name)?;
        let answer = asked
            .ask(question)
            .and_then(|answer| read(answer as &mut dyn BufRead));
        if answer.is_err() {
            writers.asked.remove(name);
        }
        answer.ok()
    }

    /// A setting that is yes or no. One process, the first time; asked again after [`Repo::rest`].
    pub(crate) fn setting_once(&self, key: &str) -> Result<bool> {
        if let Some(known) = self.memo().writers().settings.get(key) {
            return Ok(*known);
        }
        let value = self.config_bool(key)?;
        let mut writers = self.memo().writers();
        writers.settings.insert(key.to_owned(), value);
        Ok(value)
    }

    /// Author and committer with the present time, as a commit has them. Two processes, or none within a moment.
    pub(crate) fn people(&self) -> Result<(Vec<u8>, Vec<u8>)> {
        if let Some((since, author, committer)) = &self.memo().writers().people
            && since.elapsed().as_millis() < MOMENT_MS
        {
            return Ok((author.clone(), committer.clone()));
        }
        let author = self.person("GIT_AUTHOR_IDENT")?;
        let committer = self.person("GIT_COMMITTER_IDENT")?;
        let mut writers = self.memo().writers();
        writers.people = Some((Stopwatch::start(), author.clone(), committer.clone()));
        Ok((author, committer))
    }
}

fn line(answer: &mut dyn BufRead) -> io::Result<String> {
    let mut line = String::new();
    answer.read_line(&mut line)?;
    match line.strip_suffix('\n') {
        Some(line) => Ok(line.to_owned()),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}
