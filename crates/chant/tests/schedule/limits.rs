//! Limits, turns, and specs that are about the same files.

use crate::support::*;

#[test]
fn an_agent_and_a_label_have_their_own_limits() {
    let repo = project("");
    configure(
        &repo,
        "    max_concurrent: 2\n",
        "limits: {labels: {slow: 1}}\n",
    );
    for id in ["a-1", "a-2", "a-3"] {
        spec(&repo, id, "labels: [many, slow]\n");
    }
    for id in ["b-1", "b-2"] {
        spec(&repo, id, "labels: [many]\n");
    }
    let all = ["a-1", "a-2", "a-3", "b-1", "b-2"];
    for id in all {
        script(&repo, id, &holding(id));
    }
    repo.commit("specs");
    let mut child = start(&repo, &["work", "--parallel=8", "--label", "many"], "work");
    eventually("two to begin", || ledger(&repo).len() == 2);
    assert!(has_begun(&repo, "a-1") && has_begun(&repo, "b-1"));
    for id in all {
        let_go(&repo, id);
    }
    assert_eq!(ended(&mut child).code(), Some(0), "{}", said(&repo, "work"));
    assert_eq!(most_at_once(&repo), 2);
    assert_landed(&repo, &all);
    let slow: Vec<String> = ledger(&repo)
        .into_iter()
        .filter(|line| line.contains("a-"))
        .collect();
    let in_turn = slow
        .chunks(2)
        .all(|pair| pair[0].starts_with("begins") && pair[1].starts_with("ends"));
    assert!(in_turn, "{slow:?}");
}

#[test]
fn the_same_files_are_kept_apart() {
    let repo = project("");
    spec(&repo, "a-1", "target_files: [src/a.rs]\n");
    spec(&repo, "a-2", "target_files: [src/]\n");
    spec(&repo, "a-3", "target_files: [docs/a.md]\n");
    script(&repo, "a-1", &holding("a-1"));
    repo.commit("specs");
    let mut child = start(
        &repo,
        &["work", "--parallel=3", "a-1", "a-2", "a-3"],
        "work",
    );
    eventually("the third to end", || {
        ledger(&repo).contains(&"ends a-3".to_owned())
    });
    assert!(!has_begun(&repo, "a-2"));
    let_go(&repo, "a-1");
    assert_eq!(ended(&mut child).code(), Some(0), "{}", said(&repo, "work"));
    let lines = ledger(&repo);
    let at = |line: &str| lines.iter().position(|known| known == line).unwrap();
    assert!(at("ends a-1") < at("begins a-2"), "{lines:?}");
    assert_landed(&repo, &["a-1", "a-2", "a-3"]);
}

#[test]
fn a_file_that_is_named_twice_keeps_nobody_waiting() {
    let repo = project("");
    spec(
        &repo,
        "a-1",
        "target_files: [a-1.txt, ./a-1.txt, a-1.txt]\n",
    );
    spec(&repo, "a-2", "target_files: [a-2.txt, a-2.txt]\n");
    repo.commit("specs");
    let mut child = start(&repo, &["work", "--parallel=2", "a-1"], "work");
    assert_eq!(ended(&mut child).code(), Some(0), "{}", said(&repo, "work"));
    chant(&repo, &["work", "a-2"]).ok();
    assert_landed(&repo, &["a-1", "a-2"]);
}

#[test]
fn the_same_files_are_said_when_a_spec_is_added() {
    let repo = project("");
    spec(&repo, "a-1", "target_files: [src/a.rs]\n");
    let added = chant(&repo, &["add", "another", "--target", "src/a.rs"]);
    added.ok();
    assert!(added.stderr.contains("a-1"), "{}", added.stderr);
    let alone = chant(&repo, &["add", "third", "--target", "src/b.rs"]);
    assert!(!alone.stderr.contains("a-1"), "{}", alone.stderr);
    let after = chant(
        &repo,
        &[
            "add",
            "fourth",
            "--target",
            "src/a.rs",
            "--depends-on",
            "a-1",
            "--json",
        ],
    );
    let overlaps = after.json()["data"]["overlaps"].clone();
    assert_eq!(overlaps.as_array().map(Vec::len), Some(1), "{overlaps}");
}

