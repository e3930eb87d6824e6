//! `chant lint`

use chant_engine::index::{Finding, Level};
use chant_engine::query::{self, Findings};
use chant_engine::{Code, Error, Result};

use crate::cli::{Context, Done};
use crate::ui::{Tone, one_line};

/// Check specs: what cannot be read, unknown keys, missing criteria, dangling dependencies
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Specs, by id, path, or a part of the id; all where none is named
    #[arg(value_name = "SPEC")]
    specs: Vec<String>,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let project = cx.project()?;
    let mut ids = Vec::new();
    for name in &args.specs {
        ids.push(cx.spec(&project, name)?.id.to_string());
    }
    let found = query::lint(&project, &ids)?;
    print(cx, &found);
    let summary = [
        counted(found.specs, "spec"),
        counted(found.errors, "error"),
        counted(found.warnings, "warning"),
    ]
    .join(", ");
    if found.errors == 0 && !cx.ui.is_quiet() {
        cx.ui.out(&summary);
    }
    if found.errors > 0 {
        let details = serde_json::to_value(&found).unwrap_or_default();
        return Err(Error::new(Code::LintFailed, summary)
            .hint("correct the files named above; `chant edit ID` opens one")
            .detail("lint", details));
    }
    Done::with(found)
}

fn print(cx: &mut Context, found: &Findings) {
    cx.ui.begin_page();
    for spec in &found.findings {
        for finding in &spec.findings {
            if is_shown(cx, finding) {
                print_finding(cx, &spec.path, finding);
            }
        }
    }
}

/// What is merely worth knowing is a detail; the quiet want to know only what keeps a file from being used.
fn is_shown(cx: &Context, finding: &Finding) -> bool {
    match finding.severity {
        Level::Error => true,
        Level::Warning => !cx.ui.is_quiet(),
        Level::Info => cx.ui.is_verbose(),
    }
}

fn print_finding(cx: &mut Context, path: &str, finding: &Finding) {
    let (tone, word) = match finding.severity {
        Level::Error => (Tone::Bad, "error"),
        Level::Warning => (Tone::Warning, "warning"),
        Level::Info => (Tone::Dim, "info"),
    };
    let word = cx.ui.paint(tone, word);
    let place = match finding.line {
        0 => path.to_owned(),
        line => format!("{path}:{line}:{}", finding.column),
    };
    let message = one_line(&finding.message);
    cx.ui
        .out(&format!("{}: {word}: {message}", one_line(&place)));
    if let Some(hint) = &finding.hint {
        cx.ui.out(&format!("    {}", one_line(hint)));
    }
}

fn counted(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}
