//! What agents do wrong. Each ends as failed with its reason, and the user's files are as they were.

use chant_testkit::TestRepo;

use crate::support::*;

/// Runs the agent, expects the run to fail for `reason`, and that a good agent then succeeds.
#[track_caller]
fn fails(script: &str, reason: &str) -> TestRepo {
    let repo = with_agent(script);
    let before = repo.snapshot_files();
    let main = repo.git(&["rev-parse", "main"]);
    let output = work(&repo);
    let output = output.fails(1);
    assert!(
        output.stderr.contains(reason),
        "{reason:?} in:\n{}",
        output.stderr
    );
    assert_eq!(
        repo.snapshot_files(),
        before,
        "the user's files are as they were"
    );
    assert_eq!(
        repo.git(&["rev-parse", "main"]),
        main,
        "main is where it was"
    );
    assert_eq!(state(&repo), "failed");
    set_agent(&repo, HONEST);
    work(&repo).ok();
    assert_eq!(state(&repo), "completed");
    repo
}

#[test]
fn nothing_changed() {
    fails("true", "the agent changed nothing");
}

#[test]
fn only_ticked() {
    fails(
        "sed -i 's/- \\[ \\]/- [x]/' \"$CHANT_SPEC_FILE\"",
        "the agent changed nothing",
    );
}

#[test]
fn not_ticked() {
    fails("echo hello > greeting.txt", "2 criteria are not ticked");
}

#[test]
fn criteria_deleted() {
    fails(
        "echo hello > greeting.txt\nsed -i '/It is short/d; s/- \\[ \\]/- [x]/' \"$CHANT_SPEC_FILE\"",
        "criteria",
    );
}

#[test]
fn criteria_reworded() {
    fails(
        "echo hello > greeting.txt\nsed -i 's/It is short/It exists/; s/- \\[ \\]/- [x]/' \"$CHANT_SPEC_FILE\"",
        "reworded",
    );
}

#[test]
fn spec_deleted() {
    fails(
        "echo hello > greeting.txt\nrm \"$CHANT_SPEC_FILE\"",
        "deleted its spec",
    );
}

#[test]
fn failed_and_said_so() {
    fails(
        "echo hello > greeting.txt\necho 'no licence' >&2\nexit 3",
        "no licence",
    );
}

#[test]
fn killed() {
    fails("kill -9 $$", "killed");
}

#[test]
fn switched_branches() {
    fails(
        &format!("git switch -q -c elsewhere\n{HONEST}"),
        "left its branch",
    );
}

#[test]
fn committed_on_another_branch_and_came_back() {
    let script = format!("git switch -q -c elsewhere\n{HONEST}\ngit switch -q \"$CHANT_BRANCH\"");
    let repo = fails(&script, "commits on elsewhere");
    assert_eq!(
        repo.git(&["show", "elsewhere:greeting.txt"]).trim(),
        "hello"
    );
}

#[test]
fn rewrote_history() {
    fails(
        "git checkout -q --orphan fresh\necho hello > greeting.txt\nsed -i 's/- \\[ \\]/- [x]/' \"$CHANT_SPEC_FILE\"\ngit add -A\ngit commit -q -m new\ngit branch -q -f -M fresh \"$CHANT_BRANCH\"",
        "rewrote the history",
    );
}

#[test]
fn other_specs_edited() {
    let repo = with_agent("echo changed >> .chant/specs/002-other.md\n");
    repo.write(".chant/specs/002-other.md", &spec(""));
    repo.commit("specs");
    set_agent(
        &repo,
        &format!("echo changed >> .chant/specs/002-other.md\n{HONEST}"),
    );
    let output = work(&repo);
    let output = output.fails(1);
    assert!(output.stderr.contains("002-other.md"), "{}", output.stderr);
    assert_eq!(repo.file(".chant/specs/002-other.md"), spec(""));
    set_agent(&repo, &format!("rm .chant/specs/002-other.md\n{HONEST}"));
    work(&repo).fails(1);
    set_agent(&repo, HONEST);
    work(&repo).ok();
    assert_landed_once(&repo);
}

#[test]
fn its_own_frontmatter_is_not_the_agents_to_change() {
    let repo = with_agent(&format!(
        "sed -i 's/^type: code/type: task\\nverify: []/' \"$CHANT_SPEC_FILE\"\n{HONEST}"
    ));
    work(&repo).ok();
    let landed = repo.file(SPEC);
    assert!(
        landed.contains("type: code") && !landed.contains("type: task"),
        "{landed}"
    );
}

#[test]
fn a_failed_runs_commits_stay_reachable_after_the_next() {
    let repo =
        with_agent("echo precious > precious.txt\ngit add -A\ngit commit -q -m precious\nexit 1");
    work(&repo).fails(1);
    assert_eq!(
        repo.git(&["show", "chant/001-greeting:precious.txt"]),
        "precious\n"
    );
    set_agent(&repo, HONEST);
    let output = work(&repo);
    output.ok();
    let kept = repo.git(&["for-each-ref", "--format=%(refname)", "refs/chant/kept"]);
    assert_eq!(
        repo.git(&["show", &format!("{}:precious.txt", kept.trim())]),
        "precious\n"
    );
    assert!(
        output.stderr.contains(kept.trim()),
        "the ref is named: {}",
        output.stderr
    );
}

#[test]
fn a_failing_check_keeps_main_where_it_was() {
    let repo = with_agent(HONEST);
    repo.write(
        SPEC,
        &spec("verify:\n  - run: grep -q goodbye greeting.txt\n    name: says goodbye\n"),
    );
    let output = work(&repo);
    let output = output.fails(1);
    assert!(output.stderr.contains("says goodbye"), "{}", output.stderr);
    repo.write(SPEC, &spec("verify:\n  - grep -q hello greeting.txt\n"));
    work(&repo).ok();
    assert_landed_once(&repo);
}

#[test]
fn a_flood_of_output_and_half_characters_do_no_harm() {
    let flood = "yes 'a line of output that is repeated for a long time' | head -c 100000000\nhead -c 3000000 /dev/zero | tr '\\0' e >&2\nprintf '\\377\\376 {\"type\": \\n'\n";
    let repo = with_agent(&format!("{flood}{HONEST}"));
    repo.chant(&["-q", "work", ID]).ok();
    assert_landed_once(&repo);
}

#[test]
fn a_grandchild_that_holds_the_pipe_is_ended() {
    let repo = with_agent(&format!(
        "setsid sh -c 'while :; do sleep 1; done' &\n{HONEST}"
    ));
    work(&repo).ok();
    assert_landed_once(&repo);
}

#[test]
fn the_second_of_two_is_told_who_works() {
    let repo = with_agent(
        "\"$CHANT_BIN\" -C \"$USER_CHECKOUT\" work 001 > \"$HOME/second.txt\" 2>&1 || echo $? > \"$HOME/code.txt\"\nexit 1",
    );
    let chant = chant_testkit::chant_bin();
    let output = repo.chant_with(|command| {
        command
            .args(["work", ID])
            .env("USER_CHECKOUT", repo.path())
            .env("CHANT_BIN", &chant);
    });
    output.fails(1);
    assert_eq!(
        std::fs::read_to_string(repo.home().join("code.txt"))
            .unwrap()
            .trim(),
        "4"
    );
    let said = std::fs::read_to_string(repo.home().join("second.txt")).unwrap();
    assert!(said.contains("is being worked by process"), "{said}");
}
