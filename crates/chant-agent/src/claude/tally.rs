//! What a claude process has used so far, from its messages: it tells the sum itself only at its end.
//!
//! Tokens that it writes are told late or not at all, so this is the least that it can be; the result at the end replaces it.

use std::collections::VecDeque;

use serde_json::Value;

use crate::{AgentEvent, Usage};

/// How many messages may be open at once: those of its subagents come in between. A long conversation has thousands.
const OPEN: usize = 64;

/// The usage of the messages so far. A message comes in several lines, each with what is known of it then.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// The latest messages, with what is known of each.
    open: VecDeque<(String, Usage)>,
    total: Usage,
}

impl Tally {
    /// The sum, where a line of output changes it.
    pub(crate) fn line(&mut self, line: &[u8]) -> Option<AgentEvent> {
        const MESSAGE: &[u8] = b"{\"type\":\"assistant\"";
        // Most lines are something else, and long; they are not read twice.
        if !line.starts_with(MESSAGE) {
            return None;
        }
        let value: Value = serde_json::from_slice(line).ok()?;
        let message = &value["message"];
        let usage = super::tokens(&message["usage"]);
        let known = Self::known(&mut self.open, message["id"].as_str()?);
        let more = Usage {
            input: usage.input.max(known.input),
            output: usage.output.max(known.output),
            cache_read: usage.cache_read.max(known.cache_read),
            cache_write: usage.cache_write.max(known.cache_write),
        };
        if more == *known {
            return None;
        }
        let sum = |total: u64, more: u64, known: u64| total.saturating_add(more - known);
        self.total = Usage {
            input: sum(self.total.input, more.input, known.input),
            output: sum(self.total.output, more.output, known.output),
            cache_read: sum(self.total.cache_read, more.cache_read, known.cache_read),
            cache_write: sum(self.total.cache_write, more.cache_write, known.cache_write),
        };
        *known = more;
        Some(self.total.into())
    }

    fn known<'k>(open: &'k mut VecDeque<(String, Usage)>, id: &str) -> &'k mut Usage {
        let at = open.iter().rposition(|(known, _)| known == id);
        let at = at.unwrap_or_else(|| {
            if open.len() == OPEN {
                open.pop_front();
            }
            open.push_back((id.to_owned(), Usage::default()));
            open.len() - 1
        });
        &mut open[at].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: &str, input: u64, output: u64) -> String {
        format!(
            r#"{{"type":"assistant","message":{{"id":"{id}","usage":{{"input_tokens":{input},"output_tokens":{output}}}}}}}"#
        )
    }

    #[test]
    fn every_message_is_counted_once() {
        let mut tally = Tally::default();
        let mut told = |line: &str| match tally.line(line.as_bytes()) {
            Some(AgentEvent::Usage { input, output, .. }) => Some((input, output)),
            _ => None,
        };
        assert_eq!(told(&line("m1", 100, 1)), Some((100, 1)));
        assert_eq!(told(&line("m1", 100, 1)), None);
        assert_eq!(told(&line("m1", 100, 40)), Some((100, 40)));
        assert_eq!(told(&line("m2", 200, 1)), Some((300, 41)));
        let others = (3..3 + OPEN).map(|number| told(&line(&format!("m{number}"), 1, 0)));
        assert_eq!(others.flatten().last(), Some((300 + OPEN as u64, 41)));
        assert_eq!(told(r#"{"type":"user","message":{}}"#), None);
        assert_eq!(told(r#"{"type":"assistant","message":{"#), None);
    }
}
