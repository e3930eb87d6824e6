//! How two commits contradict each other: what git's merge says beside the names of files.

use crate::{Oid, Repo, Result, path::text};

/// What git can not bring together in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// Both changed the same lines.
    Lines,
    /// Both added it.
    BothAdded,
    /// The first deleted it, and the second changed it.
    DeletedByFirst,
    /// The first changed it, and the second deleted it.
    DeletedBySecond,
    /// It was moved, or its folder was, and the other side did something else with it.
    Moved,
    /// It is a file on one side, and a link, a folder or a submodule on the other.
    Kinds,
    /// Both changed it, and it is not text.
    Binary,
    /// Both moved a submodule on.
    Submodule,
}

/// A file that two commits contradict each other in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    /// From the repository's root.
    pub file: String,
    /// In what.
    pub how: How,
}

impl Repo {
    /// In what two commits contradict each other. One process.
    pub fn clashes(&self, first: &Oid, second: &Oid) -> Result<Vec<Clash>> {
        let flags = [
            "merge-tree",
            "--write-tree",
            "-z",
            "--name-only",
            "--messages",
        ];
        let ran = self
            .change()
            .args(flags)
            .args([first.as_str(), second.as_str()])
            .run()?;
        if ran.yes()? {
            return Ok(Vec::new());
        }
        let mut clashes: Vec<Clash> = Vec::new();
        for message in messages(ran.stdout()) {
            for file in &message.files {
                let file = real_name(&text(file), first, second);
                let Some(how) = self.how(&message, &file, first)? else {
                    continue;
                };
                match clashes.iter_mut().find(|clash| clash.file == file) {
                    // What is more than lines says more.
                    Some(clash) => clash.how = clash.how.max(how),
                    None => clashes.push(Clash { file, how }),
                }
            }
        }
        Ok(clashes)
    }

    /// What a message of git's is about; `None` where that is no contradiction.
    fn how(&self, message: &Message<'_>, file: &str, first: &Oid) -> Result<Option<How>> {
        let Some(kind) = message.kind.strip_prefix(b"CONFLICT (") else {
            return Ok(None);
        };
        Ok(Some(match kind {
            b"contents)" if message.words.starts_with(b"CONFLICT (add/add)") => How::BothAdded,
            b"contents)" => How::Lines,
            b"binary)" => How::Binary,
            b"modify/delete)" if self.read_file(first, file)?.is_none() => How::DeletedByFirst,
            b"modify/delete)" => How::DeletedBySecond,
            b"file/directory)" | b"distinct modes)" => How::Kinds,
            _ if kind.starts_with(b"submodule") => How::Submodule,
            _ if kind.windows(6).any(|word| word == b"rename") => How::Moved,
            _ => How::Lines,
        }))
    }
}

/// Where both sides can not have one name, git gives one of them another: `name~commit`.
pub(crate) fn real_name(name: &str, first: &Oid, second: &Oid) -> String {
    let given = [first, second]
        .into_iter()
        .find_map(|side| name.rsplit_once(&format!("~{side}")));
    match given {
        Some((real, rest)) if rest.is_empty() || rest.starts_with('_') => real.to_owned(),
        _ => name.to_owned(),
    }
}

/// One of git's messages about a merge.
struct Message<'a> {
    files: Vec<&'a [u8]>,
    /// The same in every version and language.
    kind: &'a [u8],
    words: &'a [u8],
}

/// The messages below the tree and the names. Each says first how many files it is about.
fn messages(said: &[u8]) -> Vec<Message<'_>> {
    let mut fields = said.split(|byte| *byte == 0);
    // An empty field ends the names.
    for field in fields.by_ref() {
        if field.is_empty() {
            break;
        }
    }
    let mut found = Vec::new();
    while let Some(count) = fields.next() {
        let Some(count) = std::str::from_utf8(count)
            .ok()
            .and_then(|it| it.parse().ok())
        else {
            break;
        };
        let files: Vec<&[u8]> = fields.by_ref().take(count).collect();
        let (Some(kind), Some(words)) = (fields.next(), fields.next()) else {
            break;
        };
        found.push(Message { files, kind, words });
    }
    found
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{messages, real_name};

    #[test]
    fn messages_stand_below_the_names() {
        let said = b"0123\0d~a\0\x002\0d~a\0d\0CONFLICT (file/directory)\0CONFLICT (file/directory): x\n\0";
        let found = messages(said);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].files, [b"d~a".as_slice(), b"d"]);
        assert_eq!(found[0].kind, b"CONFLICT (file/directory)");
    }

    #[test]
    fn a_name_that_git_gave_is_taken_back() {
        let one = "0123456789012345678901234567890123456789".parse().unwrap();
        let other = "1123456789012345678901234567890123456789".parse().unwrap();
        assert_eq!(real_name(&format!("d~{one}"), &one, &other), "d");
        assert_eq!(real_name(&format!("d~{other}_0"), &one, &other), "d");
        assert_eq!(real_name("backup~", &one, &other), "backup~");
    }
}
