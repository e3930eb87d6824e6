//! Repositories in every shape: what is refused says so, everything else lands as usual.

use std::path::{Path, PathBuf};

use chant_testkit::{Output, TestRepo};

use crate::support::*;

/// Runs chant in another folder with the repository's surroundings.
fn chant_in(repo: &TestRepo, folder: &Path, args: &[&str]) -> Output {
    repo.chant_with(|command| {
        command.args(args).current_dir(folder);
    })
}

fn git_in(repo: &TestRepo, folder: &Path, args: &[&str]) -> String {
    let output = repo
        .command("git")
        .current_dir(folder)
        .args(args)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "git {args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Makes `folder` a project with the spec and an honest agent.
fn project_in(repo: &TestRepo, folder: &Path) {
    chant_in(repo, folder, &["init", "--here", "--name", "sample"]).ok();
    let script = repo.home().join("agent.sh");
    std::fs::write(&script, format!("set -e\n{HONEST}")).unwrap();
    let agents = format!(
        "---\nagents:\n  - name: shell\n    kind: command\n    command: [sh, {}]\ndefaults:\n  agent: shell\n---\n",
        script.display()
    );
    std::fs::write(folder.join(".chant/agents.md"), agents).unwrap();
    std::fs::write(folder.join(SPEC), spec("")).unwrap();
}

/// A git repository as somebody else would have it, with two commits.
fn elsewhere(repo: &TestRepo, name: &str) -> PathBuf {
    let folder = repo.path().parent().unwrap().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    git_in(repo, &folder, &["init", "-q", "-b", "main"]);
    for (key, value) in [
        ("user.name", "Tess Ter"),
        ("user.email", "tess@example.com"),
    ] {
        git_in(repo, &folder, &["config", key, value]);
    }
    for number in ["one", "two"] {
        git_in(
            repo,
            &folder,
            &["commit", "-q", "--allow-empty", "-m", number],
        );
    }
    folder
}

#[test]
fn a_shallow_clone() {
    let repo = TestRepo::folder_only();
    let origin = elsewhere(&repo, "origin");
    let url = format!("file://{}", origin.display());
    git_in(&repo, repo.path(), &["clone", "-q", "--depth=1", &url, "."]);
    assert_eq!(
        git_in(&repo, repo.path(), &["rev-list", "--count", "HEAD"]),
        "1"
    );
    repo.git(&["config", "user.name", "Tess Ter"]);
    repo.git(&["config", "user.email", "tess@example.com"]);
    project_in(&repo, repo.path());
    work(&repo).ok();
    assert_landed_once(&repo);
}

#[test]
fn a_submodule() {
    let repo = with_agent(HONEST);
    let library = elsewhere(&repo, "library");
    let url = library.display().to_string();
    repo.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        &url,
        "library",
    ]);
    repo.git(&["commit", "-q", "-m", "a submodule"]);
    let before = repo.git(&["rev-parse", "main:library"]);
    work(&repo).ok();
    assert_landed_once(&repo);
    assert_eq!(repo.git(&["rev-parse", "main:library"]), before);
    assert_eq!(repo.git(&["status", "--porcelain", "library"]), "");
}

#[test]
fn a_linked_worktree_as_the_place_to_be() {
    let repo = with_agent(HONEST);
    repo.commit("the project");
    let side = repo.path().parent().unwrap().join("side");
    repo.git(&[
        "worktree",
        "add",
        "-q",
        "-b",
        "side",
        &side.display().to_string(),
    ]);
    std::fs::copy(
        repo.path().join(".chant/agents.md"),
        side.join(".chant/agents.md"),
    )
    .unwrap();
    chant_in(&repo, &side, &["work", ID]).ok();
    assert_eq!(repo.git(&["show", "main:greeting.txt"]).trim(), "hello");
    assert_eq!(
        repo.file("greeting.txt").trim(),
        "hello",
        "main's own checkout follows"
    );
    assert!(
        !side.join("greeting.txt").exists(),
        "another branch is left alone"
    );
    assert_eq!(git_in(&repo, &side, &["status", "--porcelain"]), "");
    assert_eq!(
        chant_in(&repo, &side, &["work", ID]).code,
        Some(4),
        "it has landed, here too"
    );
}

