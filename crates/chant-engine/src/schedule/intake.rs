//! Taking specs in: what is asked for when a command begins, and, where it was told so, what comes to be open while it runs.

use std::collections::HashSet;

use chant_spec::{Kind, State};

use super::event::Event;
use super::supervise::Supervisor;
use super::task::Stage;
use crate::error::Result;
use crate::query::{Roll, natural_order};
use crate::queue;

/// Which specs are asked for as they come to be open, for as long as the command runs.
#[derive(Debug, Clone, Default)]
pub struct Coming {
    /// Only those with all of these labels.
    pub labels: Vec<String>,
    /// But for these: they were tried a moment ago.
    pub except: HashSet<String>,
}

impl Coming {
    /// What is ready, or waits for other specs, and is nobody's yet; the oldest first.
    fn found(&self, roll: &Roll, is_known: impl Fn(&str) -> bool) -> Vec<String> {
        let new = roll.at_hand().filter(|entry| {
            let Ok(summary) = &entry.content else {
                return false;
            };
            let id = entry.node.id.as_str();
            let has = |label: &String| summary.labels.contains(label);
            let is_meant = self.labels.iter().all(has) && entry.node.kind != Kind::Driver;
            is_meant && !is_known(id) && !self.except.contains(id)
        });
        let mut ids: Vec<&str> = new.map(|entry| entry.node.id.as_str()).collect();
        ids.sort_by(|a, b| natural_order(a, b));
        let stands = roll.stand(&ids).into_iter();
        // What was tried, paused or parked before has another state; whoever watches goes on with that in its own way.
        let is_open = stands.map(|stand| stand.is_some_and(|it| it.state == State::Pending));
        let all = ids.iter().zip(is_open);
        all.filter(|(_, is_open)| *is_open)
            .map(|(id, _)| (*id).to_owned())
            .collect()
    }
}

impl Supervisor<'_> {
    /// Takes in what is asked for, and sees what of it may start.
    pub(super) fn enter(&mut self, specs: &[String], note: Option<String>) -> Result<()> {
        self.add(specs)?;
        self.tell(&Event::Asked {
            specs: self.tasks.len(),
            parallel: self.ask.parallel,
        });
        if let Some(text) = note {
            self.tell(&Event::Warning { text });
        }
        self.take_up_earlier(0)?;
        self.count_for_person()?;
        self.reconsider((0..self.tasks.len()).collect());
        Ok(())
    }

    /// Takes in what has come to be open since, where this command was told to begin that as well.
    pub(super) fn take_in(&mut self) -> Result<()> {
        let coming = self.ask.coming.as_ref();
        let Some(coming) = coming.filter(|_| self.stopping.is_none()) else {
            return Ok(());
        };
        if self.seen.has_other_settings(self.project) {
            // This command knows only the old ones: it comes to an end, and whoever watches begins again with the new.
            return Ok(());
        }
        let mut specs = coming.found(&self.roll, |spec| self.by_spec.contains_key(spec));
        if specs.is_empty() {
            return Ok(());
        }
        // What another command asks for has its turn there.
        let theirs = queue::waits_for_turn(self.project)?;
        specs.retain(|spec| !theirs.contains(spec));
        let first = self.tasks.len();
        self.add(&specs)?;
        if !specs.is_empty() {
            self.tell(&Event::Joined { specs });
        }
        self.take_up_earlier(first)?;
        self.reconsider((first..self.tasks.len()).collect());
        Ok(())
    }

    /// Makes tasks of specs, and writes down that they are asked for.
    fn add(&mut self, specs: &[String]) -> Result<()> {
        let first = self.tasks.len();
        for spec in specs {
            let at = self.tasks.len();
            let task = self.task(at, spec)?;
            self.by_spec.insert(task.spec.clone(), at);
            self.tasks.push(task);
            *self.counts.entry(Stage::Blocked.name()).or_default() += 1;
        }
        let asked = self.tasks[first..].iter();
        let asked = asked.map(|task| (task.spec.clone(), task.candidate.priority));
        self.asker
            .ask(self.project, &mut self.journal, asked, &self.ask.order)?;
        let ids: Vec<&str> = self.tasks.iter().map(|task| task.spec.as_str()).collect();
        self.followers = self.roll.followers(&ids);
        self.moved = true;
        Ok(())
    }

    /// Tasks, from this one on, whose spec has a run that is not over go on with it; what is finished lands.
    fn take_up_earlier(&mut self, first: usize) -> Result<()> {
        for record in self.journal.all_latest()? {
            let Some(&at) = self.by_spec.get(&record.spec).filter(|at| **at >= first) else {
                continue;
            };
            self.tasks[at].earlier = Some(record.id.clone());
            if !record.state.is_over() {
                self.tasks[at].run = Some(record.id.clone());
                self.by_run.insert(record.id.clone(), at);
                self.keep_apart(at, &record);
                self.go_on_with(at, &record)?;
            }
        }
        Ok(())
    }
}
