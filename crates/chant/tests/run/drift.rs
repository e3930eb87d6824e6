//! `chant drift` against histories made by hand: what counts as a change, what does not, and what can not be known.

use std::fmt::Write as _;
use std::io::Write as _;

use chant_testkit::TestRepo;
use serde_json::Value;

/// A project whose `src/store.py` everything is about.
fn project() -> TestRepo {
    let repo = TestRepo::new();
    repo.chant(&["init", "--name", "sample"]).ok();
    repo.write("src/store.py", "def set(): pass\n");
    repo.write("src/other.py", "# other\n");
    repo.commit("a project");
    repo
}

fn path_of(id: &str) -> String {
    format!(".chant/specs/{id}.md")
}

fn spec_text(frontmatter: &str, id: &str) -> String {
    format!(
        "---\nstatus: completed\n{frontmatter}---\n\n# The title of {id}\n\n## Acceptance Criteria\n\n- [x] One\n"
    )
}

/// Lands a spec as chant does: its file, its outputs, and the record of these inputs.
fn land(repo: &TestRepo, id: &str, frontmatter: &str, inputs: &[&str], outputs: &[(&str, &str)]) {
    repo.write(&path_of(id), &spec_text(frontmatter, id));
    let inputs: Vec<String> = inputs
        .iter()
        .map(|input| match input.split_once(' ') {
            Some(_) => (*input).to_owned(),
            None => format!("{} {input}", repo.git(&["hash-object", input]).trim()),
        })
        .collect();
    let base = repo.git(&["rev-parse", "HEAD"]);
    for (path, text) in outputs {
        repo.write(path, text);
    }
    let outputs: Vec<String> = outputs
        .iter()
        .map(|(path, _)| format!("{} {path}", repo.git(&["hash-object", path]).trim()))
        .collect();
    let mut message = format!(
        "chant({id}): T\n\nChant-Spec: {id}\nChant-Run: {}\nChant-Base: {base}",
        run_id(repo)
    );
    for (key, values) in [("Chant-Input", inputs), ("Chant-Output", outputs)] {
        for value in values {
            let _ = writeln!(message, "{key}: {value}");
        }
    }
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "--quiet", "--allow-empty", "-m", &message]);
}

/// A run's id, another one each time.
fn run_id(repo: &TestRepo) -> String {
    let count = repo.git(&["rev-list", "--count", "HEAD"]);
    format!("01KARGXV1K7TKJJ4V7{:0>8}", count.trim())
}

fn drift(repo: &TestRepo, args: &[&str]) -> Value {
    let output = repo.chant(&[&["drift", "--json"], args].concat());
    output.ok().json()["data"].clone()
}

/// The reasons of a spec, each as `<reason> <path or spec> <change or key>`.
fn reasons(report: &Value, id: &str) -> Vec<String> {
    let verdicts = report["specs"].as_array().unwrap();
    let verdict = verdicts.iter().find(|verdict| verdict["id"] == id);
    let reasons = verdict.map_or(&[][..], |verdict| {
        verdict["reasons"].as_array().unwrap().as_slice()
    });
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    reasons
        .iter()
        .map(|reason| match reason["reason"].as_str() {
            Some("inherited") => format!("inherited {}", text(&reason["from"])),
            kind => format!(
                "{} {} {}",
                kind.unwrap_or_default(),
                text(&reason["path"]),
                text(&reason["change"])
            ),
        })
        .collect()
}

/// The ids that are named, and whether they are stale.
fn named(report: &Value) -> Vec<(String, bool)> {
    let verdicts = report["specs"].as_array().unwrap();
    verdicts
        .iter()
        .map(|verdict| {
            (
                verdict["id"].as_str().unwrap().to_owned(),
                verdict["stale"].as_bool().unwrap(),
            )
        })
        .collect()
}

#[track_caller]
fn clean(repo: &TestRepo) {
    assert_eq!(named(&drift(repo, &[])), [], "nothing is named");
}

const RESEARCH: &str =
    "type: research\ninformed_by: [src/store.py]\ntarget_files: [notes/001.md]\n";

