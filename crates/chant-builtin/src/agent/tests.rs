//! The loop, with a model that is a list of answers.

#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(
    clippy::unnecessary_wraps,
    reason = "an answer stands in the script as a refusal does"
)]

use std::{collections::VecDeque, ffi::OsString, time::Duration};

use chant_agent::Usage;
use serde_json::{Value, json};

use super::*;
use crate::{conversation::Message, tool::tests::toolbox};

/// Answers in order; what it was asked is kept.
#[derive(Default)]
struct Scripted {
    answers: VecDeque<Result<Answer, Refusal>>,
    asked: Vec<Vec<Message>>,
}

impl Model for Scripted {
    fn ask(
        &mut self,
        _: &str,
        messages: &[Message],
        _: &[Offer],
        still_wanted: &mut dyn FnMut(bool) -> bool,
    ) -> Result<Answer, Refusal> {
        self.asked.push(messages.to_vec());
        if !still_wanted(false) {
            return Err(Refusal::Stopped);
        }
        let last = Err(Refusal::Final("the script is over".into()));
        self.answers.pop_front().unwrap_or(last)
    }
}

fn text(text: &str) -> Result<Answer, Refusal> {
    Ok(Answer {
        text: text.into(),
        ..Answer::default()
    })
}

fn call(name: &str, input: Value) -> Call {
    Call {
        id: String::new(),
        name: name.into(),
        input: Input::Object(input),
    }
}

fn calls(calls: Vec<Call>) -> Result<Answer, Refusal> {
    Ok(Answer {
        calls,
        usage: Usage {
            input: 10,
            output: 5,
            ..Usage::default()
        },
        ..Answer::default()
    })
}

fn shell(command: &str) -> Result<Answer, Refusal> {
    calls(vec![call("shell", json!({"command": command}))])
}

fn passing(after: Option<Duration>) -> Result<Answer, Refusal> {
    Err(Refusal::Passing {
        reason: "busy".into(),
        after,
    })
}

/// What a sitting came to, what it told, and what the model was asked.
struct Sat {
    verdict: Verdict,
    told: Vec<Value>,
    asked: Vec<Vec<Message>>,
}

impl Sat {
    fn told(&self, kind: &str) -> Vec<&Value> {
        self.told
            .iter()
            .filter(|event| event["kind"] == kind)
            .collect()
    }

    /// The last thing the model was told before its answer number `at`.
    fn before(&self, at: usize) -> String {
        match self.asked[at].last() {
            Some(Message::User(text)) => text.clone(),
            Some(Message::Results(results)) => {
                let texts: Vec<&str> = results.iter().map(|one| one.text.as_str()).collect();
                texts.join("\n")
            }
            other => format!("{other:?}"),
        }
    }
}

fn sit(options: &str, answers: Vec<Result<Answer, Refusal>>) -> Sat {
    let line = format!("--model m --first-wait-ms 1 --tries 3 {options}");
    let arguments = Arguments::read(line.split_whitespace().map(OsString::from)).unwrap();
    let (folder, tools) = toolbox();
    let mut talk = Conversation::begin(folder.path()).unwrap();
    talk.ask("do it".into()).unwrap();
    let mut model = Scripted {
        answers: answers.into(),
        ..Scripted::default()
    };
    let (stop, mut out) = (Stop::never(), Vec::new());
    let mut teller = Teller::new(&mut out);
    let agent = Agent::new(&arguments, &mut model, tools, talk, &stop, &mut teller);
    let verdict = agent.work().unwrap();
    let told = String::from_utf8(out).unwrap();
    Sat {
        verdict,
        told: told
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
        asked: model.asked,
    }
}

fn reason(sat: &Sat) -> &str {
    match &sat.verdict {
        Verdict::Done => "done",
        Verdict::Failed(reason) => reason,
    }
}

#[test]
fn calls_are_run_told_and_answered_until_the_model_has_no_more() {
    let two = vec![
        call("write_file", json!({"path": "a", "content": "1"})),
        call("shell", json!({"command": "cat a; exit 3"})),
    ];
    let sat = sit("", vec![calls(two), text("done")]);
    assert_eq!(sat.verdict, Verdict::Done);
    assert_eq!(sat.before(1), "Written, 1 bytes.\n1\n[exit status: 3]");
    let kinds: Vec<_> = sat
        .told
        .iter()
        .map(|event| event["kind"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "usage",
            "tool_call",
            "tool_result",
            "file_change",
            "tool_call",
            "tool_result",
            "usage",
            "text"
        ]
    );
    assert_eq!(sat.told("tool_call")[1]["input"], "cat a; exit 3");
    assert_eq!(sat.told("tool_result")[1]["ok"], false);
    let change = json!({"kind": "file_change", "path": "a", "change": "create"});
    assert_eq!(*sat.told("file_change")[0], change);
}

#[test]
fn the_end_is_told_by_the_model_and_giving_up_is_no_success() {
    let finish = |done: bool| {
        calls(vec![call(
            "finish",
            json!({"done": done, "summary": "no compiler"}),
        )])
    };
    assert_eq!(sit("", vec![finish(true)]).verdict, Verdict::Done);
    assert_eq!(
        reason(&sit("", vec![finish(false)])),
        "the model gave up: no compiler"
    );
}

