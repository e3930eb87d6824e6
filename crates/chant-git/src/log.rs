//! The history of a branch in one pass: which commits there are, and the trailers at their end.

use crate::{Oid, Repo, Result, call::Ran, message::trailers_of};

/// A commit as one pass over the history sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// Its id.
    pub oid: Oid,
    /// Its parents.
    pub parents: Vec<Oid>,
    /// When it was committed, RFC 3339. For people: nothing may be decided by it.
    pub at: String,
    /// The message's first line.
    pub subject: String,
    /// The trailers of the message's last paragraph, in order.
    pub trailers: Vec<(String, String)>,
}

/// A commit that changed a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    /// The path, from the repository's root.
    pub path: String,
    /// The commit.
    pub commit: Oid,
    /// When it was committed, RFC 3339. For people.
    pub at: String,
    /// Whether the path was there after it.
    pub is_there: bool,
}

/// Fields of a commit, each ended by NUL, which no message can hold; a newline follows the last.
const FORMAT: &str = "--format=%H%x00%P%x00%cI%x00%s%x00%B%x00";

impl Repo {
    /// Every commit of `tip`, no parent before its child. With `not`, only those that it does not have. One process.
    pub fn log_trailers(&self, tip: &Oid, not: Option<&Oid>) -> Result<Vec<Logged>> {
        let not = not.map(|oid| format!("^{oid}"));
        let ran = self
            .look()
            .args(["log", "--topo-order", "--no-show-signature", "--no-color"])
            .args(["--no-notes", "--no-use-mailmap", FORMAT, tip.as_str()])
            .args(not.as_slice())
            .arg("--")
            .run()?;
        if ran.code() != Some(0) {
            return Err(ran.failed());
        }
        parse(&ran)
    }
}

impl Repo {
    /// The commits of `tip` that changed these paths (files or folders), newest first; merges left out. One process.
    pub fn touches(&self, tip: &Oid, paths: &[&str]) -> Result<Vec<Touch>> {
        self.touching(tip, paths, None)
    }

    /// The same, but only where a line that matches this pattern came or went.
    pub fn touches_of(&self, tip: &Oid, paths: &[&str], pattern: &str) -> Result<Vec<Touch>> {
        self.touching(tip, paths, Some(pattern))
    }

    fn touching(&self, tip: &Oid, paths: &[&str], pattern: Option<&str>) -> Result<Vec<Touch>> {
        let pattern = pattern.map(|pattern| format!("-G{pattern}"));
        let flags = ["log", "--no-show-signature", "--no-color", "--no-notes"];
        let shape = ["--no-renames", "--raw", "--no-abbrev", "-z", MARKED];
        let ran = self
            .look()
            .args(flags)
            .args(shape)
            .args(pattern.as_slice())
            .args([tip.as_str(), "--"])
            .args(paths)
            .run()?;
        if ran.code() != Some(0) {
            return Err(ran.failed());
        }
        touches(ran.stdout()).ok_or_else(|| ran.unexpected(ran.stdout()))
    }
}

/// A commit's id and date; the changes follow, each as its facts and its path.
const MARKED: &str = "--format=%x01%H%x00%cI";

fn touches(bytes: &[u8]) -> Option<Vec<Touch>> {
    let mut touches = Vec::new();
    let mut commit: Option<(Oid, String)> = None;
    let mut fields = bytes.split(|byte| *byte == 0);
    while let Some(field) = fields.next() {
        let field = field.strip_prefix(b"\n").unwrap_or(field);
        if let Some(oid) = field.strip_prefix(b"\x01") {
            let at = String::from_utf8_lossy(fields.next()?).into_owned();
            commit = Some((Oid::from_bytes(oid).ok()?, at));
        } else if field.starts_with(b":") {
            let (commit, at) = commit.clone()?;
            touches.push(Touch {
                path: crate::path::text(fields.next()?),
                commit,
                at,
                is_there: !field.ends_with(b" D"),
            });
        }
    }
    Some(touches)
}

fn parse(ran: &Ran) -> Result<Vec<Logged>> {
    let fields: Vec<&[u8]> = ran.stdout().split(|byte| *byte == 0).collect();
    fields
        .chunks_exact(5)
        .map(|fields| commit(fields).ok_or_else(|| ran.unexpected(fields[0])))
        .collect()
}

fn commit(fields: &[&[u8]]) -> Option<Logged> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let [oid, parents, at, subject, message] = fields else {
        return None;
    };
    Some(Logged {
        oid: text(oid).trim_start().parse().ok()?,
        parents: text(parents)
            .split_whitespace()
            .map(str::parse)
            .collect::<Result<_>>()
            .ok()?,
        at: text(at),
        subject: text(subject),
        trailers: trailers_of(&String::from_utf8_lossy(message)),
    })
}
