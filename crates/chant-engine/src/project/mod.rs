//! One project: a folder that holds `.chant`, in a git repository.
//!
//! Opening one reads files and starts no process, unless git may track what is meant for this machine alone. Everything
//! else gets its paths from here; nothing depends on the current directory.

mod worktrees;

use std::path::{Path, PathBuf};

use chant_git::{BranchName, Oid, Repo};
use chant_spec::SpecId;

use crate::config::{Config, Layer, MACHINE_FILE};
use crate::error::{Code, Error, Result};

/// The folder that makes a folder a project.
pub const DOT_CHANT: &str = ".chant";

/// An open project.
#[derive(Debug, Clone)]
pub struct Project {
    repo: Repo,
    root: PathBuf,
    /// From the repository's root to the project's: empty, or with a slash at its end.
    prefix: String,
    config: Config,
}

impl Project {
    /// Opens the project of the nearest folder upwards from `start` that holds `.chant`.
    ///
    /// In a linked worktree without one (in silent mode git does not bring it there), the main worktree's counts.
    pub fn open(start: &Path) -> Result<Self> {
        let start = start.canonicalize().map_err(|error| {
            Error::new(
                Code::Usage,
                format!("failed to enter {}: {error}", start.display()),
            )
        })?;
        let repo = Repo::discover(&start)?;
        let root = canonical(repo.root());
        if let Some(found) = nearest_project(&start, &root) {
            return Self::at(repo, &root, &found);
        }
        if let Some(main) = main_worktree(&repo) {
            let inside = start.strip_prefix(&root).unwrap_or(Path::new(""));
            if let Some(found) = nearest_project(&main.join(inside), &main) {
                return Self::at(Repo::discover(&main)?, &main, &found);
            }
        }
        Err(Error::new(
            Code::NoProject,
            format!("no {DOT_CHANT} folder in {} or above", start.display()),
        )
        .hint("run `chant init` to begin"))
    }

    /// Opens the project in exactly this folder.
    pub(crate) fn at(repo: Repo, repository: &Path, root: &Path) -> Result<Self> {
        let inside = root.strip_prefix(repository).unwrap_or(Path::new(""));
        let mut prefix = inside.to_string_lossy().into_owned();
        if !prefix.is_empty() {
            prefix.push('/');
        }
        let machine = layer_of_machine_file(&repo, root, &prefix);
        let config = Config::load(&root.join(DOT_CHANT), machine)?;
        Ok(Self {
            repo,
            root: root.to_owned(),
            prefix,
            config,
        })
    }

    /// The same project with its settings read again. What git has said is forgotten; its processes go on.
    pub(crate) fn renewed(self) -> Result<Self> {
        self.repo.forget();
        let machine = layer_of_machine_file(&self.repo, &self.root, &self.prefix);
        let config = Config::load(&self.dot_chant(), machine)?;
        Ok(Self { config, ..self })
    }

    /// The same project with other settings than its files say: for a check in a repository made for it.
    pub(crate) fn with_config(self, change: impl FnOnce(Config) -> Config) -> Self {
        Self {
            config: change(self.config),
            ..self
        }
    }

    /// The folder that holds `.chant`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The repository it lies in.
    pub fn repo(&self) -> &Repo {
        &self.repo
    }

    /// Its settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What it is called: as set, else like its folder.
    pub fn name(&self) -> String {
        let folder = || {
            self.root.file_name().map_or_else(
                || "project".into(),
                |name| name.to_string_lossy().into_owned(),
            )
        };
        self.config.project_name.clone().unwrap_or_else(folder)
    }

    /// `.chant`.
    pub fn dot_chant(&self) -> PathBuf {
        self.root.join(DOT_CHANT)
    }

    /// Where a spec that is not archived lies.
    pub fn spec_path(&self, id: &SpecId) -> PathBuf {
        self.root.join(self.spec_path_from_root(id))
    }

