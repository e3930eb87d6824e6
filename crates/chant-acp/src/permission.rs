//! What the agent may do: the answer to its questions.

use chant_agent::matches_tool;
use serde_json::{Value, json};

/// How questions for permission are answered, since nobody is there to be asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Permissions {
    /// Yes: the worktree, and the sandbox where there is one, are the bounds.
    #[default]
    Allow,
    /// Yes for what is listed, as in `Bash(git *)`, and no for all else: what the agent's own settings do not allow is not done.
    Listed(Vec<String>),
}

/// An answer, and whether it lets the agent go on with the call.
#[derive(Debug, PartialEq)]
pub(crate) struct Decision {
    pub(crate) granted: bool,
    /// Whether it was denied only because no list names it.
    pub(crate) unlisted: bool,
    pub(crate) answer: Value,
}

impl Permissions {
    /// Chooses among the options offered by their kind, since ids are each agent's own; what holds once before what
    /// holds for good. Where there is no such option, the question is not answered, which is a no.
    pub(crate) fn decide(&self, tool: &str, input: &str, options: &Value) -> Decision {
        let may = match self {
            Self::Allow => true,
            Self::Listed(tools) => tools.iter().any(|known| matches_tool(known, tool, input)),
        };
        let kinds = if may {
            ["allow_once", "allow_always"]
        } else {
            ["reject_once", "reject_always"]
        };
        let options: Vec<&Value> = options.as_array().into_iter().flatten().collect();
        let chosen = kinds.iter().find_map(|kind| {
            let option = options.iter().find(|option| option["kind"] == *kind)?;
            option["optionId"].as_str()
        });
        Decision {
            granted: may && chosen.is_some(),
            unlisted: !may,
            answer: chosen.map_or_else(
                cancelled,
                |id| json!({"outcome": {"outcome": "selected", "optionId": id}}),
            ),
        }
    }
}

/// The answer while the turn is being stopped.
pub(crate) fn cancelled() -> Value {
    json!({"outcome": {"outcome": "cancelled"}})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> Value {
        json!([
            {"optionId": "x1", "name": "Allow for this session", "kind": "allow_always"},
            {"optionId": "reject", "name": "Allow", "kind": "allow_once"},
            {"optionId": "allow", "name": "Reject", "kind": "reject_once"},
        ])
    }

    /// A list that names nothing.
    fn none() -> Permissions {
        Permissions::Listed(Vec::new())
    }

    fn check(permissions: &Permissions, options: &Value, granted: bool, chosen: Option<&str>) {
        let unlisted = !granted && *permissions != Permissions::Allow;
        let answer = chosen.map_or_else(
            cancelled,
            |id| json!({"outcome": {"outcome": "selected", "optionId": id}}),
        );
        assert_eq!(
            permissions.decide("Bash", "git status", options),
            Decision {
                granted,
                unlisted,
                answer
            }
        );
    }

    #[test]
    fn an_option_is_chosen_by_its_kind_and_the_narrower_first() {
        check(&Permissions::Allow, &options(), true, Some("reject"));
        check(&none(), &options(), false, Some("allow"));
    }

    #[test]
    fn a_list_allows_what_it_names() {
        let listed = |pattern: &str| Permissions::Listed(vec!["Read".into(), pattern.into()]);
        check(&listed("Bash(git *)"), &options(), true, Some("reject"));
        check(&listed("Bash(ls *)"), &options(), false, Some("allow"));
    }

    #[test]
    fn without_a_fitting_option_nothing_is_granted() {
        let only = json!([{"optionId": "a", "kind": "allow_always"}]);
        check(&Permissions::Allow, &only, true, Some("a"));
        check(&none(), &only, false, None);
        check(
            &Permissions::Allow,
            &json!([{"optionId": "a", "kind": "new"}]),
            false,
            None,
        );
        check(&Permissions::Allow, &Value::Null, false, None);
    }
}
