//! Commits: making them without a checkout, and reading them.

use crate::{GitError, Oid, Repo, Result, call::Ran};

/// Who wrote something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ident {
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
}

/// How a commit is made, where the settings are not to decide.
#[derive(Debug, Clone, Default)]
pub struct CommitOptions {
    /// The author; else whom the settings name.
    pub author: Option<Ident>,
    /// When it was written, as a commit has it (`<seconds> <zone>`); else now.
    pub authored: Option<String>,
    /// Leaves the commit unsigned whatever `commit.gpgSign` says: for commits that nobody will ever be given.
    pub unsigned: bool,
}

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its id.
    pub oid: Oid,
    /// Its parents.
    pub parents: Vec<Oid>,
    /// Its tree.
    pub tree: Oid,
    /// Who wrote it.
    pub author: Ident,
    /// The message's first line.
    pub subject: String,
    /// The whole message.
    pub message: String,
}

/// Fields of a commit, each ended by NUL; a newline follows the last.
const FORMAT: &str = "--format=%H%x00%P%x00%T%x00%an%x00%ae%x00%s%x00%B%x00";

impl Repo {
    /// Makes a commit, signed where `commit.gpgSign` says so. Moves no ref. Two processes, and those of the signing.
    pub fn commit_tree(&self, tree: &Oid, parents: &[Oid], message: &str) -> Result<Oid> {
        self.commit_tree_with(tree, parents, message, &CommitOptions::default())
    }

    /// Makes a commit that is never signed: one that nobody will be given. Moves no ref. One process.
    pub fn commit_tree_unsigned(&self, tree: &Oid, parents: &[Oid], message: &str) -> Result<Oid> {
        let options = CommitOptions {
            unsigned: true,
            ..CommitOptions::default()
        };
        self.commit_tree_with(tree, parents, message, &options)
    }

    /// Makes a commit. Moves no ref. At most two processes, and those of the signing.
    pub fn commit_tree_with(
        &self,
        tree: &Oid,
        parents: &[Oid],
        message: &str,
        options: &CommitOptions,
    ) -> Result<Oid> {
        let sign = !options.unsigned && self.setting_once("commit.gpgSign")?;
        // Many are made at a landing; what is never signed is made one at a time, where asking who commits takes longer.
        let one_of_many = !options.unsigned && options.author.is_none();
        if !sign && one_of_many && options.authored.is_none() {
            return self.commit_plainly(tree, parents, message);
        }
        let mut call = self.change().setting("i18n.commitEncoding=UTF-8");
        if let Some(author) = &options.author {
            call = call
                .setting(&format!("author.name={}", author.name))
                .setting(&format!("author.email={}", author.email));
        }
        if let Some(at) = &options.authored {
            call = call.env("GIT_AUTHOR_DATE", at);
        }
        let mut call = call.args(["commit-tree", if sign { "-S" } else { "--no-gpg-sign" }]);
        for parent in parents {
            call = call.args(["-p", parent.as_str()]);
        }
        let ran = call.args(["-F", "-", tree.as_str()]).stdin(message).run()?;
        if ran.code() == Some(0) {
            let commit = Oid::from_bytes(ran.stdout())?;
            self.memo().keep_commit(&commit, tree, parents.first());
            Ok(commit)
        } else {
            Err(explain(&ran, sign))
        }
    }

    /// As `git commit-tree` makes it, by whom the settings name. No process of its own.
    fn commit_plainly(&self, tree: &Oid, parents: &[Oid], message: &str) -> Result<Oid> {
        let (author, committer) = self.people()?;
        let mut raw = format!("tree {tree}\n").into_bytes();
        for parent in parents {
            raw.extend(format!("parent {parent}\n").as_bytes());
        }
        raw.extend(
            [
                b"author ",
                author.as_slice(),
                b"\ncommitter ",
                &committer,
                b"\n\n",
            ]
            .concat(),
        );
        raw.extend(message.as_bytes());
        if !message.is_empty() && !message.ends_with('\n') {
            raw.push(b'\n');
        }
        let commit = self.write_commit(&raw)?;
        self.memo().keep_commit(&commit, tree, parents.first());
        Ok(commit)
    }

    /// The commits from `base` to `tip`, oldest first, where each has one parent; `None` where they are no such line, or a
    /// very long one. No process of its own.
    pub fn line(&self, base: &Oid, tip: &Oid) -> Result<Option<Vec<Oid>>> {
        const LONGEST: usize = 1000;
        let mut line = Vec::new();
        let mut at = tip.clone();
        while at != *base {
            let raw = self.raw_commit(&at)?;
            let head = String::from_utf8_lossy(&raw);
            let mut parents = head
                .lines()
                .take_while(|line| !line.is_empty())
                .filter_map(|line| line.strip_prefix("parent "));
            let (Some(parent), None) = (parents.next(), parents.next()) else {
                return Ok(None);
            };
            if line.len() == LONGEST {
                return Ok(None);
            }
            line.push(at);
            at = parent.parse()?;
        }
        line.reverse();
        Ok(Some(line))
    }

    /// The commits of `tip` that `base` does not have, newest first. One process.
    pub fn log(&self, base: &Oid, tip: &Oid) -> Result<Vec<Commit>> {
        self.log_without(&[base], tip)
    }

    /// The commits of `tip` that none of `others` has, newest first. One process.
    pub fn log_without(&self, others: &[&Oid], tip: &Oid) -> Result<Vec<Commit>> {
        let flags = ["log", "--no-show-signature", "--no-color", FORMAT];
        let ran = self
            .look()
            .args(flags)
            .arg(tip.as_str())
            .args(others.iter().map(|other| format!("^{other}")))
            .arg("--")
            .run()?;
        if ran.code() != Some(0) {
            return Err(ran.failed());
        }
        let text = String::from_utf8_lossy(ran.stdout());
        let fields: Vec<&str> = text.split('\0').collect();
        let commits = fields.chunks_exact(7);
        commits
            .map(|fields| parse(fields).ok_or_else(|| ran.unexpected(fields[0].as_bytes())))
            .collect()
    }
}

fn parse(fields: &[&str]) -> Option<Commit> {
    let [oid, parents, tree, name, email, subject, message] = fields else {
        return None;
    };
    Some(Commit {
        oid: oid.trim_start().parse().ok()?,
        parents: parents
            .split_whitespace()
            .map(str::parse)
            .collect::<Result<_>>()
            .ok()?,
        tree: tree.parse().ok()?,
        author: Ident {
            name: (*name).to_owned(),
            email: (*email).to_owned(),
        },
        subject: (*subject).to_owned(),
        message: (*message).to_owned(),
    })
}

/// Why a commit was not made.
fn explain(ran: &Ran, signing: bool) -> GitError {
    const NOBODY: [&str; 4] = [
        "Please tell me who you are",
        "empty ident name",
        "unable to auto-detect",
        "no email was given",
    ];
    let stderr = ran.stderr();
    if NOBODY.iter().any(|sign| stderr.contains(sign)) {
        GitError::NoIdentity
    } else if signing {
        GitError::Signing { stderr }
    } else {
        ran.failed()
    }
}

/// Why git would not say who commits.
pub(crate) fn nobody_in(ran: &Ran) -> GitError {
    explain(ran, false)
}
