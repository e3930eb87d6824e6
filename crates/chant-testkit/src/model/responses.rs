//! `OpenAI` Responses.

use serde_json::{Value, json};

use super::tools::{Called, Kind, Tool};
use super::wire::{CREATED, Frame, Reply, Usage, id, pieces};

/// The tools of one entry: a group holds several.
pub(super) fn tools(listed: &Value) -> Vec<Tool> {
    let kind = listed.get("type").and_then(Value::as_str);
    let name = listed.get("name").and_then(Value::as_str);
    let parameters = listed.get("parameters");
    match (kind, name) {
        (Some("namespace"), Some(group)) => grouped(group, listed),
        (Some("custom"), Some(name)) => vec![Tool {
            kind: Kind::Custom,
            ..Tool::function(name, parameters)
        }],
        (_, Some(name)) => vec![Tool::function(name, parameters)],
        (_, None) => Vec::new(),
    }
}

fn grouped(group: &str, listed: &Value) -> Vec<Tool> {
    let members = listed.get("tools").and_then(Value::as_array);
    let tool = |member: &Value| {
        let name = member.get("name")?.as_str()?;
        Some(Tool {
            kind: Kind::Grouped(group.to_owned()),
            ..Tool::function(name, member.get("parameters"))
        })
    };
    members.into_iter().flatten().filter_map(tool).collect()
}

fn usage(counts: Usage) -> Value {
    json!({
        "input_tokens": counts.input,
        "input_tokens_details": { "cached_tokens": counts.cache_read },
        "output_tokens": counts.output,
        "output_tokens_details": { "reasoning_tokens": 0 },
        "total_tokens": counts.input + counts.output,
    })
}

fn items(reply: &Reply) -> Vec<Value> {
    let mut all = Vec::new();
    if reply.has_text() {
        let part = json!({ "type": "output_text", "text": reply.text, "annotations": [] });
        all.push(json!({
            "type": "message",
            "id": id("msg_"),
            "status": "completed",
            "role": "assistant",
            "content": [part],
        }));
    }
    all.extend(reply.calls.iter().map(call));
    all
}

fn call(call: &Called) -> Value {
    let mut item = json!({ "call_id": id("call_"), "status": "completed", "name": call.name });
    let (kind, prefix, input) = match call.kind {
        Kind::Custom => ("custom_tool_call", "ctc_", "input"),
        Kind::Function | Kind::Grouped(_) => ("function_call", "fc_", "arguments"),
    };
    item["type"] = json!(kind);
    item["id"] = json!(id(prefix));
    item[input] = json!(call.text());
    if let Kind::Grouped(group) = &call.kind {
        item["namespace"] = json!(group);
    }
    item
}

fn response(reply: &Reply, response_id: &str, items: &[Value]) -> Value {
    json!({
        "id": response_id,
        "object": "response",
        "created_at": CREATED,
        "status": "completed",
        "model": reply.model,
        "error": null,
        "incomplete_details": null,
        "parallel_tool_calls": false,
        "output": items,
        "usage": usage(reply.usage),
    })
}

pub(super) fn whole(reply: &Reply) -> Value {
    response(reply, &id("resp_"), &items(reply))
}

pub(super) fn frames(reply: &Reply) -> Vec<Frame> {
    let items = items(reply);
    let done = response(reply, &id("resp_"), &items);
    let mut begun = done.clone();
    begun["status"] = json!("in_progress");
    begun["output"] = json!([]);
    begun["usage"] = Value::Null;
    let mut all = vec![json!({ "type": "response.created", "response": begun })];
    for (index, item) in items.iter().enumerate() {
        all.extend(item_events(index, item));
    }
    all.push(json!({ "type": "response.completed", "response": done }));
    let numbered = all.into_iter().enumerate().map(|(number, mut event)| {
        event["sequence_number"] = json!(number);
        Frame::named(&event)
    });
    numbered.collect()
}

fn item_events(index: usize, item: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    let mut begun = item.clone();
    begun["status"] = json!("in_progress");
    let field = ["content", "arguments", "input"]
        .into_iter()
        .find(|field| item.get(field).is_some());
    let field = field.unwrap_or("content");
    begun[field] = if field == "content" {
        json!([])
    } else {
        json!("")
    };
    all.push(json!({ "type": "response.output_item.added", "output_index": index, "item": begun }));
    match field {
        "content" => all.extend(text_events(index, item)),
        "arguments" => all.extend(argument_events(index, item)),
        _ => {}
    }
    all.push(json!({ "type": "response.output_item.done", "output_index": index, "item": item }));
    all
}

fn text_events(index: usize, item: &Value) -> Vec<Value> {
    let part = &item["content"][0];
    let text = part["text"].as_str().unwrap_or_default();
    let event = |kind: &str, key: &str, value: Value| json!({ "type": kind, "item_id": item["id"], "output_index": index, "content_index": 0, key: value });
    let empty = json!({ "type": "output_text", "text": "", "annotations": [] });
    let mut all = vec![event("response.content_part.added", "part", empty)];
    let delta = |piece: String| event("response.output_text.delta", "delta", json!(piece));
    all.extend(pieces(text).into_iter().map(delta));
    all.push(event("response.output_text.done", "text", json!(text)));
    all.push(event("response.content_part.done", "part", part.clone()));
    all
}

fn argument_events(index: usize, item: &Value) -> Vec<Value> {
    let text = item["arguments"].as_str().unwrap_or_default();
    let event = |kind: &str, key: &str, value: &str| json!({ "type": kind, "item_id": item["id"], "output_index": index, key: value });
    let delta = |piece: String| event("response.function_call_arguments.delta", "delta", &piece);
    let mut all: Vec<Value> = pieces(text).into_iter().map(delta).collect();
    all.push(event(
        "response.function_call_arguments.done",
        "arguments",
        text,
    ));
    all
}

pub(super) fn failing_frame() -> Frame {
    let error = json!({ "code": "server_error", "message": "scripted stream error" });
    let response = json!({ "id": id("resp_"), "status": "failed", "error": error });
    Frame::named(&json!({ "type": "response.failed", "response": response }))
}
