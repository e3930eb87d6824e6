//! Which agent goes on where one is refused, paused or not there: in the order of the settings, and remembered.

use chant_testkit::{Output, TestRepo};

use crate::support::*;

/// Writes down that it was asked, and is refused while there is a moment until which it is; else does honest work.
const AGENT: &str = r#"
name=$1
echo "$name" >> "$HOME/asked"
if [ -e "$HOME/full-$name" ]; then
  echo "{\"kind\":\"limit\",\"reason\":\"plan limit reached\",\"until\":\"$(cat "$HOME/full-$name")\"}"
  exit 1
fi
echo hello > "$CHANT_SPEC_ID.txt"
sed -i 's/- \[ \]/- [x]/' "$CHANT_SPEC_FILE"
git add -A
git commit -q -m "by $name"
"#;

const NOON: &str = "2026-11-21T12:00:00Z";
const TWO: &str = "2026-11-21T14:00:00Z";

/// Three agents; `one` works, and the others step in for it in their order.
fn three() -> TestRepo {
    let repo = with_agent(AGENT);
    let script = repo.home().join("agent.sh");
    let agents = ["one", "two", "three"].map(|name| {
        let script = script.display();
        format!("  - {{name: {name}, kind: command, command: [sh, {script}, {name}]}}\n")
    });
    let settings = "defaults: {agent: one, fallback: [two, three]}\n";
    repo.write(
        ".chant/agents.md",
        &format!("---\nagents:\n{}{settings}---\n", agents.concat()),
    );
    repo.write(".chant/specs/002-next.md", &spec(""));
    repo
}

/// From now on these agents are refused until then.
fn refuse(repo: &TestRepo, names: &[&str], until: &str) {
    for name in names {
        std::fs::write(repo.home().join(format!("full-{name}")), until).unwrap();
    }
}

fn work_at(repo: &TestRepo, now: &str, args: &[&str]) -> Output {
    repo.chant_with(|command| {
        command.arg("work").args(args).env("CHANT_NOW", now);
    })
}

/// Who was asked since this was last looked at, in order.
fn asked(repo: &TestRepo) -> Vec<String> {
    let path = repo.home().join("asked");
    let asked = std::fs::read_to_string(&path).unwrap_or_default();
    let _ = std::fs::remove_file(path);
    asked.lines().map(str::to_owned).collect()
}

#[test]
fn agents_step_in_one_after_another_and_the_next_spec_begins_with_who_is_left() {
    let repo = three();
    refuse(&repo, &["one", "two"], TWO);
    work_at(&repo, NOON, &[ID]).ok();
    assert_eq!(asked(&repo), ["one", "two", "three"]);
    let next = work_at(&repo, NOON, &["002-next"]);
    next.ok();
    assert_eq!(
        asked(&repo),
        ["three"],
        "the others are known to be refused"
    );
    let shown = repo.chant(&["log", "002-next", "--json"]).json();
    assert!(shown.to_string().contains("three"), "{shown}");

    for name in ["one", "two"] {
        std::fs::remove_file(repo.home().join(format!("full-{name}"))).unwrap();
    }
    repo.write(".chant/specs/003-later.md", &spec(""));
    work_at(&repo, TWO, &["003-later"]).ok();
    assert_eq!(asked(&repo), ["one"], "its limit is renewed");
}

#[test]
fn where_all_are_refused_the_run_waits_for_the_first_that_is_renewed() {
    let repo = three();
    refuse(&repo, &["one", "three"], "2026-11-21T16:00:00Z");
    refuse(&repo, &["two"], TWO);
    let parked = work_at(&repo, NOON, &[ID]);
    parked.fails(4);
    assert_eq!(asked(&repo), ["one", "two", "three"]);
    let says = "parked: until 14:00, then with agent two; limit of agent three";
    assert!(parked.stderr.contains(says), "{}", parked.stderr);
    work_at(&repo, "2026-11-21T13:59:00Z", &[ID]).fails(4);
    assert_eq!(asked(&repo), [""; 0], "nobody is asked before");
    std::fs::remove_file(repo.home().join("full-two")).unwrap();
    work_at(&repo, TWO, &[ID]).ok();
    assert_eq!(asked(&repo), ["two"]);
}

#[test]
fn an_agent_named_on_the_command_line_is_meant_and_nobody_steps_in() {
    let repo = three();
    refuse(&repo, &["one"], TWO);
    let parked = work_at(&repo, NOON, &[ID, "--agent", "one"]);
    parked.fails(4);
    assert_eq!(asked(&repo), ["one"]);
    assert!(
        parked
            .stderr
            .contains("parked: until 14:00, limit of agent one"),
        "{}",
        parked.stderr
    );
    work_at(&repo, NOON, &[ID, "--agent", "three"]).ok();
    assert_eq!(asked(&repo), ["three"]);
    work_at(&repo, NOON, &["002-next"]).ok();
    assert_eq!(asked(&repo), ["two"], "of one it is known by now");
}

