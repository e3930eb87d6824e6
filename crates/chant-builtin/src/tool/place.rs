//! Where the tools may read and write: in the worktree, and nowhere else.
//!
//! A path is followed to where it really leads before it is used, so a link that leads out is refused. Between that look
//! and the deed a command of the model's own could exchange a folder for a link; the sandbox stands behind this.

use std::{
    ffi::OsString,
    io,
    path::{Component, Path, PathBuf},
};

/// The worktree.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// With all links followed.
    root: PathBuf,
    /// Where relative paths begin.
    base: PathBuf,
}

impl Place {
    /// The worktree that `CHANT_WORKTREE` names, and the folder in it in which this process was started.
    pub(crate) fn from_process() -> Result<Self, String> {
        let base = std::env::current_dir().map_err(|error| format!("cannot work here: {error}"))?;
        let root = std::env::var_os("CHANT_WORKTREE").map_or_else(|| base.clone(), PathBuf::from);
        Self::new(&root, &base)
            .map_err(|error| format!("the worktree {} cannot be used: {error}", root.display()))
    }

    pub(crate) fn new(root: &Path, base: &Path) -> io::Result<Self> {
        let root = root.canonicalize()?;
        let base = base.canonicalize()?;
        Ok(Self {
            base: if base.starts_with(&root) {
                base
            } else {
                root.clone()
            },
            root,
        })
    }

    /// Where commands run.
    pub(crate) fn base(&self) -> &Path {
        &self.base
    }

    /// The worktree itself.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where a path leads that is to be read.
    pub(crate) fn to_read(&self, given: &str) -> Result<PathBuf, String> {
        let real = self.real(given)?;
        if real.starts_with(&self.root) {
            Ok(real)
        } else {
            Err(format!(
                "{given} is outside of the worktree, so it was not touched. Only files below {} can be used.",
                self.root.display()
            ))
        }
    }

    /// Where a path leads that is to be written. Git's own files are not written by hand.
    pub(crate) fn to_write(&self, given: &str) -> Result<PathBuf, String> {
        let real = self.to_read(given)?;
        let inside = real.strip_prefix(&self.root).unwrap_or(&real);
        let first = inside.components().next();
        match first {
            None => Err(format!("{given} is the worktree itself, not a file.")),
            Some(first) if first.as_os_str() == ".git" => Err(format!(
                "{given} belongs to git and is not written by hand; use git in the shell."
            )),
            Some(_) => Ok(real),
        }
    }

    /// The path with every link in it followed. What does not exist yet is left as it is, and must be plain names.
    fn real(&self, given: &str) -> Result<PathBuf, String> {
        if given.is_empty() || given.contains('\0') {
            return Err("The path is empty or holds a NUL.".to_owned());
        }
        let mut path = self.base.join(given);
        let mut missing: Vec<OsString> = Vec::new();
        loop {
            match path.canonicalize() {
                Ok(real) => {
                    return Ok(missing
                        .iter()
                        .rev()
                        .fold(real, |path, name| path.join(name)));
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(format!("{given} cannot be used: {error}")),
            }
            if path.symlink_metadata().is_ok() {
                return Err(format!(
                    "{given} leads through a link to something that does not exist, so it was not touched."
                ));
            }
            match path.components().next_back() {
                Some(Component::Normal(name)) => missing.push(name.to_owned()),
                _ => {
                    return Err(format!(
                        "{given} goes through a folder that does not exist."
                    ));
                }
            }
            path.pop();
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn only_what_really_is_in_the_worktree_can_be_used() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("work");
        fs::create_dir_all(root.join("src/deep")).unwrap();
        fs::write(root.join("src/a"), "a").unwrap();
        fs::write(folder.path().join("secret"), "s").unwrap();
        symlink(folder.path(), root.join("out")).unwrap();
        symlink(folder.path().join("secret"), root.join("file")).unwrap();
        symlink(folder.path().join("not-yet"), root.join("dangling")).unwrap();
        symlink("src", root.join("in")).unwrap();
        symlink("loop", root.join("loop")).unwrap();
        let place = Place::new(&root, &root.join("src")).unwrap();
        let absolute = root.join("src/a").to_str().unwrap().to_owned();
        for good in [
            "a",
            "./a",
            "deep/../a",
            "../in/a",
            "new",
            "new/deeper/file",
            &absolute,
            "..",
        ] {
            assert!(
                place.to_read(good).is_ok(),
                "{good}: {:?}",
                place.to_read(good)
            );
        }
        for bad in [
            "../../secret",
            "../out/secret",
            "../out/new",
            "../file",
            "../dangling",
            "../dangling/x",
            "../loop",
            "/etc/passwd",
            "new/../../../secret",
            "",
            "a\0b",
        ] {
            assert!(place.to_read(bad).is_err(), "{bad} was accepted");
        }
        for bad in ["../.git/config", "../.git", ".."] {
            assert!(place.to_write(bad).is_err(), "{bad} was accepted");
        }
        assert!(place.to_write("../.gitignore").is_ok());
    }
}
