//! Writing and reading what is not the agent's.

use crate::support::{Bounds, Cell, KEY, is_there, stays, write};

const APPEND: &str = "echo hostile >> \"$1\"";

#[test]
fn the_users_checkout_stays() {
    stays(APPEND, |cell| cell.repo.path().join("README.md"));
}

#[test]
fn gits_settings_stay() {
    stays(APPEND, |cell| cell.repo.path().join(".git/config"));
    stays("git config core.fsmonitor /bin/false", |cell| {
        cell.repo.path().join(".git/config")
    });
}

#[test]
fn hooks_stay() {
    let hook = "mkdir -p \"$(dirname \"$1\")\"; printf '#!/bin/sh\\n' > \"$1\"; chmod +x \"$1\"";
    stays(hook, |cell| {
        cell.repo.path().join(".git/hooks/post-checkout")
    });
}

#[test]
fn other_branches_stay() {
    stays(
        "git commit -q --allow-empty -m x; git rev-parse HEAD > \"$1\"",
        |cell| {
            cell.repo.git(&["branch", "mine"]);
            cell.repo.path().join(".git/refs/heads/mine")
        },
    );
    stays(
        "git commit -q --allow-empty -m x; git branch -f mine",
        |cell| {
            cell.repo.git(&["branch", "mine"]);
            cell.repo.path().join(".git/refs/heads/mine")
        },
    );
}

#[test]
fn keys_stay() {
    stays("echo hostile >> \"$HOME/.ssh/authorized_keys\"", |cell| {
        cell.path(".ssh/authorized_keys")
    });
}

#[test]
fn shell_startup_stays() {
    stays(APPEND, |cell| cell.path(".profile"));
}

#[test]
fn another_worktree_stays() {
    stays(APPEND, |cell| {
        let other = cell.repo.worktrees().join("elsewhere/002/file");
        write(&other, "another run's");
        other
    });
}

#[test]
fn what_chant_knows_of_runs_stays() {
    stays("rm -f \"$1\"", |cell| {
        let events = cell
            .repo
            .path()
            .join(".git/chant/runs/earlier/events.jsonl");
        write(&events, "{}\n");
        events
    });
}

#[test]
fn the_systems_settings_stay() {
    if !is_there() {
        return;
    }
    let cell = Cell::new();
    // There is no control: nobody wants this to work.
    let name = format!("/etc/chant-escape-{}", std::process::id());
    let script = format!("echo x > {name} || echo refused >> \"$OUT\"\n");
    cell.work(&script, Bounds::On).ok();
    assert!(!std::path::Path::new(&name).exists());
    assert_eq!(cell.told(), "refused\n");
}

#[test]
fn links_lead_nowhere() {
    for link in ["ln -s \"$1\" way", "ln \"$1\" way"] {
        stays(
            &format!("cd \"$CHANT_WORKTREE\"; {link} && echo hostile >> way; rm -f way"),
            |cell| {
                let path = cell.path("worktrees/notes");
                write(&path, "mine");
                path
            },
        );
    }
    stays(
        "cd \"$CHANT_WORKTREE\"; ln -s \"$(dirname \"$1\")\" way; mv README.md way/notes.txt; rm -f way; git checkout -q README.md",
        |cell| cell.path("notes.txt"),
    );
}

#[test]
fn keys_are_not_read() {
    let script = "for file in .ssh/id_ed25519 .netrc .config/gh/hosts.yml .aws/credentials; do\n\
                  cat \"$HOME/$file\" >> \"$OUT\"\nln -s \"$HOME/$file\" way && cat way >> \"$OUT\"; rm -f way\n\
                  cat \"/proc/self/root$HOME/$file\" >> \"$OUT\"\ndone\ncat \"$HOME/notes.txt\" >> \"$OUT\"\n";
    if !is_there() {
        return;
    }
    for (bounds, times) in [(Bounds::On, 0), (Bounds::Off, 12)] {
        let cell = Cell::new();
        cell.work(script, bounds).ok();
        let told = cell.told();
        assert_eq!(told.matches(KEY).count(), times, "{bounds:?}: {told}");
        assert!(
            told.contains("no key"),
            "the rest of the home can be read: {told}"
        );
    }
}

#[test]
fn another_agents_sign_in_is_not_read() {
    if !is_there() {
        return;
    }
    let cell = Cell::new();
    write(&cell.path(".claude/.credentials.json"), KEY);
    let script =
        "cat \"$HOME/.claude/.credentials.json\" >> \"$OUT\" || echo refused >> \"$OUT\"\n";
    cell.work(script, Bounds::On).ok();
    assert_eq!(cell.told(), "refused\n");
}

#[test]
fn what_the_user_allows_is_allowed_and_what_is_denied_is_told_with_the_line_to_add() {
    if !is_there() {
        return;
    }
    let script = "echo x > \"$HOME/other/file\"\ncat \"$HOME/.aws/credentials\" >> \"$OUT\"\n";
    let cell = Cell::new();
    let output = cell.work(script, Bounds::On);
    output.ok();
    let log = cell.repo.chant(&["log", "001"]).stdout;
    let [file, keys] = ["other/file", ".aws/credentials"].map(|name| cell.path(name));
    for line in [
        format!("write_allow: [{}]", file.display()),
        format!("read_allow: [{}]", keys.display()),
    ] {
        assert!(log.contains(&line), "{line}: {log}");
    }
    let cell = Cell::new();
    let keys = "    write_allow: [~/other]\n    read_allow: [~/.aws]\n";
    cell.work_with(script, Bounds::On, keys, |_| {}).ok();
    assert!(cell.told().contains(KEY));
    assert!(cell.path("other/file").exists());
}

#[test]
fn a_worktree_that_was_tied_to_another_repository_is_tied_back() {
    // Git, run there by chant afterwards, would read these settings and start what they name.
    let script = "mine=\"$CHANT_WORKTREE/mine\"\ngit init -q \"$mine\"\n\
                  printf '#!/bin/sh\\ntouch \"%s\"\\n' \"$HOME/got-out\" > \"$CHANT_WORKTREE/run.sh\"\nchmod +x \"$CHANT_WORKTREE/run.sh\"\n\
                  git -C \"$mine\" config core.fsmonitor \"$CHANT_WORKTREE/run.sh\"\n\
                  own=$(sed 's/gitdir: //' \"$CHANT_WORKTREE/.git\")\n\
                  printf '[core]\\n\\tfsmonitor = %s\\n' \"$CHANT_WORKTREE/run.sh\" > \"$own/config.worktree\"\n\
                  echo \"gitdir: $mine/.git\" > \"$CHANT_WORKTREE/.git\"\n";
    if !is_there() {
        return;
    }
    let cell = Cell::new();
    let output = cell.work(script, Bounds::On);
    assert!(!cell.path("got-out").exists(), "{}", output.stderr);
    let log = cell.repo.chant(&["log", "001"]).stdout;
    assert!(
        log.contains("is put back"),
        "{log}{}{}",
        output.stdout,
        output.stderr
    );
}
