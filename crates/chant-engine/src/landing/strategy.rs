//! How the commits of a run become a part of the main branch's history: `landing.strategy`.
//!
//! Everything is made in memory. Where the main branch has not moved since the run began, its commits already lie on top of
//! it and stay as they are, unless they are to become one. Deliberately not here: the landing's own commit, and what
//! chant adds to the tree.

use chant_git::{Merge, Oid, Replayed, Repo};

use crate::config::Strategy;
use crate::error::Result;

/// A run's commits.
#[derive(Debug)]
pub(super) struct Branch<'a> {
    /// The commit the run began from.
    pub(super) base: &'a Oid,
    /// Its last commit, what was left uncommitted included.
    pub(super) tip: &'a Oid,
    /// The last commit that is not chant's own: the landing takes the place of that one.
    pub(super) own: &'a Oid,
    /// The spec's file. What the sides make of it contradicts nothing, because the landing writes it anew.
    pub(super) spec_path: &'a str,
}

/// Where a landing goes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Onto<'a> {
    /// On this commit, which others made: the main branch's tip.
    Main(&'a Oid),
    /// On this commit, which was just made for a landing in front of it. No run can have begun from it.
    Planned(&'a Oid),
}

impl<'a> Onto<'a> {
    /// The commit.
    pub(crate) fn oid(self) -> &'a Oid {
        match self {
            Self::Main(oid) | Self::Planned(oid) => oid,
        }
    }
}

/// A run's commits on the main branch, still without the landing's own.
#[derive(Debug)]
pub(super) struct Line {
    /// What the landing's commit goes on from.
    pub(super) parents: Vec<Oid>,
    /// The agent's commits as they land, oldest first.
    pub(super) commits: Vec<Oid>,
    /// The result, with what the main branch has.
    pub(super) tree: Oid,
    /// Why it is not as the settings ask.
    pub(super) remark: Option<String>,
}

impl Line {
    fn one(onto: &Oid, tree: Oid) -> Self {
        Self {
            parents: vec![onto.clone()],
            commits: Vec::new(),
            tree,
            remark: None,
        }
    }
}

/// What bringing a run and the main branch together gives.
#[derive(Debug)]
pub(super) enum Joined {
    Clean(Line),
    /// Both changed these files.
    Conflict(Vec<String>),
}

/// Brings a run's commits and the main branch together. A person may have done that before, with git's own commands.
pub(super) fn join(
    repo: &Repo,
    strategy: Strategy,
    branch: &Branch<'_>,
    onto: Onto<'_>,
) -> Result<Joined> {
    let joined = join_commits(repo, strategy, branch, onto)?;
    let at = onto.oid();
    if matches!(joined, Joined::Conflict(_)) && repo.is_ancestor(branch.tip, at)? {
        return Ok(Joined::Clean(Line::one(at, repo.tree_of(at)?)));
    }
    Ok(joined)
}

fn join_commits(
    repo: &Repo,
    strategy: Strategy,
    branch: &Branch<'_>,
    onto: Onto<'_>,
) -> Result<Joined> {
    let at = onto.oid();
    if strategy != Strategy::Merge
        && repo.can_replay()?
        && let Some(commits) = repo.line(branch.base, branch.own)?
    {
        return join_line(repo, strategy, branch, at, commits);
    }
    let mut log = repo.log(at, branch.own)?;
    // Where the run began was taken off the main branch: what was taken off does not come back with the result.
    let was_taken_off = log.iter().any(|commit| commit.oid == *branch.base);
    if was_taken_off {
        log = repo.log(branch.base, branch.own)?;
    }
    let goes_on = match onto {
        Onto::Main(_) if was_taken_off => false,
        Onto::Main(main) => main == branch.base || repo.is_ancestor(main, branch.tip)?,
        Onto::Planned(_) => false,
    };
    if strategy == Strategy::Squash {
        return squashed(repo, branch, at, goes_on, was_taken_off);
    }
    let is_line = log.iter().all(|commit| commit.parents.len() == 1);
    let commits: Vec<Oid> = log.into_iter().rev().map(|commit| commit.oid).collect();
    if goes_on {
        // An agent's own merges stay where nothing else has happened; a line that others look at stays a line.
        let as_it_is = strategy == Strategy::Merge || at == branch.base || is_line;
        if as_it_is
            && (commits.is_empty() || at == branch.base || repo.is_ancestor(at, branch.own)?)
        {
            return Ok(Joined::Clean(Line {
                parents: vec![commits.last().unwrap_or(at).clone()],
                commits,
                tree: repo.tree_of(branch.tip)?,
                remark: None,
            }));
        }
    }
    if strategy == Strategy::Merge && !was_taken_off {
        return Ok(with(squashed(repo, branch, at, goes_on, false)?, |line| {
            if !commits.is_empty() {
                line.parents.push(branch.own.clone());
            }
            line.commits = commits;
        }));
    }
    match rebased(repo, branch, at, &commits, is_line)? {
        Ok(line) => Ok(Joined::Clean(line)),
        Err(because) => Ok(with(
            squashed(repo, branch, at, goes_on, was_taken_off)?,
            |line| {
                line.remark = because.map(|because| format!("it lands as one commit: {because}"));
            },
        )),
    }
}

