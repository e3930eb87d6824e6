//! The conversation with claude on its standard input: the prompt, answers to its questions, and the word to stop.

use std::collections::VecDeque;

use serde_json::{Value, json};

use crate::{AgentConfig, Answer, Permissions, matches_tool, pattern_for};

/// A question whether a tool may be used.
#[derive(Debug)]
pub(crate) struct Question {
    id: String,
    /// The tool.
    pub(crate) tool: String,
    /// Given back with a yes, as it was.
    input: Value,
}

/// What becomes of a question.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Yes.
    Allow,
    /// No, and why.
    Deny(&'static str),
    /// A person says.
    Ask,
}

/// One conversation.
#[derive(Debug)]
pub(crate) struct Talk {
    mode: Permissions,
    allow: Vec<String>,
    is_attended: bool,
    open: VecDeque<Question>,
}

impl Talk {
    /// Ends the turn that is under way.
    pub(crate) const INTERRUPT: &str =
        r#"{"type":"control_request","request_id":"chant-stop","request":{"subtype":"interrupt"}}"#;

    /// Whether these settings need one: who asks, needs an answer.
    pub(crate) fn is_wanted(config: &AgentConfig) -> bool {
        let asks = matches!(
            config.permissions,
            Some(Permissions::Ask | Permissions::Sandbox)
        );
        asks && !config.bypasses()
    }

    pub(crate) fn new(config: &AgentConfig) -> Self {
        Self {
            mode: config.permissions.unwrap_or(Permissions::Ask),
            allow: config.allow.clone(),
            is_attended: config.is_attended,
            open: VecDeque::new(),
        }
    }

    /// What is said first.
    pub(crate) fn opening(prompt: &str) -> [String; 2] {
        let hello = json!({
            "type": "control_request",
            "request_id": "chant-hello",
            "request": {"subtype": "initialize"},
        });
        let task = json!({"type": "user", "message": {"role": "user", "content": prompt}});
        [hello.to_string(), task.to_string()]
    }

    pub(crate) fn decide(&self, question: &Question) -> Decision {
        let input = super::tool_input_whole(&question.input);
        let is_listed = |pattern: &String| matches_tool(pattern, &question.tool, &input);
        if self.mode == Permissions::Sandbox || self.allow.iter().any(is_listed) {
            Decision::Allow
        } else if self.mode == Permissions::Ask && self.is_attended {
            Decision::Ask
        } else {
            Decision::Deny("nobody is there to be asked, and `allow:` does not list it")
        }
    }

    pub(crate) fn wait_for(&mut self, question: Question) {
        self.open.push_back(question);
    }

    /// Whether a person is thinking about an answer.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.open.is_empty()
    }

    /// The question that this answers.
    pub(crate) fn answered(&mut self, answer: Answer) -> Option<Question> {
        let question = self.open.pop_front()?;
        if answer == Answer::Always {
            self.allow.push(question.tool.clone());
        }
        Some(question)
    }
}

impl Question {
    /// Reads one from a line; none for any other line.
    pub(crate) fn read(line: &[u8]) -> Option<Self> {
        if !line.starts_with(b"{\"type\":\"control_request\"") {
            return None;
        }
        let line: Value = serde_json::from_slice(line).ok()?;
        let request = &line["request"];
        (request["subtype"] == "can_use_tool").then(|| Self {
            id: super::string(&line["request_id"]),
            tool: super::string(&request["tool_name"]),
            input: request["input"].clone(),
        })
    }

    /// What the tool is given, as one line.
    pub(crate) fn input_line(&self) -> String {
        super::tool_input(&self.input)
    }

    /// What `allow:` would have to list for it.
    pub(crate) fn pattern(&self) -> String {
        pattern_for(&self.tool, &super::tool_input_whole(&self.input))
    }

    pub(crate) fn allowed(&self) -> String {
        self.answer(&json!({"behavior": "allow", "updatedInput": self.input}))
    }

    pub(crate) fn denied(&self, reason: &str) -> String {
        self.answer(&json!({"behavior": "deny", "message": reason}))
    }

    fn answer(&self, response: &Value) -> String {
        let response = json!({"subtype": "success", "request_id": self.id, "response": response});
        json!({"type": "control_response", "response": response}).to_string()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::AgentKind;

    fn question(command: &str) -> Question {
        let line = json!({
            "type": "control_request",
            "request_id": "r1",
            "request": {"subtype": "can_use_tool", "tool_name": "Bash", "input": {"command": command}},
        });
        Question::read(line.to_string().as_bytes()).unwrap()
    }

    fn talk(mode: Permissions, is_attended: bool) -> Talk {
        let mut config = AgentConfig::new("a", AgentKind::Claude);
        config.permissions = Some(mode);
        config.allow = vec!["Bash(git *)".into()];
        config.is_attended = is_attended;
        Talk::new(&config)
    }

    #[test]
    fn each_mode_decides_in_its_way() {
        let (listed, other) = (question("git status"), question("rm x"));
        for attended in [true, false] {
            assert_eq!(
                talk(Permissions::Ask, attended).decide(&listed),
                Decision::Allow
            );
            assert_eq!(
                talk(Permissions::Sandbox, attended).decide(&other),
                Decision::Allow
            );
        }
        assert_eq!(talk(Permissions::Ask, true).decide(&other), Decision::Ask);
        assert!(matches!(
            talk(Permissions::Ask, false).decide(&other),
            Decision::Deny(_)
        ));
    }

    #[test]
    fn always_is_for_the_tool_and_the_rest_of_the_run() {
        let mut talk = talk(Permissions::Ask, true);
        talk.wait_for(question("rm x"));
        assert!(talk.is_waiting());
        let answered = talk.answered(Answer::Always).unwrap();
        assert!(
            answered
                .allowed()
                .contains("\"updatedInput\":{\"command\":\"rm x\"}")
        );
        assert!(!talk.is_waiting());
        assert_eq!(talk.decide(&question("rm y")), Decision::Allow);
        assert!(talk.answered(Answer::Yes).is_none());
    }

    #[test]
    fn a_prompt_of_many_lines_is_one_line() {
        for line in Talk::opening("one\ntwo \"three\"") {
            assert!(!line.contains('\n'), "{line}");
        }
    }
}
