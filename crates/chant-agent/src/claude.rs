//! Claude Code: its command line and its `stream-json` events.
//!
//! Success is judged by the `result` event's `is_error` and `terminal_reason`, never by its `subtype` alone: an API failure
//! arrives as `subtype: success`. Fields are read leniently, since they differ between versions.

mod talk;
mod tally;

use serde_json::Value;

pub(crate) use talk::{Decision, Question, Talk};
pub(crate) use tally::Tally;

use crate::{AgentConfig, AgentEvent, End, Permissions, Usage, excerpt};

/// The arguments of one run; the prompt comes on standard input, as text or as the first thing that is said.
pub(crate) fn arguments(
    config: &AgentConfig,
    model: Option<&str>,
    resume: Option<&str>,
) -> Vec<String> {
    let mut args: Vec<String> = ["-p", "--output-format", "stream-json", "--verbose"]
        .map(String::from)
        .into();
    if let Some(model) = model {
        args.extend(["--model".into(), model.to_owned()]);
    }
    if let Some(id) = resume {
        args.extend(["--resume".into(), id.to_owned()]);
    }
    if config.bypasses() {
        args.push("--dangerously-skip-permissions".into());
    } else {
        args.extend(["--permission-mode".into(), "acceptEdits".into()]);
        if Talk::is_wanted(config) {
            let talk = [
                "--input-format",
                "stream-json",
                "--permission-prompt-tool",
                "stdio",
            ];
            args.extend(talk.map(String::from));
        }
        if config.permissions == Some(Permissions::Allow) {
            // One word each: what is allowed may hold spaces.
            args.extend(
                config
                    .allow
                    .iter()
                    .map(|tool| format!("--allowedTools={tool}")),
            );
        }
    }
    args.extend(config.args.iter().cloned());
    args
}

/// The events of one line, or none if its type is not known.
pub(crate) fn events(line: &Value) -> Option<Vec<AgentEvent>> {
    match line["type"].as_str()? {
        "system" => system(line),
        "assistant" => assistant(line),
        "user" => user(line),
        "result" => Some(result(line)),
        "rate_limit_event" => Some(plan(&line["rate_limit_info"])),
        "control_request" => question(line),
        // What it says to our questions, that it takes one back, and the raw pieces of what `assistant` says whole.
        "control_response" | "control_cancel_request" | "keep_alive" | "stream_event" => {
            Some(Vec::new())
        }
        _ => None,
    }
}

fn system(line: &Value) -> Option<Vec<AgentEvent>> {
    let events = match line["subtype"].as_str()? {
        "init" => {
            let id = line["session_id"]
                .as_str()
                .map(|id| AgentEvent::Session { id: id.to_owned() });
            let model = line["model"].as_str().map(|name| AgentEvent::Model {
                name: name.to_owned(),
            });
            id.into_iter().chain(model).collect()
        }
        "api_retry" => vec![AgentEvent::Retry {
            reason: retry_reason(line),
            attempt: number(&line["attempt"]),
            max: number(&line["max_retries"]),
            delay_ms: number(&line["retry_delay_ms"]),
        }],
        "permission_denied" => vec![AgentEvent::PermissionDenied {
            tool: string(&line["tool_name"]),
            input: String::new(),
            reason: excerpt::one_line(&string(&line["message"])),
            // A rule of the user's own that denies comes before any list.
            allow: (line["decision_reason_type"] != "rule").then(|| string(&line["tool_name"])),
        }],
        "compact_boundary" => vec![AgentEvent::Compacted {
            reason: string(&line["compact_metadata"]["trigger"]),
            before: number(&line["compact_metadata"]["pre_tokens"]),
        }],
        "status" | "hook_started" | "hook_response" => Vec::new(),
        _ => return None,
    };
    Some(events)
}

