//! The fence around text from outside: where it begins and ends, in a way that the text itself cannot tell.
//!
//! Every fence line of a prompt holds a mark. It is made from the run's id, which nobody knows before the run, and is not
//! in any of the text it stands around; so no text can close its own fence or open another. What a mark means is told
//! once in each prompt.

use std::borrow::Cow;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// The mark of one prompt's fences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fence {
    mark: String,
}

impl Fence {
    /// A mark for the run `run` that none of `texts` holds. Without a run, the texts alone decide.
    pub(crate) fn around<'t>(run: &str, texts: &(impl Iterator<Item = &'t [u8]> + Clone)) -> Self {
        let mut hash = Sha256::new();
        hash.update(run);
        for text in texts.clone() {
            hash.update([0]);
            hash.update(text);
        }
        loop {
            let digest = hash.clone().finalize();
            let mark = digest.iter().take(6).fold(String::new(), |mut mark, byte| {
                // Writing to a string does not fail.
                let _ = write!(mark, "{byte:02x}");
                mark
            });
            let is_held = |text: &[u8]| memchr::memmem::find(text, mark.as_bytes()).is_some();
            if !texts.clone().any(is_held) {
                return Self { mark };
            }
            hash.update(digest);
        }
    }

    pub(crate) fn mark(&self) -> &str {
        &self.mark
    }

    /// `text` between its two lines.
    pub(crate) fn put(&self, kind: &str, name: &str, note: &str, text: &str) -> String {
        let (mark, text) = (&self.mark, visible(text));
        let end = if text.is_empty() || text.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        format!(
            "<<<<<<<< {kind} {mark}: {name}{note}\n{text}{end}>>>>>>>> end of {kind} {mark}: {name}"
        )
    }
}

/// The text with every character written out that could make it look other than it is: control characters, and those that
/// turn the direction of writing or have no width.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for letter in text.replace("\r\n", "\n").chars() {
        if is_hidden(letter) {
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(letter));
        } else {
            shown.push(letter);
        }
    }
    Cow::Owned(shown)
}

fn is_hidden(letter: char) -> bool {
    let is_plain_space = matches!(letter, '\n' | '\t');
    let has_no_look = matches!(
        letter,
        '\u{ad}' | '\u{061c}' | '\u{115f}'..='\u{1160}' | '\u{180e}' | '\u{200b}' | '\u{200e}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
    );
    (letter.is_control() && !is_plain_space) || has_no_look
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(run: &str, texts: &[&str]) -> String {
        let texts = texts.iter().map(|text| text.as_bytes());
        Fence::around(run, &texts).mark().to_owned()
    }

    #[test]
    fn the_mark_is_the_runs_and_the_texts() {
        assert_eq!(mark("run-1", &["a", "b"]), mark("run-1", &["a", "b"]));
        assert_ne!(mark("run-1", &["a", "b"]), mark("run-2", &["a", "b"]));
        assert_ne!(mark("run-1", &["a", "b"]), mark("run-1", &["ab", ""]));
    }

    #[test]
    fn no_text_holds_the_mark_even_if_it_was_told() {
        let texts = ["one", "two"];
        let told = mark("run-1", &texts);
        let digest = Fence::around("run-1", &[told.as_bytes()].into_iter());
        assert!(!told.contains(digest.mark()));
    }

    #[test]
    fn what_cannot_be_seen_is_written_out() {
        for (text, expect) in [
            ("plain\ttext\nü 漢", "plain\ttext\nü 漢"),
            ("a\u{1b}[2Jb\u{7}", "a\\u{1b}[2Jb\\u{7}"),
            (
                "x\u{202e}y\u{2066}z\u{200b}",
                "x\\u{202e}y\\u{2066}z\\u{200b}",
            ),
            ("one\r\ntwo\rthree", "one\ntwo\\u{d}three"),
            ("\u{e0041}\u{feff}", "\\u{e0041}\\u{feff}"),
            ("a\u{e0121}b\u{ad}", "a\\u{e0121}b\\u{ad}"),
        ] {
            assert_eq!(visible(text), expect, "{text:?}");
        }
    }

    #[test]
    fn a_fence_ends_on_a_line_of_its_own() {
        let fence = Fence {
            mark: "m".to_owned(),
        };
        assert_eq!(
            fence.put("input", "a.md", " (file)", "x"),
            "<<<<<<<< input m: a.md (file)\nx\n>>>>>>>> end of input m: a.md"
        );
    }
}
