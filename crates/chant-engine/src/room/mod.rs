//! The room for one run: places and files that it shares with the runs of every other command of the clone.
//!
//! [`slots`] are the limits, as locks. A scheduler takes them for each run that it starts. A command that makes its runs itself, one after another, takes the same
//! here, so the limits hold whoever works; while it has to wait, it stands in the same queue as everybody else.

mod slots;

pub(crate) use slots::{Held, Slots, Took, Wanted};

use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use chant_spec::SpecId;

use crate::config::Config;
use crate::error::{Code, Error, Result};
use crate::event::Event;
use crate::journal::{Journal, RunRecord, Step};
use crate::order::{Order, new_id};
use crate::project::Project;
use crate::queue::Asker;
use crate::run::{Surroundings, may_begin};
use crate::{agents, claim, limits, targets};

/// How often somebody who waits looks whether there is room.
const LOOK: Duration = Duration::from_millis(100);

/// What is limited.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Limit {
    /// All runs together.
    All,
    /// Runs of one agent.
    Agent(String),
    /// Runs of all agents of one account.
    Account(String),
    /// Runs of specs with one label.
    Label(String),
}

/// Room for one run, until this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Room {
    _places: Held,
    _files: Held,
}

/// The limits that count for an agent and labels, with how many places each has. The one for all runs together is the
/// command's own.
pub(crate) fn limits_of(config: &Config, agent: &str, labels: &[String]) -> Vec<(Limit, usize)> {
    let mut found = Vec::new();
    let known = config.agents.iter().find(|entry| entry.name == agent);
    if let Some(most) = known.and_then(|entry| entry.max_concurrent) {
        found.push((Limit::Agent(agent.to_owned()), most.get()));
    }
    if let Some(account) = known.and_then(|entry| entry.account.as_ref()) {
        let sharing = config.agents.iter();
        let sharing = sharing.filter(|entry| entry.account.as_ref() == Some(account));
        if let Some(most) = sharing.filter_map(|entry| entry.max_concurrent).min() {
            found.push((Limit::Account(account.clone()), most.get()));
        }
    }
    for label in labels {
        if let Some(most) = config.schedule.labels.get(label) {
            found.push((Limit::Label(label.clone()), most.get()));
        }
    }
    found
}

/// Waits for room for a run of this spec that the calling process makes. What would be refused anyway does not wait: then
/// there is nothing to hold, and whoever begins the run says why.
pub(crate) fn room(
    project: &Project,
    id: &SpecId,
    order: &Order,
    outside: &mut Surroundings<'_>,
) -> Result<Room> {
    let journal = Journal::open(&project.state_dir(), &project.project_key())?;
    let latest = journal.latest(id.as_str())?;
    let latest = latest.filter(|run| !run.state.is_over());
    if latest.as_ref().is_some_and(has_its_result) || is_driven(project, id) {
        return Ok(Room::default());
    }
    let Some(want) = Want::of(project, &journal, id, order, latest.as_ref()) else {
        return Ok(Room::default());
    };
    want.room(journal, outside, || match &latest {
        Some(run) => limits::admit(run, order, chant_os::clock::now()),
        None => may_begin(project, id, order.again),
    })
}

/// Waits for a place for an agent that is asked about this spec, by the process that holds the claim on it, and that changes
/// no file.
pub(crate) fn place(
    project: &Project,
    id: &SpecId,
    order: &Order,
    outside: &mut Surroundings<'_>,
) -> Result<Room> {
    let journal = Journal::open(&project.state_dir(), &project.project_key())?;
    match Want::of(project, &journal, id, order, None) {
        Some(want) => want.only_a_place().room(journal, outside, || Ok(())),
        None => Ok(Room::default()),
    }
}

/// What only has to land needs no agent.
fn has_its_result(run: &RunRecord) -> bool {
    run.step as usize > Step::Agent as usize
}

fn is_driven(project: &Project, id: &SpecId) -> bool {
    claim::is_held(&project.state_dir(), &project.project_key(), id.as_str())
}

/// What one run needs.
struct Want<'a> {
    project: &'a Project,
    id: &'a SpecId,
    order: &'a Order,
    priority: i32,
    limits: Vec<(Limit, usize)>,
    /// The files that it alone is to be at work on.
    files: Vec<String>,
    /// Whether the caller has the claim on the spec.
    is_claimed: bool,
}

/// Whether there is room.
enum Found {
    Room(Room),
    /// Why not.
    Full(String),
}

