//! The checks of a driver: what has to hold on the main branch once its members are done.
//!
//! They run like those of any landing, on exactly the tree that the driver would be completed on. What came of them is a
//! run of the driver in the journal, one without an agent. A driver that failed so stays open, and is tried again with
//! the next landing below it or when a person asks.

use chant_git::{Oid, TreeEdit};
use chant_os::file::Appender;
use chant_spec::{Document, SpecId};

use super::Completed;
use crate::bench::{Bench, Place, Stopped, name_of};
use crate::error::Result;
use crate::event::{Event, Surroundings};
use crate::journal::{
    CheckRecord, Facts, Journal, RunRecord, RunState, events_file, run_dir, write_event,
};
use crate::landing::{files_of_checkout, title};
use crate::order::new_id;
use crate::project::Project;
use crate::trust;

/// Drivers by what their checks say: those that may be completed, and those that may not, with the reason.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    pub(super) hold: Vec<Completed>,
    pub(super) held: Vec<Completed>,
}

/// Runs the checks of these drivers on the main branch's commit `tip`. One whose members wait for another's checks waits too.
pub(super) fn sort(
    project: &Project,
    drivers: Vec<Completed>,
    tip: &Oid,
    mut outside: Option<&mut Surroundings<'_>>,
) -> Result<Sorted> {
    let mut sorted = Sorted::default();
    for driver in drivers {
        let below = |held: &Completed| driver.members.contains(&held.id);
        if sorted.held.iter().any(below) {
            continue;
        }
        match verdict(project, &driver, tip, outside.as_deref_mut())? {
            Verdict::Holds(checks) => sorted.hold.push(Completed { checks, ..driver }),
            Verdict::Fails(why) => sorted.held.push(Completed {
                failed: Some(why),
                ..driver
            }),
            Verdict::Waits(why) => sorted.held.push(Completed {
                waits: Some(why),
                ..driver
            }),
        }
    }
    Ok(sorted)
}

enum Verdict {
    Holds(Vec<CheckRecord>),
    Fails(String),
    Waits(String),
}

fn verdict(
    project: &Project,
    driver: &Completed,
    tip: &Oid,
    outside: Option<&mut Surroundings<'_>>,
) -> Result<Verdict> {
    let path = super::complete::spec_path(project, &driver.id)?;
    let document = project.document(&path)?;
    let checks = &document.frontmatter().verify;
    let Some(first) = checks.first() else {
        return Ok(Verdict::Holds(Vec::new()));
    };
    let Some(outside) = outside else {
        let id = &driver.id;
        return Ok(Verdict::Waits(format!(
            "its checks have not run; they do with: chant work {id}"
        )));
    };
    if let Err(refused) = trust::check(project, &format!("the check {:?}", first.run)) {
        let hint = refused.hint.as_deref();
        let hint = hint.map_or_else(String::new, |hint| format!("; {hint}"));
        return Ok(Verdict::Waits(format!("{}{hint}", refused.message)));
    }
    let Some(spec) = SpecId::parse(&driver.id).ok() else {
        return Ok(Verdict::Holds(Vec::new()));
    };
    Trial::begin(project, spec, path, &document, tip)?.run(outside)
}

/// The checks of one driver, on one commit.
struct Trial<'a> {
    project: &'a Project,
    spec: SpecId,
    path: String,
    document: &'a Document,
    tip: &'a Oid,
    /// The run's id.
    run: String,
    events: Vec<Event>,
}

impl<'a> Trial<'a> {
    fn begin(
        project: &'a Project,
        spec: SpecId,
        path: String,
        document: &'a Document,
        tip: &'a Oid,
    ) -> Result<Self> {
        let run = new_id();
        chant_os::file::create_dir_all(&run_dir(project, &run))?;
        Ok(Self {
            project,
            spec,
            path,
            document,
            tip,
            run,
            events: Vec::new(),
        })
    }

    /// Crash: nothing was written down but the run's folder; the checks run again.
    fn run(mut self, outside: &mut Surroundings<'_>) -> Result<Verdict> {
        let Ok(checks) = self.checks(outside)? else {
            let id = &self.spec;
            return Ok(Verdict::Waits(format!(
                "its checks were interrupted; go on: chant work {id}"
            )));
        };
        let failed = checks.iter().find(|check| !check.passed).map(|check| {
            format!(
                "a check of its own failed: {}: {}",
                check.name, check.outcome
            )
        });
        self.record(&checks, failed.as_deref())?;
        Ok(match failed {
            Some(why) => Verdict::Fails(why),
            None => Verdict::Holds(checks),
        })
    }

