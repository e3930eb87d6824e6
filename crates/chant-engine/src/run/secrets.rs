//! Secrets in what an agent leaves: taken out of its messages and its spec, refused in any other file.
//!
//! A file's content is the project's own, and what looks like a key there may be an example; so only the value of one
//! of the user's credential variables keeps a result from landing.

use std::borrow::Cow;
use std::collections::HashSet;

use chant_agent::{CONVERSATIONS, redact::Redactor};
use chant_git::{Commit, Oid, TreeEdit};

use super::Run;
use crate::error::Result;

impl Run<'_, '_> {
    pub(super) fn redactor(&self) -> Redactor {
        Redactor::of_agent(&self.agent)
    }

    /// Whether the spec of one of these commits, or its message, has to be cleaned.
    pub(super) fn tell_secrets(&self, redactor: &Redactor, commits: &[Commit]) -> Result<bool> {
        for commit in commits {
            let is_clean = matches!(redactor.text(&commit.message), Cow::Borrowed(_));
            if !is_clean || self.with_clean_spec(redactor, &commit.tree)? != commit.tree {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Cleans the spec in the worktree, so that whatever is made or kept of the files there is clean.
    pub(super) fn clean_spec_file(&self) -> Result<()> {
        let facts = &self.record.facts;
        let path = facts.worktree.join(&facts.spec_path);
        let found = chant_os::file::read_regular(&path, u64::MAX).ok();
        let Some(Ok(text)) = found.map(String::from_utf8) else {
            return Ok(());
        };
        match clean_spec(&self.redactor(), self.start.text(), &text) {
            Some(clean) => Ok(chant_os::file::replace(&path, clean.as_bytes())?),
            None => Ok(()),
        }
    }

    /// Cleans what chant's own agent keeps of its conversation with the model: it does not know the user's variables.
    pub(super) fn clean_conversations(&self) -> Result<()> {
        let Ok(files) = std::fs::read_dir(self.dir().join(CONVERSATIONS)) else {
            return Ok(());
        };
        let redactor = self.redactor();
        for path in files.flatten().map(|entry| entry.path()) {
            let kept = chant_os::file::read_regular(&path, u64::MAX).unwrap_or_default();
            if let Cow::Owned(clean) = redactor.bytes(&kept) {
                chant_os::file::replace(&path, &clean)?;
            }
        }
        Ok(())
    }

    /// The tree with no secret in what the agent wrote into its spec.
    pub(super) fn with_clean_spec(&self, redactor: &Redactor, tree: &Oid) -> Result<Oid> {
        let repo = self.project.repo();
        let path = &self.record.facts.spec_path;
        let Some(entry) = repo
            .read_file(tree, path)?
            .filter(chant_git::TreeEntry::is_file)
        else {
            return Ok(tree.clone());
        };
        let Ok(text) = String::from_utf8(repo.blob(&entry.oid)?) else {
            return Ok(tree.clone());
        };
        let Some(clean) = clean_spec(redactor, self.start.text(), &text) else {
            return Ok(tree.clone());
        };
        let oid = repo.hash_object(clean.as_bytes())?;
        let edit = TreeEdit::put(path.parse()?, &entry.mode, oid);
        Ok(repo.write_tree(Some(tree), &[edit])?)
    }

    /// Why a result with the value of a credential variable in one of its files, now or in between, cannot land.
    pub(super) fn leaked(&self, base: &Oid, tip: &Oid, tree: &Oid) -> Result<Option<String>> {
        let redactor = self.redactor();
        if !redactor.knows_values() {
            return Ok(None);
        }
        let repo = self.project.repo();
        let mut before = base.clone();
        let commits = repo.log(base, tip)?.into_iter().rev();
        for after in commits.map(|commit| commit.tree).chain([tree.clone()]) {
            for change in repo.diff(&before, &after)? {
                let Some((_, new)) = change
                    .new
                    .filter(|_| change.path != self.record.facts.spec_path)
                else {
                    continue;
                };
                if let Some(name) = redactor.variables_in(change.path.as_bytes()).first() {
                    return Ok(Some(format!(
                        "the agent wrote the value of {name} into a file's name; do not push its branch"
                    )));
                }
                // A submodule's commit is no content.
                let content = repo.blob(&new).unwrap_or_default();
                let known = change.old.and_then(|(_, old)| repo.blob(&old).ok());
                let known = known.unwrap_or_default();
                let old = redactor.variables_in(&known);
                let found = redactor.variables_in(&content);
                if let Some(name) = found.iter().find(|name| !old.contains(name)) {
                    let path = crate::one_line(&change.path);
                    return Ok(Some(format!(
                        "the agent wrote the value of {name} into {path}; do not push its branch"
                    )));
                }
            }
            before = after;
        }
        Ok(None)
    }
}

/// The spec without secrets in the lines that were not in it at the start; none where there are none.
fn clean_spec(redactor: &Redactor, start: &str, end: &str) -> Option<String> {
    if matches!(redactor.text(end), Cow::Borrowed(_)) {
        return None;
    }
    let open = |line: &str| line.replacen("[x]", "[ ]", 1).replacen("[X]", "[ ]", 1);
    let known: HashSet<String> = start.split_inclusive('\n').map(open).collect();
    let mut clean = String::new();
    let mut added = String::new();
    for line in end.split_inclusive('\n') {
        if known.contains(&open(line)) && !line.trim().is_empty() {
            clean.push_str(&redactor.text(&std::mem::take(&mut added)));
            clean.push_str(line);
        } else {
            added.push_str(line);
        }
    }
    clean.push_str(&redactor.text(&added));
    (clean != end).then_some(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_agent_added_is_cleaned() {
        let redactor = Redactor::new([("SOME_TOKEN", "s3cr3t-value")]);
        let start = "# T\n\nuses s3cr3t-value\n\n- [ ] has s3cr3t-value\n";
        let end = "# T\n\nuses s3cr3t-value\n\n- [x] has s3cr3t-value\n\n## What was found\n\nit is s3cr3t-value\n";
        let clean = clean_spec(&redactor, start, end);
        let expect = end.replace("it is s3cr3t-value", "it is [redacted: SOME_TOKEN]");
        assert_eq!(clean.as_deref(), Some(&*expect));
        assert_eq!(clean_spec(&redactor, start, start), None);
        assert_eq!(clean_spec(&redactor, start, "# T\n\nnothing\n"), None);
    }
}
