//! What holds for every agent that is driven by its own program: a module of tests for each.

use chant_testkit::patience::ended;
use chant_testkit::{TestRepo, demo, model::ScriptedModel};
use serde_json::{Value, json};

use crate::scene::*;

/// The demo's five phases, reproduction and fix among them, are worked by the agent's own tools and land.
pub(crate) fn works_the_demo(client: &impl Client) {
    let model = ScriptedModel::start(&demo::script());
    let place = TestRepo::folder_only();
    let own = place.home().join("config/chant/config.md");
    std::fs::create_dir_all(own.parent().unwrap()).unwrap();
    std::fs::write(own, settings(client.entry(&model.base_url()))).unwrap();
    place.chant(&["demo", "kvstore", "--agent", "real"]).ok();
    let landed = |phase: &str| {
        place.git(&[
            "-C",
            "kvstore",
            "show",
            &format!("main:.chant/specs/{phase}.md"),
        ])
    };
    for phase in demo::PHASES {
        assert!(landed(phase).contains("status: completed"), "{phase}");
    }
    model.assert_done();
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

/// Six agents of one home at once: each lands its own.
pub(crate) fn six_at_once(client: &impl Client) {
    let ids = [
        ID,
        "002-second",
        "003-third",
        "004-fourth",
        "005-fifth",
        "006-sixth",
    ];
    // By what was said so far, and not by count. As a real model would, it tries again where the tool could not begin: the
    // sandboxes of several Codex get in each other's way when they begin at the same moment.
    let turns = |id: &&str| {
        let done = format!("{id} is committed");
        let last = json!({ "match": done, "text": "It is written.", "times": 3 });
        [last, json!({ "match": id, "sh": honest(id), "times": 5 })]
    };
    let scene = Scene::new(client, &ids.iter().flat_map(turns).collect());
    for id in &ids[1..] {
        scene.add(id);
    }
    let mut args = vec!["work", "--parallel=6"];
    args.extend(ids);
    scene.repo.chant(&args).ok();
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
