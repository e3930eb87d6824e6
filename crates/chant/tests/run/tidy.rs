//! What a person finds again: nothing of theirs goes with what chant tidies up, wherever they put it.

use std::path::PathBuf;

use chant_testkit::terminal::Terminal;
use chant_testkit::{TestRepo, chant_bin};

use crate::support::*;

/// Where this repository's worktrees are.
fn place(repo: &TestRepo) -> PathBuf {
    let mut folders = std::fs::read_dir(repo.worktrees()).unwrap();
    folders.next().expect("a folder").unwrap().path()
}

fn worktree(repo: &TestRepo) -> PathBuf {
    place(repo).join(ID)
}

fn killed_at(repo: &TestRepo, point: &str) {
    let killed = repo.chant_with(|command| {
        command.args(["work", ID]).env("CHANT_CRASH_AT", point);
    });
    killed.signalled();
}

/// Whether some ref below `refs/chant/kept/` has this file.
fn is_kept(repo: &TestRepo, file: &str) -> bool {
    let refs = repo.git(&["for-each-ref", "--format=%(refname)", "refs/chant/kept"]);
    refs.lines().any(|name| {
        let files = repo.git(&["ls-tree", "-r", "--name-only", name]);
        files.lines().any(|found| found == file)
    })
}

#[test]
fn cleanup_leaves_a_folder_of_a_persons_beside_the_worktrees() {
    let repo = with_agent(HONEST);
    work(&repo).ok();
    for folder in ["001-greeting.backup", "001-greeting", "mine"] {
        let mine = place(&repo).join(folder);
        std::fs::create_dir_all(&mine).unwrap();
        std::fs::write(mine.join("notes.txt"), "mine\n").unwrap();
    }
    let cleaned = repo.chant(&["cleanup", "--yes"]);
    assert!(
        cleaned.ok().stdout.contains("Nothing to clean up"),
        "{}",
        cleaned.stdout
    );
    for folder in ["001-greeting.backup", "001-greeting", "mine"] {
        let mine = place(&repo).join(folder).join("notes.txt");
        assert_eq!(std::fs::read_to_string(mine).unwrap(), "mine\n", "{folder}");
    }
}

/// Two attempts have the same branch: that one is over frees nothing the other needs.
#[test]
fn cleanup_leaves_the_branch_of_an_unfinished_run_after_a_failed_one() {
    let repo = with_agent("true");
    repo.commit("the project");
    work(&repo).fails(1);
    set_agent(&repo, HONEST);
    killed_at(&repo, "agent:before");
    let before = repo.git(&["for-each-ref"]);
    repo.chant(&["cleanup", "--yes"]).ok();
    assert_eq!(repo.git(&["for-each-ref"]), before);
    work(&repo).ok();
    assert_landed_once(&repo);
}

/// Whoever is asked may answer a day later.
#[test]
fn cleanup_removes_nothing_that_a_run_needs_by_the_time_of_the_answer() {
    let repo = with_agent("true");
    repo.commit("the project");
    work(&repo).fails(1);
    let mut before = String::new();
    let mut command = repo.command(chant_bin());
    command.arg("cleanup");
    let script = [("Remove these?", "y\r")];
    let (said, code) = Terminal::new(200, 40).talk_late(&mut command, &script, &mut || {
        set_agent(&repo, HONEST);
        killed_at(&repo, "agent:before");
        before = repo.git(&["for-each-ref"]);
    });
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("a run has come to need them"), "{said}");
    assert_eq!(repo.git(&["for-each-ref"]), before);
    work(&repo).ok();
    assert_landed_once(&repo);
}