fn researched() -> TestRepo {
    let repo = project();
    land(
        &repo,
        "001-find",
        RESEARCH,
        &["src/store.py"],
        &[("notes/001.md", "found\n")],
    );
    repo
}

/// What became of an input, whichever way, is said as what it is, in the work tree and once committed.
#[test]
fn an_input_that_is_not_what_it_was() {
    let check = |change: &dyn Fn(&TestRepo), expect: &str| {
        let repo = researched();
        clean(&repo);
        change(&repo);
        let wanted = format!("input src/store.py {expect}");
        assert_eq!(reasons(&drift(&repo, &[]), "001-find"), [wanted.as_str()]);
        repo.git(&["add", "-A"]);
        repo.git(&["commit", "--quiet", "-m", "changed"]);
        assert_eq!(reasons(&drift(&repo, &[]), "001-find"), [wanted.as_str()]);
        let tip = drift(&repo, &["--at", "main"]);
        assert_eq!(reasons(&tip, "001-find"), [wanted.as_str()]);
        let before = drift(&repo, &["--at", "main~1"]);
        assert_eq!(named(&before), []);
    };
    let remove = |repo: &TestRepo| std::fs::remove_file(repo.path().join("src/store.py")).unwrap();
    check(&|repo| repo.write("src/store.py", "other\n"), "changed");
    check(&remove, "deleted");
    check(
        &|repo| {
            repo.git(&["mv", "src/store.py", "src/moved.py"]);
        },
        "deleted",
    );
    check(
        &|repo| {
            remove(repo);
            repo.write("src/store.py/inside", "x\n");
        },
        "folder",
    );
    check(
        &|repo| {
            remove(repo);
            std::os::unix::fs::symlink("other.py", repo.path().join("src/store.py")).unwrap();
        },
        "link",
    );
    check(
        &|repo| {
            remove(repo);
            repo.git(&["init", "--quiet", "src/store.py"]);
            repo.git(&[
                "-C",
                "src/store.py",
                "-c",
                "user.name=a",
                "-c",
                "user.email=a@example.com",
                "commit",
                "--quiet",
                "--allow-empty",
                "-m",
                "x",
            ]);
        },
        "submodule",
    );
}

#[test]
fn other_files_and_the_same_content_again_are_no_drift() {
    let repo = researched();
    repo.write("src/other.py", "# another comment\n");
    clean(&repo);
    repo.write("src/store.py", "changed\n");
    repo.commit("changed");
    repo.write("src/store.py", "def set(): pass\n");
    repo.commit("and back");
    clean(&repo);
    repo.git(&["update-index", "--chmod=+x", "src/store.py"]);
    repo.git(&["commit", "--quiet", "-m", "mode"]);
    repo.git(&["checkout", "--quiet", "."]);
    clean(&repo);
}

#[test]
fn a_fresh_clone_is_clean_and_says_the_same_of_a_change() {
    let repo = researched();
    land(
        &repo,
        "002-local",
        "informed_by: [ignored.md]\n",
        &["e69de29bb2d1d6434b8b29ae775ad8c2e48c5391 ignored.md"],
        &[],
    );
    let clone = repo.home().join("clone");
    let target = clone.to_str().unwrap();
    repo.git(&["clone", "--quiet", repo.path().to_str().unwrap(), target]);
    let said = repo.chant(&["-C", target, "drift", "--exit-code", "--explain"]);
    let text = &said.ok().stdout;
    assert!(
        text.contains("Nothing is stale: 2 completed specs"),
        "{text}"
    );
    assert!(text.contains("git never had it"), "{text}");
    std::fs::write(clone.join("src/store.py"), "changed\n").unwrap();
    let said = repo.chant(&["-C", target, "drift", "--exit-code"]);
    let text = &said.fails(1).stdout;
    assert!(
        text.contains("stale  001-find") && text.contains("not committed"),
        "{text}"
    );
}

