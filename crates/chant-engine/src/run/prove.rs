//! The red-to-green proof of a run: once cheaply before an agent is paid, and once in full on the tree that would land.

use chant_git::Oid;
use chant_spec::{Document, Ending, Stage};

use super::{Flow, Run};
use crate::error::{Code, Error, Result};
use crate::event::Event;
use crate::journal::{Facts, RunState};
use crate::landing::known;
use crate::project::Project;
use crate::proof::{Frozen, Plan, ProofDocument, Row, Verdict};
use crate::prove::{Halt, Lab, Subject, could_be_red, frozen, named_commits, prove};

/// What a spec has to prove, and what it must leave alone, known before a run exists.
pub(super) struct Obligation {
    pub(super) plan: Option<Plan>,
    pub(super) frozen: Vec<Frozen>,
}

impl Obligation {
    /// Refuses a proof that nobody could give.
    pub(super) fn of(
        project: &Project,
        id: &chant_spec::SpecId,
        document: &Document,
        base: &Oid,
    ) -> Result<Self> {
        let plan = Plan::of(project, id, document)?;
        let frozen = frozen(project, id, document, base)?;
        if let Some(plan) = &plan {
            crate::trust::check(project, &format!("the test {:?}", plan.run))?;
            tests_at_hand(project, id.as_str(), document, plan, &frozen, base)?;
            let reported = plan.reported_in.as_deref();
            if let Some(name) = reported
                && project
                    .repo()
                    .resolve(&format!("{name}^{{commit}}"))?
                    .is_none()
            {
                let problem = format!("{id}: proof: reported_in: {name:?} is no commit here");
                return Err(Error::new(Code::ProofUnusable, problem)
                    .hint("fetch it, or name another revision that had the defect"));
            }
        }
        Ok(Self { plan, frozen })
    }

    /// Frozen files that only the checkout has have to be brought into the worktree.
    pub(super) fn bring(&self, brought: &mut Vec<(String, String)>) {
        for file in self.frozen.iter().filter(|file| !file.tracked) {
            if !brought.iter().any(|(path, _)| *path == file.path) {
                brought.push((file.path.clone(), file.oid.clone()));
            }
        }
    }
}

/// A test that was taken over is there already, or can not be had.
fn tests_at_hand(
    project: &Project,
    id: &str,
    document: &Document,
    plan: &Plan,
    frozen: &[Frozen],
    base: &Oid,
) -> Result<()> {
    let own = document.frontmatter().proof.as_ref();
    if own.is_none_or(|proof| !proof.tests.is_empty()) {
        return Ok(());
    }
    let subject = Subject {
        project,
        plan,
        frozen,
        main: "",
        onto: base,
        result: base,
    };
    match subject.missing()? {
        Some(missing) => {
            let from = plan.from.as_deref().unwrap_or_default();
            let problem = format!("{id}: {missing}, the test of {from}, is not on the main branch");
            Err(Error::new(Code::ProofUnusable, problem).hint(format!(
                "bring it back, or work {from} again: chant reset {from}"
            )))
        }
        None => Ok(()),
    }
}

impl Run<'_, '_> {
    /// Before the agent: a frozen test that cannot be red on the base makes any fix unprovable. Repeatable.
    pub(super) fn can_be_proven(&mut self) -> Result<Option<Flow>> {
        let facts = self.record.facts.clone();
        for file in facts.frozen.iter().filter(|file| file.changed_since) {
            self.note(format!(
                "{} was changed on {} since {} landed it; what is there now counts",
                file.path, facts.main, file.by
            ))?;
        }
        let Some(plan) = facts.plan.filter(|plan| plan.stage == Stage::Fix) else {
            return Ok(None);
        };
        let base: Oid = known(Some(&facts.base))?;
        let subject = Subject {
            project: self.project,
            plan: &plan,
            frozen: &facts.frozen,
            main: &facts.main,
            onto: &base,
            result: &base,
        };
        let Some(tree) = subject.frozen_base()? else {
            return Ok(None);
        };
        let guard = self.outside.guard.clone();
        let run = self.record.id.clone();
        let bench = self.bench(&guard, &run);
        let mut unheard = |_: &Row| Ok(());
        let answer = could_be_red(
            &Lab::new(&bench, &plan, &base, &mut unheard),
            &facts.main,
            &tree,
        );
        match answer {
            Ok(None) => Ok(None),
            Ok(Some(why)) => Ok(Some(Flow::End(
                RunState::Failed,
                format!("{why}; no agent was started"),
            ))),
            Err(Halt::Failed(error)) => Err(error),
            Err(Halt::Stopped) => Ok(Some(interrupted())),
        }
    }

    /// After the checks, on the tree that would land. `None`: nothing keeps the result from landing.
    pub(super) fn prove(&mut self) -> Result<Option<Flow>> {
        let Some(plan) = self.record.facts.plan.clone() else {
            return Ok(None);
        };
        let proof = match self.run_proof(&plan)? {
            Ok(proof) => proof,
            Err(flow) => return Ok(Some(flow)),
        };
        let json = serde_json::to_vec_pretty(&proof)
            .map_err(|error| Error::new(Code::Internal, error.to_string()))?;
        chant_os::file::replace(&self.dir().join("proof.json"), &json)?;
        self.emit(&Event::Proof {
            verdict: proof.verdict,
            sentence: proof.sentence.clone(),
        })?;
        let (verdict, sentence) = (proof.verdict, proof.sentence.clone());
        self.record.facts.proof = Some(proof);
        Ok(match verdict {
            Verdict::Proven => None,
            Verdict::Refuted => Some(Flow::End(
                RunState::Failed,
                format!("the proof failed: {sentence}"),
            )),
            Verdict::Flaky => Some(Flow::End(RunState::NeedsAttention, sentence)),
        })
    }

    fn run_proof(&mut self, plan: &Plan) -> Result<std::result::Result<ProofDocument, Flow>> {
        let facts = self.record.facts.clone();
        let Some(landing) = &facts.landing else {
            return Ok(Err(Flow::Back(crate::journal::Step::Verify)));
        };
        let (onto, result): (Oid, Oid) = (
            known(Some(&landing.onto))?,
            known(Some(&landing.full_tree))?,
        );
        let named = self.named_commits(&facts, &result)?;
        let guard = self.outside.guard.clone();
        let run = self.record.id.clone();
        let bench = self.bench(&guard, &run);
        let subject = Subject {
            project: self.project,
            plan,
            frozen: &facts.frozen,
            main: &facts.main,
            onto: &onto,
            result: &result,
        };
        let mut told = |row: &Row| self.emit(&Event::ProofRow { row: row.clone() });
        let mut lab = Lab::new(&bench, plan, &onto, &mut told);
        let ending = facts.ending.unwrap_or(Ending::Reproduced);
        match prove(&mut lab, &subject, ending, &named) {
            Ok(proof) => Ok(Ok(proof)),
            Err(Halt::Failed(error)) => Err(error),
            Err(Halt::Stopped) => Ok(Err(interrupted())),
        }
    }

    fn named_commits(&self, facts: &Facts, result: &Oid) -> Result<Vec<String>> {
        if facts.ending != Some(Ending::AlreadyFixed) {
            return Ok(Vec::new());
        }
        let repo = self.project.repo();
        let Some(entry) = repo.read_file(result, &facts.spec_path)? else {
            return Ok(Vec::new());
        };
        let document = Document::parse(repo.blob(&entry.oid)?)?;
        Ok(named_commits(&document))
    }
}

fn interrupted() -> Flow {
    Flow::End(
        RunState::Paused,
        "interrupted while the proof ran".to_owned(),
    )
}
