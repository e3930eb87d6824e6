//! What these tests share: a repository with several specs, each with a script for its agent, and what must be true at the end.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use chant_testkit::crew::{self, LABEL, ledger_file, scripts};
use chant_testkit::family::{self, Member};
use chant_testkit::{Output, TestRepo, chant_bin, fake_agent_bin};
use serde_json::{Value, json};

/// Long enough for a loaded machine; no test waits for it when all is well.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// Several specs with their agents.
pub(crate) struct Many {
    pub(crate) repo: TestRepo,
}

impl Many {
    /// One spec for each script.
    pub(crate) fn with(specs: &[(&str, Value)]) -> Self {
        Self::with_settings("", specs)
    }

    /// The same with more lines for this machine's settings.
    pub(crate) fn with_settings(settings: &str, specs: &[(&str, Value)]) -> Self {
        let many = Self {
            repo: TestRepo::new(),
        };
        let repo = &many.repo;
        repo.chant(&["init", "--name", "sample"]).ok();
        fs::create_dir_all(scripts(repo)).unwrap();
        for (id, script) in specs {
            many.script(id, script);
            repo.write(&spec_path(id), &spec(""));
        }
        let command = json!([fake_agent_bin(), scripts(repo)]);
        let agents = format!(
            "agents:\n  - name: fake\n    kind: command\n    command: {command}\ndefaults:\n  agent: fake\n"
        );
        repo.write(".chant/agents.md", &format!("---\n{agents}{settings}---\n"));
        repo.commit("specs");
        many
    }

    /// Replaces the script of a spec's agent.
    pub(crate) fn script(&self, id: &str, script: &Value) {
        let path = scripts(&self.repo).join(format!("{id}.json"));
        fs::write(path, with_log(script, &self.repo).to_string()).unwrap();
    }

    /// `chant work` of all of them, at once.
    pub(crate) fn work(&self) -> Output {
        self.repo.chant(&WORK)
    }

    /// The same in the background.
    pub(crate) fn working(&self, name: &str) -> Child {
        self.working_with(name, |_| ())
    }

    /// The same, with the command prepared.
    pub(crate) fn working_with(
        &self,
        name: &str,
        prepare: impl FnOnce(&mut std::process::Command),
    ) -> Child {
        let mut command = self.repo.command(chant_bin());
        command.args(WORK).stdout(Stdio::null());
        command.stderr(fs::File::create(self.file(name)).unwrap());
        prepare(&mut command);
        command.spawn().unwrap()
    }

    /// What a command in the background has said.
    pub(crate) fn said(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap_or_default()
    }

    /// A file for agents and tests to meet at.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.repo.home().join(name)
    }

    /// Lets go whoever waits for this file.
    pub(crate) fn let_go(&self, name: &str) {
        fs::write(self.file(name), "").unwrap();
    }

    /// The status and the reason that `chant list --json` gives.
    pub(crate) fn standing(&self, id: &str) -> (String, String) {
        let list = self.repo.chant(&["list", "--json"]).json();
        let specs = list["data"].as_array().unwrap();
        let spec = specs.iter().find(|spec| spec["id"] == id).unwrap();
        let text = |key: &str| spec[key].as_str().unwrap_or_default().to_owned();
        (text("status"), text("reason"))
    }

    /// Asserts that these landed exactly once, on one line of commits, and that nothing of theirs is left.
    #[track_caller]
    pub(crate) fn assert_landed(&self, ids: &[&str]) {
        let format = "--format=%(trailers:key=Chant-Spec,valueonly)";
        let landings = self.repo.git(&["log", format, "main"]);
        for id in ids {
            let (status, reason) = self.standing(id);
            assert_eq!(status, "completed", "{id}: {reason}");
            let times = landings
                .split_whitespace()
                .filter(|landed| landed == id)
                .count();
            assert_eq!(times, 1, "{id} landed once: {landings}");
            assert_eq!(
                self.repo.git(&["show", &format!("main:out/{id}.txt")]),
                format!("made for {id}\n")
            );
            let branch = format!("chant/{id}");
            assert_eq!(
                self.repo.git(&["branch", "--list", &branch]),
                "",
                "its branch is gone"
            );
        }
        assert_eq!(
            self.repo.git(&["rev-list", "--merges", "main"]),
            "",
            "one line of commits"
        );
        assert_eq!(
            self.repo.git(&["status", "--porcelain"]),
            "",
            "the checkout follows"
        );
    }

    /// Asserts that an agent was started so often for a spec.
    #[track_caller]
    pub(crate) fn assert_paid(&self, id: &str, times: usize) {
        let ledger = crew::ledger(&self.repo);
        let begun = ledger
            .iter()
            .filter(|entry| entry.spec == id && entry.word == "begins");
        assert_eq!(begun.count(), times, "{id}: {ledger:?}");
    }

    /// Waits until nothing of this repository runs any more.
    #[track_caller]
    pub(crate) fn assert_quiet(&self) {
        eventually("every process to be gone", || self.processes().is_empty());
    }

    /// The processes that were started with this repository's home.
    pub(crate) fn processes(&self) -> Vec<Member> {
        let home = format!("HOME={}", self.repo.home().display());
        family::with_variable(&home)
    }
}

const WORK: [&str; 4] = ["work", "--parallel=4", "--label", LABEL];

/// Where a spec's file is.
pub(crate) fn spec_path(id: &str) -> String {
    format!(".chant/specs/{id}.md")
}

/// A spec with more lines of frontmatter.
pub(crate) fn spec(frontmatter: &str) -> String {
    format!(
        "---\ntype: code\nstatus: pending\nlabels: [{LABEL}]\n{frontmatter}---\n\n# Do it\n\n## Acceptance Criteria\n\n- [ ] It is there\n"
    )
}

/// Does the work of a spec.
pub(crate) fn honest(id: &str) -> Value {
    json!([{"write": {format!("out/{id}.txt"): format!("made for {id}\n")}}, "tick_all"])
}

/// Does this first, then the work.
pub(crate) fn first(actions: Value, id: &str) -> Value {
    let Value::Array(mut all) = actions else {
        panic!("a list of actions");
    };
    let Value::Array(work) = honest(id) else {
        panic!("a list of actions");
    };
    all.extend(work);
    Value::Array(all)
}

/// Every agent writes down that it began.
fn with_log(script: &Value, repo: &TestRepo) -> Value {
    let mut all = vec![json!({"log": ["begins", ledger_file(repo)]})];
    all.extend(script.as_array().unwrap().iter().cloned());
    Value::Array(all)
}

#[track_caller]
pub(crate) fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain for: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Waits for a command in the background.
#[track_caller]
pub(crate) fn ended(child: &mut Child) -> Option<i32> {
    chant_testkit::patience::ended(child).code()
}
