//! `chant attest`

use chant_engine::attest::{self, Attestation, Kept, Signed, Verdict};
use chant_engine::{Code, Error, Project, Result};

use crate::cli::{Context, Done};
use crate::ui::{Tone, harmless, one_line};

/// Show what is attested of a spec's landing, or check it against git
///
/// Every landing leaves one attestation: an in-toto statement in a DSSE envelope, as a git note on the landing's commit (in
/// silent mode: in this clone's own files). With --verify each value in it is compared with what git has, and a signature
/// is checked; what does not fit is named, and the exit status is 1.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  chant attest 005\n  chant attest 005 --verify\n  chant attest 005 --envelope > landing.dsse.json\n\nNotes are not pushed by themselves: git push origin refs/notes/chant"
)]
pub(crate) struct Args {
    /// The spec, by id, path, or a part of the id
    #[arg(value_name = "SPEC")]
    spec: String,
    /// Compare it with what git has
    #[arg(long)]
    verify: bool,
    /// The envelope as it is kept, in place of the statement
    #[arg(long, conflicts_with = "verify")]
    envelope: bool,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let project = cx.project()?;
    let id = cx.spec(&project, &args.spec)?.id;
    let attestation = attest::attestation(&project, &id)?;
    if args.verify {
        return verify(cx, &project, &attestation);
    }
    cx.ui.begin_page();
    let text = if args.envelope {
        serde_json::to_string(&attestation.envelope)
    } else {
        match &attestation.statement {
            Some(statement) => serde_json::to_string_pretty(statement),
            None => return Err(unreadable(&attestation)),
        }
    };
    let text = text.map_err(|error| Error::new(Code::Internal, error.to_string()))?;
    cx.ui.out(&harmless(&text));
    Done::with(attestation)
}

fn unreadable(attestation: &Attestation) -> Error {
    let spec = &attestation.spec;
    Error::new(
        Code::AttestationInvalid,
        format!("what the attestation of {spec} holds can not be read"),
    )
    .hint(format!(
        "what is wrong with it: chant attest {spec} --verify"
    ))
}

fn verify(cx: &mut Context, project: &Project, attestation: &Attestation) -> Result<Done> {
    let verdict = attestation.verify(project)?;
    if !verdict.is_good() {
        return Err(invalid(attestation, &verdict));
    }
    let on = attestation.commit.as_deref().map_or_else(
        || "what landed in the files alone".to_owned(),
        |commit| format!("commit {}", commit.get(..12).unwrap_or(commit)),
    );
    let good = cx.ui.paint(Tone::Good, "holds");
    cx.ui.out(&format!(
        "{}: the attestation of {on} {good}",
        one_line(&attestation.spec)
    ));
    cx.ui.out(&match &verdict.signature {
        Signed::By { principal } => format!("signed by {}", one_line(principal)),
        Signed::Unknown { why } => format!("signed, but {}", one_line(why)),
        Signed::Unsigned | Signed::Bad => {
            "not signed: it fits what git has, and nobody stands for the rest".to_owned()
        }
    });
    if attestation.kept == Kept::Note {
        cx.ui
            .hint("for others to see it: git push origin refs/notes/chant");
    }
    Done::with(serde_json::json!({
        "spec": attestation.spec,
        "commit": attestation.commit,
        "kept": attestation.kept,
        "valid": true,
        "signature": verdict.signature,
    }))
}

/// The first thing that does not fit, and how many more there are; all of them for machines.
fn invalid(attestation: &Attestation, verdict: &Verdict) -> Error {
    let problems: Vec<String> = verdict
        .problems
        .iter()
        .map(|problem| format!("{}: {}", problem.field, problem.message))
        .collect();
    let details: Vec<serde_json::Value> = verdict
        .problems
        .iter()
        .map(|problem| serde_json::json!({"field": problem.field, "message": problem.message}))
        .collect();
    Error::new(
        Code::AttestationInvalid,
        format!(
            "the attestation of {} does not hold: {}",
            attestation.spec,
            problems.join("; ")
        ),
    )
    .hint("do not rely on it; who changed the notes: git log -p refs/notes/chant")
    .detail("problems", details)
}
