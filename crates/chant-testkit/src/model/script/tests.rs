//! Scripts and which turn a request gets.

use super::*;

fn body() -> Value {
    json!({ "messages": [{ "role": "user", "content": "do it" }] })
}

#[test]
fn turns_are_used_in_order_and_then_are_over() {
    let script = Script::parse(&json!([{ "text": "a", "times": 2 }, { "text": "b" }]));
    let script = script.expect("a script");
    let said = |_| script.take("", &body(), true);
    let all: Vec<(String, Used)> = (0..4)
        .map(said)
        .map(|(turn, used)| (turn.text, used))
        .collect();
    let expected = [
        ("a", Used::Turn(0)),
        ("a", Used::Turn(1)),
        ("b", Used::Turn(2)),
    ];
    assert_eq!(
        all[..3],
        expected.map(|(text, used)| (text.to_owned(), used))
    );
    assert_eq!(all[3].1, Used::Over);
    assert_eq!(
        script.progress(),
        Progress {
            used: 3,
            turns: 3,
            over: 1
        }
    );
}

#[test]
fn a_request_without_tools_or_with_a_forced_one_is_a_side_request() {
    let script = Script::parse(&json!({ "turns": [{ "text": "work" }], "aux": "title" }));
    let script = script.expect("a script");
    assert_eq!(script.take("", &body(), false).1, Used::Aside);
    let forced = json!({ "tool_choice": { "type": "tool", "name": "x" }, "messages": ["do"] });
    assert_eq!(script.take("", &forced, true).0.text, "title");
    let asks = json!({ "messages": ["old", "Write the title in the form"] });
    assert_eq!(script.take("", &asks, true).1, Used::Aside);
    assert_eq!(script.take("", &body(), true).1, Used::Turn(0));
}

#[test]
fn a_turn_for_one_request_waits_for_it() {
    let script =
        Script::parse(&json!([{ "text": "sub", "match": "the sub task" }, { "text": "main" }]));
    let script = script.expect("a script");
    assert_eq!(script.take("first", &body(), true).0.text, "main");
    assert_eq!(script.take("now the sub task", &body(), true).0.text, "sub");
}

#[test]
fn a_word_that_no_turn_has_is_an_error() {
    let error = Script::parse(&json!([{ "txet": "a" }])).expect_err("a typing mistake");
    assert!(error.to_string().contains("txet"), "{error}");
}