#[test]
fn signing_that_fails_makes_the_result_wait() {
    let script = HONEST.replace("git commit", "git commit --no-gpg-sign");
    let repo = with_agent(&script);
    let gpg = repo.home().join("gpg");
    std::fs::write(&gpg, "#!/bin/sh\necho 'no secret key' >&2\nexit 2\n").unwrap();
    std::fs::set_permissions(&gpg, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    repo.git(&["config", "commit.gpgSign", "true"]);
    repo.git(&["config", "gpg.program", &gpg.display().to_string()]);
    let before = repo.git(&["rev-parse", "main"]);
    let output = work(&repo);
    let text = &output.fails(1).stderr;
    assert!(text.contains("sign"), "{text}");
    assert_eq!(repo.git(&["rev-parse", "main"]), before);
    assert_eq!(state(&repo), "landing");
    repo.git(&["config", "commit.gpgSign", "false"]);
    set_agent(&repo, "exit 9");
    work(&repo).ok();
    assert_landed_once(&repo);
}

#[test]
fn what_was_left_uncommitted_needs_no_signature_to_be_kept() {
    let repo = with_agent("echo draft > draft.txt\nexit 1");
    repo.git(&["config", "commit.gpgSign", "true"]);
    repo.git(&["config", "gpg.program", "false"]);
    work(&repo).fails(1);
    assert_eq!(state(&repo), "failed");
    assert_eq!(
        repo.git(&["show", "chant/001-greeting:draft.txt"]),
        "draft\n"
    );
}

#[test]
fn an_unborn_repository_is_told_to_commit_first() {
    let repo = TestRepo::empty();
    project_in(&repo, repo.path());
    let output = work(&repo);
    let text = &output.fails(4).stderr;
    assert!(
        text.contains("no commit yet") && text.contains("git commit"),
        "{text}"
    );
    repo.commit("first commit");
    work(&repo).ok();
    assert_landed_once(&repo);
}

#[test]
fn no_repository_and_a_bare_one_are_refused() {
    let repo = TestRepo::folder_only();
    for args in [&["init"][..], &["work", ID], &["list"]] {
        let output = repo.chant(args);
        assert!(
            output
                .fails(4)
                .stderr
                .contains("is not in a git repository"),
            "{args:?}: {}",
            output.stderr
        );
        assert!(
            output.stderr.contains("git init"),
            "the way on is named: {}",
            output.stderr
        );
    }
    repo.git(&["init", "-q", "--bare", "."]);
    for args in [&["init"][..], &["work", ID]] {
        let output = repo.chant(args);
        assert!(
            output.fails(4).stderr.contains("bare"),
            "{args:?}: {}",
            output.stderr
        );
    }
    assert!(!repo.path().join(".chant").exists());
}

#[test]
fn a_main_branch_of_another_name() {
    for name in ["master", "trunk"] {
        let repo = with_agent(HONEST);
        repo.git(&["branch", "-m", name]);
        work(&repo).ok();
        assert_eq!(
            repo.git(&["show", &format!("{name}:greeting.txt")]).trim(),
            "hello"
        );
        assert_eq!(repo.file("greeting.txt").trim(), "hello");
        assert_eq!(state(&repo), "completed");
    }
}

#[test]
fn the_main_branch_that_the_remote_names() {
    let repo = TestRepo::folder_only();
    let origin = elsewhere(&repo, "origin");
    git_in(&repo, &origin, &["branch", "-m", "develop"]);
    git_in(&repo, &origin, &["branch", "main", "HEAD~1"]);
    git_in(
        &repo,
        repo.path(),
        &["clone", "-q", &origin.display().to_string(), "."],
    );
    repo.git(&["branch", "-q", "main", "origin/main"]);
    repo.git(&["config", "user.name", "Tess Ter"]);
    repo.git(&["config", "user.email", "tess@example.com"]);
    project_in(&repo, repo.path());
    let main = repo.git(&["rev-parse", "main"]);
    work(&repo).ok();
    assert_eq!(repo.git(&["show", "develop:greeting.txt"]).trim(), "hello");
    assert_eq!(repo.git(&["rev-parse", "main"]), main);
    assert_eq!(
        git_in(&repo, &origin, &["branch", "--format=%(refname:short)"]),
        "develop\nmain",
        "nothing is pushed"
    );
}

#[test]
fn nobody_has_told_git_a_name() {
    let repo =
        with_agent("echo hello > greeting.txt\nsed -i 's/- \\[ \\]/- [x]/' \"$CHANT_SPEC_FILE\"");
    repo.git(&["config", "--unset", "user.name"]);
    repo.git(&["config", "--unset", "user.email"]);
    repo.git(&["config", "user.useConfigOnly", "true"]);
    let output = work(&repo);
    let failed = output.code != Some(0);
    if failed {
        assert!(
            output.stderr.contains("user.name") || output.stderr.contains("user.email"),
            "{}",
            output.stderr
        );
        repo.git(&["config", "user.name", "Tess Ter"]);
        repo.git(&["config", "user.email", "tess@example.com"]);
        work(&repo).ok();
    }
    assert_landed_once(&repo);
}

#[test]
fn two_projects_in_one_repository_with_one_spec_id() {
    let repo = TestRepo::new();
    let [front, back] = ["apps/front", "apps/back"].map(|name| repo.path().join(name));
    for folder in [&front, &back] {
        std::fs::create_dir_all(folder).unwrap();
        project_in(&repo, folder);
    }
    for (folder, name) in [(&front, "front"), (&back, "back")] {
        chant_in(&repo, folder, &["work", ID]).ok();
        assert_eq!(
            repo.file(&format!("apps/{name}/greeting.txt")).trim(),
            "hello"
        );
        assert_eq!(
            repo.git(&["show", &format!("main:apps/{name}/greeting.txt")])
                .trim(),
            "hello"
        );
        let landed = repo.git(&["show", &format!("main:apps/{name}/{SPEC}")]);
        assert!(
            landed.contains("status: completed") && landed.contains("- [x]"),
            "{landed}"
        );
    }
    assert!(!repo.path().join("greeting.txt").exists());
    assert_eq!(repo.git(&["branch", "--list", "chant/*"]).trim(), "");
    assert_eq!(
        repo.git(&[
            "log",
            "--format=%(trailers:key=Chant-Spec,valueonly)",
            "main"
        ])
        .split_whitespace()
        .count(),
        2
    );
}

#[test]
fn two_projects_whose_runs_of_one_id_fail_do_not_touch_each_other() {
    let repo = TestRepo::new();
    let [front, back] = ["front", "back"].map(|name| repo.path().join(name));
    for folder in [&front, &back] {
        std::fs::create_dir_all(folder).unwrap();
        project_in(&repo, folder);
    }
    std::fs::write(repo.home().join("agent.sh"), "pwd > whose.txt\nexit 1\n").unwrap();
    for folder in [&front, &back] {
        let _ = chant_in(&repo, folder, &["work", ID]).fails(1);
    }
    let branches = repo.git(&["for-each-ref", "--format=%(refname)", "refs/heads/chant"]);
    assert_eq!(branches.lines().count(), 2, "{branches}");
    std::fs::write(repo.home().join("agent.sh"), format!("set -e\n{HONEST}")).unwrap();
    chant_in(&repo, &back, &["work", ID]).ok();
    chant_in(&repo, &front, &["work", ID]).ok();
    assert_eq!(
        repo.git(&["show", "main:front/greeting.txt"]).trim(),
        "hello"
    );
    assert_eq!(
        repo.git(&["show", "main:back/greeting.txt"]).trim(),
        "hello"
    );
}

#[test]
fn a_branch_of_that_name_that_the_user_has_checked_out() {
    let repo = with_agent(HONEST);
    repo.git(&["switch", "-q", "-c", "chant/001-greeting"]);
    repo.write("mine.txt", "mine\n");
    repo.git(&["add", "mine.txt"]);
    repo.git(&["commit", "-q", "-m", "mine"]);
    let before = repo.git(&["rev-parse", "HEAD"]);
    let output = work(&repo);
    output.ok();
    assert_eq!(repo.git(&["rev-parse", "HEAD"]), before);
    assert_eq!(
        repo.git(&["branch", "--show-current"]).trim(),
        "chant/001-greeting"
    );
    assert_eq!(repo.git(&["show", "main:greeting.txt"]).trim(), "hello");
    assert!(
        !repo
            .git(&["ls-tree", "--name-only", "main"])
            .contains("mine.txt"),
        "only the spec's own changes land"
    );
}

#[test]
fn a_folder_of_the_users_where_the_worktree_would_be() {
    let repo = with_agent("exit 1");
    repo.write(".chant/specs/002-other.md", &spec(""));
    repo.chant(&["work", "002"]).fails(1);
    let place = std::fs::read_dir(repo.worktrees())
        .unwrap()
        .flatten()
        .next()
        .unwrap()
        .path();
    let mine = place.join(ID).join("mine.txt");
    std::fs::create_dir_all(mine.parent().unwrap()).unwrap();
    std::fs::write(&mine, "mine\n").unwrap();
    set_agent(&repo, HONEST);
    work(&repo).ok();
    assert_eq!(repo.git(&["show", "main:greeting.txt"]).trim(), "hello");
    assert_eq!(std::fs::read_to_string(&mine).unwrap(), "mine\n");
}
