//! Carrying a plan out: first the paths git's merge would stumble over, then that merge.

use chant_os::{crash, file};

use super::{
    Brought,
    held::Held,
    plan::{Entry, Plan},
};
use crate::{Oid, Repo, Result, call::Ran, path::on_disk, tree::index_info};

/// One process where git's merge suffices; up to five.
pub(super) fn apply(repo: &Repo, plan: &Plan, trees: (&Oid, &Oid)) -> Result<Brought> {
    let held = Held::take(repo)?;
    let brought = carry_out(repo, &held, plan, trees);
    // Also where git refused: what it did before that is done.
    held.put_back()?;
    brought
}

fn carry_out(
    repo: &Repo,
    held: &Held<'_>,
    plan: &Plan,
    (old, new): (&Oid, &Oid),
) -> Result<Brought> {
    let settled: Vec<&Entry> = plan.adopt.iter().chain(&plan.replace).collect();
    if !settled.is_empty() {
        settle(held, &settled, old)?;
        crash::point("bring-along:settled");
    }
    if !plan.replace.is_empty() {
        replace(held, &plan.replace)?;
        crash::point("bring-along:replaced");
    }
    for path in &plan.clear {
        file::remove_file(&on_disk(repo.root(), path))?;
    }
    let brought = if plan.merge {
        merge(held, old, new)?
    } else {
        Brought::Done
    };
    if !plan.adopt.is_empty() {
        refresh(held)?;
    }
    crash::point("bring-along:merged");
    Ok(brought)
}

/// Tells the index what these paths are now.
fn settle(held: &Held<'_>, entries: &[&Entry], old: &Oid) -> Result<()> {
    let mut lines = Vec::new();
    for (path, entry) in entries {
        let entry = entry.as_ref().map(|(mode, oid)| (mode.as_str(), oid));
        lines.extend(index_info(path, entry, old.as_str().len()));
    }
    let update = held.call().args(["update-index", "-z", "--index-info"]);
    succeeded(&update.stdin(lines).run()?)
}

/// Writes these files as the index has them.
fn replace(held: &Held<'_>, entries: &[Entry]) -> Result<()> {
    let name = |entry: &Entry| [entry.0.as_slice(), b"\0"].concat();
    let paths: Vec<u8> = entries.iter().flat_map(name).collect();
    let flags = ["--force", "--index", "-z", "--stdin"];
    let checkout = held.call().arg("checkout-index").args(flags);
    succeeded(&checkout.stdin(paths).run()?)
}

/// Git's two-tree merge. What it refuses, it refuses before it touches anything.
fn merge(held: &Held<'_>, old: &Oid, new: &Oid) -> Result<Brought> {
    let flags = ["-m", "-u", "--no-recurse-submodules"];
    let trees = [old.as_str(), new.as_str()];
    let read_tree = || held.call().arg("read-tree").args(flags).args(trees).run();
    let mut ran = read_tree()?;
    if ran.code() != Some(0) && ran.stderr().contains("not uptodate") {
        // It goes by time stamps; a file that was written again with the same content has a new one.
        refresh(held)?;
        ran = read_tree()?;
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
fn refresh(held: &Held<'_>) -> Result<()> {
    let update = held.call().args(["update-index", "-q", "--refresh"]);
    update.run().map(drop)
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
