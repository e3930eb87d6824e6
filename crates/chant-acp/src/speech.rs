//! What the agent says comes in pieces of a few letters; an event is a whole paragraph.
//!
//! Owns the pieces that have not been told yet.

use std::time::Duration;

use chant_agent::AgentEvent;
use chant_os::clock::Stopwatch;

/// More is told as it comes, however long the sentence.
const MAX: usize = 16 * 1024;

/// Longer than this nobody waits for a sentence, and a model that writes slowly is not taken for one that has stopped.
const PATIENCE: Duration = Duration::from_secs(30);

/// Who hears it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// It is said to the user.
    Loud,
    /// It is the model's reasoning.
    Thought,
}

/// Speech that has begun.
#[derive(Debug)]
pub(crate) struct Speech {
    tone: Tone,
    message: String,
    text: String,
    since: Stopwatch,
}

/// Adds a piece. What is to be told now is returned: earlier speech of another kind, or one that has grown long enough.
pub(crate) fn add(
    open: &mut Option<Speech>,
    tone: Tone,
    message: &str,
    piece: &str,
) -> Vec<AgentEvent> {
    let mut told = Vec::new();
    let continues = |speech: &Speech| speech.tone == tone && speech.message == message;
    if !open.as_ref().is_some_and(continues) {
        told.extend(end(open));
    }
    let speech = open.get_or_insert_with(|| Speech {
        tone,
        message: message.to_owned(),
        text: String::new(),
        since: Stopwatch::start(),
    });
    speech.text.push_str(piece);
    if speech.text.len() >= MAX || speech.since.elapsed() >= PATIENCE {
        told.extend(end(open));
    }
    told
}

/// Ends what was being said.
pub(crate) fn end(open: &mut Option<Speech>) -> Option<AgentEvent> {
    let Speech { tone, text, .. } = open.take()?;
    let text = text.trim_end().to_owned();
    if text.is_empty() {
        return None;
    }
    Some(match tone {
        Tone::Loud => AgentEvent::Text { text },
        Tone::Thought => AgentEvent::Thinking { text },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(pieces: &[(Tone, &str, &str)]) -> Vec<AgentEvent> {
        let mut open = None;
        let mut told = Vec::new();
        for (tone, message, piece) in pieces {
            told.extend(add(&mut open, *tone, message, piece));
        }
        told.extend(end(&mut open));
        told
    }

    fn loud(text: &str) -> AgentEvent {
        AgentEvent::Text { text: text.into() }
    }

    #[test]
    fn pieces_of_one_message_are_one_event() {
        let pieces = [(Tone::Loud, "1", "All "), (Tone::Loud, "1", "done.\n")];
        assert_eq!(said(&pieces), [loud("All done.")]);
        let pieces = [(Tone::Loud, "1", "All"), (Tone::Loud, "2", "done.")];
        assert_eq!(said(&pieces), [loud("All"), loud("done.")]);
    }

    #[test]
    fn thoughts_and_words_are_told_apart_and_silence_is_nothing() {
        let pieces = [
            (Tone::Thought, "", "Hm"),
            (Tone::Loud, "", "Yes"),
            (Tone::Loud, "2", " \n"),
        ];
        let thought = AgentEvent::Thinking { text: "Hm".into() };
        assert_eq!(said(&pieces), [thought, loud("Yes")]);
    }

    #[test]
    fn a_speech_without_end_is_told_in_parts() {
        let long = "x".repeat(MAX);
        let pieces = [(Tone::Loud, "", long.as_str()), (Tone::Loud, "", "y")];
        assert_eq!(said(&pieces), [loud(&long), loud("y")]);
    }
}