#[test]
fn mistakes_in_calls_go_back_to_the_model() {
    let broken = Call {
        input: Input::Unreadable("{\"command\": \"ls".into()),
        ..call("shell", Value::Null)
    };
    let sat = sit(
        "",
        vec![calls(vec![broken, call("fly", json!({}))]), text("done")],
    );
    assert_eq!(sat.verdict, Verdict::Done);
    let told = sat.before(1);
    assert!(told.contains("not a JSON object"), "{told}");
    assert!(told.contains("no tool \"fly\""), "{told}");
}

#[test]
fn a_model_that_only_talks_is_told_so_before_it_is_given_up() {
    let sat = sit(
        "",
        vec![text("I would do this"), shell("true"), text("done")],
    );
    assert_eq!(sat.verdict, Verdict::Done);
    assert!(sat.before(1).contains("not used any tool"));
    let sat = sit("", vec![text("a"), text("b"), text("c")]);
    assert!(reason(&sat).contains("used no tool, 3 times in a row"));
    let sat = sit("", vec![shell("true"), text(""), text(" "), text("")]);
    assert!(reason(&sat).contains("answered with nothing"));
}

#[test]
fn a_failing_call_over_and_over_is_the_end() {
    let sat = sit("", (0..9).map(|_| shell("exit 3")).collect());
    assert_eq!(sat.asked.len(), 5);
    assert_eq!(
        reason(&sat),
        "the model repeated a call that fails 5 times in a row, with the same result each time: shell exit 3"
    );
    let sat = sit("", (0..50).map(|_| shell("true")).collect());
    assert_eq!(sat.asked.len(), 20);
}

#[test]
fn turns_are_counted() {
    let sat = sit(
        "--max-turns 2",
        (0..9).map(|at| shell(&format!("echo {at}"))).collect(),
    );
    assert_eq!(sat.asked.len(), 2);
    assert!(reason(&sat).contains("asked 2 times"));
}

#[test]
fn a_passing_refusal_is_waited_for_and_told_and_bounded() {
    let sat = sit(
        "",
        vec![
            passing(None),
            passing(Some(Duration::from_millis(2))),
            shell("true"),
            text("ok"),
        ],
    );
    assert_eq!(sat.verdict, Verdict::Done);
    let retries = sat.told("retry");
    assert_eq!(retries.len(), 2);
    assert_eq!(retries[1]["reason"], "busy");
    assert_eq!(
        (&retries[1]["attempt"], &retries[1]["max"]),
        (&json!(2), &json!(3))
    );
    let sat = sit("", vec![passing(None), passing(None), passing(None)]);
    assert_eq!(reason(&sat), "busy (after 3 tries)");
}

#[test]
fn a_server_that_wants_to_be_left_alone_for_long_is_a_limit_at_once() {
    let sat = sit("", vec![passing(Some(Duration::from_hours(1)))]);
    assert_eq!(sat.asked.len(), 1);
    let limits = sat.told("limit");
    assert_eq!(limits[0]["reason"], "busy");
    assert!(limits[0]["until"].is_string());
}

#[test]
fn an_empty_account_is_a_limit_and_a_wrong_key_is_the_end() {
    let sat = sit("", vec![Err(Refusal::Spent("no credit".into()))]);
    assert_eq!((reason(&sat), sat.told("limit").len()), ("no credit", 1));
    let sat = sit("", vec![Err(Refusal::Unauthorized("wrong key".into()))]);
    assert_eq!((reason(&sat), sat.asked.len()), ("wrong key", 1));
}

#[test]
fn a_conversation_that_is_too_long_is_shortened_once() {
    let too_long = || Err(Refusal::TooLong("9 > 8".into()));
    let long = || shell("seq 1 3000");
    let sat = sit("", vec![long(), too_long(), text("done")]);
    assert_eq!(sat.verdict, Verdict::Done);
    assert!(sat.before(2).contains("left out here to save room"));
    assert_eq!(sat.told("warning").len(), 1);
    let sat = sit("", vec![long(), too_long(), too_long()]);
    assert!(reason(&sat).contains("longer than the model takes in"));
    let sat = sit("", vec![too_long()]);
    assert!(reason(&sat).ends_with("nothing is left to shorten: 9 > 8"));
}

#[test]
fn room_is_made_before_it_is_missing() {
    let answers = (0..4).map(|_| shell("seq 1 2000")).chain([text("done")]);
    let sat = sit("--context 8000", answers.collect());
    assert_eq!(sat.verdict, Verdict::Done);
    let warning = sat.told("warning")[0]["text"].as_str().unwrap();
    assert!(warning.contains("was shortened, about"), "{warning}");
}

#[test]
fn a_cut_answer_goes_on() {
    let cut = Ok(Answer {
        text: "I was".into(),
        is_cut: true,
        ..Answer::default()
    });
    let sat = sit("", vec![cut, shell("true"), text("done")]);
    assert!(sat.before(1).contains("cut off"));
    assert_eq!(sat.verdict, Verdict::Done);
}
