//! What a server says when it does not answer, and what that means. Pure.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::model::Refusal;

/// The longest words of a server that are passed on.
const LONGEST: usize = 300;

/// Whom we talk to, for sentences that tell what to check.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    pub(crate) host: String,
    pub(crate) key_env: String,
    pub(crate) has_key: bool,
    pub(crate) model: String,
}

/// A refusal, as it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Said {
    /// The status of the response; absent in the middle of a stream.
    pub(crate) status: Option<u16>,
    pub(crate) body: String,
    /// Where else the server sends us.
    pub(crate) location: Option<String>,
    /// How long the server wants to be left alone.
    pub(crate) after: Option<Duration>,
}

impl Said {
    pub(crate) fn in_stream(body: String) -> Self {
        Self {
            body,
            ..Self::default()
        }
    }

    /// The sentence in it that is meant for people.
    fn words(&self) -> String {
        let value: Option<Value> = serde_json::from_str(&self.body).ok();
        let told = value.as_ref().and_then(|value| {
            let error = value.get("error").unwrap_or(value);
            let message = error.get("message").or_else(|| value.get("detail"));
            message.and_then(Value::as_str).or_else(|| error.as_str())
        });
        let told = told.unwrap_or(&self.body);
        let line: Vec<&str> = told.split_whitespace().collect();
        let mut line = line.join(" ");
        line.truncate(line.floor_char_boundary(LONGEST));
        line
    }

    /// Whether one of these stands in what was said, words and codes.
    fn speaks_of(&self, signs: &[&str]) -> bool {
        let body = self.body.to_lowercase();
        signs.iter().any(|sign| body.contains(sign))
    }
}

/// Signs that the account has nothing left; they come with several statuses.
const SPENT: [&str; 7] = [
    "insufficient_quota",
    "credit balance",
    "insufficient credit",
    "insufficient balance",
    "insufficient funds",
    "billing_hard_limit",
    "payment required",
];

/// Signs that the conversation is too long.
const TOO_LONG: [&str; 12] = [
    "context_length_exceeded",
    "prompt is too long",
    "maximum context length",
    "context length",
    "context window",
    "context size",
    "exceed_context_size",
    "input is too long",
    "too many tokens",
    "input length and `max_tokens` exceed",
    "exceeds the available context",
    "request_too_large",
];

/// Signs of an error in a stream that will not be another the next time.
const FINAL_IN_STREAM: [&str; 3] = ["invalid_request", "authentication", "permission"];

impl Server {
    /// What a refusal means.
    pub(crate) fn refused(&self, said: &Said) -> Refusal {
        let words = said.words();
        if said.speaks_of(&SPENT) || said.status == Some(402) {
            return Refusal::Spent(format!(
                "{} says that the account has no credit left: {words}",
                self.host
            ));
        }
        let may_be_length = matches!(said.status, None | Some(400 | 413 | 422 | 500));
        if may_be_length && said.speaks_of(&TOO_LONG) {
            return Refusal::TooLong(words);
        }
        match said.status {
            Some(300..=399) => Refusal::Final(self.elsewhere(said.location.as_deref())),
            Some(401 | 403) => Refusal::Unauthorized(self.unauthorized(&words)),
            Some(404) => Refusal::Final(format!(
                "{} does not know the model {:?} or this address (404): {words}; check `model` and `base_url`",
                self.host, self.model
            )),
            Some(status @ (408 | 409 | 425 | 429 | 500..)) => {
                self.passing(status, &words, said.after)
            }
            Some(status) => Refusal::Final(format!(
                "{} refused the request ({status}): {words}",
                self.host
            )),
            None if said.speaks_of(&FINAL_IN_STREAM) => {
                Refusal::Final(format!("{} ended the answer: {words}", self.host))
            }
            None => Refusal::Passing {
                reason: format!("{} broke the answer off, error: {words}", self.host),
                after: None,
            },
        }
    }

    /// Nobody is followed with a key in hand.
    fn elsewhere(&self, location: Option<&str>) -> String {
        let host = &self.host;
        let Some(location) = location else {
            return format!("{host} sends us to another address; check `base_url`");
        };
        let mut location = location.to_owned();
        location.truncate(location.floor_char_boundary(LONGEST));
        format!(
            "{host} sends us to {location}, where the key is not sent unasked; if that is right, set `base_url` to it"
        )
    }

    fn passing(&self, status: u16, words: &str, after: Option<Duration>) -> Refusal {
        let what = match status {
            429 => "too many requests",
            503 | 529 => "overloaded",
            _ => "server error",
        };
        Refusal::Passing {
            reason: format!("{} answered {status}, {what}: {words}", self.host),
            after,
        }
    }

