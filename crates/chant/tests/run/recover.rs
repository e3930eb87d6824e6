//! What a crash or a hand has left: it is found, said, and gone on with.

use std::path::PathBuf;

use chant_testkit::TestRepo;

use crate::support::*;

fn killed_at(repo: &TestRepo, point: &str) {
    let killed = repo.chant_with(|command| {
        command.args(["work", ID]).env("CHANT_CRASH_AT", point);
    });
    killed.signalled();
}

fn worktree(repo: &TestRepo) -> PathBuf {
    let listed = repo.git(&["worktree", "list", "--porcelain"]);
    let path = listed
        .lines()
        .filter_map(|line| line.strip_prefix("worktree "))
        .find(|path| path.ends_with(ID));
    path.expect("the run's worktree").into()
}

/// What `chant status` found, as kinds.
fn kinds(repo: &TestRepo) -> Vec<String> {
    let status = repo.chant(&["status", "--json"]).json();
    let left = status["data"]["left"].as_array().unwrap().clone();
    left.iter()
        .map(|finding| finding["kind"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn where_nothing_is_left_nothing_is_said() {
    let repo = with_agent(HONEST);
    assert!(kinds(&repo).is_empty());
    work(&repo).ok();
    assert!(kinds(&repo).is_empty());
}

#[test]
fn a_run_that_was_cut_off_is_named_with_its_step_and_the_command() {
    let repo = with_agent(HONEST);
    killed_at(&repo, "collect:before");
    assert_eq!(kinds(&repo), ["cut_off"]);
    let said = repo.chant(&["diagnose"]);
    assert!(
        said.stdout.contains("at the step 'collect'"),
        "{}",
        said.stdout
    );
    assert!(
        said.stdout.contains(&format!("chant work {ID}")),
        "{}",
        said.stdout
    );
}

/// Its commits are on the branch: the agent goes on from them in a new worktree.
#[test]
fn a_worktree_deleted_by_hand_is_made_again_with_what_was_committed() {
    let repo = with_agent(HONEST);
    killed_at(&repo, "agent:after");
    // As if the agent had not ended: what it had committed counts, not that it had finished.
    let runs = repo.path().join(".git/chant/runs");
    for run in std::fs::read_dir(runs).unwrap() {
        let _ = std::fs::remove_file(run.unwrap().path().join("agent.exit.json"));
    }
    std::fs::remove_dir_all(worktree(&repo)).unwrap();
    assert_eq!(kinds(&repo), ["cut_off", "worktree_gone"]);
    let said = repo.chant(&["status"]);
    assert!(said.stdout.contains("Left behind"), "{}", said.stdout);
    set_agent(&repo, "test \"$(cat greeting.txt)\" = hello");
    work(&repo).ok();
    assert_landed_once(&repo);
}

#[test]
fn a_worktree_deleted_by_hand_before_anything_was_committed_is_begun_anew() {
    let repo = with_agent(HONEST);
    killed_at(&repo, "agent:before");
    std::fs::remove_dir_all(worktree(&repo)).unwrap();
    work(&repo).ok();
    assert_landed_once(&repo);
}

/// After collection the branch has it all.
#[test]
fn a_worktree_deleted_by_hand_after_the_agent_loses_nothing() {
    for point in [
        "judge:before",
        "verify:before",
        "land:before",
        "checkout:before",
        "clean:before",
    ] {
        let repo = with_agent(HONEST);
        killed_at(&repo, point);
        std::fs::remove_dir_all(worktree(&repo)).unwrap();
        set_agent(&repo, "exit 9");
        work(&repo).ok();
        assert_landed_once(&repo);
    }
}

#[test]
fn a_branch_deleted_by_hand_comes_back_from_what_the_worktree_remembers() {
    for point in [
        "agent:after",
        "collect:after",
        "verify:before",
        "land:before",
    ] {
        let repo = with_agent(HONEST);
        killed_at(&repo, point);
        repo.git(&["update-ref", "-d", "refs/heads/chant/001-greeting"]);
        assert_eq!(kinds(&repo), ["cut_off", "branch_gone"], "{point}");
        set_agent(&repo, "exit 9");
        let worked = work(&repo);
        worked.ok();
        assert!(
            worked.stderr.contains("it is made again at"),
            "{}",
            worked.stderr
        );
        assert_landed_once(&repo);
        let landed = repo.git(&["log", "--format=%s", "main"]);
        assert!(landed.contains("write the greeting"), "{landed}");
    }
}

#[test]
fn a_worktree_and_a_branch_deleted_by_hand_are_made_again() {
    let repo = with_agent(HONEST);
    killed_at(&repo, "verify:before");
    std::fs::remove_dir_all(worktree(&repo)).unwrap();
    repo.git(&["worktree", "prune"]);
    repo.git(&["branch", "-q", "-D", "chant/001-greeting"]);
    set_agent(&repo, "exit 9");
    work(&repo).ok();
    assert_landed_once(&repo);
}

/// The clock of the machine is set back a year in the middle of a run.
#[test]
fn a_clock_that_jumps_back_changes_nothing() {
    let repo = with_agent(HONEST);
    let at = |time: &str, point: Option<&str>| {
        repo.chant_with(|command| {
            command.args(["work", ID]).env("CHANT_NOW", time);
            if let Some(point) = point {
                command.env("CHANT_CRASH_AT", point);
            }
        })
    };
    at("2026-11-21T08:00:00Z", Some("judge:before")).signalled();
    assert_eq!(kinds(&repo), ["cut_off"]);
    set_agent(&repo, "exit 9");
    at("2025-11-21T08:00:00Z", None).ok();
    assert_landed_once(&repo);
}

/// Runs are told apart and put in order by their attempts, not by the time in their names.
#[test]
fn attempts_keep_their_order_when_the_clock_jumps_back() {
    let repo = with_agent("exit 3");
    let at = |time: &str| {
        repo.chant_with(|command| {
            command.args(["work", ID]).env("CHANT_NOW", time);
        })
    };
    at("2026-11-21T08:00:00Z").fails(1);
    set_agent(&repo, "test \"$CHANT_ATTEMPT\" = 2 && exit 4");
    at("2025-11-21T08:00:00Z").fails(1);
    let shown = repo.chant(&["show", ID]);
    assert!(shown.stdout.contains('4'), "{}", shown.stdout);
    set_agent(&repo, &format!("test \"$CHANT_ATTEMPT\" = 3\n{HONEST}"));
    at("2026-11-21T09:00:00Z").ok();
    assert_landed_once(&repo);
}

/// Somebody takes commits off the main branch while a result waits to land on it.
#[test]
fn a_main_branch_that_was_forced_back_gets_the_result_where_it_is_now() {
    let repo = with_agent(HONEST);
    let first = repo.git(&["rev-parse", "main"]);
    repo.write("second.txt", "two\n");
    repo.git(&["add", "second.txt"]);
    repo.git(&["commit", "-q", "-m", "second"]);
    killed_at(&repo, "land:committed");
    repo.git(&["reset", "-q", "--hard", first.trim()]);
    repo.write("other.txt", "three\n");
    repo.git(&["add", "other.txt"]);
    repo.git(&["commit", "-q", "-m", "instead"]);
    set_agent(&repo, "exit 9");
    work(&repo).ok();
    assert_eq!(repo.git(&["show", "main:greeting.txt"]).trim(), "hello");
    assert_eq!(repo.file("other.txt"), "three\n");
    // What was taken off does not come back with the result.
    let history = repo.git(&["log", "--format=%s", "main"]);
    assert!(!history.contains("second"), "{history}");
    assert!(!repo.path().join("second.txt").exists());
    assert_eq!(state(&repo), "completed");
}

/// chant and its guard are killed; what the agent started in a session of its own goes on.
#[test]
fn processes_that_nobody_owns_are_found_and_ended() {
    let repo = with_agent("");
    let alive = repo.path().join("../alive");
    let script = format!(
        r"
setsid sh -c 'echo $$ > {alive}; while test -e {alive}; do sleep 0.05; done' >/dev/null 2>&1 &
while test ! -s {alive}; do sleep 0.01; done
guard=$(ps -o ppid= -p $$ | tr -d ' ')
chant=$(ps -o ppid= -p $guard | tr -d ' ')
kill -9 $chant $guard
",
        alive = alive.display()
    );
    set_agent(&repo, &script);
    work(&repo).signalled();
    let found = kinds(&repo);
    assert!(found.contains(&"processes".to_owned()), "{found:?}");
    set_agent(&repo, HONEST);
    work(&repo).ok();
    assert_landed_once(&repo);
    assert!(!kinds(&repo).contains(&"processes".to_owned()));
    std::fs::remove_file(alive).unwrap();
}

/// What `chant cleanup --dry-run` would remove, as kinds.
fn leftovers(repo: &TestRepo) -> Vec<String> {
    let found = repo.chant(&["cleanup", "--dry-run", "--json"]).json();
    let found = found["data"].as_array().unwrap().clone();
    found
        .iter()
        .map(|leftover| leftover["kind"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn cleanup_leaves_everything_of_an_unfinished_run() {
    for point in [
        "agent:after",
        "judge:after",
        "land:before",
        "land:after",
        "clean:before",
    ] {
        let repo = with_agent(HONEST);
        repo.write("keep.md", "");
        killed_at(&repo, point);
        let before = repo.git(&["for-each-ref"]);
        repo.chant(&["cleanup", "--yes"]).ok();
        assert_eq!(repo.git(&["for-each-ref"]), before, "{point}");
        set_agent(&repo, "exit 9");
        work(&repo).ok();
        assert_landed_once(&repo);
    }
}

#[test]
fn cleanup_removes_old_folders_of_runs_and_a_damaged_journal() {
    let repo = with_agent("exit 3");
    let config = repo.file(".chant/config.md");
    repo.write(
        ".chant/config.md",
        &config.replacen("---\n", "---\nlimits: {keep_runs: 1}\n", 1),
    );
    for _ in 0..3 {
        work(&repo).fails(1);
    }
    repo.write(".git/chant/journal.db.broken-20260101T000000Z", "x");
    // The present attempt and one more stay.
    assert_eq!(leftovers(&repo), ["run_folder", "broken_journal"]);
    repo.chant(&["cleanup", "--yes"]).ok();
    assert!(leftovers(&repo).is_empty());
    let runs = std::fs::read_dir(repo.path().join(".git/chant/runs")).unwrap();
    assert_eq!(runs.count(), 2);
    assert!(
        !repo
            .path()
            .join(".git/chant/journal.db.broken-20260101T000000Z")
            .exists()
    );
}

/// A result whose run is over comes back with `chant undo`; one that nobody knows is left alone.
#[test]
fn cleanup_lets_the_results_of_runs_go_that_are_over() {
    let repo = with_agent("exit 3");
    work(&repo).fails(1);
    let runs = std::fs::read_dir(repo.path().join(".git/chant/runs")).unwrap();
    let run = runs.map(|entry| entry.unwrap().file_name()).next().unwrap();
    let name = format!("refs/chant/runs/{}", run.to_string_lossy());
    repo.git(&["update-ref", &name, "main"]);
    repo.git(&[
        "update-ref",
        "refs/chant/runs/01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "main",
    ]);
    assert!(leftovers(&repo).contains(&"result".to_owned()));
    repo.chant(&["cleanup", "--yes"]).ok();
    let refs = repo.git(&["for-each-ref", "--format=%(refname)", "refs/chant/runs"]);
    assert_eq!(refs.trim(), "refs/chant/runs/01ARZ3NDEKTSV4RRFFQ69G5FAV");
    repo.chant(&["undo"]).ok();
    repo.git(&["rev-parse", "--verify", &name]);
}

#[test]
fn diagnose_says_what_the_folders_hold() {
    let repo = with_agent(HONEST);
    work(&repo).ok();
    let said = repo.chant(&["diagnose"]);
    said.ok();
    assert!(
        said.stdout.contains("in the folders of runs"),
        "{}",
        said.stdout
    );
}
