//! A proof that travels: made in one clone, replayed in another, and not believed when it was tampered with.

use std::path::{Path, PathBuf};
use std::process::Command;

use chant_testkit::{Output, TestRepo};

use crate::support::*;

/// Subtracts where it should add.
const WRONG: &str = "def add(a, b):\n    return a - b\n";

const TEST: &str = "import unittest\n\nfrom calc import add\n\n\nclass Adding(unittest.TestCase):\n    def test_sum(self):\n        self.assertEqual(add(2, 3), 5)\n";

const FIX: &str = ".chant/specs/001-greeting.md";

/// An honest fix: the test first, then the repair, in a commit of the agent's own.
fn honest() -> String {
    format!(
        "cat > test_calc.py <<'TEST'\n{TEST}TEST\nsed -i 's/a - b/a + b/' calc.py\nsed -i 's/- \\[ \\]/- [x]/' \"$CHANT_SPEC_FILE\"\n\
         git add -A && git commit -q -m 'chant(001-greeting): add'\n"
    )
}

/// A repository in which a fix has landed with its proof, and the file of its bundle.
struct Proven {
    repo: TestRepo,
    bundle: PathBuf,
}

fn proven() -> Proven {
    let repo = with_agent(&honest());
    repo.write("calc.py", WRONG);
    repo.write(".gitignore", "__pycache__/\n");
    repo.write(
        FIX,
        &spec(
            "proof:\n  tests: [test_calc.py]\n  run: python3 -m unittest test_calc\n  fails_with: AssertionError\n  repeat: 2\n",
        ),
    );
    repo.commit("a bug");
    work(&repo).ok();
    let bundle = repo.home().join("fix.chant");
    repo.chant(&["bundle", ID, "-o", bundle.to_str().unwrap()])
        .ok();
    Proven { repo, bundle }
}

impl Proven {
    /// A clone that knows nothing of chant: no state, no trust, no agent.
    fn clone_of(&self, name: &str) -> PathBuf {
        let folder = self.repo.home().join(name);
        let from = self.repo.path().to_str().unwrap();
        self.repo
            .git(&["clone", "-q", "--no-local", from, folder.to_str().unwrap()]);
        folder
    }

    fn verify(&self, clone: &Path, bundle: &Path, more: &[&str]) -> Output {
        let stranger = self.repo.home().join("stranger");
        std::fs::create_dir_all(&stranger).unwrap();
        self.repo.chant_with(|command| {
            command
                .current_dir(clone)
                .env("HOME", &stranger)
                .env("SECRET_TOKEN", "hidden")
                .env_remove("CHANT_WORKTREES")
                .env_remove("XDG_CACHE_HOME")
                .arg("verify-bundle")
                .arg(bundle)
                .args(more);
        })
    }

    /// A copy of the bundle that a python script changed: `files` is a dictionary of name and bytes.
    fn tampered(&self, change: &str) -> PathBuf {
        let out = self.repo.home().join("tampered.chant");
        let script = format!(
            "import sys, tarfile, io, json, hashlib\n\
             files = {{}}\n\
             with tarfile.open(sys.argv[1]) as tar:\n\
             \x20   for member in tar: files[member.name] = tar.extractfile(member).read()\n\
             manifest = json.loads(files['manifest.json'])\n\
             {change}\n\
             if 'manifest.json' in files: files['manifest.json'] = json.dumps(manifest).encode()\n\
             with tarfile.open(sys.argv[2], 'w', format=tarfile.USTAR_FORMAT) as tar:\n\
             \x20   for name, content in files.items():\n\
             \x20       entry = tarfile.TarInfo(name); entry.size = len(content)\n\
             \x20       tar.addfile(entry, io.BytesIO(content))\n"
        );
        let done = Command::new("python3")
            .args(["-c", &script])
            .arg(&self.bundle)
            .arg(&out)
            .status()
            .unwrap();
        assert!(done.success());
        out
    }
}

/// Everything in a clone that a replay must leave alone.
fn traces(proven: &Proven, clone: &Path) -> String {
    let git = |args: &[&str]| {
        let all = [&["-C", clone.to_str().unwrap()], args].concat();
        proven.repo.git(&all)
    };
    [
        git(&["status", "--porcelain", "--ignored"]),
        git(&["for-each-ref"]),
        git(&["worktree", "list"]),
        git(&["count-objects", "-v"]),
    ]
    .concat()
}

