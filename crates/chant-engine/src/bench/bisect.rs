//! Which of a row of commits changed what a check finds: a binary search.

use chant_git::Oid;

use super::Stopped;
use crate::error::Result;
use crate::project::Project;

/// What one look at a commit says: whether it is as the first commit of the row.
pub(crate) type Look = Result<std::result::Result<bool, Stopped>>;

/// The index of the first commit that is not as the first one, where `alike` says which are, and how many were looked at.
/// The first of the row is alike and the last is not; between them it changes once.
pub(crate) fn first_unlike(
    row: usize,
    mut alike: impl FnMut(usize) -> Look,
) -> Result<std::result::Result<(usize, u32), Stopped>> {
    let (mut like, mut unlike, mut looks) = (0, row - 1, 0);
    while unlike - like > 1 {
        let middle = like + (unlike - like) / 2;
        looks += 1;
        match alike(middle)? {
            Ok(true) => like = middle,
            Ok(false) => unlike = middle,
            Err(Stopped) => return Ok(Err(Stopped)),
        }
    }
    Ok(Ok((unlike, looks)))
}

/// At most how many commits [`first_unlike`] looks at in a row of this length.
pub(crate) fn most_looks(row: usize) -> u32 {
    match row {
        0..=2 => 0,
        row => (row - 2).ilog2() + 1,
    }
}

/// The commits of the main line after `from` up to `tip`, oldest first. Where `from` came by a merge, the main line
/// begins with that merge: what is before does not contain it. `None` where `tip` does not contain `from`.
pub(crate) fn main_line(project: &Project, from: &Oid, tip: &Oid) -> Result<Option<Vec<Oid>>> {
    let repo = project.repo();
    if !repo.is_ancestor(from, tip)? {
        return Ok(None);
    }
    let mut line = repo.landed_after(from, tip)?;
    let Some(first) = line.first() else {
        return Ok(Some(line));
    };
    if repo.parent_of(first)?.as_ref() != Some(from) {
        let mut failed = Ok(());
        let before = line.partition_point(|commit| {
            let contains = repo.is_ancestor(from, commit);
            !contains.unwrap_or_else(|error| {
                failed = Err(error);
                true
            })
        });
        failed?;
        line.drain(..before);
    }
    Ok(Some(line))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn the_change_is_found_wherever_it_is_in_as_few_looks_as_was_said() {
        for row in 2..40 {
            for first in 1..row {
                let found = first_unlike(row, |at| Ok(Ok(at < first)));
                let (at, looks) = found.unwrap().unwrap();
                assert_eq!(at, first, "row {row}");
                assert!(looks <= most_looks(row), "row {row}: {looks}");
            }
        }
    }
}
