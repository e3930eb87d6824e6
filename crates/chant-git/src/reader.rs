//! Single objects, read through one `git cat-file` that goes on running: a process for each would take most of the time of
//! a short run.
//!
//! The process is shared by all clones of a [`Repo`], started by the first question, and ended by [`Repo::rest`] or with the
//! last clone. Only names that begin with an object's id are asked here: they mean the same in every work tree, for ever.

use std::io::{self, BufRead, Read};

use chant_os::process::Conversation;

use crate::{GitError, Oid, Repo, Result, writer::Writers};

/// An object.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    /// Its id.
    pub(crate) oid: Oid,
    /// `blob`, `tree`, `commit` or `tag`.
    pub(crate) kind: String,
    /// Its content, as git stores it.
    pub(crate) bytes: Vec<u8>,
}

/// The first line of an answer.
struct Head {
    oid: Oid,
    kind: String,
    size: usize,
}

/// How an answer ends where a name means no object of this repository.
const NOTHING: [&str; 3] = [" missing", " ambiguous", " submodule"];

impl Repo {
    /// The object that a name (`<id>`, `<id>:path`, `<id>^{tree}`) means; `None` where it means none.
    pub(crate) fn object(&self, name: &str) -> Result<Option<Object>> {
        if let Some(found) = self.held_back(name)? {
            return Ok(Some(found));
        }
        self.ask("contents", name, |head, rest| {
            let mut bytes = vec![0; head.size];
            rest.read_exact(&mut bytes)?;
            let mut end = [0];
            rest.read_exact(&mut end)?;
            Ok(Object {
                oid: head.oid,
                kind: head.kind,
                bytes,
            })
        })
    }

    /// The id of the object that a name (`<id>^{tree}`, `<id>^1`) means; `None` where it means none.
    pub(crate) fn id_of(&self, name: &str) -> Result<Option<Oid>> {
        if let Some(found) = self.held_back(name)? {
            return Ok(Some(found.oid));
        }
        self.ask("info", name, |head, _| Ok(head.oid))
    }

    /// Whether the repository has an object. No process of its own.
    pub fn has_object(&self, oid: &Oid) -> Result<bool> {
        Ok(self.id_of(oid.as_str())?.is_some())
    }

    /// Ends the process that answers, until something is asked again: for a time in which nothing will be.
    pub fn rest(&self) {
        self.memo().conversation().take();
        *self.memo().writers() = Writers::default();
        self.memo().forget_folders();
    }

    /// Forgets what was answered. The processes that answer go on.
    pub fn forget(&self) {
        self.memo().forget();
        self.memo().writers().forget_settings();
    }

    fn ask<T>(
        &self,
        what: &str,
        name: &str,
        read: impl Fn(Head, &mut dyn Read) -> io::Result<T>,
    ) -> Result<Option<T>> {
        // A name of two lines would be two questions.
        if name.contains('\n') {
            return Ok(None);
        }
        let question = format!("{what} {name}\n");
        let mut conversation = self.memo().conversation();
        if let Some(asked) = conversation.as_mut()
            && let Ok(answer) = put(asked, &question, &read)
        {
            return Ok(answer);
        }
        // None yet, or it has died meanwhile: whatever it was, git is asked once more.
        *conversation = None;
        let call = self.look().args(["cat-file", "--batch-command"]);
        let asked = conversation.insert(call.converse()?);
        match put(asked, &question, &read) {
            Ok(answer) => Ok(answer),
            Err(error) => {
                // Nothing that is half read is of use to the next who asks.
                *conversation = None;
                Err(GitError::Command {
                    args: format!("cat-file --batch-command: {}", question.trim_end()),
                    code: None,
                    stderr: error.to_string(),
                })
            }
        }
    }
}

fn put<T>(
    asked: &mut Conversation,
    question: &str,
    read: impl Fn(Head, &mut dyn Read) -> io::Result<T>,
) -> io::Result<Option<T>> {
    let answer = asked.ask(question.as_bytes())?;
    let mut line = String::new();
    answer.read_line(&mut line)?;
    let line = line
        .strip_suffix('\n')
        .ok_or(io::ErrorKind::UnexpectedEof)?;
    if NOTHING.iter().any(|end| line.ends_with(end)) {
        return Ok(None);
    }
    let head = parse(line).ok_or(io::ErrorKind::InvalidData)?;
    read(head, answer).map(Some)
}

/// `<oid> <kind> <size>`
fn parse(line: &str) -> Option<Head> {
    let mut parts = line.split(' ');
    let head = Head {
        oid: parts.next()?.parse().ok()?,
        kind: parts.next()?.to_owned(),
        size: parts.next()?.parse().ok()?,
    };
    parts.next().is_none().then_some(head)
}
