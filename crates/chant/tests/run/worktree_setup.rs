//! Worktrees are made ready: commands, lent files, ports, and only a part of the files for research.

use chant_testkit::TestRepo;

use crate::support::*;

/// A repository with these lines of settings, an agent, and a file that git ignores.
fn with_settings(settings: &str, script: &str) -> TestRepo {
    let repo = with_agent(script);
    repo.write(".gitignore", ".env\nnode_modules/\nmade/\n");
    repo.write(".env", "SECRET=1\n");
    repo.git(&["add", ".gitignore"]);
    repo.git(&["commit", "-q", "-m", "ignore"]);
    let config = repo.file(".chant/config.md");
    let (front, rest) = config[4..].split_once("---\n").unwrap();
    repo.write(
        ".chant/config.md",
        &format!("---\n{front}{settings}---\n{rest}"),
    );
    repo.chant(&["trust"]).ok();
    repo
}

fn landed_files(repo: &TestRepo) -> String {
    repo.git(&["ls-tree", "-r", "--name-only", "main"])
}

#[test]
fn the_commands_run_before_the_agent_and_see_its_surroundings() {
    let repo = with_settings(
        "worktree:\n  setup:\n    - mkdir made\n    - echo \"$CHANT_SPEC_ID $PWD\" > made/by\n",
        &format!("test \"$(cat made/by)\" = \"$CHANT_SPEC_ID $CHANT_WORKTREE\"\n{HONEST}"),
    );
    work(&repo).ok();
    assert_landed_once(&repo);
    assert!(!landed_files(&repo).contains("made"));
}

#[test]
fn a_command_that_fails_ends_the_run_before_anybody_is_paid() {
    let repo = with_settings(
        "worktree:\n  setup: [\"echo no such package >&2; exit 3\"]\n",
        "touch \"$HOME/paid\"",
    );
    let failed = work(&repo);
    failed.fails(1);
    assert!(
        failed.stderr.contains("could not be made ready"),
        "{}",
        failed.stderr
    );
    assert!(
        failed.stderr.contains("no such package"),
        "{}",
        failed.stderr
    );
    assert!(!repo.home().join("paid").exists());
}

#[test]
fn commands_of_the_settings_need_trust() {
    let repo = with_settings("worktree:\n  setup: [\"true\"]\n", HONEST);
    let config = repo.file(".chant/config.md");
    repo.write(
        ".chant/config.md",
        &config.replace("\"true\"", "\"touch $HOME/ran\""),
    );
    let refused = repo.chant(&["work", ID, "--no-input"]);
    refused.fails(4);
    assert!(refused.stderr.contains("setup"), "{}", refused.stderr);
    assert!(!repo.home().join("ran").exists());
}

/// Neither what an agent leaves nor what it commits has them.
#[test]
fn what_is_lent_never_lands() {
    let repo = with_settings(
        "worktree:\n  copy: [.env, notes]\n  link: [node_modules]\n",
        &format!(
            "test \"$(cat .env)\" = SECRET=1\ntest \"$(cat notes/deep/a)\" = a\ntest -e node_modules/x\nrm .gitignore\n{HONEST}\necho more >> notes/deep/a\ngit checkout -q HEAD~1 -- .gitignore; git commit -q -m back\n"
        ),
    );
    repo.write("node_modules/x", "x");
    repo.write("notes/deep/a", "a\n");
    let worked = work(&repo);
    worked.ok();
    assert!(
        worked.stderr.contains("linked into your checkout"),
        "{}",
        worked.stderr
    );
    assert_landed_once(&repo);
    let files = landed_files(&repo);
    for lent in [".env", "notes", "node_modules"] {
        assert!(!files.contains(lent), "{lent}: {files}");
    }
    let history = repo.git(&["log", "--format=", "--name-only", "main"]);
    assert!(!history.contains(".env"), "{history}");
    assert_eq!(repo.file(".env"), "SECRET=1\n");
    assert_eq!(repo.file("notes/deep/a"), "a\n");
    assert_eq!(repo.file("node_modules/x"), "x");
}

#[test]
fn only_what_is_the_users_own_is_lent() {
    let repo = with_settings("worktree:\n  copy: [README.md, missing, out]\n", HONEST);
    std::os::unix::fs::symlink("/etc", repo.path().join("out")).unwrap();
    let worked = work(&repo);
    worked.ok();
    for because in [
        "README.md: is tracked",
        "missing: is not in your",
        "out: is neither",
    ] {
        assert!(
            worked.stderr.contains(because),
            "{because}: {}",
            worked.stderr
        );
    }
    assert_landed_once(&repo);
}