#[test]
fn a_proof_holds_in_another_clone_and_leaves_no_trace() {
    let proven = proven();
    let clone = proven.clone_of("clone");
    let before = traces(&proven, &clone);
    let output = proven.verify(&clone, &proven.bundle, &["--yes"]);
    let said = &output.ok().stdout;
    assert!(
        said.contains("runs   python3 -m unittest test_calc"),
        "{said}"
    );
    assert!(said.contains("test   test_calc.py"), "{said}");
    assert!(
        said.contains("yes: the test fails without the change"),
        "{said}"
    );
    assert_eq!(traces(&proven, &clone), before);
    let json = proven
        .verify(&clone, &proven.bundle, &["--yes", "--json"])
        .json();
    assert_eq!(json["data"]["holds"], true);
    assert_eq!(json["data"]["rows"].as_array().unwrap().len(), 2);
    let cache = proven.repo.home().join("stranger/.cache/chant/bundles");
    assert_eq!(
        std::fs::read_dir(cache).unwrap().count(),
        0,
        "nothing is left"
    );
}

#[test]
fn the_bundle_holds_the_change_and_nothing_of_chant() {
    let proven = proven();
    let clone = proven.clone_of("clone");
    let shown = proven.verify(&clone, &proven.bundle, &["--show"]);
    let said = &shown.ok().stdout;
    assert!(said.contains("+    return a + b"), "{said}");
    assert!(said.contains("+++ b/test_calc.py"), "{said}");
    assert!(!said.contains(".chant/"), "{said}");
}

#[test]
fn a_clone_with_the_attestations_can_make_the_bundle_as_well() {
    let proven = proven();
    let clone = proven.clone_of("clone");
    let bundle = |name: &str| {
        let out = proven.repo.home().join(name);
        proven.repo.chant_with(|command| {
            command
                .current_dir(&clone)
                .args(["bundle", ID, "-o", out.to_str().unwrap()]);
        })
    };
    let without = bundle("one.chant");
    assert!(
        without
            .fails(4)
            .stderr
            .contains("git fetch origin refs/notes/chant")
    );
    let notes = "refs/notes/chant:refs/notes/chant";
    let folder = clone.to_str().unwrap();
    proven
        .repo
        .git(&["-C", folder, "fetch", "-q", "origin", notes]);
    bundle("two.chant").ok();
    let other = proven.clone_of("other");
    let made = proven.repo.home().join("two.chant");
    proven.verify(&other, &made, &["--yes"]).ok();
}

#[test]
fn what_a_stranger_wrote_is_not_run_unasked() {
    let proven = proven();
    let clone = proven.clone_of("clone");
    let refused = proven.verify(&clone, &proven.bundle, &[]);
    let said = &refused.fails(4).stderr;
    assert!(said.contains("nobody can be asked"), "{said}");
    assert!(said.contains("--show"), "{said}");
}

#[test]
fn a_bundle_that_was_altered_is_told() {
    let proven = proven();
    let clone = proven.clone_of("clone");
    for change in [
        "files['proof.bundle'] = files['proof.bundle'][:-9] + b'tampering'",
        "files['fix.patch'] += b' '",
        "manifest['result']['tree'] = manifest['tests']['tree']",
        "manifest['result'] = manifest['tests']",
        "manifest['test_files'] = ['other.py']",
    ] {
        let output = proven.verify(&clone, &proven.tampered(change), &["--yes"]);
        let said = &output.fails(1).stderr;
        assert!(
            said.contains("no: the bundle was altered"),
            "{change}: {said}"
        );
    }
}

