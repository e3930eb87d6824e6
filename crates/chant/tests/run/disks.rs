//! Full and read-only disks, made with a mount namespace; skipped with a message where mounting is not allowed.

use std::path::Path;

use chant_testkit::TestRepo;

use crate::support::*;

/// Runs a script in a mount namespace of its own, with the small disk's `$SMALL` folder and `$CHANT`; none where that is
/// not allowed. Exit status 99 means that mounting failed.
fn in_namespace(repo: &TestRepo, small: &Path, script: &str) -> Option<std::process::Output> {
    std::fs::create_dir_all(small).unwrap();
    let output = repo
        .command("unshare")
        .args(["-m", "sh", "-c", script])
        .env("SMALL", small)
        .env("CHANT", chant_testkit::chant_bin())
        .output();
    if let Ok(output) = output
        && output.status.code() != Some(99)
        && !output.stderr.starts_with(b"unshare:")
    {
        return Some(output);
    }
    eprintln!("skipped: mounting needs root");
    None
}

/// Works the spec with a folder on a disk of so many kilobytes; then, with space made, once more.
#[track_caller]
fn fills_up(folder: &str, kilobytes: u32) {
    let repo = with_agent(HONEST);
    repo.write("large.txt", &"a line of some length\n".repeat(2000));
    repo.git(&["add", "large.txt"]);
    repo.git(&["commit", "-q", "-m", "large"]);
    repo.git(&["repack", "-q", "-a", "-d"]);
    let small = repo.path().join(folder);
    let script = format!(
        r#"
        mkdir -p "$SMALL" && cp -r "$SMALL" "$HOME/was" || exit 99
        mount -t tmpfs -o size={kilobytes}k tmpfs "$SMALL" || exit 99
        cp -r "$HOME/was/." "$SMALL"
        "$CHANT" work {ID}; first=$?
        mount -o remount,size=20m "$SMALL" || exit 99
        # An agent that itself met the full disk has failed, and is asked again.
        last=$first
        for _ in 2 3; do test $last = 0 || {{ "$CHANT" work {ID} >&2; last=$?; }}; done
        cp -r "$SMALL" "$HOME/is" && umount "$SMALL" && cp -r "$HOME/is/." "$SMALL"
        echo $first $last
        "#
    );
    let Some(output) = in_namespace(&repo, &small, &script) else {
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let codes = text.trim().lines().last().unwrap_or("").to_owned();
    let what = format!("{kilobytes} KB for {folder}: {codes}: {said}");
    // The very last write to the journal may fail when all is done; then there is nothing left to do.
    let was_done = codes.ends_with(" 4") && said.contains("is completed");
    assert!(codes.ends_with(" 0") || was_done, "{what}");
    if !codes.starts_with('0') {
        // SQLite says "disk I/O error" where it can not map its shared memory; git, which file it could not write.
        let told = ["free some space", "disk is not full", "unable to write"];
        assert!(told.iter().any(|part| said.contains(part)), "{what}");
    }
    assert_landed_once(&repo);
}

#[test]
fn a_full_disk_for_the_state_says_so_and_harms_nothing() {
    for kilobytes in [16, 64, 104, 136, 160] {
        fills_up(".git/chant", kilobytes);
    }
}

#[test]
fn a_full_disk_for_worktrees_says_so_and_harms_nothing() {
    fills_up("../home/worktrees", 16);
}

#[test]
fn a_full_disk_for_objects_says_so_and_harms_nothing() {
    for kilobytes in [24, 40, 56, 80] {
        fills_up(".git/objects", kilobytes);
    }
}

#[test]
fn a_read_only_folder_of_chants_keeps_the_result_until_it_is_writable() {
    let repo = with_agent(HONEST);
    let folder = repo.path().join(".chant");
    let script = format!(
        r#"
        mount --bind "$SMALL" "$SMALL" && mount -o remount,ro,bind "$SMALL" || exit 99
        "$CHANT" work {ID}
        "#
    );
    let Some(output) = in_namespace(&repo, &folder, &script) else {
        return;
    };
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!([Some(1), Some(4)].contains(&output.status.code()), "{text}");
    assert!(text.contains(".chant"), "it says where: {text}");
    assert_eq!(repo.file(SPEC), spec(""));
    set_agent(&repo, "exit 9");
    work(&repo).ok();
    assert_landed_once(&repo);
}
