//! What is asked for is worked, as soon as it can be; what is not asked for never.

use crate::support::*;

#[test]
fn independent_specs_all_land() {
    let repo = project("");
    let ids = ["a-1", "a-2", "a-3", "a-4", "a-5", "a-6"];
    for id in ids {
        spec(&repo, id, "labels: [many]\n");
    }
    spec(&repo, "b-1", "");
    repo.commit("specs");
    let done = chant(&repo, &["work", "--parallel=3", "--label", "many"]);
    done.ok();
    assert!(done.stdout.contains("6 landed"), "{}", done.stdout);
    assert_landed(&repo, &ids);
    assert_nothing_left(&repo);
    assert!(!has_begun(&repo, "b-1"), "nobody asked for it");
    let again = chant(&repo, &["work", "--parallel", "--label", "many", "--json"]);
    again.fails(4);
}

#[test]
fn they_are_at_work_at_once_and_no_more_than_asked() {
    let repo = project("");
    for id in ["a-1", "a-2", "a-3", "a-4"] {
        spec(&repo, id, "labels: [many]\n");
        script(&repo, id, &holding(id));
    }
    repo.commit("specs");
    let mut child = start(&repo, &["work", "--parallel=2", "--label", "many"], "work");
    eventually("two to begin", || ledger(&repo).len() == 2);
    for id in ["a-1", "a-2", "a-3", "a-4"] {
        let_go(&repo, id);
    }
    assert_eq!(ended(&mut child).code(), Some(0), "{}", said(&repo, "work"));
    assert_eq!(most_at_once(&repo), 2);
    assert_landed(&repo, &["a-1", "a-2", "a-3", "a-4"]);
}

#[test]
fn what_becomes_ready_starts_by_itself() {
    let repo = project("");
    spec(&repo, "a-1", "depends_on: [a-2, a-3]\n");
    spec(&repo, "a-2", "depends_on: [a-3]\n");
    spec(&repo, "a-3", "");
    spec(&repo, "a-4", "depends_on: [a-3]\n");
    repo.commit("specs");
    chant(&repo, &["work", "--parallel=4", "a-1", "a-2", "a-3"]).ok();
    assert_landed(&repo, &["a-1", "a-2", "a-3"]);
    let begun: Vec<String> = ledger(&repo)
        .into_iter()
        .filter(|line| line.starts_with("begins"))
        .collect();
    assert_eq!(begun, ["begins a-3", "begins a-2", "begins a-1"]);
    assert_eq!(state(&repo, "a-4"), "pending");
}

#[test]
fn what_a_person_frees_meanwhile_starts_by_itself() {
    let repo = project("");
    spec(&repo, "a-1", "");
    spec(&repo, "a-2", "approval: {required: true}\n");
    script(&repo, "a-1", &holding("a-1"));
    repo.commit("specs");
    let mut child = start(&repo, &["work", "--parallel=2", "a-1", "a-2"], "work");
    eventually("the first to begin", || has_begun(&repo, "a-1"));
    chant(&repo, &["approve", "a-2", "--by", "Ann"]).ok();
    eventually("the approved one to begin", || has_begun(&repo, "a-2"));
    let_go(&repo, "a-1");
    assert_eq!(ended(&mut child).code(), Some(0), "{}", said(&repo, "work"));
    assert_landed(&repo, &["a-1", "a-2"]);
}

#[test]
fn a_failure_does_not_stop_the_rest() {
    let repo = project("");
    spec(&repo, "a-1", "");
    spec(&repo, "a-2", "depends_on: [a-1]\n");
    spec(&repo, "a-3", "");
    script(&repo, "a-1", "exit 1\n");
    repo.commit("specs");
    let done = chant(&repo, &["work", "--chain", "a-1", "a-2", "a-3"]);
    done.fails(1);
    assert!(
        done.stdout.contains("a-2: depends on a-1, which is failed"),
        "{}",
        done.stdout
    );
    assert_landed(&repo, &["a-3"]);
    assert_eq!(state(&repo, "a-1"), "failed");
}

#[test]
fn fail_fast_starts_nothing_more() {
    let repo = project("");
    for id in ["a-1", "a-2", "a-3"] {
        spec(&repo, id, "");
    }
    script(&repo, "a-1", "exit 1\n");
    repo.commit("specs");
    let done = chant(
        &repo,
        &["work", "--chain", "--fail-fast", "a-1", "a-2", "a-3"],
    );
    done.fails(1);
    assert_landed(&repo, &[]);
    assert_eq!(ledger(&repo), ["begins a-1"]);
}

