//! What a sentence says of having been refused: a used-up plan, or a provider that cannot serve just now. Pure.
//!
//! Providers tell this in prose, each in its own, so the words are looked for that all of them use. When a used-up plan
//! begins again is read in `reset`. What follows from a refusal is the engine's to decide.

mod reset;

use jiff::{Timestamp, Zoned};

/// A refusal by the agent's provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The plan's or account's allowance is used up: the same again succeeds once it has been renewed.
    Limit,
    /// Overload or a lost connection: the same again may succeed soon.
    Transient,
}

/// What `text` says, if it speaks of a refusal at all.
pub(crate) fn of(text: &str) -> Option<Refusal> {
    let text = text.to_lowercase();
    if is_limit(&text) {
        Some(Refusal::Limit)
    } else if is_transient(&text) {
        Some(Refusal::Transient)
    } else {
        None
    }
}

/// When the limit that `text` speaks of is renewed. May be a moment just passed; absent where nothing is said, or nothing
/// that can be understood for certain.
pub(crate) fn reset(text: &str, now: &Zoned) -> Option<Timestamp> {
    reset::read(text, now)
}

/// A plan is spoken of by what it limits; a limit of turns, tokens or context is another thing.
fn is_limit(text: &str) -> bool {
    const KINDS: [&str; 14] = [
        "usage",
        "session",
        "5-hour",
        "five-hour",
        "hourly",
        "daily",
        "weekly",
        "monthly",
        "opus",
        "sonnet",
        "plan",
        "your limit",
        "quota",
        "subscription",
    ];
    const USED_UP: [&str; 6] = [
        "reached",
        "hit ",
        "exceeded",
        "exhausted",
        "used up",
        "out of",
    ];
    const OF_ITSELF: [&str; 4] = [
        "usage_limit_reached",
        "out of extra usage",
        "limit resets",
        "usage limit",
    ];
    if text.contains("billing") && !text.contains("reset") {
        // A debt: no waiting pays it.
        return false;
    }
    let names = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let of_a_plan = (text.contains("limit") || text.contains("quota")) && names(&KINDS);
    names(&OF_ITSELF) || (of_a_plan && (names(&USED_UP) || text.contains("reset")))
}

fn is_transient(text: &str) -> bool {
    const WORDS: [&str; 29] = [
        "overloaded",
        "temporarily unavailable",
        "service unavailable",
        "bad gateway",
        "gateway timeout",
        "internal server error",
        "too many requests",
        "rate limit",
        "rate_limit",
        "connection error",
        "connection refused",
        "connection reset",
        "connection closed",
        "connection timed out",
        "unable to connect",
        "could not resolve host",
        "econnreset",
        "econnrefused",
        "etimedout",
        "enotfound",
        "eai_again",
        "fetch failed",
        "socket hang up",
        "network error",
        "stream disconnected",
        "connection dropped",
        "connection lost",
        "at capacity",
        "experiencing high demand",
    ];
    const STATUSES: [&str; 6] = ["429", "500", "502", "503", "504", "529"];
    const OF_A_SERVER: [&str; 4] = ["error", "status", "http", "request"];
    let has_status = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .any(|word| STATUSES.contains(&word));
    let of_a_server = OF_A_SERVER.iter().any(|word| text.contains(word));
    WORDS.iter().any(|word| text.contains(word)) || (has_status && of_a_server)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: Option<Refusal>) {
        assert_eq!(of(text), expect, "{text}");
    }

    #[test]
    fn a_used_up_plan_is_told_in_many_ways() {
        for text in [
            "Claude AI usage limit reached|1763740800",
            "api error: You've hit your limit · resets 3pm (Europe/Berlin)",
            "5-hour limit reached ∙ resets 3pm",
            "You've hit your session limit · resets 3pm",
            "Opus weekly limit reached ∙ resets Nov 24, 9am",
            "You're out of extra usage · resets 3pm",
            "You've hit your usage limit. Upgrade to Pro or try again in 3 days 4 hours 5 minutes.",
            "You have exhausted your daily quota on this model.",
            "usage_limit_reached",
        ] {
            check(text, Some(Refusal::Limit));
        }
    }

    #[test]
    fn overload_and_lost_connections_are_transient() {
        for text in [
            "api error: API Error: 529 {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}",
            "API Error: Request rejected (429)",
            "API Error: 503 upstream",
            "Rate limit reached for this model: try again in 1.2s",
            "API Error: Connection error.",
            "TypeError: fetch failed",
            "connect ECONNREFUSED 127.0.0.1:443",
            "stream disconnected before completion",
            "Selected model is at capacity. Please try a different model.",
            "We’re currently experiencing high demand, which may cause temporary errors.",
            "api error: API Error: Connection dropped (ECONNRESET). Check the gateway, then try again.",
            "api error: API Error: Connection lost mid-response. The response above may be incomplete.",
        ] {
            check(text, Some(Refusal::Transient));
        }
    }

    #[test]
    fn other_failures_are_neither() {
        for text in [
            "api error: Invalid API key",
            "max turns: Reached maximum number of turns (2)",
            "budget exhausted: Reached maximum budget ($0.1)",
            "prompt too long: Prompt is too long",
            "context limit reached",
            "You exceeded your current quota, please check your plan and billing details.",
            "Credit balance is too low",
            "the agent exited with 3: 429 tests passed",
            "the agent exited with 1: boom",
            "the agent was interrupted (aborted_tools)",
            "",
        ] {
            check(text, None);
        }
    }
}
