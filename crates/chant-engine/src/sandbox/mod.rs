//! The bounds of an agent's processes: which files they may read and write, whether they have a network, and what is told
//! of that.
//!
//! The person's settings decide, and `CHANT_SANDBOX` in their environment overrides them for one command. How a process is kept
//! in bounds is `chant_os::confine`'s; what an agent program needs for itself is `chant_agent`'s. The reasons, and what is not
//! covered, are in docs/design/sandbox.md.

mod denied;
mod paths;
mod targets;
mod ties;
mod withheld;

pub(crate) use denied::Denials;
pub(crate) use targets::writable;
pub(crate) use ties::{Ties, small_file};
pub(crate) use withheld::withheld;

use std::path::{Path, PathBuf};

use chant_agent::{AgentConfig, AgentKind, Bounds, Permissions, Sandbox};
use chant_os::confine::{self, Confine};

use crate::config::{AgentBounds, Config};
use crate::error::{Code, Error, Result};
use crate::project::Project;

/// Overrides the settings: `off` or `worktree`.
const OVERRIDE: &str = "CHANT_SANDBOX";

/// The bounds of an agent, from what is said of it and of all.
pub(crate) fn bounds(config: &Config, own: Option<&AgentBounds>) -> Result<Bounds> {
    let all = &config.confinement;
    let default = AgentBounds::default();
    let own = own.unwrap_or(&default);
    let settings = own.sandbox.unwrap_or(all.sandbox);
    Ok(Bounds {
        sandbox: overridden()?.unwrap_or(settings),
        offline: own.offline,
        env_allow: [all.env_allow.clone(), own.env_allow.clone()].concat(),
        read_allow: own.read_allow.clone(),
        write_allow: own.write_allow.clone(),
    })
}

/// The bounds of what is run where no run says for which agent: the usual one's, with its name.
pub(crate) fn usual_bounds(config: &Config) -> Result<(String, Bounds)> {
    let name = config.defaults.agent.as_deref().unwrap_or_default();
    let entry = config.agents.iter().find(|entry| entry.name == name);
    let bounds = bounds(config, entry.map(|entry| &entry.bounds))?;
    Ok((name.to_owned(), bounds))
}

fn overridden() -> Result<Option<Sandbox>> {
    let Some(value) = std::env::var_os(OVERRIDE).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let known = Sandbox::ALL
        .into_iter()
        .find(|sandbox| value == sandbox.word());
    known.map(Some).ok_or_else(|| {
        Error::new(
            Code::ConfigInvalid,
            format!(
                "{OVERRIDE} in your environment is {:?}",
                value.to_string_lossy()
            ),
        )
        .hint("use `worktree` or `off`, or unset it")
    })
}

/// Where an agent works.
pub(crate) struct Site<'a> {
    /// The top of its worktree.
    pub(crate) worktree: &'a Path,
    /// What it may write of its worktree: all of it, or its target files.
    pub(crate) own: &'a [PathBuf],
    /// The parts of git's own folder that a commit there writes.
    pub(crate) git: &'a [PathBuf],
    /// A folder for temporary files of its own.
    pub(crate) temp: &'a Path,
    /// Where it keeps its conversations, if it is chant that gives it the place.
    pub(crate) talk: Option<&'a Path>,
    /// Its program.
    pub(crate) program: &'a Path,
}

/// What keeps an agent in bounds; `None` where nothing does, because the user wants it so or the system can not.
pub(crate) fn confinement(
    project: &Project,
    agent: &AgentConfig,
    site: &Site<'_>,
) -> Option<Confine> {
    let mut confine = around(project, &agent.bounds)?;
    if confine.hidden.is_some() {
        confine.write.extend_from_slice(site.own);
        confine.write.push(site.temp.to_owned());
        confine.write.extend_from_slice(site.git);
        confine.write.extend(site.talk.map(Path::to_owned));
        confine.write.extend(paths::own_state(agent));
        // Beside others, which are hidden.
        confine.read.push(site.worktree.to_owned());
        confine.read.push(site.program.to_owned());
    }
    Some(confine)
}

/// The bounds of whatever an agent wrote: the same, but for where it works and for what its own program needs.
pub(crate) fn around(project: &Project, bounds: &Bounds) -> Option<Confine> {
    let files = bounds.sandbox == Sandbox::Worktree && confine::is_supported();
    if !files {
        return bounds.offline.then(|| Confine {
            offline: true,
            ..Confine::default()
        });
    }
    let at = |path: &PathBuf| paths::meant(project.root(), path);
    let mut write: Vec<PathBuf> = lent(project).collect();
    write.extend(paths::devices());
    write.extend(paths::caches());
    write.extend(bounds.write_allow.iter().map(at));
    Some(Confine {
        read: bounds.read_allow.iter().map(at).collect(),
        write,
        hidden: Some(hidden(project)),
        offline: bounds.offline,
    })
}

