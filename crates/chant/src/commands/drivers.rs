//! Drivers whose members are done: their checks and their completion, where a command sees to those alone.

use chant_engine::driver::{self, Completed};
use chant_engine::{Code, Error, Project, Result};
use chant_spec::SpecId;

use super::attend::{Stop, attended};
use crate::cli::Context;
use crate::ui::one_line;

/// Completes every driver that is due, and says so of each.
pub(crate) fn complete(
    cx: &mut Context,
    project: &Project,
    asked: Option<&[SpecId]>,
) -> Result<Vec<Completed>> {
    let stop = Stop::install()?;
    let drivers = attended(cx, &stop, |mut outside| {
        driver::complete(project, asked, &mut outside)
    })?;
    for driver in drivers.iter().filter(|driver| driver.is_completed()) {
        cx.ui.done(&one_line(&driver.sentence()));
    }
    Ok(drivers)
}

/// An error for the first that is not completed; the others are told of beside it.
pub(crate) fn conclude<'a>(drivers: impl Iterator<Item = &'a Completed>) -> Result<()> {
    let mut open: Vec<&Completed> = drivers.filter(|driver| !driver.is_completed()).collect();
    // What failed says more than what waits.
    open.sort_by_key(|driver| driver.failed.is_none());
    let Some(first) = open.first() else {
        return Ok(());
    };
    let sentences: Vec<String> = open.iter().map(|driver| driver.sentence()).collect();
    let message = sentences.join("; ");
    Err(match first.failed {
        Some(_) => failed(&first.id, message),
        None => Error::new(Code::InTheWay, message),
    })
}

/// An error where one of these drivers, or of those below them, failed with its last member.
pub(crate) fn none_failed(project: &Project, ids: &[SpecId]) -> Result<()> {
    match driver::failure(project, ids)? {
        Some((id, sentence)) => Err(failed(&id, sentence)),
        None => Ok(()),
    }
}

fn failed(id: &str, message: String) -> Error {
    Error::new(Code::RunFailed, message).hint(format!(
        "see chant log {id}; add what is missing: chant add --group {id} \"what is missing\"; or check again: chant work {id}"
    ))
}
