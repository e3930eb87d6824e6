//! One process of an agent, and what it cost: the unit in which spending is counted.

use std::collections::BTreeMap;
use std::time::Duration;

use chant_agent::{AgentEvent, Bill, Outcome, Usage};
use chant_spec::Usd;
use jiff::Timestamp;

use super::Spent;
use crate::config::Price;
use crate::event::{Event, Stamped};
use crate::journal::RunRecord;
use crate::journal::Stint;

impl Stint {
    /// The stint of a process that has ended.
    pub(crate) fn of(
        at: Timestamp,
        agent: &str,
        model: Option<&str>,
        outcome: &Outcome,
        prices: &BTreeMap<String, Price>,
    ) -> Self {
        let bill = Bill {
            model: outcome.model.as_deref().or(model).map(str::to_owned),
            usage: outcome.usage,
            usd: outcome.cost_usd,
        };
        let (usd, computed) = priced(&bill, prices);
        Self {
            at: at.to_string(),
            agent: agent.to_owned(),
            model: bill.model,
            input_tokens: outcome.usage.input,
            output_tokens: outcome.usage.output,
            usd,
            computed,
            ms: u64::try_from(outcome.duration.as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// What it took.
    pub fn spent(&self) -> Spent {
        Spent {
            usd: Usd::from_dollars(self.usd.unwrap_or(0.0)),
            tokens: self.input_tokens.saturating_add(self.output_tokens),
            time: Duration::from_millis(self.ms),
        }
    }
}

/// What some tokens cost: as the agent told, else by the prices; and whether it was computed.
pub(crate) fn priced(bill: &Bill, prices: &BTreeMap<String, Price>) -> (Option<f64>, bool) {
    let usage = bill.usage;
    if bill.usd.is_some() {
        return (bill.usd, false);
    }
    let price = bill.model.as_ref().and_then(|model| prices.get(model));
    let Some(price) = price.filter(|_| usage != Usage::default()) else {
        return (None, false);
    };
    let per_million =
        |tokens: u64, price: Usd| u128::from(tokens) * u128::from(price.micros()) / 1_000_000;
    let micros = per_million(usage.input.saturating_add(usage.cache_write), price.input)
        + per_million(usage.output, price.output)
        + per_million(usage.cache_read, price.cached.unwrap_or(price.input));
    let usd = Usd::from_micros(u64::try_from(micros).unwrap_or(u64::MAX));
    (Some(usd.dollars()), true)
}

/// The stints of a run. One from before they were kept has had one, with all that is known.
pub(super) fn of_run(run: &RunRecord) -> Vec<Stint> {
    let facts = &run.facts;
    let has_spent = facts.input_tokens + facts.output_tokens > 0 || facts.cost_usd.is_some();
    if facts.stints.is_empty() && has_spent {
        return vec![Stint {
            at: run.started_at.clone(),
            agent: facts.agent.clone(),
            model: facts.model.clone(),
            input_tokens: facts.input_tokens,
            output_tokens: facts.output_tokens,
            usd: facts.cost_usd,
            ..Stint::default()
        }];
    }
    facts.stints.clone()
}

/// What the agent's last process told before chant itself was ended, which nobody wrote down then. Reads a run's events.
pub(crate) fn cut_off(
    events: &[Stamped],
    agent: &str,
    model: Option<&str>,
    known: usize,
    prices: &BTreeMap<String, Price>,
) -> Option<Stint> {
    let mut processes: Vec<Process> = Vec::new();
    let mut open = false;
    for Stamped { at, event } in events {
        match event {
            Event::Step { name } if name == "agent" => open = false,
            Event::Agent(event) => {
                if !open {
                    processes.push(Process::at(at));
                }
                let process = processes.last_mut()?;
                process.note(at, event);
                open = !matches!(event, AgentEvent::End { .. });
            }
            _ => {}
        }
    }
    let mut process = processes.into_iter().nth(known)?;
    let bill = &mut process.bill;
    bill.model = bill.model.take().or_else(|| model.map(str::to_owned));
    let (usd, computed) = priced(bill, prices);
    Some(Stint {
        agent: agent.to_owned(),
        input_tokens: process.bill.usage.input,
        output_tokens: process.bill.usage.output,
        usd,
        computed,
        ms: process.milliseconds(),
        model: process.bill.model,
        at: process.began,
    })
}

/// A process as its events tell of it.
#[derive(Debug)]
struct Process {
    began: String,
    last: String,
    bill: Bill,
}

impl Process {
    fn at(began: &str) -> Self {
        Self {
            began: began.to_owned(),
            last: began.to_owned(),
            bill: Bill::default(),
        }
    }

    fn note(&mut self, at: &str, event: &AgentEvent) {
        at.clone_into(&mut self.last);
        self.bill.note(event);
    }

    fn milliseconds(&self) -> u64 {
        let moment = |text: &str| text.parse::<Timestamp>().ok();
        let span = moment(&self.last)
            .zip(moment(&self.began))
            .map(|(last, began)| last.duration_since(began).as_millis());
        span.and_then(|ms| u64::try_from(ms).ok()).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn prices() -> BTreeMap<String, Price> {
        let price = Price {
            input: Usd::from_dollars(3.0),
            output: Usd::from_dollars(15.0),
            cached: Some(Usd::from_dollars(0.3)),
        };
        BTreeMap::from([("m-1".to_owned(), price)])
    }

    const USAGE: Usage = Usage {
        input: 100_000,
        output: 20_000,
        cache_read: 1_000_000,
        cache_write: 0,
    };

    fn bill(usd: Option<f64>, usage: Usage, model: &str) -> Bill {
        Bill {
            model: Some(model.to_owned()),
            usage,
            usd,
        }
    }

    #[test]
    fn what_the_agent_told_comes_before_what_can_be_computed() {
        let nothing = Usage::default();
        for (told, wanted) in [
            (bill(Some(0.5), USAGE, "m-1"), (Some(0.5), false)),
            (bill(None, USAGE, "m-1"), (Some(0.9), true)),
            (bill(None, USAGE, "m-2"), (None, false)),
            (bill(None, nothing, "m-1"), (None, false)),
        ] {
            assert_eq!(priced(&told, &prices()), wanted, "{told:?}");
        }
    }

    fn stamped(minute: u32, event: Event) -> Stamped {
        let at = format!("2026-11-21T12:{minute:02}:00Z");
        Stamped { at, event }
    }

    #[test]
    fn a_process_that_was_cut_off_is_known_by_its_events() {
        let agent = |name: &str| Event::Step { name: name.into() };
        let cost = |usd| Event::Agent(AgentEvent::Cost { usd });
        let end = Event::Agent(AgentEvent::End {
            ok: false,
            reason: String::new(),
        });
        let events = vec![
            stamped(0, agent("agent")),
            stamped(1, cost(0.25)),
            stamped(2, end),
            stamped(3, cost(0.5)),
            stamped(5, cost(0.75)),
        ];
        let found = |known| cut_off(&events, "main", None, known, &prices());
        let second = found(1).unwrap();
        assert_eq!((second.usd, second.ms), (Some(0.75), 120_000));
        assert_eq!(found(0).unwrap().usd, Some(0.25));
        assert_eq!(found(2), None);
    }
}