/// What of git's own folder is written beside its branch where something is committed in a worktree. Neither settings nor
/// hooks are among it.
pub(crate) fn parts_of_git(common: &Path, worktree: &Path) -> Vec<PathBuf> {
    let shared = ["objects", "lfs", "rr-cache"].map(|part| common.join(part));
    let own = ties::folder_in(common, worktree);
    let parts = shared.into_iter().chain(own);
    parts.filter(|part| part.exists()).collect()
}

/// The files that say what the agent's program starts by itself, with what they hold now.
pub(crate) fn own_settings(agent: &AgentConfig) -> Vec<(PathBuf, Option<Vec<u8>>)> {
    let files = paths::own_settings(agent).into_iter();
    files
        .map(|path| (path.clone(), small_file(&path)))
        .collect()
}

/// What of the user's checkout is linked into worktrees: the user gave it to be changed there.
fn lent(project: &Project) -> impl Iterator<Item = PathBuf> {
    let links = project.config().worktree.link.iter();
    links.map(|path| project.root().join(path))
}

/// What no agent reads unless it is named: keys, other agents' state, other worktrees, other repositories.
fn hidden(project: &Project) -> Vec<PathBuf> {
    let mut hidden = paths::hidden_at_home();
    hidden.extend(chant_os::dirs::worktrees_dir());
    hidden.extend(paths::disks());
    // One that is around this project can not be hidden without hiding the project.
    let others = project.config().repos.iter().map(|repo| repo.path.clone());
    hidden.extend(others.filter(|path| !project.root().starts_with(path)));
    hidden
}

/// Why an agent that should be kept in bounds is not, as a sentence for the user.
pub(crate) fn missing(agent: &AgentConfig) -> Option<String> {
    let wanted = agent.bounds.sandbox == Sandbox::Worktree;
    (wanted && !confine::is_supported()).then(|| {
        format!(
            "this system has no sandbox that chant knows: agent {} can write wherever you can; \
             `sandbox: off` in your settings says that this is meant",
            agent.name
        )
    })
}

/// Refuses an agent that may do everything because a sandbox bounds it, where none does.
pub(crate) fn check_permissions(agent: &AgentConfig) -> Result<()> {
    let asks = matches!(agent.kind, AgentKind::Claude | AgentKind::Acp(_));
    let is_meant = agent.permissions == Some(Permissions::Sandbox) && !agent.bypasses();
    let is_bounded = agent.bounds.sandbox == Sandbox::Worktree && confine::is_supported();
    if !asks || !is_meant || is_bounded {
        return Ok(());
    }
    let why = match agent.bounds.sandbox {
        Sandbox::Off if std::env::var_os(OVERRIDE).is_some() => "CHANT_SANDBOX turns it off",
        Sandbox::Off => "`sandbox: off` turns it off",
        Sandbox::Worktree => "this system has none that chant knows",
    };
    Err(Error::new(
        Code::SandboxMissing,
        format!(
            "agent {:?} may use every tool because a sandbox bounds it (`permissions: sandbox`), and there is none: {why}",
            agent.name
        ),
    )
    .hint("turn it on, or say what the agent may do without one: `permissions: ask`, or `allow` with a list, or `bypass`"))
}

/// Refuses an agent that shall have no network where the system can not take it away: to run it with one would be worse.
pub(crate) fn check_network(agent: &AgentConfig, chant: &Path) -> Result<()> {
    if !agent.bounds.offline || confine::can_be_offline(chant) {
        return Ok(());
    }
    Err(Error::new(
        Code::SandboxMissing,
        format!(
            "agent {:?} is to work without a network, and this system does not let chant take it away",
            agent.name
        ),
    )
    .hint("set `network: on` for the agent, take the type out of `defaults.offline`, or allow user namespaces"))
}

/// The folder in a run's own in which chant's own agent keeps its conversations; other agents have places of their own.
pub(crate) fn make_talk(agent: &AgentConfig, run: &Path) -> Result<Option<PathBuf>> {
    if agent.kind != AgentKind::Builtin {
        return Ok(None);
    }
    let folder = run.join(chant_agent::CONVERSATIONS);
    chant_os::file::create_dir_all(&folder)?;
    Ok(Some(folder))
}

/// A folder for temporary files that goes with this value.
#[derive(Debug)]
pub(crate) struct Temp(PathBuf);

impl Temp {
    /// A new one of this name.
    pub(crate) fn make(name: &str) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("chant-{name}"));
        chant_os::file::remove_tree(&folder)?;
        chant_os::file::create_private_dir(&folder)?;
        Ok(Self(folder))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Temp {
    fn drop(&mut self) {
        // What can not be removed is the system's to remove, as everything in its temporary folder.
        let _ = chant_os::file::remove_tree(&self.0);
    }
}
