//! chant is killed while a proof is under way, or is asked to stop; the next command goes on from there.

use std::process::Stdio;
use std::time::{Duration, Instant};

use chant_testkit::chant_bin;

use super::store::*;

/// Long enough for a loaded machine; no test waits for it when all is well.
const PATIENCE: Duration = Duration::from_mins(1);

#[track_caller]
fn eventually(mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn killed_at_any_point_of_a_proof() {
    for point in [
        "provision:before",
        "place:held",
        "provision:after",
        "verify:before",
        "verify:after",
        "land:committed",
    ] {
        let repo = reproduced(MEND);
        let killed = repo.chant_with(|command| {
            command.args(["work", FIX]).env("CHANT_CRASH_AT", point);
        });
        assert_eq!(killed.code, None, "killed at {point}: {}", killed.stderr);
        repo.chant(&["work", FIX]).ok();
        let proof = shown(&repo, FIX)["proof"].take();
        assert_eq!(proof["verdict"], "proven", "{point}: {proof}");
        assert_eq!(rows(&proof).len(), 4, "{point}");
        assert_eq!(
            repo.git(&["worktree", "list"])
                .lines()
                .filter(|line| !line.contains(".checks"))
                .count(),
            1,
            "{point}"
        );
    }
}

#[test]
fn the_main_branch_moves_while_the_proof_is_under_way() {
    let repo = reproduced(MEND);
    // Only on the result does the suite pass; while it runs there, somebody commits.
    let moved = repo.home().join("moved");
    let command = format!(
        "test -e {moved} || (touch {moved} && cd {root} && echo more > notes.txt && git add notes.txt && git commit -q -m more)",
        moved = moved.display(),
        root = repo.path().display()
    );
    let config = repo.file(".chant/config.md").replace(
        "checks: [",
        &format!("checks: [{}, ", serde_json::Value::from(command)),
    );
    repo.write(".chant/config.md", &config);
    repo.commit("a suite with a side effect");
    repo.chant(&["trust"]).ok();
    let output = repo.chant(&["work", FIX]);
    assert!(
        output.ok().stderr.contains("main moved meanwhile"),
        "{}",
        output.stderr
    );
    let proof = shown(&repo, FIX)["proof"].take();
    let onto = repo.git(&["log", "-1", "--format=%H", "--grep=^more$", "main"]);
    assert_eq!(
        proof["base"],
        onto.trim(),
        "proven again on what main is now"
    );
}

#[test]
fn asked_to_stop_while_the_test_runs() {
    let repo = store();
    let spec = format!(".chant/specs/{REPRODUCTION}.md");
    let (begun, go) = (repo.home().join("begun"), repo.home().join("go"));
    let wait = format!(
        "run: touch {}; while [ ! -e {} ]; do sleep 0.02; done; python3",
        begun.display(),
        go.display()
    );
    repo.write(&spec, &repo.file(&spec).replace("run: python3", &wait));
    let mut child = repo
        .command(chant_bin())
        .args(["work", REPRODUCTION])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    eventually(|| begun.exists());
    let asked = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(asked.unwrap().success());
    let mut status = None;
    eventually(|| {
        status = child.try_wait().unwrap();
        status.is_some()
    });
    assert_eq!(status.and_then(|status| status.code()), Some(130));
    assert_eq!(shown(&repo, REPRODUCTION)["status"], "paused");
    std::fs::write(go, "").unwrap();
    std::fs::remove_file(repo.home().join(format!("agent-ran-{REPRODUCTION}"))).unwrap();
    repo.chant(&["work", REPRODUCTION]).ok();
    assert_eq!(shown(&repo, REPRODUCTION)["outcome"], "reproduced");
    let again = repo.home().join(format!("agent-ran-{REPRODUCTION}"));
    assert!(!again.exists(), "the agent's work was not paid for twice");
}
