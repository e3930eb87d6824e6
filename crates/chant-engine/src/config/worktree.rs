//! How the worktrees of runs are made ready, and how much room chant may take: `worktree.*`, `limits.disk`,
//! `limits.keep_runs`.

use super::settings::Settings;
use crate::error::Result;

/// How a run's worktree is made ready for its agent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Worktree {
    /// Commands that run in it, in order, by a shell.
    pub setup: Vec<String>,
    /// Files and folders of the checkout that git does not have, to be copied into it.
    pub copy: Vec<String>,
    /// The same, as links into the checkout.
    pub link: Vec<String>,
    /// How many network ports a run has for itself.
    pub ports: u16,
    /// The only folders and files that research gets; everything where there are none.
    pub sparse: Vec<String>,
    /// How many worktrees of runs that are over are kept for the runs to come.
    pub keep: usize,
    /// How many files a worktree has at least, that it is worth keeping.
    pub reuse_from: usize,
}

/// How much room chant takes on the disk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Room {
    /// The bytes that have to be free for a run to begin.
    pub free: Option<u64>,
    /// How many folders of runs that are over are kept.
    pub runs: Option<usize>,
}

impl Worktree {
    pub(super) fn read(settings: &Settings<'_>) -> Result<Self> {
        let ports = settings.number("worktree.ports")?.unwrap_or(0);
        Ok(Self {
            setup: settings.texts("worktree.setup")?,
            copy: settings.texts("worktree.copy")?,
            link: settings.texts("worktree.link")?,
            // More than a machine has are as many as it has: that no block is free is told by whoever looks for one.
            ports: u16::try_from(ports).unwrap_or(u16::MAX),
            sparse: settings.texts("worktree.sparse")?,
            keep: settings.number("worktree.keep")?.unwrap_or(2),
            reuse_from: settings.number("worktree.reuse_from")?.unwrap_or(5000),
        })
    }
}

impl Room {
    pub(super) fn read(settings: &Settings<'_>) -> Result<Self> {
        Ok(Self {
            free: settings.size("limits.disk")?,
            runs: settings.number("limits.keep_runs")?,
        })
    }
}

/// Reads `500MB`, `2 GB`, `64k`, or a bare number of bytes.
pub(super) fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let number: u64 = text[..digits].parse().ok()?;
    let unit = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "t" | "tb" => 1_000_000_000_000,
        _ => return None,
    };
    number.checked_mul(unit)
}

/// A size as a person says it: `1.5 GB`.
pub(crate) fn size_in_words(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match UNITS.iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => {
            let tenths = bytes / (unit / 10);
            format!("{}.{} {name}", tenths / 10, tenths % 10)
        }
        None => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_said() {
        let check = |text, bytes: Option<u64>| assert_eq!(parse_size(text), bytes, "{text}");
        check("500MB", Some(500_000_000));
        check("2 GB", Some(2_000_000_000));
        check("64k", Some(64_000));
        check("17", Some(17));
        check("", None);
        check("MB", None);
        check("1 stone", None);
        check("99999999999999999999", None);
        check("99999999999999 TB", None);
        assert_eq!(size_in_words(1_540_000_000), "1.5 GB");
        assert_eq!(size_in_words(999), "999 bytes");
        assert_eq!(size_in_words(2_000), "2.0 kB");
    }
}
