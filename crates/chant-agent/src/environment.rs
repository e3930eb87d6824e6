//! The complete environment of an agent's process.
//!
//! The user's own, less what would point git at another repository, with the agent's settings and then chant's own
//! variables over it. Hiding secrets is not done here.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
};

use crate::{AgentConfig, acp};

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

/// The user's environment, less what would point git at another repository. For checks too, which run as an agent does.
pub fn base_environment() -> Vec<(OsString, OsString)> {
    let mut all: Vec<_> = std::env::vars_os()
        .filter(|(key, _)| !is_git_location(key))
        .collect();
    if all.iter().all(|(key, _)| key != HOUSEKEEPING[0].0) {
        all.extend(HOUSEKEEPING.map(|(key, value)| (key.into(), value.into())));
    }
    all
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