#[test]
fn globs_and_folders_gain_and_lose_files() {
    let repo = project();
    land(
        &repo,
        "001-find",
        "type: research\ninformed_by: ['src/*.py', docs/]\ntarget_files: [notes/001.md]\n",
        &["src/store.py", "src/other.py"],
        &[("notes/001.md", "found\n")],
    );
    repo.write("src/new.py", "new\n");
    repo.write("src/deep/not.py", "too deep\n");
    repo.write("docs/new.md", "new\n");
    repo.git(&["rm", "--quiet", "src/other.py"]);
    let report = drift(&repo, &[]);
    let mut found = reasons(&report, "001-find");
    found.sort();
    assert_eq!(
        found,
        [
            "input docs/new.md added",
            "input src/new.py added",
            "input src/other.py deleted"
        ]
    );
}

/// The chain's own fix changes what its research has read: that is no drift. What comes after it is.
#[test]
fn what_the_chain_makes_of_its_inputs_is_accepted() {
    let repo = researched();
    let fix = "depends_on: [001-find]\ntarget_files: [src/store.py]\n";
    land(
        &repo,
        "002-fix",
        fix,
        &["notes/001.md", "src/store.py"],
        &[("src/store.py", "def set(): lock\n")],
    );
    clean(&repo);
    let explained = drift(&repo, &["001", "--explain"]);
    let look = &explained["specs"][0]["looked_at"][0];
    assert_eq!(look["verdict"], "accepted", "{look}");
    assert!(look["because"].as_str().unwrap().contains("002-fix"));
    // A third, which has nothing to do with them, changes it as well.
    land(
        &repo,
        "003-else",
        "target_files: [src/store.py]\n",
        &[],
        &[("src/store.py", "def set(): other\n")],
    );
    let report = drift(&repo, &[]);
    assert_eq!(reasons(&report, "001-find"), ["input src/store.py changed"]);
    let compare = &report["specs"][0]["reasons"][0]["compare"];
    let accepted = repo.git(&["rev-parse", "HEAD~1:src/store.py"]);
    assert_eq!(
        compare.as_str().unwrap(),
        format!("git diff {} -- src/store.py", &accepted[..12]),
        "compared with the last value that was accepted"
    );
}

/// A change by hand that the fix was then built upon is not made good by the fix.
#[test]
fn a_change_between_is_not_accepted_with_what_follows() {
    let repo = researched();
    repo.write("src/store.py", "def set(): by_hand\n");
    repo.commit("by hand");
    land(
        &repo,
        "002-fix",
        "depends_on: [001-find]\ntarget_files: [src/store.py]\n",
        &["notes/001.md"],
        &[("src/store.py", "def set(): lock\n")],
    );
    let report = drift(&repo, &[]);
    assert_eq!(reasons(&report, "001-find"), ["input src/store.py changed"]);
    assert_eq!(reasons(&report, "002-fix"), ["inherited 001-find"]);
}

#[test]
fn an_edited_finding_is_stale_and_edited_code_is_said() {
    let repo = researched();
    land(
        &repo,
        "002-code",
        "type: code\n",
        &[],
        &[("src/new.py", "new\n")],
    );
    repo.write("notes/001.md", "edited\n");
    repo.write("src/new.py", "edited\n");
    let report = drift(&repo, &[]);
    assert_eq!(
        named(&report),
        [
            ("001-find".to_owned(), true),
            ("002-code".to_owned(), false)
        ]
    );
    assert_eq!(
        reasons(&report, "001-find"),
        ["output notes/001.md changed"]
    );
    assert_eq!(reasons(&report, "002-code"), ["output src/new.py changed"]);
    assert_eq!(report["stale"], 1);
    repo.git(&["checkout", "--quiet", "."]);
    clean(&repo);
}

