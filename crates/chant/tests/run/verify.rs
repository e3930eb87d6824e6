//! `chant verify`: what held when it landed, on the main branch as it is now.

use chant_testkit::TestRepo;

use crate::support::*;

/// A landed spec whose check wants a greeting.
fn landed() -> TestRepo {
    let repo = with_agent(HONEST);
    repo.write(".gitignore", "out/\n");
    repo.write(
        SPEC,
        &spec("labels: [v1]\nverify:\n  - {name: greets, run: 'grep -q hello greeting.txt'}\n  - test \"$CHANT_SPEC_ID\" = 001-greeting && test -e \"$CHANT_SPEC_FILE\"\n"),
    );
    repo.commit("a spec");
    work(&repo).ok();
    repo
}

fn commit(repo: &TestRepo, path: &str, text: &str, message: &str) -> String {
    repo.write(path, text);
    repo.commit(message);
    repo.git(&["rev-parse", "HEAD"]).trim().to_owned()
}

#[test]
fn what_holds_is_said_and_nothing_changes() {
    let repo = landed();
    repo.write("greeting.txt", "an edit that is not committed\n");
    let (files, refs) = (repo.snapshot_files(), repo.git(&["for-each-ref"]));
    let output = repo.chant(&["verify", ID, "--exit-code"]);
    let said = &output.ok().stdout;
    assert!(
        said.contains("holds   001-greeting  greets: passes"),
        "{said}"
    );
    assert!(said.contains("2 hold, 0 broken"), "{said}");
    assert_eq!(repo.snapshot_files(), files);
    assert_eq!(repo.git(&["for-each-ref"]), refs);
    let logs = repo.path().join(".git/chant/verify");
    assert_eq!(
        std::fs::read_dir(logs).unwrap().count(),
        0,
        "no log is left"
    );
}

#[test]
fn what_is_broken_is_an_exit_code_only_where_that_is_asked_for() {
    let repo = landed();
    commit(&repo, "greeting.txt", "bye\n", "say bye");
    for which in [&["--all"][..], &["--label", "v1"], &["001"]] {
        let args = [&["verify"], which].concat();
        let said = repo.chant(&args);
        assert!(
            said.ok()
                .stdout
                .contains("broken  001-greeting  greets: exit 1"),
            "{}",
            said.stdout
        );
        repo.chant(&[&args[..], &["--exit-code"]].concat()).fails(1);
    }
    let found = repo.chant(&["verify", "--all", "--json", "--exit-code", "--cold"]);
    let found = found.fails(1).json();
    assert_eq!(found["data"]["broken"], 1, "{found}");
    let checks = &found["data"]["specs"][0]["checks"];
    assert_eq!(
        (&checks[0]["passed"], &checks[1]["passed"]),
        (&false.into(), &true.into()),
        "{found}"
    );
    assert_eq!(checks[0]["warm"], false);
    assert!(std::path::Path::new(checks[0]["log"].as_str().unwrap()).exists());
}

#[test]
fn the_commit_that_broke_it_is_found() {
    let repo = landed();
    for number in 0..5 {
        commit(&repo, "other.txt", &format!("{number}\n"), "elsewhere");
    }
    let culprit = commit(&repo, "greeting.txt", "bye\n", "say bye instead");
    for number in 5..9 {
        commit(&repo, "other.txt", &format!("{number}\n"), "elsewhere");
    }
    let found = repo.chant(&["verify", "--all", "--bisect", "--json"]);
    let search = found.ok().json()["data"]["specs"][0]["checks"][0]["search"].clone();
    assert_eq!(search["found"], "commit", "{search}");
    assert_eq!(search["commit"], culprit.as_str());
    assert_eq!(search["subject"], "say bye instead");
    assert!(search["steps"].as_u64().unwrap() <= 4, "{search}");
    let said = repo.chant(&["verify", "001", "--bisect"]);
    let line = format!(
        "greets: broken by {} say bye instead (Tess Ter), found in",
        &culprit[..10]
    );
    assert!(said.ok().stdout.contains(&line), "{}", said.stdout);
    assert!(
        said.stderr.contains("searching 10 commits since"),
        "{}",
        said.stderr
    );
}

