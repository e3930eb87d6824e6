//! Several attempts at one spec, of which the best lands: `attempts: N` of a spec, `--attempts N` of a command.
//!
//! They are ordinary runs, one after another, each with a branch and a worktree of its own and driven up to where it waits for
//! its turn to land. What is finished is put aside as a ref; when all were made, the best comes back and lands, and the
//! others are kept. How far a series is stands in the journal, so it goes on after any interruption: a killed attempt
//! where it was, the rest behind it.

use chant_git::{BranchName, Oid, Repo};
use chant_spec::{CriterionState, SpecId};

use crate::error::{Code, Error, Result};
use crate::event::Event;
use crate::journal::result_ref;
use crate::journal::{Journal, RunRecord, RunState};
use crate::landing::known;
use crate::order::new_id;
use crate::order::{Order, Series, Until};
use crate::project::Project;
use crate::run::Tried;
use crate::run::{Run, Surroundings, kept, worktree};

/// More than this many tries at the same are no plan.
pub const MOST: u32 = 9;

/// Makes what is missing of the attempts at a spec. Returns the run that is to land, or that stands for what came of them;
/// nothing where a single attempt is wanted.
pub(crate) fn best(
    project: &Project,
    id: &SpecId,
    order: &Order,
    outside: &mut Surroundings<'_>,
) -> Result<Option<RunRecord>> {
    let journal = Journal::open(&project.state_dir(), &project.project_key())?;
    let Some(series) = series(project, &journal, id, order)? else {
        return Ok(None);
    };
    let mut first = order.run.clone();
    loop {
        let made = made(&journal, id, &series)?;
        let under_way = made.iter().find(|run| is_under_way(run));
        if under_way.is_none() && made.len() >= series.of as usize {
            break;
        }
        if under_way.is_none() && alike(&made) {
            note(
                outside,
                "two attempts failed in the same way; no more are made".to_owned(),
            );
            break;
        }
        let order = Order {
            run: first.take(),
            until: Until::Finished,
            series: Some(series.clone()),
            ..order.clone()
        };
        let surroundings = Surroundings {
            control: outside.control,
            sink: &mut *outside.sink,
            guard: outside.guard.clone(),
        };
        let run = Run::start(project, id, &order, surroundings)?.drive()?;
        if crate::limits::is_due(&run, chant_os::clock::now()) {
            continue;
        }
        if is_under_way(&run) {
            return Ok(Some(run));
        }
        let number = made.iter().filter(|it| it.id != run.id).count() + 1;
        note(outside, told(project, &run, number, &series)?);
        if run.state == RunState::Finished {
            put_aside(project, &journal, &run)?;
        }
    }
    conclude(project, &journal, id, &series, outside)
}

/// The attempts that were made beside this one, for a report.
pub(crate) fn tried(project: &Project, run: &RunRecord) -> Result<Vec<Tried>> {
    let Some(series) = &run.facts.series else {
        return Ok(Vec::new());
    };
    let journal = Journal::open(&project.state_dir(), &project.project_key())?;
    let all = journal.runs_of(&run.spec)?.into_iter();
    all.filter(|it| it.facts.series.as_ref() == Some(series))
        .map(|it| {
            Ok(Tried {
                lines: lines(project.repo(), &it)?,
                run: it.id,
                attempt: it.attempt,
                agent: it.facts.agent,
                status: it.state.name(),
                cost_usd: it.facts.cost_usd,
                kept: it.facts.kept,
            })
        })
        .collect()
}

/// The series that goes on or begins; none where one attempt is wanted, or one that belongs to none goes on.
fn series(
    project: &Project,
    journal: &Journal,
    id: &SpecId,
    order: &Order,
) -> Result<Option<Series>> {
    if let Some(latest) = journal.latest(id.as_str())?
        && !latest.state.is_over()
    {
        return Ok(latest.facts.series);
    }
    let mut earlier = journal.runs_of(id.as_str())?.into_iter().rev();
    if let Some(waits) = earlier.find(|run| run.state == RunState::Finished) {
        return Ok(waits.facts.series);
    }
    let wanted = match order.attempts {
        Some(number) => Some(number),
        None => {
            project
                .document(&project.spec_path_from_root(id))?
                .frontmatter()
                .attempts
        }
    };
    match wanted {
        None | Some(0 | 1) => Ok(None),
        Some(of) if of > MOST => {
            let message = format!("{id}: {of} attempts are asked for, and {MOST} are the most");
            Err(Error::new(Code::Usage, message)
                .hint("ask for fewer: chant work SPEC --attempts 3"))
        }
        Some(of) => Ok(Some(Series { id: new_id(), of })),
    }
}

fn made(journal: &Journal, id: &SpecId, series: &Series) -> Result<Vec<RunRecord>> {
    let mut runs = journal.runs_of(id.as_str())?;
    runs.retain(|run| run.facts.series.as_ref() == Some(series));
    Ok(runs)
}

fn is_under_way(run: &RunRecord) -> bool {
    !run.state.is_over() && run.state != RunState::Finished
}

