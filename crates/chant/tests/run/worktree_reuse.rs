//! In large repositories a worktree is put aside for the next run. "Large" is a setting, so two files are enough here.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use chant_testkit::TestRepo;

use crate::support::*;

const SECOND: &str = "002-other";

/// Notes which folder its worktree is, and everything it finds there.
const LOOKS: &str = r#"
stat -c %i . > "$HOME/inode-$CHANT_SPEC_ID"
find . -path ./.git -prune -o -type f -print | sort > "$HOME/found-$CHANT_SPEC_ID"
git status --porcelain --ignored > "$HOME/status-$CHANT_SPEC_ID"
git rev-parse --abbrev-ref HEAD > "$HOME/branch-$CHANT_SPEC_ID"
cat README.md > "$HOME/readme-$CHANT_SPEC_ID" || true
"#;

/// The work of each run, with its own file.
const WORKS: &str = r#"
echo hello > "$CHANT_SPEC_ID.txt"
sed -i 's/- \[ \]/- [x]/' "$CHANT_SPEC_FILE"
git add "$CHANT_SPEC_ID.txt" "$CHANT_SPEC_FILE"
git commit -q -m "the work of $CHANT_SPEC_ID"
"#;

/// Two specs, and settings with which every worktree is worth keeping.
fn large(settings: &str, mess: &str) -> TestRepo {
    let repo = with_agent(&format!("{LOOKS}{mess}{WORKS}"));
    repo.write(".gitignore", "made/\n.env\n");
    repo.commit("ignore");
    repo.write(
        &format!(".chant/specs/{SECOND}.md"),
        &spec("").replace("greeting", "other"),
    );
    let config = repo.file(".chant/config.md");
    let (front, rest) = config[4..].split_once("---\n").unwrap();
    repo.write(
        ".chant/config.md",
        &format!("---\n{front}worktree: {{reuse_from: 1, {settings}}}\n---\n{rest}"),
    );
    repo.chant(&["trust"]).ok();
    repo
}

fn noted(repo: &TestRepo, what: &str, id: &str) -> String {
    std::fs::read_to_string(repo.home().join(format!("{what}-{id}"))).unwrap()
}

/// The worktrees that were put aside, as folders.
fn idle(repo: &TestRepo) -> Vec<PathBuf> {
    let projects = std::fs::read_dir(repo.worktrees()).into_iter().flatten();
    let slots = projects
        .flatten()
        .filter_map(|project| std::fs::read_dir(project.path().join(".idle")).ok());
    let mut found: Vec<PathBuf> = slots
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}

fn inode(path: &std::path::Path) -> String {
    format!("{}\n", path.metadata().unwrap().ino())
}

/// No branch is left, and git knows exactly the worktrees there are.
#[track_caller]
fn assert_consistent(repo: &TestRepo) {
    assert_git_knows_them(repo);
    assert_eq!(repo.git(&["branch", "--list", "chant/*"]).trim(), "");
}

/// Every worktree that git lists is there, and those aside are on no branch.
#[track_caller]
fn assert_git_knows_them(repo: &TestRepo) {
    let listed = repo.git(&["worktree", "list", "--porcelain"]);
    assert!(!listed.contains("prunable"), "{listed}");
    for folder in idle(repo) {
        let entry = format!("worktree {}\n", folder.display());
        let at = listed.find(&entry).expect("git knows it");
        let entry = listed[at..].split("\n\n").next().unwrap_or_default();
        assert!(entry.contains("detached"), "{listed}");
    }
    let worktrees = listed.lines().filter(|line| line.starts_with("worktree "));
    let runs = worktrees.filter(|line| !line.contains("/.checks/") && !line.contains("/.idle/"));
    assert_eq!(runs.count(), 1, "{listed}");
}

/// The second run found nothing but what its base has, the spec, and itself on its branch.
#[track_caller]
fn assert_found_fresh(repo: &TestRepo) {
    let found = noted(repo, "found", SECOND);
    let mut expected: Vec<String> = repo
        .git(&["ls-tree", "-r", "--name-only", "main"])
        .lines()
        .filter(|path| *path != format!("{SECOND}.txt"))
        .map(|path| format!("./{path}"))
        .collect();
    expected.sort();
    let mut found: Vec<&str> = found.lines().collect();
    found.sort_unstable();
    // What a landing adds of its own is not there when the agent begins.
    expected.retain(|path| found.contains(&path.as_str()) || !path.starts_with("./.chant/"));
    assert_eq!(found, expected);
    let status = noted(repo, "status", SECOND);
    let other = status.lines().find(|line| !line.contains(".chant/"));
    assert_eq!(other, None, "{status}");
    assert_eq!(
        noted(repo, "branch", SECOND).trim(),
        format!("chant/{SECOND}")
    );
    assert_eq!(noted(repo, "readme", SECOND), repo.file("README.md"));
}

