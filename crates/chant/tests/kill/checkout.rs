//! The user's checkout with everything a person may have lying about in it, and whether it is as it was.

use std::collections::BTreeMap;

use chant_testkit::TestRepo;
use chant_testkit::chance::Chance;

/// What was there before the night.
#[derive(Debug)]
pub(crate) struct Before {
    files: BTreeMap<String, Vec<u8>>,
    staged: String,
    unstaged: String,
    status: String,
    head: String,
}

/// Leaves work of the user's: staged, unstaged, both, deleted, untracked, ignored. Sometimes on a branch of their own.
pub(crate) fn occupy(repo: &TestRepo, chance: &mut Chance) -> Before {
    repo.write(".gitignore", "ignored/\n");
    for name in ["notes.md", "both.txt", "staged.txt", "gone.txt"] {
        repo.write(name, "as committed\n");
    }
    repo.commit("the user's files");
    if chance.percent(20) {
        repo.git(&["switch", "--quiet", "--create", "mine"]);
    }
    repo.write("staged.txt", "staged\n");
    repo.write("both.txt", "staged\n");
    repo.write("new-and-staged.txt", "staged\n");
    repo.git(&["add", "staged.txt", "both.txt", "new-and-staged.txt"]);
    repo.write("both.txt", "staged, and changed again\n");
    repo.write("notes.md", "not staged\n");
    std::fs::remove_file(repo.path().join("gone.txt")).unwrap();
    repo.write("untracked.txt", "not for git yet\n");
    repo.write("ignored/cache.bin", "never for git\n");
    look(repo)
}

fn look(repo: &TestRepo) -> Before {
    Before {
        files: repo.snapshot_files(),
        staged: repo.git(&["diff", "--cached"]),
        unstaged: repo.git(&["diff"]),
        status: repo.git(&["status", "--porcelain", "--ignored"]),
        head: repo.git(&["symbolic-ref", "HEAD"]),
    }
}

/// What is not as it was. What landed is on main; the files that main changed have to be as main has them, all others as before.
pub(crate) fn changed(repo: &TestRepo, before: &Before) -> Vec<String> {
    let now = look(repo);
    let mut found = Vec::new();
    let mut same = |what: &str, before: &str, now: &str| {
        if before != now {
            found.push(format!(
                "the user's {what} changed\n--- before\n{before}\n--- now\n{now}"
            ));
        }
    };
    same("staged changes", &before.staged, &now.staged);
    same("unstaged changes", &before.unstaged, &now.unstaged);
    same("git status", &before.status, &now.status);
    same("HEAD", &before.head, &now.head);
    let landed = landed_files(repo, before);
    for path in before.files.keys().chain(now.files.keys()) {
        let (was, is) = (before.files.get(path), now.files.get(path));
        let may_change = landed.get(path).is_some_and(|text| is == Some(text));
        if was != is && !may_change {
            found.push(format!("the user's file {path} is not as it was"));
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The files that landings changed, as main has them; none where the user is on another branch.
fn landed_files(repo: &TestRepo, before: &Before) -> BTreeMap<String, Vec<u8>> {
    if before.head.trim() != "refs/heads/main" {
        return BTreeMap::new();
    }
    let first = repo.git(&["log", "--format=%H", "--grep=^the user's files$", "main"]);
    let names = repo.git(&["diff", "--name-only", first.trim(), "main"]);
    let text = |path: &str| repo.git(&["show", &format!("main:{path}")]).into_bytes();
    names
        .lines()
        .map(|path| (path.to_owned(), text(path)))
        .collect()
}
