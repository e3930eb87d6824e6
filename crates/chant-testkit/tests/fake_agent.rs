//! The fake agent does what its script says.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::{
    fs,
    io::Read,
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Command, Output, Stdio},
};

use chant_testkit::TestRepo;
use serde_json::{Value, json};

fn agent(repo: &TestRepo, script: &Value) -> Command {
    let path = repo.home().join("script.json");
    fs::write(&path, script.to_string()).unwrap();
    let mut command = repo.command(env!("CARGO_BIN_EXE_fake-agent"));
    command.arg(path);
    command
}

fn run(repo: &TestRepo, script: &Value) -> Output {
    agent(repo, script).output().unwrap()
}

#[test]
fn it_prints_and_ends_as_told() {
    let repo = TestRepo::new();
    let output = run(
        &repo,
        &json!([{"say": "hello"}, {"json": {"type": "x"}}, {"stderr": "oh"}, {"raw": [255, 10]}, {"half": "{\"ty"}, {"exit": 3}, {"say": "never"}]),
    );
    assert_eq!(output.stdout, b"hello\n{\"type\":\"x\"}\n\xff\n{\"ty");
    assert_eq!(output.stderr, b"oh\n");
    assert_eq!(output.status.code(), Some(3));
    let output = run(
        &repo,
        &json!([{"flood": 1_000_003}, {"flood_stderr": 77}, "kill_self"]),
    );
    assert_eq!((output.stdout.len(), output.stderr.len()), (1_000_003, 77));
    assert_eq!(output.status.signal(), Some(9));
}

#[test]
fn it_works_on_files_and_commits() {
    let repo = TestRepo::new();
    repo.write("spec.md", "- [ ] one\n- [ ] two\n- [ ] three\n");
    let script = json!([
        {"write": {"new/file": "text"}}, {"append": {"new/file": " more"}},
        {"edit": {"path": "README.md", "from": "sample", "to": "changed sample"}},
        {"tick": 1}, {"commit": "work"}, {"tick": 1}, {"delete": "new/file"}, {"git": ["tag", "done"]}
    ]);
    let output = agent(&repo, &script)
        .env("CHANT_SPEC_FILE", repo.path().join("spec.md"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(repo.file("spec.md"), "- [x] one\n- [x] two\n- [ ] three\n");
    assert_eq!(repo.git(&["show", "done:new/file"]), "text more");
    assert_eq!(
        repo.git(&["show", "done:spec.md"]),
        "- [x] one\n- [ ] two\n- [ ] three\n"
    );
    assert!(!repo.path().join("new/file").exists());
}

#[test]
fn a_mistake_in_a_script_is_said() {
    let repo = TestRepo::new();
    for script in [
        json!([{"sya": "x"}]),
        json!([{"delete": "missing"}]),
        json!({"say": "x"}),
    ] {
        let output = run(&repo, &script);
        assert_eq!(output.status.code(), Some(70));
        assert!(String::from_utf8_lossy(&output.stderr).starts_with("fake-agent: "));
    }
}

#[test]
fn its_daemon_outlives_it_and_holds_its_output() {
    let repo = TestRepo::new();
    let id_file = repo.home().join("daemon.pid");
    let mut child = agent(&repo, &json!([{"spawn_daemon": id_file}]))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    assert!(child.wait().unwrap().success());
    let id = fs::read_to_string(&id_file).unwrap();
    let process = Path::new("/proc").join(&id);
    if Path::new("/proc/self").exists() {
        assert!(process.exists(), "it lives");
    }
    fs::remove_file(repo.home().join("script.json")).unwrap();
    // Ends when the daemon does, and no sooner.
    child.stdout.unwrap().read_to_end(&mut Vec::new()).unwrap();
}

#[test]
fn it_waits_for_files_and_survives_polite_signals() {
    let repo = TestRepo::new();
    let script =
        json!(["ignore_signals", {"write": {"ready": ""}}, {"wait_for": "go"}, {"say": "went"}]);
    let child = agent(&repo, &script)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    while !repo.path().join("ready").exists() {
        std::thread::yield_now();
    }
    for signal in ["-INT", "-TERM", "-HUP"] {
        let killed = repo
            .command("kill")
            .args([signal, &child.id().to_string()])
            .status();
        assert!(killed.unwrap().success());
    }
    repo.write("go", "");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.stdout, b"went\n", "{:?}", output.status);
}
