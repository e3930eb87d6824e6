//! What is attested of a landing: one in-toto statement in a DSSE envelope, so that others can check it without chant.
//!
//! The envelope is kept in the run's folder and, outside of silent mode, as a git note on the landing's commit, under a ref of
//! its own that can be pushed. `docs/design/attestation.md` says what it holds. Owns no other state.

mod envelope;
mod signature;
mod statement;
mod verify;

use std::collections::HashMap;

use chant_git::Oid;
use chant_spec::SpecId;
use serde::Serialize;

use crate::error::{Code, Error, Result};
use crate::history::{History, Landing};
use crate::journal::run_dir;
use crate::project::Project;

pub use envelope::{Envelope, Signature};
pub use statement::{Digest, Predicate, Statement, Subject};
pub use verify::{Problem, Signed, Verdict};

pub(crate) use statement::Landed;

/// The ref whose notes are the attestations.
pub const NOTES: &str = "refs/notes/chant";

/// The file in a run's folder.
const FILE: &str = "attestation.json";

/// An envelope larger than this is none of chant's.
const LARGEST: u64 = 64 << 20;

/// An attestation, as it was found.
#[derive(Debug, Clone, Serialize)]
pub struct Attestation {
    /// The spec.
    pub spec: String,
    /// The commit it stands on; absent where git had nothing to land.
    pub commit: Option<String>,
    /// `note`: on the commit, for everybody. `run`: in this clone's folder of the run.
    pub kept: Kept,
    /// The envelope.
    pub envelope: Envelope,
    /// What is in it. `null` where that can not be read.
    pub statement: Option<Statement>,
    #[serde(skip)]
    landing: Landing,
}

/// Where an attestation is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kept {
    /// A git note.
    Note,
    /// A file of this clone.
    Run,
}

/// The attestation of a spec's last landing. At most five processes.
pub fn attestation(project: &Project, id: &SpecId) -> Result<Attestation> {
    let (_, tip) = project.start_point()?;
    let history = History::load(project, &tip)?;
    let landing = history.latest(id.as_str()).ok_or_else(|| {
        Error::new(Code::AttestationMissing, format!("{id} has not landed"))
            .hint(format!("how it stands: chant show {id}"))
    })?;
    let (kept, bytes) = find(project, landing)?.ok_or_else(|| missing(id, landing))?;
    let envelope = Envelope::parse(&bytes).map_err(|problem| {
        Error::new(
            Code::AttestationInvalid,
            format!("the attestation of {id} can not be read: {problem}"),
        )
        .hint("what git has: git notes --ref=chant show COMMIT")
    })?;
    Ok(Attestation {
        spec: id.to_string(),
        commit: landing.commit.as_ref().map(ToString::to_string),
        kept,
        statement: envelope.statement().ok(),
        envelope,
        landing: landing.clone(),
    })
}

/// Where the note travels, the note counts: it is what others see.
fn find(project: &Project, landing: &Landing) -> Result<Option<(Kept, Vec<u8>)>> {
    if let Some(commit) = landing.commit.as_ref().filter(|_| !landing.silent) {
        let notes = project.repo().notes(NOTES, std::slice::from_ref(commit))?;
        if let Some(note) = notes.into_iter().flatten().next() {
            return Ok(Some((Kept::Note, note)));
        }
    }
    Ok(of_run(project, &landing.run)?.map(|bytes| (Kept::Run, bytes)))
}

/// What is attested of some landings, in order, as far as it can be found and read. One process, or none.
pub(crate) fn statements(
    project: &Project,
    landings: &[&Landing],
) -> Result<Vec<Option<Statement>>> {
    let commits: Vec<Oid> = landings
        .iter()
        .filter(|landing| !landing.silent)
        .filter_map(|landing| landing.commit.clone())
        .collect();
    let notes = project.repo().notes(NOTES, &commits)?;
    let notes: HashMap<Oid, Option<Vec<u8>>> = commits.into_iter().zip(notes).collect();
    landings
        .iter()
        .map(|landing| {
            let note = landing.commit.as_ref().and_then(|commit| notes.get(commit));
            let bytes = match note.cloned().flatten() {
                Some(note) => Some(note),
                None => of_run(project, &landing.run)?,
            };
            let statement = bytes
                .and_then(|bytes| Envelope::parse(&bytes).ok())
                .and_then(|envelope| envelope.statement().ok());
            Ok(statement.filter(|statement| statement.predicate.run.id == landing.run))
        })
        .collect()
}

