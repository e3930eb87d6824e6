//! Two specs that change the same lines: the second goes back to its agent, and only then to a person.

use std::path::PathBuf;

use chant_testkit::TestRepo;

use crate::support::set_agent;

const ONE: &str = "001-polite";
const TWO: &str = "002-loud";

/// Both change the same line; the second is held until the first has landed. What it does with a conflict is `join`.
fn agent(repo: &TestRepo, join: &str) {
    set_agent(
        repo,
        &format!(
            r#"
case "$CHANT_SPEC_ID" in
  001*)
    echo 'hello, please' > greeting.txt
    [ ! -e "$HOME/adds" ] || for file in $(cat "$HOME/adds"); do echo "$file" > "$file"; done ;;
  002*)
    if grep -q '<<<<<<<' greeting.txt; then
      cp "$CHANT_PROMPT_FILE" "$HOME/given"
      {join}
      exit 0
    fi
    echo 'HELLO' > greeting.txt
    touch "$HOME/working"
    while [ ! -e "$HOME/go" ]; do sleep 0.02; done ;;
esac
sed -i 's/- \[ \]/- [x]/' "$CHANT_SPEC_FILE"
"#
        ),
    );
}

fn project(join: &str) -> TestRepo {
    let repo = TestRepo::new();
    repo.write("greeting.txt", "hello\n");
    repo.commit("a greeting");
    repo.chant(&["init", "--name", "sample"]).ok();
    agent(&repo, join);
    for (id, title, check) in [
        (ONE, "Be polite", "grep -qi please greeting.txt"),
        (TWO, "Be loud", "grep -q HELLO greeting.txt"),
    ] {
        repo.write(
            &format!(".chant/specs/{id}.md"),
            &format!("---\nverify:\n  - run: {check}\n---\n\n# {title}\n\nThe greeting has to.\n\n## Acceptance Criteria\n\n- [ ] It is\n"),
        );
    }
    repo
}

/// Works the second spec, lands the first under it, and lets the second go on.
fn collide(repo: &TestRepo) -> chant_testkit::Output {
    let home = repo.home();
    std::thread::scope(|scope| {
        let second = scope.spawn(|| repo.chant(&["work", TWO]));
        crate::stop::eventually("the agent to begin", || home.join("working").exists());
        repo.chant(&["work", ONE]).ok();
        std::fs::write(home.join("go"), "").unwrap();
        second.join().unwrap()
    })
}

fn state(repo: &TestRepo) -> String {
    let shown = repo.chant(&["show", TWO, "--json"]).ok().json();
    shown["data"]["status"].as_str().unwrap().to_owned()
}

fn worktree(repo: &TestRepo) -> PathBuf {
    let listed = repo.git(&["worktree", "list", "--porcelain"]);
    let mut paths = listed
        .lines()
        .filter_map(|line| line.strip_prefix("worktree "));
    PathBuf::from(paths.find(|path| path.ends_with(TWO)).unwrap())
}

#[test]
fn the_agent_brings_both_together_and_it_lands() {
    let repo = project("echo 'HELLO, PLEASE' > greeting.txt");
    collide(&repo).ok();
    assert_eq!(repo.git(&["show", "main:greeting.txt"]), "HELLO, PLEASE\n");
    assert_eq!(repo.file("greeting.txt"), "HELLO, PLEASE\n");
    let given = std::fs::read_to_string(repo.home().join("given")).unwrap();
    for part in ["Be polite", "Be loud", "`greeting.txt`", ONE] {
        assert!(given.contains(part), "{part}: {given}");
    }
    let merges = repo.git(&["rev-list", "--merges", "main"]);
    assert_eq!(merges.trim(), "", "the history is a line");
    let tree = repo.git(&["ls-tree", "-r", "--name-only", "main"]);
    assert!(tree.contains(".chant/specs/002-loud.md"), "{tree}");
    assert!(
        repo.file(".chant/specs/002-loud.md")
            .contains("status: completed")
    );
    assert_eq!(repo.git(&["branch", "--list", "chant/*"]).trim(), "");
}

