//! `chant verify`: the checks of finished specs, run again on the main branch as it is now.

mod search;

use std::path::PathBuf;

use chant_git::{Oid, TreeEdit};
use chant_spec::status::{Action, allowed};
use chant_spec::{Check, Stage};
use serde::Serialize;

use crate::bench::{Bench, Outcome, Place, Plan, Stopped, name_of};
use crate::error::{Code, Error, Result};
use crate::event::Event;
use crate::history::History;
use crate::index::SpecRef;
use crate::journal::CheckRecord;
use crate::landing::files_of_checkout;
use crate::order;
use crate::project::Project;
use crate::proof;
use crate::query::{self, Filter};
use crate::run::Surroundings;
use crate::trust;

pub use search::Search;

/// How it is to be done.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// In a pristine worktree.
    pub cold: bool,
    /// Find the commit that broke what does not hold.
    pub bisect: bool,
}

/// What was found.
#[derive(Debug, Clone, Serialize)]
pub struct Verification {
    /// The main branch.
    pub main_branch: String,
    /// Its commit, whose tree was checked.
    pub at: String,
    /// The specs that have checks.
    pub specs: Vec<Verified>,
    /// The ids of those that have none.
    pub unchecked: Vec<String>,
    /// How many checks do as expected.
    pub holding: usize,
    /// How many do not.
    pub broken: usize,
}

/// One spec.
#[derive(Debug, Clone, Serialize)]
pub struct Verified {
    /// Its id.
    pub id: String,
    /// Whether all its checks do as expected.
    pub holds: bool,
    /// The commit that it landed as, where that is recorded.
    pub landed: Option<String>,
    /// Its checks, in the order of its file.
    pub checks: Vec<Rerun>,
}

/// One check.
#[derive(Debug, Clone, Serialize)]
pub struct Rerun {
    /// What came of it.
    #[serde(flatten)]
    pub record: CheckRecord,
    /// Its output; absent where it did as expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<PathBuf>,
    /// Which commit broke it, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<Search>,
}

/// The specs that are finished and have all these labels.
pub fn finished(project: &Project, labels: &[String]) -> Result<Vec<SpecRef>> {
    let filter = Filter {
        labels: labels.to_vec(),
        statuses: vec!["completed".to_owned(), "stale".to_owned()],
        ..Filter::default()
    };
    let mut found = Vec::new();
    for spec in query::list(project, &filter)? {
        let id = chant_spec::SpecId::parse(&spec.id);
        if let Ok(id) = id
            && let Some(spec) = project.locate(&id)?
        {
            found.push(spec);
        }
    }
    found.sort_by(|a, b| query::natural_order(a.id.as_str(), b.id.as_str()));
    Ok(found)
}

/// Runs the checks of these specs on the main branch's tree. Nothing of the specs or of git changes.
pub fn verify(
    project: &Project,
    specs: &[SpecRef],
    options: Options,
    outside: Surroundings<'_>,
) -> Result<Verification> {
    let specs = read(project, specs)?;
    let (main, tip) = project.start_point()?;
    let mut found = Verification {
        main_branch: main.to_string(),
        at: tip.to_string(),
        specs: Vec::new(),
        unchecked: Vec::new(),
        holding: 0,
        broken: 0,
    };
    let (checked, unchecked): (Vec<_>, Vec<_>) = specs
        .into_iter()
        .partition(|subject| !subject.checks.is_empty());
    found.unchecked = unchecked
        .iter()
        .map(|subject| subject.spec.id.to_string())
        .collect();
    if checked.is_empty() {
        return Ok(found);
    }
    let mut session = Session::new(project, options, tip, outside)?;
    let verified = session.all(&checked);
    session.forget_logs(
        verified
            .as_ref()
            .is_ok_and(|all| all.iter().all(|one| one.holds)),
    );
    found.specs = verified?;
    let checks = || found.specs.iter().flat_map(|spec| &spec.checks);
    found.holding = checks().filter(|check| check.record.passed).count();
    found.broken = checks().count() - found.holding;
    Ok(found)
}

/// A spec and what shows that it holds.
struct Subject {
    spec: SpecRef,
    /// Its checks, and the test of its proof where it landed as a fix.
    checks: Vec<Check>,
}

/// Everything that can be refused is refused before anything runs.
fn read(project: &Project, specs: &[SpecRef]) -> Result<Vec<Subject>> {
    specs.iter().map(|spec| subject(project, spec)).collect()
}

