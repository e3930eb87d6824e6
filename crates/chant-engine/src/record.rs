//! Recording a change of spec files: as a commit of chant's own where that is possible, else in the files alone.
//!
//! A commit is made only of files that are committed and clean, on the branch that is checked out, built without the
//! user's index and moved by compare-and-swap. Other changes of the user's are neither committed nor touched.

use std::path::Path;

use chant_git::{BranchName, Brought, Cas, Head, Oid, TreeEdit};
use chant_spec::SpecId;
use serde::Serialize;

use crate::error::{Code, Error, Result};
use crate::project::Project;

/// How a change was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "recorded", rename_all = "snake_case")]
pub enum Recorded {
    /// In a commit on the branch that is checked out.
    Committed {
        /// The commit.
        commit: String,
        /// The branch.
        branch: String,
    },
    /// In the files only.
    FilesOnly {
        /// Why, as the end of a sentence that begins "not committed: ".
        because: &'static str,
    },
}

/// The new content of a file, or none where it is to be removed. The path is from the project's root.
#[derive(Debug, Clone)]
pub struct FileChange {
    /// From the project's root.
    pub path: String,
    /// What it is to hold.
    pub content: Option<Vec<u8>>,
}

/// The branch may move under a change this often before it is given up.
const TRIES: usize = 5;

/// Gives a spec's file new content.
pub(crate) fn record_spec_change(
    project: &Project,
    id: &SpecId,
    bytes: &[u8],
    message: &str,
) -> Result<Recorded> {
    let found = project.locate(id)?;
    let path = found.map_or_else(|| project.spec_path_from_root(id), |found| found.path);
    record(
        project,
        &[FileChange {
            path,
            content: Some(bytes.to_vec()),
        }],
        message,
    )
}

/// Makes some changes, all in one commit, or all in the files alone.
pub(crate) fn record(project: &Project, changes: &[FileChange], message: &str) -> Result<Recorded> {
    for _ in 0..TRIES {
        let (branch, tip) = match committable(project, changes)? {
            Ok(place) => place,
            Err(because) => return files_only(project, changes, because),
        };
        let commit = build(project, &tip, changes, message)?;
        if let Brought::InTheWay { .. } = project.repo().would_bring_along(&tip, &commit, &[])? {
            return files_only(project, changes, DIRTY);
        }
        let name = format!("refs/heads/{branch}");
        match project
            .repo()
            .update_ref(&name, &commit, Some(&tip), message)?
        {
            Cas::Done => {
                // Written by the floor first: if this process dies now, no content is lost with it.
                changes
                    .iter()
                    .filter(|change| change.content.is_some())
                    .try_for_each(|change| write(project, change))?;
                project.repo().bring_along(&tip, &commit, &[])?;
                return Ok(Recorded::Committed {
                    commit: commit.to_string(),
                    branch: branch.to_string(),
                });
            }
            Cas::Moved { .. } => {}
        }
    }
    Err(Error::new(
        Code::GitFailed,
        "the branch that is checked out keeps moving",
    )
    .hint("wait for what moves it to end, then repeat the command"))
}

const SILENT: &str = "chant is silent here";
const UNTRACKED: &str = "git does not track the file";
const DIRTY: &str = "the file has changes of yours that are not committed";
const DETACHED: &str = "no branch is checked out";

/// The branch and commit that the changes can go on top of, or why they can not.
fn committable(
    project: &Project,
    changes: &[FileChange],
) -> Result<std::result::Result<(BranchName, Oid), &'static str>> {
    if project.silent() {
        return Ok(Err(SILENT));
    }
    let Head::Branch(branch, Some(tip)) = project.repo().head()? else {
        return Ok(Err(DETACHED));
    };
    let mut tracked = 0;
    for change in changes {
        let file = project.root().join(&change.path);
        let committed = project
            .repo()
            .read_file(&tip, &project.path_from_repo(&change.path))?;
        match (committed, file.is_file()) {
            (Some(entry), true) => {
                let bytes = project.read_spec_at(&change.path)?;
                if !entry.is_file() || project.repo().hash_object(&bytes)? != entry.oid {
                    return Ok(Err(DIRTY));
                }
                tracked += 1;
            }
            (None, false) => {}
            (None, true) => return Ok(Err(UNTRACKED)),
            (Some(_), false) => return Ok(Err(DIRTY)),
        }
    }
    Ok(if tracked > 0 {
        Ok((branch, tip))
    } else {
        Err(UNTRACKED)
    })
}

