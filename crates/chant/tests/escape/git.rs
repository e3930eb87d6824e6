//! Through git: its settings, refs and hooks, other worktrees, and programs that git starts by itself.

use crate::support::{Bounds, Cell, KEY, is_there, stays, write};

const APPEND: &str = "mkdir -p \"$(dirname \"$1\")\"; echo hostile >> \"$1\"";

#[test]
fn what_git_reads_besides_its_settings_stays() {
    for file in [
        "info/attributes",
        "info/exclude",
        "hooks/pre-commit",
        "config.worktree",
    ] {
        stays(APPEND, |cell| cell.repo.path().join(".git").join(file));
    }
    stays("git config core.hooksPath \"$CHANT_WORKTREE\"", |cell| {
        cell.repo.path().join(".git/config")
    });
}

#[test]
fn what_chant_and_people_say_by_refs_stays() {
    for name in ["refs/chant/runs/01ARZ3NDEKTSV4RRFFQ69G5FAV", "refs/tags/v1"] {
        let script = format!("git update-ref {name} HEAD");
        stays(&script, |cell| cell.repo.path().join(".git").join(name));
    }
}

#[test]
fn the_ties_of_another_worktree_stay() {
    for file in ["gitdir", "commondir", "HEAD"] {
        stays("echo /elsewhere > \"$1\"", |cell| {
            let other = cell.path("elsewhere");
            cell.repo
                .git(&["worktree", "add", "-q", "--detach", other.to_str().unwrap()]);
            cell.repo.path().join(".git/worktrees/elsewhere").join(file)
        });
    }
}

#[test]
fn a_worktree_whose_common_folder_was_moved_is_tied_back() {
    if !is_there() {
        return;
    }
    // A copy of git's folder, with settings and hooks of its own, in place of the real one.
    let script = "own=$(git rev-parse --git-dir)\nmine=\"$CHANT_WORKTREE/mine\"\ngit init -q --bare \"$mine\"\n\
                  printf '#!/bin/sh\\ntouch \"%s\"\\n' \"$HOME/got-out\" > \"$CHANT_WORKTREE/run.sh\"\nchmod +x \"$CHANT_WORKTREE/run.sh\"\n\
                  git -C \"$mine\" config core.fsmonitor \"$CHANT_WORKTREE/run.sh\"\n\
                  cp -r \"$(git rev-parse --git-common-dir)/objects\" \"$mine\"\necho \"$mine\" > \"$own/commondir\"\n";
    let cell = Cell::new();
    let output = cell.work(script, Bounds::On);
    assert!(!cell.path("got-out").exists(), "{}", output.stderr);
    let log = cell.repo.chant(&["log", "001"]).stdout;
    assert!(log.contains("commondir was changed by the agent"), "{log}");
}

#[test]
fn gits_store_of_passwords_is_not_asked() {
    if !is_there() {
        return;
    }
    let script = "printf 'protocol=https\\nhost=example.invalid\\n\\n' | GIT_TERMINAL_PROMPT=0 GIT_ASKPASS=true \
                  git -c credential.helper=store credential fill >> \"$OUT\" 2> /dev/null\n";
    for (bounds, times) in [(Bounds::On, 0), (Bounds::Off, 1)] {
        let cell = Cell::new();
        write(
            &cell.path(".git-credentials"),
            &format!("https://ada:{KEY}@example.invalid\n"),
        );
        cell.work(script, bounds).ok();
        let told = cell.told();
        assert_eq!(told.matches(KEY).count(), times, "{bounds:?}: {told}");
    }
}

#[test]
fn a_repository_inside_the_worktree_is_not_asked_by_programs_of_its_own() {
    if !is_there() {
        return;
    }
    // To see whether a repository inside another has changed, git runs there, and starts what its settings name.
    let script = "cd \"$CHANT_WORKTREE\"\ngit init -q nested\n\
                  printf '#!/bin/sh\\necho ran >> \"%s\"\\ntouch \"%s\"\\n' \"$OUT\" \"$HOME/got-out\" > run.sh\nchmod +x run.sh\n\
                  echo x > nested/x\ngit -C nested add x\n\
                  git -C nested -c user.name=n -c user.email=n@example.invalid commit -q -m nested\n\
                  git -c advice.addEmbeddedRepo=false add nested run.sh\n\
                  printf '[submodule \"nested\"]\\n\\tpath = nested\\n\\turl = ./nested\\n\\tignore = none\\n' > .gitmodules\n\
                  git commit -q -m 'a submodule'\ngit -C nested config core.fsmonitor \"$PWD/run.sh\"\n";
    let cell = Cell::new();
    cell.work(
        &format!("{script}git status > /dev/null 2>&1\n"),
        Bounds::On,
    )
    .ok();
    assert!(cell.told().starts_with("ran\n"), "git does start it");
    assert!(!cell.path("got-out").exists());
    let listed = cell.repo.git(&["ls-tree", "HEAD", "nested"]);
    assert!(listed.starts_with("160000 commit"), "{listed}");
}
