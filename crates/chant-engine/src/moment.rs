//! A moment as a person writes it, and as one is told to a person.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::error::{Code, Error, Result};

/// Reads a date (`2026-11-21`, where the user is) or a time (`2026-11-21T10:00:00Z`).
pub fn since(text: &str) -> Result<Timestamp> {
    let date = || {
        let date: jiff::civil::Date = text.parse().ok()?;
        Some(date.to_zoned(chant_os::clock::zone()).ok()?.timestamp())
    };
    text.parse().ok().or_else(date).ok_or_else(|| {
        Error::new(
            Code::Usage,
            format!("{text:?} is neither a date nor a time"),
        )
        .hint("write it as 2026-11-21, or as 2026-11-21T10:00:00Z")
    })
}

/// `14:05`, with the date where it is not today's.
pub(crate) fn clock_time(moment: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let here = moment.to_zoned(zone.clone());
    let is_today = here.date() == now.to_zoned(zone.clone()).date();
    let form = if is_today { "%H:%M" } else { "%Y-%m-%d %H:%M" };
    here.strftime(form).to_string()
}
