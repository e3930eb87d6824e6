//! `chant list`

use chant_engine::Result;
use chant_engine::query::{self, Filter};

use crate::cli::{Context, Done};
use crate::ui::one_line;

/// List specs, what is ready first
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(cx: &mut Context, _args: &Args) -> Result<Done> {
    let project = cx.project()?;
    let specs = query::list(&project, &Filter::default())?;
    for spec in &specs {
        cx.ui.out(&format!("{}  {}  {}", spec.id, spec.standing(), one_line(&spec.title)));
    }
    Done::with(specs)
}