#[test]
fn a_higher_priority_is_first() {
    let repo = project("");
    spec(&repo, "a-1", "priority: low\n");
    spec(&repo, "a-2", "");
    spec(&repo, "a-3", "priority: 7\n");
    repo.commit("specs");
    chant(&repo, &["work", "--parallel=1", "a-1", "a-2", "a-3"]).ok();
    let begun: Vec<String> = ledger(&repo)
        .into_iter()
        .filter(|line| line.starts_with("begins"))
        .collect();
    assert_eq!(begun, ["begins a-3", "begins a-2", "begins a-1"]);
}

#[test]
fn results_that_wait_for_a_person_hold_up_the_rest() {
    let repo = project("limits: {waiting_for_person: 1}\n");
    for id in ["a-1", "a-2", "a-3"] {
        spec(&repo, id, "");
    }
    repo.commit("specs");
    let done = chant(&repo, &["work", "--no-merge", "a-1", "a-2", "a-3"]);
    done.ok();
    assert_eq!(ledger(&repo), ["begins a-1", "ends a-1"]);
    assert!(
        done.stdout.contains("limits.waiting_for_person"),
        "{}",
        done.stdout
    );
}

#[test]
fn more_work_than_places_waits_and_none_is_dropped() {
    let repo = project("");
    let ids: Vec<String> = (10..30).map(|number| format!("a-{number}")).collect();
    for id in &ids {
        spec(&repo, id, "labels: [many]\n");
    }
    repo.commit("specs");
    chant(&repo, &["work", "--parallel=3", "--label", "many"]).ok();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    assert_landed(&repo, &ids);
    assert!(most_at_once(&repo) <= 3);
    assert_nothing_left(&repo);
}

#[test]
fn a_priority_is_given_when_a_spec_is_added() {
    let repo = project("");
    let added = chant(&repo, &["add", "Urgent", "--priority", "high", "--json"]);
    let path = added.json()["data"]["path"].as_str().unwrap().to_owned();
    assert!(repo.file(&path).contains("priority: high\n"));
    chant(&repo, &["add", "Later", "--priority", "-3"]).ok();
    chant(&repo, &["add", "What", "--priority", "soon"]).fails(2);
    repo.write(&path, &repo.file(&path).replace("high", "soon"));
    let lint = chant(&repo, &["lint"]);
    lint.ok();
    assert!(
        lint.stdout.contains("`priority: soon` means nothing"),
        "{}",
        lint.stdout
    );
}

#[test]
fn lint_names_ready_specs_that_are_about_the_same_file() {
    let repo = project("");
    spec(&repo, "a-1", "target_files: [src/a.rs]\n");
    spec(&repo, "a-2", "target_files: [src]\n");
    spec(
        &repo,
        "a-3",
        "target_files: [src/a.rs]\ndepends_on: [a-1]\n",
    );
    spec(
        &repo,
        "a-4",
        "target_files: [src/b.rs]\ndepends_on: [a-2]\n",
    );
    let lint = chant(&repo, &["lint", "--json"]);
    lint.ok();
    let found = lint.json()["data"]["findings"].clone();
    let found = found.as_array().unwrap().iter();
    let shared: Vec<String> = found
        .flat_map(|spec| {
            let (id, findings) = (&spec["id"], spec["findings"].as_array().unwrap());
            let shared = findings.iter().filter(|it| it["code"] == "shared-target");
            shared.map(move |it| format!("{id}: {}", it["message"]))
        })
        .collect();
    let says = "a-1 is about src too, so they are not worked at the same time";
    assert_eq!(shared, [format!("\"a-2\": \"{says}\"")]);
}
