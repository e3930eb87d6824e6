//! Whether the files of specs have changed since they were read: asked often, so it looks at folders only.
//!
//! chant writes a file by replacing it, which changes its folder, and so do most editors. What changes a file in place is
//! seen with the next landing.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use chant_os::clock::Stopwatch;

use crate::project::Project;

/// At most so often all specs are read again.
const LEAST: Duration = Duration::from_secs(1);

/// Reading may take this part of the time.
const SHARE: u32 = 20;

/// When the folders were changed last, as far as it is known.
pub(super) struct Seen {
    changed: [Option<SystemTime>; 2],
    /// The settings, as they were when the command began.
    settings: [Option<SystemTime>; 2],
    since: Stopwatch,
    gap: Duration,
}

impl Seen {
    /// As they are now: to be taken before the files are read.
    pub(super) fn of(project: &Project) -> Self {
        Self {
            changed: folders(project).map(|folder| changed(&folder)),
            settings: settings(project).map(|file| changed(&file)),
            since: Stopwatch::start(),
            gap: LEAST,
        }
    }

    /// Whether they should be read again. Says so once.
    pub(super) fn has_changed(&mut self, project: &Project) -> bool {
        if self.since.elapsed() < self.gap {
            return false;
        }
        let now = folders(project).map(|folder| changed(&folder));
        let differs = now != self.changed;
        self.changed = now;
        self.since = Stopwatch::start();
        differs
    }

    /// Whether the settings are others than when the command began.
    pub(super) fn has_other_settings(&self, project: &Project) -> bool {
        settings(project).map(|file| changed(&file)) != self.settings
    }

    /// How long reading them took.
    pub(super) fn took(&mut self, time: Duration) {
        self.gap = LEAST.max(time * SHARE);
    }
}

fn folders(project: &Project) -> [PathBuf; 2] {
    ["specs", "archive"].map(|name| project.dot_chant().join(name))
}

fn settings(project: &Project) -> [PathBuf; 2] {
    ["config.md", "agents.md"].map(|name| project.dot_chant().join(name))
}

fn changed(folder: &Path) -> Option<SystemTime> {
    std::fs::metadata(folder)
        .and_then(|known| known.modified())
        .ok()
}
