//! Which of the user's variables an agent did not get, told where that may be why it did nothing.

use std::time::Duration;

use chant_agent::{AgentConfig, End, Environment, Outcome};

/// So many are named; what holds keys comes first.
const NAMED: usize = 5;

/// Whoever misses a key says so soon.
const SOON: Duration = Duration::from_secs(30);

/// What to tell of an agent that gave up before it had begun.
pub(crate) fn withheld(agent: &AgentConfig, outcome: &Outcome) -> Option<String> {
    let gave_up = matches!(outcome.end, End::Failed { .. });
    let at_once = !outcome.progressed && outcome.duration < SOON;
    if !gave_up || !at_once {
        return None;
    }
    sentence(&agent.name, &Environment::of_agent(agent).withheld)
}

fn sentence(agent: &str, withheld: &[String]) -> Option<String> {
    let first = withheld.first()?;
    let named = withheld[..withheld.len().min(NAMED)].join(", ");
    let more = match withheld.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!(
        "{agent} did not get these variables of your environment: {named}{more}; if it needs one, name it in \
         .chant/agents.md: agents: [{{name: {agent}, env_allow: [{first}]}}]"
    ))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_few_are_named_with_the_line_to_add() {
        assert_eq!(sentence("main", &[]), None);
        let names: Vec<String> = ('A'..='G').map(String::from).collect();
        let told = sentence("main", &names).unwrap();
        assert!(told.contains(": A, B, C, D, E and 2 more;"), "{told}");
        assert!(told.ends_with("agents: [{name: main, env_allow: [A]}]"));
        assert!(!sentence("main", &names[..2]).unwrap().contains("more"));
    }
}
