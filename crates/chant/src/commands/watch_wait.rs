//! How a watch waits: for a change, for what is due, for settings that can be read again.

use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use chant_engine::{Error, Project, Result, recover};

use super::attend::Stop;

/// How often a quiet project is looked at. A look is a few file times.
const LOOK: Duration = Duration::from_secs(1);

/// How often the specs' files themselves are: some editors change a file where it is, which no folder tells.
const FILES_LOOK: Duration = Duration::from_secs(2);

/// So many times as long as that took it is left alone, however many there are.
const FILES_REST: u32 = 500;

/// The exit status that says of a file that it cannot be used.
const UNUSABLE: u8 = 5;

/// How things were before they were acted on.
pub(super) struct Before {
    pulse: u64,
    files: u64,
    took: Duration,
}

impl Before {
    /// As they are now.
    pub(super) fn of(project: &Project) -> Self {
        let pulse = recover::pulse(project);
        let began = Instant::now();
        let files = recover::pulse_of_files(project);
        Self {
            pulse,
            files,
            took: began.elapsed(),
        }
    }

    /// Waits until something changed or is due. `true` where a person has had enough.
    pub(super) fn wait(&self, project: &Project, stop: &Stop, due: Option<Duration>) -> bool {
        let began = Instant::now();
        let rest = FILES_LOOK.max(self.took * FILES_REST);
        let mut looked = began;
        loop {
            match stop.control().recv_timeout(LOOK) {
                Ok(_) | Err(RecvTimeoutError::Disconnected) => return true,
                Err(RecvTimeoutError::Timeout) => {}
            }
            // What this process wrote itself is looked at once more; that finds nothing and writes nothing.
            let mut changed = recover::pulse(project) != self.pulse;
            if !changed && looked.elapsed() >= rest {
                looked = Instant::now();
                changed = recover::pulse_of_files(project) != self.files;
            }
            if changed || due.is_some_and(|due| began.elapsed() >= due) {
                return false;
            }
        }
    }
}

/// What a look at the project came to.
pub(super) enum Reopened {
    /// It is as its files say now.
    Changed(Project),
    /// A person has had enough.
    Enough(Project),
}

/// Opens the project again: settings and specs may have changed. A settings file that somebody saved half written ends no watch
/// of a whole night; it is told once, and nothing is begun until it can be read.
pub(super) fn opened_again(
    former: Project,
    stop: &Stop,
    mut unreadable: impl FnMut(&Error),
) -> Result<Reopened> {
    let mut told = None;
    loop {
        let before = Before::of(&former);
        match Project::open(former.root()) {
            Ok(project) => return Ok(Reopened::Changed(project)),
            Err(error) if error.code.exit() != UNUSABLE => return Err(error),
            Err(error) => {
                if told.as_ref() != Some(&error.message) {
                    unreadable(&error);
                    told = Some(error.message.clone());
                }
            }
        }
        if before.wait(&former, stop, None) {
            return Ok(Reopened::Enough(former));
        }
    }
}
