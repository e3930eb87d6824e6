//! What a run was, from why it was ended, what the agent said and how its process ended. Pure.

use std::time::Duration;

use chant_os::tree::Exit;

use jiff::Zoned;

use crate::{
    AgentConfig, AgentEvent, AgentKind, End, Which, claude,
    observed::Observed,
    outcome::KILLED_BY_USER,
    refusal::{self, Refusal},
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
    /// It had told its result and did not leave.
    Stays,
}

/// The run's end. What we did comes first: an agent that was stopped may end in any way, and even say that it succeeded.
pub(crate) fn judge(config: &AgentConfig, ours: Option<Why>, seen: &Observed, exit: &Exit) -> End {
    match ours {
        Some(Why::Stop) => End::Interrupted,
        Some(Why::Kill) => End::Killed {
            reason: KILLED_BY_USER.into(),
        },
        Some(Why::Limit(which, after)) => End::TimedOut { which, after },
        // How it left after that says nothing more.
        Some(Why::Stays) => exited(config, seen, 0),
        None => by_itself(config, seen, exit),
    }
}

/// The same end, where the agent's provider refused to go on: that is no failure of the work.
pub(crate) fn refused(end: End, seen: &Observed, now: &Zoned) -> End {
    let told = |reason: &str, until: Option<&str>| End::Limited {
        reason: reason.to_owned(),
        until: until
            .and_then(|until| until.parse().ok())
            .or_else(|| refusal::reset(reason, now)),
    };
    let limit = seen.limit.as_ref();
    match (&end, limit) {
        (End::Failed { .. }, Some((reason, until))) => told(reason, until.as_deref()),
        // An agent that says no more than this has not finished, however politely it ends.
        (End::Finished, Some((reason, until))) if seen.claim.is_none() => {
            told(reason, until.as_deref())
        }
        (End::Failed { reason }, None) => match refusal::of(reason) {
            Some(Refusal::Limit) => told(reason, None),
            // What a program last wrote to standard error may be about anything, such as its own tests.
            Some(Refusal::Transient) if seen.claim.is_some() => End::Transient {
                reason: reason.clone(),
            },
            _ => end,
        },
        _ => end,
    }
}

/// The event with the moment at which a limit is renewed, where it tells that in its own words.
pub(crate) fn dated(event: AgentEvent, now: impl FnOnce() -> Zoned) -> AgentEvent {
    let AgentEvent::Limit { reason, until } = event else {
        return event;
    };
    let now = &now();
    let told = until.as_deref().and_then(|until| {
        let exact = until.parse().ok();
        exact.or_else(|| refusal::reset(&format!("resets {until}"), now))
    });
    let until = told.or_else(|| refusal::reset(&reason, now));
    AgentEvent::Limit {
        reason,
        until: until.map(|until| until.to_string()),
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
    let tells = config.kind.tells_its_end();
    match (&seen.claim, code) {
        (Some((false, reason)), _) => End::Failed {
            reason: reason.clone(),
        },
        (Some((true, _)), 0) => End::Finished,
        (None, 0) if !tells => End::Finished,
        (None, 0) => End::Failed {
            reason: with_last_line("the agent ended without a result", seen),
        },
        (None, code) if claude => {
            let known =
                claude::end_without_result(code, config.bypasses(), seen.last_stderr.as_deref());
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
    #![expect(clippy::unwrap_used, reason = "tests")]
    use jiff::Timestamp;

    use super::*;

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

    const NOON: &str = "2026-11-21T12:00:00Z";

    fn limit(until: Option<&str>) -> AgentEvent {
        AgentEvent::Limit {
            reason: "plan limit reached".into(),
            until: until.map(str::to_owned),
        }
    }

    fn claim(ok: bool, reason: &str) -> AgentEvent {
        let reason = reason.into();
        AgentEvent::End { ok, reason }
    }

    #[track_caller]
    fn check_refused(events: Vec<AgentEvent>, code: i32, expect: (&str, Option<&str>)) {
        let now: Timestamp = NOON.parse().unwrap();
        let now = now.to_zoned(jiff::tz::TimeZone::UTC);
        let mut seen = Observed::default();
        for event in events {
            seen.note(&dated(event, || now.clone()));
        }
        let config = AgentConfig::new("mine", AgentKind::Command);
        let end = refused(judge(&config, None, &seen, &Exit::Code(code)), &seen, &now);
        let until = match &end {
            End::Limited { until, .. } => until.map(|until| until.to_string()),
            End::Transient { .. } => Some("soon".to_owned()),
            _ => None,
        };
        assert_eq!((end.word(), until.as_deref()), expect, "{end:?}");
    }

    #[test]
    fn a_limit_that_is_the_last_word_is_the_end() {
        let three = Some("2026-11-21T15:00:00Z");
        check_refused(vec![limit(three)], 1, ("limited", three));
        check_refused(vec![limit(Some("3pm (UTC)"))], 0, ("limited", three));
        check_refused(vec![limit(Some("1795273200"))], 1, ("limited", three));
        check_refused(vec![limit(None)], 1, ("limited", None));
        let said = claim(false, "You've hit your limit · resets 3pm (UTC)");
        check_refused(vec![said], 1, ("limited", three));
        let stderr = AgentEvent::Stderr {
            text: "usage limit reached, try again in 3 hours".into(),
        };
        check_refused(vec![stderr], 1, ("limited", three));
    }

    #[test]
    fn an_agent_that_went_on_or_finished_was_not_limited() {
        let text = AgentEvent::Text { text: "on".into() };
        check_refused(vec![limit(None), text.clone()], 1, ("failed", None));
        check_refused(vec![limit(None), text], 0, ("finished", None));
        let events = vec![limit(None), claim(true, "done")];
        check_refused(events, 0, ("finished", None));
    }

    #[test]
    fn overload_is_transient_only_by_the_agents_own_word() {
        let overloaded = "API Error: 529 overloaded";
        check_refused(vec![claim(false, overloaded)], 1, ("failed", Some("soon")));
        let text = overloaded.into();
        check_refused(vec![AgentEvent::Stderr { text }], 1, ("failed", None));
    }
}
