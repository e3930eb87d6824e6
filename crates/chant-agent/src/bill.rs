//! What an agent has told of its price so far: the model, its tokens, its money.

use crate::{AgentEvent, Usage};

/// The last that was told of each. Agents tell totals, so a later word takes the place of an earlier one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bill {
    /// The model that answers, where it was told.
    pub model: Option<String>,
    /// Tokens.
    pub usage: Usage,
    /// US dollars, where they were told.
    pub usd: Option<f64>,
}

impl Bill {
    /// Takes note of what an event tells.
    pub fn note(&mut self, event: &AgentEvent) {
        match event {
            AgentEvent::Model { name } => self.model = Some(name.clone()),
            AgentEvent::Cost { usd } => self.usd = Some(*usd),
            &AgentEvent::Usage {
                input,
                output,
                cache_read,
                cache_write,
            } => {
                self.usage = Usage {
                    input,
                    output,
                    cache_read,
                    cache_write,
                };
            }
            _ => {}
        }
    }
}
