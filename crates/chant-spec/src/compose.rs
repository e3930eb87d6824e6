//! The text of a new spec: what `chant add` writes.

use std::fmt::Write as _;

use crate::frontmatter::Kind;
use crate::quote::scalar;

/// What a new spec is to hold. An empty list or `None` leaves its key out.
#[derive(Debug, Clone, Default)]
pub struct NewSpec {
    /// `type`.
    pub kind: Kind,
    /// The title; line breaks become spaces.
    pub title: String,
    /// What has to be completed first.
    pub depends_on: Vec<String>,
    /// Inputs.
    pub informed_by: Vec<String>,
    /// The files it is about.
    pub target_files: Vec<String>,
    /// Free words to select by.
    pub labels: Vec<String>,
    /// The prompt to use.
    pub prompt: Option<String>,
    /// The model to use.
    pub model: Option<String>,
    /// The agent to use.
    pub agent: Option<String>,
    /// Commands that must succeed before it lands.
    pub verify: Vec<String>,
    /// What is started first: see [`crate::priority`].
    pub priority: Option<String>,
    /// Whether a person has to agree first.
    pub needs_approval: bool,
    /// What follows the title.
    pub body: Option<String>,
}

impl NewSpec {
    /// The file's text.
    pub fn render(&self) -> String {
        let mut text = format!(
            "---\ntype: {}\nstatus: pending\n",
            scalar(self.kind.as_str())
        );
        push_list(&mut text, "depends_on", &self.depends_on);
        push_list(&mut text, "informed_by", &self.informed_by);
        push_list(&mut text, "target_files", &self.target_files);
        push_list(&mut text, "labels", &self.labels);
        push_word(&mut text, "prompt", self.prompt.as_deref());
        push_word(&mut text, "model", self.model.as_deref());
        push_word(&mut text, "agent", self.agent.as_deref());
        push_word(&mut text, "priority", self.priority.as_deref());
        if !self.verify.is_empty() {
            text.push_str("verify:\n");
            for command in &self.verify {
                let _ = writeln!(text, "  - run: {}", scalar(command));
            }
        }
        if self.needs_approval {
            text.push_str("approval:\n  required: true\n  status: pending\n");
        }
        let _ = writeln!(text, "---\n\n# {}", heading(&self.title));
        if let Some(body) = self.body.as_deref().filter(|body| !body.trim().is_empty()) {
            let _ = writeln!(text, "\n{}", body.trim_end_matches('\n'));
        }
        text
    }
}

fn push_word(text: &mut String, key: &str, word: Option<&str>) {
    if let Some(word) = word {
        let _ = writeln!(text, "{key}: {}", scalar(word));
    }
}

fn push_list(text: &mut String, key: &str, words: &[String]) {
    if words.is_empty() {
        return;
    }
    let _ = writeln!(text, "{key}:");
    for word in words {
        let _ = writeln!(text, "  - {}", scalar(word));
    }
}

/// A title on one line, without control characters.
fn heading(title: &str) -> String {
    title
        .replace(char::is_control, " ")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}
