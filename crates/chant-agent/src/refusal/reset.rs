//! When a limit is renewed, read from what a provider says: an epoch, an RFC 3339 time, `resets 3pm (Europe/Berlin)`,
//! `resets Nov 24 at 9am`, `try again in 2 hours 30 minutes`.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

/// A time of day without a day is the next such moment, or the last one where it has just passed: a message about a
/// limit that is renewed at 3 pm may well be printed some seconds after it.
const JUST_PASSED: SignedDuration = SignedDuration::from_hours(1);

/// The moment that `text` names.
pub(super) fn read(text: &str, now: &Zoned) -> Option<Timestamp> {
    instant(text).or_else(|| told(text, now))
}

/// An RFC 3339 time, or seconds or milliseconds since 1970, anywhere in the text.
fn instant(text: &str) -> Option<Timestamp> {
    let words = text.split(|c: char| {
        c.is_whitespace() || matches!(c, '|' | '"' | ',' | '(' | ')' | '=' | '∙' | '·')
    });
    words
        .map(|word| word.trim_end_matches(['.', ';', ':']))
        .find_map(|word| {
            word.parse()
                .ok()
                .or_else(|| epoch(word.trim_start_matches("resets_at:")))
        })
}

/// Ten digits reach from 2001 to 2286; no count of anything looks like that in a sentence about a limit.
fn epoch(word: &str) -> Option<Timestamp> {
    let number: i64 = word.parse().ok()?;
    match word.len() {
        10 => Timestamp::from_second(number).ok(),
        13 => Timestamp::from_millisecond(number).ok(),
        _ => None,
    }
}

/// What follows a word such as `resets`, in the zone that is named, else in the user's.
fn told(text: &str, now: &Zoned) -> Option<Timestamp> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')' | ';' | '∙' | '·' | '|'))
        .map(|word| word.trim_end_matches('.'))
        .filter(|word| !word.is_empty())
        .collect();
    let now = match zone(text) {
        Zone::Here => now.clone(),
        Zone::Named(zone) => now.with_time_zone(zone),
        Zone::Unknown => return None,
    };
    let mut anchors = words.iter().enumerate().filter(|(_, word)| is_anchor(word));
    anchors.find_map(|(at, _)| after(&words[at + 1..], &now))
}

fn is_anchor(word: &str) -> bool {
    let word = word.trim_end_matches(':');
    matches!(
        word,
        "reset"
            | "resets"
            | "resetting"
            | "again"
            | "until"
            | "available"
            | "retry"
            | "wait"
            | "renews"
            | "back"
    )
}

enum Zone {
    /// None is named.
    Here,
    Named(TimeZone),
    /// One is named that this machine does not know: a guess could be half a day off.
    Unknown,
}

fn zone(text: &str) -> Zone {
    let inside = text
        .split('(')
        .skip(1)
        .filter_map(|rest| rest.split_once(')'));
    let mut named = inside
        .map(|(inside, _)| inside.trim())
        .filter(|name| is_zone_name(name));
    let spoken = text
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '.' | ')' | '('))
        .any(|word| matches!(word, "UTC" | "GMT"));
    match named.next() {
        _ if spoken => Zone::Named(TimeZone::UTC),
        Some(name) => TimeZone::get(name).map_or(Zone::Unknown, Zone::Named),
        None => Zone::Here,
    }
}

/// `Europe/Berlin`, and no address or remark that stands in brackets too.
fn is_zone_name(name: &str) -> bool {
    let of_a_zone = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '+');
    name.contains('/') && name.chars().all(of_a_zone)
}

fn after(words: &[&str], now: &Zoned) -> Option<Timestamp> {
    let start = words.iter().take_while(|word| is_filler(word)).count();
    let is_relative = words[..start].contains(&"in") || words[..start].contains(&"after");
    let words = &words[start..];
    if is_relative && let Some(span) = span(words) {
        return now.timestamp().checked_add(span).ok();
    }
    moment(words, now)
}

fn is_filler(word: &str) -> bool {
    matches!(
        word,
        "at" | "on"
            | "in"
            | "is"
            | "will"
            | "be"
            | "the"
            | "by"
            | "after"
            | "about"
            | "around"
            | "your"
            | "limit"
    )
}

/// `2 hours 30 minutes`, `1h 30m`, `35.2s`, `3 days`.
fn span(words: &[&str]) -> Option<SignedDuration> {
    let mut seconds = None;
    let mut rest = words
        .iter()
        .copied()
        .filter(|word| *word != "and")
        .peekable();
    while let Some(word) = rest.next() {
        let digits = word
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(word.len());
        let Ok(number) = word[..digits].parse::<f64>() else {
            break;
        };
        let unit = if digits < word.len() {
            &word[digits..]
        } else {
            rest.next().unwrap_or_default()
        };
        let Some(length) = unit_seconds(unit) else {
            break;
        };
        seconds = Some(seconds.unwrap_or(0.0) + number * length);
    }
    seconds
        .filter(|seconds| *seconds < 1e9)
        .map(SignedDuration::from_secs_f64)
}

fn unit_seconds(unit: &str) -> Option<f64> {
    Some(match unit {
        "ms" | "millisecond" | "milliseconds" => 0.001,
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3600.0,
        "d" | "day" | "days" => 86400.0,
        _ => return None,
    })
}