#[test]
fn an_agent_may_commit_the_merge_itself() {
    let repo = project("echo 'HELLO, PLEASE' > greeting.txt; git add -A; git commit -q -m 'both'");
    collide(&repo).ok();
    assert_eq!(repo.git(&["show", "main:greeting.txt"]), "HELLO, PLEASE\n");
    assert_eq!(repo.git(&["rev-list", "--merges", "main"]).trim(), "");
    assert_eq!(state(&repo), "completed");
}

/// Git dies while it writes the files of the merge: what it wrote is there, and no note that it merges.
#[test]
fn a_merge_that_was_killed_half_way_is_begun_again() {
    let repo = project("echo 'HELLO, PLEASE' > greeting.txt");
    let home = repo.home();
    let killer = home.join("killer");
    std::fs::write(
        &killer,
        "#!/bin/sh\n[ -e \"$HOME/go\" ] && [ ! -e \"$HOME/killed\" ] && touch \"$HOME/killed\" && kill -9 $PPID\nexec cat\n",
    )
    .unwrap();
    chant_os::file::set_executable(&killer).unwrap();
    repo.git(&[
        "config",
        "filter.deadly.smudge",
        &killer.display().to_string(),
    ]);
    std::fs::write(home.join("adds"), "before.txt deadly.txt").unwrap();
    repo.write(".git/info/attributes", "deadly.txt filter=deadly\n");
    collide(&repo).fails(1);
    assert!(home.join("killed").exists(), "the merge was killed");
    assert_ne!(state(&repo), "completed");
    repo.chant(&["work", TWO]).ok();
    assert_eq!(repo.git(&["show", "main:greeting.txt"]), "HELLO, PLEASE\n");
    assert_eq!(repo.git(&["show", "main:before.txt"]), "before.txt\n");
    assert_eq!(
        repo.git(&["status", "--porcelain"]),
        "?? .chant/config.md\n"
    );
}

