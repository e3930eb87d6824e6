//! `chant lint`

use chant_engine::query;
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
    cx.ui.begin_page();
    for spec in &found.findings {
        for finding in &spec.findings {
            let word = serde_json::to_value(finding.severity)
                .ok()
                .and_then(|word| word.as_str().map(str::to_owned))
                .unwrap_or_default();
            let tone = match word.as_str() {
                "error" => Tone::Bad,
                "warning" => Tone::Warning,
                _ => Tone::Dim,
            };
            let word = cx.ui.paint(tone, &word);
            let place = if finding.line == 0 {
                spec.path.clone()
            } else {
                format!("{}:{}:{}", spec.path, finding.line, finding.column)
            };
            cx.ui.out(&format!(
                "{}: {word}: {}",
                one_line(&place),
                one_line(&finding.message)
            ));
            if let Some(hint) = &finding.hint {
                cx.ui.out(&format!("    {}", one_line(hint)));
            }
        }
    }
    let summary = format!(
        "{} specs, {} errors, {} warnings",
        found.specs, found.errors, found.warnings
    );
    cx.ui.out(&summary);
    if found.errors > 0 {
        let details = serde_json::to_value(&found).unwrap_or_default();
        return Err(Error::new(Code::LintFailed, summary)
            .hint("correct the files named above; `chant edit ID` opens one")
            .detail("lint", details));
    }
    Done::with(found)
}
