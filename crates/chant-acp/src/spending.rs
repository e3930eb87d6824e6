//! Tokens and money, as far as agents tell them.
//!
//! Owns what was spent before this turn, where an agent counts for the whole conversation.

use chant_agent::{AgentEvent, Usage};
use serde_json::Value;

/// What is known of the money.
#[derive(Debug, Default)]
pub(crate) struct Spending {
    /// What the conversation had cost when this process took it up.
    before: f64,
    /// Whether the turn has begun.
    counting: bool,
    told_currency: bool,
}

impl Spending {
    /// From here on what is told is this turn's.
    pub(crate) fn begin(&mut self) {
        self.counting = true;
    }

    /// The cost in a `usage_update`.
    pub(crate) fn cost(&mut self, update: &Value) -> Option<AgentEvent> {
        let amount = update["cost"]["amount"].as_f64()?;
        let currency = update["cost"]["currency"].as_str().unwrap_or("USD");
        if currency != "USD" {
            let first = !std::mem::replace(&mut self.told_currency, true);
            return first.then(|| AgentEvent::Warning {
                text: format!("the agent tells its cost in {currency}, which is not counted"),
            });
        }
        if !self.counting {
            self.before = amount;
            return None;
        }
        Some(AgentEvent::Cost {
            usd: (amount - self.before).max(0.0),
        })
    }
}

/// The tokens of a turn, from the answer to the prompt; from what some agents tell beside it where that is all there is.
pub(crate) fn usage(answer: &Value) -> Option<AgentEvent> {
    let count = |usage: &Value, field: &str| usage[field].as_u64().unwrap_or_default();
    let told = &answer["usage"];
    if told.is_object() {
        let usage = Usage {
            input: count(told, "inputTokens"),
            output: count(told, "outputTokens"),
            cache_read: count(told, "cachedReadTokens"),
            cache_write: count(told, "cachedWriteTokens"),
        };
        return Some(usage.into());
    }
    let beside = &answer["_meta"]["quota"]["token_count"];
    beside.is_object().then(|| {
        let usage = Usage {
            input: count(beside, "input_tokens"),
            output: count(beside, "output_tokens"),
            ..Usage::default()
        };
        usage.into()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_conversation_had_cost_before_is_not_counted_again() {
        let cost = |amount: f64| json!({"cost": {"amount": amount, "currency": "USD"}});
        let mut spending = Spending::default();
        assert_eq!(spending.cost(&cost(1.5)), None);
        spending.begin();
        assert_eq!(
            spending.cost(&cost(1.75)),
            Some(AgentEvent::Cost { usd: 0.25 })
        );
        assert_eq!(spending.cost(&json!({"used": 1, "size": 2})), None);
    }

    #[test]
    fn another_currency_is_said_once_and_not_counted() {
        let mut spending = Spending::default();
        spending.begin();
        let cost = json!({"cost": {"amount": 1.0, "currency": "EUR"}});
        assert!(matches!(
            spending.cost(&cost),
            Some(AgentEvent::Warning { .. })
        ));
        assert_eq!(spending.cost(&cost), None);
    }

    #[test]
    fn tokens_are_told_in_two_places() {
        let expect = |cache_read| {
            Some(AgentEvent::Usage {
                input: 2400,
                output: 68,
                cache_read,
                cache_write: 0,
            })
        };
        let answer =
            json!({"usage": {"inputTokens": 2400, "outputTokens": 68, "cachedReadTokens": 2000}});
        assert_eq!(usage(&answer), expect(2000));
        let answer = json!({"_meta": {"quota": {"token_count": {"input_tokens": 2400, "output_tokens": 68}}}});
        assert_eq!(usage(&answer), expect(0));
        assert_eq!(usage(&json!({"stopReason": "end_turn"})), None);
    }
}