#[test]
fn a_driver_is_its_members_and_only_those() {
    let repo = project("");
    spec(&repo, "d", "");
    let driver = repo.file(".chant/specs/d.md");
    repo.write(
        ".chant/specs/d.md",
        &driver
            .replace("type: code", "type: driver")
            .replace("- [ ] Done\n", ""),
    );
    spec(&repo, "d.1", "");
    spec(&repo, "d.2", "");
    spec(&repo, "e", "depends_on: [d.2]\n");
    repo.commit("specs");
    chant(&repo, &["work", "d"]).ok();
    assert_eq!(
        ledger(&repo),
        ["begins d.1", "ends d.1", "begins d.2", "ends d.2"]
    );
    assert_eq!(state(&repo, "d"), "completed");
    assert_eq!(state(&repo, "e"), "pending");
}

#[test]
fn what_cannot_begin_says_why() {
    let repo = project("");
    spec(&repo, "a-1", "agent: nobody\n");
    spec(&repo, "a-2", "");
    repo.commit("specs");
    let done = chant(&repo, &["work", "--parallel=2", "a-1", "a-2"]);
    done.fails(1);
    assert!(done.stdout.contains("nobody"), "{}", done.stdout);
    assert_landed(&repo, &["a-2"]);
}

#[test]
fn without_merging_it_stays_on_its_branch() {
    let repo = project("");
    spec(&repo, "a-1", "");
    spec(&repo, "a-2", "depends_on: [a-1]\n");
    repo.commit("specs");
    chant(&repo, &["work", "--no-merge", "a-1", "a-2"]).ok();
    assert_landed(&repo, &[]);
    assert_eq!(state(&repo, "a-1"), "landing");
    assert!(!has_begun(&repo, "a-2"));
    chant(&repo, &["work", "--parallel=2", "a-1", "a-2"]).ok();
    assert_landed(&repo, &["a-1", "a-2"]);
    assert_eq!(
        ledger(&repo)
            .iter()
            .filter(|line| *line == "begins a-1")
            .count(),
        1,
        "it was made before"
    );
}

#[test]
fn nothing_named_is_all_that_is_open() {
    let repo = project("");
    spec(&repo, "a-1", "");
    spec(&repo, "a-2", "depends_on: [a-1]\n");
    spec(&repo, "a-3", "");
    script(&repo, "a-3", "exit 1\n");
    spec(&repo, "g", "gate: human\n");
    repo.commit("specs");
    chant(&repo, &["work", "a-3"]).fails(1);
    let done = chant(&repo, &["work", "--parallel"]);
    done.ok();
    assert!(
        done.stdout.contains("g: waits at a gate"),
        "{}",
        done.stdout
    );
    assert!(done.stderr.contains("left out: a-3"), "{}", done.stderr);
    assert_landed(&repo, &["a-1", "a-2"]);
    let tries = ledger(&repo);
    let tries = tries.iter().filter(|line| *line == "begins a-3").count();
    assert_eq!(tries, 1, "to try again is a person's word");
    let again = chant(&repo, &["work", "--chain"]);
    again.fails(4);
    assert!(
        again.stderr.contains("nothing of it could begin"),
        "{}",
        again.stderr
    );
}

#[test]
fn a_number_that_stands_apart_is_no_name() {
    let repo = project("");
    spec(&repo, "a-3", "");
    repo.commit("specs");
    chant(&repo, &["work", "--parallel", "3"]).fails(2);
    chant(&repo, &["work", "--parallel=0", "a-3"]).fails(2);
    assert!(!has_begun(&repo, "a-3"));
}

#[test]
fn what_waits_for_its_turn_is_queued_and_comes_after_what_is_at_work() {
    let repo = project("");
    for id in ["a-1", "b-1", "b-2"] {
        spec(&repo, id, "labels: [many]\n");
        script(&repo, id, &holding(id));
    }
    spec(&repo, "b-2", "labels: [many]\ndepends_on: [b-1]\n");
    spec(&repo, "c-1", "");
    repo.commit("specs");
    let mut child = start(&repo, &["work", "--parallel=1", "--label", "many"], "work");
    eventually("the first to begin", || has_begun(&repo, "a-1"));
    assert_eq!(state(&repo, "b-1"), "queued");
    assert_eq!(state(&repo, "b-2"), "pending");
    assert_eq!(state(&repo, "c-1"), "pending");
    let list = chant(&repo, &["list", "--json"]).json();
    let of_b2 = list["data"].as_array().unwrap().iter();
    let of_b2 = of_b2.into_iter().find(|spec| spec["id"] == "b-2").unwrap();
    assert_eq!(of_b2["blocked_by"][0], "depends on b-1, which is pending");
    spec(&repo, "b-3", "labels: [many]\n");
    for id in ["a-1", "b-1", "b-2"] {
        let_go(&repo, id);
    }
    assert_eq!(ended(&mut child).code(), Some(0), "{}", said(&repo, "work"));
    assert!(!has_begun(&repo, "b-3"), "it came after the command");
    let said = said(&repo, "work");
    assert!(said.contains("new since") && said.contains("b-3"), "{said}");
    assert_eq!(state(&repo, "b-3"), "pending");
}

