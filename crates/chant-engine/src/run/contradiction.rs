//! In what a result and the main branch contradict each other, as one sentence. How to go on is told by [`crate::ways::ways_on`].

use std::collections::BTreeMap;

use chant_git::{Clash, How};

/// How many files of a kind are named.
const NAMED: usize = 5;

/// What stands against what: the main branch, and the specs that landed there, against a result.
pub(super) fn says(main: &str, with: &[String], files: &[String], clashes: &[Clash]) -> String {
    let main = match with {
        [] => main.to_owned(),
        with => format!("{main} ({})", with.join(", ")),
    };
    let mut kinds: BTreeMap<How, Vec<&str>> = BTreeMap::new();
    for file in files {
        let clash = clashes.iter().find(|clash| clash.file == *file);
        let how = clash.map_or(How::Lines, |clash| clash.how);
        kinds.entry(how).or_default().push(file);
    }
    let said = kinds
        .into_iter()
        .map(|(how, files)| format!("{}: {}", named(&files), of_a_kind(how, &main)));
    said.collect::<Vec<_>>().join("; ")
}

fn named(files: &[&str]) -> String {
    let (named, more) = files.split_at(NAMED.min(files.len()));
    let named: Vec<String> = named.iter().map(|file| crate::one_line(file)).collect();
    match more.len() {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// What both sides did; the main branch is the first.
fn of_a_kind(how: How, main: &str) -> String {
    match how {
        How::Lines => format!("{main} and this result changed the same lines"),
        How::BothAdded => format!("{main} and this result both added it"),
        How::DeletedByFirst => format!("{main} deleted it, and this result changed it"),
        How::DeletedBySecond => format!("{main} changed it, and this result deleted it"),
        How::Moved => format!("{main} and this result moved it differently"),
        How::Kinds => {
            format!(
                "a file on one side, and a folder, a link or the like on the other ({main} and this result)"
            )
        }
        How::Binary => format!("{main} and this result changed it, and it is not text"),
        How::Submodule => format!("{main} and this result point it to different commits"),
    }
}

#[cfg(test)]
mod tests {
    use super::says;
    use chant_git::{Clash, How};

    #[test]
    fn each_kind_is_said_of_its_files() {
        let files = ["a", "b", "c"].map(str::to_owned);
        let clash = |file: &str, how| Clash {
            file: file.to_owned(),
            how,
        };
        let clashes = [clash("b", How::DeletedByFirst), clash("c", How::Lines)];
        assert_eq!(
            says("main", &["001".to_owned()], &files, &clashes),
            "a, c: main (001) and this result changed the same lines; \
             b: main (001) deleted it, and this result changed it"
        );
    }
}
