//! Several attempts at one spec, of which the best lands.

use chant_testkit::TestRepo;
use serde_json::Value;

use crate::stop::{ended, signal, working};
use crate::support::*;

/// Each attempt writes more lines than a short greeting, except the second.
const SECOND_IS_SMALLEST: &str = r#"
echo "$CHANT_ATTEMPT" >> "$HOME/made"
echo hello > greeting.txt
if [ "$CHANT_ATTEMPT" != 2 ]; then seq "$CHANT_ATTEMPT" 20 > more.txt; fi
sed -i 's/- \[ \]/- [x]/' "$CHANT_SPEC_FILE"
echo '{"kind":"cost","usd":0.25}'
"#;

fn made(repo: &TestRepo) -> String {
    std::fs::read_to_string(repo.home().join("made")).unwrap()
}

fn kept(repo: &TestRepo) -> usize {
    repo.git(&["for-each-ref", "refs/chant/kept"])
        .lines()
        .count()
}

#[track_caller]
fn assert_second_landed(repo: &TestRepo, others: usize) {
    assert_landed_once(repo);
    assert!(
        !repo
            .git(&["ls-tree", "--name-only", "main"])
            .contains("more.txt")
    );
    assert_eq!(kept(repo), others, "{}", repo.git(&["for-each-ref"]));
    assert_eq!(repo.git(&["for-each-ref", "refs/chant/runs"]), "");
}

fn attempts(document: &Value) -> Vec<(u64, String)> {
    let all = document["attempts"].as_array().unwrap().iter();
    all.map(|one| {
        let status = one["status"].as_str().unwrap().to_owned();
        (one["attempt"].as_u64().unwrap(), status)
    })
    .collect()
}

#[test]
fn the_smallest_of_those_that_hold_lands_and_the_others_are_kept() {
    let repo = with_agent(SECOND_IS_SMALLEST);
    let output = repo.chant(&["work", ID, "--attempts", "3"]);
    output.ok();
    assert_eq!(made(&repo), "1\n2\n3\n");
    assert_second_landed(&repo, 2);
    for part in [
        "1 of 3 attempts",
        "attempt 2 is the best of 3",
        "0.75 US dollars",
        "refs/chant/kept/",
    ] {
        assert!(output.stderr.contains(part), "{part}: {}", output.stderr);
    }
    let cost = repo.chant(&["cost", "--json"]).ok().json();
    assert!(cost.to_string().contains("0.75"), "all are counted: {cost}");
}

#[test]
fn a_spec_asks_for_attempts_itself_and_a_failed_one_is_no_candidate() {
    let repo = with_agent(&format!(
        "[ \"$CHANT_ATTEMPT\" != 3 ] || exit 5\n{SECOND_IS_SMALLEST}"
    ));
    repo.write(SPEC, &spec("attempts: 3\n"));
    let output = repo.chant(&["work", ID, "--json"]);
    output.ok();
    // What the failed one had is kept as well.
    assert_second_landed(&repo, 2);
    let document = output.json();
    let told = attempts(&document["data"]);
    let expect = [(1, "reset"), (2, "completed"), (3, "failed")];
    assert_eq!(
        told,
        expect.map(|(attempt, state)| (attempt, state.to_owned()))
    );
}

#[test]
fn where_none_holds_nothing_lands() {
    let repo = with_agent("echo \"$CHANT_ATTEMPT\" >> \"$HOME/made\"\nexit \"$CHANT_ATTEMPT\"\n");
    repo.chant(&["work", ID, "--attempts=2"]).fails(1);
    assert_eq!(made(&repo), "1\n2\n");
    assert_eq!(state(&repo), "failed");
    // The same failure twice is not paid for a third time.
    let same = with_agent("echo \"$CHANT_ATTEMPT\" >> \"$HOME/made\"\nexit 3\n");
    same.chant(&["work", ID, "--attempts=5"]).fails(1);
    assert_eq!(made(&same), "1\n2\n");
    let usage = same.chant(&["work", ID, "--attempts=10"]);
    usage.fails(2);
}

#[test]
fn a_killed_attempt_goes_on_and_so_does_the_rest() {
    let patient = "touch \"$HOME/working\"\nif [ \"$CHANT_ATTEMPT\" = 2 ]; then while [ ! -e \"$HOME/go\" ]; do sleep 0.02; done; fi\n";
    let repo = with_agent(&format!("{patient}{SECOND_IS_SMALLEST}"));
    repo.write(SPEC, &spec("attempts: 3\n"));
    let mut child = working(&repo);
    crate::stop::eventually("the second attempt", || {
        let shown = repo.chant(&["show", ID, "--json"]).json();
        shown["data"]["attempts"] == 2 && made(&repo) == "1\n"
    });
    signal(child.id(), "-KILL");
    ended(&mut child);
    std::fs::write(repo.home().join("go"), "").unwrap();
    work(&repo).ok();
    assert!(made(&repo).ends_with("2\n3\n"), "{}", made(&repo));
    assert_second_landed(&repo, 2);
}

#[test]
fn many_specs_at_once_have_their_attempts_each() {
    let repo = with_agent(SECOND_IS_SMALLEST);
    repo.write(SPEC, &spec("attempts: 2\n"));
    let other = ".chant/specs/002-other.md";
    repo.write(other, &spec("").replace("greeting.txt", "other.txt"));
    set_agent(
        &repo,
        &SECOND_IS_SMALLEST.replace(
            "greeting.txt",
            "$(sed -n 's/.*`\\([a-z]*.txt\\)`.*/\\1/p' \"$CHANT_SPEC_FILE\")",
        ),
    );
    repo.chant(&["work", "--parallel=2", ID, "002-other"]).ok();
    assert_second_landed_beside_another(&repo);
}

#[track_caller]
fn assert_second_landed_beside_another(repo: &TestRepo) {
    let status = |id: &str| {
        let shown = repo.chant(&["show", id, "--json"]).json();
        shown["data"]["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(status(ID), "completed");
    assert_eq!(status("002-other"), "completed");
    assert_eq!(kept(repo), 1);
    assert_eq!(repo.git(&["for-each-ref", "refs/chant/runs"]), "");
    let runs = repo.git(&[
        "log",
        "--format=%(trailers:key=Chant-Spec,valueonly)",
        "main",
    ]);
    assert_eq!(runs.split_whitespace().count(), 2);
}
