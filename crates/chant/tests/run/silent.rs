//! Silent mode: the whole chain works, and git never learns that there was one.

use chant_testkit::TestRepo;

use crate::support::*;

const RESEARCH: &str = ".chant/specs/001-research.md";
const CODE: &str = ".chant/specs/002-code.md";

/// Researches in the first spec, writes what it found in the second.
const WORKER: &str = r#"
case "$CHANT_SPEC_ID" in
001-research)
    mkdir -p .chant/research
    echo "the answer is 42" > .chant/research/a.md ;;
002-code)
    grep -q "the answer is 42" "$CHANT_PROMPT_FILE"
    cp .chant/research/a.md answer.txt ;;
esac
sed -i 's/- \[ \]/- [x]/' "$CHANT_SPEC_FILE"
"#;

fn silent_repo(script: &str) -> TestRepo {
    let repo = TestRepo::new();
    repo.chant(&["init", "--silent", "--name", "sample"]).ok();
    set_agent(&repo, script);
    repo.write(
        RESEARCH,
        "---\ntype: research\nstatus: pending\ntarget_files: [.chant/research/a.md]\n---\n\n# Find the answer\n\n## Acceptance Criteria\n\n- [ ] It is found\n",
    );
    repo.write(
        CODE,
        "---\ntype: code\nstatus: pending\ndepends_on: [001-research]\ninformed_by: [.chant/research/a.md]\n---\n\n# Write the answer down\n\n## Acceptance Criteria\n\n- [ ] It is written\n",
    );
    repo
}

fn status_of(repo: &TestRepo, id: &str) -> String {
    let list = repo.chant(&["list", "--json"]).json();
    let specs = list["data"].as_array().unwrap();
    let spec = specs.iter().find(|spec| spec["id"] == id).unwrap();
    spec["status"].as_str().unwrap().to_owned()
}

/// Nothing that git shows, or that a push could take along, knows of chant.
#[track_caller]
fn assert_git_knows_nothing(repo: &TestRepo) {
    let seen = [
        repo.git(&["status", "--porcelain", "--untracked-files=all"]),
        repo.git(&["log", "--branches", "--format=%an %ae %B%(trailers)"]),
        repo.git(&["ls-tree", "-r", "--name-only", "main"]),
        repo.git(&[
            "for-each-ref",
            "--format=%(refname)",
            "refs/heads",
            "refs/tags",
        ]),
        repo.git(&["reflog", "show", "main"]),
        repo.git(&["worktree", "list"])
            .replace(&repo.path().display().to_string(), ""),
    ];
    for text in seen {
        assert!(!text.to_lowercase().contains("chant"), "{text}");
    }
}

#[track_caller]
fn assert_chain_is_done(repo: &TestRepo) {
    assert_eq!(status_of(repo, "001-research"), "completed");
    assert_eq!(status_of(repo, "002-code"), "completed");
    assert_eq!(repo.file(".chant/research/a.md"), "the answer is 42\n");
    assert_eq!(repo.file("answer.txt"), "the answer is 42\n");
    for spec in [RESEARCH, CODE] {
        let text = repo.file(spec);
        assert!(
            text.contains("- [x] It is") && text.contains("status: completed"),
            "{text}"
        );
    }
    assert_eq!(repo.git(&["show", "main:answer.txt"]), "the answer is 42\n");
    assert_eq!(
        repo.git(&["rev-list", "--count", "main"]).trim(),
        "2",
        "the research is no commit, the code is one"
    );
    assert_git_knows_nothing(repo);
}

#[test]
fn a_research_chain_leaves_no_trace_in_git() {
    let repo = silent_repo(WORKER);
    repo.chant(&["work", "002"]).fails(4);
    repo.chant(&["work", "001", "002"]).ok();
    assert_chain_is_done(&repo);
}

#[test]
fn neither_does_an_agent_that_commits_chants_files() {
    let commits =
        "git add -A\ngit add -f .chant\ngit commit -q -m \"chant($CHANT_SPEC_ID): done\"\n";
    let repo = silent_repo(&format!("{WORKER}{commits}"));
    repo.chant(&["work", "001", "002"]).ok();
    assert_chain_is_done(&repo);
}

/// chant is killed once in each of the two runs, where silent mode differs from a run that git may know of.
#[track_caller]
fn survives(research: &str, code: &str) {
    let repo = silent_repo(WORKER);
    for (id, point) in [("001-research", research), ("002-code", code)] {
        let killed = repo.chant_with(|command| {
            command.args(["work", id]).env("CHANT_CRASH_AT", point);
        });
        assert_eq!(killed.code, None, "{point}: {}", killed.stderr);
        let again = repo.chant(&["work", id]);
        assert_eq!(again.code, Some(0), "{point} of {id}: {}", again.stderr);
    }
    assert_chain_is_done(&repo);
}

#[test]
fn killed_before_the_landing() {
    survives("provision:after", "collect:before");
    survives("agent:after", "verify:after");
}

