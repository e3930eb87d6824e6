//! Making completed specs again: `chant work --again` and `--stale`, and what drift says before and after.

use chant_testkit::TestRepo;
use serde_json::Value;

use crate::support::set_agent;

/// What every phase does: it writes what it was told to, and ticks its criteria.
const AGENT: &str = r#"
case "$CHANT_SPEC_ID" in
  001*) mkdir -p notes; grep def src/store.py > notes/001.md ;;
  002*) echo "built on: $(cat notes/001.md | wc -l) lines" > notes/002.md ;;
  003*) grep -q lock src/store.py || sed -i 's/pass/lock/' src/store.py ;;
  004*) echo "about $(cat notes/002.md)" > notes/004.md ;;
esac
sed -i 's/- \[ \]/- [x]/' "$CHANT_SPEC_FILE"
"#;

const CHAIN: [(&str, &str); 4] = [
    (
        "001-find",
        "type: research\ninformed_by: [src/store.py]\ntarget_files: [notes/001.md]\nlabels: [issue-42]\n",
    ),
    (
        "002-cause",
        "type: research\ndepends_on: [001-find]\ninformed_by: [001-find]\ntarget_files: [notes/002.md]\nlabels: [issue-42]\n",
    ),
    (
        "003-fix",
        "type: code\ndepends_on: [002-cause]\ninformed_by: [notes/002.md]\ntarget_files: [src/store.py]\nlabels: [issue-42]\n",
    ),
    (
        "004-note",
        "type: documentation\ninformed_by: [notes/002.md]\ntarget_files: [notes/004.md]\n",
    ),
];

fn spec_path(id: &str) -> String {
    format!(".chant/specs/{id}.md")
}

/// The whole chain, landed.
fn landed(init: &[&str]) -> TestRepo {
    let repo = TestRepo::new();
    repo.write("src/store.py", "def set(): pass\n");
    repo.write("src/other.py", "# other\n");
    repo.commit("code");
    repo.chant(&[&["init", "--name", "sample"], init].concat())
        .ok();
    set_agent(&repo, AGENT);
    for (id, front) in CHAIN {
        repo.write(
            &spec_path(id),
            &format!(
                "---\nstatus: pending\n{front}---\n\n# About {id}\n\n## Acceptance Criteria\n\n- [ ] It is done\n"
            ),
        );
    }
    for (id, _) in CHAIN {
        repo.chant(&["work", id]).ok();
    }
    repo
}

fn stale(repo: &TestRepo, args: &[&str]) -> Vec<String> {
    let report = repo.chant(&[&["drift", "--json"], args].concat());
    let report = report.ok().json();
    let verdicts = report["data"]["specs"].as_array().unwrap();
    verdicts
        .iter()
        .filter(|verdict| verdict["stale"] == true)
        .map(|verdict| verdict["id"].as_str().unwrap().to_owned())
        .collect()
}

fn listed(repo: &TestRepo, id: &str) -> Value {
    let list = repo.chant(&["list", "--json"]).json();
    let specs = list["data"].as_array().unwrap();
    specs.iter().find(|spec| spec["id"] == id).unwrap().clone()
}

/// The commits that landed a spec, newest first.
fn landings(repo: &TestRepo, id: &str) -> Vec<String> {
    let format = "--format=%H %(trailers:key=Chant-Spec,valueonly,separator=%x2C)";
    let log = repo.git(&["log", format, "main"]);
    log.lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(_, spec)| *spec == id)
        .map(|(oid, _)| oid.to_owned())
        .collect()
}

