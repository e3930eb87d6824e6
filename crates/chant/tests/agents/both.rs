//! What holds for every agent that is driven by its own program: a module of tests for each.

use std::ffi::OsString;
use std::path::Path;

use chant_testkit::patience::ended;
use chant_testkit::{TestRepo, demo, family, model::ScriptedModel};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::scene::*;

/// What a page of `docs/agents` promises to who has a server of their own.
pub(crate) struct Page<'a> {
    /// The page.
    pub(crate) name: &'a str,
    /// The agent that its settings name.
    pub(crate) agent: &'a str,
    /// The program that has to be in `PATH`, by the name that the page calls it by.
    pub(crate) program: Option<(&'a str, &'a Path)>,
    /// The key, in the variable that the page names.
    pub(crate) key: (&'a str, &'a str),
}

/// The address on every page.
const ADDRESS: &str = "http://localhost:8080";

impl Page<'_> {
    /// Its settings for an address of one's own, with this one in its place.
    fn settings(&self, base_url: &str) -> String {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/agents");
        let text = std::fs::read_to_string(docs.join(format!("{}.md", self.name))).unwrap();
        let blocks = text.split("```yaml\n").skip(1);
        let mut blocks = blocks.filter_map(|rest| rest.split_once("```"));
        let (settings, _) = blocks.find(|(block, _)| block.contains(ADDRESS)).unwrap();
        format!("---\n{}---\n", settings.replace(ADDRESS, base_url))
    }

    /// `PATH` with the program in front.
    fn path(&self, home: &Path) -> OsString {
        let folder = home.join("programs");
        std::fs::create_dir_all(&folder).unwrap();
        if let Some((name, program)) = self.program {
            std::os::unix::fs::symlink(program, folder.join(name)).unwrap();
        }
        let usual = chant_testkit::path::without_agents(home);
        let folders = std::iter::once(folder).chain(std::env::split_paths(&usual));
        std::env::join_paths(folders).unwrap()
    }

    /// `chant demo --agent NAME` with those settings as the user's own, a key in the environment and the sandbox on, as
    /// somebody would type it: five phases, reproduction and fix among them, are worked by the agent's own tools and
    /// land.
    pub(crate) fn works_the_demo(&self) {
        let model = ScriptedModel::start(&demo::script());
        let place = TestRepo::folder_only();
        let home = place.home();
        let own = home.join("config/chant/config.md");
        std::fs::create_dir_all(own.parent().unwrap()).unwrap();
        std::fs::write(own, self.settings(&model.base_url())).unwrap();
        let output = place.chant_with(|command| {
            command.args(["demo", "kvstore", "--agent", self.agent]);
            command.env("PATH", self.path(&home));
            command.env(self.key.0, self.key.1);
            command.env_remove("CHANT_SANDBOX");
        });
        output.ok();
        for phase in demo::PHASES {
            let file = format!("main:.chant/specs/{phase}.md");
            let landed = place.git(&["-C", "kvstore", "show", &file]);
            assert!(landed.contains("status: completed"), "{phase}");
        }
        model.assert_done();
        let asked = model.work();
        let headers = &asked[0].headers;
        let is_key = |name: &str| headers.get(name).is_some_and(|v| v.ends_with(self.key.1));
        assert!(
            is_key("authorization") || is_key("x-api-key"),
            "{headers:?}"
        );
    }
}

/// After SIGKILL of chant, guard, agent and tool, the next command goes on in the agent's own session.
pub(crate) fn goes_on_after_sigkill(client: &impl Client) {
    let scene = Scene::new(client, &long_tool_then_honest());
    let mut child = scene.begin_until_a_tool_runs();
    scene.kill_everything(&mut child);
    scene.work().ok();
    scene.assert_all_done(&[ID]);
}

/// A pause in the middle of a tool leaves no process, and the session goes on later.
pub(crate) fn is_paused_and_goes_on(client: &impl Client) {
    let scene = Scene::new(client, &long_tool_then_honest());
    let mut child = scene.begin_until_a_tool_runs();
    scene.repo.chant(&["pause", ID]).ok();
    assert_eq!(ended(&mut child).code(), Some(130));
    scene.assert_nothing_lives();
    assert_eq!(scene.state(), "paused");
    scene.work().ok();
    scene.assert_all_done(&[ID]);
}

/// To the digit: what the model stated, and the sum that the program itself names last.
pub(crate) fn tells_tokens_and_cost(client: &impl Client) {
    let script = json!([
        { "sh": honest(ID), "usage": { "in": 1200, "out": 34, "cache_read": 1000, "cache_write": 70 } },
        { "text": "It is written.", "usage": { "in": 1300, "out": 21, "cache_read": 1100 } },
    ]);
    let scene = Scene::new(client, &script);
    scene.work().ok();
    scene.assert_all_done(&[ID]);
    let usage = scene.said("usage").pop().unwrap();
    let counted = ["input", "output", "cache_read", "cache_write"].map(|kind| usage[kind].clone());
    assert_eq!(counted, [2500, 55, 2100, 70].map(|count| json!(count)));
    let told = scene.said("cost").pop().unwrap()["usd"].as_f64().unwrap();
    let cost = scene.cost();
    assert!(
        (cost["usd"].as_f64().unwrap() - told).abs() < 1e-6,
        "{cost} is not {told}"
    );
    assert!(told > 0.0);
    assert_eq!(cost["output_tokens"], 55);
    assert_eq!(cost["runs_of_unknown_cost"], 0);
}

/// A refusal that passes is waited out: by the agent where it can, else by chant.
pub(crate) fn waits_out(client: &impl Client, refusals: &Value) {
    let scene = Scene::new(client, &then_honest(refusals));
    scene.work().ok();
    scene.assert_all_done(&[ID]);
    assert!(
        !scene.said("retry").is_empty(),
        "the user is told why it took so long"
    );
}

