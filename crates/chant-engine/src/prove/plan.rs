//! What a run has to prove, understood before anybody is paid: the spec's own `proof:`, and what it takes over.

use chant_spec::{Check, Document, Ending, Proof, SpecId, Stage, repo_path};

use super::files::TestFiles;
use super::seen::reason;
use crate::error::{Code, Error, Result};
use crate::index::SpecRef;
use crate::project::Project;
use crate::proof::Plan;

/// More proofs than this are not taken over from one another.
const LONGEST_CHAIN: usize = 16;

/// More runs than this prove nothing more.
const MOST_RUNS: u32 = 1000;

impl Plan {
    /// What this spec has to prove, if anything. Refuses what could not be proven by anybody.
    pub(crate) fn of(project: &Project, id: &SpecId, document: &Document) -> Result<Option<Self>> {
        let front = document.frontmatter();
        let Some(proof) = &front.proof else {
            return Ok(None);
        };
        let from = proof
            .from
            .as_deref()
            .map(|name| source(project, id.as_str(), name))
            .transpose()?;
        let mut seen = vec![id.as_str().to_owned()];
        let proof = taken_over(project, id.as_str(), proof.clone(), &mut seen)?;
        let plan = Self {
            stage: front.stage(),
            from: from.map(|found| found.id.to_string()),
            run: proof.run.unwrap_or_default().trim().to_owned(),
            tests: proof.tests,
            fails_with: proof.fails_with,
            repeat: proof.repeat.unwrap_or(1),
            timeout: proof.timeout,
            cwd: proof.cwd,
            reported_in: proof.reported_in,
        };
        plan.check(project, id.as_str())?;
        Ok(Some(plan))
    }

    /// The command as a check that may end in any way: what came of it is read from its output.
    pub(crate) fn command(&self) -> Check {
        Check {
            run: self.run.clone(),
            name: Some("proof".to_owned()),
            timeout: self.timeout.clone(),
            cwd: self.cwd.clone(),
            env: nothing_compiled_by_time(),
            ..Check::default()
        }
    }

    fn check(&self, project: &Project, id: &str) -> Result<()> {
        let wrong = |problem: String, hint: &str| {
            Err(Error::new(Code::SpecInvalid, format!("{id}: proof: {problem}")).hint(hint))
        };
        if self.run.is_empty() {
            return wrong(
                "it does not say how the test is run".to_owned(),
                "add `run:`",
            );
        }
        if self.tests.is_empty() {
            let hint = "add `tests:` with the files that make the test";
            return wrong("it names no test files".to_owned(), hint);
        }
        for path in &self.tests {
            if let Err(error) = repo_path(path) {
                let hint = "name it relative to the project's root";
                return wrong(format!("tests: {path:?}: {error}"), hint);
            }
        }
        if let Err(error) = TestFiles::new(&project.prefix_text(), &self.tests) {
            return wrong(format!("tests: {error}"), "correct the glob");
        }
        if let Some(Err(error)) = self.fails_with.as_deref().map(reason) {
            let error = crate::one_line(&error.to_string());
            let hint = "correct the regular expression; `\\` before a character takes it as it is";
            return wrong(format!("fails_with: {error}"), hint);
        }
        if self.repeat > MOST_RUNS {
            return wrong(
                format!("repeat: {} is more than {MOST_RUNS}", self.repeat),
                "fewer runs tell as much",
            );
        }
        crate::bench::Plan::of(project, &self.command()).map(drop)
    }
}

/// Trees follow each other within a second, in one folder: compiled files that go by time would lie.
pub(crate) fn nothing_compiled_by_time() -> Vec<(String, String)> {
    [
        ("PYTHONDONTWRITEBYTECODE", "1"),
        ("PYTHONPYCACHEPREFIX", "/nonexistent"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// The proof with what it does not say itself taken from the spec that it names.
fn taken_over(project: &Project, id: &str, own: Proof, seen: &mut Vec<String>) -> Result<Proof> {
    let Some(name) = &own.from else {
        return Ok(own);
    };
    let found = source(project, id, name)?;
    let from = found.id.to_string();
    if seen.contains(&from) || seen.len() > LONGEST_CHAIN {
        return Err(
            unusable(id, &format!("its proof is taken from {from}, in a circle"))
                .hint(format!("take `from` out of one of them: chant edit {id}")),
        );
    }
    seen.push(from.clone());
    let document = project.landed_document(&found)?;
    let Some(theirs) = document.frontmatter().proof.clone() else {
        return Err(unusable(
            id,
            &format!("its proof is taken from {from}, which has none"),
        )
        .hint(format!(
            "give {from} a `proof:`, or say here how the test is run"
        )));
    };
    let theirs = taken_over(project, &from, theirs, seen)?;
    Ok(Proof {
        tests: if own.tests.is_empty() {
            theirs.tests
        } else {
            own.tests
        },
        run: own.run.or(theirs.run),
        fails_with: own.fails_with.or(theirs.fails_with),
        repeat: own.repeat.or(theirs.repeat),
        timeout: own.timeout.or(theirs.timeout),
        cwd: own.cwd.or(theirs.cwd),
        reported_in: own.reported_in.or(theirs.reported_in),
        from: own.from,
        stage: own.stage,
    })
}

/// The spec that a proof is taken from. It has to be completed, and a reproduction has to have reproduced it.
fn source(project: &Project, id: &str, name: &str) -> Result<SpecRef> {
    let path = crate::inputs::spec_of_path(name);
    let found = match path.map(|id| project.locate(&id)).transpose()? {
        Some(found) => {
            found.ok_or_else(|| Error::new(Code::SpecNotFound, format!("there is no {name}")))
        }
        None => project.resolve_id(name).and_then(|found| {
            project.locate(&found)?.ok_or_else(|| {
                Error::new(Code::SpecNotFound, format!("no spec has the id {found}"))
            })
        }),
    }
    .map_err(|error| {
        unusable(
            id,
            &format!("its proof is taken from {name}: {}", error.message),
        )
        .hint("name a completed spec in `proof.from`; `chant list` shows them")
    })?;
    let shown = project.show(&found.id)?;
    let from = found.id.as_str();
    if shown.state != chant_spec::State::Completed {
        let state = shown.state.as_str().replace('_', " ");
        return Err(unusable(
            id,
            &format!("its proof is taken from {from}, which is {state}, not completed"),
        )
        .hint(format!("first: chant work {from}")));
    }
    let document = project.landed_document(&found)?;
    let front = document.frontmatter();
    if front.proof.is_none() || front.stage() == Stage::Fix {
        return Ok(found);
    }
    match front.ending() {
        Some(Ending::Reproduced) => Ok(found),
        Some(ending) => Err(unusable(
            id,
            &format!("its proof is taken from {from}, which ended as {ending}: there is no failing test to go by"),
        )
        .hint(format!("what was found: chant show {from}; if that settles it: chant cancel {id}"))),
        None => Err(unusable(
            id,
            &format!("its proof is taken from {from}, which was completed without a proof of its own"),
        )
        .hint(format!("let chant prove it: chant reset {from}, then chant work {from}; or name `tests` and `run` here"))),
    }
}

fn unusable(id: &str, problem: &str) -> Error {
    Error::new(Code::ProofUnusable, format!("{id}: {problem}"))
}
