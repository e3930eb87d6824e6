//! Running a command, with an end to its time and to its output.

use std::time::Duration;

use chant_os::process::{Cmd, Ended, Ends};
use serde::Deserialize;
use serde_json::json;

use super::{Place, Ran, Running, object};
use crate::model::Offer;

pub(super) const NAME: &str = "shell";

/// How long a command may take where the model says nothing, and at most, in seconds.
const TIME: u64 = 120;
const MOST_TIME: u64 = 1800;

/// How much of a long output is kept at each of its ends, in bytes.
const KEEP: usize = 12 * 1024;

#[derive(Deserialize)]
pub(super) struct CommandInput {
    command: String,
    #[serde(default)]
    timeout_seconds: Option<u64>,
}

pub(super) fn offer() -> Offer {
    Offer {
        name: NAME,
        says: "Run a command with sh in the worktree and get its output. Nothing can be typed into it. Each call is a shell of its own: folders and variables are not carried over.",
        input: object(
            json!({
                "command": {"type": "string", "description": "The command."},
                "timeout_seconds": {"type": "integer", "description": "After how many seconds it is ended; 120 where not given, at most 1800."},
            }),
            &["command"],
        ),
    }
}

pub(super) fn run(
    input: &CommandInput,
    place: &Place,
    key_env: &str,
    running: &mut Running<'_>,
) -> Ran {
    let seconds = input.timeout_seconds.unwrap_or(TIME).clamp(1, MOST_TIME);
    let command = Cmd::new("sh")
        .arg("-c")
        .arg(&input.command)
        .current_dir(place.base())
        .env_remove(key_env);
    let ends = command.output_ends(KEEP, Duration::from_secs(seconds), || {
        (running.lives)();
        running.stop.is_wanted()
    });
    match ends {
        Ok(ends) => told(&ends, seconds),
        Err(error) => Ran::badly(error.to_string()),
    }
}

fn told(ends: &Ends, seconds: u64) -> Ran {
    let mut text = output(ends);
    let (ok, last) = match ends.ended {
        Ended::Exited(status) if status.success() => (true, None),
        Ended::Exited(status) => (false, Some(format!("[{status}]"))),
        Ended::TimedOut => (
            false,
            Some(format!(
                "[ended, because it took longer than {seconds} seconds]"
            )),
        ),
        Ended::Stopped => (
            false,
            Some("[ended, because the agent was stopped]".to_owned()),
        ),
    };
    if let Some(last) = last {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&last);
    } else if text.is_empty() {
        text.push_str("[no output]");
    }
    Ran {
        ok,
        text,
        ..Ran::default()
    }
}

fn output(ends: &Ends) -> String {
    let head = String::from_utf8_lossy(&ends.head);
    let tail = String::from_utf8_lossy(&ends.tail);
    if ends.left_out == 0 {
        return format!("{head}{tail}");
    }
    format!(
        "{head}\n[{} bytes were left out here]\n{tail}",
        ends.left_out
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::{run, toolbox};
    use serde_json::json;

    #[test]
    fn a_command_runs_in_the_worktree_and_its_exit_is_told() {
        let (folder, tools) = toolbox();
        let ran = run(
            &tools,
            "shell",
            json!({"command": "pwd; echo hi > made; exit 4"}),
        );
        assert!(!ran.ok);
        assert!(ran.text.ends_with("[exit status: 4]"), "{}", ran.text);
        assert!(folder.path().join("made").is_file());
        let quiet = run(&tools, "shell", json!({"command": "true"}));
        assert!(quiet.ok);
        assert_eq!(quiet.text, "[no output]");
    }

    #[test]
    fn a_long_output_keeps_its_ends() {
        let (_folder, tools) = toolbox();
        let ran = run(&tools, "shell", json!({"command": "seq 1 100000"}));
        assert!(ran.text.starts_with("1\n2\n"));
        assert!(ran.text.ends_with("99999\n100000\n"));
        assert!(
            ran.text.contains("[564319 bytes were left out here]"),
            "{}",
            &ran.text[12_200..12_400]
        );
    }

    #[test]
    fn a_command_that_takes_too_long_is_ended() {
        let (_folder, tools) = toolbox();
        let ran = run(
            &tools,
            "shell",
            json!({"command": "echo a; sleep 60", "timeout_seconds": 1}),
        );
        assert!(!ran.ok);
        assert_eq!(
            ran.text,
            "a\n[ended, because it took longer than 1 seconds]"
        );
    }
}
