//! A check as it will be run: what can be wrong in its words is found here, before anything runs or anybody is paid.

use std::time::Duration;

use chant_spec::{Check, RepoPath, repo_path};
use regex::bytes::Regex;

use crate::error::{Code, Error, Result};
use crate::project::Project;

/// How long a check may take where it does not say.
const LIMIT: Duration = Duration::from_mins(20);

/// A check, understood.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub(super) check: &'a Check,
    pub(super) pattern: Option<Regex>,
    pub(super) limit: Duration,
    /// From the repository's root.
    pub(super) dir: RepoPath,
    pub(super) times: u32,
}

impl<'a> Plan<'a> {
    /// Understands a check.
    pub(crate) fn of(project: &Project, check: &'a Check) -> Result<Self> {
        let invalid = |key: &str, problem: String, hint: &str| {
            Error::new(
                Code::SpecInvalid,
                format!("check {:?}: {key}: {problem}", name_of(check)),
            )
            .hint(hint)
        };
        let pattern = match check.matches.as_deref().map(Regex::new).transpose() {
            Ok(pattern) => pattern,
            Err(error) => {
                let problem = crate::one_line(&error.to_string());
                let hint =
                    "correct the regular expression; `\\` before a character takes it as it is";
                return Err(invalid("matches", problem, hint));
            }
        };
        let limit = match check.timeout.as_deref() {
            None => LIMIT,
            Some(text) => crate::config::parse_duration(text)
                .filter(|limit| !limit.is_zero())
                .ok_or_else(|| {
                    let problem = format!("{text:?} is not a time");
                    invalid("timeout", problem, "write it like 90s, 10m or 1h30m")
                })?,
        };
        let inside = project.path_from_repo(check.cwd.as_deref().unwrap_or("."));
        let absolute = check.cwd.as_deref().is_some_and(|cwd| cwd.starts_with('/'));
        let dir = match repo_path(&inside) {
            Ok(dir) if !absolute => dir,
            Err(error) if !absolute => {
                let hint = "name a folder of the repository, relative to the project's";
                return Err(invalid("cwd", error.to_string(), hint));
            }
            _ => {
                let hint = "name it relative to the project's folder";
                return Err(invalid("cwd", "the path is absolute".to_owned(), hint));
            }
        };
        Ok(Self {
            check,
            pattern,
            limit,
            dir,
            times: check.repeat.unwrap_or(1).max(1),
        })
    }
}

impl Plan<'_> {
    /// How long it may take.
    pub(crate) fn limit(&self) -> Duration {
        self.limit
    }
}

/// What a check is called.
pub(crate) fn name_of(check: &Check) -> &str {
    check.name.as_deref().unwrap_or(&check.run)
}
