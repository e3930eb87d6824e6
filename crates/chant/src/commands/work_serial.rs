//! `chant work` of specs one after another, each with its progress shown and its questions asked.

use std::time::Duration;

use chant_engine::drift::{self, Next};
use chant_engine::order::Order;
use chant_engine::run::Report;
use chant_engine::verbs::work::{Labelled, labelled};
use chant_engine::{Code, Error, Project, Result, recover};
use chant_spec::{SpecId, State};

use super::attend::{Stop, attended};
use super::work::conclude;
use crate::cli::{Context, Done};
use crate::ui::one_line;

/// Works these specs, one after another.
pub(crate) fn these(
    cx: &mut Context,
    project: &Project,
    ids: &[SpecId],
    order: &Order,
) -> Result<Done> {
    let stop = Stop::install()?;
    one_by_one(cx, project, ids, order, &stop)
}

pub(super) fn one_by_one(
    cx: &mut Context,
    project: &Project,
    ids: &[SpecId],
    order: &Order,
    stop: &Stop,
) -> Result<Done> {
    let mut reports = Vec::new();
    for id in ids {
        let report = match within_budget(cx, project, id, order, stop) {
            // Of one alone it is said who has it; several are one piece of work, which others may have begun.
            Err(error) if error.code == Code::SpecLocked && ids.len() > 1 => {
                await_other(cx, project, id, stop)?;
                continue;
            }
            result => result?,
        };
        conclude(cx, &report)?;
        reports.push(report);
    }
    match (ids.len(), reports.pop()) {
        (1, Some(one)) => Done::with(one),
        (_, last) => {
            reports.extend(last);
            Done::with(reports)
        }
    }
}

/// How often it is looked whether another command is done with a spec.
const LOOK: Duration = Duration::from_millis(100);

/// Waits while another command works a spec. What comes of it counts here as well, so that nothing is paid for twice.
fn await_other(cx: &mut Context, project: &Project, id: &SpecId, stop: &Stop) -> Result<()> {
    cx.ui.hint(&format!(
        "{id} is worked by another command; waiting for it"
    ));
    while recover::is_driven(project, id.as_str()) {
        if stop.control().recv_timeout(LOOK).is_ok() {
            let message = format!("{id} was waited for, and is worked by another command");
            return Err(Error::new(Code::Interrupted, message).hint(format!("chant log -f {id}")));
        }
    }
    let spec = project.show(id)?;
    let code = match spec.state {
        State::Completed | State::Stale => {
            cx.ui
                .done(&format!("{id} was completed by another command"));
            return Ok(());
        }
        State::Conflict => Code::Conflict,
        State::Parked => Code::Parked,
        _ => Code::RunFailed,
    };
    let state = spec.state.as_str().replace('_', " ");
    let why = spec.reason.map_or(String::new(), |why| format!(": {why}"));
    let message = format!("{id} is {state} after another command worked it{why}");
    Err(Error::new(code, message).hint(format!("chant log {id}")))
}

/// Works one spec. Where a budget is spent and somebody can answer, asks whether to go on.
fn within_budget(
    cx: &mut Context,
    project: &Project,
    id: &SpecId,
    order: &Order,
    stop: &Stop,
) -> Result<Report> {
    let mut order = order.clone();
    loop {
        let result = attended(cx, stop, |outside| {
            chant_engine::verbs::work::work(project, id, &order, outside)
        });
        let spent = match &result {
            Ok(report) => report.budget_spent.clone(),
            Err(error) if error.code == Code::BudgetSpent => Some(error.message.clone()),
            Err(_) => None,
        };
        let asks = cx.interactive && !order.over_budget;
        let Some(spent) = spent.filter(|_| asks) else {
            return result;
        };
        let question = format!("{}. Go on all the same?", one_line(&spent));
        // Whoever leaves a question about money without an answer has said no.
        let yes = inquire::Confirm::new(&question)
            .with_default(false)
            .prompt();
        if !yes.unwrap_or(false) {
            return result;
        }
        order.over_budget = true;
    }
}

