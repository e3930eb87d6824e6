//! What has to be done at each changed path, decided before anything is touched.
//!
//! For every path there are up to four versions: in `old`, in `new`, in the index, and on disk. The user has changed
//! nothing there if the index has `old` and the disk has what the index has; then git's two-tree merge does the rest.

use std::collections::{HashMap, HashSet};

use super::survey::{Disk, Indexed, Survey};
use crate::{
    Oid, Repo, RepoPath, Result,
    diff::RawChange,
    path::{RawPath, text},
};

/// So many files of one folder are named as standing in the way, not more.
const NAMED: usize = 10;

/// What a path's entry in the index is to become; `None` is no entry.
pub(super) type Entry = (RawPath, Option<(String, Oid)>);

/// What is to be done. Empty if nothing is.
#[derive(Default)]
pub(super) struct Plan {
    /// Files of the user's that stand in the way. If there are any, nothing is done.
    pub(super) in_the_way: Vec<String>,
    /// The disk is as it shall be; only the index has to learn of it.
    pub(super) adopt: Vec<Entry>,
    /// The file may be replaced, whatever git would say.
    pub(super) replace: Vec<Entry>,
    /// The file is what a killed attempt left, or what `old` has; it goes, and git's merge writes it again.
    pub(super) clear: Vec<RawPath>,
    /// Git's own merge has something to do.
    pub(super) merge: bool,
}

/// What is to be done at one path.
enum Verdict {
    /// Nothing: it is done, or the user has gone on from there.
    Leave,
    /// Git's merge will do it.
    Merge,
    /// The index takes over what the disk has.
    Adopt,
    /// The file is replaced.
    Replace,
    /// The file goes, and git's merge writes it again.
    Clear,
    /// These are in the way.
    Blocked(Vec<RawPath>),
    /// It depends on what the file holds.
    Ask(Index),
}

/// What the index has where a file's content matters.
#[derive(Clone, Copy)]
enum Index {
    /// What `old` has, or like it nothing.
    Waiting,
    /// What `new` has.
    Arrived,
    /// What `old` has, and git does not look whether the file has it too.
    Unseen,
}

impl Plan {
    /// Two processes; up to five where a file's content matters.
    pub(super) fn make(
        repo: &Repo,
        (old, new): (&Oid, &Oid),
        may_replace: &[(RepoPath, Oid)],
        resumed: bool,
    ) -> Result<Self> {
        let changes = repo.raw_diff(old, new)?;
        if changes.is_empty() {
            return Ok(Self::default());
        }
        let survey = Survey::make(repo, &changes)?;
        let gone = changes.iter().filter(|change| change.new.is_none());
        let known = may_replace.iter();
        let judge = Judge {
            leaving: gone.map(|change| change.path.as_slice()).collect(),
            may_replace: known
                .map(|(path, oid)| (path.as_str().as_bytes(), oid))
                .collect(),
            survey: &survey,
            new,
            resumed,
        };
        let mut plan = Self::default();
        let mut open = Vec::new();
        for change in &changes {
            match judge.judge(change) {
                Verdict::Ask(index) => open.push((change, index)),
                verdict => plan.add(change, verdict),
            }
        }
        let paths: Vec<&[u8]> = open
            .iter()
            .map(|(change, _)| change.path.as_slice())
            .collect();
        let contents = survey.contents(&paths)?;
        for (change, index) in open {
            let content = contents.get(&change.path);
            let verdict = match index {
                Index::Waiting => judge.answer_waiting(change, content)?,
                Index::Arrived => judge.answer_arrived(change, content)?,
                Index::Unseen => judge.answer_unseen(change, content),
            };
            plan.add(change, verdict);
        }
        plan.in_the_way.sort();
        plan.in_the_way.dedup();
        Ok(plan)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.adopt.is_empty() && self.replace.is_empty() && !self.merge
    }

    fn add(&mut self, change: &RawChange, verdict: Verdict) {
        let entry = || (change.path.clone(), change.new.clone());
        match verdict {
            Verdict::Leave => {}
            Verdict::Merge => self.merge = true,
            Verdict::Adopt => self.adopt.push(entry()),
            Verdict::Replace => self.replace.push(entry()),
            Verdict::Clear => {
                self.clear.push(change.path.clone());
                self.merge = true;
            }
            Verdict::Blocked(paths) => {
                self.in_the_way.extend(paths.iter().map(|path| text(path)));
            }
            Verdict::Ask(_) => unreachable!("a question is answered before it is added"),
        }
    }
}

struct Judge<'a> {
    survey: &'a Survey<'a>,
    new: &'a Oid,
    /// Paths that `new` does not have any more.
    leaving: HashSet<&'a [u8]>,
    may_replace: HashMap<&'a [u8], &'a Oid>,
    /// An earlier attempt was cut short.
    resumed: bool,
}

