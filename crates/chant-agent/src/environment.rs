//! The complete environment of an agent's process.
//!
//! The user's own, less what would point git at another repository, with the agent's settings and then chant's own
//! variables over it. Hiding secrets is not done here.

use std::{collections::BTreeMap, ffi::OsString};

use crate::AgentConfig;

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

/// The environment of one run, from `user`'s.
pub(crate) fn complete(
    user: impl IntoIterator<Item = (OsString, OsString)>,
    config: &AgentConfig,
    chant: &[(String, String)],
    run_id: &str,
) -> Vec<(OsString, OsString)> {
    let mut all: BTreeMap<OsString, OsString> = user.into_iter().collect();
    all.retain(|key, _| !GIT_LOCATION.iter().any(|location| key == location));
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
            .map(|(k, v)| (k.into(), v.into()))
            .into();
        let user = [
            ("A", "user"),
            ("B", "user"),
            ("GIT_DIR", "/elsewhere"),
            ("IS_SANDBOX", "1"),
        ];
        let user = user.map(|(key, value)| (key.into(), value.into()));
        let all = complete(user, &config, &[("CHANT".into(), "1".into())], "run-1");
        let expect = [
            ("A", "config"),
            ("B", "user"),
            ("CHANT", "1"),
            (MARKER, "run-1"),
            ("IS_SANDBOX", "1"),
        ];
        assert_eq!(all, expect.map(|(key, value)| (key.into(), value.into())));
    }
}
