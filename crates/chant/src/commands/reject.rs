//! `chant reject`

use chant_engine::Result;
use chant_engine::verbs::approve;

use super::approve::name_of;
use crate::cli::{Context, Done};
use crate::ui::{Tone, one_line};

/// Reject a spec, with the reason
///
/// No agent works it until it is approved. What that does to other specs is the setting `approval.rejection_action`:
/// `manual` nothing, `dependency` what depends on it says why it waits, `group` the driver of a member and its other
/// members that were not begun are held.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  chant reject 005 --by \"Ada Lovelace\" --reason \"no test for the empty file\""
)]
pub(crate) struct Args {
    /// The spec, by id, path, or a part of the id
    #[arg(value_name = "SPEC")]
    spec: String,
    /// Who rejects; asked of git on a terminal
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// What would have to change
    #[arg(long, value_name = "REASON")]
    reason: String,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let project = cx.project()?;
    let found = cx.spec_at_hand(&project, &args.spec)?;
    let by = name_of(cx, &project, args.by.as_deref(), "reject")?;
    let said = approve::reject(&project, &found, &by, &args.reason)?;
    let (id, by) = (one_line(&said.id), one_line(&said.by));
    let reason = one_line(said.reason.as_deref().unwrap_or_default());
    let line = cx
        .ui
        .paint(Tone::Bad, &format!("{id} is rejected by {by}: {reason}"));
    cx.ui.out(&line);
    super::say_recorded(cx, &said.recorded);
    if !said.holds.is_empty() {
        let holds = one_line(&said.holds.join(", "));
        cx.ui.hint(&format!("waiting because of it: {holds}"));
    }
    Done::with(said)
}
