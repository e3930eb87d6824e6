//! What tests of real agents share: a repository, a scripted model, an agent that is told to ask it, and what is looked at
//! afterwards.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use chant_testkit::model::ScriptedModel;
use chant_testkit::patience::{LONGEST, ended};
use chant_testkit::{Output, TestRepo, chant_bin, family};
use serde_json::{Value, json};

/// The spec that most tests work.
pub(crate) const ID: &str = "001-greeting";

/// Its file.
const SPEC: &str = ".chant/specs/001-greeting.md";

/// A spec with this id; its work is a file of that name.
fn spec() -> &'static str {
    "---\ntype: code\nstatus: pending\n---\n\n# Write a greeting\n\n## Acceptance Criteria\n\n- [ ] it is written\n"
}

/// Honest work at the spec, as one shell command.
pub(crate) fn honest(id: &str) -> String {
    format!(
        "echo hello > {id}.txt && sed -i 's/- \\[ \\]/- [x]/' .chant/specs/{id}.md && git add -A \
         && git commit -qm 'write {id}' && echo all is committed"
    )
}

/// Honest work at one spec: a call of the shell, and a last word.
pub(crate) fn honest_turns() -> Value {
    json!([{ "sh": honest(ID) }, { "text": "It is written." }])
}

/// An agent of this machine: its kind, and how its settings name the model's address.
pub(crate) trait Client {
    /// The entry under `agents:`, without its name.
    fn entry(&self, base_url: &str) -> Value;
}

/// One test's surroundings.
pub(crate) struct Scene {
    pub(crate) repo: TestRepo,
    pub(crate) model: ScriptedModel,
}

impl Scene {
    /// One spec, and an agent that asks a model with this script.
    pub(crate) fn new(client: &impl Client, script: &Value) -> Self {
        let model = ScriptedModel::start(script);
        let repo = TestRepo::new();
        repo.chant(&["init", "--name", "sample"]).ok();
        repo.write(SPEC, spec());
        let scene = Self { repo, model };
        scene.set_agent(client);
        scene
    }

    /// Writes the agent's settings; JSON is YAML too.
    pub(crate) fn set_agent(&self, client: &impl Client) {
        let mut entry = client.entry(&self.model.base_url());
        entry["name"] = json!("real");
        let settings = format!("---\nagents: [{entry}]\ndefaults: {{agent: real}}\n---\n");
        self.repo.write(".chant/agents.md", &settings);
    }

    /// Adds one more spec like the first.
    pub(crate) fn add(&self, id: &str) {
        self.repo.write(&format!(".chant/specs/{id}.md"), spec());
    }

    /// `chant work` of the spec.
    pub(crate) fn work(&self) -> Output {
        self.repo.chant(&["work", ID])
    }

    /// `chant work` of the spec in the background.
    pub(crate) fn begin(&self) -> Child {
        let mut command = self.repo.command(chant_bin());
        command
            .args(["work", ID])
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.spawn().unwrap()
    }

    /// The spec's state in `chant list`.
    pub(crate) fn state(&self) -> String {
        let list = self.repo.chant(&["list", "--json"]).json();
        let all = list["data"].as_array().unwrap();
        let spec = all.iter().find(|spec| spec["id"] == ID).unwrap();
        spec["status"].as_str().unwrap().to_owned()
    }

    /// The newest run of the spec, as `chant log --json` tells it.
    pub(crate) fn log(&self) -> Value {
        self.repo.chant(&["log", ID, "--json"]).json()["data"].clone()
    }

    /// The worktree of the only run.
    pub(crate) fn worktree(&self) -> Option<PathBuf> {
        let listed = self.repo.git(&["worktree", "list", "--porcelain"]);
        let paths = listed
            .lines()
            .filter_map(|line| line.strip_prefix("worktree "));
        let mut others = paths.skip(1).filter(|path| !path.contains("/.checks/"));
        others.next().map(|path| Path::new(path).to_owned())
    }

    /// Processes that live and belong to this test's home: an agent's, its tools', chant's own.
    pub(crate) fn alive(&self) -> Vec<family::Member> {
        family::with_variable(&format!("HOME={}", self.repo.home().display()))
    }

    /// Asserts that nothing of the agent is left; what was killed may take a moment to be gone.
    #[track_caller]
    pub(crate) fn assert_nothing_lives(&self) {
        eventually("every process to be gone", || self.alive().is_empty());
    }

    /// Asserts that specs landed, each once, and nothing is left of their runs.
    #[track_caller]
    pub(crate) fn assert_landed(&self, ids: &[&str]) {
        let trailers = "--format=%(trailers:key=Chant-Spec,valueonly)";
        let landings = self.repo.git(&["log", trailers, "main"]);
        let mut landed: Vec<&str> = landings.split_whitespace().collect();
        landed.sort_unstable();
        assert_eq!(landed, ids);
        for id in ids {
            assert_eq!(
                self.repo.git(&["show", &format!("main:{id}.txt")]),
                "hello\n"
            );
        }
        assert_eq!(self.worktree(), None);
        self.assert_nothing_lives();
    }
}

/// Waits for something that happens in another process.
#[track_caller]
pub(crate) fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + LONGEST;
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain for: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Waits for a command in the background and says how it ended.
#[track_caller]
pub(crate) fn code(child: &mut Child) -> Option<i32> {
    ended(child).code()
}
