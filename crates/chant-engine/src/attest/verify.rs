//! Comparing an attestation with what git has: each value that can be known another way is.

use std::collections::HashMap;

use chant_git::Oid;
use serde::Serialize;

use super::envelope::PAYLOAD_TYPE;
use super::statement::{OutputFact, PREDICATE, Predicate, STATEMENT};
use super::{Attestation, Digest, Statement, Subject};
use crate::error::Result;
use crate::history::Landing;
use crate::project::Project;

/// What verifying found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// What does not fit; nothing where all is well.
    pub problems: Vec<Problem>,
    /// Whether somebody stands for it.
    pub signature: Signed,
}

/// One value that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Where in the envelope or the statement, as a path of keys.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

/// Whether somebody stands for an attestation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum Signed {
    /// Nobody: whoever could write the note could have written all of it.
    Unsigned,
    /// This person's key.
    By {
        /// The name that belongs to the key.
        principal: String,
    },
    /// A key of which it is not known whose it is.
    Unknown {
        /// Why, as the end of a sentence.
        why: String,
    },
    /// The signature is not of this statement.
    Bad,
}

impl Verdict {
    /// Whether nothing speaks against it.
    pub fn is_good(&self) -> bool {
        self.problems.is_empty()
    }
}

/// What has been found to be wrong so far.
#[derive(Default)]
struct Problems(Vec<Problem>);

impl Problems {
    fn add(&mut self, field: &str, message: impl Into<String>) {
        self.0.push(Problem {
            field: field.to_owned(),
            message: message.into(),
        });
    }

    fn same(&mut self, field: &str, said: &str, is: &str) {
        if said != is {
            self.add(field, format!("it says {said:?}, git has {is:?}"));
        }
    }
}

pub(super) fn verify(project: &Project, attestation: &Attestation) -> Result<Verdict> {
    let mut problems = Problems::default();
    let envelope = &attestation.envelope;
    if envelope.payload_type != PAYLOAD_TYPE {
        problems.add(
            "payloadType",
            format!("it is {:?}, not {PAYLOAD_TYPE:?}", envelope.payload_type),
        );
    }
    let mut wrong = |message: &str| problems.add("signatures", message);
    let signature = super::signature::check(project, envelope, &mut wrong)?;
    match envelope.statement() {
        Err(problem) => problems.add("payload", problem),
        Ok(statement) => {
            types(&statement, &mut problems);
            record(&statement.predicate, &attestation.landing, &mut problems);
            content(project, &statement, &attestation.landing, &mut problems)?;
        }
    }
    Ok(Verdict {
        problems: problems.0,
        signature,
    })
}

fn types(statement: &Statement, problems: &mut Problems) {
    if statement.kind != STATEMENT {
        problems.add(
            "_type",
            format!("it is {:?}, not {STATEMENT:?}", statement.kind),
        );
    }
    if statement.predicate_type != PREDICATE {
        problems.add(
            "predicateType",
            format!("it is {:?}, not {PREDICATE:?}", statement.predicate_type),
        );
    }
}

/// The landing's own record: in its commit, whose id is the subject's.
fn record(said: &Predicate, landing: &Landing, problems: &mut Problems) {
    problems.same("predicate.spec.id", &said.spec.id, &landing.spec);
    problems.same("predicate.run.id", &said.run.id, &landing.run);
    if let Some(base) = &landing.base
        && !said.run.base.is(base)
    {
        problems.add("predicate.run.base", format!("it is not {}", base.short()));
    }
    let version = said.agent.version.as_deref().unwrap_or("version unknown");
    let agent = format!("{} ({}, {version})", said.agent.name, said.agent.kind);
    problems.same("predicate.agent", &crate::one_line(&agent), &landing.agent);
    let model = said.agent.model.as_deref().map(crate::one_line);
    problems.same(
        "predicate.agent.model",
        model.as_deref().unwrap_or("none"),
        landing.model.as_deref().unwrap_or("none"),
    );
    if let Some((oid, name)) = &landing.prompt {
        problems.same(
            "predicate.prompt.name",
            &crate::one_line(&said.prompt.name),
            name,
        );
        if said.prompt.digest != Digest::blob(oid) {
            problems.add(
                "predicate.prompt.digest",
                format!("it is not {}", oid.short()),
            );
        }
    }
    inputs(said, landing, problems);
    let named: Vec<String> = landing
        .checks
        .iter()
        .map(|check| crate::one_line(check))
        .collect();
    let checks: Vec<String> = said
        .checks
        .iter()
        .map(|check| crate::one_line(&check.trailer()))
        .collect();
    if checks != named {
        problems.add(
            "predicate.checks",
            "they are not the checks that the landing's commit names",
        );
    }
    for check in said.checks.iter().filter(|check| !check.passed) {
        problems.add(
            "predicate.checks",
            format!(
                "{:?} did not pass, so nothing could have landed",
                check.name
            ),
        );
    }
}

