//! A disk that is full while several runs land; made with a mount namespace, and skipped where mounting is not allowed.

use crate::many::*;

const IDS: [&str; 6] = ["001-a", "002-b", "003-c", "004-d", "005-e", "006-f"];

/// Works all with a folder on a disk of so many kilobytes; then, with space made, again.
#[track_caller]
fn fills_up(folder: &str, kilobytes: u32) {
    let many = Many::with(&IDS.map(|id| (id, honest(id))));
    many.repo.git(&["repack", "-q", "-a", "-d"]);
    let small = many.repo.path().join(folder);
    let script = format!(
        r#"
        mkdir -p "$SMALL" && cp -r "$SMALL" "$HOME/was" || exit 99
        mount -t tmpfs -o size={kilobytes}k tmpfs "$SMALL" || exit 99
        cp -r "$HOME/was/." "$SMALL"
        "$CHANT" work --parallel=3 --label crew; first=$?
        mount -o remount,size=40m "$SMALL" || exit 99
        last=$first
        for _ in 2 3 4; do test $last = 0 || {{ "$CHANT" work --parallel=3 --label crew >&2; last=$?; }}; done
        cp -r "$SMALL" "$HOME/is" && umount "$SMALL" && cp -r "$HOME/is/." "$SMALL"
        echo $first $last
        "#
    );
    let output = many
        .repo
        .command("unshare")
        .args(["-m", "sh", "-c", &script])
        .env("SMALL", &small)
        .env("CHANT", chant_testkit::chant_bin())
        .output();
    let Ok(output) = output else { return };
    if output.status.code() == Some(99) || output.stderr.starts_with(b"unshare:") {
        eprintln!("skipped: mounting needs root");
        return;
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    eprintln!(
        "{kilobytes} KB for {folder}: {}\n{said}",
        text.trim().lines().last().unwrap_or_default()
    );
    many.assert_landed(&IDS);
    many.assert_quiet();
}

#[test]
fn full_for_the_state() {
    for kilobytes in [120, 200, 280] {
        fills_up(".git/chant", kilobytes);
    }
}

#[test]
fn full_for_objects() {
    for kilobytes in [40, 100, 160] {
        fills_up(".git/objects", kilobytes);
    }
}

#[test]
fn full_for_worktrees() {
    fills_up("../home/worktrees", 60);
}
