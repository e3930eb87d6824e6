//! The dispatcher, with scripts as agents.

use std::{fs, path::Path, time::Duration};

use chant_agent::{AgentEvent, Control, End, Limits, PromptMode, Usage, Which};
use chant_os::tree::Exit;

use crate::scratch::{PATIENT, Scratch, shell_agent};

const SOON: Duration = Duration::from_millis(200);

fn failed(reason: &str) -> End {
    End::Failed {
        reason: reason.into(),
    }
}

#[test]
fn text_and_errors_are_events_and_the_exit_code_decides() {
    let mut scratch = Scratch::new();
    let outcome = scratch.script("cat; echo to-stderr >&2; pwd");
    assert_eq!(outcome.end, End::Finished);
    assert_eq!(outcome.exit, Exit::Code(0));
    let worktree = scratch.worktree().canonicalize().unwrap();
    assert_eq!(scratch.texts(), ["do it", worktree.to_str().unwrap()]);
    assert!(scratch.events.contains(&AgentEvent::Stderr {
        text: "to-stderr".into()
    }));
    let transcript = fs::read_to_string(scratch.path("transcript")).unwrap();
    assert!(
        transcript.contains("do it\n") && transcript.contains("stderr: to-stderr\n"),
        "{transcript}"
    );

    let outcome = Scratch::new().script("echo first >&2; echo last words >&2; echo >&2; exit 3");
    assert_eq!(outcome.end, failed("the agent exited with 3: last words"));
}

#[test]
fn the_prompt_comes_as_configured_and_always_as_a_file() {
    for (prompt, expect) in [
        (PromptMode::Stdin, "0::do it"),
        (PromptMode::File, "1:PROMPT:"),
        (PromptMode::Argument, "1:do it:"),
    ] {
        let mut scratch = Scratch::new();
        let script = "printf '%s:%s:%s' \"$#\" \"$1\" \"$(cat)\" | tr '\\n' ' '; echo; cat \"$CHANT_PROMPT_FILE\"";
        let config = chant_agent::AgentConfig {
            prompt,
            ..shell_agent(script)
        };
        scratch
            .agent(&config, Path::new("/bin/sh"), &PATIENT, |_, _| {})
            .unwrap();
        let file = scratch.path("prompt.md").display().to_string();
        let texts = scratch
            .texts()
            .join("|")
            .replace(&file, "PROMPT")
            .replace(" :", ":");
        assert_eq!(texts, format!("{expect}|do it"));
    }
}

#[test]
fn json_lines_add_up_to_the_outcome() {
    let mut scratch = Scratch::new();
    let outcome = scratch.script(
        r#"cat <<'END'
{"kind":"session","id":"s-1"}
{"kind":"model","name":"m-1"}
{"kind":"usage","input":1,"output":2}
{"kind":"usage","input":3,"output":4,"cache_read":5}
{"kind":"cost","usd":0.5}
{"kind":"text","text":"the answer"}
{"kind":"end","ok":false,"reason":"could not"}
END"#,
    );
    assert_eq!(outcome.end, failed("could not"));
    assert_eq!(outcome.session.as_deref(), Some("s-1"));
    assert_eq!(outcome.model.as_deref(), Some("m-1"));
    assert_eq!(
        outcome.usage,
        Usage {
            input: 3,
            output: 4,
            cache_read: 5,
            cache_write: 0
        }
    );
    assert_eq!(outcome.cost_usd, Some(0.5));
    assert_eq!(outcome.last_text.as_deref(), Some("the answer"));
}

#[test]
fn an_agent_that_kills_itself_is_killed() {
    let outcome = Scratch::new().script("kill -KILL $$");
    assert_eq!(
        outcome.end,
        End::Killed {
            reason: "the agent was killed by SIGKILL".into()
        }
    );
}

