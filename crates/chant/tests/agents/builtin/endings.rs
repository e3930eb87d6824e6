//! How its runs are ended from outside, and go on.

use std::process::Stdio;

use chant_testkit::family;
use chant_testkit::patience::ended;
use rustix::process::Signal;
use serde_json::{Value, json};

use super::*;

/// A tool that has begun, and will not end by itself.
fn endless() -> Value {
    json!({ "sh": "sleep 600 & echo begun > begun; sleep 600" })
}

#[track_caller]
fn wait_for_tool(scene: &Scene) {
    // Its worktree is made by then, so git can be asked for it.
    scene.model.wait_for(1);
    eventually("the tool to begin", || {
        scene
            .worktree()
            .is_some_and(|worktree| worktree.join("begun").exists())
    });
    scene.wait_for_its_session();
}

#[test]
fn after_a_sigkill_the_conversation_goes_on() {
    let script = json!([
        endless(),
        {"sh": honest(ID), "expect": "The agent was stopped while this ran."},
        {"text": "It is written."},
    ]);
    over_both(|client| {
        let scene = scene(client, &script, "");
        let mut work = scene.begin();
        wait_for_tool(&scene);
        work.kill().unwrap();
        ended(&mut work);
        scene.assert_nothing_lives();
        scene.work().ok();
        scene.assert_landed(&[ID]);
        scene.model.assert_done();
        let session = told(&scene, "session");
        assert_eq!(session.len(), 2, "{session:?}");
        assert_eq!(session[0]["id"], session[1]["id"]);
    });
}

#[test]
fn a_paused_run_goes_on_in_the_same_conversation() {
    let script = json!([
        endless(),
        {"sh": honest(ID), "expect": "You were stopped in the middle"},
        {"text": "It is written."},
    ]);
    over_both(|client| {
        let scene = scene(client, &script, "");
        let mut work = scene.begin();
        wait_for_tool(&scene);
        scene.repo.chant(&["pause", ID]).ok();
        ended(&mut work);
        assert_eq!(scene.state(), "paused");
        scene.assert_nothing_lives();
        let stopped = texts(&scene, "tool_result", "text");
        assert!(
            stopped.contains("because the agent was stopped"),
            "{stopped}"
        );
        scene.work().ok();
        scene.assert_landed(&[ID]);
        scene.model.assert_done();
    });
}

#[test]
fn stopped_while_a_tool_runs_nothing_is_left() {
    over_both(|client| {
        for signal in [Signal::INT, Signal::TERM, Signal::KILL] {
            let scene = scene(client, &json!([endless()]), "");
            let mut work = scene.begin();
            wait_for_tool(&scene);
            assert!(family::signal(work.id(), signal));
            ended(&mut work);
            scene.assert_nothing_lives();
        }
    });
}

#[test]
fn stopped_while_the_model_is_silent_it_ends_at_once() {
    over_both(|client| {
        let scene = scene(client, &json!([{"text": "well, then", "hang": 100}]), "");
        let mut work = scene.begin();
        scene.model.wait_for(1);
        assert!(family::signal(work.id(), Signal::INT));
        ended(&mut work);
        assert_eq!(scene.state(), "paused");
        scene.assert_nothing_lives();
    });
}

#[test]
fn within_the_sandbox_it_works_and_goes_on_after_a_sigkill() {
    let script = json!([
        endless(),
        {"sh": honest(ID), "expect": "The agent was stopped while this ran."},
        {"text": "It is written."},
    ]);
    over_both(|client| {
        let scene = scene(client, &script, "");
        let mut command = scene.repo.command(chant_testkit::chant_bin());
        command.args(["work", ID]).env_remove("CHANT_SANDBOX");
        let mut work = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        wait_for_tool(&scene);
        work.kill().unwrap();
        ended(&mut work);
        scene.assert_nothing_lives();
        let again = scene.repo.chant_with(|command| {
            command.args(["work", ID]).env_remove("CHANT_SANDBOX");
        });
        again.ok();
        scene.assert_landed(&[ID]);
        scene.model.assert_done();
    });
}
