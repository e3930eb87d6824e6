//! A parked run: until when, why, and for how long that is believed. Pure.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Start;
use crate::journal::{Parked, Renewal};
use crate::moment::clock_time;

/// How long the first wait is where nobody says when a limit is renewed; each further one is twice as long.
const FIRST_WAIT: SignedDuration = SignedDuration::from_mins(15);
/// The least wait where a moment was told and the limit was not renewed then; each further one is twice as long.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(30);
/// The longest such wait.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(2);
/// No plan is renewed later than this; a date beyond it was misread or is made up.
const FARTHEST: SignedDuration = SignedDuration::from_hours(32 * 24);

impl Parked {
    /// The same run with whichever of `candidates` can go on first; `renewed` says until when one is refused.
    pub(crate) fn or_with(
        mut self,
        candidates: &[String],
        renewed: impl Fn(&str) -> Option<Timestamp>,
        now: Timestamp,
    ) -> Self {
        let others = candidates.iter().filter(|agent| **agent != self.agent);
        let first = others
            .map(|agent| (renewed(agent).map_or(now, |at| at.max(now)), agent))
            .min_by_key(|(at, _)| *at);
        if let Some((at, agent)) = first.filter(|(at, _)| *at < self.until) {
            self.until = at;
            self.with = Some(agent.clone());
        }
        self
    }

    pub(super) fn wait(&self, until: Timestamp, now: Timestamp) -> Start {
        let when = clock_time(until, now, &chant_os::clock::zone());
        Start::Wait {
            until,
            why: format!("limit of agent {} until {when}: {}", self.agent, self.why),
        }
    }
}

/// A refusal as it reaches the engine.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    /// The agent that was refused.
    pub(crate) agent: String,
    /// What was said.
    pub(crate) why: String,
    /// When the limit is renewed, where that was said.
    pub(crate) until: Option<Timestamp>,
    /// Whether the agent got something done before it was refused.
    pub(crate) progressed: bool,
}

/// What the settings say of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// How long a run may stay parked altogether.
    pub(crate) longest: Duration,
}

/// What becomes of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It waits.
    Park(Parked),
    /// It waited long enough; a person has to look.
    GiveUp(String),
}

/// Parks a run, or gives up where the limit is never renewed. `before` is its last waiting.
pub(crate) fn park(
    before: Option<&Parked>,
    refusal: Refusal,
    rules: Rules,
    now: Timestamp,
) -> Verdict {
    let known = before;
    let before = before.filter(|_| !refusal.progressed);
    let since = before.map_or(now, |before| before.since);
    let times = before.map_or(0, |before| before.times) + 1;
    let waited = now.duration_since(since);
    let longest = SignedDuration::try_from(rules.longest).unwrap_or(SignedDuration::MAX);
    if times > 1 && waited >= longest {
        let hours = waited.as_hours();
        return Verdict::GiveUp(format!(
            "the limit of agent {} was not renewed in {hours} hours ({times} tries): {}",
            refusal.agent, refusal.why
        ));
    }
    let told = refusal
        .until
        .filter(|until| *until > now && until.duration_since(now) < FARTHEST);
    let until = match told {
        Some(told) => told.max(later(now, pause(times))),
        None => later(now, guess(times)),
    };
    let mut renewals: Vec<Renewal> = known
        .into_iter()
        .flat_map(|parked| &parked.renewals)
        .cloned()
        .collect();
    renewals.retain(|renewal| renewal.at > now && renewal.agent != refusal.agent);
    renewals.push(Renewal {
        agent: refusal.agent.clone(),
        at: until,
    });
    Verdict::Park(Parked {
        until,
        renewals,
        since,
        why: refusal.why,
        agent: refusal.agent,
        times,
        with: None,
    })
}

fn later(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(now)
}

/// 15 minutes, 30, an hour, then two hours each time.
fn guess(times: u32) -> SignedDuration {
    doubled(FIRST_WAIT, times).min(LONGEST_WAIT)
}

/// How long is waited at least where a moment was told: that one is believed the first time. Who was sent away again then
/// takes longer and longer: 30 seconds, a minute, … 15 minutes.
fn pause(times: u32) -> SignedDuration {
    match times {
        0 | 1 => SignedDuration::ZERO,
        more => doubled(FIRST_PAUSE, more - 1).min(FIRST_WAIT),
    }
}

