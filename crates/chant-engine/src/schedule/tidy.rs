//! What landed and was cut off before it was tidied up. Its file says completed, so nobody asks for it any more; left alone, its
//! worktree and its branch would stay for ever.

use std::sync::mpsc;

use chant_os::tree::Guard;

use crate::error::Result;
use crate::journal::{RunRecord, RunState, Step};
use crate::project::Project;
use crate::recover;
use crate::run::queue::{self, Attendance, Which};

/// Tidies up after what is not asked for by this command and was cut off when it was landing. No agent is started for it. Returns
/// the specs.
pub(super) fn tidy(project: &Project, guard: &Guard, asked: &[String]) -> Result<Vec<String>> {
    let cut_off = |run: &RunRecord| {
        let landed = run.step as usize > Step::Land as usize;
        let landing = run.state == RunState::Landing && run.reason.is_empty();
        (landed || landing) && !asked.contains(&run.spec)
    };
    let going = recover::going_on(project)?.now;
    let runs: Vec<String> = going
        .into_iter()
        .filter(cut_off)
        .map(|run| run.id)
        .collect();
    if runs.is_empty() {
        return Ok(Vec::new());
    }
    // Kept open, so that nothing is ever heard from it: there is nothing to stop that takes long.
    let (_wish, control) = mpsc::channel();
    let attendance = Attendance {
        control: &control,
        tell: &mut |_, _| (),
        guard: guard.clone(),
        hands_back: false,
    };
    let reports = queue::land(project, attendance, Which::Runs(&runs))?;
    Ok(reports.into_iter().map(|report| report.id).collect())
}
