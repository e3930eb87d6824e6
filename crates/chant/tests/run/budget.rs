//! What work may cost: a warning, a question, an end.

use chant_testkit::{Output, TestRepo};

use crate::support::*;

/// Tells that it spent so much, then waits to be stopped; with the file `$HOME/free` it does honest work.
fn spending(dollars: &str) -> String {
    format!(
        r#"
echo '{{"kind":"session","id":"s-1"}}'
echo run >> "$HOME/runs"
echo '{{"kind":"cost","usd":{dollars}}}'
if [ ! -e "$HOME/free" ]; then
  trap 'exit 0' INT TERM
  while true; do sleep 0.02; done
fi
{HONEST}"#
    )
}

fn settings(repo: &TestRepo, yaml: &str) {
    let agents = repo.file(".chant/agents.md");
    let (head, rest) = agents.split_at("---\n".len());
    repo.write(".chant/agents.md", &format!("{head}{yaml}{rest}"));
}

fn free(repo: &TestRepo) {
    std::fs::write(repo.home().join("free"), "").unwrap();
}

#[track_caller]
fn spent(output: &Output, says: &str) {
    output.fails(4);
    assert!(output.stderr.contains(says), "{}", output.stderr);
}

#[test]
fn a_spent_budget_pauses_the_run_until_a_person_lets_it_go_on() {
    let repo = with_agent(&spending("5.02"));
    settings(&repo, "budgets: {spec: {usd: 5}}\n");
    let paused = work(&repo);
    spent(&paused, "the budget of this spec is spent: $5.02 of $5.00");
    assert!(
        paused
            .stderr
            .contains(&format!("chant work {ID} --over-budget")),
        "{}",
        paused.stderr
    );
    assert_eq!(state(&repo), "paused");
    let json = repo.chant(&["work", ID, "--json"]);
    json.fails(4);
    assert_eq!(json.json()["error"]["code"], "budget-spent");
    let runs = std::fs::read_to_string(repo.home().join("runs")).unwrap();
    assert_eq!(runs.lines().count(), 1, "no agent was started again");

    free(&repo);
    set_agent(&repo, HONEST);
    settings(&repo, "budgets: {spec: {usd: 5}}\n");
    repo.chant(&["work", ID, "--over-budget"]).ok();
    assert_landed_once(&repo);
}

#[test]
fn far_over_a_budget_nobody_is_asked() {
    let repo = with_agent(&spending("6"));
    settings(&repo, "budgets: {spec: {usd: 5}}\n");
    spent(
        &repo.chant(&["work", ID, "--over-budget"]),
        "$6.00 of $5.00",
    );
    let again = repo.chant(&["work", ID, "--over-budget"]);
    spent(&again, "raise `budgets.spec` in the settings");
    free(&repo);
    set_agent(&repo, &spending("1"));
    settings(&repo, "budgets: {spec: {usd: 20}}\n");
    repo.chant(&["work", ID]).ok();
    assert_landed_once(&repo);
}

#[test]
fn a_budget_that_is_nearly_spent_is_a_warning() {
    let repo = with_agent(&spending("4.10"));
    free(&repo);
    repo.write(SPEC, &spec("budget:\n  usd: 5\n"));
    let landed = work(&repo);
    landed.ok();
    let says = "82 % of the budget of this spec is spent: $4.10 of $5.00";
    assert!(landed.stderr.contains(says), "{}", landed.stderr);
    assert_landed_once(&repo);
}

#[test]
fn tokens_are_counted_and_priced_where_the_agent_tells_no_cost() {
    let repo = with_agent(&format!(
        r#"
echo '{{"kind":"model","name":"m-1"}}'
echo '{{"kind":"usage","input":1000000,"output":100000}}'
{HONEST}"#
    ));
    settings(&repo, "prices: {m-1: {in: 3, out: 15}}\n");
    let landed = repo.chant(&["work", ID, "--json"]);
    landed.ok();
    assert_eq!(landed.json()["data"]["cost_usd"], 4.5);
}

