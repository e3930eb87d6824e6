//! Times, tokens and money, as short as a person reads them.

use std::time::Duration;

/// `42s`, `4m10s`, `2h05m`.
pub(crate) fn elapsed(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m{seconds:02}s"),
        (hours, minutes, _) => format!("{hours}h{minutes:02}m"),
    }
}

/// `950`, `12.3k`, `1.2M`.
pub(crate) fn tokens(count: u64) -> String {
    let tenths = |unit: u64| {
        let tenths = count / (unit / 10);
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    match count {
        0..1_000 => count.to_string(),
        1_000..1_000_000 => tenths(1_000) + "k",
        _ => tenths(1_000_000) + "M",
    }
}

/// `$0.12`.
pub(crate) fn dollars(usd: f64) -> String {
    format!("${usd:.2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_short() {
        let shown = |seconds| elapsed(Duration::from_secs(seconds));
        assert_eq!([shown(0), shown(59)], ["0s", "59s"]);
        assert_eq!([shown(60), shown(3599)], ["1m00s", "59m59s"]);
        assert_eq!([shown(3600), shown(100_000)], ["1h00m", "27h46m"]);
        assert_eq!([tokens(0), tokens(999)], ["0", "999"]);
        assert_eq!([tokens(1_000), tokens(12_345)], ["1.0k", "12.3k"]);
        assert_eq!([tokens(999_999), tokens(1_250_000)], ["999.9k", "1.2M"]);
        assert_eq!([dollars(0.0), dollars(1.2)], ["$0.00", "$1.20"]);
    }
}
