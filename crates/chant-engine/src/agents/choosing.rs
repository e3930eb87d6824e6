//! Which agent works a spec, and why: the command line, else the spec, else a rule for its label, its type or its prompt,
//! else the prompt itself, else the settings.
//!
//! Where several are named they take turns by their weights. Whose turn it is follows from the spec's id and from how often
//! it was tried, so that everybody who asks is told the same before a run begins, and many specs are shared out fairly.

use chant_spec::Kind;
use serde::Serialize;

use crate::config::names;
use crate::config::{Config, Rule};
use crate::limits::Outlook;
use crate::project::Project;
use crate::prompt::Prompt;

/// An agent for a spec.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// Its name.
    pub agent: String,
    /// What decided, as a fragment of a sentence.
    pub why: String,
    /// Those that would do as well, in the order in which they step in.
    #[serde(skip)]
    pub(crate) others: Vec<String>,
}

/// Why it is the agent that the command line names: then it is that one, and nobody takes over from it.
pub(crate) const ORDERED: &str = "named by --agent";

/// What a choice goes by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    /// The spec's id.
    pub(crate) id: &'a str,
    /// Its labels.
    pub(crate) labels: &'a [String],
    /// Its type.
    pub(crate) kind: &'a Kind,
    /// The agents it names.
    pub(crate) agent: Option<&'a str>,
    /// The prompt it is worked by.
    pub(crate) prompt: &'a str,
}

/// The agent for a spec that was tried `tried` times before. `ordered` is `--agent`.
pub(crate) fn choice(
    project: &Project,
    ordered: Option<&str>,
    subject: &Subject<'_>,
    tried: u32,
) -> Choice {
    let of_prompt = || named_by_prompt(project, subject.prompt);
    choice_knowing(project.config(), ordered, subject, tried, of_prompt)
}

/// The agents that a prompt names, with commas between.
pub(crate) fn named_by_prompt(project: &Project, name: &str) -> Option<String> {
    let prompt = Prompt::find(&project.dot_chant().join("prompts"), name);
    prompt.ok().and_then(|prompt| prompt.agent())
}

/// The same as [`choice`] for one who asks for many specs, and so knows by now what their prompts name.
pub(crate) fn choice_knowing(
    config: &Config,
    ordered: Option<&str>,
    subject: &Subject<'_>,
    tried: u32,
    of_prompt: impl FnOnce() -> Option<String>,
) -> Choice {
    let (candidates, mut why) = candidates(config, ordered, subject, of_prompt);
    let weights: Vec<u32> = candidates.iter().map(|name| weight(config, name)).collect();
    let at = turn(subject.id, tried, &weights);
    if candidates.len() > 1 {
        why = format!("{why}, taking turns: {}", candidates.join(", "));
    }
    let mut others: Vec<String> = candidates[at + 1..].to_vec();
    others.extend_from_slice(&candidates[..at]);
    if ordered.is_none() {
        others.extend_from_slice(&config.spending.fallback);
    }
    others.retain(|name| *name != candidates[at]);
    Choice {
        agent: candidates[at].clone(),
        why,
        others,
    }
}

/// Whether a model that the spec or the settings name is meant for this agent too: it is one of those that would work the spec
/// if nobody were in their way, or of the same make. Another maker's agent does not know that model's name.
pub(crate) fn is_of_their_make(project: &Project, subject: &Subject<'_>, agent: &str) -> bool {
    let config = project.config();
    let of_prompt = || named_by_prompt(project, subject.prompt);
    let (meant, _) = candidates(config, None, subject, of_prompt);
    let make = |name: &str| {
        let entry = config.agents.iter().find(|entry| entry.name == name);
        entry.map_or_else(
            || (name.to_owned(), Vec::new(), None),
            |entry| {
                (
                    entry.kind.clone(),
                    entry.command.clone(),
                    entry.base_url.clone(),
                )
            },
        )
    };
    meant
        .iter()
        .any(|name| name == agent || make(name) == make(agent))
}

impl Choice {
    /// The same, unless the agent's limit is known to be used up just now and another's is not.
    pub(crate) fn passing_by(self, outlook: &Outlook<'_>) -> Self {
        let Some(until) = outlook.refused_until(&self.agent) else {
            return self;
        };
        let free = |name: &&String| outlook.refused_until(name).is_none();
        let Some(other) = self.others.iter().find(free).cloned() else {
            return self;
        };
        let when =
            crate::moment::clock_time(until, chant_os::clock::now(), &chant_os::clock::zone());
        Self {
            why: format!(
                "in place of {}, whose limit is used up until {when}",
                self.agent
            ),
            agent: other,
            others: self.others,
        }
    }

    /// Whether somebody else could step in.
    pub(crate) fn has_others(&self) -> bool {
        !self.others.is_empty()
    }
}

