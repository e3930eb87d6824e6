//! What is printed: chant's own events, one JSON object a line.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use chant_agent::{AgentEvent, Usage};
use serde_json::Value;

use crate::model::{Call, Input};

/// Chant ends an agent that is silent for long. A model that writes slowly, and a command with a time limit of its own, are not
/// silent: their usage is told again this often.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);

/// What stands where the key was.
const IN_PLACE_OF_KEY: &str = "[the key]";

/// Shorter keys are no secrets, and might be parts of words.
const SHORTEST_KEY: usize = 8;

/// The longest text in an event; whoever reads events cuts them further. A line must not become longer than is read at all.
const LONGEST: usize = 64 * 1024;

/// Prints events, and adds up what was used.
#[derive(Debug)]
pub(crate) struct Teller<W> {
    out: W,
    usage: Usage,
    last: Instant,
    key: Option<String>,
}

impl<W: Write> Teller<W> {
    pub(crate) fn new(out: W) -> Self {
        Self {
            out,
            usage: Usage::default(),
            last: Instant::now(),
            key: None,
        }
    }

    /// From here on this is not to be seen in anything.
    pub(crate) fn hide(&mut self, key: Option<&str>) {
        self.key = key
            .filter(|key| key.len() >= SHORTEST_KEY)
            .map(str::to_owned);
    }

    /// The text without the key, where a command has found it.
    pub(crate) fn without_key(&self, text: String) -> String {
        match &self.key {
            Some(key) if text.contains(key.as_str()) => text.replace(key.as_str(), IN_PLACE_OF_KEY),
            _ => text,
        }
    }

    /// Prints an event, at once. When nobody listens any more, nobody misses it: the guard is about to end this process.
    pub(crate) fn tell(&mut self, event: &AgentEvent) {
        self.last = Instant::now();
        if let Ok(mut value) = serde_json::to_value(event) {
            self.prepare(&mut value);
            let line = format!("{value}\n");
            let _ = self
                .out
                .write_all(line.as_bytes())
                .and_then(|()| self.out.flush());
        }
    }

    fn prepare(&self, event: &mut Value) {
        let Value::Object(fields) = event else {
            return;
        };
        for (_, value) in fields.iter_mut() {
            if let Value::String(text) = value {
                let mut whole = self.without_key(std::mem::take(text));
                whole.truncate(whole.floor_char_boundary(LONGEST));
                *text = whole;
            }
        }
    }

    /// Adds what one answer used, and tells the sum.
    pub(crate) fn used(&mut self, usage: Usage) {
        self.usage.input += usage.input;
        self.usage.output += usage.output;
        self.usage.cache_read += usage.cache_read;
        self.usage.cache_write += usage.cache_write;
        self.tell(&self.usage.into());
    }

    /// Something goes on, although there is nothing to tell.
    pub(crate) fn lives(&mut self) {
        if self.last.elapsed() >= SIGN_OF_LIFE {
            self.tell(&self.usage.into());
        }
    }
}

/// What a call is given, as people want to see it.
pub(crate) fn shown(call: &Call) -> String {
    let input = match &call.input {
        Input::Unreadable(text) => return text.clone(),
        Input::Object(input) => input,
    };
    let text = |key: &str| input.get(key).and_then(Value::as_str);
    let known = match call.name.as_str() {
        "shell" => text("command"),
        "read_file" | "write_file" | "edit_file" => text("path"),
        "search" => text("pattern"),
        "finish" => text("summary"),
        _ => None,
    };
    known.map_or_else(|| input.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_never_told_and_use_adds_up() {
        let mut out = Vec::new();
        let mut teller = Teller::new(&mut out);
        teller.hide(Some("sk-secret-1"));
        let text = "before sk-secret-1 after".to_owned();
        teller.tell(&AgentEvent::Text { text });
        let usage = Usage {
            input: 10,
            output: 2,
            cache_read: 3,
            cache_write: 4,
        };
        teller.used(usage);
        teller.used(usage);
        let told = String::from_utf8_lossy(&out);
        assert_eq!(
            told,
            "{\"kind\":\"text\",\"text\":\"before [the key] after\"}\n\
             {\"kind\":\"usage\",\"input\":10,\"output\":2,\"cache_read\":3,\"cache_write\":4}\n\
             {\"kind\":\"usage\",\"input\":20,\"output\":4,\"cache_read\":6,\"cache_write\":8}\n"
        );
    }

    #[test]
    fn a_line_stays_short_enough_to_be_read() {
        let mut out = Vec::new();
        let text = "ö".repeat(1 << 20);
        Teller::new(&mut out).tell(&AgentEvent::Text { text });
        assert!(out.len() < 70 * 1024);
    }
}
