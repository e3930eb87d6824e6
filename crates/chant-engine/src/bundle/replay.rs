//! Replaying a bundle's proof in a clone, within bounds, and saying yes or no.

use std::path::Path;
use std::sync::mpsc::Receiver;

use chant_agent::Control;
use chant_git::{Oid, Repo};
use chant_os::tree::Guard;
use chant_spec::Check;
use serde::Serialize;

use super::archive::Bundle;
use super::receive::{Received, receive};
use crate::bench::{Bench, Bounds, Outcome, Place, Stopped};
use crate::error::{Code, Error, Result};
use crate::project::Project;
use crate::proof::Side;
use crate::prove;
use crate::prove::Seen;

/// What a replay needs from outside.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// How to start a guard.
    pub guard: &'a Guard,
    /// The chant program, which confines the commands.
    pub chant: &'a Path,
    /// A person's wish to stop.
    pub control: &'a Receiver<Control>,
}

/// One command on one tree, and whether it did what the bundle says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Which tree.
    pub on: &'static str,
    /// The command.
    pub run: String,
    /// Whether it did as the bundle says.
    pub holds: bool,
    /// What happened, as one sentence.
    pub found: String,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Replayed {
    /// Whether everything holds.
    pub holds: bool,
    /// Everything that was run.
    pub rows: Vec<Row>,
    /// Whether the commands were kept from the user's files.
    pub confined: bool,
}

/// A bundle that was received into a clone and may be replayed there.
pub struct Replay<'a> {
    bundle: &'a Bundle,
    received: Received,
}

impl<'a> Replay<'a> {
    /// Compares a bundle with a clone. Nothing of it is run, and nothing in the clone changes.
    pub fn prepare(repo: &Repo, bundle: &'a Bundle) -> Result<Self> {
        Ok(Self {
            bundle,
            received: receive(repo, bundle)?,
        })
    }

    /// The tests and the change as they would be applied, as a patch that was worked out here.
    pub fn patch(&self) -> Result<Vec<u8>> {
        let base: Oid = self.bundle.manifest.base.commit.parse()?;
        Ok(self
            .received
            .scratch
            .repo()
            .patch(&base, &self.received.result)?)
    }

    /// Every command that would be run, each once.
    pub fn commands(&self) -> Vec<&str> {
        let manifest = &self.bundle.manifest;
        let checks = manifest.checks.iter().map(|check| check.run.as_str());
        let mut commands = vec![manifest.proof.run.as_str()];
        commands.extend(checks);
        commands.dedup();
        commands
    }

    /// Runs them. Stops at nothing: the answer tells of each.
    pub fn run(&self, outside: &Surroundings<'_>, heard: &mut dyn FnMut(&Row)) -> Result<Replayed> {
        let scratch = &self.received.scratch;
        let project = Project::at(
            scratch.repo().clone(),
            scratch.repo().root(),
            scratch.repo().root(),
        )?;
        let logs = scratch.path("logs");
        chant_os::file::create_dir_all(&logs)?;
        let bench = Bench {
            project: &project,
            guard: outside.guard,
            control: outside.control,
            run: &scratch.folder().display().to_string(),
            logs,
            cold: true,
            env: Vec::new(),
            spec_file: None,
            bounds: Some(Bounds::of_stranger(scratch.folder(), outside.chant)?),
        };
        let mut rows = Vec::new();
        for side in [Side::Base, Side::Result] {
            let tree = scratch.repo().tree_of(self.commit(side))?;
            let place = bench.place(&tree, &self.received.tests)?;
            for row in self.rows_on(side, &bench, &place)? {
                heard(&row);
                rows.push(row);
            }
        }
        Ok(Replayed {
            holds: rows.iter().all(|row| row.holds),
            rows,
            confined: chant_os::confine::is_supported(),
        })
    }

    /// Red on the base with the tests, green with the change. The change less what is outside the tests is the base with
    /// the tests again: that the tests are all there is between the two was found when the bundle was received.
    fn commit(&self, side: Side) -> &Oid {
        match side {
            Side::Base => &self.received.tests,
            _ => &self.received.result,
        }
    }

    fn rows_on(&self, side: Side, bench: &Bench<'_>, place: &Place) -> Result<Vec<Row>> {
        let mut rows = vec![self.proof_on(side, bench, place)?];
        if side == Side::Result {
            for (number, check) in self.bundle.manifest.checks.iter().enumerate() {
                let outcome = run(bench, place, &format!("check-{number}"), &check.check()?)?;
                rows.push(Row {
                    on: side.shown(),
                    run: check.run.clone(),
                    holds: outcome.passed,
                    found: outcome.sentence,
                });
            }
        }
        Ok(rows)
    }

    /// Runs the proof's test as often as it says. What a run shows is read as `chant work` reads it: a test that cannot be
    /// loaded is not red.
    fn proof_on(&self, side: Side, bench: &Bench<'_>, place: &Place) -> Result<Row> {
        let proof = &self.bundle.manifest.proof;
        let pattern = proof.fails_with.as_deref().map(prove::reason).transpose();
        let pattern = pattern.map_err(|error| super::manifest::unusable(&error.to_string()))?;
        let check = Check {
            run: proof.run.clone(),
            name: Some("proof".to_owned()),
            timeout: proof.timeout.clone(),
            cwd: (!proof.cwd.is_empty()).then(|| proof.cwd.clone()),
            ..Check::default()
        };
        let mut as_wanted = 0;
        let mut otherwise = None;
        for time in 1..=proof.repeat {
            let outcome = run(bench, place, &format!("{side:?}-{time}"), &check)?;
            let seen = Seen::read(&outcome.ended, &outcome.output, pattern.as_ref());
            match (side, &seen) {
                (Side::Base, Seen::Red(_)) | (Side::Result, Seen::Green) => as_wanted += 1,
                _ => otherwise = otherwise.or_else(|| Some(in_words(&seen))),
            }
        }
        let wanted = match side {
            Side::Base => "fails for the stated reason",
            _ => "passes",
        };
        let found = format!("{wanted}, {as_wanted} of {} times", proof.repeat);
        Ok(Row {
            on: side.shown(),
            run: proof.run.clone(),
            holds: otherwise.is_none(),
            found: otherwise.map_or(found.clone(), |other| format!("{found}; else: {other}")),
        })
    }
}

fn run(bench: &Bench<'_>, place: &Place, log: &str, check: &Check) -> Result<Outcome> {
    bench.run(place, log, check)?.map_err(|Stopped| stopped())
}

fn in_words(seen: &Seen) -> String {
    match seen {
        Seen::Green => "it passes".to_owned(),
        Seen::Red(line) => format!("it fails ({line})"),
        Seen::Neither(why) => why.to_string(),
    }
}

fn stopped() -> Error {
    Error::new(Code::Interrupted, "interrupted while the proof ran")
        .hint("nothing was changed; run it again")
}

/// Reads a bundle from a file.
pub fn read(path: &Path) -> Result<Bundle> {
    let bytes = chant_os::file::read_regular(path, super::archive::LARGEST).map_err(|error| {
        Error::new(Code::BundleUnusable, error.to_string())
            .hint("name a file that `chant bundle` wrote")
    })?;
    Bundle::read(&bytes)
}
