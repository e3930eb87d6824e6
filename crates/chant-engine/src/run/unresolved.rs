//! What nobody has looked at in a merge that stands open: by git's marks, and by git's index where a file never held any.

use chant_git::{Merge, Oid, Repo};

use crate::error::Result;

/// A file that an open merge holds for unresolved, and that never held markers: nobody sees in it whether it was looked at.
pub(super) fn unsettled(there: &Repo, onto: &Oid) -> Result<Option<String>> {
    let files = there.unresolved()?;
    let (false, Some(head)) = (files.is_empty(), there.head_oid()?) else {
        return Ok(None);
    };
    let Merge::Conflict { tree, .. } = there.merge(&head, onto)? else {
        return Ok(None);
    };
    for file in files {
        if markers(there, &tree, &file)? == 0 {
            return Ok(Some(file));
        }
    }
    Ok(None)
}

/// How many lines of a file look like conflict markers.
pub(super) fn markers(repo: &Repo, tree: &Oid, file: &str) -> Result<usize> {
    let Some(entry) = repo
        .read_file(tree, file)?
        .filter(chant_git::TreeEntry::is_file)
    else {
        return Ok(0);
    };
    let bytes = repo.blob(&entry.oid)?;
    let is_marker = |line: &&[u8]| line.starts_with(b"<<<<<<< ") || line.starts_with(b">>>>>>> ");
    Ok(bytes.split(|byte| *byte == b'\n').filter(is_marker).count())
}
