//! Carrying a plan out: first the paths git's merge would stumble over, then that merge.

use std::{thread, time::Duration};

use chant_os::{crash, file};

use super::{
    Brought,
    plan::{Entry, Plan},
};
use crate::{
    GitError, Oid, Repo, Result,
    call::{Call, Ran},
    path::on_disk,
    tree::{index_info, lock_of},
};

/// How long another git may hold the index: an editor that refreshes its view needs a moment, a person much longer.
const PATIENCE: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(50);

/// One process where git's merge suffices; up to five.
pub(super) fn apply(repo: &Repo, plan: &Plan, (old, new): (&Oid, &Oid)) -> Result<Brought> {
    let settled: Vec<&Entry> = plan.adopt.iter().chain(&plan.replace).collect();
    if !settled.is_empty() {
        settle(repo, &settled, old)?;
        crash::point("bring-along:settled");
    }
    if !plan.replace.is_empty() {
        replace(repo, &plan.replace)?;
        crash::point("bring-along:replaced");
    }
    for path in &plan.clear {
        file::remove_file(&on_disk(repo.root(), path))?;
    }
    let brought = if plan.merge {
        merge(repo, old, new)?
    } else {
        Brought::Done
    };
    if !plan.adopt.is_empty() {
        refresh(repo)?;
    }
    crash::point("bring-along:merged");
    Ok(brought)
}

/// Tells the index what these paths are now.
fn settle(repo: &Repo, entries: &[&Entry], old: &Oid) -> Result<()> {
    let mut lines = Vec::new();
    for (path, entry) in entries {
        let entry = entry.as_ref().map(|(mode, oid)| (mode.as_str(), oid));
        lines.extend(index_info(path, entry, old.as_str().len()));
    }
    let update = || repo.change().args(["update-index", "-z", "--index-info"]);
    succeeded(&patiently(repo, || update().stdin(lines.clone()))?)
}

/// Writes these files as the index has them.
fn replace(repo: &Repo, entries: &[Entry]) -> Result<()> {
    let name = |entry: &Entry| [entry.0.as_slice(), b"\0"].concat();
    let paths: Vec<u8> = entries.iter().flat_map(name).collect();
    let flags = ["--force", "--index", "-z", "--stdin"];
    let checkout = || repo.change().arg("checkout-index").args(flags);
    succeeded(&patiently(repo, || checkout().stdin(paths.clone()))?)
}

/// Git's two-tree merge. What it refuses, it refuses before it touches anything.
fn merge(repo: &Repo, old: &Oid, new: &Oid) -> Result<Brought> {
    let flags = ["-m", "-u", "--no-recurse-submodules"];
    let trees = [old.as_str(), new.as_str()];
    let read_tree = || repo.change().arg("read-tree").args(flags).args(trees);
    let mut ran = patiently(repo, read_tree)?;
    if ran.code() != Some(0) && ran.stderr().contains("not uptodate") {
        // It goes by time stamps; a file that was written again with the same content has a new one.
        refresh(repo)?;
        ran = patiently(repo, read_tree)?;
    }
    if ran.code() == Some(0) {
        return Ok(Brought::Done);
    }
    // The user was quicker than we were, between the look and this.
    let files = refused_files(&ran.stderr());
    if files.is_empty() {
        Err(ran.failed())
    } else {
        Ok(Brought::InTheWay { files })
    }
}

/// Brings the index's time stamps up to date. That some files differ is none of its business.
fn refresh(repo: &Repo) -> Result<()> {
    let update = || repo.change().args(["update-index", "-q", "--refresh"]);
    patiently(repo, update).map(drop)
}

/// Runs a command that needs the index's lock, again and again while another git holds it.
fn patiently(repo: &Repo, call: impl Fn() -> Call) -> Result<Ran> {
    let mut waited = Duration::ZERO;
    loop {
        let ran = call().run()?;
        if ran.code() == Some(0) || !ran.stderr().contains("index.lock': File exists") {
            return Ok(ran);
        }
        if waited >= PATIENCE {
            let path = lock_of(&repo.git_dir().join("index"));
            return Err(GitError::IndexLocked { path });
        }
        thread::sleep(PAUSE);
        waited += PAUSE;
    }
}

fn succeeded(ran: &Ran) -> Result<()> {
    if ran.code() == Some(0) {
        Ok(())
    } else {
        Err(ran.failed())
    }
}

/// The names in `error: Entry 'x' not uptodate. …`.
fn refused_files(stderr: &str) -> Vec<String> {
    let quoted = |line: &str| {
        let message = line.strip_prefix("error: ")?;
        let (_, from_name) = message.split_once('\'')?;
        let (name, _) = from_name.rsplit_once('\'')?;
        Some(name.to_owned())
    };
    stderr.lines().filter_map(quoted).collect()
}

#[cfg(test)]
mod tests {
    use super::refused_files;

    #[test]
    fn refused_files_are_named() {
        let stderr = "error: Entry 'a b' not uptodate. Cannot merge.\n\
                      error: Untracked working tree file 'it's' would be overwritten by merge.\nfatal: x\n";
        assert_eq!(refused_files(stderr), ["a b", "it's"]);
    }
}
