//! The landing queue: what is finished lands together, in order, checked on what it lands on.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::process::Stdio;

use chant_testkit::{Output, TestRepo, chant_bin};
use serde_json::Value;

use crate::support::set_agent;

/// Each spec's agent does what `do-<spec>.sh` in its home says, else it writes a file of the spec's name; then it commits.
const AGENT: &str = r#"
if [ -f "$HOME/do-$CHANT_SPEC_ID.sh" ]; then
  . "$HOME/do-$CHANT_SPEC_ID.sh"
else
  echo "$CHANT_SPEC_ID" > "$CHANT_SPEC_ID.txt"
fi
sed -i 's/- \[ \]/- [x]/' "$CHANT_SPEC_FILE"
git add -A
git commit -q -m "work of $CHANT_SPEC_ID"
"#;

fn sample() -> TestRepo {
    let repo = TestRepo::new();
    repo.chant(&["init", "--name", "sample"]).ok();
    set_agent(&repo, AGENT);
    repo
}

fn add(repo: &TestRepo, id: &str, frontmatter: &str) {
    let text = format!(
        "---\ntype: code\nstatus: pending\n{frontmatter}---\n\n# Work on {id}\n\n## Acceptance Criteria\n\n- [ ] it is done\n"
    );
    repo.write(&format!(".chant/specs/{id}.md"), &text);
}

fn does(repo: &TestRepo, id: &str, script: &str) {
    std::fs::write(repo.home().join(format!("do-{id}.sh")), script).unwrap();
}

/// The id of a spec's run: one for each repository, since a run's processes are found by it.
fn run_id(repo: &TestRepo, id: &str) -> String {
    let mut hasher = DefaultHasher::new();
    (repo.path(), id).hash(&mut hasher);
    format!("01J{:0>23}", hasher.finish())
}

/// Makes the result of a spec, up to where it waits for its turn.
#[track_caller]
fn finish(repo: &TestRepo, id: &str) {
    finish_with(repo, id, &[]);
}

