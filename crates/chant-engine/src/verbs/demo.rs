//! `chant demo`: a small real repository with one real bug, and the recordings that play the agent's part.
//!
//! The material is in `demo/` and compiled in. Everything that happens to the repository afterwards is done by the
//! same verbs as anywhere else.

use std::path::Path;

use chant_git::Repo;

use crate::agents;
use crate::error::{Code, Error, Result};
use crate::project::Project;
use crate::trust;

/// The phases that an agent works, in order; the gate after them is a person's.
pub const PHASES: [&str; 5] = [
    "001-comprehension",
    "002-reproduction",
    "003-root-cause",
    "004-impact-map",
    "005-fork-fix",
];

/// The gate.
pub const GATE: &str = "006-upstream-pr";

macro_rules! embedded {
    ($folder:literal: $($path:literal),+ $(,)?) => {
        &[$(($path, include_str!(concat!("../../demo/", $folder, "/", $path)))),+]
    };
}

/// The repository as it begins.
const REPOSITORY: &[(&str, &str)] = embedded!(
    "repo":
    ".chant/config.md",
    ".chant/specs/001-comprehension.md",
    ".chant/specs/002-reproduction.md",
    ".chant/specs/003-root-cause.md",
    ".chant/specs/004-impact-map.md",
    ".chant/specs/005-fork-fix.md",
    ".chant/specs/006-upstream-pr.md",
    ".gitignore",
    "README.md",
    "docs/issue-42.md",
    "src/storage/__init__.py",
    "src/storage/counter.py",
    "src/storage/session.py",
    "src/storage/store.py",
    "tests/__init__.py",
    "tests/test_modules.py",
    "tests/test_store.py",
    "tools/check_findings.py",
);

/// What a recorded agent did in each phase.
const RECORDINGS: &[(&str, &str)] = embedded!(
    "recordings":
    "001-comprehension.jsonl",
    "002-reproduction.jsonl",
    "003-root-cause.jsonl",
    "004-impact-map.jsonl",
    "005-fork-fix.jsonl",
);

/// Refuses an agent that is not there, before anything is made. Only the person's own settings can name one for a
/// repository that does not exist yet.
pub fn check_agent(start: &Path, name: &str) -> Result<()> {
    let ground = agents::Ground::of_person(start)?;
    for name in crate::config::names(name) {
        if let Err(error) = ground.find(&name) {
            return Err(match error.hint {
                Some(_) => error,
                None => error.hint("chant agents"),
            });
        }
    }
    Ok(())
}

/// Makes the demo's repository in a folder that must not exist yet, and trusts it.
pub fn create(folder: &Path) -> Result<Project> {
    if folder.symlink_metadata().is_ok() {
        return Err(
            Error::new(Code::Exists, format!("{} exists already", folder.display()))
                .hint("name another folder: chant demo DIR"),
        );
    }
    chant_os::file::create_dir_all(folder)?;
    let repo = Repo::create(folder, &"main".parse()?)?;
    own_settings(&repo)?;
    for (path, text) in REPOSITORY {
        write(&folder.join(path), text)?;
    }
    repo.commit_all("kvstore, as it was when issue 42 was reported")?;
    let project = Project::open(folder)?;
    for (name, text) in RECORDINGS {
        write(&agents::recordings(&project).join(name), text)?;
    }
    trust::trust(&project)?;
    Ok(project)
}

/// The demo must run on a machine where git was never set up, and must not ask for a key's passphrase.
pub(crate) fn own_settings(repo: &Repo) -> Result<()> {
    for (key, value) in [
        ("user.name", "chant demo"),
        ("user.email", "demo@example.com"),
    ] {
        if repo.config_get(key)?.is_none() {
            repo.config_set(key, value)?;
        }
    }
    for (key, value) in [
        ("commit.gpgSign", "false"),
        ("core.autocrlf", "false"),
        ("core.fileMode", "true"),
    ] {
        repo.config_set(key, value)?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        chant_os::file::create_dir_all(folder)?;
    }
    Ok(chant_os::file::replace(path, text.as_bytes())?)
}
