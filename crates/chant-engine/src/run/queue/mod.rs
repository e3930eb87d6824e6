//! The landing queue: finished runs reach the main branch one after another, in an order that respects what depends on what.
//!
//! [`settle`] works in rounds, and has the turn for as long as it takes. A round plans as many runs as fit, each on top of
//! the one before, checks the last tree of the batch (`verify`), and moves the branch once. What a batch can not
//! take is looked at again in the next round, on the main branch as it is then; so a run is told that it contradicts, or
//! that a check failed, only about what really is on the main branch.
//!
//! Crash: commits that no branch names are nothing. After the branch moved, the note of the [`Turn`] brings the checkout
//! along, and each run finds its commit on the main branch and goes on from there.

mod advance;
mod batch;
mod obstacle;
mod order;
mod preview;
mod trial;

pub use preview::{Fate, Preview, preview};

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::mpsc::Receiver;

use chant_agent::Control;
use chant_git::{BranchName, Oid};
use chant_os::tree::Guard;

use batch::{Batch, Left, MOST};

use super::land::Settled;
use super::landed::wind_up;
use super::{Flow, Report, Run, Surroundings};
use crate::error::{Code, Error, Result};
use crate::event::Event;
use crate::journal::{Journal, RunRecord, RunState, Step};
use crate::landing::Turn;
use crate::project::Project;

/// What landing needs from outside.
pub struct Attendance<'a> {
    /// A person's wish to stop.
    pub control: &'a Receiver<Control>,
    /// Who hears of it: the run's id, and what happened in it.
    pub tell: &'a mut dyn FnMut(&str, &Event),
    /// How to start a guard process.
    pub guard: Guard,
    /// Whether whoever asks goes on with a run that goes back to its agent. Otherwise it waits for a person.
    pub hands_back: bool,
}

/// Which runs are to land.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    /// Every one that waits for its turn.
    All,
    /// Those of these runs, by their ids, that wait for their turn.
    Runs(&'a [String]),
}

/// The runs that are made and checked, and wait for their turn; those included that a person or a file was in the way of.
pub fn waiting(project: &Project, which: Which<'_>) -> Result<Vec<RunRecord>> {
    let Some(journal) = Journal::open_existing(&project.state_dir(), &project.project_key())?
    else {
        return Ok(Vec::new());
    };
    let mut runs = match which {
        Which::All => journal.all_latest()?,
        // Those that are not a spec's present run any more are refused when they are taken up.
        Which::Runs(ids) => {
            let found = ids.iter().map(|id| journal.run(id));
            found.filter_map(Result::transpose).collect::<Result<_>>()?
        }
    };
    runs.retain(waits);
    Ok(runs)
}

/// Whether nothing but landing is left of a run that no living process may be landing.
pub(crate) fn waits(run: &RunRecord) -> bool {
    let state = matches!(
        run.state,
        RunState::Finished | RunState::Landing | RunState::Paused
    );
    state && run.step as usize >= Step::Land as usize
}

/// Lands what waits. A run that another process has at this moment is left to that. One that went back to its first half, to
/// be brought together with the main branch by its agent, is `in_progress`: whoever schedules it goes on with it.
pub fn land(
    project: &Project,
    attendance: Attendance<'_>,
    which: Which<'_>,
) -> Result<Vec<Report>> {
    let mut reports = Vec::new();
    let records = waiting(project, which)?;
    let Attendance {
        control,
        tell,
        guard,
        hands_back,
    } = attendance;
    for records in records.chunks(MOST) {
        let tell = RefCell::new(&mut *tell);
        let mut sinks: Vec<_> = records
            .iter()
            .map(|record| {
                let tell = &tell;
                move |event: &Event| (tell.borrow_mut())(&record.id, event)
            })
            .collect();
        let mut runs = Vec::new();
        for (record, sink) in records.iter().zip(&mut sinks) {
            let outside = Surroundings {
                control,
                sink,
                guard: guard.clone(),
            };
            match Run::resume(project, record, outside) {
                Ok(run) if waits(run.record()) => {
                    runs.push(if hands_back { run } else { run.without_agent() });
                }
                Ok(_) => {}
                // Another process has it, or has landed it since it was listed.
                Err(error) if matches!(error.code, Code::SpecLocked | Code::WrongStatus) => {}
                Err(error) => return Err(error),
            }
        }
        reports.extend(land_these(project, runs)?);
    }
    Ok(reports)
}

fn land_these(project: &Project, mut runs: Vec<Run<'_, '_>>) -> Result<Vec<Report>> {
    for run in &mut runs {
        run.begin_landing()?;
    }
    let mut flows = Vec::new();
    let (mut to_land, landed): (Vec<_>, Vec<_>) = runs
        .into_iter()
        .partition(|run| run.record().step == Step::Land);
    flows.extend(settle(project, &mut to_land)?);
    let mut reports = Vec::new();
    let mut together = Vec::new();
    for (run, flow) in to_land.into_iter().zip(flows) {
        match run.after_landing(flow)? {
            Settled::Landed(run) => together.push(*run),
            Settled::Otherwise(record) => reports.push(Report::of(*record)),
        }
    }
    reports.extend(wind_up(together)?.into_iter().map(Report::of));
    for run in landed {
        reports.push(Report::of(run.go_on()?));
    }
    Ok(reports)
}

