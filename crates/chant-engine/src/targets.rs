//! Whether two specs are about the same files.
//!
//! What a spec names as its target is a file, a folder or a glob. Where it can not be told for sure, they count as
//! overlapping: waiting for one another costs less than a conflict.

use std::collections::HashMap;

use globset::GlobBuilder;
use serde::Serialize;

/// An open spec that is about the same file as a new one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Overlap {
    /// Its id.
    pub id: String,
    /// The target they share, as the new one names it.
    pub target: String,
}

/// Of specs with their targets, each that shares one with an earlier one, and with which. A spec is told of once.
///
/// Names are compared by looking them up; only globs are compared one by one.
pub(crate) fn overlaps(specs: &[(&str, &[String])]) -> Vec<(String, Overlap)> {
    let mut exact: HashMap<&str, &str> = HashMap::new();
    let mut above: HashMap<&str, &str> = HashMap::new();
    let (mut named, mut globs): (Vec<(&str, &str)>, Vec<(&str, &str)>) = Default::default();
    let mut found = Vec::new();
    for (id, targets) in specs {
        let met = targets.iter().find_map(|target| {
            let path = clean(target);
            let by_name = || {
                let own = exact.get(path).or_else(|| above.get(path));
                let folders = folders(path);
                own.or_else(|| folders.into_iter().find_map(|folder| exact.get(folder)))
                    .copied()
            };
            let met = if is_glob(path) {
                let met = named.iter().find(|(name, _)| overlap(path, name));
                met.map(|(_, other)| *other)
            } else {
                by_name()
            };
            let by_glob = || {
                let met = globs.iter().find(|(glob, _)| overlap(glob, path));
                met.map(|(_, other)| *other)
            };
            Some((met.or_else(by_glob)?, target.clone()))
        });
        if let Some((other, target)) = met {
            let id_of_other = other.to_owned();
            let overlap = Overlap {
                id: id_of_other,
                target,
            };
            found.push(((*id).to_owned(), overlap));
        }
        for target in *targets {
            let path = clean(target);
            if is_glob(path) {
                globs.push((path, id));
                continue;
            }
            named.push((path, id));
            exact.entry(path).or_insert(id);
            for folder in folders(path) {
                above.entry(folder).or_insert(id);
            }
        }
    }
    found
}

/// The folders that a path lies in.
fn folders(path: &str) -> Vec<&str> {
    path.match_indices('/').map(|(at, _)| &path[..at]).collect()
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
pub(crate) fn one_file(target: &str) -> Option<String> {
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
    fn each_spec_is_told_which_earlier_one_it_shares_a_target_with() {
        let own = |targets: &[&str]| -> Vec<String> {
            targets.iter().map(|&target| target.to_owned()).collect()
        };
        let check = |one: &[&str], other: &[&str], expected: Option<&str>| {
            let (one, other) = (own(one), own(other));
            let found = overlaps(&[("one", &one), ("other", &other)]);
            let found = found.first().map(|(id, overlap)| {
                assert_eq!((id.as_str(), overlap.id.as_str()), ("other", "one"));
                overlap.target.as_str()
            });
            assert_eq!(found, expected, "{one:?} and {other:?}");
        };
        check(&["a.rs"], &["b.rs", "./a.rs"], Some("./a.rs"));
        check(&["src/"], &["src/deep/a.rs"], Some("src/deep/a.rs"));
        check(&["src/deep/a.rs"], &["src"], Some("src"));
        check(&["src/*.rs"], &["src/a.rs"], Some("src/a.rs"));
        check(&["src/a.rs"], &["src/*.rs"], Some("src/*.rs"));
        check(&["src/*.rs"], &["src/*.md"], Some("src/*.md"));
        check(&["src/*.rs"], &["docs/a.md"], None);
        check(&[], &[], None);
    }

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
