//! A repository with specs, and an agent that keeps a ledger of who is at work.

use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use chant_testkit::{Output, TestRepo, chant_bin};

/// Writes down that it begins, does what the spec's own script says, does honest work, and writes down that it ends.
const AGENT: &str = r#"
set -e
echo "begins $CHANT_SPEC_ID" >> "$HOME/ledger"
if [ -e "$HOME/$CHANT_SPEC_ID.sh" ]; then . "$HOME/$CHANT_SPEC_ID.sh"; fi
echo "$CHANT_SPEC_ID" > "$CHANT_SPEC_ID.txt"
sed -i 's/- \[ \]/- [x]/' "$CHANT_SPEC_FILE"
echo "ends $CHANT_SPEC_ID" >> "$HOME/ledger"
"#;

/// Long enough for a loaded machine; no test waits for it when all is well.
const PATIENCE: Duration = Duration::from_mins(1);

/// A repository with `chant init` and the agent, with further settings.
pub(crate) fn project(settings: &str) -> TestRepo {
    let repo = TestRepo::new();
    repo.chant(&["init", "--name", "sample"]).ok();
    std::fs::write(repo.home().join("agent.sh"), AGENT).unwrap();
    configure(&repo, "", settings);
    repo
}

/// The settings, with further keys of the agent.
pub(crate) fn configure(repo: &TestRepo, agent: &str, settings: &str) {
    let path = repo.home().join("agent.sh");
    let text = format!(
        "---\nagents:\n  - name: shell\n    kind: command\n    command: [sh, {}]\n{agent}defaults:\n  agent: shell\n{settings}---\n",
        path.display()
    );
    repo.write(".chant/agents.md", &text);
}

/// A spec with more lines of frontmatter.
pub(crate) fn spec(repo: &TestRepo, id: &str, more: &str) {
    let text = format!(
        "---\ntype: code\nstatus: pending\n{more}---\n\n# {id}\n\n## Acceptance Criteria\n\n- [ ] Done\n"
    );
    repo.write(&format!(".chant/specs/{id}.md"), &text);
}

/// What the agent of a spec does before its honest work, in shell.
pub(crate) fn script(repo: &TestRepo, id: &str, text: &str) {
    std::fs::write(repo.home().join(format!("{id}.sh")), text).unwrap();
}

/// Waits in the agent until [`let_go`].
pub(crate) fn holding(id: &str) -> String {
    format!("while [ ! -e \"$HOME/go-{id}\" ]; do sleep 0.01; done\n")
}

/// Ends the waiting of an agent.
pub(crate) fn let_go(repo: &TestRepo, id: &str) {
    std::fs::write(repo.home().join(format!("go-{id}")), "").unwrap();
}

/// The ledger's lines.
pub(crate) fn ledger(repo: &TestRepo) -> Vec<String> {
    let text = std::fs::read_to_string(repo.home().join("ledger")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// Whether the agent of a spec has begun.
pub(crate) fn has_begun(repo: &TestRepo, id: &str) -> bool {
    ledger(repo).contains(&format!("begins {id}"))
}

/// How many agents were at work at once at most.
pub(crate) fn most_at_once(repo: &TestRepo) -> usize {
    let (mut now, mut most) = (0_usize, 0);
    for line in ledger(repo) {
        if line.starts_with("begins ") {
            now += 1;
        } else {
            now -= 1;
        }
        most = most.max(now);
    }
    most
}

/// Runs chant; its progress is kept out of the way.
pub(crate) fn chant(repo: &TestRepo, args: &[&str]) -> Output {
    repo.chant(args)
}

/// Starts chant in the background, with what it prints in a file of this name.
pub(crate) fn start(repo: &TestRepo, args: &[&str], name: &str) -> Child {
    let file = |kind: &str| std::fs::File::create(repo.home().join(format!("{name}.{kind}")));
    let mut command = repo.command(chant_bin());
    command.args(args).stdin(Stdio::null());
    command.stdout(file("out").unwrap());
    command.stderr(file("err").unwrap());
    command.spawn().unwrap()
}

/// What a command in the background printed.
pub(crate) fn said(repo: &TestRepo, name: &str) -> String {
    let read = |kind: &str| {
        std::fs::read_to_string(repo.home().join(format!("{name}.{kind}"))).unwrap_or_default()
    };
    format!("{}{}", read("out"), read("err"))
}

/// Waits for a condition.
#[track_caller]
pub(crate) fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain for: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub(crate) use chant_testkit::patience::ended;

/// Sends a signal to one process.
pub(crate) fn signal(child: &Child, name: &str) {
    let status = std::process::Command::new("kill")
        .args([name, &child.id().to_string()])
        .status();
    assert!(status.unwrap().success());
}

/// The status of a spec.
#[track_caller]
pub(crate) fn state(repo: &TestRepo, id: &str) -> String {
    let list = repo.chant(&["list", "--json"]).json();
    let specs = list["data"].as_array().unwrap();
    let found = specs.iter().find(|spec| spec["id"] == id);
    found.map_or_else(
        || "absent".to_owned(),
        |spec| spec["status"].as_str().unwrap().to_owned(),
    )
}

/// Asserts that each of these landed exactly once, and nothing else did.
#[track_caller]
pub(crate) fn assert_landed(repo: &TestRepo, ids: &[&str]) {
    let format = "--format=%(trailers:key=Chant-Spec,valueonly)";
    let log = repo.git(&["log", format, "main"]);
    let mut landed: Vec<&str> = log.split_whitespace().collect();
    landed.sort_unstable();
    assert_eq!(landed, ids);
    for id in ids {
        let file = format!("main:{id}.txt");
        assert_eq!(repo.git(&["show", &file]).trim(), *id);
    }
}

/// Asserts that no run left anything: no branch, no worktree, no result's ref.
#[track_caller]
pub(crate) fn assert_nothing_left(repo: &TestRepo) {
    let left = repo.git(&[
        "for-each-ref",
        "--format=%(refname)",
        "refs/heads/chant",
        "refs/chant/runs",
    ]);
    assert_eq!(left, "", "refs are left");
    let worktrees = repo.git(&["worktree", "list", "--porcelain"]);
    let of_runs = worktrees
        .lines()
        .filter(|line| line.starts_with("worktree ") && !line.contains("/.checks/"));
    assert_eq!(of_runs.count(), 1, "{worktrees}");
}

/// The folder of the scheduler's own files.
pub(crate) fn state_dir(repo: &TestRepo) -> PathBuf {
    repo.path().join(".git/chant")
}
