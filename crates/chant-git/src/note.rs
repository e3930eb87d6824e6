//! Notes: what is said about a commit after it was made, under a ref of its own.

use crate::{Oid, Repo, Result, name::check_ref};

/// Others may write a note at the same moment this often before it is given up.
const TRIES: usize = 50;

/// Who the commits of a notes ref are by: a note is chant's word, whoever started it.
const AUTHOR: &str = "chant <chant@localhost>";

impl Repo {
    /// Puts notes on commits; one that is there is replaced. `seconds` (since 1970) is the time of the commit that the
    /// notes ref moves to.
    ///
    /// The ref only ever moves to a commit that contains what it was at, so notes that others write meanwhile are kept.
    /// Crash: all notes are there, or none. Two processes for each try, and one where the ref is not a plain file.
    pub fn put_notes(&self, notes: &str, added: &[(Oid, Vec<u8>)], seconds: i64) -> Result<()> {
        check_ref(notes)?;
        if added.is_empty() {
            return Ok(());
        }
        let mut tries = 0;
        loop {
            tries += 1;
            let tip = self.ref_oid(notes)?;
            // `git notes` moves its ref without looking where it is; this looks.
            let ran = self
                .change()
                .args(["fast-import", "--quiet"])
                .stdin(import(notes, tip.as_ref(), added, seconds))
                .run()?;
            match ran.code() {
                Some(0) => return Ok(()),
                _ if tries < TRIES && self.is_freed(&ran)? => {}
                _ if tries == TRIES || self.ref_oid(notes)? == tip => return Err(ran.failed()),
                _ => {}
            }
        }
    }

    /// The notes on some commits, in order. One process, or none.
    pub fn notes(&self, notes: &str, commits: &[Oid]) -> Result<Vec<Option<Vec<u8>>>> {
        check_ref(notes)?;
        // Git keeps a note in a file of that name, and puts it into folders as the notes become many.
        let names: Vec<String> = commits
            .iter()
            .flat_map(|commit| {
                let id = commit.as_str();
                [
                    format!("{notes}:{id}"),
                    format!("{notes}:{}/{}", &id[..2], &id[2..]),
                    format!("{notes}:{}/{}/{}", &id[..2], &id[2..4], &id[4..]),
                ]
            })
            .collect();
        let found = self.contents(&names)?;
        Ok(found
            .chunks(3)
            .map(|found| found.iter().flatten().next().cloned())
            .collect())
    }
}

/// What `git fast-import` is told.
fn import(notes: &str, tip: Option<&Oid>, added: &[(Oid, Vec<u8>)], seconds: i64) -> Vec<u8> {
    let from = tip.map_or_else(String::new, |tip| format!("from {tip}\n"));
    let message = "notes of landings\n";
    let mut told = format!(
        "commit {notes}\ncommitter {AUTHOR} {seconds} +0000\ndata {}\n{message}{from}",
        message.len(),
    )
    .into_bytes();
    for (commit, note) in added {
        told.extend(format!("N inline {commit}\ndata {}\n", note.len()).as_bytes());
        told.extend(note);
        told.push(b'\n');
    }
    told.extend(b"done\n");
    told
}