#[test]
fn a_path_that_leads_out_is_refused() {
    for path in ["../../etc/passwd", "/etc/passwd", ".git/config"] {
        let repo = with_settings(&format!("worktree:\n  copy: [{path}]\n"), HONEST);
        let refused = work(&repo);
        refused.fails(5);
        assert!(
            refused.stderr.contains("worktree.copy"),
            "{}",
            refused.stderr
        );
        assert!(
            !repo.path().join(".git/chant/runs").exists(),
            "no run was begun"
        );
    }
}

#[test]
fn each_run_has_ports_of_its_own_while_it_lasts() {
    let repo = with_settings(
        "worktree: {ports: 12}\n",
        &format!(
            "echo \"$CHANT_PORT $CHANT_PORTS\" > \"$HOME/ports-$CHANT_SPEC_ID\"\nif test \"$CHANT_SPEC_ID\" = {ID}; then {} work 002 > /dev/null 2>&1; fi\n{HONEST_QUIET}",
            chant_testkit::chant_bin().display()
        ),
    );
    repo.write(
        ".chant/specs/002-other.md",
        &spec("").replace("greeting.txt", "other.txt"),
    );
    // The second run is worked from within the first, so both last at once.
    let _ = repo.chant_with(|command| {
        command.args(["work", ID]).env("CHANT", "");
    });
    let read = |id: &str| std::fs::read_to_string(repo.home().join(format!("ports-{id}")));
    let first = read(ID).unwrap();
    let (port, ports) = first.trim().split_once(' ').unwrap();
    let port: u16 = port.parse().unwrap();
    assert_eq!(ports, format!("{port}-{}", port + 11));
    if let Ok(second) = read("002-other") {
        let other: u16 = second.split(' ').next().unwrap().parse().unwrap();
        assert!(other.abs_diff(port) >= 12, "{first}{second}");
    }
}

#[test]
fn research_gets_only_a_part_and_loses_nothing() {
    let repo = with_settings(
        "worktree: {sparse: [docs]}\n",
        "test -e docs/a.md\ntest ! -e src/main.c\ntest -e .gitignore && exit 7\necho found > findings.md\nsed -i 's/- \\[ \\]/- [x]/' \"$CHANT_SPEC_FILE\"\ngit add -A\ngit commit -q -m findings\necho more >> findings.md",
    );
    repo.write("docs/a.md", "a\n");
    repo.write("src/main.c", "int main;\n");
    repo.git(&["add", "docs", "src"]);
    repo.git(&["commit", "-q", "-m", "files"]);
    repo.write(
        SPEC,
        &spec("target_files: [findings.md]\n").replace("type: code", "type: research"),
    );
    let worked = work(&repo);
    worked.ok();
    assert!(
        worked.stderr.contains("holds only docs"),
        "{}",
        worked.stderr
    );
    let files = landed_files(&repo);
    for file in [
        "docs/a.md",
        "src/main.c",
        "findings.md",
        ".gitignore",
        "README.md",
    ] {
        assert!(files.contains(file), "{file}: {files}");
    }
    assert_eq!(repo.file("findings.md"), "found\nmore\n");
    assert_eq!(repo.file("src/main.c"), "int main;\n");
    assert_eq!(
        repo.git(&["config", "--get-all", "core.bare"]).trim(),
        "false"
    );
    let settings = repo.git(&["config", "--list"]);
    assert!(!settings.contains("sparse"), "{settings}");
}

#[test]
fn code_gets_everything_even_where_research_does_not() {
    let repo = with_settings(
        "worktree: {sparse: [docs]}\n",
        &format!("test -e README.md\n{HONEST}"),
    );
    work(&repo).ok();
    assert_landed_once(&repo);
}

#[test]
fn a_disk_with_less_room_than_asked_for_begins_nothing() {
    let repo = with_settings("limits: {disk: 900000TB}\n", HONEST);
    let refused = work(&repo);
    refused.fails(1);
    assert!(
        refused.stderr.contains("`limits.disk` asks for"),
        "{}",
        refused.stderr
    );
    assert!(!repo.path().join(".git/chant/runs").exists());
}
