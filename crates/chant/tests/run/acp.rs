//! Agents that speak the Agent Client Protocol, played by a program that does it well or badly as a script says.
//!
//! What real ones do is in `tests/agents/acp.rs`.

use chant_testkit::{TestRepo, fake_acp_bin};
use serde_json::{Value, json};

use crate::stop::{ended, eventually, signal, tree_of};
use crate::support::*;

const HONEST_WORK: &str = r#"echo hello > greeting.txt; sed -i 's/- \[ \]/- [x]/' "$CHANT_SPEC_FILE"; git add -A; git commit -q -m work; echo committed"#;

/// A repository with one spec and the fake as its agent.
#[expect(
    clippy::needless_pass_by_value,
    reason = "every caller writes them down on the spot"
)]
fn scene(able: Value, acts: Value) -> TestRepo {
    let repo = TestRepo::new();
    repo.chant(&["init", "--name", "sample"]).ok();
    let script = repo.home().join("acp.json");
    let text = json!({"able": able, "acts": acts}).to_string();
    std::fs::write(&script, text).unwrap();
    configure(&repo, &json!({}));
    repo.write(SPEC, &spec(""));
    repo
}

/// Settings of the agent beside its kind and program.
fn configure(repo: &TestRepo, more: &Value) {
    let mut entry = json!({"name": "fake", "kind": "acp",
                           "command": [fake_acp_bin(), repo.home().join("acp.json")]});
    let (Value::Object(entry), Value::Object(more)) = (&mut entry, more) else {
        panic!("settings are objects");
    };
    entry.extend(more.clone());
    let entry = Value::Object(entry.clone());
    let text = format!("---\nagents: [{entry}]\ndefaults: {{agent: fake}}\n---\n");
    repo.write(".chant/agents.md", &text);
}