/// What is in the run's folder.
fn of_run(project: &Project, run: &str) -> Result<Option<Vec<u8>>> {
    if run.is_empty() {
        return Ok(None);
    }
    match chant_os::file::read_regular(&run_dir(project, run).join(FILE), LARGEST) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn missing(id: &SpecId, landing: &Landing) -> Error {
    let error = Error::new(
        Code::AttestationMissing,
        format!("there is no attestation of {id} here"),
    );
    if landing.silent {
        return error.hint("it landed silently: only the clone that did the work has one");
    }
    error.hint("notes do not come with a clone by themselves: git fetch origin refs/notes/chant:refs/notes/chant")
}

/// Attests landings that came to the main branch together: repeatable, and the second time says the same. Outside of silent
/// mode at most five processes for all of them, and those of the signatures.
pub(crate) fn record(project: &Project, all: &[Landed<'_>]) -> Result<Vec<Recorded>> {
    let mut recorded = Vec::with_capacity(all.len());
    let mut notes = Vec::new();
    for landed in all {
        let (envelope, is_new, unsigned_because) = envelope_of(project, landed)?;
        recorded.push(Recorded { unsigned_because });
        let is_silent = landed.candidate.run.facts.silent;
        if !is_silent && (is_new || !has_note(project, landed.commit, &envelope)?) {
            notes.push((landed.commit.clone(), envelope));
        }
    }
    let seconds = chant_os::clock::now().as_second();
    project.repo().put_notes(NOTES, &notes, seconds)?;
    Ok(recorded)
}

/// What is attested of a landing, in the run's folder; whether it was made just now, and why it is not signed where it should be.
fn envelope_of(project: &Project, landed: &Landed<'_>) -> Result<(Vec<u8>, bool, Option<String>)> {
    let run = landed.candidate.run;
    let before = of_run(project, &run.id)?.filter(|bytes| is_of(bytes, landed.commit));
    if let Some(before) = before {
        return Ok((before, false, None));
    }
    let (envelope, because) = seal(project, &landed.statement()?)?;
    let bytes = envelope.to_bytes()?;
    let file = run_dir(project, &run.id).join(FILE);
    if run.facts.silent {
        chant_os::file::replace(&file, &bytes)?;
    } else {
        // The note is what has to survive a power cut.
        chant_os::file::replace_cache(&file, &bytes)?;
    }
    Ok((bytes, true, because))
}

fn has_note(project: &Project, commit: &Oid, envelope: &[u8]) -> Result<bool> {
    let notes = project.repo().notes(NOTES, std::slice::from_ref(commit))?;
    Ok(notes.into_iter().flatten().any(|note| note == envelope))
}

/// How recording went.
pub(crate) struct Recorded {
    /// Why there is no signature although the settings want one.
    pub(crate) unsigned_because: Option<String>,
}

/// Whether an envelope of an earlier try is about this commit.
fn is_of(bytes: &[u8], commit: &Oid) -> bool {
    Envelope::parse(bytes)
        .and_then(|envelope| envelope.statement())
        .is_ok_and(|statement| statement.predicate.run.commit.is(commit))
}

/// Puts a statement into an envelope, signed where the settings say so. A key that can not be used is no reason to undo
/// a landing: it is said, and verification says it again.
fn seal(project: &Project, statement: &Statement) -> Result<(Envelope, Option<String>)> {
    let mut envelope = Envelope::unsigned(statement)?;
    let because = signature::sign(project, &mut envelope).err();
    Ok((envelope, because.map(|error| error.message.clone())))
}

impl Attestation {
    /// Compares everything in it with what git has. At most three processes, and those of a signature.
    pub fn verify(&self, project: &Project) -> Result<Verdict> {
        verify::verify(project, self)
    }
}
