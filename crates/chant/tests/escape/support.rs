//! A repository, a home with keys in it, and a hostile agent.

use std::path::{Path, PathBuf};

use chant_testkit::{Output, TestRepo};

/// What lies in files that no agent may read.
pub(crate) const KEY: &str = "the-key-of-the-user";

const SPEC: &str = "---\ntype: code\nstatus: pending\n---\n\n# Write a greeting\n\nSay hello.\n\n## Acceptance Criteria\n\n- [ ] it is there\n";

/// The end of every agent's work: what it was to do.
const HONEST: &str = "\ncd \"$CHANT_WORKTREE\"\necho hello > greeting.txt\nsed -i 's/- \\[ \\]/- [x]/' \"$CHANT_SPEC_FILE\"\n";

/// Whether the agent is kept in bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bounds {
    On,
    Off,
}

/// One hostile agent in its surroundings.
pub(crate) struct Cell {
    pub(crate) repo: TestRepo,
}

/// Whether there is a sandbox to be tested. Where the kernel has it, a test that does not find it fails in the project's CI.
pub(crate) fn is_there() -> bool {
    if chant_os::confine::is_supported() {
        return true;
    }
    let kernel_has_it = std::fs::read_to_string("/sys/kernel/security/lsm")
        .is_ok_and(|modules| modules.contains("landlock"));
    assert!(
        !(kernel_has_it && std::env::var_os("CI").is_some()),
        "the kernel has Landlock, and chant does not find it"
    );
    eprintln!("SKIPPED: this system has no sandbox, so nothing was tested");
    false
}

impl Cell {
    pub(crate) fn new() -> Self {
        let repo = TestRepo::new();
        repo.chant(&["init", "--name", "sample"]).ok();
        repo.write(".chant/specs/001-greeting.md", SPEC);
        repo.commit("a spec");
        for file in [
            ".ssh/id_ed25519",
            ".netrc",
            ".config/gh/hosts.yml",
            ".aws/credentials",
        ] {
            write(&repo.home().join(file), KEY);
        }
        write(&repo.home().join("notes.txt"), "no key");
        std::fs::create_dir_all(repo.home().join("other")).unwrap();
        Self { repo }
    }

    /// `chant work` with an agent that runs `script` in a shell and then does what it should. The script finds `$OUT`, a file
    /// in the worktree, for what it has to tell.
    pub(crate) fn work(&self, script: &str, bounds: Bounds) -> Output {
        self.work_with(script, bounds, "", |_| {})
    }

    /// The same, with more keys of the agent and the command prepared.
    pub(crate) fn work_with(
        &self,
        script: &str,
        bounds: Bounds,
        keys: &str,
        prepare: impl FnOnce(&mut std::process::Command),
    ) -> Output {
        let agent = self.repo.home().join("agent.sh");
        write(
            &agent,
            &format!("OUT=\"$CHANT_WORKTREE/told.txt\"\n: > \"$OUT\"\n{script}{HONEST}"),
        );
        self.repo.write(
            ".chant/agents.md",
            &format!(
                "---\nagents:\n  - name: hostile\n    kind: command\n    command: [sh, {}]\n{keys}defaults:\n  agent: hostile\n---\n",
                agent.display()
            ),
        );
        self.repo.chant_with(|command| {
            match bounds {
                Bounds::On => command.env_remove("CHANT_SANDBOX"),
                Bounds::Off => command.env("CHANT_SANDBOX", "off"),
            };
            prepare(command);
            command.args(["work", "001-greeting"]);
        })
    }

    /// What the agent told, which landed with its work.
    pub(crate) fn told(&self) -> String {
        self.repo.file("told.txt")
    }

    pub(crate) fn path(&self, below_home: &str) -> PathBuf {
        self.repo.home().join(below_home)
    }
}

pub(crate) fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// Tries to write a file by `script`, to which its path is `$1`; it has to stay as it is, and to change without the sandbox.
#[track_caller]
pub(crate) fn stays(script: &str, target: impl Fn(&Cell) -> PathBuf) {
    if !is_there() {
        return;
    }
    for bounds in [Bounds::On, Bounds::Off] {
        let cell = Cell::new();
        let target = target(&cell);
        let before = std::fs::read(&target).ok();
        let script = format!("set -- '{}'\n{script}\n", target.display());
        let output = cell.work(&script, bounds);
        let changed = std::fs::read(&target).ok() != before;
        assert_eq!(
            changed,
            bounds == Bounds::Off,
            "{}, with the sandbox {bounds:?}: {}{}",
            target.display(),
            output.stdout,
            output.stderr
        );
        if bounds == Bounds::On {
            output.ok();
        }
    }
}
