//! chant's own agent, over both protocols that it speaks.

mod bounds;
mod endings;
mod refusals;

use chant_testkit::TestRepo;
use chant_testkit::model::ScriptedModel;
use serde_json::{Value, json};

use crate::both::Page;
use crate::scene::*;

/// The key that it is given; it must never be seen again.
const KEY: &str = "sk-scripted-0123456789";

/// The agent as a test calls it: quickly discouraged.
struct Builtin {
    provider: &'static str,
    more: Value,
}

impl Builtin {
    fn new(provider: &'static str) -> Self {
        Self {
            provider,
            more: json!({}),
        }
    }
}

impl Client for Builtin {
    fn entry(&self, base_url: &str) -> Value {
        let mut entry = json!({
            "kind": "builtin",
            "provider": self.provider,
            "base_url": base_url,
            "model": "scripted-model",
            "key_env": "SCRIPTED_KEY",
            "env": { "SCRIPTED_KEY": KEY },
            "args": ["--tries", "3", "--first-wait-ms", "1"],
        });
        for (key, value) in self.more.as_object().unwrap() {
            entry[key] = value.clone();
        }
        entry
    }
}

/// What a refused run comes to at once: nobody waits here for a provider.
const NO_WAIT: &str = "limits: {backoff: none}\n";

/// A scene with more lines in the settings.
fn scene(client: &Builtin, script: &Value, settings: &str) -> Scene {
    let scene = Scene::new(client, script);
    let entry = client.entry(&scene.model.base_url());
    write_settings(&scene.repo, entry, settings);
    scene
}

fn write_settings(repo: &TestRepo, mut entry: Value, settings: &str) {
    entry["name"] = json!("real");
    let text = format!("---\nagents: [{entry}]\ndefaults: {{agent: real}}\n{settings}---\n");
    repo.write(".chant/agents.md", &text);
}

/// A test over both protocols.
fn over_both(test: impl Fn(&Builtin)) {
    for provider in ["openai", "anthropic"] {
        test(&Builtin::new(provider));
    }
}

/// Honest work after these turns.
fn then_honest(first: &[Value]) -> Value {
    let honest = honest_turns();
    let honest = honest.as_array().unwrap();
    first.iter().chain(honest).cloned().collect()
}

/// What the agent told in the newest run, by the kind of event.
fn told(scene: &Scene, kind: &str) -> Vec<Value> {
    let log = scene.log();
    let events = log["events"].as_array().unwrap().iter();
    let told = events.filter(|event| event["event"] == "agent" && event["kind"] == kind);
    told.cloned().collect()
}

fn texts(scene: &Scene, kind: &str, field: &str) -> String {
    let all: Vec<String> = told(scene, kind)
        .iter()
        .map(|event| event[field].as_str().unwrap().to_owned())
        .collect();
    all.join("\n")
}

#[test]
fn works_the_demo() {
    let page = Page {
        name: "builtin",
        agent: "local",
        program: None,
        key: ("OPENAI_API_KEY", KEY),
    };
    page.works_the_demo();
}

#[test]
fn works_and_lands() {
    over_both(|client| {
        let scene = scene(client, &honest_turns(), "");
        scene.work().ok();
        scene.assert_landed(&[ID]);
        scene.model.assert_done();
        let asked = &scene.model.requests()[0];
        let key = match client.provider {
            "openai" => asked.headers["authorization"].clone(),
            _ => asked.headers["x-api-key"].clone(),
        };
        assert!(key.ends_with(KEY), "{key}");
        assert_eq!(asked.body["model"], "scripted-model");
        assert_eq!(asked.body["stream"], true);
    });
}

#[test]
fn every_tool_is_used_and_several_in_one_answer() {
    let first = json!({"calls": [
        {"call": {"name": "write_file", "input": {"path": "src/a.txt", "content": "one\ntwo\n"}}},
        {"call": {"name": "edit_file", "input": {"path": "src/a.txt", "old": "two", "new": "three"}}},
        {"call": {"name": "read_file", "input": {"path": "src/a.txt"}}},
        {"call": {"name": "search", "input": {"pattern": "thr.e"}}},
    ]});
    let second = json!({"sh": honest(ID), "expect": "src/a.txt:2: three"});
    let last = json!({"call": {"name": "finish", "input": {"done": true, "summary": "Written."}}});
    let script = json!([first, second, last]);
    over_both(|client| {
        let scene = scene(client, &script, "");
        scene.work().ok();
        scene.assert_landed(&[ID]);
        scene.model.assert_done();
        assert_eq!(scene.repo.git(&["show", "main:src/a.txt"]), "one\nthree\n");
        let changed: Vec<_> = told(&scene, "file_change")
            .iter()
            .map(|event| event["change"].clone())
            .collect();
        assert_eq!(changed, ["create", "update"]);
        assert!(texts(&scene, "text", "text").contains("Written."));
    });
}

#[test]
fn mistakes_of_the_model_are_told_to_it() {
    let script = json!([
        {"calls": [
            {"call": {"name": "launch", "input": {}}},
            {"call": {"name": "read_file", "input": {"file": "x"}}},
            {"call": {"name": "shell", "input": {"command": "exit 3"}}},
        ]},
        {"sh": honest(ID), "expect": "There is no tool"},
        {"text": "done", "expect": "missing field `path`"},
    ]);
    over_both(|client| {
        let scene = scene(client, &script, "");
        scene.work().ok();
        scene.assert_landed(&[ID]);
        scene.model.assert_done();
        assert!(texts(&scene, "tool_result", "text").contains("[exit status: 3]"));
    });
}

