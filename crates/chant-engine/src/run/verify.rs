//! The steps between the agent's work and its landing: is it done, and do the checks pass on exactly the
//! tree that would land?

use chant_git::Oid;
use chant_os::tree::Guard;
use chant_spec::{CheckResult, Document, Ending, Stage, criteria_states, replace_frontmatter};

use super::judge::{Evidence, Maker, judge};
use super::person::written_for_a_person;
use super::{Flow, Run, boundary};
use crate::bench::{Bench, Bounds, Stopped, name_of};
use crate::concern::{self, Concern};
use crate::error::Result;
use crate::event::Event;
use crate::journal::{CheckRecord, CriterionRecord, Landing, RunState, Step};
use crate::landing::{Plan, known};
use crate::prove::claimed;

impl Run<'_, '_> {
    /// Is it done? Pure but for reading objects.
    pub(super) fn judge(&mut self) -> Result<Flow> {
        let facts = &self.record.facts;
        if let Some(reason) = &facts.agent_failure {
            return Ok(Flow::End(RunState::Failed, reason.clone()));
        }
        let repo = self.project.repo();
        let (start, result): (Oid, Oid) = (
            known(Some(&facts.start_tree))?,
            known(facts.result_tree.as_deref())?,
        );
        let end = self.spec_as_left(&result)?;
        let ending = match (&facts.plan, &end) {
            (Some(plan), Some(end)) if plan.stage == Stage::Reproduction => {
                match claimed(&self.start, end) {
                    Ok(ending) => Some(ending),
                    Err(reason) => return Ok(Flow::End(RunState::Failed, reason)),
                }
            }
            _ => None,
        };
        let changes = repo.diff(&start, &result)?;
        let mut protect = self.project.config().protect.clone();
        protect.extend(self.start.frontmatter().protect.iter().cloned());
        let evidence = Evidence {
            maker: self.maker(),
            start: &self.start,
            end: end.as_ref(),
            changes: &changes,
            spec_path: &facts.spec_path,
            prefix: &self.project.prefix_text(),
            missing_targets: &self.missing_targets(&result)?,
            violation: facts.violation.as_deref(),
            again: facts.again,
            protect: &protect,
            frozen: &facts.frozen,
            ending,
            targets_only: self
                .project
                .config()
                .confinement
                .keeps_to_targets(&self.start.frontmatter().kind),
        };
        let spoken = written_for_a_person(repo, &changes, &facts.spec_path, evidence.prefix)?;
        let verdict = judge(&evidence).and_then(|()| spoken.map_or(Ok(()), Err));
        let outside = boundary::outside(&evidence);
        let concerns = concern::find(repo, &changes, &self.project.prefix_text())?;
        self.record.facts.ending = ending;
        self.remark(&outside, concerns)?;
        Ok(match verdict {
            Ok(()) => Flow::Next,
            Err(reason) => Flow::End(RunState::Failed, reason),
        })
    }

    /// Who is answerable for the result.
    pub(super) fn maker(&self) -> Maker {
        match self.record.facts.takeover {
            Some(_) => Maker::Person,
            None => Maker::Agent,
        }
    }

    /// The spec in the result; `None` where it is gone or can not be read.
    fn spec_as_left(&self, result: &Oid) -> Result<Option<Document>> {
        let repo = self.project.repo();
        Ok(
            match repo.read_file(result, &self.record.facts.spec_path)? {
                Some(entry) => Document::parse(repo.blob(&entry.oid)?).ok(),
                None => None,
            },
        )
    }

    /// How the criteria stand after the checks: the agent's ticks, and the frontmatter that the run began with.
    fn criteria(&self, checks: &[CheckRecord]) -> Result<Vec<CriterionRecord>> {
        let result: Oid = known(self.record.facts.result_tree.as_deref())?;
        let Some(left) = self.spec_as_left(&result)? else {
            return Ok(Vec::new());
        };
        let finished = replace_frontmatter(&left, self.start.frontmatter_text())?;
        let finished = Document::parse(finished)?;
        let results: Vec<CheckResult> = checks
            .iter()
            .map(|check| CheckResult {
                run: check.run.clone(),
                passed: check.passed,
            })
            .collect();
        let states = criteria_states(&finished, &results);
        let criteria = finished.criteria().iter().zip(states);
        Ok(criteria
            .map(|(criterion, state)| CriterionRecord {
                text: criterion.text.clone(),
                state,
            })
            .collect())
    }

    /// What fails nothing, and should be seen by whoever decides.
    fn remark(&mut self, outside: &[String], concerns: Vec<Concern>) -> Result<()> {
        if !outside.is_empty() && !self.start.frontmatter().strict {
            let shown: Vec<&str> = outside.iter().take(3).map(String::as_str).collect();
            let more = match outside.len().saturating_sub(shown.len()) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            self.note(format!(
                "changed beside the target files: {}{more}",
                shown.join(", ")
            ))?;
        }
        for concern in &concerns {
            self.emit(&Event::Concern {
                concern: concern.clone(),
            })?;
        }
        self.record.facts.concerns = concerns;
        Ok(())
    }

