//! How often and how long a refusing server is waited for. Pure, but for the chance in it.

use std::time::Duration;

/// No wait of our own choosing is longer.
const LONGEST: Duration = Duration::from_mins(1);

/// A server that wants to be left alone for longer is a limit: chant parks the run and nobody sits and waits.
pub(crate) const LEFT_ALONE: Duration = Duration::from_mins(3);

/// The tries of one question.
#[derive(Debug, Clone)]
pub(crate) struct Patience {
    tries: u32,
    first: Duration,
    tried: u32,
    chance: u64,
}

impl Patience {
    /// At most `tries`, the first wait about `first` long. `chance` is any number.
    pub(crate) fn new(tries: u32, first: Duration, chance: u64) -> Self {
        Self {
            tries,
            first,
            tried: 0,
            chance: chance | 1,
        }
    }

    /// How many tries there are at most.
    pub(crate) fn tries(&self) -> u32 {
        self.tries
    }

    /// How many there were.
    pub(crate) fn tried(&self) -> u32 {
        self.tried
    }

    /// A try has failed. How long to wait before the next; none where there is no next one. What the server asks for counts.
    pub(crate) fn next(&mut self, asked: Option<Duration>) -> Option<Duration> {
        self.tried += 1;
        if self.tried >= self.tries {
            return None;
        }
        Some(if let Some(asked) = asked {
            // A little later than asked, and not all at once: others were told the same.
            asked + self.some_of(asked.min(LONGEST) / 10)
        } else {
            let doubled = self.first.saturating_mul(1 << (self.tried - 1).min(16));
            let wait = doubled.min(LONGEST);
            wait * 3 / 4 + self.some_of(wait / 2)
        })
    }

    /// Between nothing and `most`, by chance.
    fn some_of(&mut self, most: Duration) -> Duration {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        let share = u32::try_from(self.chance % 1000).unwrap_or(0);
        most * share / 1000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn waits_double_and_differ_and_end() {
        for chance in 0..200 {
            let mut patience = Patience::new(9, SECOND, chance * 7919);
            for expected in [1, 2, 4, 8, 16, 32, 60, 60] {
                let wait = patience.next(None);
                let about = SECOND * expected;
                assert!(
                    wait.is_some_and(|wait| wait >= about * 3 / 4 && wait <= about * 5 / 4),
                    "{wait:?} for {about:?}"
                );
            }
            assert_eq!(patience.next(None), None);
            assert_eq!(patience.tried(), 9);
        }
    }

    #[test]
    fn what_the_server_asks_for_is_never_cut_short() {
        let mut patience = Patience::new(3, SECOND, 5);
        let wait = patience.next(Some(SECOND * 20));
        assert!(wait.is_some_and(|wait| (SECOND * 20..=SECOND * 22).contains(&wait)));
    }
}
