//! Recording real commits and playing them again.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use chant_agent::{
    AgentConfig, AgentEvent, AgentKind, End, Outcome,
    recording::{RecordedAgent, RecordedPath, RecordedSpec, Recorder, Recording, RecordingError},
};
use chant_os::process::Cmd;

use crate::scratch::{PATIENT, Scratch, helper};

const SPEC_FILE: &str = ".chant/specs/001-x.md";
const SPEC: &str =
    "---\nstatus: pending\n---\n\n# X\n\n## Acceptance Criteria\n\n- [ ] one\n- [ ] two\n";

/// What the recorded agent does: two commits of every kind of change, and a rest that it leaves lying around.
const WORK: &str = r"
mkdir -p sub && printf 'new\n' > 'sub/a file' && printf '\377\000' > bytes && chmod +x tool && ln -s keep link
rm gone && printf 'two\n' > change && sed -i 's/\[ \] one/[x] one/' .chant/specs/001-x.md
git add -A && git commit -qm 'first

with a body'
printf 'three\n' > change && mkdir -p .chant/research && echo found > .chant/research/x.md
git add -A && git commit -qm second
sed -i 's/\[ \] two/[x] two/' .chant/specs/001-x.md && printf '\n## Note\nhi\n' >> .chant/specs/001-x.md
echo rest > left && rm tool";

fn sh(folder: &Path, script: &str) -> String {
    let mut command = Cmd::new("sh")
        .args(["-ec", script])
        .current_dir(folder)
        .env_clear();
    command = command
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", folder.parent().unwrap());
    for role in ["AUTHOR", "COMMITTER"] {
        command = command
            .env(format!("GIT_{role}_NAME"), "Test")
            .env(format!("GIT_{role}_EMAIL"), "test@localhost");
    }
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}: {stderr}");
    String::from_utf8(output.stdout)
        .unwrap()
        .trim_end()
        .to_owned()
}

/// A scratch folder whose worktree is a repository with one commit, made from `spec`.
fn repository(spec: &str) -> Scratch {
    let mut scratch = Scratch::new();
    let worktree = scratch.worktree();
    sh(
        &worktree,
        "git init -q -b main; echo gone > gone; echo one > change; echo keep > keep; echo '#!' > tool",
    );
    sh(
        &worktree,
        "git config user.name Test; git config user.email test@localhost; mkdir -p .chant/specs",
    );
    fs::write(worktree.join(SPEC_FILE), spec).unwrap();
    sh(&worktree, "git add -A; git commit -qm base");
    let env = [
        ("CHANT_SPEC_FILE", SPEC_FILE.to_owned()),
        ("CHANT_WORKTREE", worktree.display().to_string()),
        ("CHANT_REPLAY_SPEED", "0".to_owned()),
    ];
    scratch
        .env
        .extend(env.map(|(key, value)| (key.to_owned(), value)));
    scratch
}

fn recorder() -> Recorder {
    let spec = RecordedSpec {
        id: "001-x".into(),
        file: RecordedPath::new(SPEC_FILE).unwrap(),
        text: SPEC.into(),
    };
    let agent = RecordedAgent {
        name: "main".into(),
        kind: "claude".into(),
        version: Some("2".into()),
        model: None,
    };
    Recorder::start(spec, agent)
}

/// Does `work` in the worktree and records it.
fn record(scratch: &Scratch, work: &str) -> Result<Recording, RecordingError> {
    let worktree = scratch.worktree();
    let base = sh(&worktree, "git rev-parse HEAD");
    let mut recorder = recorder();
    recorder.event(&AgentEvent::Model { name: "m-1".into() });
    recorder.event(&AgentEvent::Text {
        text: "I will".into(),
    });
    recorder.event(&AgentEvent::End {
        ok: true,
        reason: "finished".into(),
    });
    sh(&worktree, work);
    let status = sh(&worktree, "git status --porcelain");
    let recording = recorder.finish(&worktree, &base, "HEAD");
    assert_eq!(
        sh(&worktree, "git status --porcelain"),
        status,
        "recording changes nothing"
    );
    recording
}