    fn missing_targets(&self, result: &Oid) -> Result<Vec<String>> {
        let repo = self.project.repo();
        let mut missing = Vec::new();
        for target in &self.start.frontmatter().target_files {
            let Ok(path) = chant_spec::repo_path(target.trim_end_matches('/')) else {
                continue;
            };
            if path.as_str().contains(['*', '?', '[']) {
                continue;
            }
            let path = self.project.path_from_repo(path.as_str());
            let there = match repo.read_file(result, &path)? {
                Some(entry) if entry.is_tree() => true,
                Some(entry) => !repo.blob(&entry.oid)?.is_empty(),
                None => false,
            };
            if !there {
                missing.push(target.clone());
            }
        }
        Ok(missing)
    }

    /// Plans the landing and runs the checks on the planned tree. Where there is nothing to run and nothing in the way, the queue
    /// plans it when its turn has come.
    pub(super) fn verify(&mut self) -> Result<Flow> {
        if !self.is_checked() && self.candidate().lies_apart()? {
            self.record.facts.landing = None;
            self.record.facts.verified = None;
            self.record.facts.checks = Vec::new();
            self.record.facts.criteria = self.criteria(&[])?;
            return Ok(Flow::Next);
        }
        let planned = self.candidate().plan()?;
        match planned {
            Plan::Ready(landing) => self.check_landing(landing),
            Plan::Conflict { onto, files } => self.conflicts(&onto, files),
        }
    }

    /// Whether there is anything to check.
    fn is_checked(&self) -> bool {
        let own = !self.start.frontmatter().verify.is_empty() || self.record.facts.plan.is_some();
        own || !self.project.config().checks.is_empty()
    }

    /// Whether the checks, the suite and the proof let this land.
    pub(crate) fn check_landing(&mut self, landing: Landing) -> Result<Flow> {
        let tree: Oid = known(Some(&landing.full_tree))?;
        if self.record.step == Step::Land && self.is_checked() {
            self.note(format!(
                "{} moved meanwhile; the result is checked again on what it is now",
                self.record.facts.main
            ))?;
        }
        if let Some(remark) = &landing.remark {
            self.note(remark)?;
        }
        self.record.facts.verified = None;
        self.record.facts.landing = Some(landing);
        let checks = match self.run_checks(&tree)? {
            Ok(checks) => checks,
            Err(Stopped) => {
                return Ok(Flow::End(
                    RunState::Paused,
                    "interrupted while checks ran".to_owned(),
                ));
            }
        };
        let failed = checks
            .iter()
            .find(|check| !check.passed)
            .map(|check| format!("check failed: {}: {}", check.name, check.outcome));
        self.record.facts.criteria = self.criteria(&checks)?;
        self.record.facts.checks = checks;
        if let Some(reason) = failed {
            return Ok(Flow::End(RunState::Failed, reason));
        }
        if let Some(end) = self.suite()? {
            return Ok(end);
        }
        if let Some(end) = self.prove()? {
            return Ok(end);
        }
        self.record.facts.verified = Some(tree.to_string());
        Ok(Flow::Next)
    }

    fn run_checks(&mut self, tree: &Oid) -> Result<std::result::Result<Vec<CheckRecord>, Stopped>> {
        if let Some(ending) = self.record.facts.ending
            && ending != Ending::Reproduced
            && !self.start.frontmatter().verify.is_empty()
        {
            self.note(format!(
                "the spec's checks were not run: they are about a defect, and it ends as {ending}"
            ))?;
            return Ok(Ok(Vec::new()));
        }
        let checks = self.start.frontmatter().verify.clone();
        if checks.is_empty() {
            return Ok(Ok(Vec::new()));
        }
        let guard = self.outside.guard.clone();
        let run = self.record.id.clone();
        let bench = self.bench(&guard, &run);
        let place = bench.place(tree, &known(Some(&self.record.facts.base))?)?;
        let mut done = Vec::new();
        for (number, check) in checks.iter().enumerate() {
            let log = format!("check-{}", number + 1);
            let Ok(outcome) = bench.run(&place, &log, check)? else {
                return Ok(Err(Stopped));
            };
            let name = name_of(check);
            for note in &outcome.notes {
                self.note(format!("check {name}: {note}"))?;
            }
            let record = CheckRecord::of(check, outcome);
            self.emit(&Event::Check {
                name: record.name.clone(),
                passed: record.passed,
                outcome: record.outcome.clone(),
            })?;
            let passed = record.passed;
            done.push(record);
            if !passed {
                break;
            }
        }
        Ok(Ok(done))
    }
}

impl<'a, 's> Run<'a, 's> {
    /// Where this run's checks run. It borrows nothing that the run changes.
    pub(super) fn bench<'b>(&self, guard: &'b Guard, run: &'b str) -> Bench<'b>
    where
        'a: 'b,
        's: 'b,
    {
        Bench {
            project: self.project,
            guard,
            control: self.outside.control,
            run,
            logs: self.dir(),
            cold: self.record.facts.cold,
            env: self.check_environment(),
            spec_file: Some(self.record.facts.spec_path.clone()),
            bounds: Bounds::of_agent(
                self.project,
                &self.agent.name,
                &self.agent.bounds,
                &guard.program,
            ),
        }
    }
}