#[test]
fn bookkeeping_in_a_spec_is_no_change_and_its_text_is() {
    let repo = project();
    repo.write(&path_of("000-ask"), &spec_text("", "000-ask"));
    repo.commit("a spec");
    let raw = repo.git(&["hash-object", &path_of("000-ask")]);
    // As the first landings recorded it: by the whole file.
    let recorded = format!("{} {}", raw.trim(), path_of("000-ask"));
    land(
        &repo,
        "001-find",
        "informed_by: [000-ask]\n",
        &[&recorded],
        &[],
    );
    clean(&repo);
    let changed = spec_text("completed_at: 2026-11-21T10:00:00Z\nmodel: m\n", "000-ask")
        .replace("status: completed", "status: pending")
        .replace("[x]", "[ ]");
    repo.write(&path_of("000-ask"), &changed);
    clean(&repo);
    repo.commit("bookkeeping");
    clean(&repo);
    repo.write(&path_of("000-ask"), &changed.replace("One", "Another"));
    let report = drift(&repo, &[]);
    assert_eq!(
        reasons(&report, "001-find"),
        ["input .chant/specs/000-ask.md changed"]
    );
}

#[test]
fn put_away_is_not_gone() {
    let repo = project();
    land(&repo, "000-ask", "", &[], &[]);
    land(
        &repo,
        "001-find",
        "informed_by: [000-ask]\n",
        &[&path_of("000-ask")],
        &[],
    );
    clean(&repo);
    repo.chant(&["archive", "000-ask"]).ok();
    clean(&repo);
}

/// Specs from before there were records are compared with the commit that completed them.
#[test]
fn what_was_completed_before_there_were_records_is_inferred() {
    let repo = project();
    repo.write(
        &path_of("001-old"),
        &spec_text(RESEARCH, "001-old").replace("status: completed", "status: pending"),
    );
    repo.commit("a spec");
    repo.write(&path_of("001-old"), &spec_text(RESEARCH, "001-old"));
    repo.write("notes/001.md", "found\n");
    repo.commit("done");
    // A later change of the file is not what completed it.
    let text = spec_text(RESEARCH, "001-old");
    repo.write("src/store.py", "changed\n");
    repo.write(&path_of("001-old"), &format!("{text}\nA remark.\n"));
    repo.commit("later");
    let report = drift(&repo, &[]);
    assert_eq!(reasons(&report, "001-old"), ["input src/store.py changed"]);
    assert_eq!(report["specs"][0]["inferred"], true);
    repo.write("src/store.py", "def set(): pass\n");
    clean(&repo);
    // Nobody has ever committed this one.
    repo.write(
        &path_of("002-never"),
        &spec_text("informed_by: [src/store.py]\n", "002-never"),
    );
    let report = drift(&repo, &[]);
    assert_eq!(report["unknown"], serde_json::json!(["002-never"]));
    assert_eq!(named(&report), []);
}

#[test]
fn a_circle_of_inputs_is_said_and_ends() {
    let repo = project();
    for (id, other) in [("001-a", "002-b"), ("002-b", "001-a")] {
        repo.write(
            &path_of(other),
            &spec_text(&format!("informed_by: [{id}, src/store.py]\n"), other),
        );
    }
    repo.commit("two specs");
    for (id, other) in [("001-a", "002-b"), ("002-b", "001-a")] {
        let front = format!("informed_by: [{other}, src/store.py]\n");
        land(&repo, id, &front, &[&path_of(other), "src/store.py"], &[]);
    }
    let report = drift(&repo, &[]);
    assert_eq!(named(&report), []);
    assert_eq!(report["circles"].as_array().unwrap().len(), 1, "{report}");
    repo.write("src/store.py", "changed\n");
    let report = drift(&repo, &[]);
    for (id, other) in [("001-a", "002-b"), ("002-b", "001-a")] {
        assert_eq!(
            reasons(&report, id),
            [
                "input src/store.py changed".to_owned(),
                format!("inherited {other}")
            ]
        );
    }
}

