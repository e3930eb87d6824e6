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
pub(crate) fn overlaps(specs: &[(&str, &[String])]) -> Vec<(String, Overlap)> {
    let mut earlier = Earlier::default();
    let mut found = Vec::new();
    for (id, targets) in specs {
        let met = targets.iter().find_map(|target| {
            let other = earlier.about(clean(target))?;
            Some((other.to_owned(), target.clone()))
        });
        if let Some((other, target)) = met {
            found.push(((*id).to_owned(), Overlap { id: other, target }));
        }
        for target in *targets {
            earlier.add(clean(target), id);
        }
    }
    found
}

/// What earlier specs are about. Names are looked up; only globs are compared one by one.
#[derive(Default)]
struct Earlier<'a> {
    named: HashMap<&'a str, &'a str>,
    /// The folders that something named lies in.
    above: HashMap<&'a str, &'a str>,
    /// The same names in their order.
    in_order: Vec<(&'a str, &'a str)>,
    globs: Vec<(&'a str, &'a str)>,
}

impl<'a> Earlier<'a> {
    fn about(&self, target: &str) -> Option<&'a str> {
        let compared = |with: &[(&'a str, &'a str)]| {
            let mut others = with.iter();
            others.find_map(|(other, id)| overlap(target, other).then_some(*id))
        };
        let found = if is_glob(target) {
            compared(&self.in_order)
        } else {
            let by_name = self.named.get(target).or_else(|| self.above.get(target));
            let in_folder = || folders(target).find_map(|folder| self.named.get(folder));
            by_name.or_else(in_folder).copied()
        };
        found.or_else(|| compared(&self.globs))
    }

    fn add(&mut self, target: &'a str, id: &'a str) {
        if is_glob(target) {
            self.globs.push((target, id));
            return;
        }
        self.in_order.push((target, id));
        self.named.entry(target).or_insert(id);
        for folder in folders(target) {
            self.above.entry(folder).or_insert(id);
        }
    }
}

/// The folders that a path lies in.
fn folders(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
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
