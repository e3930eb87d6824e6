//! `chant agents test`: one small spec in a repository of its own, and what the agent did with it, point by point.
//!
//! It goes the way of every other run: worktree, guard, sandbox, landing. The user's repository is not touched, nothing is
//! remembered in it, and what was made is removed again unless something was not as it should be.

mod seen;

use std::path::{Path, PathBuf};
use std::time::Duration;

use chant_git::{Oid, Repo};
use chant_os::clock::Stopwatch;
use chant_spec::SpecId;
use serde::Serialize;

use crate::agents::Ground;
use crate::claim;
use crate::config::{AgentEntry, Config, Layer};
use crate::error::{Code, Error, Result};
use crate::event::Event;
use crate::order::{self, Order};
use crate::project::Project;
use crate::run::Report;
use crate::run::Surroundings;
use crate::trust;
use crate::verbs::work;
use seen::Seen;

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Trial {
    /// The agent's name.
    pub agent: String,
    /// Whether chant can give it specs.
    pub verdict: Verdict,
    /// What was looked at, in order.
    pub points: Vec<Point>,
    /// How long the agent took.
    pub took_ms: u64,
    /// What to do, where it did not work and that can be seen from here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The folder that was kept, where something was not as it should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<PathBuf>,
}

/// Whether chant can give specs to an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Everything that a run needs was done.
    Works,
    /// Files are changed, but it can not do all that it was asked for.
    WorksInPart,
    /// Nothing landed.
    Fails,
}

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize)]
pub struct Point {
    /// What.
    pub name: &'static str,
    /// Whether it was so; none where this agent does not tell.
    pub passed: Option<bool>,
    /// What was seen, as a fragment of a sentence.
    pub says: String,
}

const SPEC: &str = "001-trial";
const MESSAGE: &str = "trial: greet";
/// No agent needs longer for two files, unless its provider is slow.
const TOTAL: Duration = Duration::from_mins(3);
const IDLE: Duration = Duration::from_secs(90);

/// Has the agent do the small spec. `start` is where the user is, whose settings count.
pub fn trial(
    start: &Path,
    name: &str,
    model: Option<&str>,
    outside: Surroundings<'_>,
) -> Result<Trial> {
    let mut ground = Ground::at(start)?;
    if model.is_some() {
        ground.config.defaults.model = model.map(str::to_owned);
    }
    let entry = entry_for(&ground, name)?;
    let folder = chant_os::dirs::cache_dir()?
        .join("trials")
        .join(order::new_id());
    let login = crate::agents::login(&ground.find(name)?);
    let scratch = Scratch::make(&folder, &ground.config, entry)?;
    let Surroundings {
        control,
        sink,
        guard,
    } = outside;
    let mut seen = Seen::default();
    let clock = Stopwatch::start();
    let worked = {
        let mut both = |event: &Event| {
            seen.note(event);
            sink(event);
        };
        let surroundings = Surroundings {
            control,
            sink: &mut both,
            guard,
        };
        let order = Order {
            agent: Some(name.to_owned()),
            model: model.map(str::to_owned),
            now: true,
            ..Order::default()
        };
        work::work(&scratch.project, &scratch.spec, &order, surroundings)
    };
    let took = clock.elapsed();
    let report = match worked {
        Ok(report) if report.exit == 130 => {
            scratch.remove()?;
            let message = format!("the check of agent {name:?} was interrupted");
            return Err(Error::new(Code::Interrupted, message)
                .hint(format!("repeat it: chant agents test {name}")));
        }
        Ok(report) => report,
        Err(error) => {
            scratch.remove()?;
            return Err(error);
        }
    };
    let points = scratch.points(&seen, &report, took)?;
    let verdict = Verdict::of(&points, &report);
    let kept = if verdict == Verdict::Works {
        scratch.remove()?;
        None
    } else {
        Some(folder)
    };
    let hint = (verdict == Verdict::Fails).then(|| seen.way_in(&login));
    Ok(Trial {
        agent: name.to_owned(),
        verdict,
        points,
        hint: hint.flatten(),
        took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        kept,
    })
}

