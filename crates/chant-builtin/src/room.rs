//! Keeping a conversation within what the model takes in, by shortening what old tools were given and said.
//!
//! How many tokens a text has is only known to the model; how many bytes made a token so far is measured with each answer.

use crate::{
    conversation::{Conversation, Message},
    model::{Call, Input},
};

/// Bytes in a token, before anything was measured: code has fewer than prose.
const BYTES: f64 = 3.2;

/// The calls of so many of the last answers stay whole, unless there is no other way.
const FRESH: usize = 2;

/// The room there is.
#[derive(Debug)]
pub(crate) struct Room {
    /// Tokens the model takes in, its answer included; unknown where absent.
    context: Option<u32>,
    bytes_per_token: f64,
    /// What goes along with every conversation.
    always: usize,
}

/// What was shortened.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Made {
    /// How many calls.
    pub(crate) calls: usize,
    /// About how many tokens that saves.
    pub(crate) tokens: usize,
}

impl Room {
    /// `always` bytes go along with every conversation: system prompt and tools.
    pub(crate) fn new(context: Option<u32>, always: usize) -> Self {
        Self {
            context,
            bytes_per_token: BYTES,
            always,
        }
    }

    /// A conversation of this form was `tokens` long, by the provider's count.
    pub(crate) fn measured(&mut self, messages: &[Message], tokens: u64) {
        #[expect(clippy::cast_precision_loss, reason = "a rough measure")]
        let measured = self.bytes(messages) as f64 / tokens.max(1) as f64;
        // A server that counts only what it had not cached would make every text look small.
        if tokens > 0 {
            self.bytes_per_token = measured.clamp(1.5, 5.0);
        }
    }

    /// Makes room before the model is asked, where it is known to be short: from three quarters down to a half.
    pub(crate) fn before_asking(&self, talk: &mut Conversation) -> Result<Option<Made>, String> {
        let Some(context) = self.context else {
            return Ok(None);
        };
        let context = self.in_bytes(context);
        let is = self.bytes(talk.messages());
        if is <= context / 4 * 3 {
            return Ok(None);
        }
        self.make(talk, is.saturating_sub(context / 2), FRESH)
    }

    /// Makes room after the model refused the conversation as too long: half of it, and nothing is spared.
    pub(crate) fn after_refusal(&self, talk: &mut Conversation) -> Result<Option<Made>, String> {
        let surplus = self.bytes(talk.messages()) / 2;
        self.make(talk, surplus, 0)
    }

    fn make(
        &self,
        talk: &mut Conversation,
        surplus: usize,
        fresh: usize,
    ) -> Result<Option<Made>, String> {
        let before = self.bytes(talk.messages());
        let ids = oldest(talk.messages(), surplus, fresh);
        if ids.is_empty() {
            return Ok(None);
        }
        let calls = ids.len();
        talk.shorten(ids)?;
        let saved = before.saturating_sub(self.bytes(talk.messages()));
        Ok((saved > 0).then(|| Made {
            calls,
            tokens: self.in_tokens(saved),
        }))
    }

    fn bytes(&self, messages: &[Message]) -> usize {
        self.always + messages.iter().map(size).sum::<usize>()
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rough measure of a positive number"
    )]
    fn in_bytes(&self, tokens: u32) -> usize {
        (f64::from(tokens) * self.bytes_per_token) as usize
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a rough measure of a positive number"
    )]
    fn in_tokens(&self, bytes: usize) -> usize {
        (bytes as f64 / self.bytes_per_token) as usize
    }
}

/// The oldest calls that are worth shortening, until they are `surplus` bytes together. Those of the last `fresh` answers
/// are spared.
fn oldest(messages: &[Message], surplus: usize, fresh: usize) -> Vec<String> {
    let answers = messages
        .iter()
        .filter(|message| matches!(message, Message::Answer(answer) if !answer.calls.is_empty()))
        .count();
    let mut spared = answers.saturating_sub(fresh);
    let mut ids = Vec::new();
    let mut found = 0;
    for (at, message) in messages.iter().enumerate() {
        let Message::Answer(answer) = message else {
            continue;
        };
        if answer.calls.is_empty() {
            continue;
        }
        if spared == 0 || found >= surplus {
            break;
        }
        spared -= 1;
        for call in &answer.calls {
            let worth = size_of_call(call) + size_of_result(messages.get(at + 1), &call.id);
            // Less is what a shortened one has.
            if worth > 1000 {
                found += worth;
                ids.push(call.id.clone());
            }
        }
    }
    ids
}