/// How much of the plan is used. What goes on beside the plan, paid extra, is no limit.
fn plan(info: &Value) -> Vec<AgentEvent> {
    let which = match info["rateLimitType"].as_str() {
        Some(kind) => format!("plan limit ({})", kind.replace('_', " ")),
        None => "plan limit".to_owned(),
    };
    let paid_extra = info["isUsingOverage"].as_bool() == Some(true);
    match info["status"].as_str() {
        Some("rejected") if !paid_extra => vec![AgentEvent::Limit {
            reason: format!("{which} reached"),
            until: info["resetsAt"].as_i64().map(|seconds| seconds.to_string()),
        }],
        Some("allowed_warning") => vec![AgentEvent::Warning {
            text: match info["utilization"].as_f64() {
                Some(share) => format!("{which}: {:.0} % used", share * 100.0),
                None => format!("{which}: nearly reached"),
            },
        }],
        _ => Vec::new(),
    }
}

/// What it asks; other requests are not known.
fn question(line: &Value) -> Option<Vec<AgentEvent>> {
    let request = &line["request"];
    (request["subtype"] == "can_use_tool").then(|| {
        vec![AgentEvent::PermissionRequest {
            id: string(&line["request_id"]),
            tool: string(&request["tool_name"]),
            input: tool_input(&request["input"]),
        }]
    })
}

/// Where there is no status there was no answer, or half of one.
fn retry_reason(line: &Value) -> String {
    let error = line["error"].as_str().unwrap_or("unknown");
    match line["error_status"].as_u64() {
        Some(status) => format!("{} ({status})", error.replace('_', " ")),
        None if error == "unknown" => "the connection was lost".to_owned(),
        None => error.replace('_', " "),
    }
}

fn assistant(line: &Value) -> Option<Vec<AgentEvent>> {
    let blocks = line["message"]["content"].as_array()?;
    let failed = line["is_api_error_message"].as_bool() == Some(true);
    Some(
        blocks
            .iter()
            .filter_map(|block| said(block, failed))
            .collect(),
    )
}

fn said(block: &Value, failed: bool) -> Option<AgentEvent> {
    let event = match block["type"].as_str()? {
        "text" if failed => AgentEvent::Warning {
            text: excerpt::one_line(block["text"].as_str()?),
        },
        "text" => AgentEvent::Text {
            text: excerpt::cut(block["text"].as_str()?, excerpt::TEXT),
        },
        "thinking" => AgentEvent::Thinking {
            text: excerpt::cut(block["thinking"].as_str()?, excerpt::DETAIL),
        },
        "tool_use" => AgentEvent::ToolCall {
            id: string(&block["id"]),
            name: string(&block["name"]),
            input: tool_input(&block["input"]),
        },
        kind => AgentEvent::Unknown {
            raw: excerpt::cut(&format!("{kind}: {block}"), excerpt::DETAIL),
        },
    };
    Some(event)
}

/// A tool's input as one line: the field that says most, or all of it.
fn tool_input(input: &Value) -> String {
    excerpt::one_line(&tool_input_whole(input))
}

/// The same as it is: what is decided about must not be cut.
fn tool_input_whole(input: &Value) -> String {
    const TELLING: [&str; 8] = [
        "command",
        "file_path",
        "path",
        "pattern",
        "url",
        "query",
        "description",
        "prompt",
    ];
    let telling = TELLING.iter().find_map(|field| input[*field].as_str());
    telling.map_or_else(|| input.to_string(), str::to_owned)
}

fn user(line: &Value) -> Option<Vec<AgentEvent>> {
    // The prompt itself, echoed, has a string here; it is known already.
    if line["message"]["content"].is_string() {
        return Some(Vec::new());
    }
    let blocks = line["message"]["content"].as_array()?;
    let results = blocks
        .iter()
        .filter(|block| block["type"] == "tool_result")
        .map(|block| AgentEvent::ToolResult {
            id: string(&block["tool_use_id"]),
            ok: block["is_error"].as_bool() != Some(true),
            text: excerpt::cut(&content_text(&block["content"]), excerpt::DETAIL),
        });
    Some(
        results
            .chain(file_changes(&line["tool_use_result"]))
            .collect(),
    )
}