#[test]
fn what_waits_for_a_failed_one_says_so() {
    let repo = project("");
    spec(&repo, "a-1", "");
    spec(&repo, "a-2", "depends_on: [a-1]\n");
    script(&repo, "a-1", "exit 1\n");
    repo.commit("specs");
    chant(&repo, &["work", "a-1"]).fails(1);
    let told = chant(&repo, &["work", "--parallel", "a-2"]);
    told.fails(4);
    let why = "a-2: depends on a-1, which is failed";
    assert!(told.stdout.contains(why), "{}", told.stdout);
}

#[test]
fn what_is_made_and_can_not_land_is_no_success() {
    let repo = project("");
    spec(&repo, "a-1", "");
    repo.commit("specs");
    repo.write("a-1.txt", "mine\n");
    let done = chant(&repo, &["work", "--parallel", "a-1"]);
    done.fails(4);
    assert!(done.stderr.contains("chant merge a-1"), "{}", done.stderr);
    assert_eq!(repo.file("a-1.txt"), "mine\n");
}

#[test]
fn a_cancelled_one_that_is_named_is_told_of() {
    let repo = project("");
    spec(&repo, "a-1", "");
    spec(&repo, "a-2", "");
    repo.commit("specs");
    chant(&repo, &["cancel", "a-1"]).ok();
    let done = chant(&repo, &["work", "--parallel", "a-1", "a-2"]);
    done.ok();
    assert!(done.stdout.contains("a-1: is cancelled"), "{}", done.stdout);
    assert_landed(&repo, &["a-2"]);
    chant(&repo, &["work", "--parallel", "a-1"]).fails(4);
}

#[test]
fn what_a_person_cancels_meanwhile_has_not_failed() {
    let repo = project("");
    spec(&repo, "a-1", "");
    spec(&repo, "a-2", "");
    script(&repo, "a-1", &holding("a-1"));
    repo.commit("specs");
    let mut child = start(&repo, &["work", "--parallel=1", "a-1", "a-2"], "work");
    eventually("the first to begin", || has_begun(&repo, "a-1"));
    chant(&repo, &["cancel", "a-2"]).ok();
    let_go(&repo, "a-1");
    assert_eq!(ended(&mut child).code(), Some(0), "{}", said(&repo, "work"));
    let said = said(&repo, "work");
    assert!(said.contains("1 landed, 1 cancelled"), "{said}");
    assert!(!has_begun(&repo, "a-2"));
}

#[test]
fn what_a_killed_command_had_asked_for_is_told_and_gone_on_with() {
    let repo = project("");
    spec(&repo, "a-1", "");
    spec(&repo, "a-2", "depends_on: [a-1]\n");
    script(&repo, "a-1", &holding("a-1"));
    repo.commit("specs");
    let mut child = start(&repo, &["work", "--parallel=1", "a-1", "a-2"], "work");
    eventually("the first to begin", || has_begun(&repo, "a-1"));
    signal(&child, "-KILL");
    ended(&mut child);
    let_go(&repo, "a-1");
    let status = chant(&repo, &["status"]);
    let told = "Asked for by a command that was ended: a-1, a-2";
    assert!(status.stdout.contains(told), "{}", status.stdout);
    let watched = chant(&repo, &["watch", "--once"]);
    watched.ok();
    assert!(watched.stdout.contains("2 landed"), "{}", watched.stdout);
    assert!(
        !watched.stdout.contains("Nothing was left"),
        "{}",
        watched.stdout
    );
    assert_landed(&repo, &["a-1", "a-2"]);
    assert!(!chant(&repo, &["status"]).stdout.contains("Asked for"));
}

#[test]
fn what_a_killed_command_had_asked_for_and_is_over_troubles_no_watch() {
    let repo = project("");
    spec(&repo, "a-1", "");
    script(&repo, "a-1", &holding("a-1"));
    repo.commit("specs");
    let mut child = start(&repo, &["work", "--parallel=1", "a-1"], "work");
    eventually("it to begin", || has_begun(&repo, "a-1"));
    signal(&child, "-KILL");
    ended(&mut child);
    let_go(&repo, "a-1");
    eventually("its processes to end", || {
        chant(&repo, &["work", "a-1"]).code == Some(0)
    });
    chant(&repo, &["watch", "--once"]).ok();
    chant(&repo, &["watch", "--once"]).ok();
    assert_landed(&repo, &["a-1"]);
}

