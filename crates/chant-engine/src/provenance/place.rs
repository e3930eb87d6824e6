//! The file and the lines that a person means.

use std::path::{Component, Path, PathBuf};

use chant_git::{Lines, Repo, RepoPath};

use crate::error::{Code, Error, Result};

/// A file of the repository, and which of its lines.
#[derive(Debug)]
pub(super) struct Place {
    /// From the repository's root.
    pub(super) path: RepoPath,
    /// `None` for the whole file.
    pub(super) lines: Option<Lines>,
}

impl Place {
    /// Reads `PATH[:LINE[-LINE]]`, as typed in the folder `cwd`. A file whose own name looks like that is taken as it is.
    pub(super) fn find(repo: &Repo, cwd: &Path, text: &str) -> Result<Self> {
        let is_there = |path: &str| cwd.join(path).symlink_metadata().is_ok();
        let split = text.rsplit_once(':').filter(|_| !is_there(text));
        let (path, lines) = match split {
            Some((path, range)) if is_range(range) => (path, Some(lines(range)?)),
            _ => (text, None),
        };
        let found = inside(repo, cwd, path)?;
        if cwd.join(path).is_dir() {
            return Err(Error::new(Code::Usage, format!("{path} is a folder"))
                .hint("name a file in it, and a line: chant why PATH:LINE"));
        }
        Ok(Self { path: found, lines })
    }
}

fn is_range(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'-')
}

fn lines(range: &str) -> Result<Lines> {
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let number = |text: &str| text.parse::<u32>().ok();
    number(first)
        .zip(number(last))
        .and_then(|(first, last)| Lines::new(first, last))
        .ok_or_else(|| {
            Error::new(
                Code::Usage,
                format!("{range:?} is no line and no range of lines"),
            )
            .hint("lines are counted from 1, for example: chant why README.md:3-5")
        })
}

/// The path from the repository's root. A link in the way to the folder one is in is followed, the file itself is not.
fn inside(repo: &Repo, cwd: &Path, path: &str) -> Result<RepoPath> {
    let canonical = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let full = normal(&canonical(cwd).join(path));
    let outside = || {
        Error::new(Code::Usage, format!("{path} is not in this repository"))
            .hint(format!("the repository is {}", repo.root().display()))
    };
    let inside = full
        .strip_prefix(canonical(repo.root()))
        .map_err(|_| outside())?;
    let inside = inside.to_str().ok_or_else(outside)?;
    if inside.is_empty() {
        return Err(
            Error::new(Code::Usage, format!("{path} is the repository itself"))
                .hint("name a file in it"),
        );
    }
    Ok(inside.parse()?)
}

/// A path without `.` and `..`, worked out on the text alone.
fn normal(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut normal, part| {
        match part {
            Component::ParentDir => drop(normal.pop()),
            Component::CurDir => {}
            other => normal.push(other),
        }
        normal
    })
}