#[test]
fn a_program_that_cannot_start_is_a_failure_and_no_panic() {
    let mut scratch = Scratch::new();
    let config = shell_agent("true");
    let outcome = scratch
        .agent(&config, Path::new("/nowhere/agent"), &PATIENT, |_, _| {})
        .unwrap();
    assert!(matches!(outcome.exit, Exit::NotStarted(_)), "{outcome:?}");
    assert!(
        outcome
            .end
            .to_string()
            .starts_with("the agent could not be started"),
        "{}",
        outcome.end
    );
}

#[test]
fn silence_ends_at_the_idle_limit_and_output_puts_it_off() {
    let limits = Limits {
        idle: SOON,
        grace: SOON,
        ..PATIENT
    };
    let mut scratch = Scratch::new();
    let outcome = scratch.limited("echo started; sleep 300", &limits, |_, _| {});
    assert_eq!(
        outcome.end,
        End::TimedOut {
            which: Which::Idle,
            after: SOON
        }
    );
    assert_eq!(scratch.texts(), ["started"]);

    let busy = "i=0; while [ $i -lt 60 ]; do echo $i; sleep 0.01; i=$((i + 1)); done";
    let limits = Limits {
        idle: SOON * 10,
        ..limits
    };
    assert_eq!(
        Scratch::new().limited(busy, &limits, |_, _| {}).end,
        End::Finished
    );
}

#[test]
fn an_agent_that_never_stops_talking_ends_at_the_total_limit() {
    let limits = Limits {
        total: SOON,
        grace: SOON,
        ..PATIENT
    };
    let outcome = Scratch::new().limited("while :; do echo x; done", &limits, |_, _| {});
    assert_eq!(
        outcome.end,
        End::TimedOut {
            which: Which::Total,
            after: SOON
        }
    );
}

#[test]
fn a_stop_is_an_interruption_even_if_the_agent_then_ends_well() {
    let polite = "trap 'echo bye; exit 0' INT; echo ready; while :; do sleep 0.01; done";
    let mut scratch = Scratch::new();
    let outcome = scratch.limited(polite, &PATIENT, |event, control| {
        if *event
            == (AgentEvent::Text {
                text: "ready".into(),
            })
        {
            control.send(Control::Stop).unwrap();
        }
    });
    assert_eq!(outcome.end, End::Interrupted);
    assert_eq!(scratch.texts(), ["ready", "bye"]);
}

#[test]
fn a_kill_ends_an_agent_that_will_not_stop() {
    let stubborn = "trap 'echo no' INT; trap '' TERM; echo ready; while :; do sleep 0.01; done";
    let mut scratch = Scratch::new();
    let outcome = scratch.limited(stubborn, &PATIENT, |event, control| match event {
        AgentEvent::Text { text } if text == "ready" => control.send(Control::Stop).unwrap(),
        AgentEvent::Text { text } if text == "no" => control.send(Control::Kill).unwrap(),
        _ => {}
    });
    assert_eq!(
        outcome.end,
        End::Killed {
            reason: "killed at your request".into()
        }
    );
}

#[test]
fn a_stop_that_is_ignored_is_made_good_after_the_grace() {
    let stubborn = "trap '' INT TERM; echo ready; while :; do sleep 0.01; done";
    let limits = Limits {
        grace: SOON,
        ..PATIENT
    };
    let outcome = Scratch::new().limited(stubborn, &limits, |event, control| {
        if matches!(event, AgentEvent::Text { .. }) {
            control.send(Control::Stop).unwrap();
        }
    });
    assert_eq!(outcome.end, End::Interrupted);
}

#[test]
fn a_flood_is_read_whole_in_bounded_memory() {
    const LINE: u64 = 64;
    const BYTES: u64 = 100 * 1024 * 1024;
    let flood = format!("yes {} | head -c {BYTES}", "x".repeat(63));
    let mut seen = 0;
    let outcome = Scratch::new().limited(&flood, &PATIENT, |event, _| {
        if let AgentEvent::Text { text } = event {
            assert_eq!(text.len() as u64 + 1, LINE);
            seen += 1;
        }
    });
    assert_eq!(outcome.end, End::Finished);
    assert_eq!(seen, BYTES / LINE);
    if let Some(peak) = peak_memory() {
        assert!(peak < 200 * 1024 * 1024, "{peak} bytes of memory were used");
    }
}