#[test]
fn a_chain_is_clean_until_what_it_was_made_from_changes() {
    let repo = landed(&[]);
    assert_eq!(stale(&repo, &[]), Vec::<String>::new());
    repo.write("src/other.py", "# another comment\n");
    repo.commit("a comment elsewhere");
    assert_eq!(stale(&repo, &[]), Vec::<String>::new());
    repo.write("src/store.py", "def set(): lock\ndef get(): pass\n");
    // 003 depends on it only by what it builds on; all of them do.
    let all = ["001-find", "002-cause", "003-fix", "004-note"];
    assert_eq!(stale(&repo, &[]), all, "not committed");
    assert_eq!(stale(&repo, &["--at", "main"]), Vec::<String>::new());
    repo.commit("a function more");
    assert_eq!(stale(&repo, &[]), all, "committed");
    let clone = repo.home().join("clone");
    let target = clone.to_str().unwrap();
    repo.git(&["clone", "--quiet", repo.path().to_str().unwrap(), target]);
    let said = repo.chant(&["-C", target, "drift", "--json"]).json();
    assert_eq!(said["data"]["stale"], 4, "{said}");
}

#[test]
fn what_is_stale_is_made_again_in_order_until_nothing_is() {
    let repo = landed(&[]);
    repo.write("src/store.py", "def set(): lock\ndef get(): pass\n");
    let said = repo.chant(&["work", "--stale"]);
    assert!(
        said.ok().stderr.contains("not committed"),
        "{}",
        said.stderr
    );
    repo.commit("a function more");
    let said = repo.chant(&["work", "--stale", "--json"]).ok().json();
    let made: Vec<&str> = said["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|report| report["id"].as_str().unwrap())
        .collect();
    assert_eq!(made, ["001-find", "002-cause", "003-fix", "004-note"]);
    assert_eq!(stale(&repo, &[]), Vec::<String>::new());
    for (id, _) in CHAIN {
        assert_eq!(
            landings(&repo, id).len(),
            2,
            "{id}: the old one stays in the history"
        );
    }
    assert_eq!(repo.file("notes/002.md"), "built on: 2 lines\n");
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
}

/// The finding comes out the same, so that nothing that is built on it has to be made again.
#[test]
fn the_same_bytes_free_what_builds_on_them() {
    let repo = landed(&[]);
    repo.write("src/store.py", "def set(): lock\n# a comment\n");
    repo.commit("a comment in it");
    assert_eq!(stale(&repo, &[]).len(), 4);
    // It was `pass` when it was found: the first landing of the finding differs once more.
    repo.chant(&["work", "001", "--again"]).ok();
    repo.chant(&["work", "--stale"]).ok();
    assert_eq!(stale(&repo, &[]), Vec::<String>::new());
    repo.write("src/store.py", "def set(): lock\n# another comment\n");
    repo.commit("another comment in it");
    assert_eq!(stale(&repo, &[]).len(), 4);
    let before = landings(&repo, "002-cause").len();
    let said = repo.chant(&["work", "--stale", "--label", "issue-42"]);
    let text = &said.ok().stderr;
    assert!(text.contains("nothing had to change"), "{text}");
    assert_eq!(
        landings(&repo, "002-cause").len(),
        before,
        "was not made again: {text}\n{}",
        repo.git(&["log", "-p", "-4"])
    );
    assert_eq!(stale(&repo, &[]), Vec::<String>::new());
}

#[test]
fn again_begins_with_nothing_ticked_and_ends_completed() {
    let repo = landed(&[]);
    let done = repo.file(&spec_path("001-find"));
    set_agent(
        &repo,
        &format!(
            "cp \"$CHANT_SPEC_FILE\" \"$HOME/given\"\ncp notes/001.md \"$HOME/left\"\n{AGENT}"
        ),
    );
    repo.chant(&["work", "001"]).fails(4);
    assert!(repo.chant(&["work", "001"]).stderr.contains("--again"));
    repo.chant_with(|command| {
        command
            .args(["work", "001", "--again"])
            .env("CHANT_NOW", "2027-01-01T00:00:00Z");
    })
    .ok();
    let given = std::fs::read_to_string(repo.home().join("given")).unwrap();
    assert!(given.contains("status: pending") && given.contains("- [ ] It is done"));
    assert!(!given.contains("completed_at"), "{given}");
    assert!(repo.home().join("left").exists(), "what it wrote is there");
    let now = repo.file(&spec_path("001-find"));
    assert!(now.contains("status: completed") && now.contains("- [x] It is done"));
    assert!(now.contains("completed_at: 2027-01-01") && !done.contains("2027"));
    assert_eq!(landings(&repo, "001-find").len(), 2);
    let dirty = repo.git(&[
        "status",
        "--porcelain",
        "--",
        "src",
        "notes",
        ".chant/specs",
    ]);
    assert_eq!(dirty, "");
}

#[test]
fn an_attempt_that_fails_leaves_the_old_landing_as_it_is() {
    let repo = landed(&[]);
    set_agent(&repo, "exit 1\n");
    repo.chant(&["work", "001", "--again"]).fails(1);
    assert_eq!(listed(&repo, "001-find")["status"], "completed");
    assert_eq!(stale(&repo, &[]), Vec::<String>::new());
    set_agent(&repo, AGENT);
    repo.chant(&["work", "001", "--again"]).ok();
    assert_eq!(landings(&repo, "001-find").len(), 2);
}

#[test]
fn only_what_is_completed_can_be_made_again() {
    let repo = landed(&[]);
    repo.write(&spec_path("005-open"), "---\nstatus: pending\n---\n\n# T\n");
    let said = repo.chant(&["work", "005", "--again"]);
    assert!(
        said.fails(4).stderr.contains("chant work 005"),
        "{}",
        said.stderr
    );
    repo.write(
        &spec_path("006-gate"),
        "---\nstatus: completed\ngate: human\n---\n\n# T\n",
    );
    repo.chant(&["work", "006", "--again"]).fails(4);
    repo.chant(&["work", "--again"]).fails(2);
    repo.chant(&["work", "001", "--stale"]).fails(2);
}

#[test]
fn lists_and_show_know_what_is_stale() {
    let repo = landed(&[]);
    assert_eq!(listed(&repo, "001-find")["stale"], false);
    repo.write("src/store.py", "def set(): other\n");
    repo.commit("changed");
    let shown = repo.chant(&["show", "001", "--json"]).ok().json();
    assert_eq!(shown["data"]["stale"], true);
    assert_eq!(shown["data"]["drift"][0]["path"], "src/store.py");
    let list = repo.chant(&["list", "--stale", "--json"]).ok().json();
    assert_eq!(list["data"].as_array().unwrap().len(), 4, "{list}");
    let text = repo.chant(&["list"]).ok().stdout.clone();
    assert!(
        text.contains("stale"),
        "what was found out is believed: {text}"
    );
    repo.git(&["commit", "--quiet", "--allow-empty", "-m", "nothing"]);
    assert_eq!(
        listed(&repo, "001-find")["stale"],
        false,
        "and only for that tip"
    );
}

/// In silent mode the journal is the record.
#[test]
fn silent_landings_are_known_to_this_clone() {
    let repo = landed(&["--silent"]);
    assert_eq!(stale(&repo, &[]), Vec::<String>::new());
    repo.write("src/store.py", "def set(): lock\ndef get(): pass\n");
    repo.commit("a function more");
    assert_eq!(stale(&repo, &[]).len(), 4);
    repo.chant(&["work", "--stale"]).ok();
    assert_eq!(stale(&repo, &[]), Vec::<String>::new());
    repo.write("notes/001.md", "by hand\n");
    assert!(stale(&repo, &[]).contains(&"001-find".to_owned()));
    let log = repo.git(&["log", "--format=%B", "main"]);
    assert!(!log.contains("Chant-") && !log.contains("chant("), "{log}");
}

/// A run's own commits must not claim to be landings.
#[test]
fn a_forged_record_is_refused() {
    let repo = landed(&[]);
    let forged = "git commit -q --allow-empty -m 'chant(002-cause): x' -m \"Chant-Spec: 002-cause\nChant-Run: $CHANT_RUN_ID\"\n";
    set_agent(&repo, &format!("{AGENT}\n{forged}"));
    let said = repo.chant(&["work", "001", "--again"]);
    assert!(
        said.fails(1).stderr.contains("claims to be a landing"),
        "{}",
        said.stderr
    );
}
