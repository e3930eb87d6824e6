//! Where a line comes from: its commit, the landing above it, and everything that landing was made from, back to what no
//! spec wrote.
//!
//! Owns no state. What landed is read from [`crate::history`], who wrote which line from git. Deliberately not here: whether
//! any of it still holds, which is drift's to say.

mod chain;
mod line;
mod owner;
mod place;

use std::path::Path;

use chant_git::{Blamed, Link, Oid, Repo};
use serde::Serialize;

use crate::error::{Code, Error, Result};
use crate::history::History;
use crate::project::Project;

use place::Place;

/// The answer to "why is this here".
#[derive(Debug, Clone, Serialize)]
pub struct Story {
    /// The file, from the repository's root.
    pub path: String,
    /// Its lines, in groups that come from the same commit.
    pub lines: Vec<Lines>,
    /// For some lines: the landings behind them, each after those that used what it wrote. Empty for a whole file.
    pub chain: Vec<Told>,
    /// For some lines: where it all begins: what the chain was made from and no spec wrote.
    pub origins: Vec<Origin>,
}

/// Lines that follow each other and come from one commit.
#[derive(Debug, Clone, Serialize)]
pub struct Lines {
    /// The first, from 1.
    pub first: u32,
    /// The last.
    pub last: u32,
    /// What they say; left out for a whole file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub text: Vec<String>,
    /// The commit that wrote them; absent where they are not committed yet.
    pub commit: Option<Commit>,
    /// The landing they came with; absent where no spec wrote them.
    pub landing: Option<LandedWith>,
}

/// A commit that wrote lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Commit {
    /// Its object id.
    pub oid: String,
    /// Its author's name.
    pub author: String,
    /// When it was written, RFC 3339.
    pub at: String,
    /// Its message's first line.
    pub subject: String,
    /// What the file was called then, where that was another name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// The landing that lines came with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LandedWith {
    /// The spec.
    pub spec: String,
    /// The run.
    pub run: String,
    /// The landing's commit; another than the lines' where the agent made commits of its own, or where it was rewritten.
    pub commit: Option<String>,
    /// Whether the lines' commit is the landing's as a rebase left it: told by content, for a silent landing.
    pub rewritten: bool,
}

/// One landing, as it is told.
#[derive(Debug, Clone, Serialize)]
pub struct Told {
    /// The spec.
    pub spec: String,
    /// Its title; empty where its file is gone.
    pub title: String,
    /// What it asks for; empty where its file is gone.
    #[serde(rename = "type")]
    pub kind: String,
    /// The run; empty where the landing is from before runs were recorded.
    pub run: String,
    /// The landing's commit; absent where git had nothing to land.
    pub commit: Option<String>,
    /// When it landed, RFC 3339.
    pub at: String,
    /// The agent with its kind and version.
    pub agent: String,
    /// The model, where known.
    pub model: Option<String>,
    /// The prompt.
    pub prompt: Option<PromptTold>,
    /// The checks, each as `<what came of it>: <command>`.
    pub checks: Vec<String>,
    /// The red-to-green proof in one sentence, where one is attested.
    pub proof: Option<String>,
    /// What people said to it.
    pub approvals: Vec<ApprovalTold>,
    /// What it was made from.
    pub inputs: Vec<InputTold>,
    /// What it wrote, by path.
    pub outputs: Vec<String>,
    /// The specs of the chain that used what it wrote; empty for those that wrote the lines themselves.
    pub used_by: Vec<String>,
}

/// A prompt by name and content.
#[derive(Debug, Clone, Serialize)]
pub struct PromptTold {
    /// Its name.
    pub name: String,
    /// The object id of its source.
    pub oid: String,
}

/// What a person said.
#[derive(Debug, Clone, Serialize)]
pub struct ApprovalTold {
    /// The spec it was said to: the landing's own, or a gate that comes after it.
    pub spec: String,
    /// `approved`, `rejected`, `pending`, …
    pub status: String,
    /// Who.
    pub by: Option<String>,
    /// When.
    pub at: Option<String>,
}

/// An input of a landing.
#[derive(Debug, Clone, Serialize)]
pub struct InputTold {
    /// The path from the project's root, or the address.
    pub name: String,
    /// The object id of its content, where known.
    pub oid: Option<String>,
    /// The spec that wrote it, if one did.
    pub written_by: Option<String>,
    /// Whether it was changed by hand between its writing and its use.
    pub edited: bool,
}

/// Where a chain begins: an input that no spec wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// The path from the project's root, or the address.
    pub name: String,
    /// The object id of its content, where known.
    pub oid: Option<String>,
    /// Its first heading, where it is a document that has one.
    pub title: Option<String>,
    /// The specs of the chain that were made from it.
    pub used_by: Vec<String>,
}

/// Tells where lines come from. `place` is `PATH`, `PATH:LINE` or `PATH:FIRST-LAST`, from the folder `cwd`.
pub fn why(project: &Project, cwd: &Path, place: &str) -> Result<Story> {
    // A linked worktree has files and a HEAD of its own, also where its project is the main worktree's.
    let repo = Repo::discover(cwd)?;
    let place = Place::find(&repo, cwd, place)?;
    let head = repo
        .head()?
        .oid()
        .cloned()
        .ok_or_else(|| not_tracked(&place.path))?;
    let (blamed, history, links) = at_once(&repo, &place, project, &head)?;
    let blame = match blamed {
        Blamed::Lines(blame) => blame,
        Blamed::NotTracked => return Err(not_tracked(&place.path)),
        Blamed::TooShort(count) => return Err(too_short(&place.path, count)),
    };
    let commits = || blame.commits.keys();
    let mut owners = owner::owners(links.as_deref(), &history, commits());
    owner::rewritten(project, &place.path, &history, commits(), &mut owners)?;
    let mut story = Story {
        lines: line::groups(&blame, &owners, &place),
        path: place.path.to_string(),
        chain: Vec::new(),
        origins: Vec::new(),
    };
    if place.lines.is_some() {
        let begins: Vec<_> = blame
            .lines
            .iter()
            .filter_map(|line| owners.get(line.commit.as_ref()?).copied())
            .collect();
        (story.chain, story.origins) = chain::walk(project, &history, &begins)?;
    }
    Ok(story)
}

/// Blame is the longest of these, and needs nothing of the others.
fn at_once(
    repo: &Repo,
    place: &Place,
    project: &Project,
    head: &Oid,
) -> Result<(Blamed, History, Option<Vec<Link>>)> {
    std::thread::scope(|scope| {
        let blamed = scope.spawn(|| repo.blame(&place.path, place.lines));
        let history = History::load(project, head);
        let links = history
            .as_ref()
            .ok()
            .map(|history| owner::links(repo, head, history));
        let blamed = blamed
            .join()
            .map_err(|_| Error::new(Code::Internal, "reading the lines' commits was cut short"))?;
        Ok((blamed?, history?, links.transpose()?.flatten()))
    })
}

fn not_tracked(path: &chant_git::RepoPath) -> Error {
    Error::new(Code::NotTracked, format!("git does not track {path}"))
        .hint("only what was committed or added has a history: see `git status`")
}

fn too_short(path: &chant_git::RepoPath, count: u32) -> Error {
    let lines = if count == 1 { "line" } else { "lines" };
    Error::new(Code::Usage, format!("{path} has only {count} {lines}"))
        .hint(format!("the whole file: chant why {path}"))
}