fn subject(project: &Project, spec: &SpecRef) -> Result<Subject> {
    let state = project.show(&spec.id)?.state;
    allowed(state, Action::Verify).map_err(|refusal| refusal.of(spec.id.as_str()))?;
    let document = project.document(&spec.path)?;
    let mut checks = document.frontmatter().verify.clone();
    if document.frontmatter().stage() == Stage::Fix
        && let Some(plan) = proof::Plan::of(project, &spec.id, &document)?
    {
        checks.push(Check {
            repeat: Some(plan.repeat),
            ..plan.command()
        });
    }
    for check in &checks {
        trust::check(project, &format!("the check {:?}", check.run))?;
        Plan::of(project, check)?;
    }
    Ok(Subject {
        spec: spec.clone(),
        checks,
    })
}

struct Session<'a, 's> {
    project: &'a Project,
    options: Options,
    outside: Surroundings<'s>,
    /// The main branch's commit.
    tip: Oid,
    /// The marker of the checks' processes.
    run: String,
    logs: PathBuf,
    history: History,
    /// What git does not have and the checks may need.
    local: Vec<TreeEdit>,
}

impl<'a, 's> Session<'a, 's> {
    fn new(
        project: &'a Project,
        options: Options,
        tip: Oid,
        outside: Surroundings<'s>,
    ) -> Result<Self> {
        let run = order::new_id();
        let logs = project.state_dir().join("verify").join(&run);
        chant_os::file::create_dir_all(&logs)?;
        Ok(Self {
            history: History::load(project, &tip)?,
            local: files_of_checkout(project)?,
            project,
            options,
            outside,
            tip,
            run,
            logs,
        })
    }

    fn all(&mut self, subjects: &[Subject]) -> Result<Vec<Verified>> {
        let tip = self.tip.clone();
        let place = self.place(&tip)?;
        let mut all = Vec::new();
        for Subject { spec, checks } in subjects {
            let id = spec.id.as_str();
            let mut verified = Verified {
                id: id.to_owned(),
                holds: true,
                landed: self.landing_of(id).map(|oid| oid.to_string()),
                checks: Vec::new(),
            };
            if !all.is_empty() {
                place.tidy()?;
            }
            for (number, check) in checks.iter().enumerate() {
                let log = format!("{id}-check-{}", number + 1);
                let outcome = self.run(&place, spec, &log, check)?;
                verified.holds &= outcome.passed;
                verified.checks.push(self.rerun(id, &log, check, outcome));
            }
            all.push(verified);
        }
        drop(place);
        if self.options.bisect {
            self.search_all(subjects, &mut all)?;
        }
        Ok(all)
    }

    fn rerun(&mut self, id: &str, log: &str, check: &Check, outcome: Outcome) -> Rerun {
        let name = name_of(check);
        for note in &outcome.notes {
            self.note(format!("{id}: check {name}: {note}"));
        }
        let log = (!outcome.passed).then(|| self.logs.join(format!("{log}.log")));
        let record = CheckRecord::of(check, outcome);
        (self.outside.sink)(&Event::Check {
            name: format!("{id}  {name}"),
            passed: record.passed,
            outcome: record.outcome.clone(),
        });
        Rerun {
            record,
            log,
            search: None,
        }
    }

    fn note(&mut self, text: String) {
        (self.outside.sink)(&Event::Note { text });
    }

    fn landing_of(&self, id: &str) -> Option<Oid> {
        let landing = self.history.latest(id)?;
        landing.commit.clone().or_else(|| landing.base.clone())
    }

    /// The files of a commit, with those that only the checkout has.
    fn place(&self, commit: &Oid) -> Result<Place> {
        let repo = self.project.repo();
        let tree = repo.write_tree(Some(commit), &self.local)?;
        self.bench()?.place(&tree, commit)
    }

    fn bench(&self) -> Result<Bench<'_>> {
        let bench = Bench::of_main(self.project, &self.outside, &self.run, self.logs.clone())?;
        Ok(Bench {
            cold: self.options.cold,
            ..bench
        })
    }

    fn run(&self, place: &Place, spec: &SpecRef, log: &str, check: &Check) -> Result<Outcome> {
        self.bench()?
            .about(&spec.id, &spec.path)
            .run(place, log, check)?
            .map_err(|Stopped| interrupted())
    }

    /// What nobody will want to read goes.
    fn forget_logs(&self, all_hold: bool) {
        if all_hold {
            // What stays is a few small files in a folder of chant's.
            let _ = chant_os::file::remove_tree(&self.logs);
        }
    }
}

fn interrupted() -> Error {
    Error::new(Code::Interrupted, "interrupted; nothing was changed")
        .hint("repeat the command when you like")
}
