//! `chant status`, and `chant` alone

use chant_engine::query::left::{Finding, Kind};
use chant_engine::query::{self, Board, Branch, Spec};
use chant_engine::{Code, Result};

use super::shown;
use crate::cli::{Context, Done};
use crate::ui::{Tone, one_line};

/// How many specs of a kind are listed before the rest is counted.
const LISTED: usize = 10;

/// Show how things stand, and what to do next
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(cx: &mut Context, _args: &Args) -> Result<Done> {
    let project = cx.project()?;
    let board = query::board(&project)?;
    print(cx, &board);
    Done::with(board)
}

/// `chant` without a command: the status in a project, else how to begin.
pub(crate) fn welcome(cx: &mut Context) -> Result<Done> {
    match run(cx, &Args {}) {
        Err(error) if matches!(error.code, Code::NotARepository | Code::NoProject) => {
            cx.ui
                .out("chant gives specs to coding agents, proves the result, and lands it.");
            cx.ui.out("");
            if error.code == Code::NotARepository {
                cx.ui.out("This folder is not in a git repository. Go to one, or see chant at work first:");
            } else {
                cx.ui.out("This repository is not a chant project yet.");
                cx.ui.out("  chant init         make it one");
            }
            cx.ui.out("  chant demo         a small repository with a real bug, taken from issue to repair");
            cx.ui.out("  chant help         all commands");
            Done::with(serde_json::json!({"project": null}))
        }
        other => other,
    }
}

fn print(cx: &mut Context, board: &Board) {
    let counts: Vec<String> = board
        .counts
        .iter()
        .map(|(state, count)| format!("{count} {}", state.replace('_', " ")))
        .collect();
    let silent = if board.silent { ", silent" } else { "" };
    let name = cx
        .ui
        .paint(Tone::Strong, &crate::ui::one_line(&board.project));
    let counts = if counts.is_empty() {
        "no specs yet".to_owned()
    } else {
        counts.join(", ")
    };
    cx.ui.out(&format!("{name}: {counts}{silent}"));
    if !board.criteria.is_empty() {
        let criteria = query::in_words(&board.criteria);
        cx.ui.out(&format!("Criteria: {criteria}"));
    }
    section(cx, "Under way", &board.active);
    section(cx, "Needs you", &board.attention);
    left(cx, &board.left);
    asked_for(cx, &board.asked_for);
    section(cx, "Ready", &board.ready);
    drivers(cx, &board.drivers);
    cx.ui.out("");
    cx.ui
        .out(&format!("Next: {}", crate::ui::one_line(&next(board))));
}

/// What was left behind, with the command that goes on. That a run was cut off, is parked or waits to land stands with its spec
/// already.
fn left(cx: &mut Context, findings: &[Finding]) {
    let findings: Vec<&Finding> = findings
        .iter()
        .filter(|finding| !matches!(finding.kind, Kind::CutOff | Kind::Parked | Kind::Finished))
        .collect();
    if findings.is_empty() {
        return;
    }
    cx.ui.out("");
    let heading = cx.ui.paint(Tone::Strong, "Left behind");
    cx.ui.out(&heading);
    for finding in findings.iter().take(LISTED) {
        let line = format!("{}: {}: {}", finding.spec, finding.says, finding.command);
        cx.ui.out(&format!("  {}", one_line(&line)));
    }
    if findings.len() > LISTED {
        let more = findings.len() - LISTED;
        cx.ui.out(&format!("… and {more} more: chant diagnose"));
    }
}

/// What a command had asked for that was ended: only a person, or a watch, goes on with it.
fn asked_for(cx: &mut Context, ids: &[String]) {
    if ids.is_empty() {
        return;
    }
    let more = match ids.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let named = ids[..ids.len().min(LISTED)].join(", ");
    cx.ui.out("");
    let line = format!("Asked for by a command that was ended: {named}{more}");
    cx.ui.out(&one_line(&line));
    cx.ui
        .out("  the same command goes on, or: chant watch --once");
}

/// How many lines of the tree are shown.
const TREE: usize = 3 * LISTED;

fn drivers(cx: &mut Context, tree: &[Branch]) {
    if tree.is_empty() {
        return;
    }
    cx.ui.out("");
    let heading = cx.ui.paint(Tone::Strong, "Drivers");
    cx.ui.out(&heading);
    shown::tree(&mut cx.ui, &tree[..tree.len().min(TREE)]);
    if tree.len() > TREE {
        let more = tree.len() - TREE;
        cx.ui.out(&format!("… and {more} more: chant list --tree"));
    }
}

fn section(cx: &mut Context, heading: &str, specs: &[Spec]) {
    if specs.is_empty() {
        return;
    }
    cx.ui.out("");
    let heading = cx.ui.paint(Tone::Strong, heading);
    cx.ui.out(&heading);
    shown::table(&mut cx.ui, &specs[..specs.len().min(LISTED)]);
    if specs.len() > LISTED {
        cx.ui
            .out(&format!("… and {} more: chant list", specs.len() - LISTED));
    }
}

fn next(board: &Board) -> String {
    use chant_spec::status::State;
    let waits = board.active.iter().chain(&board.attention).find(|spec| {
        matches!(spec.state, State::Landing | State::Conflict) && spec.reason.is_some()
    });
    if let Some(spec) = waits {
        if spec.state == State::Conflict {
            return format!("chant takeover {}", spec.id);
        }
        return format!("chant merge {}", spec.id);
    }
    if let Some(spec) = board.attention.first() {
        if spec.error.is_some() {
            return format!("chant edit {}", spec.id);
        }
        if spec.state == State::Paused && board.in_hand.contains(&spec.id) {
            return format!("chant finalize {}", spec.id);
        }
        return format!("chant work {}", spec.id);
    }
    if let Some(spec) = board.ready.first() {
        return format!("chant work {}", spec.id);
    }
    // It goes on by itself when its time has come; before, `work` would be refused.
    if board.active.iter().any(|spec| spec.state == State::Parked) {
        return "chant watch".to_owned();
    }
    if board.total == 0 {
        return "chant add \"what should change\"".to_owned();
    }
    "nothing is ready; chant list shows what waits for what".to_owned()
}
