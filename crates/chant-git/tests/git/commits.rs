//! Commits without a checkout, and merges in memory.

use chant_git::{GitError, Merge, Replayed, with_trailers};
use chant_testkit::TestRepo;

use crate::scratch::{oid, open, put};

const MESSAGE: &str = "subject: ü\n\nbody, with a\n\n-- strange line\n";

#[test]
fn a_commit_is_read_as_it_was_written() {
    let repo = TestRepo::new();
    let git = open(&repo);
    let base = oid(&repo, "HEAD");
    let tree = git
        .write_tree(Some(&base), &[put(&repo, "a", "1")])
        .unwrap();
    let message = with_trailers(MESSAGE, &[("Chant-Spec", "001"), ("Chant-Run", "x")]);
    let first = git
        .commit_tree(&tree, std::slice::from_ref(&base), &message)
        .unwrap();
    let second = git
        .commit_tree(&tree, &[first.clone(), base.clone()], "second")
        .unwrap();
    let log = git.log(&base, &second).unwrap();
    assert_eq!(log.len(), 2);
    assert_eq!(
        (&log[0].oid, &log[0].parents),
        (&second, &vec![first.clone(), base.clone()])
    );
    assert_eq!((&log[1].oid, &log[1].tree), (&first, &tree));
    assert_eq!(log[1].message, message);
    assert_eq!(log[1].subject, "subject: ü");
    assert_eq!(log[1].author.email, "tess@example.com");
    let trailers = repo.git(&[
        "log",
        "-1",
        "--format=%(trailers:key=Chant-Spec,valueonly)",
        first.as_str(),
    ]);
    assert_eq!(trailers.trim(), "001");
    assert_eq!(oid(&repo, "HEAD"), base, "no ref moved");
    assert!(git.log(&second, &second).unwrap().is_empty());
}

#[test]
fn a_commit_needs_somebody() {
    let repo = TestRepo::new();
    repo.git(&["config", "user.name", ""]);
    repo.git(&["config", "user.useConfigOnly", "true"]);
    let git = open(&repo);
    let tree = git.tree_of(&oid(&repo, "HEAD")).unwrap();
    let error = git.commit_tree(&tree, &[], "x").unwrap_err();
    assert!(matches!(error, GitError::NoIdentity), "{error}");
    assert!(error.to_string().contains("git config --global user.email"));
}

#[test]
fn a_failing_signature_is_told_from_other_failures() {
    let repo = TestRepo::new();
    repo.git(&["config", "commit.gpgSign", "true"]);
    repo.git(&["config", "gpg.program", "false"]);
    let git = open(&repo);
    let tree = git.tree_of(&oid(&repo, "HEAD")).unwrap();
    let error = git.commit_tree(&tree, &[], "x").unwrap_err();
    assert!(matches!(error, GitError::Signing { .. }), "{error}");
    git.commit_tree_unsigned(&tree, &[], "x").unwrap();
}