/// What the agent was told, as messages.
fn heard(repo: &TestRepo) -> Vec<Value> {
    let text = std::fs::read_to_string(repo.home().join("acp.heard")).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn heard_of(repo: &TestRepo, method: &str) -> Vec<Value> {
    let mut all = heard(repo);
    all.retain(|message| message["method"] == method);
    all
}

/// The agent's events of the newest run, of one kind.
fn events(repo: &TestRepo, kind: &str) -> Vec<Value> {
    let log = repo.chant(&["log", ID, "--json"]).json();
    let events = log["data"]["events"].as_array().unwrap().clone();
    let of_kind = events.into_iter().filter(|event| event["kind"] == kind);
    of_kind.collect()
}

#[track_caller]
fn fails_with(able: Value, acts: Value, reason: &str) -> TestRepo {
    let repo = scene(able, acts);
    let output = work(&repo);
    output.fails(1);
    assert!(output.stderr.contains(reason), "{}", output.stderr);
    assert_eq!(tree_of(&repo), [0; 0]);
    repo
}

#[test]
fn a_commit_lands_and_everything_told_is_there() {
    let acts = json!([
        {"say": "I look "}, {"say": "at it."},
        {"update": {"sessionUpdate": "agent_thought_chunk", "content": {"type": "text", "text": "hm"}}},
        {"update": {"sessionUpdate": "plan", "entries": [{"content": "greet", "priority": "high", "status": "pending"}]}},
        {"shell": ["call-1", HONEST_WORK]},
        {"update": {"sessionUpdate": "usage_update", "used": 10, "size": 100, "cost": {"amount": 0.25, "currency": "USD"}}},
        {"say": "Done."},
        {"answer": {"stopReason": "end_turn", "usage": {"inputTokens": 12, "outputTokens": 34, "cachedReadTokens": 56,
                                                       "totalTokens": 102}}},
    ]);
    let repo = scene(
        json!({"session": {"models": {"currentModelId": "m-1", "availableModels": []}}}),
        acts,
    );
    let output = work(&repo);
    output.ok();
    assert!(
        output.stderr.contains("12 in") || output.stdout.contains("$0.25"),
        "{output:?}"
    );
    assert_landed_once(&repo);
    let texts: Vec<Value> = events(&repo, "text")
        .iter()
        .map(|event| event["text"].clone())
        .collect();
    assert_eq!(texts, ["I look at it.", "Done."]);
    assert_eq!(events(&repo, "thinking").len(), 2);
    assert_eq!(events(&repo, "model")[0]["name"], "m-1");
    let call = &events(&repo, "tool_call")[0];
    assert_eq!(
        (&call["id"], &call["name"]),
        (&json!("call-1"), &json!("execute"))
    );
    assert_eq!(events(&repo, "tool_result")[0]["text"], "committed\n");
    let hello = &heard(&repo)[0]["params"]["clientCapabilities"];
    assert_eq!(hello["fs"]["readTextFile"], false);
    assert_eq!(hello["fs"]["writeTextFile"], false);
    assert_eq!(hello["terminal"], false);
}

#[test]
fn permission_is_given_once_and_by_kind() {
    let options = json!([
        ["no", "allow_always"],
        ["x7", "allow_once"],
        ["yes", "reject_once"]
    ]);
    let repo = scene(
        json!({}),
        json!([{"ask": options}, {"shell": ["c", HONEST_WORK]}]),
    );
    work(&repo).ok();
    let answers: Vec<Value> = heard(&repo)
        .into_iter()
        .filter(|told| told["id"] == "ask-1")
        .collect();
    assert_eq!(
        answers[0]["result"]["outcome"],
        json!({"outcome": "selected", "optionId": "x7"})
    );
    assert_eq!(events(&repo, "tool_call")[0]["input"], "rm -r build");
}

#[test]
fn a_question_without_a_way_to_allow_is_denied_and_told() {
    let acts = json!([{"ask": [["no", "reject_once"]]}, {"shell": ["c", HONEST_WORK]}]);
    let repo = scene(json!({}), acts);
    work(&repo).fails(1);
    let denied = events(&repo, "permission_denied");
    assert_eq!(denied[0]["input"], "rm -r build");
    let answers: Vec<Value> = heard(&repo)
        .into_iter()
        .filter(|told| told["id"] == "ask-1")
        .collect();
    assert_eq!(answers[0]["result"]["outcome"]["outcome"], "cancelled");
}

#[test]
fn what_is_not_known_is_answered_or_kept_and_never_an_error() {
    let acts = json!([
        {"line": "a log line that does not belong here"},
        {"notify": ["_vendor/status", {"kind": "api_key"}]},
        {"request": ["vendor/drain", {}]},
        {"update": {"sessionUpdate": "brand_new", "x": 1}},
        {"update": {"sessionUpdate": "tool_call_update", "toolCallId": "never", "status": "completed", "title": "peek",
                    "kind": "read"}},
        {"shell": ["c", HONEST_WORK]},
    ]);
    let repo = scene(json!({}), acts);
    work(&repo).ok();
    assert_landed_once(&repo);
    let answers: Vec<Value> = heard(&repo)
        .into_iter()
        .filter(|told| told["id"] == "ask-1")
        .collect();
    assert_eq!(answers[0]["error"]["code"], -32601);
    let unknown: Vec<String> = events(&repo, "unknown")
        .iter()
        .map(|event| event["raw"].to_string())
        .collect();
    for part in ["a log line", "_vendor/status", "vendor/drain", "brand_new"] {
        assert!(
            unknown.iter().any(|raw| raw.contains(part)),
            "{part} is not in {unknown:?}"
        );
    }
    assert_eq!(events(&repo, "tool_call")[0]["input"], "peek");
}

#[test]
fn the_end_of_a_turn_is_no_success() {
    fails_with(
        json!({}),
        json!([{"say": "API Error: 401 and I am done"}]),
        "changed nothing",
    );
}

#[test]
fn errors_are_reasons() {
    let overflow = json!([{"fail": [-32603, "Internal error", {"details": "prompt is too long"}]}]);
    fails_with(json!({}), overflow, "prompt is too long");
    let odd = json!([{"answer": {"stopReason": "max_tokens"}}]);
    fails_with(json!({}), odd, "max_tokens");
    let refused = json!({"refuse": [-32000, "Authentication required"],
                         "auth": [{"id": "login", "name": "Log in", "description": "Run `fake login`"}]});
    fails_with(refused, json!([]), "Run `fake login`");
}

#[test]
fn an_agent_that_goes_away_or_is_cut_off_is_told_by_its_exit() {
    fails_with(json!({}), json!([{"exit": 3}]), "exited with 3");
    let repo = fails_with(
        json!({}),
        json!([{"cut_off": null}]),
        "went away in the middle of its turn",
    );
    assert!(
        events(&repo, "unknown")[0]["raw"]
            .as_str()
            .unwrap()
            .contains("session/upd")
    );
}

#[test]
fn an_agent_that_lingers_is_ended_with_the_run() {
    let repo = scene(
        json!({"stays": true}),
        json!([{"shell": ["c", HONEST_WORK]}]),
    );
    work(&repo).ok();
    assert_landed_once(&repo);
    assert_eq!(tree_of(&repo), [0; 0]);
}

#[test]
fn a_flood_is_told_in_parts_and_lands() {
    let repo = scene(
        json!({}),
        json!([{"flood": 20_000}, {"shell": ["c", HONEST_WORK]}]),
    );
    work(&repo).ok();
    assert_landed_once(&repo);
    let told: usize = events(&repo, "text")
        .iter()
        .map(|event| event["text"].as_str().unwrap().len())
        .sum();
    assert!(told > 200_000, "{told}");
}

/// `chant work` in the background, with the agent in the middle of its turn.
fn begun(repo: &TestRepo) -> std::process::Child {
    let mut command = repo.command(chant_testkit::chant_bin());
    command
        .args(["work", ID])
        .stdout(std::process::Stdio::null());
    command.stderr(std::process::Stdio::null());
    let child = command.spawn().unwrap();
    let pid = repo.home().join("pid");
    eventually("the agent to begin", || pid.exists());
    eventually("its conversation to be known", || {
        !events(repo, "session").is_empty()
    });
    child
}

#[test]
fn stopping_cancels_the_turn_and_going_on_resumes_the_conversation() {
    let acts = json!([
        {"once": [{"shell": ["a", "echo half > half.txt"]}, {"tell_pid": "pid"}, "until_cancelled"]},
        {"shell": ["b", HONEST_WORK]},
    ]);
    let repo = scene(json!({"resume": true}), acts);
    let mut child = begun(&repo);
    signal(child.id(), "-INT");
    assert_eq!(ended(&mut child).code(), Some(130));
    assert_eq!(heard_of(&repo, "session/cancel").len(), 1);
    assert_eq!(tree_of(&repo), [0; 0]);
    assert_eq!(state(&repo), "paused");
    work(&repo).ok();
    assert_landed_once(&repo);
    assert_eq!(heard_of(&repo, "session/new").len(), 1);
    assert_eq!(heard_of(&repo, "session/resume").len(), 1);
    let prompts = heard_of(&repo, "session/prompt");
    let said = prompts[1]["params"]["prompt"][0]["text"].as_str().unwrap();
    assert!(said.starts_with("You were stopped"), "{said}");
}

#[test]
fn a_conversation_that_is_loaded_is_not_told_twice() {
    let acts = json!([
        {"once": [{"tell_pid": "pid"}, "hang"]},
        {"shell": ["b", HONEST_WORK]},
    ]);
    let repo = scene(json!({"load": true}), acts);
    let mut child = begun(&repo);
    child.kill().unwrap();
    ended(&mut child);
    eventually("the tree to end", || tree_of(&repo).is_empty());
    work(&repo).ok();
    assert_landed_once(&repo);
    assert_eq!(heard_of(&repo, "session/load").len(), 1);
    assert_eq!(events(&repo, "text"), [Value::Null; 0]);
}

#[test]
fn an_agent_that_forgets_is_told_everything_again() {
    let acts = json!([
        {"once": [{"shell": ["a", "echo half > half.txt; rm -f \"$HOME\"/conversation-*"]}, {"tell_pid": "pid"}, "hang"]},
        {"shell": ["b", HONEST_WORK]},
    ]);
    let repo = scene(json!({"load": true}), acts);
    let mut child = begun(&repo);
    child.kill().unwrap();
    ended(&mut child);
    eventually("the tree to end", || tree_of(&repo).is_empty());
    work(&repo).ok();
    assert_landed_once(&repo);
    let warnings = events(&repo, "warning");
    assert!(
        warnings.iter().any(|event| event["text"]
            .as_str()
            .unwrap()
            .contains("no such conversation")),
        "{warnings:?}"
    );
    let prompts = heard_of(&repo, "session/prompt");
    let said = prompts[1]["params"]["prompt"][0]["text"].as_str().unwrap();
    assert!(
        said.contains("Write a greeting") && said.contains("begun already"),
        "{said}"
    );
}

#[test]
fn an_agent_that_ignores_the_wish_to_stop_is_ended() {
    let repo = scene(json!({}), json!([{"tell_pid": "pid"}, "hang"]));
    let mut child = begun(&repo);
    signal(child.id(), "-INT");
    signal(child.id(), "-INT");
    assert_eq!(ended(&mut child).code(), Some(130));
    assert_eq!(tree_of(&repo), [0; 0]);
}

#[test]
fn a_model_is_asked_for_where_it_is_offered() {
    let offer = json!({"configOptions": [{"id": "llm", "category": "model", "type": "select", "currentValue": "small",
                                          "options": [{"value": "small", "name": "S"}, {"value": "large", "name": "L"}]}]});
    let repo = scene(
        json!({"session": offer}),
        json!([{"shell": ["c", HONEST_WORK]}]),
    );
    configure(&repo, &json!({"model": "large"}));
    work(&repo).ok();
    let asked = &heard_of(&repo, "session/set_config_option")[0]["params"];
    assert_eq!(
        (&asked["configId"], &asked["value"]),
        (&json!("llm"), &json!("large"))
    );
    assert_eq!(events(&repo, "model")[0]["name"], "large");
}

#[test]
fn a_model_that_is_not_offered_is_a_warning_with_what_is() {
    let offer = json!({"models": {"currentModelId": "small", "availableModels": [{"modelId": "small", "name": "S"}]}});
    let repo = scene(
        json!({"session": offer}),
        json!([{"shell": ["c", HONEST_WORK]}]),
    );
    configure(&repo, &json!({"model": "large"}));
    let output = work(&repo);
    output.ok();
    assert!(
        output
            .stderr
            .contains("does not offer the model large; it offers small"),
        "{}",
        output.stderr
    );
}

#[test]
fn an_agent_of_that_kind_needs_a_command_and_the_named_ones_do_not() {
    let repo = scene(json!({}), json!([]));
    repo.write(
        ".chant/agents.md",
        "---\nagents: [{name: a, kind: acp}]\ndefaults: {agent: a}\n---\n",
    );
    let output = work(&repo);
    output.fails(5);
    assert!(
        output.stderr.contains("set `command:`"),
        "{}",
        output.stderr
    );
    for (kind, how) in [
        ("gemini", "npm install -g @google/gemini-cli"),
        ("goose", "install goose from its makers"),
    ] {
        repo.write(
            ".chant/agents.md",
            &format!("---\ndefaults: {{agent: {kind}}}\n---\n"),
        );
        let output = repo.chant_with(|command| {
            command.args(["work", ID]).env("PATH", "/usr/bin:/bin");
        });
        assert!(output.stderr.contains(how), "{}", output.stderr);
    }
}
