//! The conversation with the model, and the file in which it survives this process.
//!
//! Everything is appended to the file as one JSON line before it is acted upon, so a conversation whose process was
//! killed goes on where it was; a call that was running then gets a result that says so. The file keeps every output in
//! full: that an old one is shortened for the model is a line of its own. Only secrets are not kept.

use std::path::{Path, PathBuf};

use chant_agent::redact::Redactor;
use chant_os::file::{self, Appender};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{Answer, Call, Input};

/// The longest file that is read back.
const LONGEST: u64 = 1 << 30;

/// How much of a shortened text stays at each of its ends, in bytes.
const STAYS: usize = 240;

/// What a call that was cut off is answered with: it may have had its effect or not.
const CUT_OFF: &str = "The agent was stopped while this ran. Whether it had an effect is not known: look before you do it again.";

/// One message, as the model sees it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Message {
    /// From chant: the task, or a remark.
    User(String),
    /// From the model.
    Answer(Answer),
    /// What the tools of the answer before said.
    Results(Vec<ToolResult>),
}

/// What a tool said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ToolResult {
    /// The call's id.
    pub(crate) id: String,
    pub(crate) ok: bool,
    pub(crate) text: String,
}

/// One line of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    User(String),
    Answer(Answer),
    Results(Vec<ToolResult>),
    /// The calls whose input and output the model sees only the ends of from here on.
    Shortened(Vec<String>),
}

/// A conversation, in memory and in its file.
#[derive(Debug)]
pub(crate) struct Conversation {
    session: String,
    messages: Vec<Message>,
    file: Appender,
    /// What is not to be seen in the file.
    secrets: Option<Redactor>,
}

impl Conversation {
    /// A new one, in `folder`.
    pub(crate) fn begin(folder: &Path) -> Result<Self, String> {
        let now = chant_os::clock::since_epoch();
        let session = format!("b-{now:x}-{}", std::process::id());
        Self::open(folder, session, Vec::new())
    }

    /// The one of this name in `folder`.
    pub(crate) fn resume(folder: &Path, session: &str) -> Result<Self, String> {
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
        if session.is_empty() || !session.chars().all(is_name) {
            return Err(format!("{session:?} is no name of a conversation"));
        }
        let bytes = file::read_regular(&path(folder, session), LONGEST)
            .map_err(|error| format!("the conversation cannot go on: {error}"))?;
        let mut messages = Vec::new();
        for line in bytes.split(|byte| *byte == b'\n') {
            // A line that a crash cut short was never acted upon.
            if let Ok(line) = serde_json::from_slice(line) {
                take(&mut messages, line);
            }
        }
        let mut conversation = Self::open(folder, session.to_owned(), messages)?;
        conversation.answer_what_was_cut_off()?;
        Ok(conversation)
    }

    fn open(folder: &Path, session: String, messages: Vec<Message>) -> Result<Self, String> {
        let file = Appender::open(&path(folder, &session))
            .map_err(|error| format!("the conversation cannot be kept: {error}"))?;
        Ok(Self {
            session,
            messages,
            file,
            secrets: None,
        })
    }

    /// From here on the file holds no secrets that are known here. The model goes on seeing what it saw; one that goes on later
    /// sees the file.
    pub(crate) fn hide(&mut self, secrets: Redactor) {
        self.secrets = Some(secrets);
    }

    fn answer_what_was_cut_off(&mut self) -> Result<(), String> {
        let Some(Message::Answer(answer)) = self.messages.last() else {
            return Ok(());
        };
        let results: Vec<_> = answer
            .calls
            .iter()
            .map(|call| ToolResult {
                id: call.id.clone(),
                ok: false,
                text: CUT_OFF.to_owned(),
            })
            .collect();
        if results.is_empty() {
            return Ok(());
        }
        self.results(results)
    }

    /// The name by which it is resumed.
    pub(crate) fn session(&self) -> &str {
        &self.session
    }

    /// All of it.
    pub(crate) fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// Whether the model has called a tool so far.
    pub(crate) fn has_calls(&self) -> bool {
        self.calls().next().is_some()
    }

    fn calls(&self) -> impl Iterator<Item = &Call> {
        self.messages.iter().flat_map(|message| match message {
            Message::Answer(answer) => answer.calls.as_slice(),
            _ => &[],
        })
    }

    /// Chant says something.
    pub(crate) fn ask(&mut self, text: String) -> Result<(), String> {
        self.add(Line::User(text))
    }

    /// The model says something. Calls get names that are theirs alone: some servers count anew in every answer.
    pub(crate) fn answer(&mut self, mut answer: Answer) -> Result<&Answer, String> {
        let mut known: Vec<String> = self.calls().map(|call| call.id.clone()).collect();
        for call in &mut answer.calls {
            if call.id.is_empty() || known.contains(&call.id) {
                call.id = format!("call-{}", known.len() + 1);
            }
            known.push(call.id.clone());
        }
        self.add(Line::Answer(answer))?;
        match self.messages.last() {
            Some(Message::Answer(answer)) => Ok(answer),
            _ => Err("the answer was not kept".to_owned()),
        }
    }

    /// The tools say something.
    pub(crate) fn results(&mut self, results: Vec<ToolResult>) -> Result<(), String> {
        self.add(Line::Results(results))
    }

    /// From here on the model sees only the ends of what these calls were given and gave.
    pub(crate) fn shorten(&mut self, calls: Vec<String>) -> Result<(), String> {
        self.add(Line::Shortened(calls))
    }