/// The first wait, twice as long for each further one.
fn doubled(first: SignedDuration, times: u32) -> SignedDuration {
    let factor = 1_i32 << times.saturating_sub(1).min(8);
    first.checked_mul(factor).unwrap_or(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use jiff::tz::TimeZone;

    const RULES: Rules = Rules {
        longest: Duration::from_hours(24),
    };

    fn at(text: &str) -> Timestamp {
        format!("2026-11-{text}:00Z").parse().unwrap()
    }

    fn refused(until: Option<&str>) -> Refusal {
        Refusal {
            agent: "main".into(),
            why: "plan limit reached".into(),
            until: until.map(at),
            progressed: false,
        }
    }

    #[track_caller]
    fn parked(before: Option<&Parked>, refusal: Refusal, now: &str) -> Parked {
        match park(before, refusal, RULES, at(now)) {
            Verdict::Park(parked) => parked,
            Verdict::GiveUp(why) => panic!("gave up: {why}"),
        }
    }

    #[test]
    fn it_waits_for_the_told_time_and_doubles_its_guesses_otherwise() {
        let told = parked(None, refused(Some("21T14:05")), "21T12:00");
        assert_eq!((told.until, told.times), (at("21T14:05"), 1));
        // A moment that has passed, or lies a year off, is no moment to wait for.
        let passed = parked(None, refused(Some("21T11:59")), "21T12:00");
        assert_eq!(passed.until, at("21T12:15"));
        let mut far = refused(None);
        far.until = Some("2027-11-21T12:00:00Z".parse().unwrap());
        assert_eq!(parked(None, far, "21T12:00").until, at("21T12:15"));

        let mut last = parked(None, refused(None), "21T12:00");
        for (now, until) in [
            ("21T12:15", "21T12:45"),
            ("21T12:45", "21T13:45"),
            ("21T13:45", "21T15:45"),
            ("21T15:45", "21T17:45"),
        ] {
            last = parked(Some(&last), refused(None), now);
            assert_eq!(last.until, at(until));
        }
        assert_eq!((last.times, last.since), (5, at("21T12:00")));
    }

    #[test]
    fn who_says_in_a_second_and_again_in_a_second_is_asked_less_and_less() {
        let soon = |seconds: i64, before: Option<&Parked>| {
            let now = at("21T12:00") + SignedDuration::from_secs(seconds);
            let refusal = Refusal {
                until: Some(now + SignedDuration::from_secs(1)),
                ..refused(None)
            };
            match park(before, refusal, RULES, now) {
                Verdict::Park(parked) => (parked.until.duration_since(now).as_secs(), parked),
                Verdict::GiveUp(why) => panic!("gave up: {why}"),
            }
        };
        let (waited, first) = soon(0, None);
        assert_eq!(waited, 1);
        let (waited, second) = soon(1, Some(&first));
        assert_eq!(waited, 30);
        let (waited, third) = soon(31, Some(&second));
        assert_eq!(waited, 60);
        assert_eq!(soon(91, Some(&third)).0, 120);
    }

    #[test]
    fn a_reset_that_never_comes_is_given_up() {
        let first = parked(None, refused(None), "21T12:00");
        let again = parked(Some(&first), refused(None), "22T11:59");
        let verdict = park(Some(&again), refused(None), RULES, at("22T12:00"));
        let expect =
            "the limit of agent main was not renewed in 24 hours (3 tries): plan limit reached";
        assert_eq!(verdict, Verdict::GiveUp(expect.into()));
        // What got something done in between has not waited in vain.
        let mut progressed = refused(None);
        progressed.progressed = true;
        assert_eq!(parked(Some(&again), progressed, "22T12:00").times, 1);
    }

    #[test]
    fn a_week_is_waited_for_where_that_is_what_was_said() {
        let weekly = parked(None, refused(Some("27T09:00")), "21T12:00");
        assert_eq!(weekly.until, at("27T09:00"));
        assert!(!weekly.is_due(at("27T08:59")) && weekly.is_due(at("27T09:00")));
    }

    #[test]
    fn whoever_can_go_on_first_does() {
        let told = parked(None, refused(Some("21T14:05")), "21T12:00");
        let (b, c) = ("b".to_owned(), "c".to_owned());
        let with = |renewed: &dyn Fn(&str) -> Option<Timestamp>| {
            let parked = told.clone().or_with(
                &["main".into(), b.clone(), c.clone()],
                renewed,
                at("21T12:00"),
            );
            (parked.with, parked.until)
        };
        assert_eq!(with(&|_| None), (Some(b.clone()), at("21T12:00")));
        let b_refused = |agent: &str| (agent == "b").then(|| at("21T13:00"));
        assert_eq!(with(&b_refused), (Some(c.clone()), at("21T12:00")));
        let both = |agent: &str| Some(at(if agent == "b" { "21T13:00" } else { "21T12:30" }));
        assert_eq!(with(&both), (Some(c.clone()), at("21T12:30")));
        assert_eq!(with(&|_| Some(at("21T15:00"))), (None, at("21T14:05")));
    }

    #[test]
    fn it_says_until_when_in_the_users_zone() {
        let told = parked(None, refused(Some("21T14:05")), "21T12:00");
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(
            told.sentence(at("21T12:00"), &berlin),
            "until 15:05, limit of agent main: plan limit reached"
        );
        assert_eq!(
            told.sentence(at("20T12:00"), &TimeZone::UTC),
            "until 2026-11-21 14:05, limit of agent main: plan limit reached"
        );
    }

    #[test]
    fn it_survives_the_journal() {
        let told = parked(None, refused(Some("21T14:05")), "21T12:00");
        let json = serde_json::to_string(&told).unwrap();
        assert!(
            json.contains("\"until\":\"2026-11-21T14:05:00Z\""),
            "{json}"
        );
        assert_eq!(serde_json::from_str::<Parked>(&json).unwrap(), told);
    }
}
