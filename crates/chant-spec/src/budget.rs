//! What work may cost: dollars, tokens and minutes, as amounts that add up exactly.

use std::fmt;
use std::iter::Sum;
use std::ops::Add;
use std::time::Duration;

/// US dollars, in millionths: sums of many small amounts stay exact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Usd {
    micros: u64,
}

impl Usd {
    /// From what an agent told; anything but a sensible amount is nothing.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the amount is between nothing and a billion"
    )]
    pub fn from_dollars(dollars: f64) -> Self {
        let sensible = dollars.is_finite() && (0.0..1e9).contains(&dollars);
        let micros = if sensible {
            (dollars * 1e6).round() as u64
        } else {
            0
        };
        Self { micros }
    }

    /// From millionths.
    pub fn from_micros(micros: u64) -> Self {
        Self { micros }
    }

    /// In millionths.
    pub fn micros(self) -> u64 {
        self.micros
    }

    /// As a number for machines.
    #[expect(clippy::cast_precision_loss, reason = "a float is what JSON has")]
    pub fn dollars(self) -> f64 {
        self.micros as f64 / 1e6
    }
}

/// `$5.02`; with more places where it is less than a cent.
impl fmt::Display for Usd {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if (1..10_000).contains(&self.micros) {
            write!(formatter, "${:.4}", self.dollars())
        } else {
            write!(formatter, "${:.2}", self.dollars())
        }
    }
}

impl Add for Usd {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            micros: self.micros.saturating_add(other.micros),
        }
    }
}

impl Sum for Usd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), Add::add)
    }
}

/// What something may cost; an absent measure is not limited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Budget {
    /// Money.
    pub usd: Option<Usd>,
    /// Tokens, read and written.
    pub tokens: Option<u64>,
    /// The time that agents work.
    pub time: Option<Duration>,
}

impl Budget {
    /// The names of its measures, as they are written.
    pub const KEYS: [&'static str; 3] = ["usd", "tokens", "minutes"];

    /// Sets one measure from what stands in a file; the error is what would be right.
    pub fn set(&mut self, key: &str, text: &str) -> Result<(), &'static str> {
        let text = text.trim();
        match key {
            "usd" => {
                self.usd =
                    Some(dollars(text).ok_or("an amount in dollars, such as `5` or `0.50`")?);
            }
            "tokens" => {
                self.tokens = Some(
                    count(text).ok_or("a number of tokens, such as `200000`, `200k` or `2M`")?,
                );
            }
            "minutes" => {
                self.time = Some(minutes(text).ok_or("a number of minutes, such as `90`")?);
            }
            _ => return Err("one of usd, tokens, minutes"),
        }
        Ok(())
    }

    /// This, with what `other` says in place of the same here.
    #[must_use]
    pub fn or_as(self, other: &Self) -> Self {
        Self {
            usd: other.usd.or(self.usd),
            tokens: other.tokens.or(self.tokens),
            time: other.time.or(self.time),
        }
    }

    /// Whether nothing is limited.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// `$5, 200000 tokens, 90 minutes`.
impl fmt::Display for Budget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            self.usd.map(|usd| usd.to_string()),
            self.tokens.map(|tokens| format!("{tokens} tokens")),
            self.time
                .map(|time| format!("{} minutes", time.as_secs().div_ceil(60))),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        formatter.write_str(&parts.join(", "))
    }
}

fn dollars(text: &str) -> Option<Usd> {
    let number: f64 = text.strip_prefix('$').unwrap_or(text).parse().ok()?;
    (number.is_finite() && (0.0..1e9).contains(&number)).then(|| Usd::from_dollars(number))
}

fn count(text: &str) -> Option<u64> {
    let thousands = text.strip_suffix(['k', 'K']);
    let (number, unit) = match (thousands, text.strip_suffix('M')) {
        (Some(number), _) => (number, 1_000.0),
        (None, Some(number)) => (number, 1_000_000.0),
        (None, None) => return text.replace('_', "").parse().ok(),
    };
    let number: f64 = number.trim().parse().ok()?;
    let sensible = number.is_finite() && (0.0..1e9).contains(&number);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the number is between nothing and a billion"
    )]
    sensible.then(|| (number * unit).round() as u64)
}

fn minutes(text: &str) -> Option<Duration> {
    let number: f64 = text.parse().ok()?;
    let sensible = number.is_finite() && (0.0..1e7).contains(&number);
    sensible.then(|| Duration::from_secs_f64(number * 60.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(key: &str, text: &str) -> Result<String, &'static str> {
        let mut budget = Budget::default();
        budget.set(key, text)?;
        Ok(budget.to_string())
    }

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for (key, text, expect) in [
            ("usd", "5", "$5.00"),
            ("usd", "$0.50", "$0.50"),
            ("usd", "0.0025", "$0.0025"),
            ("tokens", "200000", "200000 tokens"),
            ("tokens", "200_000", "200000 tokens"),
            ("tokens", "200k", "200000 tokens"),
            ("tokens", "1.5M", "1500000 tokens"),
            ("minutes", "90", "90 minutes"),
            ("minutes", "0.5", "1 minutes"),
        ] {
            assert_eq!(read(key, text).as_deref(), Ok(expect), "{key}: {text}");
        }
        for (key, text) in [
            ("usd", "much"),
            ("usd", "-1"),
            ("usd", "inf"),
            ("tokens", "1.5"),
            ("minutes", "1h"),
            ("euro", "5"),
        ] {
            assert!(read(key, text).is_err(), "{key}: {text}");
        }
    }

    #[test]
    fn small_amounts_add_up_exactly() {
        let tenth = Usd::from_dollars(0.1);
        let sum: Usd = std::iter::repeat_n(tenth, 30).sum();
        assert_eq!(sum, Usd::from_dollars(3.0));
        assert_eq!(Usd::from_dollars(f64::NAN), Usd::default());
    }
}