#[track_caller]
fn finish_with(repo: &TestRepo, id: &str, options: &[&str]) {
    let mut command = repo.command(chant_bin());
    let run = run_id(repo, &format!("{id} {options:?}"));
    command
        .args(["run-one", "--json", "--spec", id, "--run", &run])
        .args(options)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Held until it has ended: its end would stop the run.
    let lifeline = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    drop(lifeline);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains(r#""status":"finished""#), "{said}");
}

fn finished(repo: &TestRepo, ids: &[&str]) {
    for id in ids {
        finish(repo, id);
    }
}

fn status(repo: &TestRepo, id: &str) -> String {
    let list = repo.chant(&["list", "--json"]).json();
    let specs = list["data"].as_array().unwrap();
    let spec = specs.iter().find(|spec| spec["id"] == id).unwrap();
    spec["status"].as_str().unwrap().to_owned()
}

/// The specs that landed, oldest first.
fn landed(repo: &TestRepo) -> Vec<String> {
    let format = "--format=%(trailers:key=Chant-Spec,valueonly)";
    let log = repo.git(&["log", "--reverse", format, "main"]);
    log.split_whitespace().map(str::to_owned).collect()
}

/// How often the main branch moved.
fn moves(repo: &TestRepo) -> usize {
    repo.git(&["reflog", "show", "main"]).lines().count()
}

/// Nothing of a landed run is left, and main is one line whose tip the checkout shows.
#[track_caller]
fn assert_tidy(repo: &TestRepo) {
    assert_eq!(repo.git(&["branch", "--list", "chant/*"]).trim(), "");
    assert_eq!(repo.git(&["for-each-ref", "refs/chant/runs"]), "");
    assert_eq!(repo.git(&["rev-list", "--min-parents=2", "main"]), "");
    assert_eq!(repo.git(&["diff", "HEAD", "--stat"]), "");
    assert!(!repo.path().join(".git/chant/landing.json").exists());
}

fn merge_all(repo: &TestRepo) -> Output {
    repo.chant(&["merge", "--all"])
}

#[test]
fn what_is_finished_lands_with_one_move_of_the_branch() {
    let repo = sample();
    for id in ["001-a", "002-b", "003-c"] {
        add(&repo, id, "verify: [\"test -f 'README.md'\"]\n");
    }
    finished(&repo, &["001-a", "002-b", "003-c"]);
    assert_eq!(status(&repo, "002-b"), "landing");
    let before = moves(&repo);
    merge_all(&repo).ok();
    assert_eq!(landed(&repo), ["001-a", "002-b", "003-c"]);
    assert_eq!(moves(&repo), before + 1);
    assert_eq!(repo.file("003-c.txt"), "003-c\n");
    assert_tidy(&repo);
    for id in ["001-a", "002-b", "003-c"] {
        repo.chant(&["attest", id, "--verify"]).ok();
        let why = repo.chant(&["why", &format!("{id}.txt:1")]);
        assert!(why.ok().stdout.contains(id), "{}", why.stdout);
    }
    repo.chant(&["drift", "--exit-code"]).ok();
    assert!(merge_all(&repo).ok().stdout.contains("Nothing waits"));
}

#[test]
fn what_another_builds_on_lands_before_it() {
    let repo = sample();
    add(&repo, "002-walls", "");
    add(&repo, "001-roof", "depends_on: [002-walls]\n");
    repo.chant(&["work", "002-walls"]).ok();
    finish(&repo, "001-roof");
    does(&repo, "002-walls", "echo higher > 002-walls.txt");
    finish_with(&repo, "002-walls", &["--again"]);
    let told = repo.chant(&["merge", "--all", "--dry-run"]);
    assert!(
        told.ok().stdout.starts_with("002-walls would"),
        "{}",
        told.stdout
    );
    merge_all(&repo).ok();
    assert_eq!(landed(&repo), ["002-walls", "002-walls", "001-roof"]);
    assert_tidy(&repo);
}

#[test]
fn what_builds_on_one_that_did_not_land_waits_for_it() {
    let repo = sample();
    add(&repo, "002-walls", "");
    add(&repo, "001-roof", "depends_on: [002-walls]\n");
    add(&repo, "003-garden", "");
    repo.chant(&["work", "002-walls"]).ok();
    finished(&repo, &["001-roof", "003-garden"]);
    does(&repo, "002-walls", "echo higher > 002-walls.txt");
    finish_with(&repo, "002-walls", &["--again"]);
    repo.write("002-walls.txt", "painted\n");
    let output = merge_all(&repo);
    let said = &output.fails(4).stderr;
    assert!(
        said.contains("depends on 002-walls, which did not land"),
        "{said}"
    );
    assert_eq!(landed(&repo), ["002-walls", "003-garden"]);
    repo.git(&["checkout", "-q", "--", "002-walls.txt"]);
    merge_all(&repo).ok();
    assert_eq!(landed(&repo)[2..], ["002-walls", "001-roof"]);
}

#[test]
fn two_that_contradict_each_other_the_second_waits_and_says_with_whom() {
    let repo = sample();
    for id in ["001-a", "002-b", "003-c"] {
        add(&repo, id, "");
    }
    does(&repo, "001-a", "echo one > shared.txt");
    does(&repo, "002-b", "echo two > shared.txt");
    finished(&repo, &["001-a", "002-b", "003-c"]);
    let preview = repo
        .chant(&["merge", "--all", "--dry-run", "--json"])
        .json();
    assert_eq!(preview["data"][1]["outcome"], "conflict");
    assert_eq!(preview["data"][1]["with"][0], "001-a");
    let output = merge_all(&repo);
    assert!(
        output.fails(1).stderr.contains("shared.txt"),
        "{}",
        output.stderr
    );
    assert_eq!(landed(&repo), ["001-a", "003-c"]);
    assert_eq!(status(&repo, "002-b"), "conflict");
    // A person resolves it on the run's branch, and goes on.
    let worktrees = repo.git(&["worktree", "list", "--porcelain"]);
    let folder = worktrees
        .lines()
        .filter_map(|line| line.strip_prefix("worktree "))
        .find(|path| path.ends_with("002-b"))
        .unwrap()
        .to_owned();
    let there = |args: &[&str]| {
        let mut command = repo.command("git");
        command.arg("-C").arg(&folder).args(args).output().unwrap()
    };
    assert!(!there(&["merge", "main"]).status.success());
    let refused = repo.chant(&["merge", "--continue"]);
    assert!(
        refused.fails(1).stderr.contains("shared.txt"),
        "{}",
        refused.stderr
    );
    std::fs::write(format!("{folder}/shared.txt"), "one and two\n").unwrap();
    assert!(there(&["commit", "-qam", "both"]).status.success());
    repo.chant(&["merge", "--continue"]).ok();
    assert_eq!(landed(&repo), ["001-a", "003-c", "002-b"]);
    assert_eq!(repo.file("shared.txt"), "one and two\n");
    assert_tidy(&repo);
}

/// Both pass alone; together they break what the first one's check asks for.
fn breaks_together(repo: &TestRepo) {
    for id in ["001-a", "002-b", "004-d"] {
        add(repo, id, "");
    }
    add(repo, "003-c", "verify: [\"! test -e 001-a.txt\"]\n");
}

#[test]
fn a_batch_that_fails_is_bisected_and_the_others_land() {
    let repo = sample();
    breaks_together(&repo);
    finished(&repo, &["001-a", "002-b", "003-c", "004-d"]);
    let output = merge_all(&repo);
    let said = &output.fails(1).stderr;
    assert!(said.contains("together with 001-a, 002-b"), "{said}");
    assert_eq!(landed(&repo), ["001-a", "002-b", "004-d"]);
    assert_eq!(status(&repo, "003-c"), "failed");
    assert_eq!(
        repo.git(&["branch", "--list", "chant/003-c"]).trim(),
        "chant/003-c",
        "its work is kept"
    );
}

#[test]
fn checks_of_those_in_front_are_asked_as_well() {
    let repo = sample();
    add(
        &repo,
        "001-a",
        "verify: [\"test $(ls *.txt | wc -l) -lt 3\"]\n",
    );
    add(&repo, "002-b", "");
    add(&repo, "003-c", "");
    finished(&repo, &["001-a", "002-b", "003-c"]);
    merge_all(&repo).fails(1);
    assert_eq!(landed(&repo), ["001-a", "002-b"]);
    assert_eq!(status(&repo, "003-c"), "failed");
}

#[test]
fn the_suite_is_asked_of_what_lands_together() {
    let repo = sample();
    let config = repo.file(".chant/config.md");
    let suite = "---\nchecks: [\"test $(ls *.txt 2>/dev/null | wc -l) -lt 2\"]\n";
    repo.write(".chant/config.md", &config.replacen("---\n", suite, 1));
    repo.chant(&["trust"]).ok();
    add(&repo, "001-a", "");
    add(&repo, "002-b", "");
    finished(&repo, &["001-a", "002-b"]);
    let output = merge_all(&repo);
    let said = &output.fails(1).stderr;
    assert!(
        said.contains("the suite passed before and fails now"),
        "{said}"
    );
    assert_eq!(landed(&repo), ["001-a"]);
}

#[test]
fn a_commit_of_a_persons_in_between_is_landed_on_and_checked_again() {
    let repo = sample();
    add(
        &repo,
        "001-a",
        "verify: [\"echo checked >> $HOME/checked\"]\n",
    );
    finish(&repo, "001-a");
    let checked = || {
        std::fs::read_to_string(repo.home().join("checked"))
            .unwrap()
            .lines()
            .count()
    };
    assert_eq!(checked(), 1);
    repo.write("person.txt", "mine\n");
    repo.git(&["add", "person.txt"]);
    repo.git(&["commit", "-qm", "a person's"]);
    repo.chant(&["merge", "001-a"]).ok();
    assert_eq!(checked(), 2);
    assert_eq!(repo.file("person.txt"), "mine\n");
    assert_tidy(&repo);
}

#[test]
fn what_was_checked_on_exactly_this_is_not_checked_again() {
    let repo = sample();
    add(
        &repo,
        "001-a",
        "verify: [\"echo checked >> $HOME/checked\"]\n",
    );
    finish(&repo, "001-a");
    repo.chant(&["merge", "001-a"]).ok();
    let checked = std::fs::read_to_string(repo.home().join("checked")).unwrap();
    assert_eq!(checked.lines().count(), 1);
}

#[test]
fn a_main_branch_that_was_thrown_back_is_landed_on_as_it_is() {
    let repo = sample();
    repo.write("gone.txt", "x\n");
    repo.git(&["add", "gone.txt"]);
    repo.git(&["commit", "-qm", "soon gone"]);
    add(&repo, "001-a", "");
    finish(&repo, "001-a");
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    repo.write("instead.txt", "y\n");
    repo.git(&["add", "instead.txt"]);
    repo.git(&["commit", "-qm", "instead"]);
    repo.chant(&["merge", "001-a"]).ok();
    assert_eq!(landed(&repo), ["001-a"]);
    assert_eq!(repo.file("instead.txt"), "y\n");
    assert!(
        !repo
            .git(&["ls-tree", "--name-only", "main"])
            .contains("gone.txt")
    );
}

#[test]
fn a_dirty_file_makes_its_run_wait_and_what_builds_on_it_but_no_other() {
    let repo = sample();
    for id in ["001-a", "002-b", "003-c"] {
        add(&repo, id, "");
    }
    finished(&repo, &["001-a", "002-b", "003-c"]);
    repo.write("001-a.txt", "mine\n");
    let output = merge_all(&repo);
    assert!(
        output.fails(4).stderr.contains("001-a.txt"),
        "{}",
        output.stderr
    );
    assert_eq!(landed(&repo), ["002-b", "003-c"]);
    assert_eq!(repo.file("001-a.txt"), "mine\n");
    assert_eq!(status(&repo, "001-a"), "landing");
    std::fs::remove_file(repo.path().join("001-a.txt")).unwrap();
    merge_all(&repo).ok();
    assert_eq!(landed(&repo), ["002-b", "003-c", "001-a"]);
    assert_tidy(&repo);
}

#[test]
fn a_hook_that_refuses_one_keeps_none_of_the_others() {
    let repo = sample();
    for id in ["001-a", "002-b", "003-c"] {
        add(&repo, id, "");
    }
    finished(&repo, &["001-a", "002-b", "003-c"]);
    let hook = repo.path().join(".git/hooks/reference-transaction");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    let script = "#!/bin/sh\n[ \"$1\" = prepared ] || exit 0\nwhile read old new ref; do\n  case \"$ref\" in refs/heads/main)\n    if git ls-tree --name-only \"$new\" | grep -q 002-b; then echo 'no seconds today' >&2; exit 1; fi;;\n  esac\ndone\n";
    std::fs::write(&hook, script).unwrap();
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let output = merge_all(&repo);
    assert!(
        output.fails(4).stderr.contains("no seconds today"),
        "{}",
        output.stderr
    );
    assert_eq!(landed(&repo), ["001-a", "003-c"]);
    assert_eq!(status(&repo, "002-b"), "landing");
    std::fs::remove_file(hook).unwrap();
    merge_all(&repo).ok();
    assert_tidy(&repo);
}

#[test]
fn a_dry_run_says_everything_and_touches_nothing() {
    let repo = sample();
    add(&repo, "001-a", "");
    add(&repo, "002-b", "verify: [\"true\"]\nlabels: [v1]\n");
    finished(&repo, &["001-a", "002-b"]);
    let refs = repo.git(&["for-each-ref"]);
    let files = repo.snapshot_files();
    let journal = std::fs::read(repo.path().join(".git/chant/journal.db")).unwrap();
    let told = repo.chant(&["merge", "--all", "--dry-run"]);
    let lines: Vec<&str> = told.ok().stdout.lines().collect();
    assert_eq!(
        lines,
        [
            "001-a would land on main, with 1 commit of its agent",
            "002-b would land on main, with 1 commit of its agent, after its checks ran again"
        ]
    );
    let json: Value = repo
        .chant(&["merge", "--label", "v1", "--dry-run", "--json"])
        .json();
    assert_eq!(json["data"][0]["id"], "002-b");
    assert_eq!(json["data"].as_array().unwrap().len(), 1);
    assert_eq!(repo.git(&["for-each-ref"]), refs);
    assert_eq!(repo.snapshot_files(), files);
    assert_eq!(
        std::fs::read(repo.path().join(".git/chant/journal.db")).unwrap(),
        journal
    );
    repo.chant(&["merge", "--label", "v1"]).ok();
    assert_eq!(landed(&repo), ["002-b"]);
}

#[test]
fn two_that_land_everything_at_once_land_each_run_once() {
    let repo = sample();
    let ids = ["001-a", "002-b", "003-c", "004-d"];
    for id in ids {
        add(&repo, id, "verify: [\"true\"]\n");
    }
    finished(&repo, &ids);
    let spawn = || {
        let mut command = repo.command(chant_bin());
        command
            .args(["merge", "--all", "-q"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    };
    let mut both = [spawn(), spawn()];
    for child in &mut both {
        assert!(child.wait().unwrap().success());
    }
    merge_all(&repo).ok();
    let mut specs = landed(&repo);
    specs.sort();
    assert_eq!(specs, ids);
    assert_tidy(&repo);
}

#[test]
fn killed_at_any_point_each_run_lands_once() {
    for point in [
        "land:committed",
        "land:announced",
        "land:moved",
        "bring-along:noted",
        "bring-along:merged",
        "land:shown",
        "checkout:before",
        "record:after",
        "clean:before",
        "clean:worktree#2",
        "clean:after",
    ] {
        let repo = sample();
        let ids = ["001-a", "002-b", "003-c"];
        for id in ids {
            add(&repo, id, "");
        }
        // The second and the third change what the first made.
        does(
            &repo,
            "002-b",
            "echo b > b.txt; sed -i 's/A sample/A second sample/' README.md",
        );
        finished(&repo, &ids);
        repo.write("notes.txt", "mine\n");
        let killed = repo.chant_with(|command| {
            command
                .args(["merge", "--all"])
                .env("CHANT_CRASH_AT", point);
        });
        assert_eq!(killed.code, None, "killed at {point}: {}", killed.stderr);
        repo.chant(&["status"]).ok();
        merge_all(&repo).ok();
        assert_eq!(landed(&repo), ids, "{point}");
        assert_eq!(repo.file("notes.txt"), "mine\n");
        assert_eq!(repo.file("README.md"), "A second sample.\n", "{point}");
        assert_tidy(&repo);
    }
}

#[test]
fn squash_and_merge_land_together_as_well() {
    for (strategy, commits, merges) in [("squash", 3, 0), ("merge", 5, 1)] {
        let repo = sample();
        let config = repo.file(".chant/config.md");
        let setting = format!("---\nlanding: {{strategy: {strategy}}}\n");
        repo.write(".chant/config.md", &config.replacen("---\n", &setting, 1));
        add(&repo, "001-a", "");
        add(&repo, "002-b", "");
        finished(&repo, &["001-a", "002-b"]);
        merge_all(&repo).ok();
        assert_eq!(landed(&repo), ["001-a", "002-b"]);
        let count = |args: &[&str]| repo.git(args).lines().count();
        assert_eq!(count(&["rev-list", "main"]), commits, "{strategy}");
        assert_eq!(
            count(&["rev-list", "--min-parents=2", "main"]),
            merges,
            "{strategy}"
        );
        repo.chant(&["attest", "002-b", "--verify"]).ok();
        let why = repo.chant(&["why", "002-b.txt:1"]);
        assert!(why.ok().stdout.contains("002-b"), "{}", why.stdout);
    }
}

#[test]
fn silent_runs_land_together_and_git_hears_nothing_of_it() {
    let repo = TestRepo::new();
    repo.chant(&["init", "--silent", "--name", "sample"]).ok();
    set_agent(
        &repo,
        "echo \"$CHANT_SPEC_ID\" > \"$CHANT_SPEC_ID.txt\"\nsed -i 's/- \\[ \\]/- [x]/' \"$CHANT_SPEC_FILE\"",
    );
    add(&repo, "001-a", "");
    add(&repo, "002-b", "");
    finished(&repo, &["001-a", "002-b"]);
    merge_all(&repo).ok();
    let log = repo.git(&["log", "--format=%B", "main"]);
    assert!(!log.to_lowercase().contains("chant"), "{log}");
    assert_eq!(repo.git(&["rev-list", "--count", "main"]).trim(), "3");
    assert!(
        repo.file(".chant/specs/002-b.md")
            .contains("status: completed")
    );
    assert_eq!(repo.file("001-a.txt"), "001-a\n");
}