#[test]
fn a_signature_is_made_where_the_settings_say_so() {
    let repo = TestRepo::new();
    let key = repo.home().join("key");
    let made = repo
        .command("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(&key)
        .status();
    assert!(made.unwrap().success(), "this test needs ssh-keygen");
    for (name, value) in [
        ("commit.gpgSign", "true"),
        ("gpg.format", "ssh"),
        ("user.signingKey", key.to_str().unwrap()),
    ] {
        repo.git(&["config", name, value]);
    }
    let git = open(&repo);
    let tree = git.tree_of(&oid(&repo, "HEAD")).unwrap();
    let commit = git.commit_tree(&tree, &[], "signed").unwrap();
    assert!(
        repo.git(&["cat-file", "commit", commit.as_str()])
            .contains("BEGIN SSH SIGNATURE")
    );
}

#[test]
fn merges_are_clean_or_name_the_files() {
    let repo = TestRepo::new();
    repo.write("shared file", "1\n2\n3\n4\n5\n6\n");
    repo.commit("base");
    repo.git(&["switch", "-q", "-c", "theirs"]);
    repo.write("shared file", "1\n2\n3\n4\n5\nsix\n");
    repo.write("theirs", "x");
    repo.commit("theirs");
    repo.git(&["switch", "-q", "main"]);
    repo.write("shared file", "one\n2\n3\n4\n5\n6\n");
    repo.commit("ours");
    let git = open(&repo);
    let Merge::Clean(tree) = git
        .merge(&oid(&repo, "main"), &oid(&repo, "theirs"))
        .unwrap()
    else {
        panic!("clean")
    };
    let merged = git.read_file(&tree, "shared file").unwrap().unwrap();
    assert_eq!(git.blob(&merged.oid).unwrap(), b"one\n2\n3\n4\n5\nsix\n");
    repo.write("shared file", "one\n2\n3\n4\n5\nsechs\n");
    repo.commit("conflict");
    let merged = git.merge(&oid(&repo, "main"), &oid(&repo, "theirs"));
    let Merge::Conflict { files, tree } = merged.unwrap() else {
        panic!("a conflict")
    };
    assert_eq!(files, ["shared file"]);
    let both = git.read_file(&tree, "shared file").unwrap().unwrap();
    let both = String::from_utf8(git.blob(&both.oid).unwrap()).unwrap();
    assert!(both.contains("sechs") && both.contains("six"), "{both}");
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_shallow_clone_merges() {
    let origin = TestRepo::new();
    for number in ["1", "2", "3"] {
        origin.write("a", number);
        origin.commit(number);
    }
    let source = format!("file://{}", origin.path().display());
    let repo = TestRepo::folder_only();
    repo.git(&["clone", "-q", "--depth=1", &source, "."]);
    repo.git(&["config", "user.name", "Tess Ter"]);
    repo.git(&["config", "user.email", "tess@example.com"]);
    let git = open(&repo);
    let base = oid(&repo, "HEAD");
    assert_eq!(git.parent_of(&base).unwrap(), None);
    let side = |path: &str| {
        let tree = git
            .write_tree(Some(&base), &[put(&repo, path, "x")])
            .unwrap();
        git.commit_tree(&tree, std::slice::from_ref(&base), path)
            .unwrap()
    };
    let merged = git.merge(&side("x"), &side("y")).unwrap();
    assert!(matches!(merged, Merge::Clean(_)), "{merged:?}");
    assert_eq!(git.main_branch(None).unwrap().as_str(), "main");
}

#[test]
fn what_landed_after_a_commit_is_a_line_of_first_parents() {
    let repo = TestRepo::new();
    let base = oid(&repo, "HEAD");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.write("side", "1");
    repo.commit("on the side");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("a", "1");
    repo.commit("one");
    let one = oid(&repo, "HEAD");
    repo.git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    let merge = oid(&repo, "HEAD");
    let git = open(&repo);
    assert_eq!(
        git.landed_after(&base, &merge).unwrap(),
        [one, merge.clone()]
    );
    // From a commit of the side branch, the merge is what brought it.
    assert_eq!(
        git.landed_after(&oid(&repo, "side"), &merge)
            .unwrap()
            .last(),
        Some(&merge)
    );
    assert!(git.landed_after(&merge, &merge).unwrap().is_empty());
}

#[test]
fn commits_are_made_again_elsewhere_with_author_time_and_message() {
    let repo = TestRepo::new();
    repo.git(&["switch", "-q", "-c", "theirs"]);
    for (name, time) in [("a", "1700000000 +0200"), ("b", "1700000060 +0200")] {
        repo.write(name, name);
        repo.git(&["add", "-A"]);
        repo.git(&[
            "commit",
            "-q",
            "--author=Ann O. <ann@example.com>",
            "--date",
            time,
            "-m",
            &format!("{name}\n\nwhy: ü\n"),
        ]);
    }
    repo.git(&["switch", "-q", "main"]);
    repo.write("c", "c");
    repo.commit("ours");
    let git = open(&repo);
    let (main, theirs) = (oid(&repo, "main"), oid(&repo, "theirs"));
    let commits = [oid(&repo, "theirs~1"), theirs.clone()];
    let Replayed::Done(made) = git.replay(&commits, &main).unwrap() else {
        panic!("nothing contradicts")
    };
    let shown = |commit: &chant_git::Oid| {
        repo.git(&[
            "log",
            "-1",
            "--date=raw",
            "--format=%an %ae %ad%n%B",
            commit.as_str(),
        ])
    };
    assert_eq!(made.len(), 2);
    assert_eq!(shown(&made[0]), shown(&commits[0]));
    assert_eq!(shown(&made[1]), shown(&commits[1]));
    let files = repo.git(&["ls-tree", "--name-only", made[1].as_str()]);
    assert_eq!(files, "README.md\na\nb\nc\n");
    assert_eq!(
        repo.git(&["rev-list", "--parents", "-1", made[0].as_str()])
            .trim(),
        format!("{} {main}", made[0])
    );
    assert!(
        git.replay(&made, &theirs).is_ok(),
        "what changes nothing is left out"
    );
    repo.write("b", "other");
    repo.commit("contradiction");
    assert_eq!(
        git.replay(&commits, &oid(&repo, "main")).unwrap(),
        Replayed::Conflict { commit: theirs }
    );
}
