//! A work tree that is brought to exactly one commit, again and again: for checks it keeps what git ignores, for another run
//! it keeps nothing.
//!
//! What a check did to it (files, index, HEAD, settings of its own) is not believed: the index that counts is the one
//! chant put aside when it last brought the work tree somewhere. A file whose content stays the same is not written, so
//! its times stay the same and build tools do not build again.

use std::{
    ffi::OsStr,
    fs::File,
    io::Read,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use chant_os::file;

use crate::{
    Oid, Repo, Result,
    call::{Call, records},
    path::text,
};

/// The index as chant left it, beside git's own: what is compared with, whatever a check did to the other.
const OWN_INDEX: &str = "chant-index";

/// What git keeps for a work tree that nothing unusual was done to, and what is removed before each use.
const USUAL: [&str; 11] = [
    "HEAD",
    "ORIG_HEAD",
    "FETCH_HEAD",
    "COMMIT_EDITMSG",
    "commondir",
    "gitdir",
    "index",
    "logs",
    "modules",
    "refs",
    OWN_INDEX,
];

/// What the use before has left in the git directory of a work tree, beside where it is.
const NOTES: [&str; 3] = ["ORIG_HEAD", "FETCH_HEAD", "COMMIT_EDITMSG"];
const TRACES: [&str; 3] = ["logs", "refs", "modules"];

/// How an index begins: a name, its version, and how many entries it has.
const INDEX_BEGIN: usize = 12;

/// Settings of one work tree's own. Git may copy the user's into a new one.
const SETTINGS: [&str; 2] = ["config.worktree", "info"];

impl Repo {
    /// Whether `folder` is a work tree of this repository that [`Repo::bring_to`] has brought somewhere before and can again.
    /// Starts no process.
    pub fn is_reusable(&self, folder: &Path) -> bool {
        let there = self.at(folder);
        let entries = self.common_dir().join("worktrees");
        let Ok(entries) = entries.canonicalize() else {
            return false;
        };
        // A link or folder in place of `.git` would lead git elsewhere.
        let is_file = |path: PathBuf| path.symlink_metadata().is_ok_and(|found| found.is_file());
        let dir = there.git_dir();
        let knows_it = file::read_regular(&dir.join("gitdir"), 4096).is_ok_and(|named| {
            let named = dir.join(OsStr::from_bytes(named.trim_ascii()));
            let own = folder.join(".git").canonicalize();
            matches!((named.canonicalize(), own), (Ok(named), Ok(own)) if named == own)
        });
        let usual = || {
            std::fs::read_dir(dir).is_ok_and(|found| {
                found.flatten().all(|entry| {
                    let name = entry.file_name();
                    USUAL.iter().chain(&SETTINGS).any(|usual| name == *usual)
                })
            })
        };
        is_file(folder.join(".git"))
            && dir.parent() == Some(&entries)
            && is_file(dir.join(OWN_INDEX))
            && knows_it
            && usual()
    }

    /// Adds a work tree at a commit, on no branch, that [`Repo::bring_to`] can bring elsewhere later. All of the commit's
    /// files are in it, whatever a sparse checkout of the user's leaves out. Takes the place of a work tree whose folder
    /// is gone. One process, and what git starts itself.
    pub fn add_bench(&self, folder: &Path, commit: &Oid) -> Result<()> {
        for_checks(self.change())
            .args(["worktree", "add", "--quiet", "--force", "--force"])
            .args(["--detach", "--"])
            .arg(folder)
            .arg(commit.as_str())
            .stdout()?;
        let there = self.at(folder);
        there.forget_settings()?;
        there.put_index_aside()
    }

    /// Brings this work tree, which has to be reusable, to exactly the files of `commit`, on no branch; what git ignores stays.
    /// Two processes.
    pub fn bring_to(&self, commit: &Oid) -> Result<()> {
        self.switch_to(commit)?;
        // Twice forced: repositories inside it go as well.
        for_checks(self.change())
            .args(["clean", "--quiet", "-d", "--force", "--force"])
            .stdout()?;
        self.put_index_aside()
    }

    /// Brings this work tree, which has to be reusable, to exactly the files of `commit`, on no branch, as git would make it
    /// anew: neither what git ignores nor what was noted of it stays. Two processes, with submodules three.
    pub fn bring_afresh(&self, commit: &Oid) -> Result<()> {
        self.switch_to(commit)?;
        self.clean_below(".")?;
        self.empty_submodules()?;
        for note in NOTES {
            file::remove_file(&self.git_dir().join(note))?;
        }
        for trace in TRACES {
            file::remove_tree(&self.git_dir().join(trace))?;
        }
        self.put_index_aside()
    }

    fn switch_to(&self, commit: &Oid) -> Result<()> {
        self.forget_settings()?;
        let own = self.git_dir().join(OWN_INDEX);
        file::rename(&own, &self.git_dir().join("index"))?;
        for_checks(self.change())
            .args(["checkout", "--quiet", "--force", "--detach"])
            .arg(commit.as_str())
            .stdout()
            .map(drop)
    }

    /// Makes a work tree that git has just made reusable, if it has at least so many files. One with settings of its own, as
    /// for a part of the files, is not. Starts no process.
    pub fn allow_reuse(&self, files: usize) -> Result<()> {
        let has_settings = SETTINGS
            .iter()
            .any(|name| self.git_dir().join(name).exists());
        if has_settings || self.files_in_index().is_none_or(|found| found < files) {
            return Ok(());
        }
        self.put_index_aside()
    }

    /// Whether git gives a new work tree all files, and no settings that this one has for itself. Starts no process.
    pub fn adds_plain_worktrees(&self) -> bool {
        let own = self.git_dir();
        let partly = own.join(SETTINGS[1]).join("sparse-checkout");
        !partly.exists() && !own.join(SETTINGS[0]).exists()
    }

    fn files_in_index(&self) -> Option<usize> {
        let mut begin = [0; INDEX_BEGIN];
        let mut index = File::open(self.git_dir().join("index")).ok()?;
        index.read_exact(&mut begin).ok()?;
        let count = begin.last_chunk::<4>()?;
        usize::try_from(u32::from_be_bytes(*count)).ok()
    }

    /// Removes everything below a folder that is in no commit, ignored or not. One process.
    pub fn clean_below(&self, folder: &str) -> Result<()> {
        for_checks(self.change())
            .args(["clean", "--quiet", "-d", "-x", "--force", "--force", "--"])
            .arg(folder)
            .stdout()
            .map(drop)
    }

    /// Empties the folders of submodules, as they are where git has just checked them out. One process; none where there never
    /// were submodules.
    pub fn empty_submodules(&self) -> Result<()> {
        let used = self.git_dir().join("modules").exists();
        if !used && !self.root().join(".gitmodules").exists() {
            return Ok(());
        }
        let listed = self.look().args(["ls-files", "-s", "-z"]).stdout()?;
        for entry in records(&listed).filter(|entry| entry.starts_with(b"160000 ")) {
            let path = entry.splitn(2, |byte| *byte == b'\t').nth(1);
            let folder = self.root().join(text(path.unwrap_or_default()));
            if std::fs::read_dir(&folder).is_ok_and(|mut found| found.next().is_some()) {
                file::remove_tree(&folder)?;
                file::create_dir_all(&folder)?;
            }
        }
        Ok(())
    }

    /// Which files of `commit`, where this work tree was brought last, are not as they are there, or are gone. What is in no
    /// commit does not count. One process.
    pub fn changed_files(&self, commit: &Oid) -> Result<Vec<String>> {
        let flags = [
            "diff",
            "--name-only",
            "--no-renames",
            "--no-ext-diff",
            "--no-textconv",
            "--no-relative",
            "--ignore-submodules=dirty",
            "-z",
        ];
        let listed = for_checks(self.look())
            .setting("diff.autoRefreshIndex=true")
            .index(&self.git_dir().join(OWN_INDEX))
            .args(flags)
            .args([commit.as_str(), "--"])
            .stdout()?;
        Ok(records(&listed).map(text).collect())
    }

    fn forget_settings(&self) -> Result<()> {
        file::remove_file(&self.git_dir().join(SETTINGS[0]))?;
        Ok(file::remove_tree(&self.git_dir().join(SETTINGS[1]))?)
    }

    /// A second name for the index as it is now. Git never writes into an index, it replaces it; so this one stays.
    fn put_index_aside(&self) -> Result<()> {
        let own = self.git_dir().join(OWN_INDEX);
        let index = self.git_dir().join("index");
        file::remove_file(&own)?;
        // Not every file system has second names.
        Ok(file::link(&index, &own).or_else(|_| file::copy(&index, &own))?)
    }
}

/// Neither the user's hooks nor what speeds up a checkout by leaving something out or by trusting what was seen before.
fn for_checks(call: Call) -> Call {
    [
        "core.hooksPath=/dev/null",
        "core.sparseCheckout=false",
        "core.fsmonitor=false",
        "core.untrackedCache=false",
        "core.splitIndex=false",
        "core.checkStat=default",
        "core.trustctime=true",
        "core.logAllRefUpdates=false",
        "submodule.recurse=false",
    ]
    .into_iter()
    .fold(call, Call::setting)
}
