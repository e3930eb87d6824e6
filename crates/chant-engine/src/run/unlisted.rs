//! What an agent was not allowed to use because nobody said yes and no list names it, with the line that would allow it.

use std::collections::BTreeSet;

use chant_agent::{AgentConfig, AgentEvent, Permissions};

/// Nobody reads more of these in one run.
const MOST: usize = 5;

/// What was denied so far in one run.
#[derive(Debug)]
pub(super) struct Unlisted {
    agent: String,
    /// The key that has to stand beside the list for the list to count.
    mode: &'static str,
    told: BTreeSet<String>,
}

impl Unlisted {
    pub(super) fn new(agent: &AgentConfig) -> Self {
        let reads_its_list = matches!(
            agent.permissions,
            Some(Permissions::Ask | Permissions::Allow)
        );
        Self {
            agent: agent.name.clone(),
            mode: if reads_its_list {
                ""
            } else {
                "permissions: allow, "
            },
            told: BTreeSet::new(),
        }
    }

    /// What to tell the user of an event: each use once.
    pub(super) fn note(&mut self, event: &AgentEvent) -> Option<String> {
        let AgentEvent::PermissionDenied {
            tool,
            input,
            allow: Some(pattern),
            ..
        } = event
        else {
            return None;
        };
        if self.told.len() >= MOST || !self.told.insert(pattern.clone()) {
            return None;
        }
        let (agent, mode) = (&self.agent, self.mode);
        let used = format!("{tool} {input}");
        let used = used.trim_end();
        let pattern = format!("'{}'", pattern.replace('\'', "''"));
        Some(format!(
            "{agent} was not allowed to use {used}; to allow it, in .chant/agents.md: \
             agents: [{{name: {agent}, {mode}allow: [{pattern}]}}]"
        ))
    }
}

#[cfg(test)]
mod tests {
    use chant_agent::AgentKind;

    use super::*;

    fn denied(pattern: Option<&str>) -> AgentEvent {
        AgentEvent::PermissionDenied {
            tool: "Bash".into(),
            input: String::new(),
            reason: String::new(),
            allow: pattern.map(str::to_owned),
        }
    }

    #[test]
    fn each_use_is_told_once_with_the_line_to_add() {
        let mut agent = AgentConfig::new("main", AgentKind::Claude);
        let mut unlisted = Unlisted::new(&agent);
        let told = unlisted.note(&denied(Some("Bash(echo 'a')")));
        let line = "agents: [{name: main, permissions: allow, allow: ['Bash(echo ''a'')']}]";
        assert!(
            told.as_deref().is_some_and(|told| told.ends_with(line)),
            "{told:?}"
        );
        assert_eq!(unlisted.note(&denied(Some("Bash(echo 'a')"))), None);
        assert_eq!(unlisted.note(&denied(None)), None);
        agent.permissions = Some(Permissions::Ask);
        let told = Unlisted::new(&agent).note(&denied(Some("Bash")));
        let line = "agents: [{name: main, allow: ['Bash']}]";
        assert!(
            told.as_deref().is_some_and(|told| told.ends_with(line)),
            "{told:?}"
        );
    }
}
