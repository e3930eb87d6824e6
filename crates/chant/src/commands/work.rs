//! `chant work`

use std::path::PathBuf;

use chant_engine::driver;
use chant_engine::driver::Completed;
use chant_engine::order::Order;
use chant_engine::run::Report;
use chant_engine::schedule::Ask;
use chant_engine::ways;
use chant_engine::{Code, Error, Project, Result, SpecRef, query};
use chant_spec::{Kind, SpecId};

use super::attend::Stop;
use super::work_many::{self, Many};
use super::work_serial;
use crate::cli::{Context, Done};
use crate::ui::Tone;

/// Give a spec to an agent, check the result, and land it
///
/// The agent works in a worktree of its own. Its result lands on the main branch only if the work is there, every
/// criterion is ticked or proven, nothing protected was touched, and every check passes on exactly what would land.
/// An interrupted run goes on where it was.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  chant work 001\n  chant work .chant/specs/001-comprehension.md\n  chant work 001 002 003 --agent claude --model sonnet\n  chant work --label issue-1234\n  chant work --parallel\n  chant work --parallel=4 --label v0.7.0\n  chant work --chain 001 002 003 --fail-fast\n  chant work 003 --again\n  chant work --stale --label issue-1234"
)]
pub(crate) struct Args {
    /// Specs, by id, path, or a part of the id; with --parallel or --chain and no label, none means all that are open
    #[arg(required_unless_present_any = ["label", "stale", "parallel", "chain"], value_name = "SPEC")]
    specs: Vec<String>,
    /// All specs with this label, one after another, as soon as nothing is in the way of each; with --stale, those that are
    #[arg(long, value_name = "LABEL", conflicts_with_all = ["specs", "record"])]
    label: Option<String>,
    /// Make completed specs again: the new landing takes the place of the old, which stays in the history
    #[arg(long, conflicts_with_all = ["stale", "label"], requires = "specs")]
    again: bool,
    /// Make again what is stale at the main branch's tip, what it builds on first
    #[arg(long, conflicts_with = "specs")]
    stale: bool,
    /// The agent, by its name in the settings
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// The model to ask the agent for
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// The prompt, by name
    #[arg(long, value_name = "NAME")]
    prompt: Option<String>,
    /// Make so many attempts, one after another, and land the best: by its checks, then by the size of its change. The
    /// others are kept
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=9), conflicts_with = "record")]
    attempts: Option<u32>,
    /// Write a recording of the run, for the replay agent
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Run the checks in pristine worktrees, without what earlier checks left and git ignores
    #[arg(long)]
    cold: bool,
    /// Go on with a parked run at once, although its agent's limit has not been renewed yet
    #[arg(long)]
    now: bool,
    /// Go on although a budget is spent, up to where the settings stop every run
    #[arg(long)]
    over_budget: bool,
    #[command(flatten)]
    many: Many,
}

/// The exit code of what can not be done as things stand.
const REFUSED: u8 = 4;

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Done> {
    let project = cx.project()?;
    let ids = named(cx, &project, &args)?;
    let record = args.record.map(|path| cx.cwd.join(path));
    let order = Order {
        agent: args.agent,
        model: args.model,
        prompt: args.prompt,
        attempts: args.attempts,
        record,
        cold: args.cold,
        again: args.again || args.stale,
        now: args.now,
        over_budget: args.over_budget,
        attended: cx.interactive && !args.many.is_asked(),
        ..Order::default()
    };
    let members_are_meant = members_are_meant(&project, &ids)?;
    if members_are_meant && let Some(done) = only_to_complete(cx, &project, &ids)? {
        return Done::with(done);
    }
    if args.many.is_asked() || members_are_meant {
        let ask = Ask {
            specs: ids,
            label: args.label,
            order,
            ..Ask::default()
        };
        let ask = args.many.complete(&project, ask);
        let worked = work_many::run(cx, &project, &ask);
        // That nothing is left to work says less than what failed with the last of it.
        if worked
            .as_ref()
            .err()
            .is_none_or(|error| error.code.exit() == REFUSED)
        {
            super::drivers::none_failed(&project, &ask.specs)?;
        }
        return worked;
    }
    let stop = Stop::install()?;
    if args.stale {
        let labels: Vec<String> = args.label.into_iter().collect();
        return work_serial::stale(cx, &project, &labels, &order, &stop);
    }
    if let Some(label) = args.label {
        return work_serial::label(cx, &project, &label, &order, &stop);
    }
    work_serial::one_by_one(cx, &project, &ids, &order, &stop)
}

