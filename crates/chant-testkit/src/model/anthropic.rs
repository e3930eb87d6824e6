//! Anthropic Messages.

use serde_json::{Value, json};

use super::tools::{Called, Tool};
use super::wire::{Frame, Reply, Usage, id, pieces};

pub(super) fn tool(listed: &Value) -> Option<Tool> {
    let name = listed.get("name")?.as_str()?;
    Some(Tool::function(name, listed.get("input_schema")))
}

fn usage(counts: Usage, output: u64) -> Value {
    json!({
        "input_tokens": counts.input,
        "cache_creation_input_tokens": counts.cache_write,
        "cache_read_input_tokens": counts.cache_read,
        "output_tokens": output,
    })
}

fn stop_reason(reply: &Reply) -> &'static str {
    if reply.calls.is_empty() {
        "end_turn"
    } else {
        "tool_use"
    }
}

pub(super) fn whole(reply: &Reply) -> Value {
    let mut content = Vec::new();
    if reply.has_text() {
        content.push(json!({ "type": "text", "text": reply.text }));
    }
    let calls = reply.calls.iter();
    content.extend(calls.map(|call| tool_use(call, &call.input)));
    json!({
        "id": id("msg_"),
        "type": "message",
        "role": "assistant",
        "model": reply.model,
        "content": content,
        "stop_reason": stop_reason(reply),
        "stop_sequence": null,
        "usage": usage(reply.usage, reply.usage.output),
    })
}

fn tool_use(call: &Called, input: &Value) -> Value {
    json!({ "type": "tool_use", "id": id("toolu_"), "name": call.name, "input": input })
}

pub(super) fn frames(reply: &Reply) -> Vec<Frame> {
    let mut all = vec![message_start(reply)];
    let mut blocks = 0;
    let mut block = |start: Value, deltas: Vec<Value>| {
        let index = blocks;
        blocks += 1;
        let start =
            json!({ "type": "content_block_start", "index": index, "content_block": start });
        all.push(Frame::named(&start));
        for delta in deltas {
            let delta = json!({ "type": "content_block_delta", "index": index, "delta": delta });
            all.push(Frame::named(&delta));
        }
        all.push(Frame::named(
            &json!({ "type": "content_block_stop", "index": index }),
        ));
    };
    if !reply.thinking.is_empty() {
        let start = json!({ "type": "thinking", "thinking": "", "signature": "" });
        let thought = json!({ "type": "thinking_delta", "thinking": reply.thinking });
        let signed = json!({ "type": "signature_delta", "signature": "c2ln" });
        block(start, vec![thought, signed]);
    }
    if reply.has_text() {
        let text = |piece| json!({ "type": "text_delta", "text": piece });
        let deltas = pieces(reply.text).into_iter().map(text).collect();
        block(json!({ "type": "text", "text": "" }), deltas);
    }
    for call in reply.calls {
        let part = |piece| json!({ "type": "input_json_delta", "partial_json": piece });
        let deltas = pieces(&call.text()).into_iter().map(part).collect();
        block(tool_use(call, &json!({})), deltas);
    }
    all.push(Frame::named(&json!({
        "type": "message_delta",
        "delta": { "stop_reason": stop_reason(reply), "stop_sequence": null },
        "usage": usage(reply.usage, reply.usage.output),
    })));
    all.push(Frame::named(&json!({ "type": "message_stop" })));
    all
}

/// The first event says what went in; what comes out is known only at the end, so it says 1.
fn message_start(reply: &Reply) -> Frame {
    let message = json!({
        "id": id("msg_"),
        "type": "message",
        "role": "assistant",
        "model": reply.model,
        "content": [],
        "stop_reason": null,
        "stop_sequence": null,
        "usage": usage(reply.usage, 1),
    });
    Frame::named(&json!({ "type": "message_start", "message": message }))
}

pub(super) fn failing_frame() -> Frame {
    let error = json!({ "type": "overloaded_error", "message": "Overloaded" });
    Frame::named(&json!({ "type": "error", "error": error }))
}
