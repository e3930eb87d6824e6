//! `chant reset`

use chant_engine::Result;
use chant_engine::order::Order;
use chant_engine::verbs::reset;
use chant_spec::SpecId;

use crate::cli::{Context, Done};

/// Make a spec pending again, and put its run aside
///
/// What the run had done is kept under `refs/chant/kept/` and can be brought back with `chant undo`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  chant reset 003\n  chant reset 003 --work")]
pub(crate) struct Args {
    /// Specs, by id, path, or a part of the id
    #[arg(required = true, value_name = "SPEC")]
    specs: Vec<String>,
    /// Begin again at once
    #[arg(long)]
    work: bool,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let project = cx.project()?;
    let mut done = Vec::new();
    for name in &args.specs {
        let found = cx.spec_at_hand(&project, name)?;
        let reset = reset::reset(&project, &found.id)?;
        cx.ui.done(&if reset.already {
            format!("{} is pending already", reset.id)
        } else {
            format!("{} is pending again (was {})", reset.id, reset.was)
        });
        if let Some(kept) = &reset.kept {
            cx.ui.hint(&format!(
                "what the run had done is kept at {kept}; `chant undo` brings it back"
            ));
        }
        done.push(reset);
    }
    if args.work {
        let ids: Vec<SpecId> = done
            .iter()
            .filter_map(|reset| SpecId::parse(&reset.id).ok())
            .collect();
        return super::work_serial::these(cx, &project, &ids, &Order::default());
    }
    Done::with(done)
}
