//! The tools a client offers, and the calls of a turn made to fit them.
//!
//! Each client calls its shell and its editor differently; a script says what is to be done, and this finds the tool.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::script::Turn;
use crate::demo::put;

/// What clients call their shell.
const SHELLS: [&str; 13] = [
    "Bash",
    "bash",
    "exec_command",
    "shell_command",
    "shell",
    "run_shell_command",
    "run_command",
    "local_shell",
    "execute_bash",
    "execute_command",
    "terminal",
    "developer__shell",
    "run",
];

/// What clients call the tool that writes a whole file.
const WRITERS: [&str; 7] = [
    "Write",
    "write",
    "write_file",
    "WriteFile",
    "create",
    "create_file",
    "edit_file",
];

/// How a tool is called on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// With a JSON object.
    Function,
    /// With free text (Responses).
    Custom,
    /// With a JSON object, and the name of its group beside its own (Responses).
    Grouped(String),
}

/// A tool as a request offers it.
#[derive(Debug, Clone)]
pub(super) struct Tool {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) schema: Value,
}

impl Tool {
    pub(super) fn function(name: &str, schema: Option<&Value>) -> Self {
        Self {
            name: name.to_owned(),
            kind: Kind::Function,
            schema: schema.cloned().unwrap_or(Value::Null),
        }
    }
}

/// A call that goes out.
#[derive(Debug, Clone)]
pub(super) struct Called {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// An object; text for a tool that takes free text.
    pub(super) input: Value,
}

impl Called {
    /// The input as the text that travels.
    pub(super) fn text(&self) -> String {
        match &self.input {
            Value::String(text) if self.kind == Kind::Custom => text.clone(),
            other => other.to_string(),
        }
    }
}

/// The calls of a turn, for a client with these tools; an error says which tool is missing.
pub(super) fn calls(turn: &Turn, tools: &[Tool]) -> Result<Vec<Called>, String> {
    let mut found = Vec::new();
    for one in &turn.calls {
        found.extend(calls(one, tools)?);
    }
    if let Some(call) = &turn.call {
        let offered = tools.iter().find(|tool| tool.name == call.name);
        let kind = match (&call.namespace, offered) {
            (Some(group), _) => Kind::Grouped(group.clone()),
            (None, Some(tool)) => tool.kind.clone(),
            (None, None) => Kind::Function,
        };
        found.push(Called {
            name: call.name.clone(),
            kind,
            input: match &call.input {
                Value::Null => json!({}),
                input => input.clone(),
            },
        });
    }
    if let Some(command) = &turn.sh {
        found.push(shell(command, tools)?);
    }
    if let Some(file) = &turn.write {
        found.push(write(&file.path, &file.content, tools)?);
    }
    Ok(found)
}

fn shell(command: &str, tools: &[Tool]) -> Result<Called, String> {
    let tool = offered(&SHELLS, tools).ok_or_else(|| missing("shell", tools))?;
    let known = [("command", json!(command)), ("cmd", json!(command))];
    Ok(filled(tool, &known))
}

fn write(path: &str, content: &str, tools: &[Tool]) -> Result<Called, String> {
    if let Some(tool) = offered(&WRITERS, tools) {
        let paths = ["file_path", "filePath", "path", "absolute_path"];
        let texts = ["content", "contents", "file_text"];
        let paths = paths.map(|key| (key, json!(path)));
        let texts = texts.map(|key| (key, json!(content)));
        return Ok(filled(tool, &[paths.as_slice(), &texts].concat()));
    }
    let Some(tool) = offered(&["apply_patch"], tools) else {
        // Codex offers a model that it does not know nothing but a shell.
        return shell(&put(Path::new(path), content), tools);
    };
    let lines: String = content.lines().flat_map(|line| ["+", line, "\n"]).collect();
    let text = format!("*** Begin Patch\n*** Add File: {path}\n{lines}*** End Patch\n");
    if tool.kind == Kind::Custom {
        return Ok(Called {
            name: tool.name.clone(),
            kind: Kind::Custom,
            input: json!(text),
        });
    }
    Ok(filled(
        tool,
        &["input", "patch", "patchText"].map(|key| (key, json!(text))),
    ))
}

