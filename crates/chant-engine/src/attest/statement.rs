//! The statement: what landed (the subjects), and how it came about (the predicate). Written and read here alone.

use std::collections::HashMap;

use chant_git::Oid;
use chant_spec::Document;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::landing::{Candidate, known, title};
use crate::proof::ProofDocument;

/// The statement's type, by the in-toto specification.
pub(super) const STATEMENT: &str = "https://in-toto.io/Statement/v1";

/// The predicate's type.
pub(super) const PREDICATE: &str = "urn:chant:landing:v1";

/// An in-toto statement about one landing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Statement {
    /// Which version of a statement.
    #[serde(rename = "_type")]
    pub kind: String,
    /// What it is about: the commit, its tree, and every file that was written.
    pub subject: Vec<Subject>,
    /// Which kind of predicate.
    pub predicate_type: String,
    /// What is said.
    pub predicate: Predicate,
}

/// One thing that a statement is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// `commit`, `tree`, or a path from the project's root.
    pub name: String,
    /// Its content.
    pub digest: Digest,
}

/// An object of git's, by its kind; exactly one is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Digest {
    /// A commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_commit: Option<String>,
    /// A tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_tree: Option<String>,
    /// A file's content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_blob: Option<String>,
}

impl Digest {
    /// Of a commit.
    pub(super) fn commit(oid: &(impl ToString + ?Sized)) -> Self {
        Self {
            git_commit: Some(oid.to_string()),
            ..Self::default()
        }
    }

    /// Of a tree.
    pub(super) fn tree(oid: &(impl ToString + ?Sized)) -> Self {
        Self {
            git_tree: Some(oid.to_string()),
            ..Self::default()
        }
    }

    /// Of a file's content.
    pub(super) fn blob(oid: &(impl ToString + ?Sized)) -> Self {
        Self {
            git_blob: Some(oid.to_string()),
            ..Self::default()
        }
    }

    /// Whether it is this commit's.
    pub(super) fn is(&self, commit: &Oid) -> bool {
        self.git_commit.as_deref() == Some(commit.as_str())
    }
}

/// How a landing came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Predicate {
    /// What was asked for.
    pub spec: SpecFact,
    /// The attempt that landed.
    pub run: RunFact,
    /// The commits that the agent made, oldest first; they are the landing's ancestors.
    pub commits: Vec<Digest>,
    /// Who did it.
    pub agent: AgentFact,
    /// How it was told to work.
    pub prompt: PromptFact,
    /// What it was made from.
    pub inputs: Vec<InputFact>,
    /// What was written.
    pub outputs: Vec<OutputFact>,
    /// What chant ran, and what came of it.
    pub checks: Vec<CheckFact>,
    /// The red-to-green proof, where the spec asks for one.
    pub proof: Option<ProofDocument>,
    /// The acceptance criteria and how each stands.
    pub criteria: Vec<CriterionFact>,
    /// What people said to the spec and to those it depends on.
    pub approvals: Vec<ApprovalFact>,
    /// The program that says all this.
    pub chant: ChantFact,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecFact {
    /// The spec's id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its text when the run began, less what is only record.
    pub intent: Digest,
}

/// The attempt that landed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunFact {
    /// Its id.
    pub id: String,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// The branch it landed on.
    pub branch: String,
    /// What that branch was at.
    pub base: Digest,
    /// What it was moved to; the base where git had nothing to land.
    pub commit: Digest,
    /// When the run began, RFC 3339.
    pub started_at: String,
    /// When it had landed, RFC 3339.
    pub landed_at: String,
    /// Whether git was to know nothing of chant.
    pub silent: bool,
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentFact {
    /// The configured name.
    pub name: String,
    /// The kind.
    pub kind: String,
    /// What the program says of its version.
    pub version: Option<String>,
    /// The model, where known.
    pub model: Option<String>,
}

/// How the agent was told to work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptFact {
    /// The prompt's name.
    pub name: String,
    /// Its source.
    pub digest: Digest,
}

