//! What a scripted model says: a list of turns, used up one after another by the requests that come.
//!
//! Written as JSON, the same for every wire format. A script is `{"turns": [TURN, …], "aux": "ok", "main": "tools"|"all",
//! "usage": {…}}`, or only its list of turns; `{"scripts": {NAME: SCRIPT, …}}` holds several, told apart by the path prefix
//! `/s/NAME/`, so that sessions beside each other get each their own turns.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

/// Words by which the last message of a request tells that it is no turn of the work: titles, suggestions, memory.
const ASIDE: [&str; 3] = [
    "Reply with ONLY the suggestion",
    "managed memory index",
    "Write the title in the",
];

/// The longest that a script can make anybody wait.
const LONGEST: f64 = 120.0;

/// One answer of the model, as it is written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Turn {
    /// What it says; may stand beside a tool call.
    pub(super) text: String,
    /// What it thinks before that (Anthropic Messages only).
    pub(super) thinking: String,
    /// A shell command, by whichever shell tool the client offers.
    pub(super) sh: Option<String>,
    /// A file to write, by whichever tool the client offers for that.
    pub(super) write: Option<FileText>,
    /// One tool, by its name.
    pub(super) call: Option<NamedCall>,
    /// Several tool calls in one message.
    pub(super) calls: Vec<Turn>,
    /// An answer that is an error: one of [`super::wire::refusal`]'s names, or a status.
    pub(super) error: Option<Refusal>,
    /// In place of the error's own sentence.
    pub(super) message: Option<String>,
    /// In place of the error's whole body.
    pub(super) body: Option<Value>,
    /// Seconds, sent as the `retry-after` of an error.
    pub(super) retry_after: Option<f64>,
    /// More headers of an error.
    pub(super) headers: BTreeMap<String, String>,
    /// Some text, then an error event inside the stream.
    pub(super) stream_error: bool,
    /// Some text, then the connection is cut.
    pub(super) drop: bool,
    /// Some text, then silence for so many seconds.
    pub(super) hang: Option<f64>,
    /// How often this turn is used.
    times: Option<usize>,
    /// Seconds before the answer begins.
    delay: f64,
    /// Seconds between the pieces of a stream.
    chunk_delay: f64,
    /// What the answer says that it took.
    pub(super) usage: Counts,
    /// What the request's body has to hold.
    pub(super) expect: Option<String>,
    /// This turn is only for a request whose body holds this, whenever it comes.
    #[serde(rename = "match")]
    only_for: Option<String>,
}

impl Turn {
    fn saying(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            ..Self::default()
        }
    }

    pub(super) fn delay(&self) -> Duration {
        bounded(self.delay)
    }

    pub(super) fn between_chunks(&self) -> Duration {
        bounded(self.chunk_delay)
    }

    /// How the stream of this turn breaks off.
    pub(super) fn fault(&self) -> Option<Fault> {
        let silence = self.hang.map(|seconds| Fault::Silence(bounded(seconds)));
        silence
            .or(self.drop.then_some(Fault::Cut))
            .or(self.stream_error.then_some(Fault::Error))
    }
}

fn bounded(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds.clamp(0.0, LONGEST))
}

/// How a stream breaks off after its first pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// An error event.
    Error,
    /// The connection is cut.
    Cut,
    /// Nothing comes for so long, then it is cut.
    Silence(Duration),
}

/// A file's path and text.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileText {
    pub(super) path: String,
    pub(super) content: String,
}

/// A tool by its name, with exactly this input.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NamedCall {
    pub(super) name: String,
    #[serde(default)]
    pub(super) namespace: Option<String>,
    #[serde(default)]
    pub(super) input: Value,
}

/// An error by name or by status.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Refusal {
    Named(String),
    Status(u16),
}

/// Tokens that an answer says it took; what is not written is guessed from lengths.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Counts {
    #[serde(rename = "in")]
    pub(super) input: Option<u64>,
    #[serde(rename = "out")]
    pub(super) output: Option<u64>,
    pub(super) cache_read: Option<u64>,
    pub(super) cache_write: Option<u64>,
}

impl Counts {
    /// These, and where they are silent the others.
    pub(super) fn or(self, others: Self) -> Self {
        Self {
            input: self.input.or(others.input),
            output: self.output.or(others.output),
            cache_read: self.cache_read.or(others.cache_read),
            cache_write: self.cache_write.or(others.cache_write),
        }
    }
}

/// Which requests are turns of the work.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Main {
    /// Those that offer tools and force none; the rest are side requests.
    #[default]
    Tools,
    /// All, for clients without tools.
    All,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    turns: Vec<Turn>,
    #[serde(default = "ok")]
    aux: String,
    #[serde(default)]
    main: Main,
    #[serde(default)]
    usage: Counts,
    #[serde(default)]
    aux_match: Option<Vec<String>>,
}

