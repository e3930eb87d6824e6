//! `chant bundle`: a landed fix with its proof as one file.

use std::path::Path;

use chant_git::Oid;
use chant_os::file::Created;
use chant_spec::{Document, Stage};

use crate::attest::{self, Attestation};
use crate::bundle::{About, Bundle, CheckCommand, Ingredients, Proof, make};
use crate::error::{Code, Error, Result};
use crate::index::SpecRef;
use crate::journal::{Journal, RunState};
use crate::project::Project;
use crate::proof::{Plan, ProofDocument, Verdict};

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
    let attestation = attest::attestation(project, &found.id).ok();
    let Landed {
        base,
        commit: landing,
        proof,
    } = landed(project, id, attestation.as_ref())?;
    let prefix = project.prefix_text();
    let envelope = attestation.and_then(|found| serde_json::to_value(found.envelope).ok());
    Ok(Ingredients {
        spec: about(id, &document),
        base,
        landing,
        tests: tests(project, &proof)?,
        proof: command(project, found, &document, &proof)?,
        checks: document
            .frontmatter()
            .verify
            .iter()
            .map(|check| CheckCommand::of(check, &prefix))
            .collect(),
        attestations: envelope.into_iter().collect(),
        prefix,
    })
}

fn tests(project: &Project, proof: &ProofDocument) -> Result<Vec<(String, Oid)>> {
    let tests = proof.tests.iter();
    tests
        .map(|test| Ok((project.path_from_repo(&test.path), test.oid.parse()?)))
        .collect()
}

fn command(
    project: &Project,
    found: &SpecRef,
    document: &Document,
    proof: &ProofDocument,
) -> Result<Proof> {
    let plan = Plan::of(project, &found.id, document)?;
    let cwd = plan.as_ref().and_then(|plan| plan.cwd.as_deref());
    Ok(Proof {
        run: proof.run.clone(),
        fails_with: proof.fails_with.clone(),
        repeat: proof.repeat.max(1),
        cwd: crate::bundle::folder(&project.prefix_text(), cwd),
        timeout: plan.and_then(|plan| plan.timeout),
    })
}

fn about(id: &str, document: &Document) -> About {
    About {
        id: id.to_owned(),
        title: crate::landing::title(document, id),
    }
}

/// The last landing of a spec: what the branch was at before, what it was moved to, and the proof. Between the two may lie
/// commits of the agent's own.
struct Landed {
    base: Oid,
    commit: Oid,
    proof: ProofDocument,
}

/// As this clone remembers it, else as it is attested.
fn landed(project: &Project, id: &str, attestation: Option<&Attestation>) -> Result<Landed> {
    let journal = Journal::open_existing(&project.state_dir(), &project.project_key())?;
    let runs = journal.map(|journal| journal.runs_of(id)).transpose()?;
    let run = runs
        .unwrap_or_default()
        .into_iter()
        .filter(|run| run.state == RunState::Completed)
        .max_by_key(|run| run.attempt);
    let remembered = run.and_then(|run| {
        let landing = run.facts.landing?;
        Some((landing.onto, landing.commit?, run.facts.proof))
    });
    let attested = || {
        let attested = &attestation?.statement.as_ref()?.predicate;
        let base = attested.run.base.git_commit.clone()?;
        let commit = attested.run.commit.git_commit.clone()?;
        Some((base, commit, attested.proof.clone()))
    };
    let (base, commit, proof) = remembered.or_else(attested).ok_or_else(|| {
        Error::new(
            Code::ProofMissing,
            format!("{id} has not landed, or this clone does not have its attestation"),
        )
        .hint("fetch the attestations: git fetch origin refs/notes/chant:refs/notes/chant")
    })?;
    Ok(Landed {
        base: base.parse()?,
        commit: commit.parse()?,
        proof: proven(id, proof)?,
    })
}

fn proven(id: &str, proof: Option<ProofDocument>) -> Result<ProofDocument> {
    let (problem, hint) = match proof {
        Some(proof) if proof.stage != Stage::Fix.as_str() => (
            "is a reproduction: it shows the fault, not a fix",
            "bundle the spec that fixes it".to_owned(),
        ),
        Some(proof) if proof.verdict == Verdict::Proven => return Ok(proof),
        _ => (
            "has no red-to-green proof to pass on",
            format!("give the spec a `proof:`, then: chant work {id} --again"),
        ),
    };
    Err(Error::new(Code::ProofMissing, format!("{id} {problem}")).hint(hint))
}
