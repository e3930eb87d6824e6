//! `chant silent`: a project that git knows nothing of.

use serde::Serialize;

use crate::config::Source;
use crate::error::{Code, Error, Result};
use crate::project::Project;

/// How a project stands.
#[derive(Debug, Clone, Serialize)]
pub struct Silence {
    /// Whether git must know nothing of chant.
    pub silent: bool,
    /// Whether `.git/info/exclude` hides `.chant`.
    pub excluded: bool,
    /// The setting that says so as well, where there is one.
    pub setting: Option<Source>,
    /// Whether anything was changed just now.
    pub changed: bool,
}

/// How it stands.
pub fn status(project: &Project) -> Silence {
    standing(project, false)
}

/// Hides `.chant` from git. Refused where git tracks it: others would still see it.
pub fn on(project: &Project) -> Result<Silence> {
    let tracked = project.path_from_repo(crate::DOT_CHANT);
    if project.repo().is_in_index(&tracked)? {
        return Err(Error::new(
            Code::SilentRefused,
            format!("git tracks {tracked}, so it can not be hidden here"),
        )
        .hint(format!(
            "to stop tracking it for everybody: git rm -r --cached {tracked} && git commit"
        )));
    }
    let before = project.is_excluded();
    project.repo().exclude(&project.exclude_line())?;
    Ok(standing(project, !before))
}

/// Lets git see `.chant` again. A setting that says otherwise is left as it is, and named.
pub fn off(project: &Project) -> Result<Silence> {
    let before = project.is_excluded();
    project.repo().stop_excluding(&project.exclude_line())?;
    Ok(standing(project, before))
}

fn standing(project: &Project, changed: bool) -> Silence {
    let config = project.config();
    let setting = config
        .values
        .iter()
        .find(|value| value.key == "defaults.silent" && config.defaults.silent);
    Silence {
        silent: project.silent(),
        excluded: project.is_excluded(),
        setting: setting.map(|value| value.source.clone()),
        changed,
    }
}