/// The agent's own entry, or one that says what its name alone says, with paths that are right anywhere. What a repository
/// names is started only where the clone is trusted.
fn entry_for(ground: &Ground, name: &str) -> Result<AgentEntry> {
    ground.find(name)?;
    if let Some(project) = &ground.project {
        trust::check_agent(project, name)?;
    }
    let mut entries = ground.config.agents.iter();
    let mut entry = entries
        .find(|entry| entry.name == name)
        .cloned()
        .unwrap_or_else(|| AgentEntry::of_kind(name));
    if let Some(program) = entry.command.first_mut()
        && program.contains('/')
    {
        *program = ground.root.join(&*program).to_string_lossy().into_owned();
    }
    entry.recording = entry.recording.map(|path| ground.root.join(path));
    // Who may start it was asked above; the scratch repository names nothing.
    entry.source = Layer::Machine;
    Ok(entry)
}

/// The repository that is made for the check.
struct Scratch {
    folder: PathBuf,
    project: Project,
    spec: SpecId,
    base: Oid,
    word: String,
}

impl Scratch {
    fn make(folder: &Path, user: &Config, entry: AgentEntry) -> Result<Self> {
        let root = folder.join("repository");
        chant_os::file::create_dir_all(&root)?;
        let repo = Repo::create(&root, &"main".parse()?)?;
        crate::verbs::demo::own_settings(&repo)?;
        // A word that no recording and no memory of an earlier check has.
        let word = crate::digest(folder.as_os_str().as_encoded_bytes(), 4);
        for (path, text) in [
            ("README.md", "# A repository for one check\n".to_owned()),
            (".chant/config.md", "---\n---\n".to_owned()),
            (".chant/specs/001-trial.md", spec(&word)),
        ] {
            let path = root.join(path);
            if let Some(folder) = path.parent() {
                chant_os::file::create_dir_all(folder)?;
            }
            chant_os::file::replace(&path, text.as_bytes())?;
        }
        repo.commit_all("A repository for one check")?;
        let (_, base) = Project::open(&root)?.start_point()?;
        let spec =
            SpecId::parse(SPEC).map_err(|error| Error::new(Code::Internal, error.to_string()))?;
        let project = Project::open(&root)?.with_config(|own| settings(own, user, entry));
        Ok(Self {
            folder: folder.to_owned(),
            project,
            spec,
            base,
            word,
        })
    }

    fn remove(&self) -> Result<()> {
        chant_os::file::remove_tree(&self.project.worktrees()?)?;
        Ok(chant_os::file::remove_tree(&self.folder)?)
    }

    /// A file of the result, where there is a result.
    fn made(&self, tip: &Oid, path: &str) -> Result<Option<String>> {
        let repo = self.project.repo();
        let Some(entry) = repo.read_file(tip, path)? else {
            return Ok(None);
        };
        let text = String::from_utf8_lossy(&repo.blob(&entry.oid)?).into_owned();
        Ok(Some(text.trim().to_owned()))
    }