/// The text of a content field, which is a string or a list of blocks.
fn content_text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => blocks
            .iter()
            .filter_map(|block| block["text"].as_str())
            .collect::<Vec<_>>()
            .join("\n"),
        _ => String::new(),
    }
}

/// The files a tool says it changed: an edit tool names one, a shell command any number.
fn file_changes(result: &Value) -> Vec<AgentEvent> {
    let event = |path: &str, change: &str| AgentEvent::FileChange {
        path: path.to_owned(),
        change: change.to_owned(),
    };
    let edited = result["filePath"]
        .as_str()
        .filter(|_| result.get("type").is_none_or(|kind| kind != "text"));
    let change = result["type"].as_str().unwrap_or("update");
    let by_shell = result["bashEditDiff"]["changedFiles"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    edited
        .map(|path| event(path, change))
        .into_iter()
        .chain(by_shell.map(|path| event(path, "update")))
        .collect()
}

fn result(line: &Value) -> Vec<AgentEvent> {
    let mut events = vec![AgentEvent::from(usage(line))];
    if let Some(usd) = line["total_cost_usd"].as_f64() {
        events.push(AgentEvent::Cost { usd });
    }
    let ok = line["is_error"].as_bool() == Some(false) && completed(line);
    let reason = if ok {
        "finished".to_owned()
    } else {
        failure(line)
    };
    events.push(AgentEvent::End { ok, reason });
    events
}

/// Versions before `terminal_reason` have only the subtype.
fn completed(line: &Value) -> bool {
    match line["terminal_reason"].as_str() {
        Some(reason) => reason == "completed",
        None => line["subtype"] == "success",
    }
}

/// The sum over all models, which counts every turn; `usage` may be that of the last turn only.
fn usage(line: &Value) -> Usage {
    let models: Vec<&Value> = line["modelUsage"]
        .as_object()
        .into_iter()
        .flat_map(|models| models.values())
        .collect();
    if models.is_empty() {
        return tokens(&line["usage"]);
    }
    let sum = |field: &str| {
        models
            .iter()
            .map(|model| number(&model[field]))
            .fold(0, u64::saturating_add)
    };
    Usage {
        input: sum("inputTokens"),
        output: sum("outputTokens"),
        cache_read: sum("cacheReadInputTokens"),
        cache_write: sum("cacheCreationInputTokens"),
    }
}

/// The usage of one answer.
fn tokens(usage: &Value) -> Usage {
    Usage {
        input: number(&usage["input_tokens"]),
        output: number(&usage["output_tokens"]),
        cache_read: number(&usage["cache_read_input_tokens"]),
        cache_write: number(&usage["cache_creation_input_tokens"]),
    }
}

/// One sentence from a result that is no success.
fn failure(line: &Value) -> String {
    let said = line["result"]
        .as_str()
        .or_else(|| line["errors"][0].as_str())
        .unwrap_or_default();
    let said = excerpt::one_line(said);
    let why = line["terminal_reason"]
        .as_str()
        .or_else(|| line["subtype"].as_str())
        .unwrap_or("no reason given");
    match why {
        "aborted_tools" | "aborted_streaming" => format!("the agent was interrupted ({why})"),
        _ if said.is_empty() => why.replace('_', " "),
        _ => format!("{}: {said}", why.replace('_', " ")),
    }
}

/// What an end without any `result` event means, where claude is known for it.
pub(crate) fn end_without_result(
    code: i32,
    bypass: bool,
    last_stderr: Option<&str>,
) -> Option<End> {
    const TERMINATED: i32 = 128 + 15;
    if code == TERMINATED {
        return Some(End::Killed {
            reason: "the agent was ended by SIGTERM (exit code 143)".into(),
        });
    }
    let refused_root = code == 1 && bypass && last_stderr.is_some_and(|line| line.contains("root"));
    refused_root.then(|| End::Failed {
        reason: "claude does not skip permissions when run by root: set IS_SANDBOX=1 if this machine is a sandbox, \
                 run chant as another user, or turn `bypass_permissions` off for this agent"
            .into(),
    })
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}

#[cfg(test)]
mod tests;
