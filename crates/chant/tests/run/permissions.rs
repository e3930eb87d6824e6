//! What an agent may do unasked, who is asked for the rest, and who can set that.

use chant_testkit::terminal::Terminal;
use chant_testkit::{Output, TestRepo, chant_bin};

use crate::stop::{ended, signal, working};
use crate::support::*;

/// Speaks as claude does on both sides: notes what it was told, asks one question, and works only after a yes.
const ASKS: &str = r#"
read -r hello; read -r task
printf '%s\n' "$hello" "$task" > "$HOME/told"
echo '{"type":"system","subtype":"init","session_id":"s1","model":"m1"}'
echo '{"type":"control_request","request_id":"r1","request":{"subtype":"can_use_tool","tool_name":"Bash","input":{"command":"git commit -m x","note":"'"$SHOP_TOKEN"'"}}}'
read -r answer
printf '%s\n' "$answer" > "$HOME/answer"
case "$answer" in *'"behavior":"allow"'*)
  echo hello > greeting.txt
  sed -i 's/- \[ \]/- [x]/' "$CHANT_SPEC_FILE"
  git add -A; git commit -q -m "chant($CHANT_SPEC_ID): greet";;
esac
echo '{"type":"result","subtype":"success","is_error":false,"terminal_reason":"completed","result":"done","total_cost_usd":0.01,"usage":{}}'
# The other side says that there is no more to come.
cat > "$HOME/rest"
"#;

fn with(settings: &str, script: &str) -> TestRepo {
    let repo = with_agent(script);
    let path = repo.home().join("agent.sh");
    repo.write(
        ".chant/agents.md",
        &format!(
            "---\nagents:\n  - name: asker\n    kind: claude\n    command: [sh, {}]\n{settings}defaults:\n  agent: asker\n---\n",
            path.display()
        ),
    );
    repo
}

/// What the user is told to write down, where that was denied.
const LINE_TO_ADD: &str = "asker was not allowed to use Bash git commit -m x; to allow it, in .chant/agents.md: agents: [{name: asker, allow: ['Bash(git commit -m x)']}]";

/// `chant work` with these arguments, at a terminal with somebody who answers each question with these keys.
fn at_a_terminal(repo: &TestRepo, args: &[&str], answers: &[&str]) -> (String, Option<i32>) {
    let mut command = repo.command(chant_bin());
    command.arg("work").args(args);
    let script: Vec<_> = answers
        .iter()
        .map(|keys| ("May the agent use Bash? git commit -m x", *keys))
        .collect();
    Terminal::new(120, 40).talk(&mut command, &script)
}

/// `chant work` with the sandbox that these tests do without.
fn within_bounds(repo: &TestRepo) -> Output {
    repo.chant_with(|command| {
        command.args(["work", ID]).env_remove("CHANT_SANDBOX");
    })
}

/// Keys: the first answer, and the ones below it.
const NO: &str = "\r";
const YES: &str = "\x1b[B\r";
const ALWAYS: &str = "\x1b[B\x1b[B\r";

fn told(repo: &TestRepo, name: &str) -> String {
    std::fs::read_to_string(repo.home().join(name)).unwrap()
}

#[test]
fn without_a_person_what_is_asked_is_denied_and_told() {
    let repo = with("    permissions: ask\n", ASKS);
    let output = work(&repo);
    output.fails(1);
    assert!(
        output
            .stderr
            .contains("denied  Bash git commit -m x: nobody is there to be asked"),
        "{}",
        output.stderr
    );
    assert!(
        !output.stderr.contains("   asks  "),
        "nobody was asked: {}",
        output.stderr
    );
    assert_eq!(output.stderr.matches(LINE_TO_ADD).count(), 1);
    let answer: serde_json::Value = serde_json::from_str(&told(&repo, "answer")).unwrap();
    assert_eq!(answer["type"], "control_response");
    assert_eq!(answer["response"]["request_id"], "r1");
    assert_eq!(answer["response"]["response"]["behavior"], "deny");
    assert_eq!(told(&repo, "rest"), "", "its input ended after its result");
    let log = repo.chant(&["log", ID, "--json"]).json();
    let events = log["data"]["events"].as_array().unwrap();
    assert!(
        events
            .iter()
            .any(|event| event["kind"] == "permission_denied"),
        "{events:?}"
    );
}

#[test]
fn a_person_at_the_terminal_is_asked() {
    let repo = with("    permissions: ask\n", ASKS);
    let (shown, code) = at_a_terminal(&repo, &[ID], &[YES]);
    assert_eq!(code, Some(0), "{shown}");
    assert_landed_once(&repo);

    let repo = with("    permissions: ask\n", ASKS);
    let (shown, code) = at_a_terminal(&repo, &[ID], &[NO]);
    assert_eq!(code, Some(1), "{shown}");
    assert!(
        shown.contains("Bash git commit -m x: you said no"),
        "{shown}"
    );
    assert!(!shown.contains("to allow it"), "who said no knows: {shown}");
    assert!(told(&repo, "answer").contains("deny"));
}