    /// The same, from the project's root.
    pub fn spec_path_from_root(&self, id: &SpecId) -> String {
        format!("{DOT_CHANT}/specs/{id}.md")
    }

    /// A path from the project's root as a path from the repository's.
    pub fn path_from_repo(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// From the repository's root to the project's: empty, or with a slash at its end.
    pub fn prefix_text(&self) -> String {
        self.prefix.clone()
    }

    /// What tells the projects of one repository apart: the prefix without its slash, empty for the one at the top.
    pub fn project_key(&self) -> String {
        self.prefix.trim_end_matches('/').to_owned()
    }

    /// Where the state of this clone is kept, for all its worktrees.
    pub fn state_dir(&self) -> PathBuf {
        self.repo.common_dir().join("chant")
    }

    /// The cache of the index: one for each place where this clone has the project's files.
    pub(crate) fn index_file(&self) -> PathBuf {
        let main = main_worktree(&self.repo).is_none();
        let name = if main && self.prefix.is_empty() {
            "index".to_owned()
        } else {
            format!(
                "index-{}",
                crate::digest(self.root.as_os_str().as_encoded_bytes(), 8)
            )
        };
        self.state_dir().join(name)
    }

    /// The line of git's exclude file that hides this project's `.chant`.
    pub(crate) fn exclude_line(&self) -> String {
        format!("/{}{DOT_CHANT}/", self.prefix)
    }

    /// Whether git must know nothing of chant here.
    pub fn silent(&self) -> bool {
        self.config.defaults.silent || self.is_excluded()
    }

    /// Whether git is told to ignore `.chant`.
    pub(crate) fn is_excluded(&self) -> bool {
        self.repo.is_excluded(&self.exclude_line()).unwrap_or(false)
    }

    /// The main branch, and the commit a run begins from.
    pub(crate) fn start_point(&self) -> Result<(BranchName, Oid)> {
        let configured = self.config.defaults.main_branch.as_deref();
        let main = self.repo.main_branch(configured)?;
        let base = self.repo.start_point(&main)?.ok_or_else(no_commit)?;
        Ok((main, base))
    }

    /// Whether git must know nothing of a spec: in silent mode, and where somebody's `.gitignore` hides it.
    pub(crate) fn hides(&self, id: &SpecId) -> Result<bool> {
        let path = self.path_from_repo(&self.spec_path_from_root(id));
        Ok(self.silent() || self.repo.is_ignored(&path)?)
    }
}

/// Whoever wrote a file that git tracks need not be the user. Where git cannot say, it counts as tracked.
fn layer_of_machine_file(repo: &Repo, root: &Path, prefix: &str) -> Layer {
    let path = format!("{DOT_CHANT}/{MACHINE_FILE}");
    let is_there = root.join(&path).symlink_metadata().is_ok();
    if is_there && repo.is_in_index(&format!("{prefix}{path}")).unwrap_or(true) {
        Layer::Project
    } else {
        Layer::Machine
    }
}

fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// The nearest folder from `start` up to `top` that holds `.chant`.
pub(crate) fn nearest_project(start: &Path, top: &Path) -> Option<PathBuf> {
    start
        .ancestors()
        .take_while(|folder| folder.starts_with(top))
        .find(|folder| folder.join(DOT_CHANT).is_dir())
        .map(Path::to_owned)
}

/// The main worktree, seen from a linked one.
fn main_worktree(repo: &Repo) -> Option<PathBuf> {
    let common = canonical(repo.common_dir());
    if canonical(repo.git_dir()) == common || !common.ends_with(".git") {
        return None;
    }
    common.parent().map(Path::to_owned)
}

fn no_commit() -> Error {
    Error::new(
        Code::NoCommit,
        "the repository has no commit yet, so there is nothing to work from",
    )
    .hint("make a first commit, for example: git commit --allow-empty -m \"first commit\"")
}
