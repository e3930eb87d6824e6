//! Branches and worktrees that change by other hands while runs are under way.

use chant_testkit::crew;
use serde_json::json;

use crate::many::*;

const IDS: [&str; 3] = ["001-a", "002-b", "003-c"];

/// The agents of all specs have begun and wait for the file `go`.
fn all_waiting() -> (Many, std::process::Child) {
    let many = Many::with(&IDS.map(|id| (id, honest(id))));
    for id in IDS {
        many.script(id, &first(json!([{"wait_for": many.file("go")}]), id));
    }
    let child = many.working("one");
    eventually("all agents to begin", || {
        crew::ledger(&many.repo).len() == IDS.len()
    });
    (many, child)
}

#[test]
fn a_push_to_main_meanwhile_is_kept() {
    let (many, mut child) = all_waiting();
    many.repo.write("pushed.txt", "by a person\n");
    many.repo.commit("a person's commit");
    many.let_go("go");
    assert_eq!(ended(&mut child), Some(0), "{}", many.said("one"));
    many.assert_landed(&IDS);
    assert_eq!(many.repo.git(&["show", "main:pushed.txt"]), "by a person\n");
    assert!(
        IDS.iter()
            .all(|id| many.repo.path().join(format!("out/{id}.txt")).exists())
    );
}

#[test]
fn what_a_forced_push_took_away_does_not_come_back() {
    let many = Many::with(&IDS.map(|id| (id, honest(id))));
    many.repo
        .write("secret.txt", "should never have been committed\n");
    many.repo.commit("a mistake");
    for id in IDS {
        many.script(id, &first(json!([{"wait_for": many.file("go")}]), id));
    }
    let mut child = many.working("one");
    eventually("all agents to begin", || {
        crew::ledger(&many.repo).len() == IDS.len()
    });
    many.repo.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    many.repo.write("instead.txt", "the better way\n");
    many.repo.commit("without the mistake");
    many.let_go("go");
    let code = ended(&mut child);
    let log = many.repo.git(&["log", "--format=%s", "main"]);
    assert!(!log.contains("a mistake"), "{log}");
    let files = many.repo.git(&["ls-tree", "-r", "--name-only", "main"]);
    assert!(
        files.contains("instead.txt") && !files.contains("secret.txt"),
        "{files}"
    );
    if code != Some(0) {
        // Said, not silently given up: each has its reason.
        for id in IDS {
            let (status, reason) = many.standing(id);
            assert!(
                status == "completed" || !reason.is_empty(),
                "{id}: {status}"
            );
        }
        many.work().ok();
    }
    many.assert_landed(&IDS);
}

#[test]
fn a_worktree_that_is_deleted_while_its_agent_works() {
    let (many, mut child) = all_waiting();
    let listed = many.repo.git(&["worktree", "list", "--porcelain"]);
    let lines = listed
        .lines()
        .filter_map(|line| line.strip_prefix("worktree "));
    let folder = lines.clone().find(|path| path.ends_with("002-b")).unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    many.let_go("go");
    assert_eq!(ended(&mut child), Some(1), "{}", many.said("one"));
    many.assert_landed(&["001-a", "003-c"]);
    let (_, reason) = many.standing("002-b");
    assert!(!reason.is_empty());
    many.work().ok();
    many.assert_landed(&IDS);
    many.assert_quiet();
}

#[test]
fn a_branch_that_is_deleted_while_its_agent_works() {
    let (many, mut child) = all_waiting();
    many.repo
        .git(&["update-ref", "-d", "refs/heads/chant/002-b"]);
    many.let_go("go");
    let code = ended(&mut child);
    many.assert_landed(&["001-a", "003-c"]);
    if code != Some(0) {
        let (_, reason) = many.standing("002-b");
        assert!(!reason.is_empty());
        many.work().ok();
    }
    many.assert_landed(&IDS);
    many.assert_quiet();
}

#[test]
fn a_main_that_is_gone_is_said_and_the_results_wait() {
    let (many, mut child) = all_waiting();
    let main = many.repo.git(&["rev-parse", "main"]);
    many.repo.git(&["checkout", "--quiet", "--detach"]);
    many.repo.git(&["update-ref", "-d", "refs/heads/main"]);
    many.let_go("go");
    let code = ended(&mut child);
    assert!(
        code.is_some_and(|code| code != 0),
        "{code:?}: {}",
        many.said("one")
    );
    many.repo
        .git(&["update-ref", "refs/heads/main", main.trim()]);
    many.repo.git(&["checkout", "--quiet", "main"]);
    many.work().ok();
    many.assert_landed(&IDS);
    for id in IDS {
        many.assert_paid(id, 1);
    }
}

#[test]
fn locks_that_a_killed_git_left_hold_nobody_up() {
    for point in [
        "worktree:before",
        "agent:before",
        "agent:after",
        "collect:after",
        "verify:after",
    ] {
        let many = Many::with(&IDS.map(|id| (id, honest(id))));
        let mut child = many.working_with("one", |command| {
            command.env("CHANT_CRASH_AT", point);
        });
        ended(&mut child);
        many.assert_quiet();
        let git = many.repo.path().join(".git");
        for id in IDS {
            for lock in [
                format!("worktrees/{id}/index.lock"),
                format!("worktrees/{id}/HEAD.lock"),
            ] {
                // Where the run has not come so far there is no such folder, and nothing to lock.
                let _ = std::fs::write(git.join(lock), "");
            }
            std::fs::create_dir_all(git.join("refs/heads/chant")).unwrap();
            std::fs::write(git.join(format!("refs/heads/chant/{id}.lock")), "").unwrap();
        }
        let output = many.work();
        assert_eq!(output.code, Some(0), "{point}: {}", output.stderr);
        many.assert_landed(&IDS);
    }
}

/// Those on the main branch, on HEAD, and on the notes: git was killed while a landing was made known.
#[test]
fn locks_that_a_git_left_which_was_killed_in_a_landing_hold_nobody_up() {
    for (point, lock) in [
        ("land:announced", "refs/heads/main.lock"),
        ("land:announced", "HEAD.lock"),
        ("record:before", "refs/notes/chant.lock"),
        ("clean:before", "packed-refs.lock"),
    ] {
        let many = Many::with(&IDS.map(|id| (id, honest(id))));
        let mut child = many.working_with("one", |command| {
            command.env("CHANT_CRASH_AT", point);
        });
        ended(&mut child);
        many.assert_quiet();
        let path = many.repo.path().join(".git").join(lock);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let left = std::fs::File::create(&path).unwrap();
        let then = std::time::SystemTime::now() - std::time::Duration::from_mins(1);
        left.set_modified(then).unwrap();
        let output = many.work();
        assert_eq!(output.code, Some(0), "{lock}: {}", output.stderr);
        many.assert_landed(&IDS);
        assert!(!path.exists(), "{lock}");
    }
}