/// The usual case: the run's own commits are one line from where it began. What the main branch has become since does not
/// matter to what they change, so nothing has to be asked of its history.
fn join_line(
    repo: &Repo,
    strategy: Strategy,
    branch: &Branch<'_>,
    onto: &Oid,
    mut commits: Vec<Oid>,
) -> Result<Joined> {
    let last_on_main = commits.iter().position(|commit| commit == onto);
    if onto == branch.base || last_on_main.is_some() {
        let tree = repo.tree_of(branch.tip)?;
        if strategy == Strategy::Squash {
            return Ok(Joined::Clean(Line::one(onto, tree)));
        }
        commits.drain(..last_on_main.map_or(0, |at| at + 1));
        return Ok(Joined::Clean(Line {
            parents: vec![commits.last().unwrap_or(onto).clone()],
            commits,
            tree,
            remark: None,
        }));
    }
    let mut remark = None;
    if strategy == Strategy::Rebase {
        match rebased(repo, branch, onto, &commits, true)? {
            Ok(line) => return Ok(Joined::Clean(line)),
            Err(because) => remark = because,
        }
    }
    let merged = repo.merge_since(branch.base, onto, branch.tip)?;
    Ok(with(whole(branch, onto, merged), |line| {
        line.remark = remark.map(|because| format!("it lands as one commit: {because}"));
    }))
}

/// The commits made again; else why they cannot be, where there are any.
fn rebased(
    repo: &Repo,
    branch: &Branch<'_>,
    onto: &Oid,
    commits: &[Oid],
    is_line: bool,
) -> Result<std::result::Result<Line, Option<String>>> {
    if commits.is_empty() {
        return Ok(Err(None));
    }
    let because = if !is_line {
        "the run's history holds merges".to_owned()
    } else if !repo.can_replay()? {
        "this git is older than 2.40 and cannot make commits again in memory".to_owned()
    } else {
        match replayed(repo, branch, onto, commits)? {
            Ok(line) => return Ok(Ok(line)),
            Err(commit) => format!(
                "the run's commit {} alone contradicts the main branch, the whole does not",
                commit.short()
            ),
        }
    };
    Ok(Err(Some(because)))
}

/// The commits made again one by one, and then what was left uncommitted; or the one that cannot be.
fn replayed(
    repo: &Repo,
    branch: &Branch<'_>,
    onto: &Oid,
    commits: &[Oid],
) -> Result<std::result::Result<Line, Oid>> {
    let made = match repo.replay(commits, onto)? {
        Replayed::Done(made) => made,
        Replayed::Conflict { commit } => return Ok(Err(commit)),
    };
    let last = made.last().unwrap_or(onto).clone();
    let tree = if branch.tip == branch.own {
        repo.tree_of(&last)?
    } else {
        match repo.merge_since(branch.own, &last, branch.tip)? {
            Merge::Clean(tree) => tree,
            Merge::Conflict { .. } => return Ok(Err(branch.tip.clone())),
        }
    };
    Ok(Ok(Line {
        parents: vec![last],
        commits: made,
        tree,
        remark: None,
    }))
}

fn squashed(
    repo: &Repo,
    branch: &Branch<'_>,
    onto: &Oid,
    goes_on: bool,
    was_taken_off: bool,
) -> Result<Joined> {
    if goes_on {
        return Ok(Joined::Clean(Line::one(onto, repo.tree_of(branch.tip)?)));
    }
    let merge = if was_taken_off && repo.can_replay()? {
        repo.merge_since(branch.base, onto, branch.tip)?
    } else {
        repo.merge(onto, branch.tip)?
    };
    Ok(whole(branch, onto, merge))
}

/// A run merged as a whole, as one commit.
fn whole(branch: &Branch<'_>, onto: &Oid, merge: Merge) -> Joined {
    match merge {
        Merge::Clean(tree) => Joined::Clean(Line::one(onto, tree)),
        Merge::Conflict { files, tree } => {
            if files.iter().all(|file| file == branch.spec_path) {
                Joined::Clean(Line::one(onto, tree))
            } else {
                Joined::Conflict(files)
            }
        }
    }
}

fn with(joined: Joined, change: impl FnOnce(&mut Line)) -> Joined {
    match joined {
        Joined::Clean(mut line) => {
            change(&mut line);
            Joined::Clean(line)
        }
        conflict @ Joined::Conflict(_) => conflict,
    }
}
