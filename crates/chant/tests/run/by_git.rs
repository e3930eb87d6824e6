//! What a person does with git's own commands around a landing: in the run's worktree, on the main branch, in the checkout.

use std::path::{Path, PathBuf};

use chant_testkit::TestRepo;

use crate::support::{set_agent, state_of};

const ID: &str = "001-second";

/// A repository whose spec changes the second line, and adds a file; made, and not landed.
fn made() -> TestRepo {
    let repo = TestRepo::new();
    repo.write("lines.txt", "one\ntwo\nthree\nfour\nfive\nsix\n");
    repo.write("other.txt", "other\n");
    repo.commit("lines");
    repo.chant(&["init", "--name", "sample"]).ok();
    set_agent(
        &repo,
        "sed -i s/two/TWO/ lines.txt\necho new > \"$CHANT_SPEC_ID.txt\"\n",
    );
    add(&repo, ID);
    repo.chant(&["work", ID, "--no-merge", "-q"]).ok();
    repo
}

fn add(repo: &TestRepo, id: &str) {
    repo.write(
        &format!(".chant/specs/{id}.md"),
        "---\ntype: code\n---\n\n# Change a line\n\nIt has to.\n",
    );
    repo.commit(&format!("the spec {id}"));
}

/// The same, and the main branch has another second line: a conflict.
fn in_conflict() -> TestRepo {
    let repo = made();
    let text = repo.file("lines.txt").replace("two", "zwei");
    repo.write("lines.txt", &text);
    repo.commit("in German");
    repo.chant(&["merge", ID, "-q"]).fails(1);
    repo
}

fn worktree(repo: &TestRepo) -> PathBuf {
    let listed = repo.git(&["worktree", "list", "--porcelain"]);
    let mut paths = listed
        .lines()
        .filter_map(|line| line.strip_prefix("worktree "));
    PathBuf::from(paths.find(|path| path.ends_with(ID)).unwrap())
}

/// A git command that may stop at a conflict.
fn try_git(repo: &TestRepo, folder: &Path, args: &[&str]) {
    let mut git = repo.command("git");
    git.env("GIT_EDITOR", "true");
    git.current_dir(folder).args(args).output().unwrap();
}

/// Takes both sides of what git could not bring together.
fn take_both(folder: &Path) {
    let file = folder.join("lines.txt");
    let text = std::fs::read_to_string(&file).unwrap();
    let lines = text
        .lines()
        .filter(|line| !["<<<<", "====", ">>>>"].contains(&line.get(..4).unwrap_or_default()));
    let lines: Vec<&str> = lines.collect();
    std::fs::write(file, lines.join("\n") + "\n").unwrap();
}

fn landings(repo: &TestRepo) -> usize {
    let format = "--format=%(trailers:key=Chant-Spec,valueonly)";
    let log = repo.git(&["log", format, "main"]);
    log.split_whitespace().count()
}

#[test]
fn a_rebase_of_the_main_branch_is_waited_for() {
    let repo = made();
    let here = repo.path().to_owned();
    repo.git(&["switch", "-q", "-c", "topic", "HEAD~1"]);
    repo.write("other.txt", "of the topic\n");
    repo.commit("topic");
    repo.git(&["switch", "-q", "main"]);
    repo.write("other.txt", "of main\n");
    repo.commit("main");
    let before = repo.git(&["rev-parse", "main"]);
    try_git(&repo, &here, &["rebase", "topic"]);
    let coming = repo
        .chant(&["merge", "--all", "--dry-run"])
        .ok()
        .stdout
        .clone();
    assert!(coming.contains("main is being rebased in"), "{coming}");
    let waits = repo.chant(&["merge", ID]);
    let said = &waits.fails(4).stderr;
    assert!(said.contains("git rebase --continue"), "{said}");
    assert_eq!(repo.git(&["rev-parse", "main"]), before);
    repo.write("other.txt", "of both\n");
    repo.git(&["add", "other.txt"]);
    try_git(&repo, &here, &["rebase", "--continue"]);
    assert_eq!(
        repo.git(&["symbolic-ref", "--short", "HEAD"]).trim(),
        "main"
    );
    repo.chant(&["merge", ID]).ok();
    assert_eq!(landings(&repo), 1);
    assert_eq!(repo.file("other.txt"), "of both\n");
}

#[test]
fn a_file_that_git_is_told_not_to_look_at_is_in_the_way_where_it_differs() {
    for flag in ["--assume-unchanged", "--skip-worktree"] {
        let repo = made();
        repo.git(&["update-index", flag, "lines.txt"]);
        let mine = repo.file("lines.txt").replace("six", "mine");
        repo.write("lines.txt", &mine);
        repo.chant(&["merge", ID]).fails(4);
        assert_eq!(repo.file("lines.txt"), mine, "{flag}");
        assert_eq!(repo.git(&["status", "--porcelain"]), "", "{flag}");
        repo.write("lines.txt", &mine.replace("mine", "six"));
        repo.chant(&["merge", ID]).ok();
        assert!(repo.file("lines.txt").contains("TWO"), "{flag}");
        assert_eq!(repo.git(&["status", "--porcelain"]), "", "{flag}");
    }
}

