//! The agent's tool calls, which come as updates of updates, in any order.
//!
//! Owns what is known of each call so far. A call is told once its input is known, and its result once; agents announce
//! calls before they have written the input, report on calls that they never announced, and report an end twice.

use std::collections::{BTreeMap, VecDeque};

use chant_agent::AgentEvent;
use serde_json::Value;

/// One call, as far as it is known.
#[derive(Debug, Default)]
struct Call {
    name: String,
    title: String,
    kind: String,
    input: Value,
    output: String,
    changes: Vec<(String, &'static str)>,
    places: Vec<String>,
    told: bool,
}

/// How many calls that ended are remembered, so that an end which is reported twice is told once.
const ENDED: usize = 64;

/// The calls of the turn, by the agent's own ids.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    open: BTreeMap<String, Call>,
    /// A turn may have any number of them.
    ended: VecDeque<String>,
}

impl Calls {
    /// Takes in `tool_call`, `tool_call_update`, or the call in a question for permission.
    pub(crate) fn update(&mut self, update: &Value, is_first: bool) -> Vec<AgentEvent> {
        let id = string(&update["toolCallId"]);
        if self.ended.contains(&id) {
            return Vec::new();
        }
        let call = self.open.entry(id.clone()).or_default();
        call.learn(update);
        let status = update["status"].as_str().unwrap_or_default();
        let mut events = Vec::new();
        let waits = is_first && matches!(status, "" | "pending") && !call.says_what();
        if !waits {
            events.extend(call.tell(&id));
        }
        if matches!(status, "completed" | "failed") {
            events.extend(call.end(&id, status == "completed"));
            self.forget(id);
        }
        events
    }

    fn forget(&mut self, id: String) {
        self.open.remove(&id);
        if self.ended.len() == ENDED {
            self.ended.pop_front();
        }
        self.ended.push_back(id);
    }

    /// The tool of a call and its input, as they are told.
    pub(crate) fn told(&self, id: &str) -> (String, String) {
        let call = self.open.get(id);
        call.map(|call| (call.name(), call.input()))
            .unwrap_or_default()
    }

    /// The turn is over: what was announced and never came to anything is told at least.
    pub(crate) fn end(&mut self) -> Vec<AgentEvent> {
        let left = std::mem::take(&mut self.open);
        left.into_iter()
            .filter_map(|(id, mut call)| call.tell(&id))
            .collect()
    }
}

impl Call {
    fn learn(&mut self, update: &Value) {
        let own_name = update["name"]
            .as_str()
            .or_else(|| update["_meta"]["claudeCode"]["toolName"].as_str());
        let set = |field: &mut String, value: Option<&str>| {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                value.clone_into(field);
            }
        };
        set(&mut self.name, own_name);
        set(&mut self.title, update["title"].as_str());
        set(&mut self.kind, update["kind"].as_str());
        if update["rawInput"]
            .as_object()
            .is_some_and(|input| !input.is_empty())
            || update["rawInput"].is_string()
        {
            self.input = update["rawInput"].clone();
        }
        if let Some(piece) = update["_meta"]["terminal_output_delta"]["data"].as_str() {
            self.output.push_str(piece);
        }
        if let Some(places) = update["locations"]
            .as_array()
            .filter(|places| !places.is_empty())
        {
            self.places = places.iter().map(|place| string(&place["path"])).collect();
        }
        self.learn_content(update);
    }

    /// Content replaces content, so the last is all of it.
    fn learn_content(&mut self, update: &Value) {
        let blocks = update["content"].as_array().into_iter().flatten();
        let mut texts = Vec::new();
        for block in blocks {
            match block["type"].as_str() {
                Some("diff") => self.changes.push(change(block)),
                _ => texts.extend(text_of(&block["content"])),
            }
        }
        // What a tool wrote is told as it is before what was made of it to be shown.
        if let Some(output) = raw_output(&update["rawOutput"]) {
            self.output = output;
        } else if !texts.is_empty() {
            self.output = texts.join("\n");
        }
    }

    /// Whether the input says more than where it runs.
    fn says_what(&self) -> bool {
        match &self.input {
            Value::Object(fields) => fields.keys().any(|key| key != "cwd"),
            input => !input.is_null(),
        }
    }

    /// The tool's own name, else what kind of tool it is.
    fn name(&self) -> String {
        let known = [&self.name, &self.kind, &self.title];
        let known = known.into_iter().find(|name| !name.is_empty());
        known.map_or_else(|| "tool".to_owned(), Clone::clone)
    }

    fn tell(&mut self, id: &str) -> Option<AgentEvent> {
        if std::mem::replace(&mut self.told, true) {
            return None;
        }
        Some(AgentEvent::ToolCall {
            id: id.to_owned(),
            name: self.name(),
            input: self.input(),
        })
    }

    /// The input as one would write it down.
    fn input(&self) -> String {
        match telling(&self.input) {
            Some(input) => input,
            None if self.title.is_empty() && self.says_what() => self.input.to_string(),
            None => self.title.clone(),
        }
    }

    fn end(&mut self, id: &str, ok: bool) -> Vec<AgentEvent> {
        let mut events = vec![AgentEvent::ToolResult {
            id: id.to_owned(),
            ok,
            text: std::mem::take(&mut self.output),
        }];
        if !ok {
            return events;
        }
        let mut changes = std::mem::take(&mut self.changes);
        changes.dedup();
        if changes.is_empty() && matches!(self.kind.as_str(), "delete" | "move") {
            let change = if self.kind == "move" {
                "move"
            } else {
                "delete"
            };
            changes.extend(self.places.drain(..).map(|path| (path, change)));
        }
        events.extend(
            changes
                .into_iter()
                .map(|(path, change)| AgentEvent::FileChange {
                    path,
                    change: change.to_owned(),
                }),
        );
        events
    }
}

