//! The server as a client sees it: bytes in, bytes out.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use super::*;

/// Sends one request and reads until the server closes.
fn raw(model: &ScriptedModel, method: &str, path: &str, body: &str) -> String {
    let mut connection = TcpStream::connect(("127.0.0.1", model.port())).expect("it listens");
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
    );
    connection
        .write_all((head + body).as_bytes())
        .expect("sent");
    let mut text = String::new();
    connection.read_to_string(&mut text).expect("an answer");
    text
}

fn post(model: &ScriptedModel, path: &str, body: &Value) -> String {
    raw(model, "POST", path, &body.to_string())
}

fn json_of(answer: &str) -> Value {
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    serde_json::from_str(body).expect("JSON")
}

/// The data of the events of a streamed answer.
fn events(answer: &str) -> Vec<Value> {
    let data = answer
        .lines()
        .filter_map(|line| line.strip_prefix("data: "));
    data.filter_map(|data| serde_json::from_str(data).ok())
        .collect()
}

fn bash() -> Value {
    json!({ "type": "object", "properties": { "command": { "type": "string" } }, "required": ["command"] })
}

fn messages(stream: bool) -> Value {
    json!({ "model": "m", "stream": stream, "tools": [{ "name": "Bash", "input_schema": bash() }],
        "messages": [{ "role": "user", "content": "go" }] })
}

fn chat(stream: bool) -> Value {
    let tool = json!({ "type": "function", "function": { "name": "bash", "parameters": bash() } });
    json!({ "model": "m", "stream": stream, "tools": [tool], "messages": [{ "role": "user", "content": "go" }] })
}

fn responses(stream: bool) -> Value {
    let tool = json!({ "type": "function", "name": "exec_command", "parameters": {
        "type": "object", "properties": { "cmd": { "type": "string" } }, "required": ["cmd"] } });
    json!({ "model": "m", "stream": stream, "tools": [tool], "input": [{ "role": "user", "content": "go" }] })
}

fn two_turns() -> Value {
    json!([
        { "text": "Looking.", "sh": "ls -a", "usage": { "in": 100, "out": 20, "cache_read": 7 } },
        { "text": "Done: each of these words travels in a piece of its own." },
    ])
}

