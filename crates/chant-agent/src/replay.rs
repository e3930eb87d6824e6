//! The `replay` agent: a real process that plays a recording in a worktree, at the recorded pace.
//!
//! Owns the process's side: its arguments, the pace and what it prints. The format and the tree changes are `recording`'s.

use std::{
    ffi::OsString,
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use chant_os::clock::Stopwatch;

use crate::{
    AgentEvent,
    recording::{Entry, Player, RecordedPath, Recording, RecordingError},
};

/// The hidden argument at which the program plays a recording.
const VERB: &str = "__replay";

/// The arguments of one run.
pub(crate) fn arguments(recording: PathBuf) -> Vec<OsString> {
    vec![VERB.into(), recording.into()]
}

/// What `chant __replay FILE` runs, given what follows `__replay`; returns its exit code.
///
/// Works in `CHANT_WORKTREE` (else the current folder) on the spec `CHANT_SPEC_FILE`, `CHANT_REPLAY_SPEED` times as fast
/// as the run was recorded; 0 does not wait at all.
pub fn replay_main(args: impl IntoIterator<Item = OsString>) -> i32 {
    let mut out = io::stdout().lock();
    match Replay::from_process(args).and_then(|replay| replay.play(&mut out)) {
        Ok(true) => 0,
        Ok(false) => 1,
        Err(error) => {
            let reason = with_cause(&error);
            // When nobody listens any more, nobody misses the reason.
            let _ = say(
                &mut out,
                &AgentEvent::End {
                    ok: false,
                    reason: reason.clone(),
                },
            );
            let _ = writeln!(io::stderr(), "{reason}");
            1
        }
    }
}

/// The error and what caused it, on one line.
fn with_cause(error: &RecordingError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

struct Replay {
    recording: PathBuf,
    worktree: PathBuf,
    spec: RecordedPath,
    speed: f64,
}

impl Replay {
    fn from_process(args: impl IntoIterator<Item = OsString>) -> Result<Self, RecordingError> {
        let recording = args
            .into_iter()
            .next()
            .ok_or_else(|| usage("no recording was named".into()))?;
        let worktree =
            PathBuf::from(std::env::var_os("CHANT_WORKTREE").unwrap_or_else(|| ".".into()));
        let spec = std::env::var("CHANT_SPEC_FILE")
            .map_err(|_| usage("CHANT_SPEC_FILE is not set".into()))?;
        let speed = std::env::var("CHANT_REPLAY_SPEED").unwrap_or_else(|_| "1".into());
        Ok(Self {
            recording: recording.into(),
            spec: spec_path(&worktree, &spec)?,
            worktree,
            speed: parse_speed(&speed)?,
        })
    }

    /// Plays it all; the answer is whether the recorded agent succeeded.
    fn play(&self, out: &mut impl Write) -> Result<bool, RecordingError> {
        let recording = Recording::read(&self.recording)?;
        let (player, recording) = Player::new(&self.worktree, self.spec.clone(), recording)?;
        let clock = Stopwatch::start();
        let mut succeeded = true;
        for entry in &recording.entries {
            match entry {
                Entry::Event { at_ms, event } => {
                    self.wait_until(*at_ms, &clock);
                    if let AgentEvent::End { ok, .. } = event {
                        succeeded = *ok;
                    }
                    if say(out, event).is_err() {
                        return Ok(false);
                    }
                }
                Entry::Commit { commit } => player.commit(commit)?,
                Entry::Leave { leave } => player.leave(leave)?,
            }
        }
        Ok(succeeded)
    }

    fn wait_until(&self, at_ms: u64, clock: &Stopwatch) {
        if self.speed > 0.0 {
            let at = Duration::try_from_secs_f64(
                Duration::from_millis(at_ms).as_secs_f64() / self.speed,
            );
            std::thread::sleep(at.unwrap_or(Duration::MAX).saturating_sub(clock.elapsed()));
        }
    }
}

/// Writes an event, at once.
fn say(out: &mut impl Write, event: &AgentEvent) -> io::Result<()> {
    serde_json::to_writer(&mut *out, event)?;
    out.write_all(b"\n")?;
    out.flush()
}

fn usage(problem: String) -> RecordingError {
    RecordingError::Usage(problem)
}

/// The spec's path inside the worktree, given so or in full.
fn spec_path(worktree: &Path, spec: &str) -> Result<RecordedPath, RecordingError> {
    let path = Path::new(spec);
    let inside = path.strip_prefix(worktree).unwrap_or(path);
    RecordedPath::new(inside.to_string_lossy())
        .map_err(|problem| usage(format!("CHANT_SPEC_FILE: {problem}")))
}

fn parse_speed(text: &str) -> Result<f64, RecordingError> {
    let speed = text
        .parse()
        .ok()
        .filter(|speed: &f64| speed.is_finite() && *speed >= 0.0);
    speed.ok_or_else(|| {
        usage(format!(
            "CHANT_REPLAY_SPEED: {text:?} is not a number from 0 up"
        ))
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn the_spec_may_be_named_in_full_or_relative_but_is_inside() {
        let path =
            |spec: &str| spec_path(Path::new("/w/t"), spec).map(|path| path.as_str().to_owned());
        assert_eq!(path(".chant/specs/a.md").unwrap(), ".chant/specs/a.md");
        assert_eq!(path("/w/t/.chant/specs/a.md").unwrap(), ".chant/specs/a.md");
        assert!(path("/w/other.md").is_err());
        assert!(path("../other.md").is_err());
    }

    #[test]
    fn a_speed_is_a_number_from_zero_up() {
        assert!(parse_speed("0").unwrap().abs() < f64::EPSILON);
        assert!((parse_speed("2.5").unwrap() - 2.5).abs() < f64::EPSILON);
        for bad in ["-1", "NaN", "inf", "", "fast"] {
            assert!(parse_speed(bad).is_err(), "{bad} was accepted");
        }
    }

    #[test]
    fn the_pace_is_the_recorded_one_divided_by_the_speed() {
        let replay = |speed| Replay {
            recording: PathBuf::new(),
            worktree: PathBuf::new(),
            spec: RecordedPath::new("a").unwrap(),
            speed,
        };
        let clock = Stopwatch::start();
        replay(0.0).wait_until(u64::MAX, &clock);
        replay(10.0).wait_until(200, &clock);
        let waited = clock.elapsed();
        assert!(waited >= Duration::from_millis(20), "{waited:?}");
    }
}