/// A refusal that does not pass parks the run, and says why.
pub(crate) fn is_parked_by(client: &impl Client, refusal: Value, why: &str) {
    Scene::new(client, &for_ever(refusal)).refused("parked", why);
}

/// What no waiting mends fails the run, after few requests, and says why.
pub(crate) fn fails_by(client: &impl Client, refusal: Value, why: &str) {
    let scene = Scene::new(client, &for_ever(refusal));
    scene.refused("failed", why);
    let requests = scene.model.work().len();
    assert!(requests <= 2, "{requests} requests");
}

/// A session that has become too long ends its run; the next attempt begins another.
pub(crate) fn begins_anew_after_an_overflow(client: &impl Client, why: &str) {
    let first = json!({ "sh": "echo draft > draft.txt" });
    // Whatever it asks from then on in this session, to shorten it for example, is too long.
    let overflow = json!({ "error": "context", "match": "echo draft", "times": 20 });
    let scene = Scene::new(client, &then_honest(&json!([first, overflow])));
    scene.refused("failed", why);
    scene.work().ok();
    scene.assert_all_done(&[ID]);
}

/// Interrupted, told to end or killed while a tool runs, chant leaves no process of the agent's, nor any other.
pub(crate) fn leaves_no_process(client: &impl Client) {
    for signal in [Signal::INT, Signal::TERM, Signal::KILL] {
        let scene = Scene::new(client, &long_tool_then_honest());
        let mut child = scene.begin_until_a_tool_runs();
        assert!(family::signal(child.id(), signal));
        ended(&mut child);
        scene.assert_nothing_lives();
    }
}

/// A budget of chant's ends it as soon as it is spent, and its work is kept.
pub(crate) fn chants_budget_ends_it(client: &impl Client, budget: &str) {
    let step = json!({ "sh": "date >> log.txt", "usage": { "in": 10000, "out": 1000 } });
    let scene = Scene::new(client, &for_ever(step));
    scene.set_with(client.entry(&scene.model.base_url()), budget);
    scene.refused("paused", "the budget of this spec is spent");
    assert!(scene.model.work().len() < 20, "it went on");
    assert!(
        scene
            .worktree()
            .is_some_and(|tree| tree.join("log.txt").exists())
    );
}

/// Within the sandbox its work lands. What is outside is neither written nor read, the model is told so, and the user is
/// told which lines would allow it. Without the sandbox the key is read, or the test would prove nothing.
pub(crate) fn is_kept_in_bounds(client: &impl Client) {
    const KEY: &str = "the-key-of-the-user";
    for bounded in [true, false] {
        let tries = "echo x > \"$HOME/outside.txt\"; cat \"$HOME/.ssh/id_ed25519\"; echo tried";
        let scene = Scene::new(client, &then_honest(&json!([{ "sh": tries }])));
        let home = scene.repo.home();
        std::fs::create_dir_all(home.join(".ssh")).unwrap();
        std::fs::write(home.join(".ssh/id_ed25519"), KEY).unwrap();
        let args = ["work", ID];
        let output = if bounded {
            scene.in_bounds(&args)
        } else {
            scene.repo.chant(&args)
        };
        output.ok();
        scene.assert_all_done(&[ID]);
        let asked = scene.model.requests();
        let is_read = asked
            .iter()
            .any(|request| request.body.to_string().contains(KEY));
        assert_eq!(is_read, !bounded, "within bounds: {bounded}");
        if bounded {
            assert!(!home.join("outside.txt").exists(), "it was written");
            let home = home.display();
            for line in [
                format!("agents: [{{name: real, write_allow: [{home}/outside.txt]}}]"),
                format!("agents: [{{name: real, read_allow: [{home}/.ssh/id_ed25519]}}]"),
            ] {
                assert!(
                    output.stderr.contains(&line),
                    "{line:?} in {}",
                    output.stderr
                );
            }
        }
    }
}

/// Six agents of one home at once, each within the sandbox: each lands its own.
pub(crate) fn six_at_once(client: &impl Client) {
    let ids = [
        ID,
        "002-second",
        "003-third",
        "004-fourth",
        "005-fifth",
        "006-sixth",
    ];
    // By what was said so far, and not by count: nobody knows who asks first.
    let turns = |id: &&str| {
        let last = json!({ "match": format!("{id} is committed"), "text": "It is written." });
        [last, json!({ "match": id, "sh": honest(id) })]
    };
    let scene = Scene::new(client, &ids.iter().flat_map(turns).collect());
    for id in &ids[1..] {
        scene.add(id);
    }
    let mut args = vec!["work", "--parallel=6"];
    args.extend(ids);
    scene.in_bounds(&args).ok();
    scene.assert_all_done(&ids);
}

/// A used-up plan parks the run until it is renewed; `--now` goes on before that.
pub(crate) fn is_parked_until(scene: &Scene, seconds: i64) {
    scene.refused("parked", "limit");
    let why = scene.repo.chant(&["work", ID, "--json"]).json();
    let until = why["error"]["details"]["parked_until"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(until, rfc3339(seconds));
    scene.repo.chant(&["work", ID, "--now"]).ok();
    scene.assert_all_done(&[ID]);
}

fn rfc3339(seconds: i64) -> String {
    let date = std::process::Command::new("date")
        .args(["-u", "-d", &format!("@{seconds}"), "+%Y-%m-%dT%H:%M:%SZ"])
        .output()
        .unwrap();
    String::from_utf8_lossy(&date.stdout).trim().to_owned()
}