/// A third attempt would be paid for the same answer.
fn alike(made: &[RunRecord]) -> bool {
    match made {
        [.., one, other] => {
            let failed = |run: &RunRecord| run.state == RunState::Failed;
            failed(one)
                && failed(other)
                && one.facts.agent == other.facts.agent
                && one.reason == other.reason
        }
        _ => false,
    }
}

/// Makes room for the next: the result stays as a ref. Repeatable.
fn put_aside(project: &Project, journal: &Journal, run: &RunRecord) -> Result<()> {
    let repo = project.repo();
    worktree::give_back(project, run)?;
    let branch: BranchName = run.facts.branch.parse()?;
    if let Some(tip) = repo.branch_oid(&branch)? {
        repo.delete_branch(&branch, &tip)?;
    }
    journal.put_aside(&run.spec)
}

/// Brings the best back and keeps the others.
fn conclude(
    project: &Project,
    journal: &Journal,
    id: &SpecId,
    series: &Series,
    outside: &mut Surroundings<'_>,
) -> Result<Option<RunRecord>> {
    let made = made(journal, id, series)?;
    let mut finished = Vec::new();
    for run in &made {
        if run.state == RunState::Finished {
            finished.push((rank(project.repo(), run)?, run));
        }
    }
    let Some((_, best)) = finished.iter().min_by_key(|(rank, _)| *rank) else {
        return Ok(made.last().cloned());
    };
    bring_back(project, journal, best)?;
    for (_, other) in &finished {
        if other.id != best.id {
            let name = keep(project, journal, other, best)?;
            note(
                outside,
                format!("attempt {} is kept at {name}", other.attempt),
            );
        }
    }
    let costs: Vec<f64> = made.iter().filter_map(|run| run.facts.cost_usd).collect();
    let cost = if costs.is_empty() {
        String::new()
    } else {
        format!("; all cost {:.2} US dollars", costs.iter().sum::<f64>())
    };
    let (attempt, finished, all) = (best.attempt, finished.len(), made.len());
    note(
        outside,
        format!("attempt {attempt} is the best of {finished} that hold, of {all} made{cost}"),
    );
    Ok(Some((*best).clone()))
}

/// What counts, the least first: claims without a proof, things to look at, lines changed, and the order they were made in.
type Rank = (usize, usize, u64, u32);

fn rank(repo: &Repo, run: &RunRecord) -> Result<Rank> {
    let facts = &run.facts;
    let unproven = facts
        .criteria
        .iter()
        .filter(|criterion| criterion.state != CriterionState::Proven);
    let lines = lines(repo, run)?.unwrap_or(u64::MAX);
    Ok((unproven.count(), facts.concerns.len(), lines, run.attempt))
}

/// How many lines a result changes.
fn lines(repo: &Repo, run: &RunRecord) -> Result<Option<u64>> {
    let Some(tree) = run.facts.result_tree.as_deref() else {
        return Ok(None);
    };
    let base: Oid = known(Some(&run.facts.base))?;
    let counts = repo.line_counts(&repo.tree_of(&base)?, &known(Some(tree))?)?;
    // What is not text has no lines, and counts as one.
    let count = |lines: Option<u32>| u64::from(lines.unwrap_or(1));
    let files = counts.iter();
    Ok(Some(
        files
            .map(|file| count(file.added) + count(file.removed))
            .sum(),
    ))
}

fn bring_back(project: &Project, journal: &Journal, run: &RunRecord) -> Result<()> {
    let repo = project.repo();
    let branch: BranchName = run.facts.branch.parse()?;
    let tip = known(run.facts.tip.as_deref())?;
    let there = repo.branch_oid(&branch)?;
    if there.as_ref() != Some(&tip) {
        if let Some(failed) = &there {
            kept::keep(repo, &run.spec, failed, &known(Some(&run.facts.base))?)?;
        }
        repo.set_branch(&branch, &tip, there.as_ref())?;
    }
    journal.take_up(&run.spec, &run.id)
}

/// Keeps what does not land under a name of its own. Repeatable.
fn keep(project: &Project, journal: &Journal, run: &RunRecord, best: &RunRecord) -> Result<String> {
    let repo = project.repo();
    let result = result_ref(&run.id);
    let tip = match repo.resolve(&result)? {
        Some(tip) => tip,
        None => known(run.facts.tip.as_deref())?,
    };
    let name = kept::keep_always(repo, &run.spec, &tip)?;
    let mut run = run.clone();
    run.facts.kept = Some(name.clone());
    run.state = RunState::Reset;
    run.reason = format!(
        "attempt {} is better; this one is kept at {name}",
        best.attempt
    );
    journal.save(&run)?;
    if let Some(at) = repo.resolve(&result)? {
        repo.delete_ref(&result, &at)?;
    }
    Ok(name)
}

fn told(project: &Project, run: &RunRecord, number: usize, series: &Series) -> Result<String> {
    let (agent, of) = (&run.facts.agent, series.of);
    let what = match lines(project.repo(), run)? {
        Some(lines) if run.state == RunState::Finished => {
            format!("holds, and changes {lines} lines")
        }
        _ => format!("failed: {}", run.reason),
    };
    Ok(format!(
        "{number} of {of} attempts is made, by {agent}: it {what}"
    ))
}

fn note(outside: &mut Surroundings<'_>, text: String) {
    (outside.sink)(&Event::Note { text });
}