impl Judge<'_> {
    fn judge(&self, change: &RawChange) -> Verdict {
        let Some(indexed) = self.survey.indexed(&change.path) else {
            return self.judge_unknown(change);
        };
        let Some(entry) = &indexed.entry else {
            return blocked(change);
        };
        if Some(entry) == change.new.as_ref() {
            self.judge_arrived(change, indexed)
        } else if Some(entry) == change.old.as_ref() {
            self.judge_waiting(change, indexed)
        } else if self.is_staged_replaceable(change, indexed, &entry.1) {
            Verdict::Replace
        } else {
            blocked(change)
        }
    }

    /// The user has staged what may be replaced, and nothing else is on disk.
    fn is_staged_replaceable(&self, change: &RawChange, indexed: &Indexed, staged: &Oid) -> bool {
        let known = self.may_replace.get(change.path.as_slice());
        change.new.is_some() && !indexed.changed && known.is_some_and(|known| *known == staged)
    }

    /// The index has no such path.
    fn judge_unknown(&self, change: &RawChange) -> Verdict {
        match (&change.old, &change.new) {
            (_, None) => Verdict::Leave,
            // The user has staged its deletion, and it has been changed.
            (Some(_), Some(_)) => blocked(change),
            (None, Some((mode, _))) => self.judge_added(change, is_submodule(mode)),
        }
    }

    fn judge_added(&self, change: &RawChange, submodule: bool) -> Verdict {
        let leaving = |path: &[u8]| self.leaves(path);
        if let Some(parent) = self.survey.blocked_parent(&change.path, leaving) {
            return Verdict::Blocked(vec![parent]);
        }
        match self.survey.disk(&change.path) {
            Disk::Nothing => Verdict::Merge,
            Disk::Folder if submodule => Verdict::Merge,
            Disk::Folder => {
                let mut staying = self.survey.staying_in(&change.path, leaving);
                staying.truncate(NAMED);
                if staying.is_empty() {
                    Verdict::Merge
                } else {
                    Verdict::Blocked(staying)
                }
            }
            Disk::File { .. } | Disk::Link if !submodule => Verdict::Ask(Index::Waiting),
            _ => blocked(change),
        }
    }

    /// The index has what it shall have. What the user has done to the file since is the user's.
    fn judge_arrived(&self, change: &RawChange, indexed: &Indexed) -> Verdict {
        if !indexed.changed || indexed.sparse || has_submodule(change) {
            return Verdict::Leave;
        }
        match self.survey.disk(&change.path) {
            Disk::Nothing if self.resumed => Verdict::Replace,
            Disk::File { .. } => Verdict::Ask(Index::Arrived),
            _ => Verdict::Leave,
        }
    }

    /// The index has what it had before.
    fn judge_waiting(&self, change: &RawChange, indexed: &Indexed) -> Verdict {
        let disk = self.survey.disk(&change.path);
        if indexed.unseen && matches!(disk, Disk::File { .. } | Disk::Link) {
            return Verdict::Ask(Index::Unseen);
        }
        if !indexed.changed || indexed.sparse || has_submodule(change) {
            return Verdict::Merge;
        }
        match (disk, &change.new) {
            // Git, too, takes a missing file for an unchanged one: nothing is lost by writing it.
            (Disk::Nothing, _) => Verdict::Merge,
            // A folder stands there already, as in `new` or made by the user; the file is gone either way.
            (Disk::Folder, None) => Verdict::Adopt,
            (Disk::File { .. } | Disk::Link, Some(_)) => Verdict::Ask(Index::Waiting),
            _ => blocked(change),
        }
    }

    /// The file differs from the index, which has what it had before.
    fn answer_waiting(&self, change: &RawChange, content: Option<&Oid>) -> Result<Verdict> {
        Ok(if self.is_unfinished(change)? {
            Verdict::Clear
        } else if self.is(change.new.as_ref(), change, content) {
            Verdict::Adopt
        } else if self.is(change.old.as_ref(), change, content) || self.is_known(change, content) {
            // The same text with other line ends is no change of the user's either.
            Verdict::Replace
        } else {
            blocked(change)
        })
    }

    /// Git takes the file for unchanged because the user said so. It may be overwritten where that is true.
    fn answer_unseen(&self, change: &RawChange, content: Option<&Oid>) -> Verdict {
        if self.is(change.old.as_ref(), change, content) {
            // Git's merge would stumble over a new time stamp, which no refresh mends here.
            Verdict::Clear
        } else {
            blocked(change)
        }
    }

    /// The file differs from the index, which has what it shall have: by the user's hand, or by a killed attempt's.
    fn answer_arrived(&self, change: &RawChange, content: Option<&Oid>) -> Result<Verdict> {
        let is_ours = self.resumed && self.is_known(change, content);
        if is_ours || self.is_unfinished(change)? {
            Ok(Verdict::Replace)
        } else {
            Ok(Verdict::Leave)
        }
    }

    /// Whether a killed attempt has left the file like this.
    fn is_unfinished(&self, change: &RawChange) -> Result<bool> {
        let is_file = matches!(self.survey.disk(&change.path), Disk::File { .. });
        Ok(self.resumed && is_file && self.survey.is_beginning(&change.path, self.new)?)
    }

    /// Whether the file's content is known to be safe elsewhere.
    fn is_known(&self, change: &RawChange, content: Option<&Oid>) -> bool {
        let known = self.may_replace.get(change.path.as_slice()).copied();
        content.is_some() && content == known
    }

    /// Whether the disk has exactly this, executable bit included.
    fn is(
        &self,
        wanted: Option<&(String, Oid)>,
        change: &RawChange,
        content: Option<&Oid>,
    ) -> bool {
        let mode = match self.survey.disk(&change.path) {
            Disk::File { executable: true } => "100755",
            Disk::File { executable: false } => "100644",
            Disk::Link => "120000",
            _ => return false,
        };
        wanted.is_some_and(|wanted| wanted.0 == mode && content == Some(&wanted.1))
    }

    /// Whether a path is about to go, and is not the user's own.
    fn leaves(&self, path: &[u8]) -> bool {
        self.leaving.contains(path) && self.survey.indexed(path).is_some()
    }
}

fn blocked(change: &RawChange) -> Verdict {
    Verdict::Blocked(vec![change.path.clone()])
}

fn is_submodule(mode: &str) -> bool {
    mode == "160000"
}

fn has_submodule(change: &RawChange) -> bool {
    let sides = [&change.old, &change.new];
    sides
        .into_iter()
        .flatten()
        .any(|(mode, _)| is_submodule(mode))
}
