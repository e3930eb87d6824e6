//! `chant diagnose`

use chant_engine::Result;
use chant_engine::verbs::diagnose::{self, Health};

use crate::cli::{Context, Done};
use crate::ui::{Tone, one_line};

/// Look at everything a run needs, and at what is left half-done
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(cx: &mut Context, _args: &Args) -> Result<Done> {
    let project = cx.project()?;
    let findings = diagnose::diagnose(&project);
    for finding in &findings {
        let (tone, word) = match finding.health {
            Health::Ok => (Tone::Good, "ok"),
            Health::Warning => (Tone::Warning, "look"),
            Health::Problem => (Tone::Bad, "problem"),
        };
        let word = cx.ui.paint(tone, &format!("{word:<7}"));
        let line = format!(
            "{word}  {:<14}  {}",
            one_line(&finding.name),
            one_line(&finding.found)
        );
        cx.ui.out(&line);
        if let Some(hint) = &finding.hint {
            cx.ui.out(&format!("{:27}{}", "", one_line(hint)));
        }
    }
    let exit = u8::from(
        findings
            .iter()
            .any(|finding| finding.health == Health::Problem),
    );
    Done::with(findings).map(|done| done.ending(exit))
}
