//! From `chant work` to the main branch, and what the user's checkout looks like afterwards.

use crate::support::*;

#[test]
fn an_honest_run_lands_with_its_record() {
    let repo = with_agent(HONEST);
    work(&repo).ok();
    assert_landed_once(&repo);
    let message = repo.git(&["log", "-1", "--format=%B", "main"]);
    for part in [
        "chant(001-greeting): Write a greeting",
        "Chant-Spec: 001-greeting",
        "Chant-Run: ",
        "Chant-Output: ",
    ] {
        assert!(message.contains(part), "{part} in {message}");
    }
    assert_eq!(
        repo.git(&["status", "--porcelain", "--", "greeting.txt", SPEC])
            .trim(),
        ""
    );
}

#[test]
fn the_spec_is_found_by_path_number_and_part() {
    for name in [SPEC, "001", "001-gree", "greeting"] {
        let repo = with_agent(HONEST);
        repo.chant(&["work", name]).ok();
        assert_landed_once(&repo);
    }
}

#[test]
fn uncommitted_work_becomes_one_commit() {
    let repo =
        with_agent("echo hello > greeting.txt\nsed -i 's/- \\[ \\]/- [x]/' \"$CHANT_SPEC_FILE\"");
    work(&repo).ok();
    assert_landed_once(&repo);
    assert_eq!(
        repo.git(&["rev-list", "--count", "main"]).trim(),
        "2",
        "the first commit and the landing"
    );
}

#[test]
fn unrelated_changes_of_the_user_survive_a_landing() {
    let repo = with_agent(HONEST);
    repo.write("notes.txt", "one\n");
    repo.commit("notes");
    repo.write("notes.txt", "two\n");
    repo.write("staged.txt", "staged\n");
    repo.git(&["add", "staged.txt"]);
    repo.write("untracked.txt", "untracked\n");
    work(&repo).ok();
    assert_landed_once(&repo);
    assert_eq!(repo.file("notes.txt"), "two\n");
    assert_eq!(
        repo.git(&["diff", "--cached", "--name-only"]).trim(),
        "staged.txt"
    );
    assert_eq!(repo.file("untracked.txt"), "untracked\n");
}

#[test]
fn a_change_in_the_way_makes_the_landing_wait() {
    let repo = with_agent(HONEST);
    repo.write("greeting.txt", "mine\n");
    let output = work(&repo);
    let output = output.fails(4);
    assert!(output.stderr.contains("greeting.txt"), "{}", output.stderr);
    assert_eq!(repo.file("greeting.txt"), "mine\n");
    assert_eq!(state(&repo), "landing");
    std::fs::remove_file(repo.path().join("greeting.txt")).unwrap();
    repo.chant(&["merge", ID]).ok();
    assert_landed_once(&repo);
}

#[test]
fn work_itself_lands_what_waits() {
    let repo = with_agent(HONEST);
    repo.write("greeting.txt", "mine\n");
    work(&repo).fails(4);
    std::fs::remove_file(repo.path().join("greeting.txt")).unwrap();
    set_agent(&repo, "exit 9");
    work(&repo).ok();
    assert_landed_once(&repo);
}

#[test]
fn a_main_branch_that_moved_is_merged() {
    let script = format!(
        "{HONEST}\ncd \"$USER_CHECKOUT\" && echo other > other.txt && git add other.txt && git commit -q -m other"
    );
    let repo = with_agent(&script);
    repo.chant_with(|command| {
        command.args(["work", ID]).env("USER_CHECKOUT", repo.path());
    })
    .ok();
    assert_landed_once(&repo);
    assert_eq!(repo.file("other.txt"), "other\n");
}

#[test]
fn a_conflict_names_the_files_and_the_way_on() {
    let script = format!(
        "{HONEST}\ncd \"$USER_CHECKOUT\" && echo other > greeting.txt && git add greeting.txt && git commit -q -m other"
    );
    let repo = with_agent(&script);
    let output = repo.chant_with(|command| {
        command.args(["work", ID]).env("USER_CHECKOUT", repo.path());
    });
    let output = output.fails(1);
    assert!(
        output.stderr.contains("greeting.txt") && output.stderr.contains("chant merge"),
        "{}",
        output.stderr
    );
    assert_eq!(state(&repo), "conflict");
    assert_eq!(repo.file("greeting.txt"), "other\n");
}

