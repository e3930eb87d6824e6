//! The clock: what time it is, and how long something took.
//!
//! Owns the one place where the wall clock is read, so that a test can fix it with `CHANT_NOW`, or move it with a file. A
//! duration is never the difference of two wall-clock times, because that clock may be set backwards: use [`Stopwatch`].

use std::{
    path::Path,
    time::{Duration, Instant},
};

use jiff::{Timestamp, Zoned, civil::Date, tz::TimeZone};

use crate::file;

/// The variable that fixes the clock: an RFC 3339 time, or `@` and the path of a file that holds one, which may be written anew.
const FIXED: &str = "CHANT_NOW";

/// The present time, or the time that `CHANT_NOW` names. A value that is no RFC 3339 time fixes nothing.
pub fn now() -> Timestamp {
    fixed(std::env::var(FIXED).ok().as_deref()).unwrap_or_else(Timestamp::now)
}

/// Nanoseconds since 1970, as file systems stamp files: not fixed by `CHANT_NOW`, to be compared with file times only.
pub fn since_epoch() -> i64 {
    let now = Timestamp::now().as_nanosecond();
    i64::try_from(now).unwrap_or(i64::MAX)
}

/// The present time where the user is.
pub fn now_here() -> Zoned {
    now().to_zoned(zone())
}

/// The zone in which the user lives. Where only the system says so, its rules are read as they are: to learn the zone's name
/// as well, the whole database of zones would be searched.
pub fn zone() -> TimeZone {
    if std::env::var_os("TZ").is_none_or(|zone| zone.is_empty())
        && let Ok(rules) = file::read_regular(Path::new(SYSTEM_ZONE), LARGEST_ZONE)
        && let Ok(zone) = TimeZone::tzif("Local", &rules)
    {
        return zone;
    }
    TimeZone::system()
}

/// Where the system's zone is.
const SYSTEM_ZONE: &str = "/etc/localtime";

/// The rules of a zone are a few kilobytes.
const LARGEST_ZONE: u64 = 1 << 20;

/// Today's date where the user is.
pub fn today() -> Date {
    now_here().date()
}

/// How long to really wait until it is `moment`, before looking at the clock again. A clock that a test moves is looked at
/// often.
pub fn until(moment: Timestamp) -> Duration {
    let left = Duration::try_from(moment.duration_since(now())).unwrap_or_default();
    if std::env::var_os(FIXED).is_some() {
        left.min(MOVED_BY_HAND)
    } else {
        left.min(LONGEST_SLEEP)
    }
}

/// How often a clock is looked at that a test moves.
const MOVED_BY_HAND: Duration = Duration::from_millis(10);

/// The clock may be set, and a machine may sleep, while something waits.
const LONGEST_SLEEP: Duration = Duration::from_mins(1);

fn fixed(text: Option<&str>) -> Option<Timestamp> {
    let text = text?;
    match text.strip_prefix('@') {
        Some(path) => std::fs::read_to_string(path).ok()?.trim().parse().ok(),
        None => text.parse().ok(),
    }
}

/// Measures how long something takes; never runs backwards and ignores `CHANT_NOW`.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts measuring.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since [`Stopwatch::start`].
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_fixed_time_is_taken_and_nonsense_is_not() {
        let noon = fixed(Some("2026-11-21T12:00:00Z")).unwrap();
        assert_eq!(noon.to_string(), "2026-11-21T12:00:00Z");
        assert_eq!(fixed(Some("2026-11-21T13:00:00+01:00")), Some(noon));
        assert_eq!(fixed(Some("noon")), None);
        assert_eq!(fixed(None), None);
    }
}