#[test]
fn a_conflict_that_was_resolved_on_the_main_branch_itself_lands() {
    let repo = in_conflict();
    let here = repo.path().to_owned();
    try_git(&repo, &here, &["merge", "-q", &format!("chant/{ID}")]);
    take_both(&here);
    repo.commit("both");
    repo.chant(&["merge", "--continue", ID]).ok();
    assert_eq!(state_of(&repo, ID), "completed");
    assert_eq!(landings(&repo), 1);
    let text = repo.git(&["show", "main:lines.txt"]);
    assert!(text.contains("TWO") && text.contains("zwei"), "{text}");
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    assert_eq!(repo.git(&["branch", "--list", "chant/*"]), "");
}

#[test]
fn a_rebase_in_the_worktree_has_to_end_first() {
    let repo = in_conflict();
    let there = worktree(&repo);
    try_git(&repo, &there, &["rebase", "main"]);
    for command in [vec!["merge", "--continue", ID], vec!["work", ID]] {
        let refused = repo.chant(&command);
        let said = &refused.fails(1).stderr;
        assert!(said.contains("a rebase stands open in"), "{said}");
        assert_eq!(state_of(&repo, ID), "conflict", "{command:?}");
    }
    take_both(&there);
    try_git(&repo, &there, &["add", "lines.txt"]);
    try_git(&repo, &there, &["rebase", "--continue"]);
    repo.chant(&["merge", "--continue", ID]).ok();
    let text = repo.file("lines.txt");
    assert!(text.contains("TWO") && text.contains("zwei"), "{text}");
    assert_eq!(landings(&repo), 1);
}

#[test]
fn a_conflict_that_a_person_is_at_keeps_no_other_from_landing() {
    let repo = in_conflict();
    try_git(&repo, &worktree(&repo), &["merge", "main"]);
    set_agent(&repo, "echo new > \"$CHANT_SPEC_ID.txt\"\n");
    add(&repo, "002-third");
    repo.chant(&["work", "002", "--no-merge", "-q"]).ok();
    let merged = repo.chant(&["merge", "--all"]);
    let said = &merged.fails(1).stderr;
    assert!(said.contains("git still holds a conflict open"), "{said}");
    assert_eq!(state_of(&repo, "002-third"), "completed");
    assert_eq!(state_of(&repo, ID), "conflict");
}

#[test]
fn a_person_is_not_told_what_the_agent_did() {
    let repo = made();
    set_agent(&repo, "exit 3\n");
    add(&repo, "002-third");
    repo.chant(&["work", "002", "-q"]).fails(1);
    let there = repo.chant(&["takeover", "002", "-q"]).ok().stdout.clone();
    let there = PathBuf::from(there.trim());
    let empty = repo.chant(&["finalize", "002"]);
    let said = &empty.fails(1).stderr;
    assert!(said.contains("nothing is changed there yet"), "{said}");
    assert!(!said.contains("agent"), "{said}");
    let config = there.join(".chant/config.md");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("{text}\n")).unwrap();
    let protected = repo.chant(&["finalize", "002"]);
    let said = &protected.fails(1).stderr;
    assert!(
        said.contains("the result touched .chant/config.md"),
        "{said}"
    );
    let shown = repo.chant(&["status"]).ok().stdout.clone();
    assert!(
        shown.contains("taken over by Tess Ter, and not accepted yet"),
        "{shown}"
    );
    assert!(!shown.contains("Next: chant work 002"), "{shown}");
    for command in ["merge", "pause"] {
        let output = repo.chant(&[command, "002"]);
        let said = format!("{}{}", output.stdout, output.stderr);
        assert!(said.contains("chant finalize 002-third"), "{said}");
    }
}

#[test]
fn what_a_person_has_not_ended_is_not_accepted() {
    let repo = in_conflict();
    let there = repo.chant(&["takeover", ID, "-q"]).ok().stdout.clone();
    let there = PathBuf::from(there.trim());
    let contradicts = repo.chant(&["finalize", ID]);
    let said = &contradicts.fails(1).stderr;
    assert!(said.contains("hint: merge main in"), "{said}");
    try_git(&repo, &there, &["merge", "main"]);
    let open = repo.chant(&["finalize", ID]);
    let said = &open.fails(1).stderr;
    assert!(said.contains("conflict markers are left in"), "{said}");
    take_both(&there);
    try_git(&repo, &there, &["commit", "-qam", "both"]);
    try_git(&repo, &there, &["switch", "-q", "-c", "mine"]);
    let elsewhere = repo.chant(&["finalize", ID]);
    let said = &elsewhere.fails(1).stderr;
    assert!(said.contains(&format!("git switch chant/{ID}")), "{said}");
    try_git(&repo, &there, &["switch", "-q", &format!("chant/{ID}")]);
    repo.chant(&["finalize", ID]).ok();
    assert_eq!(landings(&repo), 1);
}

#[test]
fn what_was_in_a_worktree_that_is_gone_is_not_taken_for_what_is_on_its_branch() {
    let repo = in_conflict();
    let there = repo.chant(&["takeover", ID, "-q"]).ok().stdout.clone();
    std::fs::remove_dir_all(there.trim()).unwrap();
    let gone = repo.chant(&["finalize", ID]);
    let said = &gone.fails(4).stderr;
    assert!(said.contains("is gone, and with it"), "{said}");
    repo.chant(&["takeover", ID, "-q"]).ok();
    assert!(Path::new(there.trim()).join("lines.txt").exists());
}
