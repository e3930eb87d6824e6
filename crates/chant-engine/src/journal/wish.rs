//! What a person asks of a run, as a file in its folder.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Code, Error, Result};
use crate::person::Name;

/// A wish is a few words.
const LARGEST: u64 = 64 << 10;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Stop, so that it can go on later.
    Pause,
    /// Stop, because a person goes on by hand.
    Takeover,
    /// Stop, because it is not wanted any more.
    Cancel,
}

impl What {
    /// As a reason says it: "paused by …".
    pub fn done(self) -> &'static str {
        match self {
            Self::Pause => "paused",
            Self::Takeover => "taken over",
            Self::Cancel => "cancelled",
        }
    }

    /// The command that asks for it.
    pub(crate) fn command(self) -> &'static str {
        match self {
            Self::Pause => "chant pause",
            Self::Takeover => "chant takeover",
            Self::Cancel => "chant cancel",
        }
    }
}

/// A person's wish about a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// What is asked.
    pub what: What,
    /// Who asks.
    pub by: String,
    /// When, RFC 3339.
    pub at: String,
}

impl Wish {
    /// A wish of this moment.
    pub fn new(what: What, by: &Name) -> Self {
        Self {
            what,
            by: by.as_str().to_owned(),
            at: chant_os::clock::now().to_string(),
        }
    }

    /// The reason of a run that it ended.
    pub fn reason(&self, spec: &str) -> String {
        let done = format!("{} by {}", self.what.done(), crate::one_line(&self.by));
        match self.what {
            What::Pause => format!("{done}; `chant work {spec}` goes on from here"),
            What::Takeover => format!("{done}; `chant finalize {spec}` accepts the result"),
            What::Cancel => done,
        }
    }

    /// Leaves it in a run's folder, for the process that drives the run.
    pub(crate) fn leave(&self, folder: &Path) -> Result<()> {
        let bytes = serde_json::to_vec(self).map_err(|error| {
            Error::new(Code::Internal, format!("failed to write a wish: {error}"))
        })?;
        chant_os::file::create_dir_all(folder)?;
        Ok(chant_os::file::replace(&file(folder), &bytes)?)
    }

    /// The wish that was left in a run's folder, if there is one. Nobody else finds it after this.
    pub(crate) fn take(folder: &Path) -> Option<Self> {
        let path = file(folder);
        let bytes = chant_os::file::read_regular(&path, LARGEST).ok()?;
        // Where it can not be removed it is found again when the run goes on, and taken out then.
        let _ = chant_os::file::remove_file(&path);
        serde_json::from_slice(&bytes).ok()
    }
}

fn file(folder: &Path) -> PathBuf {
    folder.join("wish.json")
}
