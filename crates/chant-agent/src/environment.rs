//! The complete environment of an agent's process.
//!
//! Of the user's own what a list names ([`allowed`]), with the agent's settings and then chant's own variables over it.
//! Commands of the user's that run before any agent get all of it, less what would point git at another repository.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
};

use crate::{AgentConfig, acp, bounds, redact};

mod allowed;

/// The variable that marks every process of a run; its value is the run's id.
pub const MARKER: &str = "CHANT_RUN_ID";

/// Variables by which git finds a repository, an index or objects elsewhere than in the current directory. They are set
/// while a hook runs, and would make the agent commit to the user's checkout.
pub(crate) const GIT_LOCATION: [&str; 13] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// Git's housekeeping would go on in the background after an agent's commit, be ended with the agent, and leave its lock in the
/// user's repository. Left out where the user gives settings in the same way.
const HOUSEKEEPING: [(&str, &str); 5] = [
    ("GIT_CONFIG_COUNT", "2"),
    ("GIT_CONFIG_KEY_0", "maintenance.auto"),
    ("GIT_CONFIG_VALUE_0", "false"),
    ("GIT_CONFIG_KEY_1", "gc.auto"),
    ("GIT_CONFIG_VALUE_1", "0"),
];

/// The user's environment, less what would point git at another repository. For what the user has written and no agent
/// can have changed.
pub fn base_environment() -> Vec<(OsString, OsString)> {
    let mut all: Vec<_> = std::env::vars_os()
        .filter(|(key, _)| !is_git_location(key))
        .collect();
    if all.iter().all(|(key, _)| key != HOUSEKEEPING[0].0) {
        all.extend(HOUSEKEEPING.map(|(key, value)| (key.into(), value.into())));
    }
    all
}

/// What of the user's environment an agent gets, and the names of what it does not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// Names and values.
    pub kept: Vec<(OsString, OsString)>,
    /// The names of the others, sorted; those that say they hold a key stand first.
    pub withheld: Vec<String>,
}

impl Environment {
    /// For an agent: what every build needs, its own keys, and what its settings name.
    pub fn of_agent(config: &AgentConfig) -> Self {
        Self::sifted(
            base_environment(),
            &bounds::own_variables(config),
            &config.bounds.env_allow,
        )
    }

    /// For checks, which run what an agent wrote: what every build needs, and what `named` names.
    pub fn of_checks(named: &[String]) -> Self {
        Self::sifted(base_environment(), &[], named)
    }

    fn sifted(base: Vec<(OsString, OsString)>, own: &[String], named: &[String]) -> Self {
        let mut sifted = Self::default();
        let authorizes = allowed::git_settings_authorize(&base);
        for (key, value) in base {
            let name = key.to_string_lossy();
            let wanted = |pattern: &str| allowed::fits(pattern, &name);
            let is_named = named.iter().any(|pattern| wanted(pattern))
                || own.iter().any(|pattern| wanted(pattern));
            let is_usual =
                allowed::is_usual(&name) && !(authorizes && allowed::is_git_setting(&name));
            if is_named || is_usual {
                sifted.kept.push((key, value));
            } else {
                sifted.withheld.push(name.into_owned());
            }
        }
        sifted
            .withheld
            .sort_by_cached_key(|name| (!redact::is_credential(name), name.clone()));
        sifted
    }
}

fn is_git_location(key: &OsStr) -> bool {
    GIT_LOCATION.iter().any(|location| key == *location)
}

/// The environment of one run, over `base`.
pub(crate) fn complete(
    base: Vec<(OsString, OsString)>,
    config: &AgentConfig,
    chant: &[(String, String)],
    run_id: &str,
) -> Vec<(OsString, OsString)> {
    let quiet = acp::quiet(config.kind).iter();
    let mut all: BTreeMap<OsString, OsString> = quiet
        .map(|&(key, value)| (key.into(), value.into()))
        .collect();
    all.extend(base);
    all.extend(
        config
            .env
            .iter()
            .map(|(key, value)| (key.into(), value.into())),
    );
    all.extend(chant.iter().map(|(key, value)| (key.into(), value.into())));
    all.insert(MARKER.into(), run_id.into());
    all.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AgentKind;

    #[test]
    fn chant_wins_over_the_settings_which_win_over_the_user() {
        let mut config = AgentConfig::new("a", AgentKind::Command);
        config.env = [("A", "config"), ("CHANT", "config")]
            .map(|(key, value)| (key.into(), value.into()))
            .into();
        let base = [("A", "user"), ("B", "user"), ("IS_SANDBOX", "1")]
            .map(|(key, value)| (key.into(), value.into()));
        let all = complete(
            base.into(),
            &config,
            &[("CHANT".into(), "1".into())],
            "run-1",
        );
        let expect = [
            ("A", "config"),
            ("B", "user"),
            ("CHANT", "1"),
            (MARKER, "run-1"),
            ("IS_SANDBOX", "1"),
        ];
        assert_eq!(all, expect.map(|(key, value)| (key.into(), value.into())));
    }

    #[test]
    fn keys_are_the_agents_own_or_named_or_withheld() {
        let base = [
            ("PATH", "/bin"),
            ("ANTHROPIC_API_KEY", "a"),
            ("GITHUB_TOKEN", "g"),
            ("AWS_SECRET_ACCESS_KEY", "s"),
            ("DATABASE_URL", "d"),
            ("CARGO_REGISTRY_TOKEN", "c"),
            ("CARGO_HOME", "/c"),
        ]
        .map(|(key, value)| (key.into(), value.into()));
        let check = |own: &[&str], named: &[&str], withheld: &[&str]| {
            let [own, named] =
                [own, named].map(|names| names.iter().map(|name| (*name).into()).collect());
            let own: Vec<String> = own;
            let sifted = Environment::sifted(base.to_vec(), &own, &named);
            assert_eq!(sifted.withheld, withheld);
            assert_eq!(sifted.kept.len() + withheld.len(), base.len());
        };
        let (anthropic, aws, cargo) = (
            "ANTHROPIC_API_KEY",
            "AWS_SECRET_ACCESS_KEY",
            "CARGO_REGISTRY_TOKEN",
        );
        check(
            &[],
            &[],
            &[anthropic, aws, cargo, "GITHUB_TOKEN", "DATABASE_URL"],
        );
        check(
            &["ANTHROPIC_*"],
            &["DATABASE_URL", "AWS_*"],
            &[cargo, "GITHUB_TOKEN"],
        );
        check(&[], &["*"], &[]);
    }

    #[test]
    fn only_where_a_repository_is_gets_lost() {
        for (key, lost) in [
            ("GIT_DIR", true),
            ("GIT_INDEX_FILE", true),
            ("GIT_AUTHOR_NAME", false),
            ("PATH", false),
        ] {
            assert_eq!(is_git_location(OsStr::new(key)), lost, "{key}");
        }
    }
}