/// Works what a label selects until nothing of it can go on without a person.
pub(super) fn label(
    cx: &mut Context,
    project: &Project,
    label: &str,
    order: &Order,
    stop: &Stop,
) -> Result<Done> {
    let mut done = Vec::new();
    let mut reports = Vec::new();
    let waiting = loop {
        let standing = labelled(project, label, &done)?;
        let Some(id) = standing.next else {
            if let Some(theirs) = worked_elsewhere(project, &standing) {
                await_other(cx, project, &theirs, stop)?;
                done.push(theirs);
                continue;
            }
            if reports.is_empty() {
                nothing_to_work(cx, project, label, order, stop, &standing)?;
            }
            break standing.waiting;
        };
        match within_budget(cx, project, &id, order, stop) {
            // Another command was faster; the next look sees that.
            Err(error) if error.code == Code::SpecLocked => {}
            result => {
                let report = result?;
                conclude(cx, &report)?;
                reports.push(report);
                done.push(id);
            }
        }
    };
    for spec in &waiting {
        let id = one_line(&spec.id);
        let reasons = one_line(&spec.blocked_by.join("; "));
        cx.ui.done(&format!("{id} {reasons}"));
    }
    if let Some(first) = waiting.first() {
        cx.ui.hint(&format!("chant show {}", one_line(&first.id)));
    }
    Done::with(serde_json::json!({"runs": reports, "waiting": waiting}))
}

/// One of those that wait because another command works it.
fn worked_elsewhere(project: &Project, standing: &Labelled) -> Option<SpecId> {
    let mut waiting = standing.waiting.iter();
    let theirs = waiting.find(|spec| recover::is_driven(project, &spec.id))?;
    SpecId::parse(&theirs.id).ok()
}

/// Why nothing can be worked: in the words of the spec that is first to wait.
fn nothing_to_work(
    cx: &mut Context,
    project: &Project,
    label: &str,
    order: &Order,
    stop: &Stop,
    standing: &Labelled,
) -> Result<()> {
    if let Some(first) = standing.waiting.first() {
        let id = cx.spec_at_hand(project, &first.id)?.id;
        return attended(cx, stop, |outside| {
            chant_engine::verbs::work::work(project, &id, order, outside)
        })
        .map(drop);
    }
    let (message, hint) = if standing.total == 0 {
        (format!("no spec has the label {label:?}"), "chant list")
    } else {
        let message = format!("every spec with the label {label:?} is finished");
        (message, "put them away: chant archive --label LABEL")
    };
    Err(Error::new(Code::NothingToDo, message).hint(hint))
}

/// Makes stale specs again, one after the other, for as long as there are any.
pub(super) fn stale(
    cx: &mut Context,
    project: &Project,
    labels: &[String],
    order: &Order,
    stop: &Stop,
) -> Result<Done> {
    let mut reports: Vec<Report> = Vec::new();
    let mut tried = Vec::new();
    loop {
        match drift::next(project, labels, &tried)? {
            Next::Work(id) => {
                let report = within_budget(cx, project, &id, order, stop)?;
                conclude(cx, &report)?;
                reports.push(report);
                tried.push(id);
            }
            Next::Done { gates, uncommitted } => {
                say_rest(cx, reports.is_empty(), &gates, uncommitted);
                return Done::with(reports);
            }
        }
    }
}

fn say_rest(cx: &mut Context, none: bool, gates: &[String], uncommitted: usize) {
    if none && gates.is_empty() {
        cx.ui.done("Nothing is stale on the main branch.");
    }
    for gate in gates {
        let gate = one_line(gate);
        cx.ui.done(&format!(
            "{gate} is a gate and stale: a person has to look again"
        ));
    }
    if uncommitted > 0 {
        cx.ui.hint(&format!(
            "{uncommitted} stale by changes that are not committed: a run begins from the main branch, so commit them first"
        ));
    }
}