/// Plays a recording as an agent.
fn play(scratch: &mut Scratch, recording: &Recording) -> Outcome {
    let file = scratch.path("recording.jsonl");
    recording.write(&file).unwrap();
    let config = AgentConfig {
        recording: Some(file),
        ..AgentConfig::new("demo", AgentKind::Replay)
    };
    scratch
        .agent(&config, &helper(), &PATIENT, |_, _| {})
        .unwrap()
}

fn tree(scratch: &Scratch) -> String {
    sh(
        &scratch.worktree(),
        "git log --format=%B%T; git status --porcelain; cat .chant/specs/001-x.md; cat left || true",
    )
}

#[test]
fn a_replay_makes_the_same_commits_and_leaves_the_same_rest() {
    let original = repository(SPEC);
    let recording = record(&original, WORK).unwrap();
    assert_eq!(recording.header.agent.model.as_deref(), Some("m-1"));
    assert_eq!(recording.header.base.files, 4);

    let mut copy = repository(SPEC);
    let outcome = play(&mut copy, &recording);
    assert_eq!(outcome.end, End::Finished, "{:?}", copy.events);
    assert_eq!(outcome.model.as_deref(), Some("m-1"));
    assert_eq!(copy.texts(), ["I will"]);
    assert_eq!(tree(&copy), tree(&original));
    assert!(!copy.worktree().join("tool").exists());
    assert_eq!(
        fs::read_link(copy.worktree().join("link")).unwrap(),
        Path::new("keep")
    );
    assert_eq!(fs::read(copy.worktree().join("bytes")).unwrap(), b"\xff\0");
}

#[test]
fn another_frontmatter_is_no_other_base() {
    let recording = record(&repository(SPEC), WORK).unwrap();
    let mut copy = repository(&SPEC.replace("pending", "pending # or so"));
    assert_eq!(
        play(&mut copy, &recording).end,
        End::Finished,
        "{:?}",
        copy.events
    );
    let spec = fs::read_to_string(copy.worktree().join(SPEC_FILE)).unwrap();
    assert_eq!(
        spec,
        SPEC.replace("pending", "pending # or so")
            .replace("[ ]", "[x]")
            + "\n## Note\nhi\n"
    );
}

#[test]
fn chants_own_records_are_no_other_base() {
    let recording = record(&repository(SPEC), WORK).unwrap();
    let mut copy = repository(SPEC);
    sh(
        &copy.worktree(),
        "echo x > .chant/config.md; git add -A; git commit -qm chant",
    );
    assert_eq!(
        play(&mut copy, &recording).end,
        End::Finished,
        "{:?}",
        copy.events
    );
}

#[test]
fn another_base_is_refused_in_one_sentence_and_nothing_is_changed() {
    let recording = record(&repository(SPEC), WORK).unwrap();
    for (difference, sentence) in [
        ("echo 2 > change", "`change` has other content here"),
        ("git rm -q gone", "`gone` is not here"),
        (
            "mkdir .chant/research; echo x > .chant/research/x.md",
            "`.chant/research/x.md` is already here",
        ),
        (
            "echo more > keep",
            "files that it does not change have other content here",
        ),
        (
            "echo more > more",
            "it starts from 4 files, and there are 5 here",
        ),
    ] {
        let mut copy = repository(SPEC);
        sh(
            &copy.worktree(),
            &format!("{difference}; git add -A; git commit -qm other"),
        );
        let before = sh(
            &copy.worktree(),
            "git rev-parse HEAD; git status --porcelain",
        );
        let outcome = play(&mut copy, &recording);
        let reason = format!("this recording was made on another base: {sentence}");
        assert_eq!(outcome.end, End::Failed { reason });
        assert_eq!(outcome.exit, chant_os::tree::Exit::Code(1));
        assert_eq!(
            sh(
                &copy.worktree(),
                "git rev-parse HEAD; git status --porcelain"
            ),
            before
        );
    }
}