#[test]
fn another_branch_checked_out_is_left_alone() {
    let repo = with_agent(HONEST);
    repo.git(&["switch", "-q", "-c", "feature"]);
    repo.write("feature.txt", "feature\n");
    repo.git(&["add", "feature.txt"]);
    repo.git(&["commit", "-q", "-m", "feature"]);
    work(&repo).ok();
    assert_eq!(repo.git(&["show", "main:greeting.txt"]).trim(), "hello");
    assert!(
        !repo
            .git(&["ls-tree", "-r", "--name-only", "main"])
            .contains("feature.txt")
    );
    assert_eq!(repo.git(&["branch", "--show-current"]).trim(), "feature");
    assert_eq!(state(&repo), "completed", "it has landed, though not here");
}

#[test]
fn a_detached_head_is_left_alone() {
    let repo = with_agent(HONEST);
    repo.git(&["switch", "-q", "--detach"]);
    let before = repo.git(&["rev-parse", "HEAD"]);
    work(&repo).ok();
    assert_eq!(repo.git(&["rev-parse", "HEAD"]), before);
    assert_eq!(repo.git(&["show", "main:greeting.txt"]).trim(), "hello");
}

#[test]
fn a_branch_and_a_folder_of_the_users_are_never_touched() {
    let repo = with_agent(HONEST);
    repo.git(&["branch", "chant/001-greeting"]);
    let before = repo.git(&["rev-parse", "chant/001-greeting"]);
    repo.write("later.txt", "x\n");
    repo.commit("later");
    work(&repo).ok();
    assert_eq!(repo.git(&["rev-parse", "chant/001-greeting"]), before);
    assert_eq!(repo.git(&["show", "main:greeting.txt"]).trim(), "hello");
}

#[test]
fn it_works_from_a_subfolder_and_a_linked_worktree() {
    let repo = with_agent(HONEST);
    std::fs::create_dir_all(repo.path().join("deep/er")).unwrap();
    repo.chant_with(|command| {
        command
            .args(["work", ID])
            .current_dir(repo.path().join("deep/er"));
    })
    .ok();
    assert_landed_once(&repo);
}

#[test]
fn hooks_and_a_name_with_spaces_do_no_harm() {
    let repo = with_agent(
        "echo hello > 'a file with ümlauts.txt'\necho hello > greeting.txt\nsed -i 's/- \\[ \\]/- [x]/' \"$CHANT_SPEC_FILE\"",
    );
    let hook = repo.path().join(".git/hooks/post-checkout");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, "#!/bin/sh\nexit 1\n").unwrap();
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    work(&repo).ok();
    assert_landed_once(&repo);
    assert_eq!(repo.file("a file with ümlauts.txt"), "hello\n");
}

#[test]
fn a_project_that_gitignore_hides_is_worked_as_a_silent_one() {
    let repo = with_agent(HONEST_QUIET);
    repo.write(".gitignore", ".chant/\n");
    repo.git(&["add", ".gitignore"]);
    repo.git(&["commit", "-q", "-m", "ignore"]);
    work(&repo).ok();
    assert_eq!(repo.git(&["show", "main:greeting.txt"]).trim(), "hello");
    assert!(
        !repo
            .git(&["ls-tree", "-r", "--name-only", "main"])
            .contains(".chant")
    );
    assert!(repo.file(SPEC).contains("status: completed"));
}

#[test]
fn a_recording_that_could_not_be_written_is_told_before_the_agent_works() {
    let repo = with_agent("touch \"$HOME/worked\"");
    let output = repo.chant(&["work", ID, "--record", "no/such/folder/file"]);
    assert!(output.fails(2).stderr.contains("there is no folder"));
    assert!(!repo.home().join("worked").exists());
    assert_eq!(state(&repo), "pending");
}