impl<'a> Want<'a> {
    /// None of a spec, or an agent, that can not be used: whoever begins the run says what is wrong with it.
    fn of(
        project: &'a Project,
        journal: &Journal,
        id: &'a SpecId,
        order: &'a Order,
        latest: Option<&RunRecord>,
    ) -> Option<Self> {
        let document = project.document(&project.spec_path_from_root(id)).ok()?;
        let tried = journal.tried(id.as_str()).ok()?;
        let chosen = || agents::choose(project, id.as_str(), order, &document, tried).ok();
        let agent = match latest {
            Some(run) if order.agent.is_none() => limits::agent_of(run).to_owned(),
            _ => chosen()?.0.name,
        };
        let front = document.frontmatter();
        let config = project.config();
        let mut limits = vec![(Limit::All, config.schedule.parallel.get())];
        limits.extend(limits_of(config, &agent, &front.labels));
        let files = front.target_files.iter();
        Some(Self {
            project,
            id,
            order,
            priority: front.priority,
            limits,
            files: files.filter_map(|file| targets::one_file(file)).collect(),
            is_claimed: false,
        })
    }

    fn only_a_place(self) -> Self {
        Self {
            files: Vec::new(),
            is_claimed: true,
            ..self
        }
    }

    /// Takes what there is, or waits for it; what `refuse` refuses does not wait.
    fn room(
        &self,
        journal: Journal,
        outside: &mut Surroundings<'_>,
        refuse: impl FnOnce() -> Result<()>,
    ) -> Result<Room> {
        let mut slots = Slots::new(&self.project.state_dir(), &new_id());
        match self.take(&mut slots)? {
            Found::Room(room) => return Ok(room),
            Found::Full(why) => {
                refuse()?;
                let text = format!("{} waits for its turn: {why}", self.id);
                (outside.sink)(&Event::Note { text });
            }
        }
        self.wait(journal, slots, outside)
    }

    fn take(&self, slots: &mut Slots) -> Result<Found> {
        let Some(files) = slots.take_targets(&self.files)? else {
            let files = self.files.join(", ");
            return Ok(Found::Full(format!("another run is at work on {files}")));
        };
        let limits = self.limits.iter();
        let wanted: Vec<Wanted<'_>> = limits
            .map(|(limit, places)| Wanted {
                limit,
                places: *places,
                ours: 0,
            })
            .collect();
        Ok(match slots.take(&wanted)? {
            Took::Places(places) => Found::Room(Room {
                _places: places,
                _files: files,
            }),
            Took::Full(at) => {
                let (limit, places) = &self.limits[at];
                Found::Full(in_words(limit, *places))
            }
        })
    }

    /// Stands in the queue, where everybody sees it, until there is room or somebody has had enough.
    fn wait(
        &self,
        mut journal: Journal,
        mut slots: Slots,
        outside: &Surroundings<'_>,
    ) -> Result<Room> {
        let asker = Asker::begin(self.project)?;
        let spec = std::iter::once((self.id.to_string(), self.priority));
        asker.ask(self.project, &mut journal, spec, self.order)?;
        loop {
            match outside.control.recv_timeout(LOOK) {
                Ok(_) => {
                    asker.end(&mut journal)?;
                    let message = format!("{} was waiting for its turn", self.id);
                    let hint = format!("chant work {}", self.id);
                    return Err(Error::new(Code::Interrupted, message).hint(hint));
                }
                // Nobody can ask for anything any more; it still is no reason to look without pause.
                Err(RecvTimeoutError::Disconnected) => std::thread::sleep(LOOK),
                Err(RecvTimeoutError::Timeout) => {}
            }
            let found = if !self.is_claimed && is_driven(self.project, self.id) {
                Found::Room(Room::default())
            } else {
                self.take(&mut slots)?
            };
            if let Found::Room(room) = found {
                asker.end(&mut journal)?;
                return Ok(room);
            }
        }
    }
}

/// Why there is no place, as a fragment of a sentence.
fn in_words(limit: &Limit, places: usize) -> String {
    let runs = if places == 1 { "run is" } else { "runs are" };
    let (whose, setting) = match limit {
        Limit::All => (String::new(), "limits.parallel".to_owned()),
        Limit::Agent(name) => (format!(" of agent {name}"), "max_concurrent".to_owned()),
        Limit::Account(name) => (format!(" of account {name}"), "max_concurrent".to_owned()),
        Limit::Label(name) => (
            format!(" with label {name}"),
            format!("limits.labels.{name}"),
        ),
    };
    format!("{places} {runs} at work{whose}, as many as `{setting}` allows")
}