    fn unauthorized(&self, words: &str) -> String {
        let (host, key_env) = (&self.host, &self.key_env);
        if self.has_key {
            format!(
                "{host} does not accept the key in {key_env}: {words}; check that it is whole, not expired, and for this server and model"
            )
        } else {
            format!(
                "{host} wants a key and {key_env} is not set: {words}; set it, or name another variable with `key_env`"
            )
        }
    }

    /// The stream ended before the answer did.
    pub(crate) fn cut(&self) -> Refusal {
        Refusal::Passing {
            reason: format!("connection closed: {} cut the answer off", self.host),
            after: None,
        }
    }

    /// There was no response, or it broke off.
    pub(crate) fn out_of_reach(&self, why: &str) -> Refusal {
        Refusal::Passing {
            reason: format!("network error with {}: {why}", self.host),
            after: None,
        }
    }

    /// What came is no answer that can be read.
    pub(crate) fn misunderstood(&self, why: &str) -> Refusal {
        let mut why = why.split_whitespace().collect::<Vec<_>>().join(" ");
        why.truncate(why.floor_char_boundary(LONGEST));
        Refusal::Final(format!(
            "{} answered with something that is no answer: {why}; check `base_url` and `provider`",
            self.host
        ))
    }
}

/// How long a server wants to be left alone, by its headers: milliseconds, seconds, or a date.
pub(crate) fn after(ms: Option<&str>, plain: Option<&str>, now: Timestamp) -> Option<Duration> {
    let number = |text: &str| text.trim().parse::<f64>().ok();
    let of_seconds = |seconds: f64| Duration::try_from_secs_f64(seconds).ok();
    if let Some(ms) = ms.and_then(number) {
        return of_seconds(ms / 1000.0);
    }
    let plain = plain?;
    number(plain).and_then(of_seconds).or_else(|| {
        let at = jiff::fmt::rfc2822::parse(plain).ok()?.timestamp();
        Duration::try_from(at.duration_since(now)).ok()
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn server(has_key: bool) -> Server {
        Server {
            host: "api.host".into(),
            key_env: "HOST_KEY".into(),
            has_key,
            model: "m".into(),
        }
    }

    #[track_caller]
    fn check(status: Option<u16>, body: &str, expected: &str) {
        let said = Said {
            status,
            body: body.into(),
            ..Said::default()
        };
        let refusal = format!("{:?}", server(true).refused(&said));
        assert!(
            refusal.starts_with(expected),
            "{status:?} {body}: {refusal}"
        );
    }

    #[test]
    fn refusals_are_told_apart_by_status_and_words() {
        let openai = |code: &str| format!(r#"{{"error":{{"message":"m","code":"{code}"}}}}"#);
        check(Some(429), &openai("rate_limit_exceeded"), "Passing");
        check(Some(429), &openai("insufficient_quota"), "Spent");
        check(Some(400), "Your credit balance is too low", "Spent");
        check(Some(402), "", "Spent");
        check(Some(400), &openai("context_length_exceeded"), "TooLong");
        check(Some(400), "prompt is too long: 250000 tokens", "TooLong");
        check(
            Some(400),
            r#"{"error":{"code":400,"message":"the request exceeds the available context size"}}"#,
            "TooLong",
        );
        check(Some(400), &openai("bad"), "Final");
        check(Some(401), &openai("invalid_api_key"), "Unauthorized");
        check(Some(403), "", "Unauthorized");
        check(Some(404), "", "Final");
        for status in [408, 429, 500, 502, 503, 529] {
            check(Some(status), "busy", "Passing");
        }
        check(
            None,
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            "Passing",
        );
        check(
            None,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"no"}}"#,
            "Final",
        );
    }

    #[test]
    fn a_missing_key_and_a_wrong_one_are_two_things() {
        let said = Said {
            status: Some(401),
            body: r#"{"error":{"message":"no"}}"#.into(),
            ..Said::default()
        };
        let text = |has_key| format!("{:?}", server(has_key).refused(&said));
        assert!(text(true).contains("does not accept the key in HOST_KEY: no; check"));
        assert!(text(false).contains("HOST_KEY is not set"));
    }

    #[test]
    fn the_time_to_be_left_alone_is_read_in_all_its_forms() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let read = |ms, plain| after(ms, plain, now);
        assert_eq!(read(None, None), None);
        assert_eq!(
            read(Some("1500"), Some("9")),
            Some(Duration::from_millis(1500))
        );
        assert_eq!(read(None, Some("0.3")), Some(Duration::from_millis(300)));
        assert_eq!(read(None, Some("2")), Some(Duration::from_secs(2)));
        let date = Some("Sat, 21 Nov 2026 12:00:30 GMT");
        assert_eq!(read(None, date), Some(Duration::from_secs(30)));
        assert_eq!(read(None, Some("Sat, 21 Nov 2026 11:00:00 GMT")), None);
        assert_eq!(read(None, Some("-5")), None);
        assert_eq!(read(None, Some("soon")), None);
    }
}
