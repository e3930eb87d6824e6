//! What providers have said of a limit, and the moment it means.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

/// Saturday, 13:30 in Berlin.
const NOW: &str = "2026-11-21T12:30:00Z";

#[track_caller]
fn check(text: &str, expect: Option<&str>) {
    let now: Timestamp = NOW.parse().unwrap();
    let now = now.to_zoned(TimeZone::UTC);
    let read = read(text, &now).map(|moment| moment.to_string());
    assert_eq!(read.as_deref(), expect, "{text}");
}

#[test]
fn an_instant_is_taken_as_it_is() {
    check(
        "Claude AI usage limit reached|1795269600",
        Some("2026-11-21T14:00:00Z"),
    );
    check(
        "limit reached, resets at 1795269600000.",
        Some("2026-11-21T14:00:00Z"),
    );
    check(
        "renewed at 2026-11-21T15:00:00+01:00.",
        Some("2026-11-21T14:00:00Z"),
    );
    check("used 1234567 tokens", None);
}

#[test]
fn a_time_of_day_is_the_next_such_moment() {
    check(
        "You've hit your limit · resets 3pm (UTC)",
        Some("2026-11-21T15:00:00Z"),
    );
    check(
        "You've hit your limit · resets 3pm (Europe/Berlin)",
        Some("2026-11-21T14:00:00Z"),
    );
    check(
        "5-hour limit reached ∙ resets 3pm",
        Some("2026-11-21T15:00:00Z"),
    );
    check(
        "limit reached, resets at 15:05",
        Some("2026-11-21T15:05:00Z"),
    );
    check("try again at 3:05 PM.", Some("2026-11-21T15:05:00Z"));
    check(
        "You’ve hit your usage limit. Upgrade to Pro (https://example.com/explore/pro), or try again at 3:05 PM.",
        Some("2026-11-21T15:05:00Z"),
    );
    check("resets 9am", Some("2026-11-22T09:00:00Z"));
    check("resets 12:00am (UTC)", Some("2026-11-22T00:00:00Z"));
    check("resets 12pm", Some("2026-11-21T12:00:00Z"));
    check("resets tomorrow at 7:30am", Some("2026-11-22T07:30:00Z"));
}

#[test]
fn a_day_is_read_with_and_without_a_time() {
    check(
        "Weekly limit reached · resets Nov 24, 9am (Europe/Berlin)",
        Some("2026-11-24T08:00:00Z"),
    );
    check(
        "Try again at Nov 24th, 2026 3:05 PM.",
        Some("2026-11-24T15:05:00Z"),
    );
    check("resets Mon 12:00am", Some("2026-11-23T00:00:00Z"));
    check("resets Saturday 9am", Some("2026-11-28T09:00:00Z"));
    check("resets Jan 2 at 10:00", Some("2027-01-02T10:00:00Z"));
    check("resets on December 1", Some("2026-12-01T00:00:00Z"));
}

#[test]
fn a_span_is_counted_from_now() {
    check(
        "or try again in 3 days 4 hours 5 minutes.",
        Some("2026-11-24T16:35:00Z"),
    );
    check("Please retry in 35.5s.", Some("2026-11-21T12:30:35.5Z"));
    check("resets in 1h 30m", Some("2026-11-21T14:00:00Z"));
    check(
        "try again after 2 hours and 30 minutes",
        Some("2026-11-21T15:00:00Z"),
    );
}

#[test]
fn what_is_not_certain_is_nothing() {
    for text in [
        "usage limit reached",
        "resets soon",
        "resets 3pm (Mars/Olympus)",
        "resets 25pm",
        "resets 99:99",
        "resets Feb 31",
        "resets at 3",
        "try again",
        "in 99999999999999999999 days again",
        "try again in 99999999999999999999 days",
        "",
    ] {
        check(text, None);
    }
}
