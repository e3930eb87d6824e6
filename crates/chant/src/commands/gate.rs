//! What `chant work` says at a gate: the list, and what the specs before it left.

use chant_engine::query::{self, Gate, Phase};
use chant_engine::{Code, Error, Project, Result, SpecRef};
use chant_spec::status::State;

use crate::cli::Context;
use crate::ui::{Tone, one_line};

/// Shows a gate, and refuses to work it. Every other spec passes, and so does a gate that is over.
pub(super) fn stop_at(cx: &mut Context, project: &Project, found: &SpecRef) -> Result<()> {
    let Some(gate) = query::gate(project, found)? else {
        return Ok(());
    };
    let spec = &gate.spec;
    let over = matches!(spec.state, State::Completed | State::Cancelled);
    if over && !spec.needs_approval_again() {
        return Ok(());
    }
    print(cx, &gate);
    let id = &spec.id;
    let waits: Vec<&str> = spec
        .blocked_by
        .iter()
        .map(String::as_str)
        .filter(|why| why.starts_with("depends on "))
        .collect();
    let message = format!("{id} is a gate: a person decides, no agent runs it");
    let error = match waits.as_slice() {
        [] => Error::new(Code::GateClosed, message).hint(format!("chant approve {id} --by NAME")),
        waits => Error::new(
            Code::GateClosed,
            format!("{message}; it {}", waits.join("; ")),
        )
        .hint("complete what comes first: chant list"),
    };
    Err(error.detail("gate", serde_json::to_value(&gate).unwrap_or_default()))
}

fn print(cx: &mut Context, gate: &Gate) {
    if cx.ui.is_json() {
        return;
    }
    let spec = &gate.spec;
    let id = cx.ui.paint(Tone::Strong, &one_line(&spec.id));
    cx.ui.out(&format!("{id}  {}", one_line(&spec.title)));
    if let Some(reason) = &spec.reason {
        let reason = cx.ui.paint(Tone::Bad, &one_line(reason));
        cx.ui.out(&reason);
    }
    if !gate.phases.is_empty() {
        heading(cx, "What came before");
        gate.phases.iter().for_each(|phase| print_phase(cx, phase));
    }
    if !gate.checklist.is_empty() {
        heading(cx, "To decide");
        for item in &gate.checklist {
            let indent = "  ".repeat(item.depth + 1);
            let mark = if item.checked { "[x]" } else { "[ ]" };
            cx.ui
                .out(&format!("{indent}{mark} {}", one_line(&item.text)));
        }
    }
    cx.ui.out("");
}

fn heading(cx: &mut Context, text: &str) {
    cx.ui.out("");
    let text = cx.ui.paint(Tone::Strong, text);
    cx.ui.out(&text);
}

fn print_phase(cx: &mut Context, phase: &Phase) {
    let outcome = phase
        .outcome
        .as_ref()
        .map_or_else(String::new, |it| format!(", {it}"));
    let title = format!(
        "  {}  {}  ({}{outcome})",
        phase.id, phase.title, phase.status
    );
    cx.ui.out(&one_line(&title));
    let short = |commit: &String| commit.get(..10).unwrap_or(commit).to_owned();
    let landed = phase.commit.as_ref().map(short);
    let lines = [
        ("landed", landed.as_slice()),
        ("by", phase.agent.as_slice()),
        ("left", &phase.outputs),
        ("checked", &phase.checks),
        ("proof", phase.proof.as_slice()),
        ("look at", &phase.concerns),
    ];
    for (name, values) in lines {
        for value in values {
            let name = cx.ui.paint(Tone::Dim, &format!("{name:>12}"));
            cx.ui.out(&format!("{name}  {}", one_line(value)));
        }
    }
}
