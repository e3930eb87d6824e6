//! What an agent writes and chant runs: its tests.

use crate::support::{Bounds, Cell, KEY, is_there, write};

const WITH_CHECKS: &str = "---\ntype: code\nstatus: pending\nverify:\n- run: sh check.sh\n---\n\n# Write a greeting\n\nSay hello.\n\n## Acceptance Criteria\n\n- [ ] it is there\n";

/// A cell whose spec has a check that the agent itself writes: `check` is its script. `$HERE` is the user's checkout.
fn work(check: &str, bounds: Bounds, keys: &str) -> (Cell, chant_testkit::Output) {
    let cell = Cell::new();
    cell.repo.write(".chant/specs/001-greeting.md", WITH_CHECKS);
    cell.repo.commit("a check");
    std::fs::create_dir_all(cell.path(".npm")).unwrap();
    let script = format!(
        "cat > \"$CHANT_WORKTREE/check.sh\" <<'END'\nHERE='{}'\n{check}\nEND\n",
        cell.repo.path().display()
    );
    let output = cell.work_with(&script, bounds, keys, |_| {});
    (cell, output)
}

/// Runs the check within the bounds and without; `is_out` says whether it got out.
#[track_caller]
fn stays_in(check: &str, is_out: impl Fn(&Cell) -> bool) {
    if !is_there() {
        return;
    }
    for bounds in [Bounds::On, Bounds::Off] {
        let (cell, output) = work(&format!("{check}\nexit 0"), bounds, "");
        assert_eq!(
            is_out(&cell),
            bounds == Bounds::Off,
            "{check}, with the sandbox {bounds:?}: {}{}",
            output.stdout,
            output.stderr
        );
        if bounds == Bounds::On {
            output.ok();
        }
    }
}

#[test]
fn a_test_writes_no_keys_and_nothing_in_the_checkout() {
    stays_in("echo x >> ~/.ssh/authorized_keys", |cell| {
        cell.path(".ssh/authorized_keys").exists()
    });
    stays_in("echo hostile >> \"$HERE/README.md\"", |cell| {
        cell.repo.file("README.md").contains("hostile")
    });
    stays_in("git config user.name hostile", |cell| {
        cell.repo.file(".git/config").contains("hostile")
    });
    stays_in(
        "git -C \"$HERE\" update-ref refs/heads/planted HEAD",
        |cell| cell.repo.path().join(".git/refs/heads/planted").exists(),
    );
}

#[test]
fn a_test_reads_no_keys() {
    let check = "cat ~/.ssh/id_ed25519";
    if !is_there() {
        return;
    }
    for (bounds, code) in [(Bounds::On, 1), (Bounds::Off, 0)] {
        let (cell, output) = work(check, bounds, "");
        assert_eq!(output.code, Some(code), "{bounds:?}: {}", output.stderr);
        let log = cell.repo.chant(&["log", "001"]).stdout;
        let told = log.contains("read_allow: [");
        assert_eq!(told, bounds == Bounds::On, "{log}");
        assert!(!log.contains(KEY), "{log}");
    }
}

#[test]
fn a_test_still_has_its_worktree_caches_and_temporary_files() {
    if !is_there() {
        return;
    }
    let check = "set -e\nmkdir -p build\necho x > build/out\nmktemp\necho x > \"$TMPDIR/x\"\n\
                 echo x > ~/.npm/x\ngit status > /dev/null\necho x > /dev/null";
    let (cell, output) = work(check, Bounds::On, "");
    output.ok();
    assert_eq!(cell.repo.file("greeting.txt"), "hello\n");
}

#[test]
fn what_the_agent_is_allowed_its_tests_are_allowed() {
    if !is_there() {
        return;
    }
    let check = "echo x > ~/other/file";
    let (cell, output) = work(check, Bounds::On, "");
    output.fails(1);
    let log = cell.repo.chant(&["log", "001"]).stdout;
    let line = format!("write_allow: [{}]", cell.path("other/file").display());
    assert!(log.contains(&line), "{log}");
    let (cell, output) = work(check, Bounds::On, "    write_allow: [~/other]\n");
    output.ok();
    assert!(cell.path("other/file").exists());
}

#[test]
fn the_checks_of_what_landed_are_in_bounds_too() {
    if !is_there() {
        return;
    }
    let check = "[ ! -e ~/later ] || echo x >> ~/.ssh/authorized_keys";
    let (cell, output) = work(check, Bounds::On, "");
    output.ok();
    write(&cell.path("later"), "");
    let verify = cell.repo.chant_with(|command| {
        command.env_remove("CHANT_SANDBOX").args(["verify", "001"]);
    });
    assert!(
        verify.stderr.contains("the sandbox does not let hostile"),
        "{}",
        verify.stderr
    );
    assert!(!cell.path(".ssh/authorized_keys").exists());
}
