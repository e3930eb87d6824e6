//! "Everything but these" for a kernel that only allows.
//!
//! Along the way to each hidden path, what lies beside is allowed as it is found now: a file that appears there later is
//! not visible, which is the safe side. Symbolic links are never followed: what one points to is visible, or is not, at
//! its own place.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Files and folders that together hold everything but `hidden` and what is below.
pub(super) fn all_but(hidden: &[PathBuf]) -> Vec<PathBuf> {
    beneath(Path::new("/"), hidden)
}

fn beneath(root: &Path, hidden: &[PathBuf]) -> Vec<PathBuf> {
    let mut real: Vec<PathBuf> = hidden.iter().flat_map(|path| places(path)).collect();
    real.sort();
    real.dedup();
    let mut found = Vec::new();
    walk(root, &real, &mut found);
    found
}

fn walk(folder: &Path, hidden: &[PathBuf], found: &mut Vec<PathBuf>) {
    if hidden.iter().any(|path| path == folder) {
        return;
    }
    if !hidden.iter().any(|path| path.starts_with(folder)) {
        found.push(folder.to_owned());
        return;
    }
    // A folder that can not be listed hides what is in it, which again is the safe side.
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| !kind.is_symlink()) {
            walk(&entry.path(), hidden, found);
        }
    }
}

/// Where a path really is: itself, in its real folder, and what it points to if it is a link. One that does not exist yet
/// keeps its name below the nearest folder that does.
fn places(path: &Path) -> Vec<PathBuf> {
    let mut places: Vec<PathBuf> = path.canonicalize().into_iter().collect();
    let nearest = path
        .ancestors()
        .skip(1)
        .find_map(|folder| Some((folder, folder.canonicalize().ok()?)));
    if let Some((folder, real)) = nearest
        && let Ok(rest) = path.strip_prefix(folder)
    {
        places.push(real.join(rest));
    }
    places
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn check(make: impl Fn(&Path), hidden: &[&str], expect: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        make(&root);
        let hidden: Vec<PathBuf> = hidden.iter().map(|path| root.join(path)).collect();
        let mut found: Vec<String> = beneath(&root, &hidden)
            .iter()
            .map(|path| path.strip_prefix(&root).unwrap().display().to_string())
            .collect();
        found.sort();
        assert_eq!(found, expect);
    }

    fn home(root: &Path) {
        for folder in ["home/.ssh", "home/.config/gh", "home/.config/git", "usr"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        fs::write(root.join("home/.netrc"), "").unwrap();
        fs::write(root.join("home/.profile"), "").unwrap();
    }

    #[test]
    fn what_lies_beside_the_way_is_visible_and_the_way_itself_is_not() {
        check(
            home,
            &["home/.ssh", "home/.config/gh", "home/.netrc"],
            &["home/.config/git", "home/.profile", "usr"],
        );
    }

    #[test]
    fn a_file_that_may_come_later_stays_hidden() {
        check(
            home,
            &["home/.config/hub", "home/.aws/credentials"],
            &[
                "home/.config/gh",
                "home/.config/git",
                "home/.netrc",
                "home/.profile",
                "home/.ssh",
                "usr",
            ],
        );
    }

    #[test]
    fn a_hidden_link_hides_what_it_points_to_and_no_link_shows_anything() {
        check(
            |root| {
                home(root);
                fs::create_dir_all(root.join("files/ssh")).unwrap();
                fs::create_dir_all(root.join("files/vim")).unwrap();
                std::os::unix::fs::symlink(root.join("files/ssh"), root.join("home/.keys"))
                    .unwrap();
                std::os::unix::fs::symlink(root.join("home"), root.join("home/way-back")).unwrap();
            },
            &["home/.keys", "home/.config"],
            &[
                "files/vim",
                "home/.netrc",
                "home/.profile",
                "home/.ssh",
                "usr",
            ],
        );
    }

    #[test]
    fn hiding_nothing_shows_all() {
        check(home, &[], &[""]);
        check(home, &[""], &[]);
    }
}
