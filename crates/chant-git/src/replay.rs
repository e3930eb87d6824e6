//! Commits made again on another commit, in memory: what `git rebase` does, without a checkout.
//!
//! A commit keeps its author, the time it was written, its message and its encoding, byte for byte; who made it again is the
//! committer. A signature is about the commit as it was, so it is left out.

use crate::{CommitOptions, Ident, Merge, Oid, Repo, Result, commit::nobody_in};

/// What making commits again gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replayed {
    /// These, oldest first. What changes nothing any more is left out.
    Done(Vec<Oid>),
    /// This one contradicts what is there now.
    Conflict {
        /// The commit as it was.
        commit: Oid,
    },
}

impl Repo {
    /// Makes commits, each the parent of the next, again on top of `onto`. Moves no ref. No process of its own, one for
    /// each where commits are signed.
    pub fn replay(&self, commits: &[Oid], onto: &Oid) -> Result<Replayed> {
        let mut made: Vec<Oid> = Vec::with_capacity(commits.len());
        for commit in commits {
            let on = made.last().unwrap_or(onto).clone();
            let tree = match self.parent_of(commit)? {
                Some(parent) if parent == on => {
                    made.push(commit.clone());
                    continue;
                }
                Some(parent) => match self.merge_since(&parent, &on, commit)? {
                    Merge::Clean(tree) => tree,
                    Merge::Conflict { .. } => {
                        return Ok(Replayed::Conflict {
                            commit: commit.clone(),
                        });
                    }
                },
                None => self.tree_of(commit)?,
            };
            if tree != self.tree_of(&on)? {
                made.push(self.commit_again(commit, &tree, &on)?);
            }
        }
        Ok(Replayed::Done(made))
    }

    fn commit_again(&self, commit: &Oid, tree: &Oid, parent: &Oid) -> Result<Oid> {
        let raw = self.raw_commit(commit)?;
        if self.setting_once("commit.gpgSign")? {
            let written = Written::read(&raw);
            let options = CommitOptions {
                author: Some(written.author),
                authored: Some(written.at),
                unsigned: false,
            };
            let message = String::from_utf8_lossy(written.message);
            return self.commit_tree_with(tree, std::slice::from_ref(parent), &message, &options);
        }
        let again = rewritten(&raw, tree, parent, &self.people()?.1);
        let made = self.write_commit(&again)?;
        self.memo().keep_commit(&made, tree, Some(parent));
        Ok(made)
    }

    /// A commit as git stores it. No process of its own.
    pub(crate) fn raw_commit(&self, commit: &Oid) -> Result<Vec<u8>> {
        match self.object(commit.as_str())? {
            Some(object) if object.kind == "commit" => Ok(object.bytes),
            // So that git itself says what is wrong.
            _ => self
                .look()
                .args(["cat-file", "commit", commit.as_str()])
                .stdout(),
        }
    }

    /// Stores a commit as it is given. No process of its own.
    pub(crate) fn write_commit(&self, raw: &[u8]) -> Result<Oid> {
        if let Some(commit) = self.try_store("commit", raw) {
            return Ok(commit);
        }
        self.change()
            .args(["hash-object", "-t", "commit", "-w", "--stdin"])
            .stdin(raw)
            .oid()
    }

    /// Who writes or commits, and when, as a commit has it. One process.
    pub(crate) fn person(&self, variable: &str) -> Result<Vec<u8>> {
        let ran = self
            .look()
            .without_held_back()
            .args(["var", variable])
            .run()?;
        if ran.code() != Some(0) {
            return Err(nobody_in(&ran));
        }
        Ok(ran.stdout().trim_ascii_end().to_vec())
    }
}

/// A commit with another tree, parent and committer.
fn rewritten(raw: &[u8], tree: &Oid, parent: &Oid, committer: &[u8]) -> Vec<u8> {
    let (head, message) = split(raw);
    let mut again = format!("tree {tree}\nparent {parent}\n").into_bytes();
    for line in headers(head) {
        if line.starts_with(b"author ") || line.starts_with(b"encoding ") {
            again.extend(line);
            again.push(b'\n');
            if line.starts_with(b"author ") {
                again.extend(b"committer ");
                again.extend(committer);
                again.push(b'\n');
            }
        }
    }
    again.push(b'\n');
    again.extend(message);
    again
}

/// What a commit says of its making.
struct Written<'a> {
    author: Ident,
    at: String,
    message: &'a [u8],
}

impl<'a> Written<'a> {
    fn read(raw: &'a [u8]) -> Self {
        let (head, message) = split(raw);
        let author = headers(head)
            .find_map(|line| line.strip_prefix(b"author "))
            .unwrap_or_default();
        let author = String::from_utf8_lossy(author);
        let (name, rest) = author.split_once(" <").unwrap_or(("", &author));
        let (email, at) = rest.split_once("> ").unwrap_or((rest, ""));
        Self {
            author: Ident {
                name: name.to_owned(),
                email: email.to_owned(),
            },
            at: at.to_owned(),
            message,
        }
    }
}

fn split(raw: &[u8]) -> (&[u8], &[u8]) {
    let end = raw.windows(2).position(|pair| pair == b"\n\n");
    end.map_or((raw, b"".as_slice()), |end| (&raw[..end], &raw[end + 2..]))
}

/// The lines of a commit's head; those that go on with a signature begin with a space.
fn headers(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    head.split(|byte| *byte == b'\n')
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_commit_keeps_all_but_its_place_and_its_signature() {
        let raw = b"tree 1\nparent 2\nauthor A \xfc <a@b> 7 +0200\ncommitter C <c@d> 8 +0000\nencoding latin1\ngpgsig x\n y\n z\n\nsubject\n\n\xfcber\n";
        let oid = |digit: &str| digit.repeat(40).parse::<Oid>().unwrap();
        let again = rewritten(raw, &oid("a"), &oid("b"), b"D <d@e> 9 +0000");
        let expected = [
            format!("tree {}\nparent {}\n", oid("a"), oid("b")).as_bytes(),
            b"author A \xfc <a@b> 7 +0200\ncommitter D <d@e> 9 +0000\nencoding latin1\n\nsubject\n\n\xfcber\n",
        ]
        .concat();
        assert_eq!(again, expected);
        let written = Written::read(raw);
        assert_eq!(
            (written.author.email.as_str(), written.at.as_str()),
            ("a@b", "7 +0200")
        );
    }
}