fn build(project: &Project, tip: &Oid, changes: &[FileChange], message: &str) -> Result<Oid> {
    let repo = project.repo();
    let mut edits = Vec::new();
    for change in changes {
        let path = project.path_from_repo(&change.path);
        edits.push(match &change.content {
            Some(bytes) => {
                let mode = repo
                    .read_file(tip, &path)?
                    .map_or_else(|| "100644".to_owned(), |entry| entry.mode);
                TreeEdit::put(path.parse()?, &mode, repo.hash_object(bytes)?)
            }
            None => TreeEdit::remove(path.parse()?),
        });
    }
    let tree = repo.write_tree(Some(&repo.tree_of(tip)?), &edits)?;
    Ok(repo.commit_tree(&tree, std::slice::from_ref(tip), message)?)
}

/// New content first, removals last: a crash in between leaves a file twice, never nowhere.
fn files_only(
    project: &Project,
    changes: &[FileChange],
    because: &'static str,
) -> Result<Recorded> {
    let (puts, removals): (Vec<_>, Vec<_>) =
        changes.iter().partition(|change| change.content.is_some());
    puts.into_iter()
        .chain(removals)
        .try_for_each(|change| write(project, change))?;
    Ok(Recorded::FilesOnly { because })
}

fn write(project: &Project, change: &FileChange) -> Result<()> {
    let path = project.root().join(&change.path);
    match &change.content {
        Some(bytes) => {
            chant_os::file::create_dir_all(path.parent().unwrap_or(Path::new("/")))?;
            chant_os::file::replace(&path, bytes)?;
        }
        None => chant_os::file::remove_file(&path)?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use chant_testkit::TestRepo;

    use super::*;

    const PATH: &str = ".chant/specs/001-x.md";
    const OLD: &str = "---\nstatus: pending\n---\n\n# T\n";
    const NEW: &str = "---\nstatus: cancelled\n---\n\n# T\n";

    fn committed() -> TestRepo {
        let repo = TestRepo::new();
        repo.write(PATH, OLD);
        repo.write("other.txt", "theirs\n");
        repo.commit("a spec");
        repo
    }

    fn change(repo: &TestRepo) -> Recorded {
        let project = Project::open(repo.path()).unwrap();
        let id = SpecId::parse("001-x").unwrap();
        let recorded =
            record_spec_change(&project, &id, NEW.as_bytes(), "chant(001-x): cancel").unwrap();
        assert_eq!(repo.file(PATH), NEW);
        recorded
    }

    fn is_files_only(recorded: &Recorded, because: &'static str) {
        assert_eq!(*recorded, Recorded::FilesOnly { because });
    }

    #[test]
    fn a_clean_tracked_spec_is_committed_and_nothing_of_the_users_is() {
        let repo = committed();
        repo.write("other.txt", "staged\n");
        repo.git(&["add", "other.txt"]);
        repo.write("other.txt", "not staged\n");
        repo.write("new.txt", "untracked\n");
        let before = repo.git(&["status", "--porcelain"]);
        assert!(matches!(change(&repo), Recorded::Committed { branch, .. } if branch == "main"));
        assert_eq!(repo.git(&["status", "--porcelain"]), before);
        assert_eq!(
            repo.git(&["show", &format!("HEAD:{PATH}")]).trim(),
            NEW.trim()
        );
        assert_eq!(
            repo.git(&["show", "--format=%s", "--name-only", "HEAD"])
                .trim(),
            format!("chant(001-x): cancel\n\n{PATH}")
        );
        assert_eq!(repo.git(&["show", "HEAD:other.txt"]).trim(), "theirs");
    }

    #[test]
    fn what_can_not_be_committed_is_written_and_said() {
        let dirty = committed();
        dirty.write(PATH, &OLD.replace("# T", "# mine"));
        is_files_only(&change(&dirty), DIRTY);

        let staged = committed();
        staged.write(PATH, &OLD.replace("# T", "# mine"));
        staged.git(&["add", PATH]);
        staged.write(PATH, OLD);
        is_files_only(&change(&staged), DIRTY);

        let detached = committed();
        detached.git(&["checkout", "-q", "--detach"]);
        is_files_only(&change(&detached), DETACHED);

        let untracked = TestRepo::new();
        untracked.write(PATH, OLD);
        is_files_only(&change(&untracked), UNTRACKED);
    }
}
