//! Who wrote which line of a file, as the work tree has it.

use std::collections::HashMap;

use crate::{Ident, Oid, Repo, RepoPath, Result, call::Ran, path::text};

/// Lines of a file, both ends included, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lines {
    first: u32,
    last: u32,
}

impl Lines {
    /// From `first` to `last`; `None` where that is no range of lines.
    pub fn new(first: u32, last: u32) -> Option<Self> {
        (first > 0 && first <= last).then_some(Self { first, last })
    }
}

/// Every line that was asked for, and the commits they come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Blame {
    /// The lines, in order.
    pub lines: Vec<BlamedLine>,
    /// What is known of each commit that is named.
    pub commits: HashMap<Oid, BlamedCommit>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlamedLine {
    /// Its number in the file as it is now.
    pub number: u32,
    /// The commit that wrote it; `None` where it is not committed yet.
    pub commit: Option<Oid>,
    /// What it says. What is not UTF-8 in it is shown as `�`.
    pub text: String,
}

/// A commit as blame tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlamedCommit {
    /// Who wrote it.
    pub author: Ident,
    /// When, in seconds since 1970.
    pub time: i64,
    /// The message's first line.
    pub subject: String,
    /// The file's path in that commit; another than now where it was renamed since.
    pub path: String,
}

/// What blaming a file gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blamed {
    /// Its lines.
    Lines(Blame),
    /// HEAD and the index know no such file.
    NotTracked,
    /// It has only so many lines.
    TooShort(u32),
}

impl Repo {
    /// Who wrote the lines of a file (all of them, or `lines`) as it is in the work tree now. Renames are followed. No
    /// program that settings name for showing files is started. One process.
    pub fn blame(&self, path: &RepoPath, lines: Option<Lines>) -> Result<Blamed> {
        let mut call = self.look().args(["blame", "--porcelain", "--no-textconv"]);
        if let Some(lines) = lines {
            call = call.arg(format!("-L{},{}", lines.first, lines.last));
        }
        let ran = call.args(["--", path.as_str()]).run()?;
        match ran.code() {
            Some(0) => parse(&ran).map(Blamed::Lines),
            _ => refused(&ran),
        }
    }
}

fn refused(ran: &Ran) -> Result<Blamed> {
    let said = ran.stderr();
    if let Some((_, rest)) = said.split_once(" has only ") {
        let count = rest.split(' ').next().and_then(|word| word.parse().ok());
        return Ok(Blamed::TooShort(count.unwrap_or(0)));
    }
    if said.contains("no such path") || said.contains("no such ref: HEAD") {
        return Ok(Blamed::NotTracked);
    }
    Err(ran.failed())
}

/// A commit whose facts are still being read.
#[derive(Default)]
struct Facts {
    name: String,
    email: String,
    time: i64,
    subject: String,
    path: String,
}

impl Facts {
    /// Reads one line between a header and the line's content; keys that mean nothing here are passed over.
    fn take(&mut self, line: &[u8]) {
        let space = line.iter().position(|byte| *byte == b' ');
        let (key, value) = space.map_or((line, &b""[..]), |at| (&line[..at], &line[at + 1..]));
        match key {
            b"author" => self.name = text(value),
            b"author-mail" => {
                text(value)
                    .trim_matches(['<', '>'])
                    .clone_into(&mut self.email);
            }
            b"author-time" => self.time = text(value).parse().unwrap_or(0),
            b"summary" => self.subject = text(value),
            b"filename" => self.path = text(value),
            _ => {}
        }
    }
}

/// Each line is a header `<commit> <line then> <line now> [<lines of the group>]`, facts where the commit is new, and a
/// tab with the content.
fn parse(ran: &Ran) -> Result<Blame> {
    let mut facts: HashMap<Oid, Facts> = HashMap::new();
    let mut lines = Vec::new();
    let mut at: Option<(Oid, u32)> = None;
    let bytes = ran.stdout();
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    for line in bytes.split(|byte| *byte == b'\n') {
        match (&at, line.strip_prefix(b"\t")) {
            (None, _) if line.is_empty() => {}
            (None, _) => at = Some(header(line).ok_or_else(|| ran.unexpected(line))?),
            (Some((oid, _)), None) => facts.entry(oid.clone()).or_default().take(line),
            (Some((oid, number)), Some(content)) => {
                lines.push(BlamedLine {
                    number: *number,
                    commit: (!oid.is_zero()).then(|| oid.clone()),
                    text: text(content.strip_suffix(b"\r").unwrap_or(content)),
                });
                at = None;
            }
        }
    }
    let known = facts.into_iter().filter(|(oid, _)| !oid.is_zero());
    let commits = known.map(|(oid, facts)| (oid, facts.into())).collect();
    Ok(Blame { lines, commits })
}

fn header(line: &[u8]) -> Option<(Oid, u32)> {
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    let oid = words.next()?.parse().ok()?;
    Some((oid, words.nth(1)?.parse().ok()?))
}

impl From<Facts> for BlamedCommit {
    fn from(facts: Facts) -> Self {
        Self {
            author: Ident {
                name: facts.name,
                email: facts.email,
            },
            time: facts.time,
            subject: facts.subject,
            path: facts.path,
        }
    }
}