#[test]
fn tokens_and_cost_are_right_to_the_digit() {
    let usage = |input, output, read, write| json!({"in": input, "out": output, "cache_read": read, "cache_write": write});
    let prices = "prices:\n  scripted-model: {in: 3, out: 15, cached: 0.30}\n";
    let check = |client: &Builtin, first: Value, second: Value, dollars: f64, sum: Value| {
        let script = json!([
            {"sh": honest(ID), "usage": first},
            {"text": "done", "usage": second},
        ]);
        let scene = scene(client, &script, prices);
        scene.work().ok();
        let last = told(&scene, "usage").pop().unwrap();
        for key in ["input", "output", "cache_read", "cache_write"] {
            assert_eq!(last[key], sum[key], "{key} of {last}");
        }
        let cost = scene.repo.chant(&["cost", "--json"]).json();
        let usd = cost["data"]["total"]["usd"].as_f64().unwrap();
        assert!(
            (usd - dollars).abs() < 1e-9,
            "{usd} is not {dollars}: {cost}"
        );
    };
    // Anthropic counts what is cached beside the rest, OpenAI as a part of it.
    let anthropic = Builtin::new("anthropic");
    let sum = json!({"input": 3300, "output": 700, "cache_read": 4000, "cache_write": 500});
    check(
        &anthropic,
        usage(1100, 300, 0, 500),
        usage(2200, 400, 4000, 0),
        0.0231,
        sum,
    );
    let openai = Builtin::new("openai");
    let sum = json!({"input": 2300, "output": 700, "cache_read": 1000, "cache_write": 0});
    check(
        &openai,
        usage(1100, 300, 0, 0),
        usage(2200, 400, 1000, 0),
        0.0177,
        sum,
    );
}

#[test]
fn six_work_beside_each_other() {
    let ids: Vec<String> = (1..=6)
        .map(|number| format!("00{number}-greeting"))
        .collect();
    let turns: Vec<Value> = ids
        .iter()
        .flat_map(|id| {
            let only = format!("specs/{id}.md");
            [
                json!({"match": only, "sh": honest(id)}),
                json!({"match": only, "text": "It is written."}),
            ]
        })
        .collect();
    let script = json!({"turns": turns});
    over_both(|client| {
        let scene = scene(client, &script, NO_WAIT);
        for id in &ids[1..] {
            scene.add(id);
        }
        scene.repo.chant(&["work", "--parallel=6"]).ok();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        scene.assert_landed(&ids);
        scene.model.assert_done();
    });
}

#[test]
fn a_bug_is_reproduced_and_fixed() {
    let red = "import unittest\nfrom store import total\n\n\nclass Issue(unittest.TestCase):\n    def test_all(self):\n        self.assertEqual(total([1, 2, 3]), 6, 'an item is lost')\n";
    let tick = |id: &str| {
        format!(
            "sed -i 's/- \\[ \\]/- [x]/' .chant/specs/{id}.md && git add -A && git commit -qm {id}"
        )
    };
    let script = json!([
        {"call": {"name": "read_file", "input": {"path": "store.py"}}},
        {"write": {"path": "tests/test_issue.py", "content": red}, "expect": "items[1:]"},
        {"sh": "python3 -m unittest tests.test_issue; true"},
        {"sh": tick("001-reproduction"), "expect": "an item is lost"},
        {"text": "The test is red for the reported reason."},
        {"call": {"name": "edit_file", "input": {"path": "store.py", "old": "items[1:]", "new": "items"}}},
        {"sh": format!("python3 -m unittest tests.test_issue && {}", tick("002-fix"))},
        {"call": {"name": "finish", "input": {"done": true, "summary": "Every item counts."}}},
    ]);
    over_both(|client| {
        let model = ScriptedModel::start(&script);
        let repo = TestRepo::new();
        repo.chant(&["init", "--name", "store"]).ok();
        repo.write("store.py", "def total(items):\n    return sum(items[1:])\n");
        repo.write("tests/__init__.py", "");
        repo.write(".gitignore", "__pycache__/\n");
        let spec = |id: &str, front: &str| {
            let text = format!(
                "---\nstatus: pending\n{front}---\n\n# An item is lost\n\n## Acceptance Criteria\n\n- [ ] it holds\n"
            );
            repo.write(&format!(".chant/specs/{id}.md"), &text);
        };
        spec(
            "001-reproduction",
            "type: task\nproof:\n  tests: [tests/test_issue.py]\n  run: python3 -m unittest tests.test_issue\n  fails_with: an item is lost\n",
        );
        spec(
            "002-fix",
            "type: code\ndepends_on: [001-reproduction]\nproof: {from: 001-reproduction}\n",
        );
        write_settings(&repo, client.entry(&model.base_url()), NO_WAIT);
        repo.commit("a store with a bug");
        repo.chant(&["trust"]).ok();
        repo.chant(&["work", "001-reproduction"]).ok();
        repo.chant(&["work", "002-fix"]).ok();
        model.assert_done();
        assert!(repo.git(&["show", "main:store.py"]).contains("sum(items)"));
        assert!(
            repo.git(&["show", "main:tests/test_issue.py"])
                .contains("an item is lost")
        );
    });
}
