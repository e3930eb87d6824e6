//! Settings: which files, in which order, with which defaults.
//!
//! Layers, lowest first: the defaults, the person's `~/.config/chant/config.md`, the project's `.chant/config.md`,
//! this machine's `.chant/agents.md`. They are merged by key. Every value remembers the file and line it came from;
//! nothing here depends on whether a value is ever used.

mod agent;
mod bounds;
mod choose;
mod file;
mod keys;
mod reference;
mod repos;
mod schedule;
mod settings;
mod shown;
mod spending;
mod worktree;
mod yaml;

#[cfg(test)]
mod tests;

pub use agent::AgentEntry;
pub use bounds::{AgentBounds, Confinement};
pub use choose::Rule;
pub(crate) use choose::names;
pub use file::Layer;
pub use reference::{Documented, Reference};
pub use repos::RepoEntry;
pub use schedule::Schedule;
pub(crate) use settings::parse_duration;
pub use settings::{Remark, Source};
pub use shown::Value;
pub use spending::{Price, Spending};
pub(crate) use worktree::size_in_words;
pub use worktree::{Room, Worktree};

use std::path::{Path, PathBuf};
use std::time::Duration;

use file::File;
use settings::Settings;

use crate::error::Result;

/// All settings of one project, as they hold on this machine.
#[derive(Debug, Clone)]
pub struct Config {
    /// What the project is called.
    pub project_name: Option<String>,
    /// What stands before the date in new ids.
    pub id_prefix: Option<String>,
    /// What is taken where a command or spec says nothing.
    pub defaults: Defaults,
    /// The configured agents, in the order they were first named.
    pub agents: Vec<AgentEntry>,
    /// Which agents work which specs, the first that fits first.
    pub choose: Vec<Rule>,
    /// What keeps agents in bounds.
    pub confinement: Confinement,
    /// The other repositories that the person works in.
    pub repos: Vec<RepoEntry>,
    /// How long and how much.
    pub limits: Limits,
    /// How many runs at once.
    pub schedule: Schedule,
    /// What work may cost, and how long a refused agent is waited for.
    pub spending: Spending,
    /// Commands that must pass before anything lands.
    pub checks: Vec<String>,
    /// How a result becomes a part of the main branch.
    pub landing: Strategy,
    /// Patterns of files that no run may touch.
    pub protect: Vec<String>,
    /// When a person has to agree.
    pub approval: Approval,
    /// How landings are attested.
    pub attest: Attest,
    /// How worktrees are made ready.
    pub worktree: Worktree,
    /// How much room there has to be.
    pub room: Room,
    /// Keys that chant does not know, and values it did not take.
    pub warnings: Vec<Remark>,
    /// Keys that are understood and have no effect.
    pub unused: Vec<Remark>,
    /// Every setting with its value and where it comes from.
    pub values: Vec<Value>,
}

/// What is taken where a command or spec says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defaults {
    /// The agent's name, or several with commas between: they take turns.
    pub agent: Option<String>,
    /// The prompt's name.
    pub prompt: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// The model for `chant split`.
    pub split_model: Option<String>,
    /// The main branch; detected where absent.
    pub main_branch: Option<String>,
    /// What stands before the id in a run's branch.
    pub branch_prefix: String,
    /// Whether git must know nothing of chant.
    pub silent: bool,
    /// How often a failed attempt is followed by another without anybody asking.
    pub retries: u32,
}

/// How long a run may take, and how much it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Without any output.
    pub idle: Duration,
    /// Altogether.
    pub total: Duration,
    /// From being asked to stop to being told, and from that to being killed.
    pub grace: Duration,
    /// Bytes of inputs in a prompt.
    pub inputs_bytes: usize,
    /// Processes that a check may have at once.
    pub processes: usize,
}

/// How a result becomes a part of the main branch's history, where that has moved since the run began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Strategy {
    /// The agent's commits, made again on the main branch, then the landing: one line.
    #[default]
    Rebase,
    /// One commit, always: the landing.
    Squash,
    /// The landing joins the run's branch and the main branch.
    Merge,
}

impl Strategy {
    const ALL: [Self; 3] = [Self::Rebase, Self::Squash, Self::Merge];

    /// The word in the settings.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rebase => "rebase",
            Self::Squash => "squash",
            Self::Merge => "merge",
        }
    }
}

/// When a person has to agree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Approval {
    /// Before an agent's work lands, in every spec.
    pub required: bool,
    /// What a rejection does.
    pub rejection_action: Rejection,
    /// How approvals are signed; `None` where they are not.
    pub sign: Option<Sign>,
}

/// What a rejection does to other specs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Rejection {
    /// Nothing: what depends on the spec waits for it as before.
    #[default]
    Manual,
    /// What depends on it is blocked, and says who rejected it and why.
    Dependency,
    /// Of a member: the driver and its other members that were not begun are held.
    Group,
}

/// How landings are attested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attest {
    /// How attestations are signed; `None` where they are not.
    pub sign: Option<Sign>,
}

/// How something is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// With the ssh key that signs the person's commits.
    Ssh,
    /// With the person's gpg key.
    Gpg,
}

impl Rejection {
    /// The word in the settings.
    pub fn word(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Dependency => "dependency",
            Self::Group => "group",
        }
    }
}

impl Sign {
    /// The word in the settings.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ssh => "ssh",
            Self::Gpg => "gpg",
        }
    }
}

/// This machine's own settings, in `.chant`, unless git tracks them.
pub const MACHINE_FILE: &str = "agents.md";

