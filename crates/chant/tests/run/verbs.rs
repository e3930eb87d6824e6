//! The commands around a run: what they bring back, what they refuse, and that they destroy nothing.

use chant_testkit::TestRepo;

use crate::support::*;

const OTHER: &str = ".chant/specs/002-farewell.md";

/// The other spec's agent work, by the spec's id.
const EITHER: &str = r#"
case "$CHANT_SPEC_ID" in
001-greeting) echo hello > greeting.txt ;;
002-farewell) echo goodbye > farewell.txt ;;
esac
sed -i 's/- \[ \]/- [x]/' "$CHANT_SPEC_FILE"
"#;

/// Appended to an agent: meanwhile somebody commits another greeting to main.
const MEANWHILE: &str = "cd \"$USER_CHECKOUT\" && echo other > greeting.txt && git add greeting.txt && git commit -q -m other\n";

fn branch_has(repo: &TestRepo, file: &str) -> String {
    repo.git(&["show", &format!("chant/001-greeting:{file}")])
}

#[test]
fn reset_puts_the_work_aside_and_undo_brings_it_back() {
    let repo = with_agent("echo precious > precious.txt\nexit 1");
    work(&repo).fails(1);
    let tip = repo.git(&["rev-parse", "chant/001-greeting"]);
    repo.chant(&["reset", ID]).ok();
    assert!(
        ["ready", "pending"].contains(&state(&repo).as_str()),
        "{}",
        state(&repo)
    );
    assert_eq!(repo.git(&["branch", "--list", "chant/*"]), "");
    let kept = repo.git(&["for-each-ref", "--format=%(objectname)", "refs/chant/kept"]);
    assert!(kept.contains(tip.trim()), "kept, reachable: {kept}");
    let list = repo.chant(&["undo", "--list"]);
    assert!(
        list.ok().stdout.contains("reset 001-greeting"),
        "{}",
        list.stdout
    );
    repo.chant(&["undo"]).ok();
    assert_eq!(repo.git(&["rev-parse", "chant/001-greeting"]), tip);
    assert_eq!(branch_has(&repo, "precious.txt"), "precious\n");
    assert_eq!(state(&repo), "failed");
    repo.chant(&["undo"]).fails(4);
    set_agent(&repo, HONEST);
    work(&repo).ok();
    assert_landed_once(&repo);
}

#[test]
fn reset_of_a_killed_run_keeps_what_was_not_committed() {
    let repo = with_agent("echo draft > draft.txt\n");
    let killed = repo.chant_with(|command| {
        command
            .args(["work", ID])
            .env("CHANT_CRASH_AT", "collect:before");
    });
    assert_eq!(killed.code, None);
    repo.chant(&["reset", ID]).ok();
    assert_eq!(repo.git(&["worktree", "list"]).lines().count(), 1);
    repo.chant(&["undo"]).ok();
    assert_eq!(branch_has(&repo, "draft.txt"), "draft\n");
}

#[test]
fn reset_of_a_landed_spec_touches_no_commit_and_makes_it_pending() {
    let repo = with_agent(HONEST);
    work(&repo).ok();
    let landed = repo.git(&["rev-parse", "main"]);
    repo.write("staged.txt", "staged\n");
    repo.git(&["add", "staged.txt"]);
    let output = repo.chant(&["reset", ID]);
    if output.code == Some(0) {
        assert!(
            repo.file(SPEC).contains("status: pending"),
            "{}",
            repo.file(SPEC)
        );
        assert!(["ready", "pending"].contains(&state(&repo).as_str()));
    } else {
        assert_eq!(state(&repo), "completed");
    }
    repo.git(&["merge-base", "--is-ancestor", landed.trim(), "main"]);
    assert_eq!(
        repo.git(&["diff", "--cached", "--name-only"]).trim(),
        "staged.txt",
        "the user's staging is his own"
    );
    assert_eq!(repo.git(&["show", "main:greeting.txt"]).trim(), "hello");
}

#[test]
fn cleanup_shows_asks_and_removes_only_what_chant_made() {
    let repo = with_agent("true");
    repo.commit("the project");
    work(&repo).fails(1);
    repo.git(&["branch", "mine"]);
    repo.git(&["branch", "chant/mine"]);
    let before = repo.git(&["for-each-ref"]);
    let shown = repo.chant(&["cleanup", "--dry-run"]);
    assert!(
        shown.ok().stdout.contains("chant/001-greeting"),
        "{}",
        shown.stdout
    );
    assert!(!shown.stdout.contains("mine"), "{}", shown.stdout);
    assert_eq!(
        repo.git(&["for-each-ref"]),
        before,
        "a dry run changes nothing"
    );
    let asked = repo.chant(&["cleanup"]);
    assert!(
        asked.fails(4).stderr.contains("chant cleanup --yes"),
        "{}",
        asked.stderr
    );
    assert_eq!(repo.git(&["for-each-ref"]), before, "nobody answered");
    repo.chant(&["cleanup", "--yes"]).ok();
    let after = repo.git(&["branch", "--format=%(refname:short)"]);
    assert_eq!(
        after.lines().collect::<Vec<_>>(),
        ["chant/mine", "main", "mine"]
    );
    assert!(
        repo.chant(&["cleanup", "--yes"])
            .ok()
            .stdout
            .contains("Nothing")
    );
    repo.chant(&["undo"]).ok();
    assert_eq!(repo.git(&["for-each-ref"]), before, "and it comes back");
}

