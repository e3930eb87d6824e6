//! `chant show`

use chant_engine::Result;
use chant_engine::query::{self, Detail, Spec};
use chant_spec::CriterionState;

use super::shown;
use crate::cli::{Context, Done};
use crate::progress::proof_row;
use crate::ui::{Tone, harmless, one_line};

/// Show a spec: how it stands, what it waits for, its text
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The spec, by id, path, or a part of the id
    #[arg(value_name = "SPEC")]
    spec: String,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let project = cx.project()?;
    let found = cx.spec(&project, &args.spec)?;
    let detail = query::show(&project, &found)?;
    cx.ui.begin_page();
    print(cx, &detail);
    Done::with(detail)
}

fn print(cx: &mut Context, detail: &Detail) {
    standing(cx, detail);
    content(cx, &detail.spec);
    if !detail.tree.is_empty() {
        field(cx, "members", "");
        shown::tree(&mut cx.ui, &detail.tree);
    }
    if detail.spec.criteria.total > 0 {
        criteria(cx, detail);
    }
    proven(cx, detail);
    said(cx, detail);
    cx.ui.out("");
    cx.ui.out(&harmless(detail.body.trim()));
}

/// What it is called, how it stands, and why.
fn standing(cx: &mut Context, detail: &Detail) {
    let spec = &detail.spec;
    let id = cx.ui.paint(Tone::Strong, &one_line(&spec.id));
    cx.ui.out(&format!("{id}  {}", one_line(&spec.title)));
    let standing = spec.standing();
    let words = standing.as_str().replace('_', " ");
    let status = cx.ui.paint(shown::tone(standing), &words);
    field(cx, "status", &status);
    for reason in spec.reason.iter().chain(&spec.blocked_by) {
        field(cx, "", &one_line(reason));
    }
    for way in &detail.go_on {
        field(cx, "", &one_line(&format!("{}: {}", way.what, way.command)));
    }
    if let Some(approval) = &spec.approval {
        // Where an approval does not hold, that says why already.
        let holds = approval.status == "approved";
        let signature = detail.signature.as_deref().filter(|_| holds);
        let signature = signature.map_or_else(String::new, |text| format!(", {text}"));
        let says = format!("{}{signature}", approval.says);
        field(cx, "approval", &one_line(&says));
    }
    for reason in &detail.drift {
        field(cx, "", &super::drift::sentence(reason));
    }
}

/// What its file says.
fn content(cx: &mut Context, spec: &Spec) {
    field(cx, "type", &one_line(&spec.kind));
    field(cx, "file", &one_line(&spec.path));
    for (name, values) in [
        ("labels", &spec.labels),
        ("depends on", &spec.depends_on),
        ("informed by", &spec.informed_by),
        ("targets", &spec.target_files),
    ] {
        if !values.is_empty() {
            field(cx, name, &one_line(&values.join(", ")));
        }
    }
    if let Some(chosen) = &spec.chosen {
        let text = format!("{} ({})", chosen.agent, chosen.why);
        field(cx, "agent", &one_line(&text));
    }
    let agent = spec.agent.clone().filter(|_| spec.chosen.is_none());
    for (name, value) in [
        ("prompt", &spec.prompt),
        ("agent", &agent),
        ("model", &spec.model),
        ("completed", &spec.completed_at),
        ("outcome", &spec.outcome),
        ("run", &spec.run),
    ] {
        if let Some(value) = value {
            field(cx, name, &one_line(value));
        }
    }
}

/// What was proven, and what a person should look at.
fn proven(cx: &mut Context, detail: &Detail) {
    if let Some(proof) = &detail.proven.proof {
        let sentence = format!("{}: {}", proof.verdict.shown(), proof.sentence);
        field(cx, "proof", &one_line(&sentence));
        for row in &proof.rows {
            field(cx, "", &one_line(&proof_row(row)));
        }
    }
    for concern in &detail.proven.concerns {
        field(cx, "look at", &one_line(&concern.to_string()));
    }
}

/// What was said of it: by those who tried, by people, by lint.
fn said(cx: &mut Context, detail: &Detail) {
    if detail.attempts > 1 {
        field(cx, "attempts", &detail.attempts.to_string());
    }
    for told in &detail.feedback {
        let text = format!("{}: {}", told.by, told.text);
        field(cx, "feedback", &one_line(&text));
    }
    for finding in &detail.findings {
        field(cx, "lint", &one_line(&finding.message));
    }
}

/// The counts; then what a person should know of one: that its check failed, or who let it go.
fn criteria(cx: &mut Context, detail: &Detail) {
    let counts = query::counted(detail.criteria_items.iter().map(|item| item.state));
    let ticked = &detail.spec.criteria;
    let summary = format!(
        "{} of {} ticked; {}",
        ticked.checked,
        ticked.total,
        query::in_words(&counts)
    );
    field(cx, "criteria", &summary);
    for item in &detail.criteria_items {
        let text = one_line(&item.text);
        match (&item.waived, item.state) {
            (Some(waiver), CriterionState::Waived) => {
                let why = one_line(&format!("{}: {}", waiver.by, waiver.reason));
                field(cx, "waived", &format!("{text}  ({why})"));
            }
            (_, CriterionState::Refuted) => field(cx, "refuted", &text),
            _ => {}
        }
    }
}

fn field(cx: &mut Context, name: &str, value: &str) {
    let name = cx.ui.paint(Tone::Dim, &format!("{name:>12}"));
    cx.ui.out(&format!("{name}  {value}"));
}