fn offered<'a>(names: &[&str], tools: &'a [Tool]) -> Option<&'a Tool> {
    let mut all = names.iter();
    all.find_map(|name| tools.iter().find(|tool| tool.name == *name))
}

fn missing(what: &str, tools: &[Tool]) -> String {
    let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
    format!("no {what} tool among: {}", names.join(", "))
}

/// A call with what is known, and a stand-in for whatever else the tool requires.
fn filled(tool: &Tool, known: &[(&str, Value)]) -> Called {
    let properties = tool.schema.get("properties");
    let property = |key: &str| properties.and_then(|all| all.get(key));
    let mut input = Map::new();
    for (key, value) in known {
        if let Some(schema) = property(key) {
            input.insert((*key).to_owned(), as_typed(value, schema));
        }
    }
    let required = tool.schema.get("required").and_then(Value::as_array);
    for key in required.into_iter().flatten().filter_map(Value::as_str) {
        if !input.contains_key(key) {
            let schema = property(key).unwrap_or(&Value::Null);
            input.insert(key.to_owned(), stand_in(key, schema));
        }
    }
    Called {
        name: tool.name.clone(),
        kind: tool.kind.clone(),
        input: Value::Object(input),
    }
}

/// Some shells take a list of words.
fn as_typed(value: &Value, schema: &Value) -> Value {
    if types(schema).contains(&"array") {
        return json!(["bash", "-lc", value]);
    }
    value.clone()
}

fn stand_in(key: &str, schema: &Value) -> Value {
    let first = schema.get("enum").and_then(|all| all.get(0));
    if let Some(first) = first {
        return first.clone();
    }
    match types(schema).first().copied().unwrap_or("string") {
        "boolean" | "BOOLEAN" => json!(false),
        "integer" | "number" if key.contains("timeout") => json!(60_000),
        "integer" | "number" => json!(1),
        "array" => json!([]),
        "object" => json!({}),
        _ => json!("scripted"),
    }
}

fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(one)) => vec![one],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(written: &Value) -> Turn {
        serde_json::from_value(written.clone()).expect("a turn")
    }

    fn tool(name: &str, schema: &Value) -> Tool {
        Tool::function(name, Some(schema))
    }

    #[test]
    fn a_command_goes_to_the_shell_that_is_offered() {
        let bash = json!({ "properties": { "command": { "type": "string" }, "description": { "type": "string" } },
            "required": ["command", "description"] });
        let found = calls(&turn(&json!({ "sh": "ls" })), &[tool("Bash", &bash)]).expect("a call");
        assert_eq!(found[0].name, "Bash");
        assert_eq!(
            found[0].input,
            json!({ "command": "ls", "description": "scripted" })
        );
        let list =
            json!({ "properties": { "command": { "type": "array" } }, "required": ["command"] });
        let found = calls(&turn(&json!({ "sh": "ls" })), &[tool("shell", &list)]).expect("a call");
        assert_eq!(found[0].input, json!({ "command": ["bash", "-lc", "ls"] }));
    }

    #[test]
    fn a_file_is_written_by_a_patch_where_there_is_no_writer() {
        let patch = Tool {
            name: "apply_patch".to_owned(),
            kind: Kind::Custom,
            schema: Value::Null,
        };
        let written = json!({ "write": { "path": "a.txt", "content": "one\ntwo\n" } });
        let found = calls(&turn(&written), &[patch]).expect("a call");
        let text = "*** Begin Patch\n*** Add File: a.txt\n+one\n+two\n*** End Patch\n";
        assert_eq!(found[0].text(), text);
    }

    #[test]
    fn a_missing_tool_is_named() {
        let error = calls(&turn(&json!({ "sh": "ls" })), &[tool("Read", &json!({}))]);
        assert_eq!(error.expect_err("no shell"), "no shell tool among: Read");
    }
}