#[test]
fn cleanup_leaves_work_that_is_nowhere_else() {
    let repo = with_agent("echo precious > precious.txt\nexit 1");
    work(&repo).fails(1);
    repo.chant(&["cleanup", "--yes"]).ok();
    assert_eq!(branch_has(&repo, "precious.txt"), "precious\n");
    let killed = repo.chant_with(|command| {
        command
            .args(["work", ID])
            .env("CHANT_CRASH_AT", "agent:after");
    });
    assert_eq!(killed.code, None);
    repo.chant(&["cleanup", "--yes"]).ok();
    assert_eq!(
        repo.git(&["worktree", "list"]).lines().count(),
        2,
        "an interrupted run needs its worktree"
    );
    set_agent(&repo, HONEST);
    repo.chant(&["reset", ID]).ok();
    work(&repo).ok();
    assert_landed_once(&repo);
}

#[test]
fn merge_all_lands_everything_that_waits() {
    let repo = with_agent(EITHER);
    repo.write(OTHER, &spec(""));
    repo.write("greeting.txt", "mine\n");
    repo.write("farewell.txt", "mine\n");
    work(&repo).fails(4);
    repo.chant(&["work", "002"]).fails(4);
    for file in ["greeting.txt", "farewell.txt"] {
        std::fs::remove_file(repo.path().join(file)).unwrap();
    }
    repo.chant(&["merge", "--all"]).ok();
    assert_eq!(repo.file("greeting.txt").trim(), "hello");
    assert_eq!(repo.file("farewell.txt").trim(), "goodbye");
    assert_eq!(repo.git(&["show", "main:farewell.txt"]).trim(), "goodbye");
    assert_eq!(repo.git(&["branch", "--list", "chant/*"]), "");
    repo.chant(&["merge", "--all"]).ok();
    repo.chant(&["merge", ID]).fails(4);
}

#[test]
fn merge_all_lands_what_it_can() {
    let repo = with_agent(EITHER);
    repo.write(OTHER, &spec(""));
    repo.write("greeting.txt", "mine\n");
    repo.write("farewell.txt", "mine\n");
    work(&repo).fails(4);
    repo.chant(&["work", "002"]).fails(4);
    std::fs::remove_file(repo.path().join("farewell.txt")).unwrap();
    let output = repo.chant(&["merge", "--all"]);
    assert!(
        output.fails(4).stderr.contains("greeting.txt"),
        "{}",
        output.stderr
    );
    assert_eq!(repo.file("farewell.txt").trim(), "goodbye");
    assert_eq!(repo.file("greeting.txt"), "mine\n");
    assert_eq!(state(&repo), "landing");
}

/// A run whose result conflicts with main.
fn conflicting() -> TestRepo {
    // Asked to bring both sides together, it gives up.
    let once = "if [ -e \"$HOME/asked\" ]; then exit 1; fi\ntouch \"$HOME/asked\"\n";
    let repo = with_agent(&format!("{once}{HONEST}{MEANWHILE}"));
    let output = repo.chant_with(|command| {
        command.args(["work", ID]).env("USER_CHECKOUT", repo.path());
    });
    output.fails(1);
    assert_eq!(state(&repo), "conflict");
    repo
}

#[test]
fn a_conflict_resolved_in_its_worktree_lands() {
    let repo = conflicting();
    let listed = repo.git(&["worktree", "list", "--porcelain"]);
    let folder = listed
        .lines()
        .filter_map(|line| line.strip_prefix("worktree "))
        .nth(1)
        .expect("it is kept");
    repo.chant(&["merge", ID]).fails(1);
    let resolve = "git merge -q main || true\necho hello > greeting.txt\ngit add greeting.txt\ngit commit -q -m resolved\n";
    let resolved = repo
        .command("sh")
        .current_dir(folder)
        .args(["-c", resolve])
        .output()
        .unwrap();
    assert!(
        resolved.status.success(),
        "{}",
        String::from_utf8_lossy(&resolved.stderr)
    );
    repo.chant(&["merge", ID]).ok();
    assert_landed_once(&repo);
    assert!(
        repo.git(&["log", "--format=%s", "main"]).contains("other"),
        "nobody's commit is lost"
    );
}