    fn checks(
        &mut self,
        outside: &mut Surroundings<'_>,
    ) -> Result<std::result::Result<Vec<CheckRecord>, Stopped>> {
        let local: Vec<TreeEdit> = files_of_checkout(self.project)?;
        let tree = self.project.repo().write_tree(Some(self.tip), &local)?;
        let place = self.bench(outside)?.place(&tree, self.tip)?;
        let mut done = Vec::new();
        for number in 0..self.document.frontmatter().verify.len() {
            let Ok(record) = self.check(&place, number, outside)? else {
                return Ok(Err(Stopped));
            };
            let passed = record.passed;
            done.push(record);
            if !passed {
                break;
            }
        }
        Ok(Ok(done))
    }

    fn check(
        &mut self,
        place: &Place,
        number: usize,
        outside: &mut Surroundings<'_>,
    ) -> Result<std::result::Result<CheckRecord, Stopped>> {
        let check = &self.document.frontmatter().verify[number];
        let log = format!("check-{}", number + 1);
        let Ok(outcome) = self.bench(outside)?.run(place, &log, check)? else {
            return Ok(Err(Stopped));
        };
        let (id, name) = (self.spec.clone(), name_of(check));
        for note in &outcome.notes {
            let text = format!("{id}: check {name}: {note}");
            self.tell(&Event::Note { text }, outside);
        }
        let record = CheckRecord::of(check, outcome);
        let event = Event::Check {
            name: format!("{id}  {name}"),
            passed: record.passed,
            outcome: record.outcome.clone(),
        };
        self.tell(&event, outside);
        Ok(Ok(record))
    }

    fn tell(&mut self, event: &Event, outside: &mut Surroundings<'_>) {
        let event = event.without_secrets().into_owned();
        (outside.sink)(&event);
        self.events.push(event);
    }

    fn bench<'b>(&'b self, outside: &'b Surroundings<'_>) -> Result<Bench<'b>> {
        let logs = run_dir(self.project, &self.run);
        let bench = Bench::of_main(self.project, outside, &self.run, logs)?;
        Ok(bench.about(&self.spec, &self.path))
    }

    /// Writes down what came of the checks. Where they passed, the driver's completion follows, and its file says so.
    fn record(&mut self, checks: &[CheckRecord], failed: Option<&str>) -> Result<()> {
        let project = self.project;
        let (main, _) = project.start_point()?;
        let facts = Facts {
            base: self.tip.to_string(),
            main: main.to_string(),
            // Where its worktree would be, as that of any run that ended; none is made.
            worktree: project.worktrees()?.join(self.spec.as_str()),
            spec_path: project.path_from_repo(&self.path),
            spec_oid: project
                .repo()
                .hash_object(self.document.bytes())?
                .to_string(),
            agent: "chant".to_owned(),
            kind: self.document.frontmatter().kind.as_str().to_owned(),
            labels: self.document.frontmatter().labels.clone(),
            checks: checks.to_vec(),
            ..Facts::default()
        };
        let mut journal = Journal::open(&project.state_dir(), &project.project_key())?;
        let mut run = journal.begin(&self.run, self.spec.as_str(), &facts)?;
        run.ended_at = Some(chant_os::clock::now().to_string());
        run.state = match failed {
            Some(_) => RunState::Failed,
            None => RunState::Completed,
        };
        failed.unwrap_or_default().clone_into(&mut run.reason);
        journal.save(&run)?;
        if failed.is_none() {
            journal.put_aside(self.spec.as_str())?;
        }
        self.write_log(&run)
    }

    fn write_log(&self, run: &RunRecord) -> Result<()> {
        let started = Event::RunStarted {
            run: run.id.clone(),
            spec: run.spec.clone(),
            title: title(self.document, &run.spec),
            attempt: run.attempt,
            agent: run.facts.agent.clone(),
            branch: String::new(),
            resumed: false,
        };
        let ended = Event::Ended {
            state: run.state.name().to_owned(),
            reason: run.reason.clone(),
        };
        let mut log = Appender::open(&events_file(self.project, &run.id))?;
        let all = std::iter::once(&started).chain(&self.events);
        for event in all.chain(std::iter::once(&ended)) {
            write_event(&mut log, event)?;
        }
        Ok(log.sync()?)
    }
}