#[test]
fn a_day_and_a_label_have_budgets_of_their_own() {
    // It has ended when it tells what it cost, so it is not stopped for that.
    let repo = with_agent(&format!(
        r#"{HONEST}
echo '{{"kind":"end","ok":true}}'
echo '{{"kind":"cost","usd":3}}'
"#
    ));
    settings(
        &repo,
        "budgets: {day: {usd: 100}, labels: {bugs: {usd: 3}}}\n",
    );
    repo.write(SPEC, &spec("labels: [bugs]\n"));
    work(&repo).ok();
    let second = ".chant/specs/002-other.md";
    repo.write(second, &spec("labels: [bugs]\n"));
    spent(
        &repo.chant(&["work", "002"]),
        "the budget of the label bugs is spent: $3.00 of $3.00",
    );
    assert_eq!(
        repo.git(&["branch", "--list", "chant/*"]).trim(),
        "",
        "nothing was begun"
    );
    repo.write(second, &spec(""));
    set_agent(&repo, &HONEST.replace("greeting.txt", "other.txt"));
    settings(&repo, "budgets: {day: {usd: 3}}\n");
    spent(
        &repo.chant(&["work", "002"]),
        "today's budget is spent: $3.00 of $3.00",
    );
    let tomorrow = repo.chant_with(|command| {
        command
            .args(["work", "002"])
            .env("CHANT_NOW", "2099-01-01T00:00:00Z");
    });
    tomorrow.ok();
}

#[test]
fn a_scheduler_starts_nothing_that_a_budget_does_not_allow() {
    let repo = with_agent(&format!(
        r#"{}
echo '{{"kind":"end","ok":true}}'
echo '{{"kind":"cost","usd":3}}'
"#,
        HONEST_QUIET.replace("greeting.txt", "$CHANT_SPEC_ID.txt")
    ));
    settings(&repo, "budgets: {day: {usd: 3}}\n");
    repo.write(".chant/specs/002-other.md", &spec(""));
    let output = repo.chant(&["work", "--parallel=1", ID, "002"]);
    output.ok();
    let says = "002-other: today's budget is spent: $3.00 of $3.00";
    assert!(output.stdout.contains(says), "{}", output.stdout);
    repo.git(&["show", &format!("main:{ID}.txt")]);
    let log = repo.chant(&["log", "002"]);
    log.fails(3);
}

/// What today's budget held up goes on tomorrow: what was begun, and what did not come to its turn.
#[test]
fn what_a_days_budget_held_up_goes_on_the_next_day() {
    let at = |repo: &TestRepo, now: &str, args: &[&str]| {
        repo.chant_with(|command| {
            command.args(args).env("CHANT_NOW", now).env("TZ", "UTC");
        })
    };
    let repo = with_agent(&spending("5.02"));
    settings(&repo, "budgets: {day: {usd: 5}}\n");
    repo.write(".chant/specs/002-other.md", &spec(""));
    let (evening, night, morning) = (
        "2026-11-21T20:00:00Z",
        "2026-11-21T23:59:00Z",
        "2026-11-22T00:01:00Z",
    );
    let stopped = at(&repo, evening, &["work", "--parallel=1", "001", "002"]);
    stopped.fails(4);
    free(&repo);
    set_agent(
        &repo,
        "echo hello > greeting.txt; echo x > \"$CHANT_SPEC_ID.txt\"; sed -i 's/- \\[ \\]/- [x]/' \"$CHANT_SPEC_FILE\"",
    );
    settings(&repo, "budgets: {day: {usd: 5}}\n");
    at(&repo, night, &["watch", "--once"]).ok();
    assert_eq!(state(&repo), "paused", "the day is not over");
    let watched = at(&repo, morning, &["watch", "--once"]);
    watched.ok();
    for id in [ID, "002-other"] {
        let landed = repo.git(&["show", &format!("main:{id}.txt")]);
        assert_eq!(landed.trim(), "x", "{}{}", watched.stdout, watched.stderr);
    }
}

/// Each of them alone stays within it.
#[test]
fn runs_at_once_share_what_a_label_and_a_day_may_cost() {
    let repo = with_agent(&spending("3"));
    let second = ".chant/specs/002-other.md";
    repo.write(SPEC, &spec("labels: [bugs]\n"));
    repo.write(second, &spec("labels: [bugs]\n"));
    settings(&repo, "budgets: {labels: {bugs: {usd: 5.50}}}\n");
    let paused = repo.chant(&["work", "--parallel=2"]);
    paused.fails(4);
    for id in [ID, "002-other"] {
        let says = format!("{id}: paused: the budget of the label bugs is spent: $6.00 of $5.50");
        assert!(paused.stdout.contains(&says), "{}", paused.stdout);
    }
    let runs = std::fs::read_to_string(repo.home().join("runs")).unwrap();
    assert_eq!(runs.lines().count(), 2, "{runs}");
    // What was at work is counted once when it is over.
    let cost = repo.chant(&["cost", "--json"]).json();
    assert_eq!(cost["data"]["total"]["usd"], 6.0);
    free(&repo);
    repo.chant(&["work", ID]).fails(4);
    settings(&repo, "");
    set_agent(&repo, &HONEST.replace("greeting.txt", "$CHANT_SPEC_ID.txt"));
    repo.chant(&["work", "--parallel=2"]).ok();
}