/// The specs that are named.
fn named(cx: &mut Context, project: &Project, args: &Args) -> Result<Vec<SpecId>> {
    // Of many the others can begin; the gate is told of with what waits.
    let one_of_many = args.many.is_asked() && args.specs.len() > 1;
    let mut ids = Vec::new();
    for name in &args.specs {
        let found = cx.spec_at_hand(project, name);
        let is_exact = |found: &SpecRef| found.id.as_str() == name;
        if args.many.may_mean(name) && !found.as_ref().is_ok_and(is_exact) {
            let message = format!("{name:?} stands apart from --parallel, so it names a spec");
            let error = Error::new(Code::Usage, message);
            return Err(error.hint(format!("for so many at once: --parallel={name}")));
        }
        let found = found?;
        if !one_of_many {
            // Told before an agent is paid for the specs in front of it.
            super::gate::stop_at(cx, project, &found)?;
        }
        ids.push(found.id);
    }
    Ok(ids)
}

/// Whether a driver is among the specs: it is not worked itself, its members are.
fn members_are_meant(project: &Project, ids: &[SpecId]) -> Result<bool> {
    for id in ids {
        let document = project.document(&project.spec_path_from_root(id))?;
        if document.frontmatter().kind == Kind::Driver
            && !query::members_of(project, id)?.is_empty()
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Completes drivers whose members are done: a command was cut off, or a check of theirs failed. `None` where there is
/// more to do.
fn only_to_complete(
    cx: &mut Context,
    project: &Project,
    ids: &[SpecId],
) -> Result<Option<Vec<Completed>>> {
    if !driver::is_any_due(project, Some(ids))? {
        return Ok(None);
    }
    let completed = super::drivers::complete(cx, project, Some(ids))?;
    let is_one = |id: &SpecId| completed.iter().any(|driver| driver.id == id.as_str());
    if ids.iter().all(is_one) {
        super::drivers::conclude(completed.iter())?;
        return Ok(Some(completed));
    }
    Ok(None)
}

/// Says how a run ended; anything but a landing is an error with the way on.
pub(crate) fn conclude(cx: &mut Context, report: &Report) -> Result<()> {
    if report.landed() {
        let at = report.commit.as_deref().map_or_else(
            || "no commit needed".to_owned(),
            |oid| oid.chars().take(10).collect(),
        );
        let line = format!(
            "{} completed on {} ({at}){}",
            report.id,
            report.main_branch,
            spent(report)
        );
        let line = cx.ui.paint(Tone::Good, &line);
        cx.ui.done(&line);
        // Several specs may follow, each for minutes.
        cx.ui.pass_on();
        return Ok(());
    }
    let id = &report.id;
    let (code, hint) = match report.status {
        "landing" => (Code::InTheWay, format!("then: chant merge {id}")),
        "conflict" => (Code::Conflict, ways::in_a_line(&report.go_on)),
        "paused" if report.budget_spent.is_some() => (
            Code::BudgetSpent,
            format!("go on all the same: chant work {id} --over-budget"),
        ),
        "parked" => (
            Code::Parked,
            format!("it goes on then: chant watch; or at once: chant work {id} --now"),
        ),
        "paused" if !report.go_on.is_empty() => (Code::Interrupted, ways::in_a_line(&report.go_on)),
        "paused" => (Code::Interrupted, format!("go on: chant work {id}")),
        _ => (
            Code::RunFailed,
            format!(
                "its work is on {}; see chant log {id}, then try again: chant work {id}",
                report.branch
            ),
        ),
    };
    let details = serde_json::to_value(report).unwrap_or_default();
    Err(Error::new(
        code,
        format!("{id} {}: {}", is_so(report.status), report.reason),
    )
    .hint(hint)
    .detail("run", details))
}

/// What is so of a spec whose run ended like this, to go on from its name.
fn is_so(status: &str) -> String {
    match status {
        "landing" => "waits to land".to_owned(),
        "conflict" => "is in conflict".to_owned(),
        "paused" | "parked" => format!("is {status}"),
        other => other.replace('_', " "),
    }
}

fn spent(report: &Report) -> String {
    let mut parts = Vec::new();
    if report.input_tokens + report.output_tokens > 0 {
        parts.push(format!(
            "{} tokens in, {} out",
            report.input_tokens, report.output_tokens
        ));
    }
    if let Some(usd) = report.cost_usd {
        parts.push(format!("${usd:.2}"));
    }
    if parts.is_empty() {
        String::new()
    } else {
        format!(", {}", parts.join(", "))
    }
}