#[test]
fn a_conflict_that_went_away_lands() {
    let repo = conflicting();
    repo.git(&["rm", "-q", "greeting.txt"]);
    repo.git(&["commit", "-q", "-m", "no greeting after all"]);
    repo.chant(&["merge", ID]).ok();
    assert_landed_once(&repo);
}

#[test]
fn the_log_tells_what_happened_and_the_transcript_what_was_said() {
    let repo = with_agent(&format!(
        "printf 'colour \\033[31mred\\033[0m\\n'\n{HONEST}"
    ));
    repo.chant(&["log", ID]).fails(3);
    work(&repo).ok();
    let log = repo.chant(&["log", ID]);
    assert!(
        log.ok().stdout.contains("I write the greeting"),
        "{}",
        log.stdout
    );
    let raw = repo.chant(&["log", ID, "--raw"]);
    assert!(
        raw.ok().stdout.contains("I write the greeting"),
        "{}",
        raw.stdout
    );
    assert!(
        !log.stdout.contains('\u{1b}') && !raw.stdout.contains('\u{1b}'),
        "nothing reaches a terminal raw"
    );
    let json = repo.chant(&["--json", "log", ID]).json();
    assert_eq!(json["data"]["status"], "completed");
    assert!(
        json["data"]["events"]
            .as_array()
            .is_some_and(|events| events.len() > 5),
        "{json}"
    );
    repo.chant(&["log", ID, "--run", "7"]).fails(3);
    assert_eq!(
        repo.chant(&["log", "-f", ID]).ok().stdout,
        log.stdout,
        "a run that is over is not waited for"
    );
}

/// A second repository with the same commits as `repo`, and the replay agent.
fn replaying(repo: &TestRepo, recording: &std::path::Path) -> TestRepo {
    let clone = TestRepo::folder_only();
    clone.git(&["clone", "-q", &repo.path().display().to_string(), "."]);
    clone.git(&["config", "user.name", "Tess Ter"]);
    clone.git(&["config", "user.email", "tess@example.com"]);
    clone.chant(&["init", "--name", "sample"]).ok();
    let config = format!(
        "---\nagents:\n  - name: tape\n    kind: replay\n    recording: {}\ndefaults:\n  agent: tape\n---\n",
        recording.display()
    );
    clone.write(".chant/agents.md", &config);
    clone.write(SPEC, &spec(""));
    clone
}

#[test]
fn a_recorded_run_lands_the_same_in_a_clone_and_refuses_another_base() {
    let repo = with_agent(HONEST);
    repo.write("other.txt", "before\n");
    repo.git(&["add", "other.txt"]);
    repo.git(&["commit", "-q", "-m", "a base"]);
    let recording = repo.home().join("run.jsonl");
    let clone = replaying(&repo, &recording);
    let moved = replaying(&repo, &recording);
    repo.chant(&["work", ID, "--record", &recording.display().to_string()])
        .ok();
    work(&clone).ok();
    assert_landed_once(&clone);
    let files =
        |repo: &TestRepo| repo.git(&["ls-tree", "-r", "main", "--", "greeting.txt", "other.txt"]);
    assert_eq!(files(&clone), files(&repo));
    let log = clone.chant(&["log", ID]);
    assert!(
        log.stdout.contains("I write the greeting"),
        "{}",
        log.stdout
    );

    moved.write("other.txt", "changed since\n");
    moved.git(&["commit", "-q", "-a", "-m", "another base"]);
    let main = moved.git(&["rev-parse", "main"]);
    let refused = work(&moved);
    assert!(
        [Some(1), Some(5)].contains(&refused.code),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("record"), "{}", refused.stderr);
    assert_eq!(moved.git(&["rev-parse", "main"]), main);
}

#[test]
fn diagnose_says_how_things_stand() {
    let repo = with_agent("exit 1");
    let well = repo.chant(&["diagnose"]);
    assert!(!well.stdout.is_empty() || !well.stderr.is_empty());
    work(&repo).fails(1);
    let killed = repo.chant_with(|command| {
        command
            .args(["work", ID])
            .env("CHANT_CRASH_AT", "agent:before");
    });
    assert_eq!(killed.code, None);
    let output = repo.chant(&["diagnose"]);
    assert!(
        format!("{}{}", output.stdout, output.stderr).contains(ID),
        "{}{}",
        output.stdout,
        output.stderr
    );
    let json = repo.chant(&["--json", "diagnose"]).json();
    assert!(json["ok"].is_boolean());
}
