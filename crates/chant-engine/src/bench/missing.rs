//! Why a check that passes in the user's checkout may fail in a clean tree: it needs a file that is in no commit.

use std::collections::BTreeSet;
use std::path::Path;

use super::place::Place;
use crate::project::Project;

/// More words than this nobody looks at for the name of a file.
const WORDS: usize = 2000;

/// How many files are named.
const NAMED: usize = 3;

/// Which files that a check speaks of (in its command or its last words) are in the user's checkout and not in the place.
pub(super) fn only_in_checkout(project: &Project, place: &Place, said: &str) -> Option<String> {
    let files: BTreeSet<&str> = said
        .split(|c: char| c.is_whitespace() || "'\"`:;,()<>=|&".contains(c))
        .take(WORDS)
        .map(|word| word.trim_start_matches("./"))
        .filter(|word| is_name(word))
        .filter(|word| project.root().join(word).exists() && !place.project().join(word).exists())
        .take(NAMED)
        .collect();
    let names: Vec<&str> = files.into_iter().collect();
    let (verb, them) = match names.len() {
        0 => return None,
        1 => ("is", "it is"),
        _ => ("are", "they are"),
    };
    Some(format!(
        "{} {verb} in your checkout, but not in git, so {them} not in the tree that is checked",
        names.join(", ")
    ))
}

fn is_name(word: &str) -> bool {
    !word.is_empty()
        && word.len() < 200
        && Path::new(word)
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)))
}
