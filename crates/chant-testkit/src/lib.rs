//! For tests: scratch repositories with a home of their own, and the real binary driven in them.
//!
//! Nothing of the machine's user leaks in: HOME, the XDG folders, git's settings and the clock's zone are set here.

pub mod chance;
pub mod clients;
pub mod crew;
pub mod demo;
pub mod family;
pub mod model;
pub mod path;
pub mod patience;
pub mod terminal;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A git repository in a temporary folder.
#[derive(Debug)]
pub struct TestRepo {
    folder: tempfile::TempDir,
    root: PathBuf,
}

impl TestRepo {
    /// A repository on `main` with one commit.
    pub fn new() -> Self {
        let repo = Self::empty();
        repo.write("README.md", "A sample.\n");
        repo.commit("first commit");
        repo
    }

    /// A repository on `main` without a commit.
    pub fn empty() -> Self {
        let repo = Self::folder_only();
        repo.git(&["init", "--quiet", "--initial-branch=main"]);
        repo.git(&["config", "user.name", "Tess Ter"]);
        repo.git(&["config", "user.email", "tess@example.com"]);
        repo
    }

    /// The same surroundings without a repository.
    pub fn folder_only() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder
            .path()
            .canonicalize()
            .expect("it exists")
            .join("sample");
        let repo = Self { folder, root };
        for path in [repo.root.clone(), repo.home()] {
            std::fs::create_dir_all(path).expect("a folder");
        }
        repo
    }

    /// Leaves the folder in place when the test ends, for a person to look at.
    pub fn keep(&mut self) -> &Path {
        self.folder.disable_cleanup(true);
        self.folder.path()
    }

    /// The top of the work tree.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// The home directory that commands see.
    pub fn home(&self) -> PathBuf {
        self.folder
            .path()
            .canonicalize()
            .expect("it exists")
            .join("home")
    }

    /// Where chant puts worktrees.
    pub fn worktrees(&self) -> PathBuf {
        self.home().join("worktrees")
    }

    /// Writes a file, with its folders.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }

    /// A file's text.
    #[track_caller]
    pub fn file(&self, path: &str) -> String {
        std::fs::read_to_string(self.root.join(path))
            .unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Commits everything.
    pub fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "--quiet", "-m", message]);
    }

    /// Runs git and returns what it prints; a failure fails the test.
    #[track_caller]
    pub fn git(&self, args: &[&str]) -> String {
        let output = self.command("git").args(args).output().expect("git");
        assert!(
            output.status.success(),
            "git {args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// All files of the work tree, without `.git`; links as what they point to.
    pub fn snapshot_files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(&self.root, &self.root, &mut files);
        files
    }

    /// A command with this repository's surroundings.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let home = self.home();
        let mut command = Command::new(program);
        command
            .current_dir(&self.root)
            .env_clear()
            .env("PATH", path::without_agents(&home))
            .env("HOME", &home)
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("CHANT_WORKTREES", self.worktrees())
            // Agents in tests write what they saw into the home directory. The tests of the sandbox take this away.
            .env("CHANT_SANDBOX", "off")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", home.join("gitconfig"))
            .env("TMPDIR", self.folder.path())
            .env("LANG", "C.UTF-8")
            .env("TZ", "UTC")
            .stdin(Stdio::null());
        command
    }

    /// Makes the fake agent, with this script, the agent of this machine. See `src/bin/fake-agent.rs` for what a script is.
    pub fn with_agent(&self, script: &serde_json::Value) {
        let path = self.home().join("agent-script.json");
        std::fs::write(&path, script.to_string()).expect("the script is written");
        let command = serde_json::json!([fake_agent_bin(), path]);
        let agent = format!("agents:\n  - name: fake\n    kind: command\n    command: {command}\n");
        self.write(
            ".chant/agents.md",
            &format!("---\n{agent}defaults:\n  agent: fake\n---\n"),
        );
    }

    /// Runs the real `chant` here.
    pub fn chant(&self, args: &[&str]) -> Output {
        self.chant_with(|command| {
            command.args(args);
        })
    }

    /// Runs the real `chant` with the command prepared by `prepare`.
    pub fn chant_with(&self, prepare: impl FnOnce(&mut Command)) -> Output {
        let mut command = self.command(chant_bin());
        let piped = std::process::Stdio::piped;
        command.stdin(std::process::Stdio::null());
        command.stdout(piped()).stderr(piped());
        prepare(&mut command);
        let output = patience::output(&mut command);
        Output {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Default for TestRepo {
    fn default() -> Self {
        Self::new()
    }
}

/// The binary under test: `CHANT_BIN`, else beside the test's own executable.
pub fn chant_bin() -> PathBuf {
    std::env::var_os("CHANT_BIN").map_or_else(|| beside_the_test("chant"), PathBuf::from)
}

/// The fake agent, beside the test's own executable; `cargo build -p chant-testkit` makes it.
pub fn fake_agent_bin() -> PathBuf {
    beside_and_there("fake-agent")
}

/// The fake agent that speaks the Agent Client Protocol, beside it. See `src/bin/fake-acp.rs` for what a script is.
pub fn fake_acp_bin() -> PathBuf {
    beside_and_there("fake-acp")
}

fn beside_and_there(name: &str) -> PathBuf {
    let path = beside_the_test(name);
    assert!(
        path.exists(),
        "{} is missing: cargo build -p chant-testkit",
        path.display()
    );
    path
}

fn beside_the_test(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the test's own path");
    let profile = test
        .parent()
        .and_then(Path::parent)
        .expect("target/<profile>/deps");
    profile.join(name)
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        let name = path
            .strip_prefix(root)
            .expect("below the root")
            .to_string_lossy()
            .into_owned();
        let kind = entry.file_type().expect("a kind");
        if name == ".git" {
        } else if kind.is_dir() {
            collect(root, &path, files);
        } else if kind.is_symlink() {
            let target = std::fs::read_link(&path).expect("a link");
            files.insert(name, target.to_string_lossy().into_owned().into_bytes());
        } else {
            files.insert(name, std::fs::read(&path).unwrap_or_default());
        }
    }
}

/// What a run of `chant` printed and how it ended.
#[derive(Debug)]
#[must_use]
pub struct Output {
    /// The exit status; none where a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Output {
    /// Asserts that it succeeded.
    #[track_caller]
    pub fn ok(&self) -> &Self {
        self.fails(0)
    }

    /// Asserts its exit status.
    #[track_caller]
    pub fn fails(&self, code: i32) -> &Self {
        assert_eq!(
            self.code,
            Some(code),
            "stdout:\n{}\nstderr:\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// Asserts that a signal ended it.
    #[track_caller]
    pub fn signalled(&self) -> &Self {
        assert_eq!(
            self.code, None,
            "stdout:\n{}\nstderr:\n{}",
            self.stdout, self.stderr
        );
        self
    }

    /// Its output as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| {
            panic!(
                "{error}\nstdout:\n{}\nstderr:\n{}",
                self.stdout, self.stderr
            )
        })
    }
}
