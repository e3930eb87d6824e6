//! Codex: its command line and the events of `codex exec --json`.
//!
//! It tells neither a cost nor an HTTP status, and its retries only as prose. A stream without `turn.completed` or
//! `turn.failed` has not told how it ended. A command that its sandbox stops early may be missing from the stream: what
//! changed is git's to say.

use std::path::PathBuf;

use serde_json::Value;

use crate::{AgentConfig, AgentEvent, Usage, excerpt};

/// The arguments of one run; the prompt comes on standard input. Codex itself confines what it runs to its folder, the
/// temporary folders, and `writable`, unless the user's own setting for this agent lifts that; or unless chant confines
/// all of it already, which `writable` says by being absent: within one sandbox its own can not be made.
pub(crate) fn arguments(
    config: &AgentConfig,
    model: Option<&str>,
    resume: Option<&str>,
    writable: Option<&[PathBuf]>,
) -> Vec<String> {
    let mut args: Vec<String> = vec!["exec".into()];
    if config.bypasses() {
        args.push("--dangerously-bypass-approvals-and-sandbox".into());
    } else if let Some(writable) = writable {
        args.extend(["--sandbox".into(), "workspace-write".into()]);
        if !writable.is_empty() {
            let roots = writable_roots(writable);
            args.extend(["-c".into(), roots]);
        }
    } else {
        args.extend(["--sandbox".into(), "danger-full-access".into()]);
    }
    args.push("--json".into());
    if let Some(model) = model {
        args.extend(["--model".into(), model.to_owned()]);
    }
    args.extend(config.args.iter().cloned());
    if let Some(id) = resume {
        args.extend(["resume".into(), id.to_owned()]);
    }
    args.push("-".into());
    args
}

/// One setting, as TOML: a JSON string is a TOML basic string too.
fn writable_roots(folders: &[PathBuf]) -> String {
    let folders: Vec<String> = folders
        .iter()
        .map(|folder| Value::from(folder.to_string_lossy()).to_string())
        .collect();
    format!(
        "sandbox_workspace_write.writable_roots=[{}]",
        folders.join(",")
    )
}

/// The events of one line, or none if its type is not known.
pub(crate) fn events(line: &Value) -> Option<Vec<AgentEvent>> {
    let events = match line["type"].as_str()? {
        "thread.started" => vec![AgentEvent::Session {
            id: string(&line["thread_id"]),
        }],
        "turn.started" | "item.updated" => Vec::new(),
        "item.started" => began(&line["item"])?,
        "item.completed" => ended(&line["item"])?,
        "turn.completed" => vec![
            usage(&line["usage"]).into(),
            AgentEvent::End {
                ok: true,
                reason: "finished".into(),
            },
        ],
        "turn.failed" => vec![AgentEvent::End {
            ok: false,
            reason: excerpt::one_line(&string(&line["error"]["message"])),
        }],
        "error" => vec![trouble(&string(&line["message"]))],
        _ => return None,
    };
    Some(events)
}

/// What begins to run. The other items are told when they are complete.
fn began(item: &Value) -> Option<Vec<AgentEvent>> {
    let call = |name: String, input: &Value| {
        vec![AgentEvent::ToolCall {
            id: string(&item["id"]),
            name,
            input: excerpt::one_line(
                &input
                    .as_str()
                    .map_or_else(|| input.to_string(), str::to_owned),
            ),
        }]
    };
    Some(match item["type"].as_str()? {
        "command_execution" => call("shell".into(), &item["command"]),
        "mcp_tool_call" => call(tool_of_a_server(item), &item["arguments"]),
        "web_search" => call("web_search".into(), &item["query"]),
        _ => Vec::new(),
    })
}

fn tool_of_a_server(item: &Value) -> String {
    format!("{}.{}", string(&item["server"]), string(&item["tool"]))
}

fn ended(item: &Value) -> Option<Vec<AgentEvent>> {
    let result = |ok: bool, text: &str| {
        vec![AgentEvent::ToolResult {
            id: string(&item["id"]),
            ok,
            text: excerpt::cut(text, excerpt::DETAIL),
        }]
    };
    Some(match item["type"].as_str()? {
        "agent_message" => vec![AgentEvent::Text {
            text: excerpt::cut(item["text"].as_str()?, excerpt::TEXT),
        }],
        "reasoning" => vec![AgentEvent::Thinking {
            text: excerpt::cut(item["text"].as_str()?, excerpt::DETAIL),
        }],
        "command_execution" => result(
            item["exit_code"].as_i64() == Some(0),
            &string(&item["aggregated_output"]),
        ),
        "mcp_tool_call" => result(item["error"].is_null(), &answer(item)),
        "file_change" => changes(item),
        "error" => vec![AgentEvent::Warning {
            text: excerpt::one_line(&string(&item["message"])),
        }],
        "todo_list" | "web_search" => Vec::new(),
        _ => return None,
    })
}

/// What a tool of a server answered, or why it failed.
fn answer(item: &Value) -> String {
    if let Some(message) = item["error"]["message"].as_str() {
        return message.to_owned();
    }
    let blocks = item["result"]["content"].as_array();
    let texts = blocks.into_iter().flatten();
    let texts: Vec<&str> = texts.filter_map(|block| block["text"].as_str()).collect();
    texts.join("\n")
}

/// The files of a patch; one that could not be applied changed none.
fn changes(item: &Value) -> Vec<AgentEvent> {
    if item["status"] != "completed" {
        return vec![AgentEvent::Warning {
            text: "a patch could not be applied".into(),
        }];
    }
    let changes = item["changes"].as_array().into_iter().flatten();
    changes
        .map(|change| AgentEvent::FileChange {
            path: string(&change["path"]),
            change: string(&change["kind"]),
        })
        .collect()
}

/// `Reconnecting... 2/5 (why)` is a retry. Anything else is said once more by the end that follows it, which is what people are
/// shown; where Codex dies before that, it is its last word, as a line on standard error would be.
fn trouble(message: &str) -> AgentEvent {
    let retry = || {
        let (count, why) = message.strip_prefix("Reconnecting... ")?.split_once(' ')?;
        let (attempt, max) = count.split_once('/')?;
        Some(AgentEvent::Retry {
            reason: excerpt::one_line(why.trim_start_matches('(').trim_end_matches(')')),
            attempt: attempt.parse().ok()?,
            max: max.parse().ok()?,
            delay_ms: 0,
        })
    };
    retry().unwrap_or_else(|| AgentEvent::Stderr {
        text: excerpt::one_line(message),
    })
}

/// Codex counts what it read from the cache as input too; in our events the two are apart.
fn usage(usage: &Value) -> Usage {
    let number = |field: &str| usage[field].as_u64().unwrap_or_default();
    let cache_read = number("cached_input_tokens");
    Usage {
        input: number("input_tokens").saturating_sub(cache_read),
        output: number("output_tokens"),
        cache_read,
        cache_write: number("cache_write_input_tokens"),
    }
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