/// A pull request's commits are on the side of the main line: the merge is what broke it.
#[test]
fn a_merge_that_broke_it_is_found() {
    let repo = landed();
    commit(&repo, "other.txt", "1\n", "elsewhere");
    repo.git(&["switch", "-q", "-c", "side"]);
    commit(&repo, "greeting.txt", "hm\n", "on the side");
    commit(&repo, "greeting.txt", "bye\n", "on the side again");
    repo.git(&["switch", "-q", "main"]);
    commit(&repo, "other.txt", "2\n", "elsewhere");
    repo.git(&["merge", "-q", "--no-ff", "-m", "merge the side", "side"]);
    commit(&repo, "other.txt", "3\n", "elsewhere");
    let found = repo.chant(&["verify", "001", "--bisect", "--json"]);
    let search = found.ok().json()["data"]["specs"][0]["checks"][0]["search"].clone();
    assert_eq!(search["subject"], "merge the side", "{search}");
}

#[test]
fn where_no_commit_broke_it_that_is_said() {
    let repo = with_agent(HONEST);
    repo.write(SPEC, &spec("verify: ['test ! -e \"$HOME/changed\"']\n"));
    repo.commit("a spec");
    work(&repo).ok();
    commit(&repo, "other.txt", "1\n", "elsewhere");
    std::fs::write(repo.home().join("changed"), "").unwrap();
    let said = repo.chant(&["verify", "001", "--bisect"]);
    assert!(
        said.ok().stdout.contains("where it landed, as well"),
        "{}",
        said.stdout
    );

    let by_hand = repo.file(SPEC).replace(
        "test ! -e \\\"",
        "test -e \\\"nothing\\\" && test ! -e \\\"",
    );
    repo.write(".chant/specs/002-hand.md", &by_hand);
    repo.commit("done by hand");
    let said = repo.chant(&["verify", "002", "--bisect"]);
    assert!(
        said.ok().stdout.contains("no commit found: "),
        "{}",
        said.stdout
    );
}

#[test]
fn in_silent_mode_the_checks_see_the_files_that_git_does_not_have() {
    let repo = TestRepo::new();
    repo.chant(&["init", "--silent"]).ok();
    set_agent(&repo, HONEST);
    repo.write(SPEC, &spec("verify: ['grep -q hello greeting.txt && grep -q Write \"$CHANT_SPEC_FILE\" && test ! -e .chant/agents.md']\n"));
    work(&repo).ok();
    repo.chant(&["verify", "001", "--exit-code"]).ok();
    let culprit = commit(&repo, "greeting.txt", "bye\n", "say bye");
    commit(&repo, "other.txt", "1\n", "elsewhere");
    let found = repo.chant(&["verify", "--all", "--exit-code", "--bisect", "--json"]);
    let search = found.fails(1).json()["data"]["specs"][0]["checks"][0]["search"].clone();
    assert_eq!(search["commit"], culprit.as_str(), "{search}");
}

#[test]
fn what_is_not_finished_has_no_checks_or_is_not_trusted() {
    let repo = landed();
    repo.write(".chant/specs/002-open.md", &spec("verify: ['true']\n"));
    repo.write(
        ".chant/specs/003-done.md",
        &spec("").replace("pending", "completed"),
    );
    repo.chant(&["verify", "002"]).fails(4);
    let said = repo.chant(&["verify", "--all"]);
    assert!(
        said.ok().stdout.contains("without checks: 003-done"),
        "{}",
        said.stdout
    );
    repo.chant(&["verify", "--label", "nonsense"]).fails(4);
    repo.chant(&["verify"]).fails(2);
    repo.chant(&["verify", "nonsense"]).fails(3);
    repo.chant(&["trust", "--revoke"]).ok();
    repo.write(
        SPEC,
        &repo
            .file(SPEC)
            .replace("grep -q hello", "touch $HOME/ran; grep -q hello"),
    );
    repo.chant(&["verify", "001"]).fails(4);
    assert!(!repo.home().join("ran").exists());
}
