//! What may start, and starting it.

use std::num::NonZeroUsize;
use std::time::Duration;

use chant_os::clock::Stopwatch;

use super::event::{Event, Waiting};
use super::pick::{self, Candidate, Pool};
use super::seam::Job;
use super::supervise::Supervisor;
use super::task::{Stage, Task};
use crate::agents;
use crate::claim;
use crate::error::{Code, Error, Result};
use crate::index::Entry;
use crate::journal::{RunRecord, RunState};
use crate::limits::{Outlook, Start};
use crate::order::new_id;
use crate::room::{Held, Limit, Took, Wanted, limits_of};
use crate::targets;

impl Supervisor<'_> {
    /// The task of a spec that is asked for.
    pub(super) fn task(&mut self, at: usize, spec: &str) -> Result<Task> {
        let (agent, candidate) = self.describe(at, spec)?;
        let entry = self.roll.get(spec).ok_or_else(|| gone(spec))?;
        Ok(Task::new(entry, agent, candidate))
    }

    /// Reads again what a task is picked by: its file may have changed.
    pub(super) fn renew(&mut self, at: usize) -> Result<()> {
        let spec = self.tasks[at].spec.clone();
        if self.roll.get(&spec).is_none() {
            // It was put away or deleted; it stays blocked, and the end says so.
            return Ok(());
        }
        let (agent, candidate) = self.describe(at, &spec)?;
        self.tasks[at].agent = agent;
        self.tasks[at].candidate = candidate;
        Ok(())
    }

    fn describe(&mut self, at: usize, spec: &str) -> Result<(String, Candidate)> {
        let entry = self.roll.get(spec).ok_or_else(|| gone(spec))?;
        let summary = entry.content.as_ref().ok();
        let labels = summary.map_or(&[][..], |summary| &summary.labels);
        let agent = self.agent_for(entry)?;
        let declared = summary.map_or(&[][..], |summary| &summary.target_files);
        let contradicts = self.tasks.get(at).map_or(&[][..], |task| &task.contradicts);
        let lane = labels.first().cloned().unwrap_or_default();
        let candidate = Candidate {
            key: at,
            priority: summary.map_or(0, |summary| summary.priority),
            lane,
            age: at,
            targets: [declared, contradicts].concat(),
            pools: Vec::new(),
        };
        let labels = labels.to_vec();
        let pools = self.pools(&agent, &labels);
        Ok((agent, Candidate { pools, ..candidate }))
    }

    /// The agent that its next run is given to, as that run will decide it.
    fn agent_for(&self, entry: &Entry) -> Result<String> {
        let order = &self.ask.order;
        let summary = entry.content.as_ref().ok();
        let asked = summary.and_then(|summary| summary.prompt.as_deref());
        let asked = order.prompt.as_deref().or(asked);
        let prompt = agents::prompt_for(self.project, asked, &entry.node.kind);
        let subject = agents::Subject {
            id: &entry.node.id,
            labels: summary.map_or(&[][..], |summary| &summary.labels),
            kind: &entry.node.kind,
            agent: summary.and_then(|summary| summary.agent.as_deref()),
            prompt: &prompt,
        };
        let choose = |tried: u32| {
            let ordered = order.agent.as_deref();
            let of_prompt = || self.named_by_prompt(&prompt);
            agents::choice_knowing(self.project.config(), ordered, &subject, tried, of_prompt)
        };
        let first = choose(0);
        if !first.has_others() {
            return Ok(first.agent);
        }
        let choice = choose(self.journal.tried(&entry.node.id)?);
        Ok(choice.passing_by(&self.outlook).agent)
    }

    /// The agents that a prompt names. Thousands of specs have the same few prompts, so each is read once.
    fn named_by_prompt(&self, name: &str) -> Option<String> {
        let mut known = self.prompts.borrow_mut();
        if let Some(named) = known.get(name) {
            return named.clone();
        }
        let named = agents::named_by_prompt(self.project, name);
        known.insert(name.to_owned(), named.clone());
        named
    }

    /// The limits that count for an agent and labels.
    fn pools(&mut self, agent: &str, labels: &[String]) -> Vec<Pool> {
        let places = self.outside.executor.capabilities().places;
        let all = self.ask.parallel.min(places.unwrap_or(usize::MAX)).max(1);
        let mut pools = vec![self.load.pool(Limit::All, all)];
        for (limit, places) in limits_of(self.project.config(), agent, labels) {
            pools.push(self.load.pool(limit, places));
        }
        pools
    }

    /// Sees which of these blocked tasks may start now.
    pub(super) fn reconsider(&mut self, tasks: Vec<usize>) {
        let blocked = tasks
            .into_iter()
            .filter(|&at| self.tasks[at].stage == Stage::Blocked);
        let ids: Vec<(usize, String)> = blocked
            .map(|at| (at, self.tasks[at].spec.clone()))
            .collect();
        let again = self.ask.order.again;
        let workable: std::collections::HashSet<&str> = self
            .roll
            .workable(ids.iter().map(|(_, id)| id.as_str()))
            .into_iter()
            .collect();
        let now: Vec<usize> = ids
            .iter()
            .filter(|(_, id)| again || workable.contains(id.as_str()))
            .map(|(at, _)| *at)
            .collect();
        for at in now {
            self.make_ready(at);
        }
    }

    pub(super) fn make_ready(&mut self, at: usize) {
        // Who is to start holds nothing yet; its own files of an earlier attempt would keep it waiting for itself.
        self.release(at);
        self.set_stage(at, Stage::Ready);
        let mut candidate = self.tasks[at].candidate.clone();
        if self.tasks[at].run.is_some() {
            // It was begun, and so paid for: to finish it comes first.
            candidate.priority = i32::MAX;
        }
        self.ready.push(candidate);
    }

    /// Starts whatever may start now.
    pub(super) fn start_some(&mut self) -> Result<()> {
        while self.stopping.is_none() && !self.is_full_for_person() && !self.is_too_soon() {
            let Some(at) = pick::next(&self.ready, &self.load) else {
                break;
            };
            let candidate = self.ready.swap_remove(at);
            self.try_start(&candidate)?;
        }
        if self.ready.is_empty() && self.set_aside.is_empty() {
            self.slots.wait_no_more();
        }
        Ok(())
    }

    /// A limit of the settings on results that wait for a person.
    pub(super) fn is_full_for_person(&self) -> bool {
        let most = self.project.config().schedule.waiting_for_person;
        most.map(NonZeroUsize::get)
            .zip(self.for_person)
            .is_some_and(|(most, now)| now >= most)
    }

    fn is_too_soon(&self) -> bool {
        self.pace
            .as_ref()
            .is_some_and(|(since, wait)| since.elapsed() < *wait)
    }

    fn try_start(&mut self, candidate: &Candidate) -> Result<()> {
        let at = candidate.key;
        let spec = self.tasks[at].spec.clone();
        let project = self.project;
        if claim::is_held(&project.state_dir(), &project.project_key(), &spec) {
            self.set_stage(at, Stage::Elsewhere);
            return Ok(());
        }
        match self.outlook(at, &spec) {
            Start::Now => {}
            Start::Wait { until, why } => {
                if self.another_steps_in(at)? {
                    return Ok(());
                }
                self.set_stage(at, Stage::Parked(until));
                self.tell_waiting(at, vec![why], Some(until.to_string()));
                return Ok(());
            }
            Start::Ask { why, renews } => {
                self.give_up(at, why, renews);
                return Ok(());
            }
        }
        let Some((places, files)) = self.take_room(candidate)? else {
            return Ok(());
        };
        self.load.begin(candidate);
        self.tasks[at].candidate.pools.clone_from(&candidate.pools);
        self.tasks[at].places = Some(places);
        self.tasks[at].files = Some(files);
        self.submit(at);
        Ok(())
    }

    /// Whether another agent begins what is not begun yet: its own was chosen before anybody knew that it is refused.
    fn another_steps_in(&mut self, at: usize) -> Result<bool> {
        if self.tasks[at].run.is_some() {
            return Ok(false);
        }
        let before = self.tasks[at].agent.clone();
        self.renew(at)?;
        let is_another = self.tasks[at].agent != before;
        if is_another {
            self.make_ready(at);
        }
        Ok(is_another)
    }

    /// What limits of plans and budgets say, unless a person said that they do not count.
    fn outlook(&self, at: usize, spec: &str) -> Start {
        let entry = self.roll.get(spec);
        let summary = entry.and_then(|entry| entry.content.as_ref().ok());
        let labels = summary.map_or(&[][..], |summary| &summary.labels);
        let order = &self.ask.order;
        match self.outlook.may_start(spec, labels, &self.tasks[at].agent) {
            Start::Wait { .. } if order.now => Start::Now,
            Start::Ask { .. } if order.over_budget => Start::Now,
            start => start,
        }
    }

    /// A run that is parked goes on with the agent that its limit left it.
    pub(super) fn goes_on_with(&mut self, at: usize, agent: &str) {
        if self.tasks[at].agent == agent {
            return;
        }
        let entry = self.roll.get(&self.tasks[at].spec);
        let summary = entry.and_then(|entry| entry.content.as_ref().ok());
        let labels = summary.map_or_else(Vec::new, |summary| summary.labels.clone());
        self.tasks[at].candidate.pools = self.pools(agent, &labels);
        agent.clone_into(&mut self.tasks[at].agent);
    }

    /// Places and files, or none of them where another command has them.
    fn take_room(&mut self, candidate: &Candidate) -> Result<Option<(Held, Held)>> {
        let files: Vec<String> = candidate
            .targets
            .iter()
            .filter_map(|target| targets::one_file(target))
            .collect();
        let Some(files) = self.slots.take_targets(&files)? else {
            self.set_aside.push(candidate.clone());
            return Ok(None);
        };
        let wanted: Vec<Wanted<'_>> = candidate
            .pools
            .iter()
            .map(|&pool| {
                let (limit, own) = self.load.limit(pool);
                let places = match limit {
                    Limit::All => self.ask.places.max(own),
                    _ => own,
                };
                let ours = self.load.used(pool);
                Wanted {
                    limit,
                    places,
                    ours,
                }
            })
            .collect();
        match self.slots.take(&wanted)? {
            Took::Places(places) => Ok(Some((places, files))),
            Took::Full(at) => {
                self.load.taken_elsewhere(candidate.pools[at]);
                self.ready.push(candidate.clone());
                Ok(None)
            }
        }
    }

    /// Gives a task's run to the executor.
    pub(super) fn submit(&mut self, at: usize) {
        let task = &mut self.tasks[at];
        task.attempt += 1;
        task.begun = true;
        let run = task.run.get_or_insert_with(new_id).clone();
        let job = Job {
            run: run.clone(),
            attempt: task.attempt,
            spec: task.spec.clone(),
            order: self.ask.order.clone(),
        };
        let started = Event::Started {
            run: run.clone(),
            spec: task.spec.clone(),
            title: task.title.clone(),
            agent: task.agent.clone(),
        };
        self.by_run.insert(run.clone(), at);
        self.set_stage(at, Stage::Running);
        let stagger = self.project.config().schedule.stagger;
        if !stagger.is_zero() {
            self.pace = Some((Stopwatch::start(), stagger + jitter(&run, stagger)));
        }
        self.tell(&started);
        if let Err(error) = self.outside.executor.submit(&job) {
            self.leave(at);
            self.refused(at, &error);
        }
    }

    /// Nobody else is to be at work on the files in which a run contradicts the main branch.
    pub(super) fn keep_apart(&mut self, at: usize, record: &RunRecord) {
        let Some(conflict) = &record.facts.conflict else {
            return;
        };
        let task = &mut self.tasks[at];
        task.candidate
            .targets
            .extend(conflict.files.iter().cloned());
        task.contradicts.clone_from(&conflict.files);
    }

    /// Results that wait for a person, counted only where that is limited.
    pub(super) fn count_for_person(&mut self) -> Result<()> {
        if self.project.config().schedule.waiting_for_person.is_none() {
            return Ok(());
        }
        let kept = self.ask.no_merge;
        let waits = |state: RunState, reason: &str| match state {
            RunState::Conflict | RunState::NeedsAttention => true,
            RunState::Landing => !reason.is_empty(),
            RunState::Finished => kept,
            _ => false,
        };
        let latest = self.journal.all_latest()?;
        let results = latest.iter().filter(|run| waits(run.state, &run.reason));
        self.for_person = Some(results.count() + self.roll.open_gates());
        Ok(())
    }

    /// Parked runs whose time has come.
    pub(super) fn wake_parked(&mut self) -> Result<()> {
        if self.count(Stage::Parked(jiff::Timestamp::MIN)) == 0 {
            return Ok(());
        }
        let now = chant_os::clock::now();
        let due = |task: &Task| matches!(task.stage, Stage::Parked(until) if until <= now);
        let due: Vec<usize> = (0..self.tasks.len())
            .filter(|&at| due(&self.tasks[at]))
            .collect();
        if !due.is_empty() {
            self.outlook = Outlook::at(self.project, now)?;
        }
        for at in due {
            self.make_ready(at);
        }
        Ok(())
    }

    pub(super) fn tell_waiting(
        &mut self,
        at: usize,
        blocked_by: Vec<String>,
        until: Option<String>,
    ) {
        if self.tasks[at].told == blocked_by {
            return;
        }
        self.tasks[at].told.clone_from(&blocked_by);
        let id = self.tasks[at].spec.clone();
        self.tell(&Event::Waiting(Waiting {
            id,
            blocked_by,
            until,
        }));
    }
}

/// By chance, but the same for each run: up to half of what is waited anyway.
fn jitter(run: &str, stagger: Duration) -> Duration {
    use sha2::{Digest, Sha256};
    let first = Sha256::digest(run.as_bytes())[0];
    stagger * u32::from(first) / 512
}

fn gone(spec: &str) -> Error {
    Error::new(Code::SpecNotFound, format!("no spec has the id {spec}"))
        .hint("run `chant list` to see all specs")
}
