//! What work has cost, from the journal.

use crate::support::*;

/// Tells what it used, then ends as it is told.
fn telling(lines: &str, then: &str) -> String {
    let lines = lines.lines().map(|line| format!("echo '{}'", line.trim()));
    let lines: Vec<String> = lines.chain([then.to_owned()]).collect();
    lines.join("\n")
}

#[test]
fn costs_are_told_by_phase_label_agent_and_day_with_what_failed() {
    let told = r#"{"kind":"usage","input":1000,"output":200}
        {"kind":"cost","usd":0.5}"#;
    let repo = with_agent(&telling(told, "exit 3"));
    repo.write(SPEC, &spec("labels: [bugs]\n"));
    let at = |now: &str, args: &[&str]| {
        repo.chant_with(|command| {
            command.args(args).env("CHANT_NOW", now);
        })
    };
    at("2026-11-20T12:00:00Z", &["work", ID]).fails(1);
    set_agent(&repo, &telling(told, HONEST));
    at("2026-11-21T12:00:00Z", &["work", ID]).ok();

    let total = |args: &[&str]| {
        let all = [&["cost", "--json"], args].concat();
        at("2026-11-21T13:00:00Z", &all).json()["data"].clone()
    };
    let by_day = total(&["--by", "day"]);
    assert_eq!(by_day["rows"][0]["name"], "2026-11-20");
    assert_eq!(by_day["rows"][0]["failed"]["usd"], 0.5);
    assert_eq!(by_day["rows"][1]["failed"]["runs"], 0);
    assert_eq!(by_day["total"]["usd"], 1.0);
    assert_eq!(by_day["total"]["input_tokens"], 2000);
    assert_eq!(total(&["--by", "phase"])["rows"][0]["name"], "code");
    assert_eq!(total(&["--by", "label"])["rows"][0]["name"], "bugs");
    assert_eq!(total(&["--by", "agent"])["rows"][0]["name"], "shell");
    assert_eq!(total(&["--since", "12h"])["total"]["runs"], 1);
    assert_eq!(total(&["--label", "other"])["total"]["runs"], 0);

    let shown = at("2026-11-21T13:00:00Z", &["cost"]);
    shown.ok();
    assert!(shown.stdout.contains("$1.00"), "{}", shown.stdout);
    assert!(shown.stdout.contains("$0.50 (1 run,"), "{}", shown.stdout);
}

#[test]
fn what_nobody_told_is_said_and_what_was_computed_is_marked() {
    let repo = with_agent(HONEST);
    let empty = repo.chant(&["cost"]);
    empty.ok();
    assert_eq!(empty.stdout.trim(), "No agent has worked here.");
    work(&repo).ok();
    let shown = repo.chant(&["cost"]);
    shown.ok();
    assert!(shown.stdout.contains("unknown"), "{}", shown.stdout);
    assert!(
        shown.stderr.contains("1 of 1 runs is not fully known"),
        "{}",
        shown.stderr
    );

    let used = r#"{"kind":"model","name":"m-1"}
        {"kind":"usage","input":1000000,"output":0}"#;
    let repo = with_agent(&telling(used, HONEST));
    let agents = repo.file(".chant/agents.md");
    repo.write(
        ".chant/agents.md",
        &agents.replacen("---\n", "---\nprices: {m-1: {in: 3, out: 15}}\n", 1),
    );
    work(&repo).ok();
    let shown = repo.chant(&["cost"]);
    assert!(shown.stdout.contains("~$3.00"), "{}", shown.stdout);
    assert_eq!(repo.chant(&["cost", "--since", "lately"]).code, Some(2));
}

/// What was spent by a process that was killed together with chant is counted by the one that goes on.
#[test]
fn what_a_killed_run_had_spent_is_not_forgotten() {
    let script = format!(
        r#"
echo '{{"kind":"cost","usd":0.25}}'
if [ ! -e "$HOME/second" ]; then
  touch "$HOME/second"
  until grep -q '"usd":0.25' "$(dirname "$CHANT_PROMPT_FILE")/events.jsonl"; do sleep 0.02; done
  kill -KILL "$(cut -d' ' -f4 "/proc/$PPID/stat")"
  while true; do sleep 0.02; done
fi
{HONEST}"#
    );
    let repo = with_agent(&script);
    repo.chant(&["work", ID]).signalled();
    repo.chant(&["work", ID]).ok();
    let costs = repo.chant(&["cost", "--json"]).json();
    assert_eq!(costs["data"]["total"]["usd"], 0.5, "{costs}");
    assert_eq!(costs["data"]["total"]["runs"], 1);
}