#[test]
fn anthropic_streams_text_and_a_tool_call() {
    let model = ScriptedModel::start(&two_turns());
    let answer = post(&model, "/v1/messages?beta=true", &messages(true));
    assert!(answer.contains("event: message_start\ndata: {"), "{answer}");
    let all = events(&answer);
    let usage = &all[0]["message"]["usage"];
    assert_eq!(
        (&usage["input_tokens"], &usage["output_tokens"]),
        (&json!(100), &json!(1))
    );
    assert_eq!(usage["cache_read_input_tokens"], 7);
    let input: String = all
        .iter()
        .filter_map(|one| one["delta"]["partial_json"].as_str())
        .collect();
    assert_eq!(input, r#"{"command":"ls -a"}"#);
    let end = all
        .iter()
        .find(|one| one["type"] == "message_delta")
        .expect("an end");
    assert_eq!(end["delta"]["stop_reason"], "tool_use");
    assert_eq!(end["usage"]["output_tokens"], 20);
    let answer = post(&model, "/v1/messages", &messages(false));
    assert!(
        json_of(&answer)["content"][0]["text"]
            .as_str()
            .expect("text")
            .starts_with("Done")
    );
    model.assert_done();
}

#[test]
fn chat_streams_text_and_a_tool_call() {
    let model = ScriptedModel::start(&two_turns());
    let answer = post(&model, "/v1/chat/completions", &chat(true));
    assert!(answer.contains("data: [DONE]"), "{answer}");
    let all = events(&answer);
    let call = |one: &Value| {
        one["choices"][0]["delta"]["tool_calls"][0]["function"]["arguments"]
            .as_str()
            .map(str::to_owned)
    };
    assert_eq!(
        all.iter().filter_map(call).collect::<String>(),
        r#"{"command":"ls -a"}"#
    );
    let last = all.last().expect("an event");
    assert_eq!(last["usage"]["total_tokens"], 120);
    let whole = json_of(&post(&model, "/v1/chat/completions", &chat(false)));
    assert_eq!(whole["choices"][0]["finish_reason"], "stop");
}

#[test]
fn responses_streams_text_and_a_tool_call() {
    let model = ScriptedModel::start(&two_turns());
    let all = events(&post(&model, "/v1/responses", &responses(true)));
    let kinds: Vec<&str> = all.iter().filter_map(|one| one["type"].as_str()).collect();
    assert_eq!(
        (kinds[0], kinds[kinds.len() - 1]),
        ("response.created", "response.completed")
    );
    let done = &all[all.len() - 1]["response"];
    assert_eq!(done["output"][1]["arguments"], r#"{"cmd":"ls -a"}"#);
    assert_eq!(done["usage"]["input_tokens_details"]["cached_tokens"], 7);
    let whole = json_of(&post(&model, "/v1/responses", &responses(false)));
    assert_eq!(whole["output"][0]["type"], "message");
}

#[test]
fn a_tool_of_a_group_is_called_with_its_group() {
    let script =
        json!([{ "call": { "name": "note", "namespace": "mcp__n", "input": { "a": 1 } } }]);
    let model = ScriptedModel::start(&script);
    let whole = json_of(&post(&model, "/v1/responses", &responses(false)));
    let call = &whole["output"][0];
    assert_eq!(
        (&call["name"], &call["namespace"]),
        (&json!("note"), &json!("mcp__n"))
    );
}

#[test]
fn an_error_has_the_status_of_its_family_and_a_time_to_wait() {
    let script = json!([{ "error": "overloaded", "retry_after": 1, "headers": { "x-more": "yes" }, "times": 2 },
        { "error": 418, "message": "a teapot" }]);
    let model = ScriptedModel::start(&script);
    let answer = post(&model, "/v1/messages", &messages(true));
    assert!(answer.starts_with("HTTP/1.1 529 "), "{answer}");
    assert!(
        answer.contains("retry-after: 1\r\n") && answer.contains("x-more: yes"),
        "{answer}"
    );
    assert_eq!(json_of(&answer)["error"]["type"], "overloaded_error");
    assert!(post(&model, "/v1/responses", &responses(true)).starts_with("HTTP/1.1 503 "));
    let last = post(&model, "/v1/chat/completions", &chat(true));
    assert_eq!(json_of(&last)["error"]["message"], "a teapot");
}

#[test]
fn a_stream_breaks_off_after_some_text() {
    for (fault, ends) in [("drop", false), ("stream_error", true)] {
        let turn = json!([{ "text": "a text of several pieces, cut in two", fault: true }]);
        let model = ScriptedModel::start(&turn);
        let answer = post(&model, "/v1/messages", &messages(true));
        assert!(
            answer.contains("text_delta") && !answer.contains("message_stop"),
            "{answer}"
        );
        assert_eq!(answer.ends_with("0\r\n\r\n"), ends, "{fault}: {answer}");
        assert_eq!(answer.contains("event: error"), ends, "{answer}");
    }
}

#[test]
fn a_silence_ends_with_the_server() {
    let model = ScriptedModel::start(&json!([{ "text": "a", "hang": 100 }]));
    let port = model.port();
    let asks = std::thread::spawn(move || {
        let mut connection = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
        let body = messages(true).to_string();
        let head = format!(
            "POST /v1/messages HTTP/1.1\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        connection
            .write_all((head + &body).as_bytes())
            .expect("sent");
        let mut text = String::new();
        connection.read_to_string(&mut text).map(|_| text)
    });
    model.wait_for(1);
    drop(model);
    let text = asks.join().expect("no panic").expect("an end");
    assert!(
        text.contains("message_start") && !text.contains("message_stop"),
        "{text}"
    );
}

#[test]
fn probes_counts_and_lists_use_up_no_turn() {
    let model = ScriptedModel::start(&json!([{ "text": "work", "expect": "nowhere" }]));
    assert!(raw(&model, "HEAD", "/", "").starts_with("HTTP/1.1 200 "));
    let list = json_of(&raw(&model, "GET", "/v1/models?limit=1", ""));
    assert_eq!(list["data"][0]["id"], "scripted-model");
    let count = json_of(&post(&model, "/v1/messages/count_tokens", &messages(false)));
    assert!(count["input_tokens"].as_u64() > Some(1));
    assert!(post(&model, "/v1/other", &json!({})).starts_with("HTTP/1.1 404 "));
    assert!(model.work().is_empty());
    post(&model, "/v1/messages", &messages(false));
    let state = json_of(&raw(&model, "GET", "/__state", ""));
    assert_eq!(
        state["scripts"][""],
        json!({ "next": 1, "turns": 1, "over": 0 })
    );
    assert_eq!(state["failed"][0], "the request does not hold: nowhere");
}

#[test]
fn several_scripts_are_told_apart_by_their_path() {
    let script =
        json!({ "scripts": { "one": [{ "text": "1" }], "two": { "turns": [{ "text": "2" }] } } });
    let model = ScriptedModel::start(&script);
    let said =
        |path: &str| json_of(&post(&model, path, &messages(false)))["content"][0]["text"].clone();
    assert_eq!(said("/s/two/v1/messages"), "2");
    assert_eq!(said("/v1/messages"), "1");
    assert!(model.base_url_of("two").ends_with("/s/two"));
    assert!(post(&model, "/s/three/v1/messages", &messages(false)).starts_with("HTTP/1.1 404 "));
    model.assert_done();
}

#[test]
fn a_turn_that_no_tool_fits_is_told() {
    let model = ScriptedModel::start(&json!([{ "write": { "path": "a", "content": "b" } }]));
    let mut request = messages(true);
    request["tools"][0]["name"] = json!("Read");
    let answer = post(&model, "/v1/messages", &request);
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert_eq!(model.troubles()[0].problem, "no shell tool among: Read");
}
