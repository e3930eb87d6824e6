//! What an agent may write of its worktree where specs of its type change only their target files.
//!
//! Most programs change a file by writing another beside it, which takes its place. So what is given is the folder of
//! each target, and the folder of specs with the agent's own; that nothing else in them changed is the judge's to see. A
//! target at the top of the worktree has all of it for a folder: there the judge alone keeps the rest.
//!
//! Research builds and runs things too. The folders that the repository's `.gitignore` names are given beside these:
//! nothing in them ever lands.

use std::path::{Component, Path, PathBuf};

use super::small_file;
use crate::error::Result;

/// The folders that are given, made where they are missing. `spec` and `targets` are paths from the worktree's top.
pub(crate) fn writable(worktree: &Path, spec: &str, targets: &[String]) -> Result<Vec<PathBuf>> {
    let folders: Option<Vec<PathBuf>> = targets.iter().map(|target| folder_of(target)).collect();
    let (Some(folders), Some(spec)) = (folders, folder_of(spec)) else {
        return Ok(vec![worktree.to_owned()]);
    };
    if folders.is_empty() {
        return Ok(vec![worktree.to_owned()]);
    }
    let mut given = Vec::new();
    let ignored = ignored(worktree);
    for folder in folders.into_iter().chain([spec]).chain(ignored) {
        let path = worktree.join(folder);
        if leads_out(worktree, &path) {
            continue;
        }
        chant_os::file::create_dir_all(&path)?;
        given.push(path);
    }
    Ok(given)
}

/// The folders that the `.gitignore` at the top names, as far as that is plain: `/target`, `node_modules/`, `.venv/`.
fn ignored(worktree: &Path) -> Vec<PathBuf> {
    let text = small_file(&worktree.join(".gitignore")).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().map(str::trim_end);
    let folder = |line: &str| {
        let line = line.strip_prefix('/').unwrap_or(line);
        let (name, is_folder) = match line.strip_suffix('/') {
            Some(name) => (name, true),
            None => (line, false),
        };
        let is_plain = |letter: char| letter.is_alphanumeric() || "-_".contains(letter);
        // Without a slash behind it a name with a dot is more likely that of a file.
        let letters = name.strip_prefix('.').filter(|_| is_folder).unwrap_or(name);
        let is_name = !letters.is_empty() && letters.chars().all(is_plain);
        (is_name && name != ".git").then(|| PathBuf::from(name))
    };
    let is_there = |path: &PathBuf| {
        worktree
            .join(path)
            .symlink_metadata()
            .is_ok_and(|found| !found.is_dir())
    };
    lines
        .filter_map(folder)
        .filter(|path| !is_there(path))
        .collect()
}

/// The folder of a target, or the target if it is a folder, as far as its name is no pattern. `None` at the top.
fn folder_of(target: &str) -> Option<PathBuf> {
    let is_plain = |part: &Component<'_>| match part {
        Component::Normal(name) => !name
            .as_encoded_bytes()
            .iter()
            .any(|byte| b"*?[{".contains(byte)),
        _ => false,
    };
    let parts: Vec<Component<'_>> = Path::new(target)
        .components()
        .filter(|part| *part != Component::CurDir)
        .collect();
    let plain = parts.iter().take_while(|part| is_plain(part)).count();
    let is_file = plain == parts.len() && !target.ends_with('/');
    let folder: PathBuf = parts[..plain - usize::from(is_file && plain > 0)]
        .iter()
        .collect();
    (!folder.as_os_str().is_empty()).then_some(folder)
}

/// Whether a link that came with the repository leads somewhere else: whoever writes there would not write in the worktree.
fn leads_out(worktree: &Path, path: &Path) -> bool {
    let nearest = path
        .ancestors()
        .find(|folder| folder.symlink_metadata().is_ok());
    let real = |path: &Path| path.canonicalize().ok();
    match (nearest.and_then(real), real(worktree)) {
        (Some(found), Some(top)) => !found.starts_with(&top),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn check(targets: &[&str], expect: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().join("tree");
        std::fs::create_dir_all(top.join(".chant/specs")).unwrap();
        std::os::unix::fs::symlink(folder.path(), top.join("out")).unwrap();
        let targets: Vec<String> = targets.iter().map(|&target| target.into()).collect();
        let given = writable(&top, ".chant/specs/001.md", &targets).unwrap();
        let shown = given.iter().map(|path| path.strip_prefix(&top).unwrap());
        let shown: Vec<_> = shown.map(|path| path.to_str().unwrap()).collect();
        assert_eq!(shown, expect, "{targets:?}");
        assert!(given.iter().all(|path| path.is_dir()));
        assert!(!folder.path().join("deep").exists());
    }

    #[test]
    fn the_folders_of_the_targets_are_given_and_the_specs() {
        check(
            &[".chant/research/a.md"],
            &[".chant/research", ".chant/specs"],
        );
        check(
            &["./docs/deep/a.md", "notes/"],
            &["docs/deep", "notes", ".chant/specs"],
        );
        check(&["docs/*/a.md"], &["docs", ".chant/specs"]);
    }

    #[test]
    fn what_git_ignores_is_given_beside_them() {
        let folder = tempfile::tempdir().unwrap();
        let ignore = "# built\n/target\nnode_modules/\n.venv/\n.env\n*.log\n!keep\n.git/\nnotes\n";
        std::fs::write(folder.path().join(".gitignore"), ignore).unwrap();
        std::fs::write(folder.path().join("notes"), "").unwrap();
        let found = ignored(folder.path());
        let found: Vec<_> = found.iter().map(|path| path.to_str().unwrap()).collect();
        assert_eq!(found, ["target", "node_modules", ".venv"]);
    }

    #[test]
    fn at_the_top_all_is_given() {
        check(&[], &[""]);
        check(&["FINDINGS.md"], &[""]);
        check(&["docs/a.md", "*.md"], &[""]);
    }

    #[test]
    fn a_link_out_of_the_worktree_is_not_followed() {
        check(&["out/deep/a.md", "docs/a.md"], &["docs", ".chant/specs"]);
    }
}
