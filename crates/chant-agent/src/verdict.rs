//! What a run was, from why it was ended, what the agent said and how its process ended. Pure.

use std::time::Duration;

use chant_os::tree::Exit;

use crate::{
    AgentConfig, AgentKind, End, Which, claude, observed::Observed, outcome::KILLED_BY_USER,
};

/// Why the run was ended from our side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// The user asked for it.
    Stop,
    /// The user insisted.
    Kill,
    /// A limit passed.
    Limit(Which, Duration),
}

/// The run's end. What we did comes first: an agent that was stopped may end in any way, and even say that it succeeded.
pub(crate) fn judge(config: &AgentConfig, ours: Option<Why>, seen: &Observed, exit: &Exit) -> End {
    match ours {
        Some(Why::Stop) => End::Interrupted,
        Some(Why::Kill) => End::Killed {
            reason: KILLED_BY_USER.into(),
        },
        Some(Why::Limit(which, after)) => End::TimedOut { which, after },
        None => by_itself(config, seen, exit),
    }
}

fn by_itself(config: &AgentConfig, seen: &Observed, exit: &Exit) -> End {
    match exit {
        Exit::Code(code) => exited(config, seen, *code),
        Exit::Signal(signal) => End::Killed {
            reason: format!("the agent was killed by {}", signal_name(*signal)),
        },
        Exit::Lost => End::Killed {
            reason: "the agent's guard process was killed, and the agent with it".into(),
        },
        Exit::NotStarted(why) => End::Failed {
            reason: format!("the agent could not be started: {why}"),
        },
    }
}

fn exited(config: &AgentConfig, seen: &Observed, code: i32) -> End {
    let claude = config.kind == AgentKind::Claude;
    match (&seen.claim, code) {
        (Some((false, reason)), _) => End::Failed {
            reason: reason.clone(),
        },
        (Some((true, _)), 0) => End::Finished,
        (None, 0) if !claude => End::Finished,
        (None, 0) => End::Failed {
            reason: with_last_line("the agent ended without a result", seen),
        },
        (None, code) if claude => {
            let known = claude::end_without_result(
                code,
                config.bypass_permissions,
                seen.last_stderr.as_deref(),
            );
            known.unwrap_or_else(|| failed_with(code, seen))
        }
        (_, code) => failed_with(code, seen),
    }
}

fn failed_with(code: i32, seen: &Observed) -> End {
    End::Failed {
        reason: with_last_line(&format!("the agent exited with {code}"), seen),
    }
}

fn with_last_line(what: &str, seen: &Observed) -> String {
    match &seen.last_stderr {
        Some(line) => format!("{what}: {line}"),
        None => what.to_owned(),
    }
}

fn signal_name(signal: i32) -> String {
    let name = match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        6 => "SIGABRT",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        15 => "SIGTERM",
        _ => return format!("signal {signal}"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AgentEvent;

    fn check(ours: Option<Why>, events: &[AgentEvent], exit: &Exit, expect: (&str, &str)) {
        let mut seen = Observed::default();
        for event in events {
            seen.note(event);
        }
        let end = judge(
            &AgentConfig::new("mine", AgentKind::Command),
            ours,
            &seen,
            exit,
        );
        assert_eq!((end.word(), end.to_string().as_str()), expect);
    }

    #[test]
    fn a_program_is_judged_by_its_exit() {
        let stderr = [AgentEvent::Stderr {
            text: "boom\n".into(),
        }];
        check(None, &[], &Exit::Code(0), ("finished", "finished"));
        check(
            None,
            &stderr,
            &Exit::Code(3),
            ("failed", "the agent exited with 3: boom"),
        );
        check(
            None,
            &[],
            &Exit::Code(3),
            ("failed", "the agent exited with 3"),
        );
        check(
            None,
            &[],
            &Exit::Signal(9),
            ("killed", "the agent was killed by SIGKILL"),
        );
        check(
            None,
            &[],
            &Exit::Signal(40),
            ("killed", "the agent was killed by signal 40"),
        );
        check(
            None,
            &[],
            &Exit::NotStarted("no".into()),
            ("failed", "the agent could not be started: no"),
        );
        assert_eq!(
            judge(
                &AgentConfig::new("m", AgentKind::Claude),
                None,
                &Observed::default(),
                &Exit::Lost
            )
            .word(),
            "killed"
        );
    }

    #[test]
    fn an_end_that_it_tells_counts_too_but_never_against_the_exit() {
        let end = |ok| {
            [AgentEvent::End {
                ok,
                reason: "said so".into(),
            }]
        };
        check(None, &end(false), &Exit::Code(0), ("failed", "said so"));
        check(None, &end(true), &Exit::Code(0), ("finished", "finished"));
        check(
            None,
            &end(true),
            &Exit::Code(1),
            ("failed", "the agent exited with 1"),
        );
    }

    #[test]
    fn what_we_did_comes_first() {
        let minute = Duration::from_mins(1);
        let idle = Why::Limit(Which::Idle, minute);
        let total = Why::Limit(Which::Total, minute);
        check(
            Some(Why::Stop),
            &[],
            &Exit::Code(0),
            ("interrupted", "stopped at your request"),
        );
        check(
            Some(Why::Kill),
            &[],
            &Exit::Signal(9),
            ("killed", "killed at your request"),
        );
        check(
            Some(idle),
            &[],
            &Exit::Code(0),
            ("timed out", "no output for 1m"),
        );
        check(
            Some(total),
            &[],
            &Exit::Lost,
            ("timed out", "still running after 1m"),
        );
    }
}