fn inputs(said: &Predicate, landing: &Landing, problems: &mut Problems) {
    let inputs: Vec<(String, Option<&str>)> = said
        .inputs
        .iter()
        .map(|input| {
            let digest = input.digest.as_ref();
            let oid = digest.and_then(|digest| digest.git_blob.as_deref());
            (crate::one_line(&input.name), oid)
        })
        .collect();
    let recorded: Vec<(String, Option<&str>)> = landing
        .inputs
        .iter()
        .map(|input| (input.name.clone(), input.oid.as_deref()))
        .collect();
    if inputs == recorded {
        return;
    }
    let differs = inputs.iter().zip(&recorded).find(|(said, is)| said != is);
    let which = differs.map_or("their number", |(said, _)| said.0.as_str());
    problems.add(
        "predicate.inputs",
        format!("they are not the inputs that the landing's commit names: {which}"),
    );
}

/// The subjects and outputs against the objects that git has.
fn content(
    project: &Project,
    statement: &Statement,
    landing: &Landing,
    problems: &mut Problems,
) -> Result<()> {
    let said = &statement.predicate.run;
    let commit = landing.commit.as_ref().or(landing.base.as_ref());
    let Some(commit) = commit.filter(|commit| said.commit.is(commit)) else {
        problems.add(
            "predicate.run.commit",
            "it is not the commit of the landing",
        );
        return Ok(());
    };
    let tree = project.repo().tree_of(commit)?;
    subjects(statement, commit, &tree, problems);
    let written = &statement.predicate.outputs;
    let paths: Vec<String> = written
        .iter()
        .filter(|output| !is_local(landing, output))
        .map(|output| project.path_from_repo(&output.path))
        .collect();
    let there: HashMap<String, Oid> = project
        .repo()
        .ls_tree(
            &tree,
            &paths.iter().map(String::as_str).collect::<Vec<_>>(),
            false,
        )?
        .into_iter()
        .filter(|entry| paths.contains(&entry.path))
        .map(|entry| (entry.path, entry.oid))
        .collect();
    for output in written.iter().filter(|output| !is_local(landing, output)) {
        let is = there.get(&project.path_from_repo(&output.path));
        let is = is.map(Digest::blob);
        if output.digest != is {
            problems.add(
                &format!("predicate.outputs[{}]", output.path),
                "it is not the content that the landing's commit has",
            );
        }
    }
    missing_outputs(&statement.predicate, landing, problems);
    Ok(())
}

/// What silent mode keeps out of git can not be compared with a tree of git's.
fn is_local(landing: &Landing, output: &OutputFact) -> bool {
    landing.silent && output.path.split('/').any(|part| part == ".chant")
}

fn subjects(statement: &Statement, commit: &Oid, tree: &Oid, problems: &mut Problems) {
    let subject = |name: &str, digest: Digest| Subject {
        name: name.to_owned(),
        digest,
    };
    let mut expected = vec![
        subject("commit", Digest::commit(commit)),
        subject("tree", Digest::tree(tree)),
    ];
    let written = statement.predicate.outputs.iter();
    expected
        .extend(written.filter_map(|output| Some(subject(&output.path, output.digest.clone()?))));
    for (number, expected) in expected.iter().enumerate() {
        match statement.subject.get(number) {
            Some(said) if said == expected => {}
            Some(said) => problems.add(
                &format!("subject[{}]", said.name),
                format!("it is not the {} that landed", expected.name),
            ),
            None => problems.add("subject", format!("{} is missing", expected.name)),
        }
    }
    if statement.subject.len() > expected.len() {
        problems.add("subject", "it names more than what landed");
    }
}

/// Outputs that the commit names and the attestation leaves out; a merge may have made one of them nothing new.
fn missing_outputs(said: &Predicate, landing: &Landing, problems: &mut Problems) {
    for output in &said.outputs {
        let named = |known: &crate::history::Output| known.path == crate::one_line(&output.path);
        if landing.outputs.len() < crate::landing::LISTED && !landing.outputs.iter().any(named) {
            problems.add(
                &format!("predicate.outputs[{}]", output.path),
                "the landing's commit does not name it",
            );
        }
    }
}