const BRANCH_PREFIX: &str = "chant/";
/// No build needs so many; what does is out of control.
const PROCESSES: usize = 4096;
const IDLE: Duration = Duration::from_mins(10);
const TOTAL: Duration = Duration::from_hours(2);
const GRACE: Duration = Duration::from_secs(5);
const INPUTS_BYTES: usize = 256 * 1024;

impl Config {
    /// Reads the settings of the project whose `.chant` folder this is, in which [`MACHINE_FILE`] is a file of that layer.
    pub fn load(dot_chant: &Path, machine: Layer) -> Result<Self> {
        Self::load_from(
            dot_chant,
            machine,
            chant_os::dirs::config_dir()
                .ok()
                .map(|dir| dir.join("config.md")),
        )
    }

    /// Reads the person's own settings, where there is no project.
    pub fn of_person() -> Result<Self> {
        let path = chant_os::dirs::config_dir()?.join("config.md");
        let file = File::read(Layer::Person, &path, path.clone())?;
        Self::merge(&file.into_iter().collect::<Vec<_>>())
    }

    fn load_from(dot_chant: &Path, machine: Layer, person: Option<PathBuf>) -> Result<Self> {
        let person = match person {
            Some(path) => File::read(Layer::Person, &path, path.clone())?,
            None => None,
        };
        let root = dot_chant.parent().unwrap_or(dot_chant);
        let own = |layer, name: &str| {
            let shown = Path::new(".chant").join(name);
            File::read_below(root, layer, &dot_chant.join(name), shown)
        };
        let project = own(Layer::Project, "config.md")?;
        let machine = own(machine, MACHINE_FILE)?;
        let published = machine.as_ref().filter(|file| file.layer == Layer::Project);
        let remark = published.map(|file| Remark {
            key: MACHINE_FILE.into(),
            message: format!(
                "git tracks {}, so it counts as the project's and not as this machine's",
                file.path.display()
            ),
            hint: Some(format!("git rm --cached {}", file.path.display())),
            source: Source {
                layer: file.layer,
                path: Some(file.path.clone()),
                line: 1,
            },
        });
        let files: Vec<File> = [person, project, machine].into_iter().flatten().collect();
        let mut config = Self::merge(&files)?;
        config.warnings.extend(remark);
        Ok(config)
    }

    fn merge(files: &[File]) -> Result<Self> {
        let mut settings = Settings::default();
        for file in files {
            settings.add(file, yaml::read(file)?)?;
        }
        let mut warnings = std::mem::take(&mut settings.unknown);
        let agents = agent::read(&settings, &mut warnings)?;
        warnings.extend(choose::unknown(&settings, &agents));
        let confinement = Confinement::read(&settings, &mut warnings)?;
        let repos = repos::read(&mut settings)?;
        let mut config = Self {
            project_name: settings.text("project.name")?,
            id_prefix: settings.text("project.prefix")?,
            defaults: Defaults::read(&settings)?,
            limits: Limits::read(&settings)?,
            schedule: Schedule::read(&settings)?,
            spending: Spending::read(&settings)?,
            worktree: Worktree::read(&settings)?,
            room: Room::read(&settings)?,
            checks: settings.texts("checks")?,
            landing: settings
                .word(
                    "landing.strategy",
                    &Strategy::ALL.map(|strategy| (strategy.word(), strategy)),
                )?
                .unwrap_or_default(),
            protect: settings.texts("protect")?,
            approval: Approval {
                required: settings.flag("approval.required")?.unwrap_or(false),
                rejection_action: settings
                    .word(
                        "approval.rejection_action",
                        &[Rejection::Manual, Rejection::Dependency, Rejection::Group]
                            .map(|action| (action.word(), action)),
                    )?
                    .unwrap_or_default(),
                sign: settings.strictest(
                    "approval.sign",
                    &[Sign::Ssh, Sign::Gpg].map(|sign| (sign.word(), sign)),
                )?,
            },
            attest: Attest {
                sign: settings.strictest(
                    "attest.sign",
                    &[Sign::Ssh, Sign::Gpg].map(|sign| (sign.word(), sign)),
                )?,
            },
            unused: std::mem::take(&mut settings.unused),
            choose: choose::read(&settings)?,
            agents,
            confinement,
            repos,
            warnings,
            values: Vec::new(),
        };
        config.values = shown::values(&config, &settings);
        Ok(config)
    }
}

impl Defaults {
    fn read(settings: &Settings<'_>) -> Result<Self> {
        Ok(Self {
            agent: settings.listed("defaults.agent"),
            prompt: settings.text("defaults.prompt")?,
            model: settings.text("defaults.model")?,
            split_model: settings.text("defaults.split_model")?,
            main_branch: settings.text("defaults.main_branch")?,
            branch_prefix: settings
                .text("defaults.branch_prefix")?
                .unwrap_or_else(|| BRANCH_PREFIX.into()),
            silent: settings.flag("defaults.silent")?.unwrap_or(false),
            retries: settings
                .number("defaults.retries")?
                .map_or(0, |number| u32::try_from(number).unwrap_or(u32::MAX)),
        })
    }
}

impl Limits {
    fn read(settings: &Settings<'_>) -> Result<Self> {
        Ok(Self {
            idle: settings.duration("limits.idle")?.unwrap_or(IDLE),
            total: settings.duration("limits.total")?.unwrap_or(TOTAL),
            grace: settings.duration("limits.grace")?.unwrap_or(GRACE),
            inputs_bytes: settings
                .number("limits.inputs_bytes")?
                .unwrap_or(INPUTS_BYTES),
            processes: settings.number("limits.processes")?.unwrap_or(PROCESSES),
        })
    }
}