#[test]
fn killed_while_landing() {
    survives("land:committed", "land:committed");
    survives("land:after", "checkout:before");
}

#[test]
fn killed_after_the_landing() {
    survives("checkout:after", "clean:before");
    survives("clean:after", "land:after");
}

#[test]
fn a_failed_attempt_keeps_what_it_wrote_below_chants_folder() {
    let repo = silent_repo("mkdir -p .chant/research\necho half > .chant/research/a.md\nexit 1\n");
    repo.chant(&["work", "001"]).fails(1);
    assert!(!repo.path().join(".chant/research/a.md").exists());
    let kept = repo.git(&["for-each-ref", "--format=%(refname)", "refs/chant/kept"]);
    let kept = kept.lines().next().expect("what failed is kept");
    assert_eq!(
        repo.git(&["show", &format!("{kept}:.chant/research/a.md")]),
        "half\n"
    );
    set_agent(&repo, WORKER);
    repo.chant(&["work", "001", "002"]).ok();
    assert_chain_is_done(&repo);
}

#[test]
fn a_file_the_user_edited_meanwhile_is_not_overwritten() {
    let repo = silent_repo(&format!(
        "{WORKER}mkdir -p \"$USER_CHECKOUT/.chant/research\"\necho mine > \"$USER_CHECKOUT/.chant/research/a.md\"\n"
    ));
    let output = repo.chant_with(|command| {
        command
            .args(["work", "001"])
            .env("USER_CHECKOUT", repo.path());
    });
    output.fails(4);
    assert_eq!(repo.file(".chant/research/a.md"), "mine\n");
    std::fs::remove_file(repo.path().join(".chant/research/a.md")).unwrap();
    repo.chant(&["merge", "001"]).ok();
    assert_eq!(repo.file(".chant/research/a.md"), "the answer is 42\n");
    assert_git_knows_nothing(&repo);
}

#[test]
fn refused_where_git_tracks_the_folder() {
    let repo = with_agent(HONEST);
    repo.commit("specs");
    let output = repo.chant(&["init", "--silent"]);
    assert!(
        output.fails(4).stderr.contains("git tracks .chant"),
        "{}",
        output.stderr
    );
}

#[test]
fn checks_see_the_files_that_git_does_not_know() {
    let repo = silent_repo(WORKER);
    let text = repo.file(RESEARCH).replace(
        "---\n\n#",
        "verify:\n  - grep -q 42 .chant/research/a.md\n---\n\n#",
    );
    repo.write(RESEARCH, &text);
    repo.chant(&["work", "001", "002"]).ok();
    assert_chain_is_done(&repo);
}

#[test]
fn a_silent_project_in_a_subfolder_seen_from_a_linked_worktree() {
    let repo = TestRepo::new();
    let folder = repo.path().join("app");
    repo.write("app/readme.txt", "the app\n");
    repo.commit("an app");
    let there = |folder: &std::path::Path, args: &[&str]| {
        repo.chant_with(|command| {
            command.args(args).current_dir(folder);
        })
    };
    there(&folder, &["init", "--here", "--silent", "--name", "app"]).ok();
    set_agent(&repo, WORKER);
    std::fs::rename(
        repo.path().join(".chant/agents.md"),
        folder.join(".chant/agents.md"),
    )
    .unwrap();
    std::fs::remove_dir_all(repo.path().join(".chant")).unwrap();
    repo.write(
        "app/.chant/specs/001-research.md",
        "---\ntype: research\nstatus: pending\ntarget_files: [.chant/research/a.md]\n---\n\n# Find it\n\n## Acceptance Criteria\n\n- [ ] It is found\n",
    );
    repo.write(
        "app/.chant/specs/002-code.md",
        "---\ntype: code\nstatus: pending\ndepends_on: [001-research]\ninformed_by: [.chant/research/a.md]\n---\n\n# Write it down\n\n## Acceptance Criteria\n\n- [ ] It is written\n",
    );
    let side = repo.path().parent().unwrap().join("side");
    repo.git(&[
        "worktree",
        "add",
        "-q",
        "-b",
        "side",
        &side.display().to_string(),
    ]);
    there(&side.join("app"), &["work", "001"]).ok();
    there(&folder, &["work", "002"]).ok();
    assert_eq!(repo.file("app/.chant/research/a.md"), "the answer is 42\n");
    assert_eq!(
        repo.git(&["show", "main:app/answer.txt"]),
        "the answer is 42\n"
    );
    assert_git_knows_nothing(&repo);
}

#[test]
fn results_land_on_the_branch_one_is_on() {
    let repo = silent_repo(WORKER);
    let before = repo.git(&["rev-parse", "main"]);
    repo.git(&["switch", "-q", "-c", "fix/issue-1234"]);
    repo.chant(&["work", "001", "002"]).ok();
    assert_eq!(repo.git(&["rev-parse", "main"]), before);
    assert_eq!(
        repo.git(&["show", "fix/issue-1234:answer.txt"]),
        "the answer is 42\n"
    );
    assert_git_knows_nothing(&repo);
}