fn change(block: &Value) -> (String, &'static str) {
    let is_new = block["oldText"].is_null();
    let change = if is_new { "create" } else { "update" };
    (string(&block["path"]), change)
}

/// The field of an input that says most.
fn telling(input: &Value) -> Option<String> {
    const TELLING: [&str; 11] = [
        "command",
        "cmd",
        "file_path",
        "filePath",
        "path",
        "pattern",
        "url",
        "query",
        "description",
        "prompt",
        "fileName",
    ];
    if let Some(text) = input.as_str() {
        return Some(text.to_owned());
    }
    TELLING.iter().find_map(|field| match &input[*field] {
        Value::String(text) => Some(text.clone()),
        Value::Array(words) => {
            let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
            (!words.is_empty()).then(|| words.join(" "))
        }
        _ => None,
    })
}

fn raw_output(output: &Value) -> Option<String> {
    let text = output
        .as_str()
        .or_else(|| output["output"].as_str())
        .or_else(|| output["error"].as_str())
        .or_else(|| output["stdout"].as_str());
    text.map(str::to_owned)
}

/// A content block as text; what is no text is named.
pub(crate) fn text_of(block: &Value) -> Option<String> {
    let text = match block["type"].as_str()? {
        "text" => string(&block["text"]),
        "resource_link" => format!("[{}]", string(&block["uri"])),
        "resource" => match block["resource"]["text"].as_str() {
            Some(text) => text.to_owned(),
            None => format!("[{}]", string(&block["resource"]["uri"])),
        },
        kind => format!("[{kind}]"),
    };
    Some(text)
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(updates: &[Value]) -> Vec<AgentEvent> {
        let mut calls = Calls::default();
        let mut events: Vec<_> = updates
            .iter()
            .flat_map(|update| calls.update(update, update["sessionUpdate"] == "tool_call"))
            .collect();
        events.extend(calls.end());
        events
    }

    fn call(name: &str, input: &str) -> AgentEvent {
        AgentEvent::ToolCall {
            id: "1".into(),
            name: name.into(),
            input: input.into(),
        }
    }

    fn result(ok: bool, text: &str) -> AgentEvent {
        AgentEvent::ToolResult {
            id: "1".into(),
            ok,
            text: text.into(),
        }
    }

    #[test]
    fn a_call_is_told_when_its_input_is_known_and_its_end_once() {
        let updates = [
            json!({"sessionUpdate": "tool_call", "toolCallId": "1", "name": "Bash", "title": "Terminal", "rawInput": {},
                   "status": "pending", "kind": "execute"}),
            json!({"toolCallId": "1", "rawInput": {"command": "ls"}, "title": "ls"}),
            json!({"toolCallId": "1", "status": "completed", "rawOutput": "a b",
                   "content": [{"type": "content", "content": {"type": "text", "text": "a b"}}]}),
            json!({"toolCallId": "1", "status": "completed"}),
        ];
        assert_eq!(told(&updates), [call("Bash", "ls"), result(true, "a b")]);
    }

    #[test]
    fn a_call_that_was_never_announced_is_told_by_its_end() {
        let updates =
            [json!({"toolCallId": "1", "status": "failed", "title": "make", "kind": "execute"})];
        assert_eq!(told(&updates), [call("execute", "make"), result(false, "")]);
    }

    #[test]
    fn a_call_without_end_is_told_with_the_turn() {
        let updates = [json!({"sessionUpdate": "tool_call", "toolCallId": "1", "title": "Read x"})];
        assert_eq!(told(&updates), [call("Read x", "Read x")]);
    }

    #[test]
    fn only_what_succeeded_changed_files() {
        let edit = |status: &str| {
            told(&[
                json!({"toolCallId": "1", "kind": "edit", "title": "Edit a", "status": status, "content": [
                {"type": "diff", "path": "a", "oldText": null, "newText": "x"},
                {"type": "diff", "path": "b", "oldText": "x", "newText": "y"}]}),
            ])
        };
        let change = |path: &str, change: &str| AgentEvent::FileChange {
            path: path.into(),
            change: change.into(),
        };
        let done = [
            call("edit", "Edit a"),
            result(true, ""),
            change("a", "create"),
            change("b", "update"),
        ];
        assert_eq!(edit("completed"), done);
        assert_eq!(edit("failed"), [call("edit", "Edit a"), result(false, "")]);
        let delete = json!({"toolCallId": "1", "kind": "delete", "title": "rm", "status": "completed",
                            "locations": [{"path": "c"}]});
        assert_eq!(told(&[delete])[2], change("c", "delete"));
    }

    #[test]
    fn output_that_comes_in_pieces_is_joined() {
        let piece = |data: &str| json!({"toolCallId": "1", "_meta": {"terminal_output_delta": {"data": data}}});
        let updates = [
            json!({"sessionUpdate": "tool_call", "toolCallId": "1", "status": "in_progress", "title": "t",
                   "rawInput": {"command": ["ls", "-l"]}, "kind": "execute"}),
            piece("one\n"),
            piece("two\n"),
            json!({"toolCallId": "1", "status": "failed"}),
        ];
        assert_eq!(
            told(&updates),
            [call("execute", "ls -l"), result(false, "one\ntwo\n")]
        );
    }
}
