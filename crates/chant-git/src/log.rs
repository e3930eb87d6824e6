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