#[test]
fn a_tool_that_is_allowed_for_the_run_is_not_asked_for_again() {
    let question = ASKS
        .lines()
        .find(|line| line.contains("can_use_tool"))
        .unwrap();
    let twice = format!("read -r answer\n{question}\nread -r answer\n");
    let repo = with(
        "    permissions: ask\n",
        &ASKS.replacen("read -r answer\n", &twice, 1),
    );
    let (shown, code) = at_a_terminal(&repo, &[ID], &[ALWAYS]);
    assert_eq!(code, Some(0), "{shown}");
    assert_landed_once(&repo);
    let repo = with(
        "    permissions: ask\n",
        &ASKS.replacen("read -r answer\n", &twice, 1),
    );
    let (shown, code) = at_a_terminal(&repo, &[ID], &[YES, YES]);
    assert_eq!(code, Some(0), "{shown}");
}

#[test]
fn of_many_at_once_none_is_asked_for_and_each_is_told_with_the_line_to_add() {
    let repo = with("    permissions: ask\n", ASKS);
    let (shown, code) = at_a_terminal(&repo, &["--parallel=2", ID], &[]);
    assert_eq!(code, Some(1), "{shown}");
    let log = repo.chant(&["log", ID]).stdout;
    for text in [&shown, &log] {
        assert!(text.contains(LINE_TO_ADD), "{text}");
    }
}

#[test]
fn everything_within_a_sandbox_needs_one() {
    let repo = with("    permissions: sandbox\n", ASKS);
    let output = work(&repo);
    output.fails(4);
    assert!(
        output
            .stderr
            .contains("(`permissions: sandbox`), and there is none: CHANT_SANDBOX turns it off"),
        "{}",
        output.stderr
    );
    let json = repo.chant(&["work", ID, "--json"]).json();
    assert_eq!(json["error"]["code"], "sandbox-missing");
    assert_eq!(state(&repo), "pending", "nothing was begun");

    let repo = with("    permissions: sandbox\n    sandbox: off\n", ASKS);
    let output = within_bounds(&repo);
    output.fails(4);
    let why = "`sandbox: off` turns it off";
    assert!(output.stderr.contains(why), "{}", output.stderr);
}

#[test]
fn what_the_list_names_is_allowed_and_given_back_as_it_was() {
    let repo = with(
        "    permissions: ask\n    allow: ['Bash(git *)']\n    env_allow: [SHOP_TOKEN]\n",
        ASKS,
    );
    let output = repo.chant_with(|command| {
        command
            .args(["work", ID])
            .env("SHOP_TOKEN", "plum-38-w7-q9");
    });
    output.ok();
    assert_landed_once(&repo);
    let answer: serde_json::Value = serde_json::from_str(&told(&repo, "answer")).unwrap();
    let response = &answer["response"]["response"];
    assert_eq!(response["behavior"], "allow");
    assert_eq!(
        response["updatedInput"],
        serde_json::json!({"command": "git commit -m x", "note": "plum-38-w7-q9"}),
        "redacted is what is kept, not what is done"
    );
    let raw = repo.chant(&["log", ID, "--raw"]).stdout;
    assert!(!raw.contains("plum-38"), "{raw}");
    let told = told(&repo, "told");
    let mut lines = told
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    assert_eq!(lines.next().unwrap()["request"]["subtype"], "initialize");
    let task = lines.next().unwrap();
    assert!(
        task["message"]["content"]
            .as_str()
            .unwrap()
            .contains("Say hello."),
        "{task}"
    );
}

#[test]
fn a_mode_may_be_for_one_type_of_spec() {
    if !chant_os::confine::is_supported() {
        eprintln!("SKIPPED: this system has no sandbox, so an agent that needs one is refused");
        return;
    }
    let modes = "    permissions: {research: ask, code: sandbox}\n    write_allow: ['~']\n";
    let repo = with(modes, ASKS);
    within_bounds(&repo).ok();
    assert_landed_once(&repo);
}

#[test]
fn a_repository_cannot_let_its_agent_do_everything() {
    let repo = with("    permissions: ask\n", ASKS);
    repo.write(
        ".chant/config.md",
        "---\nagents: [{name: asker, permissions: bypass, allow: ['*']}]\n---\n",
    );
    repo.commit("settings");
    work(&repo).fails(1);
    let config = repo.chant(&["config"]);
    config.ok();
    for wish in ["`permissions: bypass`", "`allow`"] {
        let line = config.stderr.lines().find(|line| line.contains(wish));
        let line = line.unwrap_or_else(|| panic!("{wish} in {}", config.stderr));
        assert!(
            line.contains("not taken from a file that others can write"),
            "{line}"
        );
        assert!(line.contains(".chant/config.md"), "{line}");
    }
    assert!(told(&repo, "answer").contains("deny"));
}

#[test]
fn an_agent_that_is_spoken_with_is_stopped_in_words() {
    let script = r#"
read -r hello; read -r task
echo '{"type":"system","subtype":"init","session_id":"s1","model":"m1"}'
trap 'echo signalled > "$HOME/signalled"' INT
echo "I am here" >&2
: > "$HOME/working"
read -r word
printf '%s\n' "$word" > "$HOME/word"
echo '{"type":"result","subtype":"error_during_execution","is_error":true,"terminal_reason":"aborted_tools"}'
"#;
    let repo = with("    permissions: ask\n", script);
    let mut child = working(&repo);
    signal(child.id(), "-INT");
    let _ = ended(&mut child);
    assert_eq!(state(&repo), "paused");
    assert!(told(&repo, "word").contains(r#""subtype":"interrupt""#));
    assert!(!repo.home().join("signalled").exists(), "words were enough");
}