    fn add(&mut self, line: Line) -> Result<(), String> {
        let kept = serde_json::to_vec(&line).map_err(|error| error.to_string());
        let kept = kept.and_then(|bytes| {
            let clean = self.secrets.as_ref().map(|secrets| secrets.bytes(&bytes));
            let bytes = clean.as_deref().unwrap_or(&bytes);
            let written = self.file.write_line(bytes);
            written.map_err(|error| error.to_string())
        });
        kept.map_err(|error| format!("the conversation cannot be kept: {error}"))?;
        take(&mut self.messages, line);
        Ok(())
    }
}

fn path(folder: &Path, session: &str) -> PathBuf {
    folder.join(format!("{session}.jsonl"))
}

fn take(messages: &mut Vec<Message>, line: Line) {
    match line {
        Line::User(text) => messages.push(Message::User(text)),
        Line::Answer(answer) => messages.push(Message::Answer(answer)),
        Line::Results(results) => messages.push(Message::Results(results)),
        Line::Shortened(ids) => shorten_all(messages, &ids),
    }
}

fn shorten_all(messages: &mut [Message], ids: &[String]) {
    for message in messages {
        match message {
            Message::User(_) => {}
            Message::Answer(answer) => {
                for call in answer
                    .calls
                    .iter_mut()
                    .filter(|call| ids.contains(&call.id))
                {
                    shorten_input(&mut call.input);
                }
            }
            Message::Results(results) => {
                for result in results.iter_mut().filter(|result| ids.contains(&result.id)) {
                    shorten(&mut result.text);
                }
            }
        }
    }
}

fn shorten_input(input: &mut Input) {
    match input {
        Input::Object(Value::Object(fields)) => {
            for (_, value) in fields.iter_mut() {
                if let Value::String(text) = value {
                    shorten(text);
                }
            }
        }
        Input::Object(_) => {}
        Input::Unreadable(text) => shorten(text),
    }
}

/// Leaves the ends of a long text, and says what is missing between them.
fn shorten(text: &mut String) {
    // Below this the sentence in the middle would cost as much as it saves.
    if text.len() <= STAYS * 3 {
        return;
    }
    let head = &text[..text.floor_char_boundary(STAYS)];
    let tail = &text[text.ceil_char_boundary(text.len() - STAYS)..];
    let missing = text.len() - head.len() - tail.len();
    *text = format!("{head}\n[{missing} bytes were left out here to save room]\n{tail}");
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use serde_json::json;

    use super::*;

    fn calling(id: &str) -> Answer {
        Answer {
            calls: vec![Call {
                id: id.to_owned(),
                name: "shell".to_owned(),
                input: Input::Object(json!({"command": "x".repeat(2000)})),
            }],
            ..Answer::default()
        }
    }

    fn result(id: &str, text: &str) -> ToolResult {
        ToolResult {
            id: id.to_owned(),
            ok: true,
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_conversation_goes_on_where_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = Conversation::begin(folder.path()).unwrap();
        first.ask("do".into()).unwrap();
        first.answer(calling("a")).unwrap();
        first.results(vec![result("a", "ok")]).unwrap();
        let again = Conversation::resume(folder.path(), first.session()).unwrap();
        assert_eq!(again.messages(), first.messages());
        assert!(again.has_calls());
    }

    #[test]
    fn a_call_that_was_cut_off_is_answered_and_half_a_line_is_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = Conversation::begin(folder.path()).unwrap();
        first.ask("do".into()).unwrap();
        first.answer(calling("a")).unwrap();
        let path = path(folder.path(), first.session());
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.extend(b"{\"results\":[{\"id\":\"a\",\"ok\":tr");
        std::fs::write(&path, bytes).unwrap();
        let again = Conversation::resume(folder.path(), first.session()).unwrap();
        let Some(Message::Results(results)) = again.messages().last() else {
            panic!("{:?}", again.messages());
        };
        assert_eq!((results[0].id.as_str(), results[0].ok), ("a", false));
        assert_eq!(results[0].text, CUT_OFF);
    }

    #[test]
    fn what_was_shortened_stays_so() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = Conversation::begin(folder.path()).unwrap();
        first.answer(calling("a")).unwrap();
        first.results(vec![result("a", &"ö".repeat(5000))]).unwrap();
        first.shorten(vec!["a".into()]).unwrap();
        let again = Conversation::resume(folder.path(), first.session()).unwrap();
        assert_eq!(again.messages(), first.messages());
        let Some(Message::Results(results)) = again.messages().last() else {
            panic!("{:?}", again.messages());
        };
        assert!(
            results[0]
                .text
                .contains("[9520 bytes were left out here to save room]")
        );
        assert!(results[0].text.len() < 600);
    }

    #[test]
    fn calls_of_one_name_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let mut talk = Conversation::begin(folder.path()).unwrap();
        talk.answer(calling("call_0")).unwrap();
        assert_eq!(
            talk.answer(calling("call_0")).unwrap().calls[0].id,
            "call-2"
        );
        assert_eq!(talk.answer(calling("")).unwrap().calls[0].id, "call-3");
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["../x", "", "a/b", "a.b"] {
            assert!(Conversation::resume(folder.path(), name).is_err(), "{name}");
        }
        let gone = Conversation::resume(folder.path(), "b-1").unwrap_err();
        assert!(gone.contains("cannot go on"), "{gone}");
    }
}