/// `3pm`, `15:05`, `tomorrow at 9am`, `mon 12:00am`, `nov 24th 2026 3:05 pm`.
fn moment(words: &[&str], now: &Zoned) -> Option<Timestamp> {
    let mut day = None;
    let mut words = words
        .iter()
        .copied()
        .filter(|word| !matches!(*word, "at" | "on"))
        .peekable();
    while let Some(&word) = words.peek() {
        let named = if let Some(weekday) = weekday(word) {
            Some(Day::Weekday(weekday))
        } else if word == "tomorrow" {
            Some(Day::On(now.date().tomorrow().ok()?))
        } else if word == "today" {
            Some(Day::On(now.date()))
        } else if let Some(month) = month(word) {
            words.next();
            let number = words.peek().and_then(|word| ordinal(word))?;
            let mut following = words.clone();
            following.next();
            let year = following.peek().and_then(|word| year(word));
            if year.is_some() {
                words.next();
            }
            Some(Day::On(date(year, month, number, now)?))
        } else {
            None
        };
        let Some(named) = named else { break };
        day = Some(named);
        words.next();
    }
    let time = time(words.next(), words.next());
    match (day, time) {
        (None, None) => None,
        (None, Some(time)) => next(time, now),
        (Some(Day::On(date)), time) => zoned(date, time.unwrap_or(Time::midnight()), now),
        (Some(Day::Weekday(weekday)), time) => {
            on_weekday(weekday, time.unwrap_or(Time::midnight()), now)
        }
    }
}

enum Day {
    On(Date),
    Weekday(Weekday),
}

fn zoned(date: Date, time: Time, now: &Zoned) -> Option<Timestamp> {
    let moment = date
        .to_datetime(time)
        .to_zoned(now.time_zone().clone())
        .ok()?;
    Some(moment.timestamp())
}

fn next(time: Time, now: &Zoned) -> Option<Timestamp> {
    let today = zoned(now.date(), time, now)?;
    if today + JUST_PASSED > now.timestamp() {
        return Some(today);
    }
    zoned(now.date().tomorrow().ok()?, time, now)
}

fn on_weekday(weekday: Weekday, time: Time, now: &Zoned) -> Option<Timestamp> {
    let mut date = now.date();
    for _ in 0..8 {
        if date.weekday() == weekday {
            let moment = zoned(date, time, now)?;
            if moment + JUST_PASSED > now.timestamp() {
                return Some(moment);
            }
        }
        date = date.tomorrow().ok()?;
    }
    None
}

/// Without a year, the next such day; yesterday is a year that was left out, not eleven months off.
fn date(year: Option<i16>, month: i8, day: i8, now: &Zoned) -> Option<Date> {
    let this_year = now.date().year();
    let date = Date::new(year.unwrap_or(this_year), month, day).ok()?;
    let yesterday = now.date().yesterday().ok()?;
    if year.is_none() && date < yesterday {
        return Date::new(this_year + 1, month, day).ok();
    }
    Some(date)
}

fn weekday(word: &str) -> Option<Weekday> {
    const DAYS: [(&str, Weekday); 7] = [
        ("monday", Weekday::Monday),
        ("tuesday", Weekday::Tuesday),
        ("wednesday", Weekday::Wednesday),
        ("thursday", Weekday::Thursday),
        ("friday", Weekday::Friday),
        ("saturday", Weekday::Saturday),
        ("sunday", Weekday::Sunday),
    ];
    let named = |name: &str| word.len() >= 3 && name.starts_with(word);
    DAYS.iter()
        .find(|(name, _)| named(name))
        .map(|(_, weekday)| *weekday)
}

fn month(word: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let found = MONTHS
        .iter()
        .position(|name| word.len() >= 3 && name.starts_with(word))?;
    i8::try_from(found + 1).ok()
}

fn ordinal(word: &str) -> Option<i8> {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    matches!(&word[digits.len()..], "" | "st" | "nd" | "rd" | "th")
        .then(|| digits.parse().ok())
        .flatten()
}

fn year(word: &str) -> Option<i16> {
    word.parse().ok().filter(|year| (2020..2200).contains(year))
}

/// `3pm`, `3:05pm`, `3:05 pm`, `15:05`, `15:05:30`. A bare number is no time.
fn time(word: Option<&str>, following: Option<&str>) -> Option<Time> {
    let word = word?;
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let (("", Some(half @ ("am" | "pm"))) | (half @ ("am" | "pm" | ""), _)) =
        (&word[digits.len()..], following)
    else {
        return None;
    };
    let mut parts = digits.split(':').map(str::parse::<i8>);
    let hour = parts.next()?.ok()?;
    let minute = parts.next();
    let second = parts.next();
    if minute.is_none() && half.is_empty() {
        return None;
    }
    let hour = match half {
        "" => hour,
        _ if !(1..=12).contains(&hour) => return None,
        "am" => hour % 12,
        _ => hour % 12 + 12,
    };
    let minute = minute.transpose().ok()?.unwrap_or(0);
    let second = second.transpose().ok()?.unwrap_or(0);
    Time::new(hour, minute, second, 0).ok()
}

#[cfg(test)]
mod tests;
