//! Many runs from the first to the last: their progress while they run, and what is said at the end.

use chant_engine::query::main_tip;
use chant_engine::schedule::{self, Event};
use chant_engine::{Code, Error, Project, Result};

use super::summary::{Main, Summary};
use super::{End, Show};
use crate::cli::{Context, Done};

/// Works specs by `supervise`, which tells what happens through the function that it is given. What came of it is still to
/// be said: [`conclude`].
pub(crate) fn attend(
    cx: &mut Context,
    project: &Project,
    supervise: impl FnOnce(&mut dyn FnMut(&Event)) -> Result<schedule::Summary>,
) -> Result<Summary> {
    let before = main_tip(project);
    let mut show = Show::open(&cx.ui);
    let ui = &mut cx.ui;
    let outcome = supervise(&mut |event| show.hear(ui, event));
    let elapsed = show.close();
    let outcome = outcome?;
    let after = main_tip(project);
    let main = Main {
        branch: after
            .as_ref()
            .map(|tip| tip.branch.clone())
            .unwrap_or_default(),
        before: before.map(|tip| tip.commit),
        after: after.map(|tip| tip.commit),
    };
    Ok(Summary::of(outcome, elapsed, main))
}

/// How many finished specs are named in the command that lands them.
const NAMED: usize = 3;

/// Says how it ended: with an error where something failed, or was stopped before its time.
pub(crate) fn conclude(cx: &mut Context, summary: Summary) -> Result<Done> {
    if !cx.ui.is_quiet() {
        for line in summary.lines() {
            cx.ui.out(&line);
        }
        let finished = summary.ids(End::Finished);
        match finished.as_slice() {
            [] => {}
            some if some.len() <= NAMED => {
                cx.ui
                    .hint(&format!("to land: chant merge {}", some.join(" ")));
            }
            _ => cx.ui.hint("to land: chant merge --all"),
        }
    }
    let Some((code, message, hint)) = complaint(&summary, cx.ui.is_quiet()) else {
        return Done::with(summary);
    };
    let details = serde_json::to_value(&summary).unwrap_or_default();
    Err(Error::new(code, message)
        .hint(hint)
        .detail("summary", details))
}

/// `is_quiet`: nothing was said of it before.
fn complaint(summary: &Summary, is_quiet: bool) -> Option<(Code, String, String)> {
    let failed = summary.ids(End::Failed);
    if summary.is_stopped() {
        let message = "stopped before everything had its turn".to_owned();
        return Some((
            Code::Interrupted,
            message,
            "go on: the same command".to_owned(),
        ));
    }
    let told = |message: String, id: &str| {
        if is_quiet {
            format!("{message}: {}", summary.reason_of(id))
        } else {
            message
        }
    };
    if let Some(first) = failed.first() {
        let message = match failed.len() {
            1 => told(format!("{first} did not land"), first),
            count => format!("{count} specs did not land: {}", failed.join(", ")),
        };
        let hint = summary
            .hint_for(first)
            .unwrap_or_else(|| format!("chant log {first}, then try again: chant work {first}"));
        return Some((Code::RunFailed, message, hint));
    }
    if let Some(first) = summary.in_the_way() {
        let message = told(
            format!("{first} is made and checked, and can not land yet"),
            &first,
        );
        return Some((
            Code::InTheWay,
            message,
            format!("then: chant merge {first}"),
        ));
    }
    if let Some((first, by_budget)) = summary.paused() {
        let (code, option) = if by_budget {
            (Code::BudgetSpent, " --over-budget")
        } else {
            (Code::Interrupted, "")
        };
        let hint = summary
            .hint_for(&first)
            .unwrap_or_else(|| format!("go on: chant work {first}{option}"));
        return Some((code, told(format!("{first} is paused"), &first), hint));
    }
    let first = summary.ids(End::Waits).into_iter().next();
    let first = first.filter(|_| summary.is_idle())?;
    let message = told("nothing of it could begin".to_owned(), &first);
    Some((Code::Blocked, message, format!("chant show {first}")))
}