fn size(message: &Message) -> usize {
    /// The names and brackets around a message.
    const FRAME: usize = 40;
    match message {
        Message::User(text) => text.len() + FRAME,
        Message::Answer(answer) => {
            let calls: usize = answer.calls.iter().map(size_of_call).sum();
            let sealed: usize = answer
                .sealed
                .iter()
                .map(|part| part.to_string().len())
                .sum();
            answer.text.len() + calls + sealed + FRAME
        }
        Message::Results(results) => results.iter().map(|result| result.text.len() + FRAME).sum(),
    }
}

fn size_of_call(call: &Call) -> usize {
    call.name.len()
        + match &call.input {
            Input::Object(value) => value.to_string().len(),
            Input::Unreadable(text) => text.len(),
        }
}

fn size_of_result(message: Option<&Message>, id: &str) -> usize {
    match message {
        Some(Message::Results(results)) => results
            .iter()
            .filter(|result| result.id == id)
            .map(|result| result.text.len())
            .sum(),
        _ => 0,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{conversation::ToolResult, model::Answer};

    /// A conversation in which each of `lengths` is the output of one call.
    fn talk(lengths: &[usize]) -> (tempfile::TempDir, Conversation) {
        let folder = tempfile::tempdir().unwrap();
        let mut talk = Conversation::begin(folder.path()).unwrap();
        talk.ask("do".into()).unwrap();
        for (at, length) in lengths.iter().enumerate() {
            let id = at.to_string();
            let call = Call {
                id: id.clone(),
                name: "read_file".into(),
                input: Input::Object(json!({"path": "a"})),
            };
            let answer = Answer {
                calls: vec![call],
                ..Answer::default()
            };
            talk.answer(answer).unwrap();
            let text = "x".repeat(*length);
            talk.results(vec![ToolResult { id, ok: true, text }])
                .unwrap();
        }
        (folder, talk)
    }

    fn lengths(talk: &Conversation) -> Vec<usize> {
        let results = talk.messages().iter().filter_map(|message| match message {
            Message::Results(results) => Some(results[0].text.len()),
            _ => None,
        });
        results.collect()
    }

    #[test]
    fn nothing_is_shortened_while_there_is_room_or_while_it_is_unknown() {
        let (_folder, mut small) = talk(&[5000, 5000]);
        for context in [None, Some(100_000)] {
            let made = Room::new(context, 0).before_asking(&mut small).unwrap();
            assert_eq!(made, None);
        }
    }

    #[test]
    fn the_oldest_outputs_go_first_and_the_fresh_ones_stay() {
        let (_folder, mut long) = talk(&[9000, 100, 9000, 9000, 9000]);
        let made = Room::new(Some(10_000), 0).before_asking(&mut long).unwrap();
        assert_eq!(made.map(|made| made.calls), Some(2));
        let now = lengths(&long);
        assert!(now[0] < 700 && now[2] < 700, "{now:?}");
        assert_eq!((now[1], now[3], now[4]), (100, 9000, 9000));
    }

    #[test]
    fn a_refused_conversation_loses_half_even_of_what_is_fresh() {
        let (_folder, mut long) = talk(&[9000]);
        assert!(
            Room::new(None, 0)
                .after_refusal(&mut long)
                .unwrap()
                .is_some()
        );
        assert!(lengths(&long)[0] < 700);
        assert_eq!(Room::new(None, 0).after_refusal(&mut long).unwrap(), None);
    }

    #[test]
    fn what_a_token_is_gets_measured() {
        let (_folder, mut long) = talk(&[9000, 9000, 9000]);
        let mut room = Room::new(Some(20_000), 0);
        assert_eq!(room.before_asking(&mut long).unwrap(), None);
        room.measured(long.messages(), 18_000);
        assert!(room.before_asking(&mut long).unwrap().is_some());
    }
}