fn ok() -> String {
    "ok".to_owned()
}

/// Which turn a request got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Used {
    /// The one with this number, from 0.
    Turn(usize),
    /// One that was written for just this request.
    Matched,
    /// None: it was a side request.
    Aside,
    /// None was left.
    Over,
}

/// One script with the place it has come to.
#[derive(Debug)]
pub(super) struct Script {
    aux: String,
    main: Main,
    pub(super) usage: Counts,
    aside: Vec<String>,
    at: Mutex<Place>,
}

#[derive(Debug)]
struct Place {
    turns: Vec<Turn>,
    matched: Vec<Turn>,
    next: usize,
    over: usize,
}

impl Script {
    pub(super) fn parse(written: &Value) -> Result<Self, serde_json::Error> {
        let whole = match written {
            Value::Array(turns) => json!({ "turns": turns }),
            other => other.clone(),
        };
        let written: Written = serde_json::from_value(whole)?;
        let repeat = |turn: Turn| std::iter::repeat_n(turn.clone(), turn.times.unwrap_or(1).max(1));
        let all = written.turns.into_iter().flat_map(repeat);
        let (matched, turns) = all.partition(|turn| turn.only_for.is_some());
        let aside = written.aux_match;
        Ok(Self {
            aux: written.aux,
            main: written.main,
            usage: written.usage,
            aside: aside.unwrap_or_else(|| ASIDE.map(str::to_owned).to_vec()),
            at: Mutex::new(Place {
                turns,
                matched,
                next: 0,
                over: 0,
            }),
        })
    }

    /// The turn for a request.
    pub(super) fn take(&self, text: &str, body: &Value, offers_tools: bool) -> (Turn, Used) {
        if self.main == Main::Tools && self.is_aside(body, offers_tools) {
            return (Turn::saying(&self.aux), Used::Aside);
        }
        let mut at = self.place();
        let fits = |turn: &Turn| {
            turn.only_for
                .as_ref()
                .is_some_and(|word| text.contains(word))
        };
        if let Some(index) = at.matched.iter().position(fits) {
            return (at.matched.remove(index), Used::Matched);
        }
        let index = at.next;
        if let Some(turn) = at.turns.get(index).cloned() {
            at.next += 1;
            return (turn, Used::Turn(index));
        }
        at.over += 1;
        (Turn::saying("(script exhausted)"), Used::Over)
    }

    fn is_aside(&self, body: &Value, offers_tools: bool) -> bool {
        let choice = body.get("tool_choice").unwrap_or(&Value::Null);
        let kind = choice.get("type").or(Some(choice)).and_then(Value::as_str);
        let forced = matches!(kind, Some("required" | "any" | "tool" | "function"));
        let messages = body.get("messages").or_else(|| body.get("input"));
        let last = messages.and_then(|all| all.as_array().map_or(Some(all), |all| all.last()));
        let last = last.map(Value::to_string).unwrap_or_default();
        !offers_tools || forced || self.aside.iter().any(|word| last.contains(word))
    }

    /// Turns that were used, all turns, and requests that found none.
    pub(super) fn progress(&self) -> Progress {
        let at = self.place();
        Progress {
            used: at.next,
            turns: at.turns.len(),
            over: at.over,
        }
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How far a script has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Turns that were used.
    pub used: usize,
    /// Turns that there are, without those for one certain request.
    pub turns: usize,
    /// Requests that found no turn left.
    pub over: usize,
}

/// All scripts of a server, by name; the one without a name is the first.
#[derive(Debug)]
pub(super) struct Scripts {
    by_name: BTreeMap<String, Script>,
    first: String,
}

impl Scripts {
    pub(super) fn parse(written: &Value) -> Result<Self, serde_json::Error> {
        let several = written.get("scripts").and_then(Value::as_object);
        let mut by_name = BTreeMap::new();
        let Some(several) = several else {
            by_name.insert(String::new(), Script::parse(written)?);
            return Ok(Self {
                by_name,
                first: String::new(),
            });
        };
        for (name, script) in several {
            by_name.insert(name.clone(), Script::parse(script)?);
        }
        let first = several.keys().next().cloned().unwrap_or_default();
        Ok(Self { by_name, first })
    }

    pub(super) fn get(&self, name: &str) -> Option<&Script> {
        let name = if name.is_empty() { &self.first } else { name };
        self.by_name.get(name)
    }

    pub(super) fn progress(&self) -> BTreeMap<String, Progress> {
        let all = self.by_name.iter();
        all.map(|(name, script)| (name.clone(), script.progress()))
            .collect()
    }
}

#[cfg(test)]
mod tests;
