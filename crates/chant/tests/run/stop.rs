//! How runs are ended from outside: by a person, by a limit, by SIGKILL. Nothing is left running, nothing is lost.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use chant_testkit::{TestRepo, chant_bin};

use crate::support::*;

/// Says that it works, then waits for a file; when it comes, does honest work.
pub(crate) const PATIENT: &str = r#"
touch "$HOME/working"
while [ ! -e "$HOME/go" ]; do sleep 0.02; done
"#;

/// Long enough for a loaded machine; no test waits for it when all is well.
const PATIENCE: Duration = Duration::from_secs(20);

#[track_caller]
pub(crate) fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain for: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// `chant work` in the background, with the agent at work.
pub(crate) fn working(repo: &TestRepo) -> Child {
    let mut command = repo.command(chant_bin());
    command.args(["work", ID]).stdout(Stdio::null());
    command.stderr(std::fs::File::create(repo.home().join("stderr")).unwrap());
    let child = command.spawn().unwrap();
    let working = repo.home().join("working");
    eventually("the agent to begin", || working.exists());
    child
}

pub(crate) fn said(repo: &TestRepo) -> String {
    std::fs::read_to_string(repo.home().join("stderr")).unwrap()
}

pub(crate) fn signal(pid: u32, name: &str) {
    let status = std::process::Command::new("kill")
        .args([name, &pid.to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

pub(crate) use chant_testkit::patience::ended;

/// The processes whose environment names this repository's home and a run: the run's whole tree.
pub(crate) fn tree_of(repo: &TestRepo) -> Vec<u32> {
    let home = format!("HOME={}", repo.home().display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        let Ok(environment) = std::fs::read(entry.path().join("environ")) else {
            continue;
        };
        let mut variables = environment.split(|&byte| byte == 0);
        if variables
            .clone()
            .any(|variable| variable == home.as_bytes())
            && variables.any(|variable| variable.starts_with(b"CHANT_RUN_ID="))
        {
            found.push(pid);
        }
    }
    found
}

/// The guard of the run: the child of `parent` that was started as one.
pub(crate) fn guard_of(parent: u32) -> u32 {
    let mut guard = None;
    eventually("the guard to be there", || {
        guard = children_of(parent).into_iter().find(|pid| {
            std::fs::read(format!("/proc/{pid}/cmdline"))
                .is_ok_and(|line| line.split(|&byte| byte == 0).any(|word| word == b"__guard"))
        });
        guard.is_some()
    });
    guard.unwrap()
}

fn children_of(parent: u32) -> Vec<u32> {
    let tasks: Vec<PathBuf> = std::fs::read_dir(format!("/proc/{parent}/task"))
        .map(|tasks| tasks.flatten().map(|task| task.path()).collect())
        .unwrap_or_default();
    let read = |task: &PathBuf| std::fs::read_to_string(task.join("children")).unwrap_or_default();
    tasks
        .iter()
        .map(read)
        .flat_map(|text| {
            text.split_whitespace()
                .filter_map(|pid| pid.parse().ok())
                .collect::<Vec<u32>>()
        })
        .collect()
}

pub(crate) fn worktree(repo: &TestRepo) -> Option<PathBuf> {
    let listed = repo.git(&["worktree", "list", "--porcelain"]);
    let path = listed
        .lines()
        .filter_map(|line| line.strip_prefix("worktree "))
        .nth(1)?;
    Some(Path::new(path).to_owned())
}

pub(crate) fn go(repo: &TestRepo) {
    std::fs::write(repo.home().join("go"), "").unwrap();
}

#[test]
fn one_interrupt_pauses_and_the_next_work_goes_on() {
    let repo = with_agent(&format!("echo draft > draft.txt\n{PATIENT}{HONEST}"));
    let mut child = working(&repo);
    signal(child.id(), "-INT");
    assert_eq!(ended(&mut child).code(), Some(130), "{}", said(&repo));
    assert!(
        said(&repo).contains("chant work"),
        "the way on is named: {}",
        said(&repo)
    );
    assert_eq!(state(&repo), "paused");
    let folder = worktree(&repo).expect("the worktree is kept");
    assert_eq!(
        std::fs::read_to_string(folder.join("draft.txt")).unwrap(),
        "draft\n"
    );
    assert!(tree_of(&repo).is_empty());
    go(&repo);
    work(&repo).ok();
    assert_landed_once(&repo);
    assert_eq!(repo.file("draft.txt"), "draft\n");
}

#[test]
fn a_second_interrupt_ends_an_agent_that_ignores_the_first() {
    let stubborn = "trap '' INT TERM HUP\nsetsid sh -c 'trap \"\" INT TERM HUP; touch \"$HOME/second\"; while :; do sleep 0.05; done' &\nwhile [ ! -e \"$HOME/second\" ]; do sleep 0.02; done\n";
    let repo = with_agent(&format!("{stubborn}{PATIENT}{HONEST}"));
    let mut child = working(&repo);
    assert!(
        !tree_of(&repo).is_empty(),
        "the search finds a tree that is there"
    );
    // Two signals in one instant are one to the kernel, so it is told again until it has heard the second.
    eventually("chant to end", || {
        let ended = child.try_wait().unwrap().is_some();
        if !ended {
            signal(child.id(), "-INT");
        }
        ended
    });
    assert_eq!(ended(&mut child).code(), Some(130), "{}", said(&repo));
    assert_eq!(state(&repo), "paused");
    eventually("every process of the run to be gone", || {
        tree_of(&repo).is_empty()
    });
    set_agent(&repo, HONEST);
    work(&repo).ok();
    assert_landed_once(&repo);
}

#[test]
fn when_chant_is_killed_its_agents_end_by_themselves() {
    let repo = with_agent(&format!(
        "setsid sh -c 'while :; do sleep 0.05; done' &\necho draft > draft.txt\n{PATIENT}{HONEST}"
    ));
    let mut child = working(&repo);
    signal(child.id(), "-KILL");
    assert_eq!(ended(&mut child).code(), None);
    eventually("the guard to end the tree", || tree_of(&repo).is_empty());
    go(&repo);
    work(&repo).ok();
    assert_landed_once(&repo);
}

#[test]
fn when_the_guard_is_killed_the_run_fails_and_leaves_nothing_running() {
    let repo = with_agent(&format!(
        "setsid sh -c 'while :; do sleep 0.05; done' &\n{PATIENT}{HONEST}"
    ));
    let mut child = working(&repo);
    signal(guard_of(child.id()), "-KILL");
    let code = ended(&mut child).code();
    assert_eq!(code, Some(1), "{}", said(&repo));
    eventually("every process of the run to be gone", || {
        tree_of(&repo).is_empty()
    });
    go(&repo);
    work(&repo).ok();
    assert_landed_once(&repo);
}

#[test]
fn when_both_are_killed_the_next_command_ends_the_tree() {
    let repo = with_agent(&format!(
        "setsid sh -c 'while :; do sleep 0.05; done' &\n{PATIENT}{HONEST}"
    ));
    let mut child = working(&repo);
    let guard = guard_of(child.id());
    signal(child.id(), "-STOP");
    signal(guard, "-KILL");
    signal(child.id(), "-KILL");
    ended(&mut child);
    set_agent(&repo, HONEST);
    work(&repo).ok();
    eventually("every process of the run to be gone", || {
        tree_of(&repo).is_empty()
    });
    assert_landed_once(&repo);
}

/// Adds limits to this machine's settings.
fn limit(repo: &TestRepo, limits: &str) {
    let text = repo.file(".chant/agents.md");
    repo.write(
        ".chant/agents.md",
        &text.replacen("---\n", &format!("---\nlimits: {{{limits}}}\n"), 1),
    );
}

#[test]
fn an_agent_that_says_nothing_is_ended_at_the_idle_limit() {
    let repo = with_agent(PATIENT);
    limit(&repo, "idle: 300ms");
    let output = work(&repo);
    let text = &output.fails(1).stderr;
    assert!(
        text.contains("300ms") || text.contains("0.3 s") || text.contains("no output"),
        "{text}"
    );
    assert_eq!(state(&repo), "failed");
    assert!(tree_of(&repo).is_empty());
    set_agent(&repo, HONEST);
    work(&repo).ok();
    assert_landed_once(&repo);
}

/// Speaks as claude does, and stays when it is done.
fn stays(result: &str) -> TestRepo {
    let script = format!("cat > /dev/null\n{HONEST}\necho '{result}'\nexec sleep 600\n");
    let repo = with_agent(&script);
    let path = repo.home().join("agent.sh");
    let agent = format!(
        "{{name: stays, kind: claude, command: [sh, {}]}}",
        path.display()
    );
    let settings =
        format!("limits: {{idle: 300ms}}\nagents: [{agent}]\ndefaults: {{agent: stays}}");
    repo.write(".chant/agents.md", &format!("---\n{settings}\n---\n"));
    repo
}

#[test]
fn an_agent_that_stays_after_its_result_is_ended_and_its_result_counts() {
    let done =
        r#"{"type":"result","subtype":"success","is_error":false,"result":"done","usage":{}}"#;
    let repo = stays(done);
    let output = work(&repo);
    output.ok();
    assert!(
        output
            .stderr
            .contains("the agent told its result and did not end"),
        "{}",
        output.stderr
    );
    assert_landed_once(&repo);
    assert!(tree_of(&repo).is_empty());

    let failed = r#"{"type":"result","subtype":"success","is_error":true,"result":"no such model","usage":{}}"#;
    let repo = stays(failed);
    let output = work(&repo);
    let text = &output.fails(1).stderr;
    assert!(text.contains("no such model"), "{text}");
    assert!(tree_of(&repo).is_empty());
}

#[test]
fn an_agent_that_talks_for_ever_is_ended_at_the_total_limit() {
    let repo = with_agent("echo kept > kept.txt\nwhile :; do echo still here; sleep 0.05; done\n");
    limit(&repo, "idle: 60s, total: 500ms");
    let output = work(&repo);
    let text = &output.fails(1).stderr;
    assert!(text.contains("the agent was ended"), "{text}");
    assert_eq!(state(&repo), "failed");
    assert!(tree_of(&repo).is_empty());
    assert_eq!(
        repo.git(&["show", "chant/001-greeting:kept.txt"]),
        "kept\n",
        "what it did is kept"
    );
}

#[test]
fn a_worktree_that_was_deleted_by_hand() {
    let repo = with_agent(HONEST);
    repo.write("greeting.txt", "mine\n");
    work(&repo).fails(4);
    std::fs::remove_dir_all(repo.worktrees()).unwrap();
    std::fs::remove_file(repo.path().join("greeting.txt")).unwrap();
    work(&repo).ok();
    assert_landed_once(&repo);
}

#[test]
fn a_paused_runs_worktree_that_was_deleted_by_hand() {
    let repo = with_agent(HONEST);
    let killed = repo.chant_with(|command| {
        command
            .args(["work", ID])
            .env("CHANT_CRASH_AT", "agent:before");
    });
    assert_eq!(killed.code, None);
    std::fs::remove_dir_all(repo.worktrees()).unwrap();
    work(&repo).ok();
    assert_landed_once(&repo);
}
