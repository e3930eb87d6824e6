//! `chant verify`: the checks of finished specs, run again on the main branch as it is now.

use std::path::PathBuf;

use chant_git::{Commit, Oid, TreeEdit};
use chant_spec::status::{Action, allowed};
use chant_spec::{Check, Document};
use serde::Serialize;

use crate::bench::{self, Bench, Outcome, Place, Plan, Stopped, name_of};
use crate::error::{Code, Error, Result};
use crate::event::Event;
use crate::history::History;
use crate::journal::CheckRecord;
use crate::project::Project;
use crate::query::{self, Filter};
use crate::resolve::SpecRef;
use crate::run::{self, Surroundings};
use crate::trust;

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

/// How the search for the commit that broke a check ended.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "found", rename_all = "snake_case")]
pub enum Search {
    /// It held before this commit.
    Commit {
        /// The commit.
        commit: String,
        /// Its subject.
        subject: String,
        /// Who wrote it.
        author: String,
        /// How many commits were looked at, the ends left out.
        steps: u32,
    },
    /// There is no such commit to be found.
    Nothing {
        /// Why.
        reason: String,
    },
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
    let (main, tip) = run::start_point(project)?;
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
        .partition(|(_, document)| !document.frontmatter().verify.is_empty());
    found.unchecked = unchecked
        .iter()
        .map(|(spec, _)| spec.id.to_string())
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

/// Everything that can be refused is refused before anything runs.
fn read(project: &Project, specs: &[SpecRef]) -> Result<Vec<(SpecRef, Document)>> {
    let mut all = Vec::new();
    for spec in specs {
        let state = project.show(&spec.id)?.state;
        allowed(state, Action::Verify).map_err(|refusal| refusal.of(spec.id.as_str()))?;
        let document = project.document(&spec.path)?;
        trust::check_verify(project, &document)?;
        for check in &document.frontmatter().verify {
            Plan::of(project, check)?;
        }
        all.push((spec.clone(), document));
    }
    Ok(all)
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
        let run = run::new_id();
        let logs = project.state_dir().join("verify").join(&run);
        chant_os::file::create_dir_all(&logs)?;
        Ok(Self {
            history: History::load(project, &tip)?,
            local: local_files(project)?,
            project,
            options,
            outside,
            tip,
            run,
            logs,
        })
    }

    fn all(&mut self, specs: &[(SpecRef, Document)]) -> Result<Vec<Verified>> {
        let tip = self.tip.clone();
        let place = self.place(&tip)?;
        let mut all = Vec::new();
        for (spec, document) in specs {
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
            for (number, check) in document.frontmatter().verify.iter().enumerate() {
                let log = format!("{id}-check-{}", number + 1);
                let outcome = self.run(&place, spec, &log, check)?;
                verified.holds &= outcome.passed;
                verified.checks.push(self.rerun(id, &log, check, outcome));
            }
            all.push(verified);
        }
        drop(place);
        if self.options.bisect {
            for (verified, (spec, document)) in all.iter_mut().zip(specs) {
                let checks = document.frontmatter().verify.iter();
                for (rerun, check) in verified.checks.iter_mut().zip(checks) {
                    if !rerun.record.passed {
                        rerun.search = Some(self.search(spec, check)?);
                    }
                }
            }
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
        self.bench(None).place(&tree, commit)
    }

    fn bench(&self, spec: Option<&SpecRef>) -> Bench<'_> {
        let id = spec.map(|spec| ("CHANT_SPEC_ID".into(), spec.id.as_str().into()));
        Bench {
            project: self.project,
            guard: &self.outside.guard,
            control: self.outside.control,
            run: &self.run,
            logs: self.logs.clone(),
            cold: self.options.cold,
            env: id.into_iter().collect(),
            spec_file: spec.map(|spec| self.project.path_from_repo(&spec.path)),
            bounds: None,
        }
    }

    fn run(&self, place: &Place, spec: &SpecRef, log: &str, check: &Check) -> Result<Outcome> {
        self.bench(Some(spec))
            .run(place, log, check)?
            .map_err(|Stopped| interrupted())
    }

    /// Which commit of the main line since the landing broke a check.
    fn search(&mut self, spec: &SpecRef, check: &Check) -> Result<Search> {
        let id = spec.id.as_str();
        let nothing = |reason: String| Ok(Search::Nothing { reason });
        let Some(from) = self.landing_of(id) else {
            return nothing("its landing is not recorded, so there is nowhere to begin".to_owned());
        };
        let Some(line) = bench::main_line(self.project, &from, &self.tip)? else {
            let from = short(&from);
            return nothing(format!(
                "the main branch does not contain its landing {from} any more"
            ));
        };
        let row: Vec<&Oid> = std::iter::once(&from)
            .chain(line.iter().map(|commit| &commit.oid))
            .collect();
        let steps = bench::most_looks(row.len());
        self.note(format!(
            "{id}: {}: searching {} commits since {}, in at most {steps} steps",
            name_of(check),
            line.len(),
            short(&from)
        ));
        if !self.holds_at(spec, check, &from)? {
            let from = short(&from);
            return nothing(format!(
                "it fails on {from}, where it landed, as well: something other than a commit changed"
            ));
        }
        let looked =
            bench::first_unlike(row.len(), |at| self.holds_at(spec, check, row[at]).map(Ok))?;
        match looked {
            Ok((at, steps)) if at > 0 && !line.is_empty() => Ok(found(&line[at - 1], steps)),
            Ok(_) => {
                nothing("nothing was committed since it landed; it fails only sometimes".to_owned())
            }
            Err(Stopped) => Err(interrupted()),
        }
    }

    fn holds_at(&self, spec: &SpecRef, check: &Check, commit: &Oid) -> Result<bool> {
        let place = self.place(commit)?;
        let log = format!("{}-at-{}", spec.id, short(commit));
        Ok(self.run(&place, spec, &log, check)?.passed)
    }

    /// What nobody will want to read goes.
    fn forget_logs(&self, all_hold: bool) {
        if all_hold {
            // What stays is a few small files in a folder of chant's.
            let _ = chant_os::file::remove_tree(&self.logs);
        }
    }
}

/// Where git does not have `.chant`, its files as the checkout has them. What this machine alone is told stays out.
fn local_files(project: &Project) -> Result<Vec<TreeEdit>> {
    if !project.silent() {
        return Ok(Vec::new());
    }
    let own = project.path_from_repo(".chant/agents.md");
    let mut files = run::local_files(project, project.repo().root())?;
    files.retain(|edit| edit.path.as_str() != own);
    Ok(files)
}

fn found(commit: &Commit, steps: u32) -> Search {
    Search::Commit {
        commit: commit.oid.to_string(),
        subject: commit.subject.clone(),
        author: commit.author.name.clone(),
        steps,
    }
}

fn short(oid: &Oid) -> String {
    oid.as_str().chars().take(10).collect()
}

fn interrupted() -> Error {
    Error::new(Code::Interrupted, "interrupted; nothing was changed")
        .hint("repeat the command when you like")
}