#[test]
fn a_branch_that_somebody_has_checked_out_stays() {
    let repo = with_agent(HONEST);
    repo.commit("the project");
    repo.chant(&["work", "--no-merge", ID]).ok();
    let other = repo.path().join("../other");
    let other = other.to_str().unwrap();
    repo.git(&["worktree", "add", "-q", "-f", other, "chant/001-greeting"]);
    repo.chant(&["merge", ID]).ok();
    let there = |args: &[&str]| repo.git(&[&["-C", other], args].concat());
    assert_eq!(there(&["status", "--porcelain"]), "");
    assert!(there(&["log", "--format=%s", "-1"]).contains("greeting"));
    repo.chant(&["cleanup", "--yes"]).ok();
    assert_eq!(there(&["status", "--porcelain"]), "");
    // When they have left it, it may go.
    repo.git(&["worktree", "remove", other]);
    repo.chant(&["cleanup", "--yes"]).ok();
    assert_eq!(repo.git(&["branch", "--list", "chant/*"]), "");
}

#[test]
fn reset_leaves_the_branch_that_the_checkout_is_on() {
    let repo = with_agent("echo draft > draft.txt\nexit 3");
    repo.commit("the project");
    work(&repo).fails(1);
    repo.git(&["checkout", "-q", "chant/001-greeting"]);
    repo.chant(&["reset", ID]).ok();
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    assert_eq!(repo.file("draft.txt"), "draft\n");
}

/// The worktree was deleted and something else put in its place; or its link to the repository was.
#[test]
fn what_lies_where_the_worktree_was_is_kept() {
    for point in ["agent:before", "judge:before"] {
        let repo = with_agent(HONEST);
        killed_at(&repo, point);
        let folder = worktree(&repo);
        std::fs::remove_dir_all(&folder).unwrap();
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("notes.txt"), "mine\n").unwrap();
        work(&repo).ok();
        assert!(is_kept(&repo, "notes.txt"), "{point}");
        assert_landed_once(&repo);
    }
}

#[test]
fn what_lies_where_git_knows_of_no_worktree_any_more_is_kept() {
    let repo = with_agent(HONEST);
    killed_at(&repo, "agent:before");
    let folder = worktree(&repo);
    std::fs::remove_dir_all(&folder).unwrap();
    repo.git(&["worktree", "prune"]);
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("notes.txt"), "mine\n").unwrap();
    work(&repo).ok();
    assert!(is_kept(&repo, "notes.txt"));
    assert_landed_once(&repo);
}

#[test]
fn a_run_goes_on_when_its_folder_was_deleted() {
    for point in [
        "agent:before",
        "agent:after",
        "collect:after",
        "verify:before",
        "verify:after",
        "land:before",
        "land:after",
        "checkout:after",
        "record:before",
        "clean:before",
    ] {
        let repo = with_agent(HONEST);
        killed_at(&repo, point);
        std::fs::remove_dir_all(repo.path().join(".git/chant/runs")).unwrap();
        repo.chant(&["status"]).ok();
        repo.chant(&["diagnose"]).ok();
        // It is asked again where only the folder told that it had ended.
        set_agent(
            &repo,
            &HONEST.replace("git commit", "git diff --cached --quiet || git commit"),
        );
        let worked = work(&repo);
        assert_eq!(worked.code, Some(0), "{point}: {}", worked.stderr);
        assert_landed_once(&repo);
    }
}

/// The disk that worktrees were on is not there any more; now they have another place.
#[test]
fn a_run_that_had_no_worktree_yet_gets_one_where_they_are_now() {
    let repo = with_agent(HONEST);
    let lost = repo.home().join("lost");
    std::fs::write(&lost, "not a folder").unwrap();
    let failed = repo.chant_with(|command| {
        command
            .args(["work", ID])
            .env("CHANT_WORKTREES", lost.join("worktrees"));
    });
    assert!(failed.fails(1).stderr.contains("lost"), "{}", failed.stderr);
    work(&repo).ok();
    assert_landed_once(&repo);
}

#[test]
fn undo_of_a_landed_specs_reset_makes_it_completed_again() {
    let repo = with_agent(HONEST);
    repo.commit("the project");
    work(&repo).ok();
    let text = repo.file(SPEC);
    repo.chant(&["reset", ID]).ok();
    assert_eq!(state(&repo), "pending");
    repo.chant(&["undo"]).ok();
    assert_eq!(state(&repo), "completed");
    assert_eq!(repo.file(SPEC), text);
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    repo.chant(&["undo"]).fails(4);
}

