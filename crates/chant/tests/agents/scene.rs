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

/// What each spec here is; its work is a file of its own name.
const SPEC: &str = "---\ntype: code\nstatus: pending\n---\n\n# Write a greeting\n\n## Acceptance Criteria\n\n- [ ] it is written\n";

/// Honest work at the spec, as one shell command. That it succeeded is told in words that the command itself does not hold.
pub(crate) fn honest(id: &str) -> String {
    format!(
        "echo hello > {id}.txt && sed -i 's/- \\[ \\]/- [x]/' .chant/specs/{id}.md && git add -A \
         && git commit -qm 'write {id}' && echo {id} is com''mitted"
    )
}

/// Honest work at one spec: a call of the shell, and a last word.
pub(crate) fn honest_turns() -> Value {
    then_honest(&json!([]))
}

/// These turns, and then honest work.
pub(crate) fn then_honest(first: &Value) -> Value {
    let mut turns = first.as_array().cloned().unwrap_or_default();
    turns.push(json!({ "sh": honest(ID) }));
    turns.push(json!({ "text": "It is written." }));
    Value::Array(turns)
}

/// The same turn for ever.
pub(crate) fn for_ever(mut turn: Value) -> Value {
    turn["times"] = json!(40);
    json!([turn])
}

/// A tool that runs until it is ended, and says that it runs; then honest work, in the same session.
pub(crate) fn long_tool_then_honest() -> Value {
    let told = "touch a-tool-is-running";
    json!([
        { "sh": format!("{told}; sleep 600") },
        { "sh": format!("rm a-tool-is-running && {}", honest(ID)), "expect": told },
        { "text": "It is written." },
    ])
}

/// A real agent, as settings name it.
pub(crate) trait Client {
    /// The entry under `agents:`, without its name.
    fn entry(&self, base_url: &str) -> Value;

    /// What has to be in its home before it begins.
    fn prepare(&self, _home: &Path) {}
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
        client.prepare(&repo.home());
        repo.chant(&["init", "--name", "sample"]).ok();
        let scene = Self { repo, model };
        scene.add(ID);
        scene.set(client.entry(&scene.model.base_url()));
        scene
    }

    /// Makes this the agent; JSON is YAML too. A refused agent is tried once more, at once.
    pub(crate) fn set(&self, entry: Value) {
        self.set_with(entry, "");
    }

    /// The same with more lines of settings.
    pub(crate) fn set_with(&self, entry: Value, more: &str) {
        self.repo.write(".chant/agents.md", &settings(entry, more));
    }

    /// Adds one more spec like the first.
    pub(crate) fn add(&self, id: &str) {
        self.repo.write(&format!(".chant/specs/{id}.md"), SPEC);
    }

    /// `chant work` of the spec.
    pub(crate) fn work(&self) -> Output {
        self.repo.chant(&["work", ID])
    }

    /// `chant` within the sandbox that is on for everybody, other than for most tests.
    pub(crate) fn in_bounds(&self, args: &[&str]) -> Output {
        self.repo.chant_with(|command| {
            command.args(args).env_remove("CHANT_SANDBOX");
        })
    }

    /// Asserts that `chant work` does not land the spec, leaves it in this state, and says why.
    #[track_caller]
    pub(crate) fn refused(&self, state: &str, why: &str) {
        let output = self.work();
        output.fails(if state == "failed" { 1 } else { 4 });
        assert!(output.stderr.contains(why), "{why:?} in {}", output.stderr);
        assert_eq!(self.state(), state);
        self.assert_nothing_lives();
    }

    /// `chant work` of the spec in the background.
    pub(crate) fn begin(&self) -> Child {
        let mut command = self.repo.command(chant_bin());
        let command = command.args(["work", ID]);
        let command = command.stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    }

    /// The same, until the agent's tool runs.
    #[track_caller]
    pub(crate) fn begin_until_a_tool_runs(&self) -> Child {
        let child = self.begin();
        // Git is not asked: it is making that worktree.
        let file = Path::new(ID).join("a-tool-is-running");
        let folders = || {
            std::fs::read_dir(self.repo.worktrees())
                .into_iter()
                .flatten()
        };
        let trees = || folders().flatten().map(|folder| folder.path());
        eventually("the tool to run", || {
            trees().any(|tree| tree.join(&file).exists())
        });
        self.wait_for_its_session();
        child
    }

    /// Waits until chant has written down which session it is: on a busy machine a tool may begin before that.
    #[track_caller]
    pub(crate) fn wait_for_its_session(&self) {
        eventually("its session to be known", || {
            !self.said("session").is_empty()
        });
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

    /// What the agent of the newest run said, of one kind.
    pub(crate) fn said(&self, kind: &str) -> Vec<Value> {
        let log = self.log();
        let events = log["events"].as_array().unwrap();
        let said = events
            .iter()
            .filter(|event| event["event"] == "agent" && event["kind"] == kind);
        said.cloned().collect()
    }

    /// What `chant cost` adds up.
    pub(crate) fn cost(&self) -> Value {
        self.repo.chant(&["cost", "--json"]).json()["data"]["total"].clone()
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

    /// Kills chant, its guard, the agent and its tools, so that none of them can tidy up.
    #[track_caller]
    pub(crate) fn kill_everything(&self, child: &mut Child) {
        eventually("every process to be killed", || {
            let alive = self.alive();
            for member in &alive {
                family::kill(member.pid);
            }
            let _ = child.try_wait();
            alive.is_empty()
        });
        ended(child);
    }

    /// Asserts that specs landed, and that the model was asked just what its script says.
    #[track_caller]
    pub(crate) fn assert_all_done(&self, ids: &[&str]) {
        self.assert_landed(ids);
        self.model.assert_done();
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
            let file = self.repo.git(&["show", &format!("main:{id}.txt")]);
            assert_eq!(file, "hello\n");
        }
        assert_eq!(self.worktree(), None);
        self.assert_nothing_lives();
    }
}

/// The user's own settings, with this as the only agent, and more lines of them.
fn settings(mut entry: Value, more: &str) -> String {
    entry["name"] = json!("real");
    format!(
        "---\nagents: [{entry}]\ndefaults: {{agent: real}}\nlimits: {{backoff: [1ms]}}\n{more}---\n"
    )
}

/// A plan that is renewed in two hours: the moment, in seconds, on a whole minute.
pub(crate) fn in_two_hours() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let minutes = now.unwrap().as_secs() / 60 + 120;
    i64::try_from(minutes * 60).unwrap()
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