#[test]
fn what_is_no_bundle_is_told_and_nothing_is_unpacked() {
    let proven = proven();
    let clone = proven.clone_of("clone");
    let cut = proven.repo.home().join("cut.chant");
    let whole = std::fs::read(&proven.bundle).unwrap();
    let gone = proven.verify(&clone, Path::new("gone.chant"), &["--yes"]);
    let said = &gone.fails(5).stderr;
    assert_eq!(said.matches("gone.chant").count(), 1, "{said}");
    for length in [0, 300, 5000, whole.len() * 2 / 3] {
        std::fs::write(&cut, &whole[..length.min(whole.len())]).unwrap();
        proven.verify(&clone, &cut, &["--yes"]).fails(5);
    }
    for change in [
        "files['../escaped'] = b'x'",
        "files['/tmp/escaped'] = b'x'",
        "manifest['test_files'] = ['../../escaped']",
        "manifest['proof']['cwd'] = '../..'",
        "manifest['proof']['repeat'] = 1000000",
        "manifest['proof']['run'] = ' '",
        "manifest['format'] = 'chant-bundle/9'",
        "del files['manifest.json']",
        "del files['proof.bundle']",
    ] {
        let output = proven.verify(&clone, &proven.tampered(change), &["--yes"]);
        let said = &output.fails(5).stderr;
        assert!(said.contains("can not be used"), "{change}: {said}");
    }
    assert!(!proven.repo.home().join("escaped").exists());
}

#[test]
fn a_bundle_of_another_repository_is_told() {
    let proven = proven();
    let other = TestRepo::new();
    other.write("a.txt", "a\n");
    other.commit("another project");
    let output = proven.verify(other.path(), &proven.bundle, &["--yes"]);
    let said = &output.fails(4).stderr;
    assert!(said.contains("does not have the commit"), "{said}");
    assert!(said.contains("clone of the repository"), "{said}");
}

#[test]
fn a_proof_that_does_not_hold_is_a_no() {
    let proven = proven();
    let clone = proven.clone_of("clone");
    for (change, why) in [
        ("manifest['proof']['run'] = 'true'", "base + tests"),
        (
            "manifest['proof']['run'] = 'echo AssertionError; false'",
            "result",
        ),
        (
            "manifest['proof']['fails_with'] = 'Deadlock'",
            "base + tests",
        ),
        (
            "manifest['checks'] = [{'name': 'c', 'run': 'exit 3', 'expect': 'pass'}]",
            "exit 3",
        ),
    ] {
        let output = proven.verify(&clone, &proven.tampered(change), &["--yes"]);
        let said = &output.fails(1).stderr;
        assert!(
            said.contains("no: the proof does not hold"),
            "{change}: {said}"
        );
        assert!(said.contains(why), "{change}: {said}");
    }
}

#[test]
fn a_strangers_command_does_not_see_the_users_home() {
    let proven = proven();
    let clone = proven.clone_of("clone");
    let home = proven.repo.home().join("stranger");
    std::fs::create_dir_all(home.join(".ssh")).unwrap();
    std::fs::write(home.join(".ssh/id"), "the key").unwrap();
    // Red where it can read the key or its name, write beside it, or learn of it from the environment.
    let spying = format!(
        "if cat {key} || ls {folder} || echo x > {folder}/x || cat ~/.ssh/id || test -n \"$SECRET_TOKEN\"; then exit 0; fi; python3 -m unittest test_calc",
        key = home.join(".ssh/id").display(),
        folder = home.join(".ssh").display(),
    );
    let bundle = proven.tampered(&format!("manifest['proof']['run'] = {spying:?}"));
    if !chant_os::confine::is_supported() {
        let output = proven.verify(&clone, &bundle, &["--show"]);
        assert!(output.ok().stderr.contains("could read what you can"));
        eprintln!("skipped in part: this system can not confine a command");
        return;
    }
    let output = proven.verify(&clone, &bundle, &["--yes"]);
    assert!(!output.ok().stdout.contains("the key"), "{}", output.stdout);
    assert!(!home.join(".ssh/x").exists());
}

#[test]
fn only_a_landed_fix_with_a_proof_is_bundled() {
    let repo = with_agent(HONEST);
    repo.write(SPEC, &spec(""));
    let out = repo.home().join("x.chant");
    let bundle = |repo: &TestRepo| repo.chant(&["bundle", ID, "-o", out.to_str().unwrap()]);
    let said = bundle(&repo);
    assert!(
        said.fails(4).stderr.contains("has not landed"),
        "{}",
        said.stderr
    );
    work(&repo).ok();
    let said = bundle(&repo);
    assert!(
        said.fails(4).stderr.contains("no red-to-green proof"),
        "{}",
        said.stderr
    );
    let proven = proven();
    let again = proven
        .repo
        .chant(&["bundle", ID, "-o", proven.bundle.to_str().unwrap()]);
    assert!(
        again.fails(4).stderr.contains("is there already"),
        "{}",
        again.stderr
    );
}