#[test]
fn the_second_run_has_the_worktree_of_the_first_and_finds_nothing_in_it() {
    let repo = large(
        "copy: [.env]",
        "mkdir -p made/deep new\necho x > made/deep/a\necho x > new/b\necho mine > README.md\ngit update-index --assume-unchanged README.md\nmkdir inner\n(cd inner; git init -q .; git commit -q --allow-empty -m inner)\n",
    );
    repo.write(".env", "SECRET=1\n");
    let _ = work(&repo);
    let aside = idle(&repo);
    assert_eq!(aside.len(), 1, "{aside:?}");
    assert_eq!(inode(&aside[0]), noted(&repo, "inode", ID));
    assert!(
        !aside[0].join(".env").exists(),
        "nothing secret waits in it"
    );
    assert!(!aside[0].join("made").exists());
    set_agent(&repo, &format!("{LOOKS}{WORKS}"));
    repo.chant(&["work", SECOND]).ok();
    assert_eq!(noted(&repo, "inode", SECOND), noted(&repo, "inode", ID));
    let log = repo.git(&["log", "--format=%(trailers:key=Chant-Spec,valueonly)"]);
    assert!(log.contains(SECOND), "{log}");
    assert!(!noted(&repo, "found", SECOND).contains("inner"));
    assert_git_knows_them(&repo);
    assert_eq!(idle(&repo).len(), 1);
}

#[test]
fn nothing_of_before_is_in_it() {
    let repo = large("", "mkdir -p made\necho x > made/a\n");
    work(&repo).ok();
    repo.write("README.md", "of the user, since\n");
    repo.commit("since");
    set_agent(&repo, &format!("{LOOKS}{WORKS}"));
    repo.chant(&["work", SECOND]).ok();
    assert_eq!(noted(&repo, "inode", SECOND), noted(&repo, "inode", ID));
    assert_found_fresh(&repo);
    assert_consistent(&repo);
}

#[test]
fn a_failed_run_leaves_its_worktree_and_loses_no_work() {
    let repo = large("", "echo precious > precious.txt\nrm README.md\nexit 3\n");
    work(&repo).fails(1);
    assert_eq!(idle(&repo).len(), 1);
    let kept = repo.git(&["for-each-ref", "--format=%(refname)", "refs"]);
    let has_it = kept.lines().any(|name| {
        let files = repo.git(&["ls-tree", "-r", "--name-only", name]);
        files.contains("precious.txt")
    });
    assert!(has_it, "{kept}");
    set_agent(&repo, &format!("{LOOKS}{WORKS}"));
    repo.chant(&["work", SECOND]).ok();
    assert_eq!(noted(&repo, "inode", SECOND), noted(&repo, "inode", ID));
    assert_found_fresh(&repo);
}

#[test]
fn an_agent_that_leaves_its_branch_does_not_pass_it_on() {
    let repo = large(
        "",
        "git checkout -q -b elsewhere\necho e > e.txt\ngit add e.txt\ngit commit -q -m e\n",
    );
    let _ = work(&repo);
    set_agent(&repo, &format!("{LOOKS}{WORKS}"));
    repo.chant(&["work", SECOND]).ok();
    assert_found_fresh(&repo);
    assert!(
        repo.git(&["ls-tree", "--name-only", "elsewhere"])
            .contains("e.txt")
    );
}

#[test]
fn small_repositories_keep_none_and_settings_say_so_too() {
    for settings in ["keep: 0", "reuse_from: 5000"] {
        let repo = large("", "");
        let config = repo.file(".chant/config.md");
        repo.write(
            ".chant/config.md",
            &config.replace("reuse_from: 1, ", settings),
        );
        work(&repo).ok();
        assert_eq!(idle(&repo), Vec::<PathBuf>::new());
        assert_landed(&repo, ID);
    }
}

#[track_caller]
fn assert_landed(repo: &TestRepo, id: &str) {
    let log = repo.git(&[
        "log",
        "--format=%(trailers:key=Chant-Spec,valueonly)",
        "main",
    ]);
    let times = log.split_whitespace().filter(|found| *found == id).count();
    assert_eq!(times, 1, "{id} landed once: {log}");
}

