//! `chant cancel`

use chant_engine::Result;
use chant_engine::verbs::cancel;

use crate::cli::{Context, Done};
use crate::ui::one_line;

/// Say that a spec will not be done
///
/// What depends on it stays blocked, and says so. `chant reset` makes it pending again.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Specs, by id, path, or a part of the id
    #[arg(required = true, value_name = "SPEC")]
    specs: Vec<String>,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let project = cx.project()?;
    let mut all = Vec::new();
    for name in &args.specs {
        let found = cx.spec_at_hand(&project, name)?;
        let done = cancel::cancel(&project, &found)?;
        let id = one_line(&done.id);
        cx.ui.out(&match done.recorded {
            Some(_) => format!("{id} is cancelled (was {})", done.was.as_str()),
            None => format!("{id} is cancelled already"),
        });
        if let Some(recorded) = &done.recorded {
            super::say_recorded(cx, recorded);
        }
        for driver in &done.drivers {
            cx.ui.out(&one_line(&driver.sentence()));
        }
        all.push(done);
    }
    Done::with(all)
}