/// One thing that the result was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFact {
    /// The path from the project's root, or the address.
    pub name: String,
    /// `file`, `spec` or `url`.
    pub kind: String,
    /// Its content (of a spec, its intent); absent where it can not be known.
    pub digest: Option<Digest>,
}

/// One file that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputFact {
    /// The path from the project's root.
    pub path: String,
    /// Its content as it landed; absent where it was deleted.
    pub digest: Option<Digest>,
}

/// A check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckFact {
    /// What it is called.
    pub name: String,
    /// The command.
    pub run: String,
    /// Whether what was expected happened.
    pub passed: bool,
    /// What happened, in one sentence.
    pub outcome: String,
    /// How often it ran.
    pub runs: u32,
    /// How often it did as expected.
    pub as_expected: u32,
    /// Whether its worktree held what earlier checks had left and git ignores.
    pub warm: bool,
}

/// An acceptance criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CriterionFact {
    /// What has to hold.
    pub text: String,
    /// How it stood.
    pub state: chant_spec::CriterionState,
}

/// What a person said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalFact {
    /// The spec it was said to.
    pub spec: String,
    /// `approved`, `rejected`, …
    pub status: String,
    /// Who.
    pub by: Option<String>,
    /// When.
    pub at: Option<String>,
    /// What it was said of.
    pub objects: Option<chant_spec::Objects>,
    /// The person's signature; absent where there is none.
    pub signature: Option<String>,
}

/// The program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChantFact {
    /// Its version.
    pub version: String,
}

/// A run that has landed, to be attested.
pub(crate) struct Landed<'a> {
    /// The run.
    pub(crate) candidate: Candidate<'a>,
    /// The landing's commit; the base where git had nothing to land.
    pub(crate) commit: &'a Oid,
    /// What landed, with what silent mode keeps out of git.
    pub(crate) landing: &'a crate::journal::Landing,
}