/// Each of them has to see what the last one made of it, so that nobody is asked twice.
#[test]
fn many_that_change_the_same_line_are_brought_together_one_after_another() {
    let repo = project("");
    let ids = ["a-1", "a-2", "a-3", "a-4"];
    repo.write("shared.txt", "nobody\n");
    for id in ids {
        spec(&repo, id, "labels: [many]\n");
        // All write their line before the first of them lands; who finds markers keeps both sides.
        let write = format!(
            "if grep -q '<<<<<<<' shared.txt; then sed -i '/^[<=>]\\{{7\\}}/d' shared.txt; else\necho {id} > shared.txt\n{}fi\n",
            holding(id)
        );
        script(&repo, id, &write);
    }
    repo.commit("specs");
    let mut child = start(&repo, &["work", "--parallel=4", "--label", "many"], "work");
    eventually("all to begin", || ledger(&repo).len() == 4);
    for id in ids {
        let_go(&repo, id);
    }
    assert!(ended(&mut child).success(), "{}", said(&repo, "work"));
    assert_landed(&repo, &ids);
    let begun = |line: &&String| line.starts_with("begins");
    let asked = ledger(&repo).iter().filter(begun).count();
    assert_eq!(asked, 7, "each of three once more: {:?}", ledger(&repo));
    let shared = repo.file("shared.txt");
    assert!(ids.iter().all(|id| shared.contains(id)), "{shared}");
}

/// What the settings say of retries holds for many at once as well; the same failure twice ends it.
#[test]
fn a_failed_one_is_tried_again_where_the_settings_say_so() {
    let repo = project("");
    configure(&repo, "", "");
    spec(&repo, "a-1", "retries: 2\n");
    spec(&repo, "a-2", "retries: 2\n");
    spec(&repo, "a-3", "depends_on: [a-1]\n");
    let once = "if [ ! -e \"$HOME/failed\" ]; then touch \"$HOME/failed\"; exit 3; fi\n";
    script(&repo, "a-1", once);
    script(&repo, "a-2", "exit 3\n");
    repo.commit("specs");
    let done = chant(&repo, &["work", "--parallel=2", "a-1", "a-2", "a-3"]);
    done.fails(1);
    assert_landed(&repo, &["a-1", "a-3"]);
    assert!(
        done.stdout.contains("2 landed, 1 failed"),
        "{}",
        done.stdout
    );
    assert!(
        done.stdout.contains("failed twice in the same way"),
        "{}",
        done.stdout
    );
    let begun = |id: &str| {
        let line = format!("begins {id}");
        ledger(&repo).iter().filter(|it| **it == line).count()
    };
    assert_eq!((begun("a-1"), begun("a-2")), (2, 2), "{:?}", ledger(&repo));
}

/// The way on that a conflict names works with git's own commands: the worktree shows the result as committed.
#[test]
fn a_conflict_is_resolved_by_a_merge_in_its_worktree() {
    let repo = project("");
    for id in ["a-1", "a-2"] {
        spec(&repo, id, "");
        script(&repo, id, &format!("echo {id} > shared.txt\n"));
    }
    repo.commit("specs");
    chant(&repo, &["work", "--no-merge", "a-1", "a-2"]).ok();
    chant(&repo, &["merge", "a-1"]).ok();
    chant(&repo, &["merge", "a-2"]).fails(1);
    let worktrees = repo.git(&["worktree", "list", "--porcelain"]);
    let mut paths = worktrees
        .lines()
        .filter_map(|line| line.strip_prefix("worktree "));
    let there = paths.find(|path| path.ends_with("/a-2")).unwrap();
    let git = |args: &[&str]| {
        let output = repo.command("git").arg("-C").arg(there).args(args).output();
        let output = output.unwrap();
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.success(),
            String::from_utf8_lossy(&said).into_owned(),
        )
    };
    assert_eq!(git(&["status", "--porcelain"]), (true, String::new()));
    let (merged, said) = git(&["merge", "main"]);
    assert!(
        !merged && said.contains("Merge conflict in shared.txt"),
        "{said}"
    );
    std::fs::write(format!("{there}/shared.txt"), "both\n").unwrap();
    assert!(git(&["commit", "-aqm", "both"]).0);
    chant(&repo, &["merge", "--continue", "a-2"]).ok();
    assert_eq!(repo.git(&["show", "main:shared.txt"]).trim(), "both");
}
