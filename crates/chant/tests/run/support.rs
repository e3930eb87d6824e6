//! What the run tests share: a repository with one spec and an agent that is a shell script.

use chant_testkit::{Output, TestRepo};

/// The spec every test works.
pub(crate) const ID: &str = "001-greeting";

/// Its file.
pub(crate) const SPEC: &str = ".chant/specs/001-greeting.md";

/// An honest agent's work.
pub(crate) const HONEST: &str = r#"
echo "I write the greeting"
echo hello > greeting.txt
sed -i 's/- \[ \]/- [x]/' "$CHANT_SPEC_FILE"
git add -A
git commit -q -m "chant($CHANT_SPEC_ID): write the greeting"
"#;

/// The same without a commit of its own.
pub(crate) const HONEST_QUIET: &str = r#"
echo hello > greeting.txt
sed -i 's/- \[ \]/- [x]/' "$CHANT_SPEC_FILE"
"#;

/// Variables of these tests that an agent is to find, beside the usual ones.
const GIVEN: [&str; 3] = ["USER_CHECKOUT", "SMALL", "SHOP_TOKEN"];

/// A repository with `chant init`, one spec, and `script` as its agent.
pub(crate) fn with_agent(script: &str) -> TestRepo {
    let repo = TestRepo::new();
    repo.chant(&["init", "--name", "sample"]).ok();
    set_agent(&repo, script);
    repo.write(SPEC, &spec(""));
    repo
}

/// Replaces the agent's script.
pub(crate) fn set_agent(repo: &TestRepo, script: &str) {
    let path = repo.home().join("agent.sh");
    std::fs::write(&path, format!("set -e\n{script}")).unwrap();
    let config = format!(
        "---\nagents:\n  - name: shell\n    kind: command\n    command: [sh, {}]\n    env_allow: [{}]\ndefaults:\n  agent: shell\n---\n",
        path.display(),
        GIVEN.join(", ")
    );
    repo.write(".chant/agents.md", &config);
}

/// The spec with more lines of frontmatter.
pub(crate) fn spec(frontmatter: &str) -> String {
    format!(
        "---\ntype: code\nstatus: pending\n{frontmatter}---\n\n# Write a greeting\n\nSay hello.\n\n## Acceptance Criteria\n\n- [ ] `greeting.txt` holds a greeting\n- [ ] It is short\n"
    )
}

/// `chant work` of the spec.
pub(crate) fn work(repo: &TestRepo) -> Output {
    repo.chant(&["work", ID])
}

/// The state that `chant list --json` shows for the spec.
pub(crate) fn state(repo: &TestRepo) -> String {
    state_of(repo, ID)
}

/// The same for any spec.
pub(crate) fn state_of(repo: &TestRepo, id: &str) -> String {
    let list = repo.chant(&["list", "--json"]).json();
    list["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|spec| spec["id"] == id)
        .map_or_else(
            || "absent".to_owned(),
            |spec| spec["status"].as_str().unwrap().to_owned(),
        )
}

/// Asserts that the spec landed exactly once: on main, in the checkout, with nothing left behind.
pub(crate) fn assert_landed_once(repo: &TestRepo) {
    assert_eq!(state(repo), "completed");
    assert_eq!(repo.git(&["show", "main:greeting.txt"]).trim(), "hello");
    assert!(
        repo.git(&["show", &format!("main:{SPEC}")])
            .contains("status: completed")
    );
    assert_eq!(repo.file("greeting.txt").trim(), "hello");
    let landings = repo.git(&[
        "log",
        "--format=%(trailers:key=Chant-Spec,valueonly)",
        "main",
    ]);
    assert_eq!(
        landings.split_whitespace().count(),
        1,
        "landed once: {landings:?}"
    );
    assert_eq!(
        repo.git(&["branch", "--list", "chant/*"]).trim(),
        "",
        "no branch is left"
    );
    let worktrees = repo.git(&["worktree", "list", "--porcelain"]);
    let left = worktrees
        .lines()
        .filter(|line| line.starts_with("worktree ") && !line.contains("/.checks/"));
    assert_eq!(left.count(), 1, "no worktree of a run is left: {worktrees}");
}

/// The mark of a prompt's fences.
pub(crate) fn mark(prompt: &str) -> &str {
    let line = prompt.lines().find(|line| line.starts_with("<<<<<<<< "));
    let opening = line.expect("something is quoted");
    let mark = opening.split(' ').find_map(|word| word.strip_suffix(':'));
    mark.expect("a mark")
}

/// That the agent was given what `chant prep` has shown; only the mark of the fences is each run's own.
#[track_caller]
pub(crate) fn assert_was_given(repo: &TestRepo, shown: &str) {
    let given = std::fs::read_to_string(repo.home().join("got")).unwrap();
    assert_ne!(mark(&given), mark(shown));
    assert_eq!(
        given.replace(mark(&given), "MARK"),
        shown.replace(mark(shown), "MARK")
    );
}
