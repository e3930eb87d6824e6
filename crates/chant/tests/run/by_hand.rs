//! A person takes a run over, goes on by hand, and has the result accepted like any other.

use std::path::PathBuf;

use chant_testkit::TestRepo;

use crate::stop::{PATIENT, ended, said, tree_of, working};
use crate::support::*;

/// `chant takeover` with its answer.
fn take(repo: &TestRepo) -> serde_json::Value {
    let taken = repo.chant(&["takeover", ID, "--json"]).ok().json();
    taken["data"].clone()
}

fn folder(taken: &serde_json::Value) -> PathBuf {
    PathBuf::from(taken["worktree"].as_str().unwrap())
}

/// What a person does in the worktree.
fn mend(repo: &TestRepo, taken: &serde_json::Value) {
    std::fs::write(folder(taken).join("greeting.txt"), "hello\n").unwrap();
    tick(taken, 2);
    assert!(!repo.path().join("greeting.txt").exists());
}

fn tick(taken: &serde_json::Value, criteria: usize) {
    let spec = taken["spec_file"].as_str().unwrap();
    let text = std::fs::read_to_string(spec).unwrap();
    std::fs::write(spec, text.replacen("- [ ]", "- [x]", criteria)).unwrap();
}

#[test]
fn a_run_at_work_is_taken_over_mended_and_accepted() {
    let repo = with_agent(&format!(
        "echo 'half of it is done'\necho draft > greeting.txt\nsed -i '0,/- \\[ \\]/s//- [x]/' \"$CHANT_SPEC_FILE\"\n{PATIENT}{HONEST}"
    ));
    let mut child = working(&repo);
    let taken = take(&repo);
    assert_eq!(ended(&mut child).code(), Some(130));
    assert!(
        said(&repo).contains("taken over by Tess Ter"),
        "{}",
        said(&repo)
    );
    assert!(tree_of(&repo).is_empty());
    assert_eq!(taken["files"][0]["path"], "greeting.txt", "{taken}");
    assert_eq!(taken["ticked"].as_array().unwrap().len(), 1);
    assert_eq!(taken["open"][0], "It is short");
    assert_eq!(taken["said"][0], "half of it is done");
    let spec = std::fs::read_to_string(taken["spec_file"].as_str().unwrap()).unwrap();
    for part in [
        "## Takeover",
        "Tess Ter took this over from shell",
        "- It is short",
        "half of it is done",
        "`greeting.txt` (+1 -0)",
    ] {
        assert!(spec.contains(part), "{part}: {spec}");
    }
    let shown = repo.chant(&["show", ID]).ok().stdout.clone();
    assert!(shown.contains("taken over by Tess Ter"), "{shown}");
    assert_eq!(take(&repo)["already"], true);
    mend(&repo, &taken);
    repo.chant(&["finalize", ID]).ok();
    assert_landed_once(&repo);
    let landing = repo.git(&[
        "log",
        "-1",
        "--format=%(trailers:key=Chant-Agent,valueonly)",
    ]);
    assert_eq!(landing.trim(), "Tess Ter (person, by hand)");
    assert!(repo.file(SPEC).contains("## Takeover"));
}

#[test]
fn what_does_not_hold_is_said_and_stays_the_persons() {
    let repo = with_agent("echo nonsense > greeting.txt\nexit 3\n");
    repo.write(
        SPEC,
        &spec("verify:\n  - run: grep -q hello greeting.txt\n"),
    );
    work(&repo).fails(1);
    let taken = take(&repo);
    assert_eq!(
        std::fs::read_to_string(folder(&taken).join("greeting.txt")).unwrap(),
        "nonsense\n",
        "what the agent left is there again"
    );
    let open = repo.chant(&["finalize", ID]);
    let text = &open.fails(1).stderr;
    assert!(text.contains("criteria are not ticked"), "{text}");
    assert!(text.contains(folder(&taken).to_str().unwrap()), "{text}");
    tick(&taken, 2);
    let bad = repo.chant(&["finalize", ID, "--json"]);
    let answer = bad.fails(1).json();
    assert_eq!(answer["error"]["code"], "not-done", "{answer}");
    assert!(
        answer["error"]["message"]
            .as_str()
            .unwrap()
            .contains("check failed"),
        "{answer}"
    );
    mend(&repo, &taken);
    repo.chant(&["finalize", ID, "--by", "Grace"]).ok();
    assert_landed_once(&repo);
    let landing = repo.git(&[
        "log",
        "-1",
        "--format=%(trailers:key=Chant-Agent,valueonly)",
    ]);
    assert_eq!(landing.trim(), "Grace (person, by hand)");
}

#[test]
fn work_gives_it_back_to_the_agent_with_what_the_person_did() {
    let repo = with_agent("echo draft > draft.txt\nexit 3\n");
    work(&repo).fails(1);
    let taken = take(&repo);
    std::fs::write(folder(&taken).join("mine.txt"), "mine\n").unwrap();
    set_agent(
        &repo,
        &format!("cp \"$CHANT_PROMPT_FILE\" \"$HOME/given\"\ntest -e mine.txt\n{HONEST}"),
    );
    work(&repo).ok();
    assert_landed_once(&repo);
    assert_eq!(repo.file("mine.txt"), "mine\n");
    let given = std::fs::read_to_string(repo.home().join("given")).unwrap();
    assert!(given.contains("mine.txt"), "{given}");
    let landing = repo.git(&[
        "log",
        "-1",
        "--format=%(trailers:key=Chant-Agent,valueonly)",
    ]);
    assert!(landing.starts_with("shell"), "{landing}");
}

#[test]
fn only_what_was_taken_over_can_be_finalized_and_only_by_a_person() {
    let repo = with_agent("exit 3\n");
    repo.chant(&["takeover", ID]).fails(4);
    repo.chant(&["finalize", ID]).fails(4);
    work(&repo).fails(1);
    let refused = repo.chant(&["finalize", ID]);
    assert!(
        refused.fails(4).stderr.contains("chant takeover"),
        "{}",
        refused.stderr
    );
    let agent = repo.chant_with(|command| {
        command.args(["takeover", ID]).env("CHANT_RUN_ID", "x");
    });
    assert!(agent.fails(4).stderr.contains("only a person"));
    let path = repo.chant(&["takeover", ID, "--quiet"]).ok().stdout.clone();
    assert!(
        std::path::Path::new(path.trim()).join(".git").exists(),
        "{path}"
    );
}

#[test]
fn in_silent_mode_the_spec_is_there_as_well() {
    let repo = TestRepo::new();
    repo.chant(&["init", "--name", "sample", "--silent"]).ok();
    set_agent(&repo, "echo draft > greeting.txt\nexit 3\n");
    repo.write(SPEC, &spec(""));
    work(&repo).fails(1);
    let taken = take(&repo);
    mend(&repo, &taken);
    repo.chant(&["finalize", ID]).ok();
    assert_eq!(repo.file("greeting.txt"), "hello\n");
    assert!(repo.file(SPEC).contains("status: completed"));
    assert!(repo.file(SPEC).contains("## Takeover"));
    let log = repo.git(&["log", "--format=%B", "main"]);
    assert!(!log.contains("Chant-") && !log.contains("chant("), "{log}");
}