#[test]
fn a_paused_run_goes_on_with_its_own_agent_and_not_with_whose_turn_it_is() {
    let repo = three();
    let waits = r#"
echo "$1" >> "$HOME/asked"
[ -e "$HOME/go-on" ] || { touch "$HOME/waits"; sleep 600; }
"#;
    let script = repo.home().join("agent.sh");
    std::fs::write(&script, format!("set -e\n{waits}{HONEST}")).unwrap();
    let own = repo.file(".chant/agents.md");
    let turns = own.replace(
        "agent: one, fallback: [two, three]",
        "agent: [one, two, three]",
    );
    repo.write(".chant/agents.md", &turns);
    for _ in 0..2 {
        let mut child = repo.command(chant_testkit::chant_bin());
        let mut child = child.args(["work", ID]).spawn().unwrap();
        crate::stop::eventually("the agent to wait", || repo.home().join("waits").exists());
        repo.chant(&["pause", ID]).ok();
        assert_eq!(crate::stop::ended(&mut child).code(), Some(130));
        std::fs::remove_file(repo.home().join("waits")).unwrap();
    }
    std::fs::write(repo.home().join("go-on"), "").unwrap();
    work(&repo).ok();
    let asked = asked(&repo);
    assert_eq!(asked.len(), 3);
    assert!(asked.iter().all(|name| *name == asked[0]), "{asked:?}");
}

#[test]
fn a_name_that_is_no_agents_is_told_with_the_nearest() {
    let repo = three();
    let own = repo.file(".chant/agents.md");
    let typos = own.replace("fallback: [two, three]", "fallback: [tow, three]");
    let rule = "choose: [{label: docs, agent: [one, thre]}]\n---\n";
    repo.write(
        ".chant/agents.md",
        &typos
            .replace("---\n\n", "")
            .replacen("}\n---\n", &format!("}}\n{rule}"), 1),
    );
    let shown = repo.chant(&["config"]);
    let said = shown.ok().stdout.clone() + &shown.stderr;
    for part in [
        "no agent `tow`",
        "did you mean `two`?",
        "no agent `thre`",
        "did you mean `three`?",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let output = repo.chant(&["work", ID, "--agent", "thre"]);
    output.fails(3);
    assert!(
        output.stderr.contains("did you mean `three`?"),
        "{}",
        output.stderr
    );
}

#[test]
fn what_no_run_can_use_up_is_not_counted() {
    let repo = with_agent(&format!(
        r#"
echo '{{"kind":"usage","input":18446744073709551615,"output":7}}'
echo '{{"kind":"cost","usd":1e308}}'
echo '{{"kind":"usage","input":10,"output":5}}'
echo '{{"kind":"cost","usd":0.25}}'
echo '{{"kind":"usage","input":18446744073709551615,"output":7}}'
echo '{{"kind":"cost","usd":-3}}'
{HONEST}"#
    ));
    let worked = work(&repo);
    assert!(
        worked.ok().stdout.contains("10 tokens in, 5 out, $0.25"),
        "{}",
        worked.stdout
    );
    let cost = repo.chant(&["cost", "--json"]);
    assert_eq!(cost.json()["data"]["total"]["usd"], 0.25);
    assert!(
        repo.chant(&["log", ID, "--json"])
            .ok()
            .stdout
            .contains("a count that cannot be")
    );
}

#[test]
fn what_git_says_at_every_commit_is_no_reason() {
    let repo = with_agent(
        "echo 'no disk left' >&2\necho \"error: Unable to create '/r/.git/packed-refs.lock': Permission denied\" >&2\nexit 3\n",
    );
    let output = work(&repo);
    output.fails(1);
    assert!(
        output.stderr.contains("exited with 3: no disk left"),
        "{}",
        output.stderr
    );
}

/// A model is a name that its maker's agents know: whoever steps in is asked for its own.
#[test]
fn the_model_of_a_spec_is_not_asked_of_another_makers_agent() {
    let repo = three();
    let own = repo.file(".chant/agents.md");
    let own = own
        .replace("{name: two, ", "{name: two, model: of-two, ")
        .replace("agent: one,", "agent: one, model: of-all,");
    repo.write(".chant/agents.md", &own);
    let model = |id: &str| {
        let format = "--format=%(trailers:key=Chant-Model,valueonly)";
        let range = [
            "log",
            "-1",
            format,
            "--grep",
            &format!("Chant-Spec: {id}"),
            "main",
        ];
        repo.git(&range).trim().to_owned()
    };
    for (number, full, expected) in [
        (1, &[][..], "of-spec"),
        (2, &["one"], "of-two"),
        (3, &["two"], ""),
    ] {
        let id = format!("10{number}-model");
        repo.write(&format!(".chant/specs/{id}.md"), &spec("model: of-spec\n"));
        refuse(&repo, full, TWO);
        work_at(&repo, NOON, &[&id]).ok();
        assert_eq!(model(&id), expected, "{id}");
    }
    assert_eq!(asked(&repo), ["one", "one", "two", "two", "three"]);
    // By name it is another's just as well; said with it, the model is meant.
    repo.write(".chant/specs/104-model.md", &spec("model: of-spec\n"));
    repo.chant(&["work", "104-model", "--agent", "three", "--model", "said"])
        .ok();
    assert_eq!(model("104-model"), "said");
}

/// What waits for a place was chosen an agent before that one was refused.
#[test]
fn what_many_at_once_have_not_begun_goes_to_the_agent_that_steps_in() {
    let repo = three();
    repo.write(".chant/specs/003-last.md", &spec(""));
    refuse(&repo, &["one"], TWO);
    work_at(&repo, NOON, &["--chain", ID, "002-next", "003-last"]).ok();
    assert_eq!(asked(&repo), ["one", "two", "two", "two"]);
}