#[test]
fn what_git_ignores_is_written_but_not_committed() {
    let recording = record(&repository(SPEC), WORK).unwrap();
    let mut copy = repository(SPEC);
    let silent =
        "git rm -rq --cached .chant; git commit -qm silent; echo .chant/ >> .git/info/exclude";
    sh(&copy.worktree(), silent);
    assert_eq!(
        play(&mut copy, &recording).end,
        End::Finished,
        "{:?}",
        copy.events
    );
    assert_eq!(
        sh(&copy.worktree(), "git ls-files .chant; git log --format=%s"),
        "second\nfirst\nsilent\nbase"
    );
    assert_eq!(
        fs::read_to_string(copy.worktree().join(".chant/research/x.md")).unwrap(),
        "found\n"
    );
    assert!(
        fs::read_to_string(copy.worktree().join(SPEC_FILE))
            .unwrap()
            .contains("- [x] two")
    );
}

#[test]
fn a_failing_hook_and_a_missing_key_do_not_stop_a_replay() {
    let recording = record(&repository(SPEC), WORK).unwrap();
    let mut copy = repository(SPEC);
    let hook = copy.worktree().join(".git/hooks/pre-commit");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, "#!/bin/sh\nexit 1\n").unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    sh(
        &copy.worktree(),
        "git config commit.gpgsign true; git config user.signingkey nobody",
    );
    assert_eq!(
        play(&mut copy, &recording).end,
        End::Finished,
        "{:?}",
        copy.events
    );
}

#[test]
fn a_recorded_failure_fails_again() {
    let mut recorder = recorder();
    recorder.event(&AgentEvent::End {
        ok: false,
        reason: "max turns".into(),
    });
    let mut scratch = repository(SPEC);
    let recording = recorder
        .finish(&scratch.worktree(), "HEAD", "HEAD")
        .unwrap();
    assert_eq!(
        play(&mut scratch, &recording).end,
        End::Failed {
            reason: "max turns".into()
        }
    );
}

#[test]
fn a_merge_is_recorded_as_one_change() {
    let work = "git checkout -qb side; echo s > side; git add -A; git commit -qm side; git checkout -q main
        echo m > mine; git add -A; git commit -qm mine; git merge -q --no-edit side";
    let original = repository(SPEC);
    let recording = record(&original, work).unwrap();
    let mut copy = repository(SPEC);
    assert_eq!(
        play(&mut copy, &recording).end,
        End::Finished,
        "{:?}",
        copy.events
    );
    let tree = "git rev-parse 'HEAD^{tree}'";
    assert_eq!(sh(&copy.worktree(), tree), sh(&original.worktree(), tree));
}

#[test]
fn what_no_recording_can_hold_is_refused() {
    for (work, reason) in [
        (
            "echo x > x; git add -A; git commit -q --amend -m new",
            "the agent rewrote history",
        ),
        (
            "sed -i s/pending/completed/ .chant/specs/001-x.md",
            "other than by ticking",
        ),
        (
            "git rm -q .chant/specs/001-x.md; git commit -qm gone",
            "the agent deleted its spec",
        ),
        (
            "git init -q m; git -C m commit -q --allow-empty -m m; git add m; git commit -qm sub",
            "is a submodule",
        ),
    ] {
        let message = record(&repository(SPEC), work).unwrap_err().to_string();
        assert!(
            message.contains("cannot be recorded") && message.contains(reason),
            "{message}"
        );
    }
}

#[test]
fn a_recording_that_is_no_recording_is_a_failure_with_a_reason() {
    let mut scratch = repository(SPEC);
    let file = scratch.path("recording.jsonl");
    fs::write(&file, "{\"half").unwrap();
    let config = AgentConfig {
        recording: Some(file),
        ..AgentConfig::new("demo", AgentKind::Replay)
    };
    let outcome = scratch
        .agent(&config, &helper(), &PATIENT, |_, _| {})
        .unwrap();
    assert!(
        outcome
            .end
            .to_string()
            .starts_with("line 1 of the recording is not valid"),
        "{}",
        outcome.end
    );
}
