//! From a line of output to events, whatever shape the line has.
//!
//! Nothing here can fail: a line that is not understood is kept as text or as [`AgentEvent::Unknown`]. The stream's own
//! end is handed on as [`AgentEvent::End`]; what it means for the run is decided in `run`.

use chant_os::tree::Line;
use serde_json::Value;

use crate::{AgentEvent, OutputMode, claude, codex, excerpt};

/// How the lines of one agent are read.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Format {
    /// Claude's `stream-json`.
    Claude,
    /// Codex's `exec --json`.
    Codex,
    /// What a `command` or `replay` agent was configured to print.
    Configured(OutputMode),
}

impl Format {
    /// Whether a line is one of the pieces of what another line says whole.
    pub(crate) fn is_piece(self, line: &Line) -> bool {
        matches!(self, Self::Claude) && line.bytes.starts_with(br#"{"type":"stream_event""#)
    }
}

/// The events of one line of standard output.
pub(crate) fn events(format: Format, line: &Line) -> Vec<AgentEvent> {
    let text = String::from_utf8_lossy(&line.bytes);
    let text = text.trim_end();
    if text.is_empty() {
        return Vec::new();
    }
    match format {
        Format::Codex => object(text)
            .and_then(|value| codex::events(&value))
            .unwrap_or_else(|| vec![unknown(text)]),
        Format::Configured(OutputMode::Text) => vec![plain(text)],
        Format::Configured(OutputMode::Auto) => known(text).unwrap_or_else(|| vec![plain(text)]),
        Format::Configured(OutputMode::JsonLines) | Format::Claude => {
            known(text).unwrap_or_else(|| vec![unknown(text)])
        }
    }
}

/// The event of one line of standard error.
pub(crate) fn stderr(line: &Line) -> Option<AgentEvent> {
    let text = String::from_utf8_lossy(&line.bytes);
    let text = text.trim_end();
    (!text.is_empty()).then(|| AgentEvent::Stderr {
        text: excerpt::cut(text, excerpt::DETAIL),
    })
}

/// The events of a JSON line in our own form or in claude's; none for any other line.
fn known(text: &str) -> Option<Vec<AgentEvent>> {
    let value = object(text)?;
    if value.get("kind").is_some() {
        let event = serde_json::from_value(value).map(AgentEvent::bounded);
        return Some(vec![event.unwrap_or_else(|_| unknown(text))]);
    }
    value.get("type")?.as_str()?;
    Some(claude::events(&value).unwrap_or_else(|| vec![unknown(text)]))
}

fn object(text: &str) -> Option<Value> {
    text.starts_with('{')
        .then(|| serde_json::from_str(text).ok())?
}

fn plain(text: &str) -> AgentEvent {
    AgentEvent::Text {
        text: excerpt::cut(text, excerpt::TEXT),
    }
}

fn unknown(text: &str) -> AgentEvent {
    AgentEvent::Unknown {
        raw: excerpt::cut(text, excerpt::DETAIL),
    }
}

#[cfg(test)]
mod real;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(mode: OutputMode, line: &[u8], expect: &[AgentEvent]) {
        let line = Line {
            bytes: line.to_vec(),
            cut: false,
        };
        assert_eq!(events(Format::Configured(mode), &line), expect);
    }

    fn text(text: &str) -> AgentEvent {
        AgentEvent::Text { text: text.into() }
    }

    fn raw(raw: &str) -> AgentEvent {
        AgentEvent::Unknown { raw: raw.into() }
    }

    #[test]
    fn plain_text_is_text_in_every_mode_that_allows_it() {
        check(
            OutputMode::Text,
            b"{\"kind\":\"text\",\"text\":\"x\"}",
            &[text("{\"kind\":\"text\",\"text\":\"x\"}")],
        );
        check(OutputMode::Auto, b"hello\r", &[text("hello")]);
        check(OutputMode::JsonLines, b"hello", &[raw("hello")]);
        check(OutputMode::Auto, b"  \t ", &[]);
    }

    #[test]
    fn our_own_events_and_claudes_are_read_in_both_json_modes() {
        for mode in [OutputMode::Auto, OutputMode::JsonLines] {
            check(mode, br#"{"kind":"text","text":"hi"}"#, &[text("hi")]);
            let end = AgentEvent::End {
                ok: false,
                reason: "no".into(),
            };
            check(mode, br#"{"reason":"no","ok":false,"kind":"end"}"#, &[end]);
            check(
                mode,
                br#"{"message":{"content":[{"type":"text","text":"hi"}]},"type":"assistant"}"#,
                &[text("hi")],
            );
        }
    }

    #[test]
    fn what_is_not_understood_is_kept() {
        for mode in [OutputMode::Auto, OutputMode::JsonLines] {
            check(mode, br#"{"kind":"dance"}"#, &[raw(r#"{"kind":"dance"}"#)]);
            check(mode, br#"{"kind":7}"#, &[raw(r#"{"kind":7}"#)]);
            check(
                mode,
                br#"{"type":"turn.started"}"#,
                &[raw(r#"{"type":"turn.started"}"#)],
            );
        }
        check(
            OutputMode::Auto,
            br#"{"kind":"te"#,
            &[text(r#"{"kind":"te"#)],
        );
        check(
            OutputMode::JsonLines,
            br#"{"kind":"te"#,
            &[raw(r#"{"kind":"te"#)],
        );
        check(OutputMode::Auto, b"{\"name\": 1}", &[text("{\"name\": 1}")]);
    }

    #[test]
    fn invalid_utf8_and_half_characters_become_replacement_characters() {
        check(OutputMode::Auto, b"a\xff\xc3", &[text("a\u{fffd}\u{fffd}")]);
    }

    #[test]
    fn deeply_nested_json_is_kept_as_it_is() {
        let line = format!("{{\"type\":{}", "[".repeat(200_000));
        let line = Line {
            bytes: line.into_bytes(),
            cut: true,
        };
        assert!(matches!(
            events(Format::Claude, &line)[..],
            [AgentEvent::Unknown { .. }]
        ));
    }

    #[test]
    fn an_event_from_outside_is_bounded() {
        let long = "x".repeat(500_000);
        for line in [
            format!(r#"{{"kind":"text","text":"{long}"}}"#),
            format!(r#"{{"kind":"tool_call","id":"{long}","name":"{long}","input":"{long}"}}"#),
            format!(r#"{{"kind":"end","ok":true,"reason":"{long}"}}"#),
            format!(r#"{{"kind":"{long}"}}"#),
        ] {
            let line = Line {
                bytes: line.into_bytes(),
                cut: false,
            };
            let events = events(Format::Configured(OutputMode::Auto), &line);
            assert!(serde_json::to_string(&events).unwrap_or_default().len() < 70 * 1024);
        }
    }

    #[test]
    fn an_empty_line_on_standard_error_is_nothing() {
        assert_eq!(
            stderr(&Line {
                bytes: b"\r".to_vec(),
                cut: false
            }),
            None
        );
    }
}