impl Landed<'_> {
    /// What there is to say. Three processes, two in silent mode.
    pub(super) fn statement(&self) -> Result<Statement> {
        let (run, facts) = (self.candidate.run, &self.candidate.run.facts);
        let front = self.candidate.start.frontmatter();
        let spec = self.documents()?;
        let intent = chant_spec::intent_as_input(self.candidate.start);
        let predicate = Predicate {
            spec: SpecFact {
                id: run.spec.clone(),
                title: title(self.candidate.start, &run.spec),
                kind: front.kind.to_string(),
                intent: Digest::blob(&crate::blob_id(&intent, facts.base.len())),
            },
            run: self.run(),
            commits: self.commits(),
            agent: AgentFact {
                name: facts.agent.clone(),
                kind: facts.agent_kind.clone(),
                version: facts.agent_version.clone(),
                model: facts.model.clone(),
            },
            prompt: PromptFact {
                name: facts.prompt.clone(),
                digest: Digest::blob(&facts.prompt_oid),
            },
            inputs: facts
                .inputs
                .iter()
                .map(|input| InputFact {
                    name: input.name.clone(),
                    kind: input.kind.clone(),
                    digest: input.oid.as_ref().map(Digest::blob),
                })
                .collect(),
            outputs: self.outputs()?,
            checks: facts.checks.iter().map(check).collect(),
            proof: facts.proof.clone(),
            criteria: facts
                .criteria
                .iter()
                .map(|criterion| CriterionFact {
                    text: criterion.text.clone(),
                    state: criterion.state,
                })
                .collect(),
            approvals: approvals(&spec),
            chant: ChantFact {
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
        };
        Ok(Statement {
            kind: STATEMENT.to_owned(),
            subject: self.subjects(&predicate.outputs),
            predicate_type: PREDICATE.to_owned(),
            predicate,
        })
    }

    fn run(&self) -> RunFact {
        let (run, facts) = (self.candidate.run, &self.candidate.run.facts);
        RunFact {
            id: run.id.clone(),
            attempt: run.attempt,
            branch: facts.main.clone(),
            base: Digest::commit(&self.landing.onto),
            commit: Digest::commit(self.commit),
            started_at: run.started_at.clone(),
            landed_at: chant_os::clock::now().to_string(),
            silent: facts.silent,
        }
    }

    fn commits(&self) -> Vec<Digest> {
        let commits = &self.landing.commits;
        commits.iter().map(Digest::commit).collect()
    }

    /// What was written, as it landed: the main branch may have had a part in it.
    fn outputs(&self) -> Result<Vec<OutputFact>> {
        let (project, facts) = (self.candidate.project, &self.candidate.run.facts);
        let start: Oid = known(Some(&facts.start_tree))?;
        let landed = project
            .repo()
            .diff(&start, &known(Some(&self.landing.full_tree))?)?;
        let landed: HashMap<String, Option<String>> = landed
            .into_iter()
            .map(|change| (change.path, change.new.map(|(_, oid)| oid.to_string())))
            .collect();
        let outputs = facts.outputs.iter().filter_map(|output| {
            let oid = landed.get(&project.path_from_repo(&output.path))?;
            Some(OutputFact {
                path: output.path.clone(),
                digest: oid.as_ref().map(Digest::blob),
            })
        });
        Ok(outputs.collect())
    }

    fn subjects(&self, outputs: &[OutputFact]) -> Vec<Subject> {
        let mut subjects = vec![
            subject("commit", Digest::commit(self.commit)),
            subject("tree", Digest::tree(&self.landing.tree)),
        ];
        let written = outputs.iter().filter_map(|output| {
            let digest = output.digest.clone()?;
            Some(subject(&output.path, digest))
        });
        subjects.extend(written);
        subjects
    }

    /// The spec as it landed, and those it depends on by their full ids, as they landed with it.
    fn documents(&self) -> Result<Vec<(String, Document)>> {
        let (project, run) = (self.candidate.project, self.candidate.run);
        let others = &self.candidate.start.frontmatter().depends_on;
        let path = |id: &String| Some((id.clone(), chant_spec::SpecId::parse(id).ok()?));
        let mut found = vec![(run.spec.clone(), run.facts.spec_path.clone())];
        found.extend(others.iter().filter_map(path).map(|(id, spec)| {
            let path = project.path_from_repo(&project.spec_path_from_root(&spec));
            (id, path)
        }));
        let tree: Oid = known(Some(&self.landing.full_tree))?;
        let mut documents = Vec::new();
        for (id, path) in found {
            let entry = project.repo().read_file(&tree, &path)?;
            let Some(entry) = entry.filter(|entry| !entry.is_tree()) else {
                continue;
            };
            if let Ok(document) = Document::parse(project.repo().blob(&entry.oid)?) {
                documents.push((id, document));
            }
        }
        Ok(documents)
    }
}

impl CheckFact {
    /// As the landing's own record has it.
    pub(super) fn trailer(&self) -> String {
        crate::journal::CheckRecord {
            name: self.name.clone(),
            run: self.run.clone(),
            passed: self.passed,
            outcome: self.outcome.clone(),
            warm: self.warm,
            runs: self.runs,
            as_expected: self.as_expected,
        }
        .trailer()
    }
}

fn subject(name: &str, digest: Digest) -> Subject {
    Subject {
        name: name.to_owned(),
        digest,
    }
}

fn check(check: &crate::journal::CheckRecord) -> CheckFact {
    CheckFact {
        name: check.name.clone(),
        run: check.run.clone(),
        passed: check.passed,
        outcome: check.outcome.clone(),
        runs: check.runs,
        as_expected: check.as_expected,
        warm: check.warm,
    }
}

fn approvals(documents: &[(String, Document)]) -> Vec<ApprovalFact> {
    let said = documents.iter().filter_map(|(id, document)| {
        let approval = document.frontmatter().approval.as_ref()?;
        Some(ApprovalFact {
            spec: id.clone(),
            status: approval.status.clone()?,
            by: approval.by.clone(),
            at: approval.at.clone(),
            objects: approval.objects.clone(),
            signature: approval
                .signature
                .clone()
                .filter(|text| text != chant_spec::UNSIGNED),
        })
    });
    said.collect()
}
