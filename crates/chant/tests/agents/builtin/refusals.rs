//! What it does when its model's server refuses, and when its model goes nowhere.

use serde_json::json;

use super::*;

#[test]
fn too_many_requests_are_waited_for() {
    for (wait, least) in [(json!({"retry_after": 0.4}), 400), (json!({}), 0)] {
        let mut refused = json!({"error": "rate_limit"});
        for (key, value) in wait.as_object().unwrap() {
            refused[key] = value.clone();
        }
        let script = then_honest(&[refused.clone(), refused]);
        over_both(|client| {
            let scene = scene(client, &script, NO_WAIT);
            scene.work().ok();
            scene.assert_landed(&[ID]);
            scene.model.assert_done();
            let retries = told(&scene, "retry");
            assert_eq!(retries.len(), 2, "{retries:?}");
            assert!(retries[0]["delay_ms"].as_u64().unwrap() >= least);
            assert!(
                retries[0]["reason"]
                    .as_str()
                    .unwrap()
                    .contains("answered 429")
            );
        });
    }
}

#[test]
fn a_long_wait_that_the_server_asks_for_parks_the_run_until_then() {
    let script = json!([{"error": "rate_limit", "retry_after": 7200}]);
    over_both(|client| {
        let scene = scene(client, &script, NO_WAIT);
        scene.work().fails(4);
        assert_eq!(scene.state(), "parked");
        assert!(told(&scene, "limit")[0]["until"].is_string());
        assert_eq!(scene.model.work().len(), 1);
    });
}

#[test]
fn an_overloaded_server_is_given_up_with_its_reason() {
    let script = json!([{"error": "overloaded", "times": 9}]);
    over_both(|client| {
        let scene = scene(client, &script, NO_WAIT);
        let output = scene.work();
        assert_eq!(scene.model.work().len(), 3);
        assert_eq!(scene.state(), "parked");
        assert!(
            output.stderr.contains("Overloaded (after 3 tries)"),
            "{}",
            output.stderr
        );
    });
}

#[test]
fn a_wrong_key_ends_at_once_with_what_to_check() {
    let script = json!([{"error": "auth", "times": 9}]);
    over_both(|client| {
        let scene = scene(client, &script, NO_WAIT);
        let output = scene.work();
        output.fails(1);
        assert_eq!(scene.model.work().len(), 1);
        let sentence = "does not accept the key in SCRIPTED_KEY: invalid x-api-key; check";
        assert!(output.stderr.contains(sentence), "{}", output.stderr);
    });
}

#[test]
fn without_a_key_the_variable_to_set_is_named() {
    let script = json!([{"error": "auth"}]);
    let client = Builtin {
        more: json!({"env": {}}),
        ..Builtin::new("openai")
    };
    let scene = scene(&client, &script, NO_WAIT);
    let output = scene.work();
    output.fails(1);
    assert!(
        output
            .stderr
            .contains("wants a key and SCRIPTED_KEY is not set"),
        "{}",
        output.stderr
    );
}

#[test]
fn an_account_without_credit_is_a_limit() {
    let script = json!([{"error": "billing", "times": 9}]);
    over_both(|client| {
        let scene = scene(client, &script, NO_WAIT);
        scene.work().fails(4);
        assert_eq!(scene.state(), "parked");
        assert_eq!(scene.model.work().len(), 1);
        assert!(texts(&scene, "limit", "reason").contains("no credit left"));
    });
}

#[test]
fn a_conversation_that_is_too_long_is_shortened_and_goes_on() {
    let script = json!([
        {"sh": "seq 1 5000"},
        {"error": "context"},
        {"sh": honest(ID), "expect": "bytes were left out here to save room"},
        {"text": "done"},
    ]);
    over_both(|client| {
        let scene = scene(client, &script, NO_WAIT);
        scene.work().ok();
        scene.assert_landed(&[ID]);
        scene.model.assert_done();
        assert!(texts(&scene, "warning", "text").contains("was shortened"));
    });
}

#[test]
fn a_conversation_that_stays_too_long_is_the_end() {
    let script = json!([{"sh": "seq 1 5000"}, {"error": "context", "times": 9}]);
    over_both(|client| {
        let scene = scene(client, &script, NO_WAIT);
        let output = scene.work();
        output.fails(1);
        assert_eq!(scene.model.work().len(), 3);
        assert!(
            output.stderr.contains("longer than the model takes in"),
            "{}",
            output.stderr
        );
    });
}

#[test]
fn old_output_is_shortened_before_a_known_context_is_full() {
    let script = json!([
        {"sh": "seq 1 3000"},
        {"sh": "seq 1 3001"},
        {"sh": "seq 1 3002"},
        {"sh": honest(ID), "expect": "bytes were left out here to save room"},
        {"text": "done"},
    ]);
    over_both(|client| {
        let client = Builtin {
            more: json!({"context": 14_000}),
            ..Builtin::new(client.provider)
        };
        let scene = scene(&client, &script, NO_WAIT);
        scene.work().ok();
        scene.model.assert_done();
        assert!(!told(&scene, "warning").is_empty());
    });
}

#[test]
fn an_answer_that_is_cut_off_is_asked_for_again() {
    let faults = [
        json!({"text": "words that are cut in the middle", "drop": true}),
        json!({"text": "words that are cut in the middle", "stream_error": true}),
        json!({"error": "server"}),
    ];
    for fault in faults {
        let script = then_honest(std::slice::from_ref(&fault));
        over_both(|client| {
            let scene = scene(client, &script, NO_WAIT);
            scene.work().ok();
            scene.assert_landed(&[ID]);
            scene.model.assert_done();
            assert_eq!(told(&scene, "retry").len(), 1, "{fault}");
            assert!(!texts(&scene, "text", "text").contains("cut in the middle"));
        });
    }
}

#[test]
fn a_server_that_is_not_there_is_told_by_its_address() {
    let client = Builtin {
        more: json!({"base_url": "http://127.0.0.1:9"}),
        ..Builtin::new("openai")
    };
    let scene = scene(&client, &honest_turns(), NO_WAIT);
    let output = scene.work();
    assert!(
        output.stderr.contains("network error with 127.0.0.1:9"),
        "{}",
        output.stderr
    );
    assert!(output.stderr.contains("refused"), "{}", output.stderr);
}

#[test]
fn a_model_that_goes_in_circles_is_stopped() {
    let script = json!([{"sh": "exit 3", "times": 30}]);
    over_both(|client| {
        let scene = scene(client, &script, NO_WAIT);
        let output = scene.work();
        output.fails(1);
        assert_eq!(scene.model.work().len(), 5);
        assert!(
            output.stderr.contains("repeated a call that fails 5 times"),
            "{}",
            output.stderr
        );
    });
}

#[test]
fn a_server_that_sends_us_elsewhere_is_not_followed_with_the_key() {
    let other = chant_testkit::model::ScriptedModel::start(&honest_turns());
    let there = format!("{}/v1/messages", other.base_url());
    let script = json!([{"error": 307, "headers": {"location": there}, "times": 3}]);
    over_both(|client| {
        let scene = scene(client, &script, NO_WAIT);
        let output = scene.work();
        output.fails(1);
        let sentence = "where the key is not sent unasked";
        assert!(output.stderr.contains(sentence), "{}", output.stderr);
        assert_eq!(scene.model.work().len(), 1);
        assert!(other.requests().is_empty());
    });
}
