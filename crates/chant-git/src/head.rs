//! Where a work tree stands, and what names mean.

use chant_os::file::read_regular;

use crate::{BranchName, Oid, Repo, Result};

/// A ref's file is one short line.
const SMALL: u64 = 4096;

/// A million refs.
const PACKED: u64 = 128 << 20;

/// What HEAD of a work tree says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Head {
    /// A branch is checked out; this is its tip.
    Branch(BranchName, Option<Oid>),
    /// A commit is checked out, and no branch.
    Detached(Oid),
    /// A branch is checked out that has no commit yet.
    Unborn(BranchName),
}

/// What the file of HEAD holds.
enum Named {
    Commit(Oid),
    Branch(BranchName),
}

impl Head {
    /// The commit, where there is one.
    pub fn oid(&self) -> Option<&Oid> {
        match self {
            Self::Branch(_, oid) => oid.as_ref(),
            Self::Detached(oid) => Some(oid),
            Self::Unborn(_) => None,
        }
    }

    /// The branch, where there is one.
    pub fn branch(&self) -> Option<&BranchName> {
        match self {
            Self::Branch(name, _) | Self::Unborn(name) => Some(name),
            Self::Detached(_) => None,
        }
    }
}

impl Repo {
    /// What is checked out in this work tree. No process where HEAD and its branch are plain files; else one or two.
    pub fn head(&self) -> Result<Head> {
        let branch = match self.head_file() {
            Some(Named::Commit(oid)) => return Ok(Head::Detached(oid)),
            Some(Named::Branch(branch)) => Some(branch),
            None => self.symbolic_head()?,
        };
        let Some(branch) = branch else {
            let oid = self.look().args(["rev-parse", "--verify", "HEAD"]).oid()?;
            return Ok(Head::Detached(oid));
        };
        Ok(match self.branch_oid(&branch)? {
            Some(oid) => Head::Branch(branch, Some(oid)),
            None => Head::Unborn(branch),
        })
    }

    /// The commit checked out in this work tree; `None` where its branch has none. As [`Repo::head`].
    pub fn head_oid(&self) -> Result<Option<Oid>> {
        Ok(self.head()?.oid().cloned())
    }

    /// The commit or the branch that the file of HEAD names; `None` where only git can tell.
    fn head_file(&self) -> Option<Named> {
        let content = read_regular(&self.git_dir().join("HEAD"), SMALL).ok()?;
        let content = String::from_utf8_lossy(&content);
        let content = content.trim_end();
        match content.strip_prefix("ref: ") {
            // Other ways to store refs leave a name here that can be no branch's.
            Some(name) => BranchName::of_ref(name).map(Named::Branch),
            None => content.parse().ok().map(Named::Commit),
        }
    }

    /// The branch that HEAD names, whether or not it has a commit, as git says.
    fn symbolic_head(&self) -> Result<Option<BranchName>> {
        let ran = self
            .look()
            .args(["symbolic-ref", "--quiet", "HEAD"])
            .run()?;
        let found = ran.yes()?;
        let name = String::from_utf8_lossy(ran.stdout());
        Ok(if found {
            BranchName::of_ref(name.trim_end())
        } else {
            None
        })
    }

    /// A branch's tip; `None` where it does not exist. No process where it is a loose ref, else one.
    pub fn branch_oid(&self, name: &BranchName) -> Result<Option<Oid>> {
        self.ref_oid(&name.ref_name())
    }

    /// What a full ref name stands for; `None` where there is no such ref. The name has been checked. No process but where
    /// refs are kept in a way of their own.
    pub fn ref_oid(&self, name: &str) -> Result<Option<Oid>> {
        let loose = self.common_dir().join(name);
        if let Ok(content) = read_regular(&loose, SMALL) {
            // What names another ref is for git to follow.
            return match Oid::from_bytes(&content) {
                Ok(oid) => Ok(Some(oid)),
                Err(_) => self.resolve(name),
            };
        }
        // Looked for in this order, as git does: a ref is packed before its own file goes.
        let is_absent = std::fs::symlink_metadata(&loose).is_err();
        if is_absent && !self.common_dir().join("reftable").exists() {
            let packed = self.common_dir().join("packed-refs");
            return match read_regular(&packed, PACKED) {
                Ok(lines) => Ok(line_of(&lines, name)),
                Err(_) if !packed.exists() => Ok(None),
                Err(_) => self.resolve(name),
            };
        }
        self.resolve(name)
    }

    /// The object that a name means (a ref, an id, `HEAD`, `main~2`, `HEAD:file`); `None` where it means nothing. One process.
    pub fn resolve(&self, rev: &str) -> Result<Option<Oid>> {
        if rev.contains('\0') {
            return Ok(None);
        }
        let ran = self
            .look()
            .args(["rev-parse", "--verify", "--quiet", "--end-of-options", rev])
            .run()?;
        match ran.code() {
            Some(0) => Oid::from_bytes(ran.stdout()).map(Some),
            Some(1 | 128) => Ok(None),
            _ => Err(ran.failed()),
        }
    }

    /// Whether `ancestor` is `descendant` or comes before it. One process, the first time.
    pub fn is_ancestor(&self, ancestor: &Oid, descendant: &Oid) -> Result<bool> {
        if ancestor == descendant {
            return Ok(true);
        }
        let question = (ancestor.clone(), descendant.clone());
        self.memo().once(
            |known| &mut known.ancestry,
            question,
            || {
                let pair = [ancestor.as_str(), descendant.as_str()];
                self.look()
                    .args(["merge-base", "--is-ancestor"])
                    .args(pair)
                    .run()?
                    .yes()
            },
        )
    }

    /// Whether every object that `tip` consists of is here, given that all of `known` is: what git finds out of a push before a
    /// branch moves. One process.
    pub fn is_whole(&self, tip: &Oid, known: &Oid) -> Result<bool> {
        let flags = ["rev-list", "--objects", "--quiet"];
        let range = [tip.as_str(), "--not", known.as_str()];
        let ran = self.look().args(flags).args(range).run()?;
        Ok(ran.code() == Some(0))
    }

    /// The tree of a commit; of a tree, itself. No process of its own.
    pub fn tree_of(&self, commit: &Oid) -> Result<Oid> {
        self.memo().once(
            |known| &mut known.trees,
            commit.clone(),
            || {
                let name = format!("{commit}^{{tree}}");
                match self.id_of(&name)? {
                    Some(tree) => Ok(tree),
                    // So that git itself says what is wrong.
                    None => self.look().args(["rev-parse", "--verify", &name]).oid(),
                }
            },
        )
    }

    /// A commit's first parent; `None` for a first commit. No process of its own.
    pub fn parent_of(&self, commit: &Oid) -> Result<Option<Oid>> {
        self.memo().once(
            |known| &mut known.parents,
            commit.clone(),
            || self.id_of(&format!("{commit}^1")),
        )
    }
}

/// What a line of `packed-refs` says of a ref.
fn line_of(packed: &[u8], name: &str) -> Option<Oid> {
    let mut lines = packed.split(|byte| *byte == b'\n');
    let line = lines.find(|line| {
        line.strip_suffix(name.as_bytes())
            .is_some_and(|head| head.ends_with(b" ") && !head.starts_with(b"#"))
    })?;
    Oid::from_bytes(&line[..line.len() - name.len() - 1]).ok()
}