/// The most memory this process has had, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace()
        .nth(1)?
        .parse::<u64>()
        .ok()
        .map(|kib| kib * 1024)
}

#[test]
fn the_transcript_of_a_flood_is_capped() {
    let mut scratch = Scratch::new();
    scratch.script("yes 0123456789abcdef0123456789abcdef | head -c 80000000");
    let size = fs::metadata(scratch.path("transcript")).unwrap().len();
    assert!(size > 60 * 1024 * 1024 && size < 65 * 1024 * 1024, "{size}");
}

#[test]
fn one_endless_line_and_bytes_that_are_no_text_do_no_harm() {
    let mut scratch = Scratch::new();
    let outcome =
        scratch.script("head -c 5000000 /dev/zero | tr '\\0' x; echo; printf 'a\\377\\303'");
    assert_eq!(outcome.end, End::Finished);
    let texts = scratch.texts();
    assert_eq!(texts.len(), 2);
    assert!(texts[0].len() <= 64 * 1024 && texts[0].ends_with('…'));
    assert_eq!(texts[1], "a\u{fffd}\u{fffd}");
}

#[test]
fn a_tool_that_outlives_the_agent_and_holds_its_output_is_ended() {
    let mut scratch = Scratch::new();
    let outcome = scratch.script("setsid sh -c 'echo held; sleep 300' & sleep 0.1; echo done");
    assert_eq!(outcome.end, End::Finished);
}

#[test]
fn values_that_look_like_options_never_reach_an_agent() {
    let mut scratch = Scratch::new();
    for model in ["--yes", "", "a b", "a\nb"] {
        let mut config = chant_agent::AgentConfig::new("main", chant_agent::AgentKind::Claude);
        config.model = Some(model.into());
        let error = scratch
            .agent(&config, Path::new("/bin/true"), &PATIENT, |_, _| {})
            .unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("the model cannot be given to agent `main`"),
            "{error}"
        );
    }
    assert!(!scratch.path("transcript").exists(), "nothing was started");
}

#[test]
fn claude_is_called_as_measured_and_its_result_is_the_runs() {
    let fixture = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/claude/success.jsonl"
    );
    let mut scratch = Scratch::new();
    let script = format!("echo \"$*\" > ../args; cat > ../stdin; cat '{fixture}'");
    let mut config = shell_agent(&script);
    config.kind = chant_agent::AgentKind::Claude;
    config.model = Some("sonnet".into());
    let outcome = scratch
        .agent(&config, Path::new("/bin/sh"), &PATIENT, |_, _| {})
        .unwrap();
    assert_eq!(outcome.end, End::Finished);
    assert_eq!(outcome.session.as_deref(), Some("5e55-10"));
    assert_eq!(outcome.last_text.as_deref(), Some("All done."));
    assert_eq!(outcome.cost_usd, Some(0.25));
    assert_eq!(
        fs::read_to_string(scratch.path("stdin")).unwrap(),
        "do it\n"
    );
    let args =
        "-p --output-format stream-json --verbose --model sonnet --permission-mode acceptEdits\n";
    assert_eq!(fs::read_to_string(scratch.path("args")).unwrap(), args);
}

#[test]
fn a_claude_that_refuses_root_is_explained() {
    let mut scratch = Scratch::new();
    let mut config = shell_agent(
        "echo '--dangerously-skip-permissions cannot be used with root/sudo' >&2; exit 1",
    );
    config.kind = chant_agent::AgentKind::Claude;
    config.bypass_permissions = true;
    let outcome = scratch
        .agent(&config, Path::new("/bin/sh"), &PATIENT, |_, _| {})
        .unwrap();
    assert!(
        outcome.end.to_string().contains("IS_SANDBOX=1"),
        "{}",
        outcome.end
    );
}