#[test]
fn what_the_agent_cannot_bring_together_waits_for_a_person_with_both_specs_named() {
    let repo = project("true");
    let output = collide(&repo);
    let text = &output.fails(1).stderr;
    for part in [
        ONE,
        TWO,
        "greeting.txt",
        "conflict markers",
        "chant takeover",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(state(&repo), "conflict");
    let shown = repo.chant(&["show", TWO, "--json"]).ok().json();
    let reason = shown["data"]["reason"].as_str().unwrap();
    assert!(!reason.contains("chant "), "no commands in it: {reason}");
    let ways = shown["data"]["go_on"].as_array().unwrap();
    let commands: Vec<_> = ways
        .iter()
        .map(|way| way["command"].as_str().unwrap())
        .collect();
    let expected =
        ["merge --continue", "takeover", "reset --work"].map(|it| format!("chant {it} {TWO}"));
    assert_eq!(commands, expected);
    let status = repo.chant(&["status"]).ok().stdout.clone();
    assert!(status.contains("Next: chant takeover"), "{status}");
    assert_eq!(repo.git(&["show", "main:greeting.txt"]), "hello, please\n");
    let lines = std::fs::read_to_string(worktree(&repo).join("greeting.txt")).unwrap();
    assert!(lines.contains("<<<<<<<"), "the merge stands open: {lines}");
    let branch = repo.git(&["show", "chant/002-loud:greeting.txt"]);
    assert_eq!(branch, "HELLO\n", "what was made is as it was");
    // The person resolves it.
    repo.chant(&["takeover", TWO]).ok();
    repo.chant(&["finalize", TWO]).fails(1);
    std::fs::write(worktree(&repo).join("greeting.txt"), "HELLO, PLEASE\n").unwrap();
    repo.chant(&["finalize", TWO]).ok();
    assert_eq!(repo.git(&["show", "main:greeting.txt"]), "HELLO, PLEASE\n");
    assert_eq!(repo.git(&["rev-list", "--merges", "main"]).trim(), "");
}

#[test]
fn a_join_that_loses_the_intent_fails_its_checks() {
    let repo = project("echo 'hello, please' > greeting.txt");
    let output = collide(&repo);
    let text = &output.fails(1).stderr;
    assert!(
        text.contains("changed nothing") || text.contains("check failed"),
        "{text}"
    );
    assert_eq!(repo.git(&["show", "main:greeting.txt"]), "hello, please\n");
}

#[test]
fn an_agent_that_fails_at_it_leaves_a_conflict() {
    let repo = project("exit 7");
    let output = collide(&repo);
    let text = &output.fails(1).stderr;
    assert!(text.contains("exit") && text.contains(ONE), "{text}");
    assert_eq!(state(&repo), "conflict");
    // It is not asked again for the same state of the main branch.
    agent(&repo, "touch \"$HOME/asked-again\"");
    repo.chant(&["work", TWO]).fails(1);
    assert!(!repo.home().join("asked-again").exists());
    assert_eq!(state(&repo), "conflict");
    // Nor does a reset lose anything of it.
    repo.chant(&["reset", TWO]).ok();
    let kept = repo.git(&["for-each-ref", "refs/chant/kept", "--format=%(refname)"]);
    assert!(kept.contains("002-loud"), "{kept}");
}

/// What each side does to a file, and what is then said of it.
const KINDS: [(&str, &str, &str, &str); 5] = [
    (
        "deleted.txt",
        "rm deleted.txt",
        "echo new > deleted.txt",
        "deleted.txt: main changed it, and this result deleted it",
    ),
    (
        "gone.txt",
        "echo new > gone.txt",
        "rm gone.txt",
        "gone.txt: main deleted it, and this result changed it",
    ),
    (
        "added.txt",
        "echo one > added.txt",
        "echo other > added.txt",
        "added.txt: main and this result both added it",
    ),
    (
        "raw.bin",
        "printf 'a\\0' > raw.bin",
        "printf 'b\\0' > raw.bin",
        "raw.bin: main and this result changed it, and it is not text",
    ),
    (
        "kind",
        "ln -s a.txt kind",
        "echo file > kind",
        "kind: a file on one side",
    ),
];

#[test]
fn what_is_not_about_lines_is_said_as_what_it_is_and_is_nobodys_until_git_is_told() {
    for (file, here, on_main, says) in KINDS {
        let repo = TestRepo::new();
        for file in ["a.txt", "deleted.txt", "gone.txt"] {
            repo.write(file, "old\n");
        }
        repo.write("raw.bin", "o\0");
        repo.commit("before");
        repo.chant(&["init", "--name", "sample"]).ok();
        // Asked to bring both together, the agent leaves the merge as it is.
        set_agent(
            &repo,
            &format!("git rev-parse -q --verify MERGE_HEAD && exit 0\n{here}\n"),
        );
        repo.write(
            ".chant/specs/002-loud.md",
            "---\ntype: code\n---\n\n# Change it\n\nAll of it.\n",
        );
        repo.commit("the spec");
        repo.chant(&["work", TWO, "--no-merge", "-q"]).ok();
        let mut shell = repo.command("sh");
        shell.args(["-c", on_main]).current_dir(repo.path());
        assert!(shell.status().unwrap().success());
        repo.commit("meanwhile");
        let before = repo.git(&["rev-parse", "main"]);
        let refused = repo.chant(&["merge", TWO]);
        let said = &refused.fails(1).stderr;
        assert!(said.contains(says), "{said}");
        // An agent that leaves everything as it found it has brought nothing together.
        let asked = repo.chant(&["work", TWO]);
        let said = &asked.fails(1).stderr;
        let open = said.contains("for unresolved") || said.contains("conflict markers are left");
        assert!(open, "{file}: {said}");
        assert_eq!(state(&repo), "conflict", "{file}");
        assert_eq!(repo.git(&["rev-parse", "main"]), before, "{file}");
    }
}
