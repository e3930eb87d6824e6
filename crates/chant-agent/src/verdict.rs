//! What a run was, from why it was ended, what the agent said and how its process ended. Pure.

use std::time::Duration;

use chant_os::tree::Exit;

use crate::{AgentConfig, AgentKind, End, Which, claude, observed::Observed};

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
            reason: "killed at your request".into(),
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
