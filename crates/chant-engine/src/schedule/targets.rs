//! Whether two specs are about the same files.
//!
//! What a spec names as its target is a file, a folder or a glob. Where it can not be told for sure, they count as
//! overlapping: waiting for one another costs less than a conflict.

use globset::GlobBuilder;
use serde::Serialize;

use crate::error::Result;
use crate::index;
use crate::project::Project;

/// An open spec that is about the same file as a new one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Overlap {
    /// Its id.
    pub id: String,
    /// The target they share, as the new one names it.
    pub target: String,
}

/// The open specs that are about one of these targets, and that nothing of `after` puts before the new one.
pub(crate) fn shared(
    project: &Project,
    targets: &[String],
    after: &[String],
) -> Result<Vec<Overlap>> {
    if targets.is_empty() {
        return Ok(Vec::new());
    }
    let mut shared = Vec::new();
    for entry in index::entries(project)? {
        let Ok(summary) = &entry.content else {
            continue;
        };
        let theirs = || summary.target_files.iter();
        let met = targets
            .iter()
            .find(|target| theirs().any(|other| overlap(target, other)));
        let id = entry.node.id;
        if let Some(target) = met
            && entry.node.status.is_open()
            && !entry.node.archived
            && !after.contains(&id)
        {
            let target = target.clone();
            shared.push(Overlap { id, target });
        }
    }
    Ok(shared)
}

/// Whether something that `a` names may be something that `b` names.
pub(crate) fn overlap(a: &str, b: &str) -> bool {
    let (a, b) = (clean(a), clean(b));
    match (is_glob(a), is_glob(b)) {
        (false, false) => holds(a, b) || holds(b, a),
        (true, false) => glob_meets(a, b),
        (false, true) => glob_meets(b, a),
        (true, true) => {
            let (a, b) = (fixed_part(a), fixed_part(b));
            holds(a, b) || holds(b, a)
        }
    }
}

/// The one file that a target names, by which other commands can be told; none of a glob.
pub(super) fn one_file(target: &str) -> Option<String> {
    (!is_glob(target)).then(|| clean(target).to_owned())
}

fn clean(path: &str) -> &str {
    path.trim_start_matches("./").trim_end_matches('/')
}

fn is_glob(path: &str) -> bool {
    path.contains(['*', '?', '[', '{'])
}

/// Whether `inner` is `outer` or lies below it. Everything lies below nothing.
fn holds(outer: &str, inner: &str) -> bool {
    outer.is_empty()
        || inner
            .strip_prefix(outer)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A glob against a file or a folder: it matches that, or something in it, or it lies in what the glob matches.
fn glob_meets(glob: &str, path: &str) -> bool {
    let fixed = fixed_part(glob);
    if !holds(fixed, path) {
        return holds(path, fixed);
    }
    let Ok(glob) = GlobBuilder::new(glob).literal_separator(true).build() else {
        return true;
    };
    let matcher = glob.compile_matcher();
    let mut above = path.match_indices('/').map(|(at, _)| &path[..at]);
    matcher.is_match(path) || above.any(|folder| matcher.is_match(folder)) || is_folder(path)
}

/// A path whose last part has no dot may be a folder.
fn is_folder(path: &str) -> bool {
    !path.rsplit('/').next().unwrap_or(path).contains('.')
}

/// The folders before the first wildcard.
fn fixed_part(glob: &str) -> &str {
    let wild = glob.find(['*', '?', '[', '{']).unwrap_or(glob.len());
    glob[..wild].rfind('/').map_or("", |at| &glob[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_folders_and_globs() {
        let check = |a: &str, b: &str, expected: bool| {
            assert_eq!(overlap(a, b), expected, "{a} and {b}");
            assert_eq!(overlap(b, a), expected, "{b} and {a}");
        };
        check("src/a.rs", "src/a.rs", true);
        check("./src/a.rs", "src/a.rs", true);
        check("src/a.rs", "src/b.rs", false);
        check("src/", "src/b.rs", true);
        check("src", "srcs/b.rs", false);
        check("src/*.rs", "src/b.rs", true);
        check("src/*.rs", "src/deep/b.rs", false);
        check("src/**/*.rs", "src/deep/b.rs", true);
        check("src/*.rs", "docs/b.md", false);
        check("src/*.rs", "src", true);
        check("src/*.rs", "src/*.md", true);
        check("**/*.md", "docs", true);
        check("docs/*", "docs/a/b.md", true);
    }
}
