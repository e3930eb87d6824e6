//! What is said of refusals and ends, how a model is chosen and a key found.

use serde_json::json;

use super::*;

fn error(code: i32, message: &str, data: Value) -> Refusal {
    Refusal::Error {
        code,
        message: message.into(),
        data,
    }
}

#[test]
fn a_refusal_is_told_with_what_stands_beside_it_but_not_twice() {
    for (refusal, expect) in [
        (
            error(
                -32603,
                "Internal error",
                json!({"details": "prompt is too long"}),
            ),
            "the agent reported an error: Internal error: prompt is too long (-32603)",
        ),
        (
            error(
                -32603,
                "Internal error: 529 Overloaded",
                json!("529 Overloaded"),
            ),
            "the agent reported an error: Internal error: 529 Overloaded (-32603)",
        ),
        (
            error(401, "bad key", json!({"errorKind": 7})),
            "the agent reported an error: bad key (401)",
        ),
        (
            error(-32000, "Authentication required", Value::Null),
            "the agent is not signed in: Authentication required",
        ),
    ] {
        assert_eq!(reason(&refusal), expect);
    }
}

#[test]
fn only_the_end_of_a_turn_is_an_end() {
    let end = |reason: &str| ending(&json!({"stopReason": reason}));
    assert_eq!(end("end_turn"), Ending::Ended);
    for reason in [
        "max_tokens",
        "max_turn_requests",
        "refusal",
        "cancelled",
        "later",
    ] {
        assert!(
            matches!(end(reason), Ending::Failed(why) if why.contains(reason)),
            "{reason}"
        );
    }
    assert!(matches!(ending(&Value::Null), Ending::Failed(_)));
}

#[test]
fn models_are_offered_in_two_ways() {
    let option = json!({"configOptions": [
        {"id": "mode", "category": "mode", "type": "select", "currentValue": "x", "options": []},
        {"id": "m", "category": "model", "type": "select", "currentValue": "a",
         "options": [{"value": "a"}, {"value": "b"}]}]});
    let offer = Offer::of(&option);
    assert_eq!(
        (offer.option.as_deref(), offer.current.as_str()),
        (Some("m"), "a")
    );
    assert!(offer.has("b") && !offer.has("c"));
    let list = json!({"models": {"currentModelId": "a", "availableModels": [{"modelId": "a"}, {"modelId": "b"}]}});
    let offer = Offer::of(&list);
    assert_eq!(offer.option, None);
    assert!(offer.has("b") && offer.without("c").contains("a, b"));
    assert_eq!(Offer::of(&json!({})), Offer::default());
    assert!(Offer::default().without("c").contains("no choice"));
}

#[test]
fn a_key_in_the_environment_signs_in_and_nothing_else_does_unasked() {
    let hello = json!({"authMethods": [
        {"id": "oauth-personal", "name": "Log in"},
        {"id": "by-vars", "type": "env_var", "vars": [{"name": "ONE"}, {"name": "TWO"}]},
        {"id": "gemini-api-key", "name": "Key"}]});
    let by = |set: &'static [&str]| by_environment(&hello, move |name| set.contains(&name));
    assert_eq!(by(&["GEMINI_API_KEY"]).as_deref(), Some("gemini-api-key"));
    assert_eq!(by(&["ONE", "TWO"]).as_deref(), Some("by-vars"));
    assert_eq!(by(&["ONE"]), None);
    assert_eq!(by(&["OPENAI_API_KEY"]), None);
    assert_eq!(ways_to_sign_in(&hello), " (it offers: Log in; Key)");
}
