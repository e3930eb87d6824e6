//! `chant bundle`: a landed fix with its proof as one file.

use std::path::Path;

use chant_git::Oid;
use chant_os::file::Created;
use chant_spec::Document;

use crate::bundle::{About, Bundle, CheckCommand, Ingredients, Proof, make};
use crate::error::{Code, Error, Result};
use crate::journal::{Journal, RunRecord, RunState};
use crate::project::Project;
use crate::proof::{ProofDocument, Verdict};
use crate::resolve::SpecRef;

/// Makes the bundle of a spec's newest landing and writes it to `file`, which must not exist.
pub fn bundle(project: &Project, found: &SpecRef, file: &Path) -> Result<Bundle> {
    let bundle = make(project.repo(), &ingredients(project, found)?)?;
    match chant_os::file::create_new(file, &bundle.write()?)? {
        Created::Yes => Ok(bundle),
        Created::Exists => Err(Error::new(
            Code::Exists,
            format!("{} is there already", file.display()),
        )
        .hint("name another file: -o FILE")),
    }
}

fn ingredients(project: &Project, found: &SpecRef) -> Result<Ingredients> {
    let id = found.id.as_str();
    let document = project.document(&found.path)?;
    let run = landed(project, id)?;
    let proof = proven(id, &run)?;
    let landing: Oid = crate::landing::known(
        run.facts
            .landing
            .as_ref()
            .and_then(|landing| landing.commit.as_deref()),
    )?;
    let repo = project.repo();
    let base = repo.parent_of(&landing)?.ok_or_else(|| {
        Error::new(
            Code::ProofMissing,
            format!("{id} landed as a first commit: there is no before"),
        )
    })?;
    let prefix = project.prefix_text();
    Ok(Ingredients {
        spec: about(id, &document),
        base,
        landing,
        tests: proof
            .tests
            .iter()
            .map(|test| Ok((project.path_from_repo(&test.path), test.oid.parse()?)))
            .collect::<Result<_>>()?,
        proof: Proof {
            run: proof.run.clone(),
            fails_with: proof.fails_with.clone(),
            repeat: proof.repeat.max(1),
            timeout: proof_timeout(&document),
            cwd: proof_folder(&document, &prefix),
        },
        checks: document
            .frontmatter()
            .verify
            .iter()
            .map(|check| CheckCommand::of(check, &prefix))
            .collect(),
        attestations: Vec::new(),
        prefix,
    })
}

fn about(id: &str, document: &Document) -> About {
    About {
        id: id.to_owned(),
        title: crate::landing::title(document, id),
    }
}

/// The newest run of the spec that landed, as this clone remembers it.
fn landed(project: &Project, id: &str) -> Result<RunRecord> {
    let journal = Journal::open_existing(&project.state_dir(), &project.project_key())?;
    let runs = journal.map(|journal| journal.runs_of(id)).transpose()?;
    runs.unwrap_or_default()
        .into_iter()
        .filter(|run| run.state == RunState::Completed)
        .max_by(|a, b| a.attempt.cmp(&b.attempt))
        .ok_or_else(|| {
            Error::new(
                Code::ProofMissing,
                format!("{id} has not landed from this clone"),
            )
            .hint(format!("how it stands: chant show {id}"))
        })
}

fn proven<'a>(id: &str, run: &'a RunRecord) -> Result<&'a ProofDocument> {
    let hint = "give the spec a `proof:` and run it again: chant work ID --again";
    match &run.facts.proof {
        Some(proof) if proof.verdict == Verdict::Proven && proof.stage == "fix" => Ok(proof),
        Some(proof) if proof.stage != "fix" => Err(Error::new(
            Code::ProofMissing,
            format!("{id} is a reproduction: it shows the fault, not a fix"),
        )
        .hint("bundle the spec that fixes it")),
        _ => Err(Error::new(
            Code::ProofMissing,
            format!("{id} has no red-to-green proof to pass on"),
        )
        .hint(hint)),
    }
}

/// How long one run may take, and where it runs, as far as the spec itself says.
fn proof_timeout(document: &Document) -> Option<String> {
    document.frontmatter().proof.as_ref()?.timeout.clone()
}

fn proof_folder(document: &Document, prefix: &str) -> String {
    let proof = document.frontmatter().proof.as_ref();
    crate::bundle::folder(prefix, proof.and_then(|proof| proof.cwd.as_deref()))
}