/// What was worked again since stands in the way of its own undo, and of no other's.
#[test]
fn undo_reaches_what_was_done_before_a_reset_that_is_past() {
    let repo = with_agent("echo draft > draft.txt\nexit 3");
    let second = ".chant/specs/002-farewell.md";
    repo.write(second, &spec(""));
    repo.commit("the project");
    for id in ["002", "001"] {
        repo.chant(&["work", id]).fails(1);
        repo.chant(&["reset", id]).ok();
    }
    set_agent(&repo, HONEST);
    work(&repo).ok();
    let refused = repo.chant(&["undo"]);
    assert!(
        refused.fails(4).stderr.contains("chant undo SPEC"),
        "{}",
        refused.stderr
    );
    assert_landed_once(&repo);
    repo.chant(&["undo", "002"]).ok();
    repo.git(&["rev-parse", "--verify", "chant/002-farewell"]);
    let none = repo.chant(&["undo", "002"]);
    assert!(
        none.fails(4).stderr.contains("nothing of 002"),
        "{}",
        none.stderr
    );
}

/// Somebody looks at a result that waits, and tries something in its worktree.
#[test]
fn what_was_changed_in_a_worktree_after_its_result_was_made_is_kept() {
    for changed in [false, true] {
        let repo = with_agent(HONEST);
        repo.commit("the project");
        repo.chant(&["work", "--no-merge", ID]).ok();
        if changed {
            std::fs::write(worktree(&repo).join("notes.txt"), "mine\n").unwrap();
        }
        let merged = repo.chant(&["merge", ID]);
        merged.ok();
        assert_eq!(is_kept(&repo, "notes.txt"), changed);
        let told = merged.stderr.contains("it is kept at refs/chant/kept/");
        assert_eq!(told, changed, "{}", merged.stderr);
        assert_landed_once(&repo);
    }
}

#[test]
fn a_reset_that_was_killed_loses_nothing_of_what_undo_brings_back() {
    for point in ["reset:remembered", "reset:deleted"] {
        let repo = with_agent("echo draft > draft.txt\nexit 3");
        repo.commit("the project");
        work(&repo).fails(1);
        let killed = repo.chant_with(|command| {
            command.args(["reset", ID]).env("CHANT_CRASH_AT", point);
        });
        killed.signalled();
        repo.chant(&["reset", ID]).ok();
        assert_eq!(state(&repo), "pending", "{point}");
        repo.chant(&["undo"]).ok();
        assert_eq!(state(&repo), "failed", "{point}");
        let drafted = repo.git(&["show", "chant/001-greeting:draft.txt"]);
        assert_eq!(drafted, "draft\n", "{point}");
        repo.chant(&["undo"]).fails(4);
    }
}

/// As from cron, or in a container: nobody says where home is.
#[test]
fn without_a_home_everything_is_as_before() {
    let repo = with_agent(HONEST);
    killed_at(&repo, "judge:before");
    let homeless = |args: &[&str]| {
        repo.chant_with(|command| {
            command.args(args).env_remove("HOME");
        })
    };
    homeless(&["status"]).ok();
    homeless(&["diagnose"]).ok();
    set_agent(&repo, "exit 9");
    homeless(&["watch", "--once"]).ok();
    assert_landed_once(&repo);
    assert!(homeless(&["cleanup"]).ok().stdout.contains("Nothing"));
}

/// The home directory is not there, or is not a folder.
#[test]
fn with_a_home_that_is_missing_it_is_said_which_folder_cannot_be_made() {
    let repo = with_agent(HONEST);
    let missing = repo.path().join("README.md/home");
    let failed = repo.chant_with(|command| {
        for name in ["XDG_CACHE_HOME", "CHANT_WORKTREES"] {
            command.env_remove(name);
        }
        command.args(["work", ID]).env("HOME", &missing);
    });
    assert!(
        failed.fails(1).stderr.contains("README.md/home"),
        "{}",
        failed.stderr
    );
    work(&repo).ok();
    assert_landed_once(&repo);
}