#[test]
fn a_chain_of_two_hundred_specs() {
    const LENGTH: usize = 200;
    let repo = project();
    let mut stream = String::new();
    let data = |stream: &mut String, text: &str| {
        let _ = write!(stream, "data {}\n{text}\n", text.len());
    };
    let store = repo.git(&["rev-parse", "HEAD:src/store.py"]);
    for number in 0..LENGTH {
        let id = format!("{number:03}-link");
        let (front, input) = match number.checked_sub(1) {
            None => (
                "informed_by: [src/store.py]\n".to_owned(),
                format!("Chant-Input: {} src/store.py\n", store.trim()),
            ),
            Some(before) => (format!("depends_on: [{before:03}-link]\n"), String::new()),
        };
        let message = format!(
            "chant({id}): T\n\nChant-Spec: {id}\nChant-Run: 01KARGXV1K7TKJJ4V7{number:0>8}\n{input}"
        );
        stream.push_str("commit refs/heads/main\ncommitter T <t@example.com> 1763700000 +0000\n");
        data(&mut stream, &message);
        if number == 0 {
            stream.push_str("from refs/heads/main^0\n");
        }
        let _ = writeln!(stream, "M 100644 inline {}", path_of(&id));
        data(&mut stream, &spec_text(&front, &id));
    }
    let mut import = repo
        .command("git")
        .args(["fast-import", "--quiet"])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    import
        .stdin
        .take()
        .unwrap()
        .write_all(stream.as_bytes())
        .unwrap();
    assert!(import.wait().unwrap().success());
    repo.git(&["reset", "--quiet", "--hard", "main"]);
    clean(&repo);
    repo.write("src/store.py", "changed\n");
    let report = drift(&repo, &[]);
    assert_eq!(report["stale"], LENGTH);
    let order: Vec<String> = named(&report).into_iter().map(|(id, _)| id).collect();
    let mut sorted = order.clone();
    sorted.sort();
    assert_eq!(order, sorted, "upstream first");
    assert_eq!(reasons(&report, "199-link"), ["inherited 198-link"]);
}

#[test]
fn a_document_that_follows_a_source() {
    let repo = project();
    land(
        &repo,
        "001-doc",
        "type: documentation\ntracks: [src/store.py]\ntarget_files: [docs/store.md]\n",
        &["src/store.py"],
        &[("docs/store.md", "It sets.\n")],
    );
    repo.write("src/store.py", "changed\n");
    repo.commit("changed");
    let said = repo.chant(&["drift"]);
    let commit = repo.git(&["rev-parse", "HEAD"]);
    let wanted = format!(
        "docs/store.md follows src/store.py (changed in {}, ",
        &commit[..7]
    );
    assert!(said.ok().stdout.contains(&wanted), "{}", said.stdout);
}

#[test]
fn addresses_can_not_be_known_and_that_is_said_once() {
    let repo = project();
    let url = "https://example.com/42";
    land(
        &repo,
        "001-find",
        &format!("origin: ['{url}']\n"),
        &[&format!("- {url}")],
        &[],
    );
    let report = drift(&repo, &[]);
    assert_eq!(
        (&report["unknowable"], &report["stale"]),
        (&1.into(), &0.into())
    );
    let said = repo.chant(&["drift", "001", "--explain"]);
    assert!(said.ok().stdout.contains(url), "{}", said.stdout);
}

#[test]
fn what_can_not_be_asked() {
    let repo = researched();
    repo.chant(&["drift", "--at", "no-such-commit"]).fails(2);
    repo.chant(&["drift", "--at", "main", "--worktree"])
        .fails(2);
    repo.chant(&["drift", "nobody"]).fails(3);
    repo.write(&path_of("002-open"), "---\nstatus: pending\n---\n\n# T\n");
    let report = drift(&repo, &["002-open"]);
    assert_eq!(report["open"], serde_json::json!(["002-open"]));
    let empty = TestRepo::new();
    empty.chant(&["init"]).ok();
    let said = empty.chant(&["drift", "--exit-code"]);
    assert!(said.ok().stdout.contains("No spec is completed yet"));
}

#[test]
fn away_from_the_main_branch_its_tip_is_compared() {
    let repo = researched();
    repo.git(&["switch", "--quiet", "-c", "mine"]);
    repo.write("src/store.py", "changed\n");
    let report = drift(&repo, &[]);
    assert_eq!(report["compared"]["with"], "commit");
    assert_eq!(named(&report), []);
    let report = drift(&repo, &["--worktree"]);
    assert_eq!(report["compared"]["with"], "worktree");
    assert_eq!(report["stale"], 1);
}
