//! `chant drift`

use chant_engine::Result;
use chant_engine::drift::{
    Basis, Change, Changed, Judgement, Reason, Report, Request, Verdict, drift,
};

use crate::cli::{Context, Done};
use crate::ui::{Tone, one_line};

/// Say which completed specs are stale: made from something that is another thing now
///
/// What every landing was made from is recorded by content. It is compared with the work tree where the main branch is
/// checked out (what is not committed counts), else with the main branch's tip. A spec is stale if an input differs, or if
/// what it builds on is stale. What a later spec of the same chain made of an input is accepted; dates never count.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  chant drift\n  chant drift 003 --explain\n  chant drift --label issue-1234 --exit-code\n  chant drift --at v1.2.0\nWork them again with `chant work --stale`, or one of them with `chant work SPEC --again`."
)]
pub(crate) struct Args {
    /// Only these specs, by id, path, or a part of the id
    #[arg(value_name = "SPEC")]
    specs: Vec<String>,
    /// Only specs with this label; several: with all of them
    #[arg(long, value_name = "LABEL")]
    label: Vec<String>,
    /// Compare with this commit
    #[arg(long, value_name = "COMMIT", conflicts_with = "worktree")]
    at: Option<String>,
    /// Compare with the work tree, whatever is checked out
    #[arg(long)]
    worktree: bool,
    /// Exit with 1 if a spec is stale
    #[arg(long)]
    exit_code: bool,
    /// Tell of every input how it was judged, and why
    #[arg(long)]
    explain: bool,
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Done> {
    let project = cx.project()?;
    let mut ids = Vec::new();
    for name in &args.specs {
        ids.push(cx.spec(&project, name)?.id);
    }
    let basis = match args.at {
        Some(commit) => Basis::Commit(commit),
        None if args.worktree => Basis::WorkTree,
        None => Basis::Usual,
    };
    let request = Request {
        ids,
        labels: args.label,
        basis,
        explain: args.explain,
    };
    let report = drift(&project, &request)?;
    cx.ui.begin_page();
    print(cx, &report);
    let exit = u8::from(args.exit_code && report.stale > 0);
    Ok(Done::with(report)?.ending(exit))
}

fn print(cx: &mut Context, report: &Report) {
    for verdict in &report.specs {
        print_verdict(cx, verdict);
    }
    let with = match report.compared.with {
        "worktree" => "the work tree".to_owned(),
        _ => format!("commit {}", short(&report.compared.commit)),
    };
    let summary = match (report.stale, report.examined) {
        (0, 0) => "No spec is completed yet: nothing can be stale.".to_owned(),
        (0, 1) => format!("Nothing is stale: 1 completed spec compared with {with}."),
        (0, all) => format!("Nothing is stale: {all} completed specs compared with {with}."),
        (1, 1) => format!("The completed spec is stale, compared with {with}."),
        (stale, all) => {
            format!("{stale} of {all} completed specs are stale, compared with {with}.")
        }
    };
    cx.ui.out(&summary);
    notes(cx, report);
    if report.stale > 0 {
        cx.ui.hint("work them again in order: chant work --stale");
    }
}

fn notes(cx: &mut Context, report: &Report) {
    if !report.unknown.is_empty() {
        let count = report.unknown.len();
        let which = if count <= 5 {
            format!(": {}", one_line(&report.unknown.join(", ")))
        } else {
            String::new()
        };
        cx.ui.out(&format!(
            "Nothing is known of what {count} more were made from{which}."
        ));
    }
    if !report.open.is_empty() {
        let open = one_line(&report.open.join(", "));
        cx.ui
            .out(&format!("Not completed, so nothing to compare: {open}."));
    }
    if report.unknowable > 0 {
        cx.ui.out(&format!(
            "{} of the inputs can not be known (addresses); `--explain` names them.",
            report.unknowable
        ));
    }
    for circle in &report.circles {
        let mut circle = circle.clone();
        circle.extend(circle.first().cloned());
        cx.ui.out(&format!(
            "These build on each other in a circle: {}.",
            one_line(&circle.join(" → "))
        ));
    }
}

fn print_verdict(cx: &mut Context, verdict: &Verdict) {
    let id = cx.ui.paint(Tone::Strong, &one_line(&verdict.id));
    let (word, tone) = match (verdict.stale, verdict.reasons.is_empty()) {
        (true, _) => ("stale", Tone::Warning),
        (false, false) => ("edited", Tone::Plain),
        (false, true) => ("as it was", Tone::Good),
    };
    let word = cx.ui.paint(tone, word);
    let inferred = if verdict.inferred { "  (inferred)" } else { "" };
    cx.ui.out(&format!(
        "{word}  {id}  {}{inferred}",
        one_line(&verdict.title)
    ));
    for reason in &verdict.reasons {
        cx.ui.out(&format!("    {}", sentence(reason)));
        if let Reason::Input(changed) | Reason::Output(changed) = reason
            && let Some(compare) = &changed.compare
        {
            let compare = cx.ui.paint(Tone::Dim, &one_line(compare));
            cx.ui.out(&format!("        {compare}"));
        }
    }
    for look in &verdict.looked_at {
        let word = match look.verdict {
            Judgement::Same => "same",
            Judgement::Accepted => "accepted",
            Judgement::Drifted => "differs",
            Judgement::Unknown => "unknown",
        };
        let because = look
            .because
            .as_deref()
            .map_or_else(String::new, |because| format!("  ({})", one_line(because)));
        let line = format!("      {word:<8}  {}{because}", one_line(&look.name));
        cx.ui.out(&cx.ui.paint(Tone::Dim, &line));
    }
}

/// A reason as a person reads it.
pub(super) fn sentence(reason: &Reason) -> String {
    match reason {
        Reason::Input(changed) => input(changed),
        Reason::Inherited { from, by } => format!("{} is stale ({by})", one_line(from)),
        Reason::Output(changed) => format!(
            "its output {} {}{}",
            one_line(&changed.path),
            match changed.change {
                Change::Changed | Change::Added => "was edited by hand",
                other => became(other),
            },
            since(changed)
        ),
    }
}

fn input(changed: &Changed) -> String {
    let path = one_line(&changed.path);
    let key = changed.key.unwrap_or("depends_on");
    if changed.documents.is_empty() {
        return format!(
            "{path} {} ({key}){}",
            became(changed.change),
            since(changed)
        );
    }
    // As the guide has it: the document, the source it follows, when that changed.
    format!(
        "{} follows {path} ({}{})",
        one_line(&changed.documents.join(", ")),
        became(changed.change),
        since(changed).replacen(", in", " in", 1)
    )
}

fn became(change: Change) -> &'static str {
    match change {
        Change::Changed => "changed",
        Change::Added => "is an input now, and was none",
        Change::Deleted => "was deleted",
        Change::Folder => "is a folder now",
        Change::Link => "is a symbolic link now",
        Change::Submodule => "is a submodule now",
    }
}

/// Which commit did it, and how long ago. The time is for the reader; nothing was decided by it.
fn since(changed: &Changed) -> String {
    if changed.uncommitted {
        return ", not committed".to_owned();
    }
    let Some(commit) = &changed.changed_in else {
        return String::new();
    };
    let ago = changed
        .changed_ago
        .as_deref()
        .map_or_else(String::new, |ago| format!(", {ago}"));
    format!(", in {}{ago}", short(commit))
}

fn short(oid: &str) -> &str {
    oid.get(..7).unwrap_or(oid)
}