/// The agents that one place names, and which place that is.
fn candidates(
    config: &Config,
    ordered: Option<&str>,
    subject: &Subject<'_>,
    of_prompt: impl FnOnce() -> Option<String>,
) -> (Vec<String>, String) {
    let several = |text: Option<&str>| text.map(names).filter(|names| !names.is_empty());
    if let Some(names) = several(ordered) {
        return (names, ORDERED.to_owned());
    }
    if let Some(names) = several(subject.agent) {
        return (names, "named by the spec".to_owned());
    }
    if let Some((names, why)) = by_rule(&config.choose, subject) {
        return (names, why);
    }
    if let Some(names) = several(of_prompt().as_deref()) {
        return (names, format!("named by the prompt {}", subject.prompt));
    }
    if let Some(names) = several(config.defaults.agent.as_deref()) {
        return (names, "the settings' `defaults.agent`".to_owned());
    }
    match config.agents.first() {
        Some(first) if config.agents.len() == 1 => {
            let why = "the only one of the settings";
            (vec![first.name.clone()], why.to_owned())
        }
        Some(first) => (
            vec![first.name.clone()],
            "the first of the settings".to_owned(),
        ),
        None => (
            vec!["claude".to_owned()],
            "the settings name none".to_owned(),
        ),
    }
}

/// A label says most of a spec, then its type, then its prompt; of rules that say as much the first counts.
fn by_rule(rules: &[Rule], subject: &Subject<'_>) -> Option<(Vec<String>, String)> {
    let fits = |rule: &&Rule| {
        let label = rule.label.as_ref();
        label.is_none_or(|label| subject.labels.contains(label))
            && rule.kind.as_ref().is_none_or(|kind| kind == subject.kind)
            && rule
                .prompt
                .as_deref()
                .is_none_or(|name| name == subject.prompt)
    };
    let rank = |rule: &&Rule| match (&rule.label, &rule.kind) {
        (Some(_), _) => 0,
        (None, Some(_)) => 1,
        (None, None) => 2,
    };
    let rule = rules.iter().filter(fits).min_by_key(rank)?;
    Some((
        rule.agents.clone(),
        format!("`choose` for {}", rule.in_words()),
    ))
}

fn weight(config: &Config, name: &str) -> u32 {
    let entry = config.agents.iter().find(|entry| entry.name == name);
    entry.map_or(1, |entry| entry.weight.get())
}

/// Whose turn it is: a place in a round of as many turns as the weights add up to, where everybody's are spread out. Specs
/// begin at places that their ids decide, and go on by one with each attempt.
fn turn(id: &str, tried: u32, weights: &[u32]) -> usize {
    let round: u32 = weights.iter().sum();
    if weights.len() < 2 || round == 0 {
        return 0;
    }
    let start = u32::from_str_radix(&crate::digest(id.as_bytes(), 4), 16).unwrap_or(0);
    let place = (start % round + tried % round) % round;
    // Each turn everybody gains their weight; who has most has the turn, and pays the round for it.
    let mut credit = vec![0_i64; weights.len()];
    let mut at = 0;
    for _ in 0..=place {
        for (credit, weight) in credit.iter_mut().zip(weights) {
            *credit += i64::from(*weight);
        }
        at = (0..credit.len())
            .max_by_key(|&at| (credit[at], std::cmp::Reverse(at)))
            .unwrap_or(0);
        credit[at] -= i64::from(round);
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_go_round_and_keep_to_the_weights() {
        for id in ["001-a", "002-b", "x"] {
            let mut counts = [0; 3];
            for tried in 0..12 {
                counts[turn(id, tried, &[3, 2, 1])] += 1;
            }
            assert_eq!(counts, [6, 4, 2], "{id}");
        }
        let order: Vec<usize> = (0..2).map(|tried| turn("001", tried, &[1, 1])).collect();
        assert_ne!(order[0], order[1]);
    }

    #[test]
    fn many_specs_are_shared_out_by_weight() {
        let mut counts = [0_i32; 2];
        for number in 0..3000 {
            counts[turn(&format!("2026-11-21-{number:03}-abc"), 0, &[2, 1])] += 1;
        }
        assert!((counts[0] - 2000).abs() < 100, "{counts:?}");
    }

    #[test]
    fn what_says_most_of_a_spec_decides() {
        let rule = |label: Option<&str>, kind, prompt: Option<&str>, agent: &str| Rule {
            label: label.map(str::to_owned),
            kind,
            prompt: prompt.map(str::to_owned),
            agents: names(agent),
        };
        let rules = [
            rule(None, None, Some("review"), "by-prompt"),
            rule(None, Some(Kind::Research), None, "by-type"),
            rule(Some("docs"), None, None, "by-label, other"),
            rule(Some("docs"), Some(Kind::Code), None, "never"),
        ];
        let labels = ["docs".to_owned()];
        let mut subject = Subject {
            id: "001",
            labels: &labels,
            kind: &Kind::Research,
            agent: None,
            prompt: "review",
        };
        let found = |subject: &Subject<'_>| by_rule(&rules, subject).map(|(names, _)| names);
        assert_eq!(found(&subject), Some(names("by-label, other")));
        subject.labels = &[];
        assert_eq!(found(&subject), Some(names("by-type")));
        subject.kind = &Kind::Code;
        assert_eq!(found(&subject), Some(names("by-prompt")));
        subject.prompt = "standard";
        assert_eq!(found(&subject), None);
    }
}