    fn points(&self, seen: &Seen, report: &Report, took: Duration) -> Result<Vec<Point>> {
        let (_, main) = self.project.start_point()?;
        let branch = report.branch.parse().ok();
        let branch = branch
            .map(|name| self.project.repo().branch_oid(&name))
            .transpose()?;
        let tip = branch.flatten().unwrap_or(main);
        let greeting = self.made(&tip, "greeting.txt")?;
        let changed = greeting.as_deref() == Some(self.word.as_str());
        let counted = self.made(&tip, "checked.txt")?;
        let blob = self
            .project
            .repo()
            .hash_object(format!("{}\n", self.word).as_bytes())?;
        let bare = self.project.repo().hash_object(self.word.as_bytes())?;
        let ran = counted.is_some_and(|told| told == blob.as_str() || told == bare.as_str());
        let commits = self.project.repo().log(&self.base, &tip)?;
        let committed = commits
            .iter()
            .any(|commit| commit.message.starts_with(MESSAGE));
        let left = chant_os::tree::marked(claim::MARKER, &report.run).len();
        Ok(vec![
            point("started", Some(seen.spoke || changed), seen.started(report)),
            point(
                "file changed",
                Some(changed),
                said(
                    changed,
                    "greeting.txt, as asked",
                    "greeting.txt is not what was asked for",
                ),
            ),
            point("command run", Some(ran), seen.command(ran)),
            point(
                "committed",
                Some(committed),
                said(
                    committed,
                    "its own commit is in the history",
                    if commits.is_empty() {
                        "it left nothing to commit"
                    } else {
                        "it left its changes uncommitted; chant commits what is left"
                    },
                ),
            ),
            point(
                "landed",
                Some(report.landed()),
                said(
                    report.landed(),
                    "on the main branch of the scratch repository",
                    seen.reason(report),
                ),
            ),
            point(
                "conversation",
                seen.session.as_ref().map(|_| true),
                seen.session.as_ref().map_or_else(
                    || "it told no id, so a run that is cut off begins a new one".to_owned(),
                    |id| format!("{id}, so a run that is cut off goes on"),
                ),
            ),
            point(
                "cost",
                Seen::cost(report).as_ref().map(|_| true),
                Seen::cost(report).unwrap_or_else(|| "it told neither tokens nor money".to_owned()),
            ),
            point(
                "stopped",
                Some(left == 0),
                said(
                    left == 0,
                    "no process is left",
                    &format!("{left} processes are left"),
                ),
            ),
            point("took", None, format!("{:.1} s", took.as_secs_f64())),
        ])
    }
}

fn point(name: &'static str, passed: Option<bool>, says: String) -> Point {
    Point { name, passed, says }
}

fn said(passed: bool, yes: &str, no: &str) -> String {
    if passed {
        yes.to_owned()
    } else {
        no.to_owned()
    }
}

/// The agent alone, with time for two files; what the user set of prices and limits counts as ever.
fn settings(own: Config, user: &Config, entry: AgentEntry) -> Config {
    let mut config = own;
    config.defaults = user.defaults.clone();
    config.defaults.agent = None;
    config.defaults.prompt = None;
    config.defaults.main_branch = None;
    config.defaults.silent = false;
    config.defaults.retries = 0;
    config.agents = vec![entry];
    config.confinement = user.confinement.clone();
    config.limits.total = TOTAL.min(user.limits.total);
    config.limits.idle = IDLE.min(user.limits.idle);
    config.spending = user.spending.clone();
    config.spending.backoff = Vec::new();
    config.spending.fallback = Vec::new();
    config
}

fn spec(word: &str) -> String {
    format!(
        "---\ntype: task\nstatus: pending\ntarget_files: [greeting.txt, checked.txt]\n---\n\n\
         # Show that you can work here\n\n\
         A check of the tools, in a repository made for it. Do exactly this and nothing else:\n\n\
         1. Write a file `greeting.txt` that holds the one word `{word}`.\n\
         2. Run this shell command: `git hash-object greeting.txt > checked.txt`\n\
         3. Commit both files: `git add greeting.txt checked.txt && git commit -m \"{MESSAGE}\"`\n\n\
         Then you are done.\n"
    )
}

impl Verdict {
    fn of(points: &[Point], report: &Report) -> Self {
        let holds = |name| {
            let mut named = points.iter().filter(|point| point.name == name);
            named.all(|point| point.passed == Some(true))
        };
        if !report.landed() || !holds("file changed") {
            return Self::Fails;
        }
        let all = points.iter().all(|point| point.passed != Some(false));
        if all { Self::Works } else { Self::WorksInPart }
    }
}