#[test]
fn research_with_a_part_of_the_files_neither_takes_nor_leaves_one() {
    let repo = large("sparse: [docs]", "");
    repo.write("docs/a.md", "a\n");
    repo.write("src/main.c", "int main;\n");
    repo.commit("files");
    work(&repo).ok();
    let aside = idle(&repo);
    assert_eq!(aside.len(), 1);
    assert_eq!(inode(&aside[0]), noted(&repo, "inode", ID));
    let text = spec("target_files: [002-other.txt]\n").replace("type: code", "type: research");
    repo.write(&format!(".chant/specs/{SECOND}.md"), &text);
    repo.chant(&["work", SECOND]).ok();
    let found = noted(&repo, "found", SECOND);
    assert!(found.contains("docs/a.md"), "{found}");
    assert!(!found.contains("src/main.c"), "{found}");
    assert_ne!(noted(&repo, "inode", SECOND), noted(&repo, "inode", ID));
    assert_eq!(idle(&repo), aside);
    assert!(aside[0].join("src/main.c").exists());
    assert_consistent(&repo);
}

#[test]
fn two_at_once_have_two() {
    let repo = large("", "");
    repo.chant(&["work", "--parallel=2", ID, SECOND]).ok();
    assert_ne!(noted(&repo, "inode", SECOND), noted(&repo, "inode", ID));
    let aside = idle(&repo);
    assert!(!aside.is_empty(), "{aside:?}");
    for id in ["003-three", "004-four"] {
        repo.write(&format!(".chant/specs/{id}.md"), &spec(""));
    }
    repo.chant(&["work", "--parallel=2", "003", "004"]).ok();
    assert_ne!(
        noted(&repo, "inode", "003-three"),
        noted(&repo, "inode", "004-four")
    );
    for id in [ID, SECOND, "003-three", "004-four"] {
        assert_landed(&repo, id);
    }
    assert_consistent(&repo);
}

/// Killed on the way there: the run goes on, and the next finds a fresh worktree.
#[test]
fn killed_while_it_is_put_aside() {
    for point in ["idle:left", "worktree:renamed", "idle:put"] {
        let repo = large("", "mkdir -p made\necho x > made/a\n");
        let killed = repo.chant_with(|command| {
            command.args(["work", ID]).env("CHANT_CRASH_AT", point);
        });
        assert_eq!(killed.code, None, "killed at {point}: {}", killed.stderr);
        let _ = work(&repo);
        assert_landed(&repo, ID);
        assert_consistent(&repo);
        set_agent(&repo, &format!("{LOOKS}{WORKS}"));
        repo.chant(&["work", SECOND]).ok();
        assert_eq!(
            noted(&repo, "inode", SECOND),
            noted(&repo, "inode", ID),
            "{point}"
        );
        assert_found_fresh(&repo);
        assert_consistent(&repo);
    }
}

/// Killed on the way back: the same command goes on.
#[test]
fn killed_while_it_is_taken() {
    for point in ["idle:brought", "worktree:renamed", "idle:moved"] {
        let repo = large("", "mkdir -p made\necho x > made/a\n");
        work(&repo).ok();
        set_agent(&repo, &format!("{LOOKS}{WORKS}"));
        let killed = repo.chant_with(|command| {
            command.args(["work", SECOND]).env("CHANT_CRASH_AT", point);
        });
        assert_eq!(killed.code, None, "killed at {point}: {}", killed.stderr);
        repo.chant(&["work", SECOND]).ok();
        assert_landed(&repo, SECOND);
        assert_found_fresh(&repo);
        assert_consistent(&repo);
        let kept = repo.git(&["for-each-ref", "refs/chant/kept"]);
        assert_eq!(kept, "", "nothing was there to be kept, {point}");
    }
}

/// What is damaged is not used.
#[test]
fn one_that_somebody_changed_is_made_right_or_not_used() {
    let deeds: [fn(&std::path::Path); 3] = [
        |folder| std::fs::remove_file(folder.join(".git")).unwrap(),
        |folder| std::fs::write(folder.join("README.md"), "changed\n").unwrap(),
        |folder| std::fs::remove_dir_all(folder).unwrap(),
    ];
    for deed in deeds {
        let repo = large("", "");
        work(&repo).ok();
        deed(&idle(&repo)[0]);
        repo.chant(&["work", SECOND]).ok();
        assert_found_fresh(&repo);
        assert_consistent(&repo);
    }
}

#[test]
fn diagnose_names_them_and_cleanup_removes_them_when_asked() {
    let repo = large("", "");
    work(&repo).ok();
    let told = repo.chant(&["diagnose"]);
    assert!(
        told.stdout.contains("worktrees kept for the next runs: 1"),
        "{}",
        told.stdout
    );
    let plain = repo.chant(&["cleanup", "--dry-run"]);
    assert!(plain.stdout.contains("Nothing"), "{}", plain.stdout);
    let shown = repo.chant(&["cleanup", "--idle", "--dry-run"]);
    assert!(
        shown.stdout.contains("kept for the next run"),
        "{}",
        shown.stdout
    );
    repo.chant(&["cleanup", "--idle", "--yes"]).ok();
    assert_eq!(idle(&repo), Vec::<PathBuf>::new());
    assert_consistent(&repo);
}