/// Lands runs that are claimed. What it answers is, for each of them, how its step went.
pub(crate) fn settle(project: &Project, runs: &mut [Run<'_, '_>]) -> Result<Vec<Flow>> {
    if runs.is_empty() {
        return Ok(Vec::new());
    }
    let turn = Turn::take(project, || runs[0].wants_to_stop())?;
    let Some(turn) = turn else {
        return Ok(runs.iter().map(|_| interrupted()).collect());
    };
    let mut queue = Queue {
        project,
        turn,
        order: order::of(runs),
        flows: runs.iter().map(|_| None).collect(),
        most: MOST,
        runs,
    };
    while let Some(branch) = queue.branch() {
        if queue.runs[0].wants_to_stop() {
            queue.end_all(interrupted);
            break;
        }
        queue.round(&branch?)?;
    }
    Ok(queue.flows.into_iter().flatten().collect())
}

/// The queue in one process's turn.
struct Queue<'q, 'a, 's> {
    project: &'q Project,
    turn: Turn,
    runs: &'q mut [Run<'a, 's>],
    /// The runs in the order in which they are to land.
    order: Vec<usize>,
    /// What became of each; `None` as long as it waits.
    flows: Vec<Option<Flow>>,
    /// How many may land together.
    most: usize,
}

impl Queue<'_, '_, '_> {
    /// The branch that the next run lands on; `None` where every run had its turn.
    fn branch(&self) -> Option<Result<BranchName>> {
        let next = self.order.iter().find(|at| self.flows[**at].is_none())?;
        Some(self.runs[*next].main().parse().map_err(Error::from))
    }

    /// Lands a batch, or finds out of at least one run that it can not land.
    fn round(&mut self, branch: &BranchName) -> Result<()> {
        let tip = self.tip(branch)?;
        self.find_landed(branch, &tip)?;
        if let Some(folder) = self.project.repo().rebased_in(branch) {
            self.leave_to_rebase(branch, &folder);
            return Ok(());
        }
        // What one run's place in the batch takes is stored with what all take.
        let made = self.project.repo().gather(&tip);
        let mut batch = self.form(branch, tip)?;
        if batch.planned.is_empty() || self.leave_obstructed(branch, &mut batch)? {
            return Ok(());
        }
        if !self.verify(&mut batch, &made)? {
            return Ok(());
        }
        let to = batch.commit(self.runs)?;
        made.store(&batch.made()?)?;
        drop(made);
        self.is_whole(&to, &batch.tip)?;
        // The user may have written something while the checks ran.
        if self.leave_obstructed(branch, &mut batch)? {
            return Ok(());
        }
        self.move_branch(branch, &batch, &to)
    }

    fn tip(&self, branch: &BranchName) -> Result<Oid> {
        self.project.repo().branch_oid(branch)?.ok_or_else(|| {
            Error::new(
                Code::MainBranchUnknown,
                format!("the branch {branch} does not exist any more"),
            )
            .hint(
                "set `defaults.main_branch` in .chant/config.md to the branch that results land on",
            )
        })
    }

    /// Runs that a process which was cut off has landed.
    fn find_landed(&mut self, branch: &BranchName, tip: &Oid) -> Result<()> {
        for at in self.open(branch) {
            if let Some(landing) = self.runs[at].candidate().landed_before(tip)? {
                self.runs[at].has_landed(landing)?;
                self.flows[at] = Some(Flow::Next);
            }
        }
        Ok(())
    }

    /// The runs for a branch that had no turn yet, in order.
    fn open(&self, branch: &BranchName) -> Vec<usize> {
        let waits =
            |at: &usize| self.flows[*at].is_none() && self.runs[*at].main() == branch.as_str();
        self.order.iter().copied().filter(waits).collect()
    }

    /// Plans as many as fit. What contradicts the main branch as it is has had its turn with that.
    fn form(&mut self, branch: &BranchName, tip: Oid) -> Result<Batch> {
        let mut batch = Batch::new(tip);
        // Specs that do not land in this round.
        let mut absent: HashSet<String> = HashSet::new();
        for at in self.open(branch) {
            if let Some(missing) = self.unlanded_dependency(at) {
                self.flows[at] = Some(Flow::End(
                    RunState::Landing,
                    format!("it depends on {missing}, which did not land"),
                ));
                continue;
            }
            if batch.is_full(self.runs, self.most) {
                break;
            }
            let spec = self.runs[at].record().spec.clone();
            if self.runs[at].depends_on_any(&absent) {
                absent.insert(spec);
                continue;
            }
            match batch.add(self.runs, at)? {
                None => {}
                Some(Left::Conflict(files)) => {
                    let flow = self.runs[at].conflicts(&batch.tip, files)?;
                    self.flows[at] = Some(flow);
                    absent.insert(spec);
                }
                Some(Left::Later) => {
                    absent.insert(spec);
                }
            }
        }
        Ok(batch)
    }

    /// A spec that a run depends on, and that had its turn and did not land.
    fn unlanded_dependency(&self, at: usize) -> Option<String> {
        let mut did_not = self.order.iter().filter(|other| {
            let over = self.flows[**other].as_ref();
            over.is_some_and(|flow| !matches!(flow, Flow::Next))
        });
        let depends = |other: &&usize| {
            let spec = &self.runs[**other].record().spec;
            self.runs[at].depends_on(spec)
        };
        did_not
            .find(depends)
            .map(|other| self.runs[*other].record().spec.clone())
    }

    fn end_all(&mut self, flow: impl Fn() -> Flow) {
        for open in self.flows.iter_mut().filter(|flow| flow.is_none()) {
            *open = Some(flow());
        }
    }
}

fn interrupted() -> Flow {
    Flow::End(
        RunState::Paused,
        "interrupted before its turn to land".to_owned(),
    )
}
