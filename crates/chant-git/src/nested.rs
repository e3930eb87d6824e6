//! Repositories inside a work tree, of which git records one commit each.
//!
//! To see whether one of them has changed, git runs itself in it, with the settings that lie there, and these can name
//! programs. An agent can make such a repository. So its commit is looked up before, which runs nothing, and git is told
//! to look no further. Where git only compares, `--ignore-submodules=dirty` says the same.

use std::path::Path;

use chant_os::file;

use crate::{Repo, Result, call::records, path::text};

/// What says, in the index of a work tree, that an entry is another repository's commit: its mode.
const MODE: [u8; 4] = 0o160_000_u32.to_be_bytes();

/// The name of the part of an index that says that most of it is in another file.
const ELSEWHERE: &[u8] = b"link";

impl Repo {
    /// Brings the commits of the repositories inside this work tree up to date in `index`, and has git believe that they are. No
    /// process where there are none.
    pub(crate) fn settle_nested(&self, index: &Path) -> Result<()> {
        if !may_have_nested(index) {
            return Ok(());
        }
        let listed = self
            .look()
            .index(index)
            .args(["ls-files", "-s", "-z"])
            .stdout()?;
        let nested = records(&listed)
            .filter(|entry| entry.starts_with(b"160000 "))
            .filter_map(|entry| entry.splitn(2, |byte| *byte == b'\t').nth(1))
            .map(text)
            // Git looks only into those that are there.
            .filter(|path| {
                self.root()
                    .join(path)
                    .join(".git")
                    .symlink_metadata()
                    .is_ok()
            });
        for path in nested {
            // One without a commit stays what it was.
            self.change()
                .index(index)
                .args(["update-index", "--add", "--", &path])
                .run()?;
            self.change()
                .index(index)
                .args(["update-index", "--assume-unchanged", "--", &path])
                .stdout()?;
        }
        Ok(())
    }
}

/// Whether it is worth a process to ask git. In a name these bytes say nothing, and then it is asked in vain.
fn may_have_nested(index: &Path) -> bool {
    let holds = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|found| found == part);
    file::read_regular(index, u64::MAX)
        .is_ok_and(|bytes| holds(&bytes, &MODE) || holds(&bytes, ELSEWHERE))
}
