//! `OpenAI` Chat Completions.

use serde_json::{Value, json};

use super::tools::Tool;
use super::wire::{CREATED, Frame, Reply, Usage, id, pieces};

pub(super) fn tool(listed: &Value) -> Option<Tool> {
    let function = listed.get("function")?;
    let name = function.get("name")?.as_str()?;
    Some(Tool::function(name, function.get("parameters")))
}

fn usage(counts: Usage) -> Value {
    json!({
        "prompt_tokens": counts.input,
        "completion_tokens": counts.output,
        "total_tokens": counts.input + counts.output,
        "prompt_tokens_details": { "cached_tokens": counts.cache_read },
    })
}

fn finish_reason(reply: &Reply) -> &'static str {
    if reply.calls.is_empty() {
        "stop"
    } else {
        "tool_calls"
    }
}

pub(super) fn whole(reply: &Reply) -> Value {
    let content = (!reply.text.is_empty()).then_some(reply.text);
    let mut message = json!({ "role": "assistant", "content": content });
    if !reply.calls.is_empty() {
        let call = |call: &super::tools::Called| {
            let function = json!({ "name": call.name, "arguments": call.text() });
            json!({ "id": id("call_"), "type": "function", "function": function })
        };
        message["tool_calls"] = reply.calls.iter().map(call).collect();
    }
    let choice = json!({ "index": 0, "message": message, "finish_reason": finish_reason(reply) });
    json!({
        "id": id("chatcmpl-"),
        "object": "chat.completion",
        "created": CREATED,
        "model": reply.model,
        "choices": [choice],
        "usage": usage(reply.usage),
    })
}

pub(super) fn frames(reply: &Reply) -> Vec<Frame> {
    let id_of_all = id("chatcmpl-");
    let chunk = |choices: Value| {
        json!({
            "id": id_of_all,
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": reply.model,
            "choices": choices,
        })
    };
    let delta = |delta: Value, finish: Option<&str>| {
        let choice = json!({ "index": 0, "delta": delta, "finish_reason": finish });
        Frame::bare(&chunk(json!([choice])))
    };
    let mut all = vec![delta(json!({ "role": "assistant", "content": "" }), None)];
    if !reply.text.is_empty() {
        let text = |piece| delta(json!({ "content": piece }), None);
        all.extend(pieces(reply.text).into_iter().map(text));
    }
    for (index, call) in reply.calls.iter().enumerate() {
        let function = json!({ "name": call.name, "arguments": "" });
        let begun =
            json!({ "index": index, "id": id("call_"), "type": "function", "function": function });
        all.push(delta(json!({ "tool_calls": [begun] }), None));
        for piece in pieces(&call.text()) {
            let part = json!({ "index": index, "function": { "arguments": piece } });
            all.push(delta(json!({ "tool_calls": [part] }), None));
        }
    }
    all.push(delta(json!({}), Some(finish_reason(reply))));
    let mut last = chunk(json!([]));
    last["usage"] = usage(reply.usage);
    all.push(Frame::bare(&last));
    all.push(Frame::bare(&"[DONE]"));
    all
}

pub(super) fn failing_frame() -> Frame {
    let error = json!({ "message": "scripted stream error", "type": "server_error", "code": 500 });
    Frame::bare(&json!({ "error": error }))
}
