//! `chant why`: from a line back to the issue, through every landing behind it.

use chant_testkit::TestRepo;
use serde_json::Value;

use crate::support::*;

/// Each spec of the chain does its part; the last one commits its own work, under a message of its own choosing.
const WORKER: &str = r#"
case "$CHANT_SPEC_ID" in
001-research)
    echo "two writers" > cause.md ;;
002-plan)
    echo "a lock" > plan.md ;;
003-fix)
    printf 'first\nlock\nlast\n' > store.txt
    git add store.txt
    git commit -q -m "take a lock" ;;
esac
sed -i 's/- \[ \]/- [x]/' "$CHANT_SPEC_FILE"
"#;

fn spec_of(repo: &TestRepo, id: &str, kind: &str, frontmatter: &str) {
    let text = format!(
        "---\ntype: {kind}\nstatus: pending\n{frontmatter}---\n\n# The part of {id}\n\n## Acceptance Criteria\n\n- [ ] It is done\n"
    );
    repo.write(&format!(".chant/specs/{id}.md"), &text);
}

/// An issue, what was found, what is to be done, and the fix.
fn chain(repo: &TestRepo) {
    set_agent(repo, WORKER);
    repo.write("docs/issue-42.md", "# Issue 42: a write is lost\n");
    repo.write("store.txt", "first\nlast\n");
    spec_of(
        repo,
        "001-research",
        "research",
        "informed_by: [docs/issue-42.md, 'https://example.org/42']\ntarget_files: [cause.md]\n",
    );
    spec_of(
        repo,
        "002-plan",
        "research",
        "depends_on: [001-research]\ninformed_by: [cause.md]\ntarget_files: [plan.md]\n",
    );
    spec_of(
        repo,
        "003-fix",
        "code",
        "depends_on: [002-plan]\ninformed_by: [plan.md, store.txt]\nverify: ['grep -q lock store.txt']\n",
    );
}

fn worked() -> TestRepo {
    let repo = TestRepo::new();
    repo.chant(&["init", "--name", "sample"]).ok();
    chain(&repo);
    repo.commit("an issue");
    repo.chant(&["work", "001", "002", "003"]).ok();
    repo
}

#[track_caller]
fn why(repo: &TestRepo, place: &str) -> Value {
    let output = repo.chant(&["why", place, "--json"]);
    output.ok();
    output.json()["data"].clone()
}

fn names(list: &Value, key: &str) -> Vec<String> {
    let list = list.as_array().unwrap().iter();
    list.map(|item| item[key].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_line_of_an_agents_commit_leads_to_the_issue() {
    let repo = worked();
    let story = why(&repo, "store.txt:2");
    let line = &story["lines"][0];
    assert_eq!(line["text"][0], "lock");
    assert_eq!(line["commit"]["subject"], "take a lock");
    assert_eq!(line["landing"]["spec"], "003-fix");
    assert_ne!(line["landing"]["commit"], line["commit"]["oid"]);
    assert_eq!(
        names(&story["chain"], "spec"),
        ["003-fix", "002-plan", "001-research"]
    );
    let check = story["chain"][0]["checks"][0].as_str().unwrap();
    assert!(check.ends_with(": grep -q lock store.txt"), "{check}");
    assert_eq!(story["chain"][1]["used_by"][0], "003-fix");
    assert_eq!(story["chain"][1]["prompt"]["name"], "research");
    let origins = names(&story["origins"], "name");
    assert_eq!(
        origins,
        ["docs/issue-42.md", "https://example.org/42", "store.txt"]
    );
    assert_eq!(story["origins"][0]["title"], "Issue 42: a write is lost");
    let text = repo.chant(&["why", "store.txt:2"]).stdout;
    let order = [
        "take a lock",
        "003-fix",
        "002-plan",
        "001-research",
        "issue-42.md",
    ];
    let at: Vec<_> = order.iter().map(|part| text.find(part).unwrap()).collect();
    assert!(at.is_sorted(), "{text}");
}

#[test]
fn lines_that_no_spec_wrote_and_lines_that_nobody_committed() {
    let repo = worked();
    repo.write("store.txt", "first\nlock\nlast\nmine\n");
    let story = why(&repo, "store.txt");
    let lines = story["lines"].as_array().unwrap();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0]["commit"]["subject"], "an issue");
    assert_eq!(lines[0]["landing"], Value::Null);
    assert_eq!(lines[1]["landing"]["spec"], "003-fix");
    assert_eq!(lines[3]["commit"], Value::Null);
    assert_eq!(story["chain"].as_array().unwrap().len(), 0);
    let text = repo.chant(&["why", "store.txt"]).stdout;
    assert!(
        text.contains("by Tess Ter  an issue") && text.contains("4  not committed yet"),
        "{text}"
    );
    let line = repo.chant(&["why", "store.txt:1"]).stdout;
    assert!(line.contains("no spec wrote this"), "{line}");
    let range = why(&repo, "store.txt:1-4");
    assert_eq!(range["chain"].as_array().unwrap().len(), 3);
}

#[test]
fn a_landing_that_merged_knows_the_commits_beneath_it_from_the_ones_beside_it() {
    let repo = TestRepo::new();
    repo.chant(&["init", "--name", "sample"]).ok();
    let config = repo.file(".chant/config.md");
    let config = config.replacen("---\n", "---\nlanding: {strategy: merge}\n", 1);
    repo.write(".chant/config.md", &config);
    chain(&repo);
    repo.commit("an issue");
    repo.chant(&["work", "001", "002"]).ok();
    // While the agent works, a person commits on the main branch.
    let meanwhile = format!(
        "git -C {root} commit -q --allow-empty -m between\nprintf 'x\\n' > {root}/by-hand.txt\ngit -C {root} add by-hand.txt\ngit -C {root} commit -q -m 'by hand'\n{WORKER}",
        root = repo.path().display()
    );
    set_agent(&repo, &meanwhile);
    repo.chant(&["work", "003"]).ok();
    let merged = repo.git(&["rev-list", "--merges", "--count", "main"]);
    assert_eq!(merged.trim(), "1");
    assert_eq!(
        why(&repo, "store.txt:2")["lines"][0]["landing"]["spec"],
        "003-fix"
    );
    assert_eq!(
        why(&repo, "by-hand.txt:1")["lines"][0]["landing"],
        Value::Null
    );
}

#[test]
fn a_renamed_file_keeps_its_story_also_in_a_fresh_clone() {
    let repo = worked();
    repo.git(&["mv", "store.txt", "a:7.txt"]);
    repo.commit("another name");
    let story = why(&repo, "a:7.txt:2");
    assert_eq!(story["lines"][0]["commit"]["path"], "store.txt");
    assert_eq!(story["lines"][0]["landing"]["spec"], "003-fix");
    let clone = repo.home().join("clone");
    repo.git(&["clone", "-q", ".", clone.to_str().unwrap()]);
    let there = repo.chant(&["-C", clone.to_str().unwrap(), "why", "a:7.txt:2", "--json"]);
    there.ok();
    assert_eq!(there.json()["data"], story);
}

#[test]
fn what_has_no_history_is_told() {
    let repo = worked();
    repo.write("new.txt", "x\n");
    repo.chant(&["why", "new.txt:1"]).fails(3);
    repo.chant(&["why", "nothing.txt"]).fails(3);
    let short = repo.chant(&["why", "store.txt:9"]);
    short.fails(2);
    assert!(
        short.stderr.contains("has only 3 lines"),
        "{}",
        short.stderr
    );
    for place in [
        "docs",
        "../x",
        "/etc/passwd:1",
        "store.txt:0",
        "store.txt:3-2",
        "",
        ".",
    ] {
        repo.chant(&["why", place]).fails(2);
    }
}

#[test]
fn names_and_lines_that_would_steer_a_terminal_are_shown_instead() {
    let repo = worked();
    repo.write("e\u{1b}[2J.txt", "\u{1b}]0;title\u{7}\u{202e}x\n");
    repo.commit("a \u{1b}[31mred\u{9b}1m message");
    for place in ["e\u{1b}[2J.txt", "e\u{1b}[2J.txt:1"] {
        let output = repo.chant(&["why", place]);
        output.ok();
        for text in [&output.stdout, &output.stderr] {
            let harmful = |c: char| c.is_control() && c != '\n' && c != '\t' || c == '\u{202e}';
            assert!(!text.contains(harmful), "{text:?}");
        }
    }
}

#[test]
fn silent_landings_are_known_to_this_clone() {
    let repo = TestRepo::new();
    repo.chant(&["init", "--silent", "--name", "sample"]).ok();
    repo.write("docs/issue-42.md", "# Issue 42: a write is lost\n");
    repo.write("store.txt", "first\nlast\n");
    repo.commit("an issue");
    chain(&repo);
    repo.chant(&["work", "001", "002", "003"]).ok();
    let story = why(&repo, "store.txt:2");
    assert_eq!(story["lines"][0]["landing"]["spec"], "003-fix");
    assert_eq!(
        names(&story["chain"], "spec"),
        ["003-fix", "002-plan", "001-research"]
    );
}

#[test]
fn silent_landings_are_known_after_a_rebase_too() {
    let repo = TestRepo::new();
    repo.chant(&["init", "--silent", "--name", "sample"]).ok();
    repo.write("docs/issue-42.md", "# Issue 42: a write is lost\n");
    repo.write("store.txt", "first\nlast\n");
    repo.commit("an issue");
    repo.git(&["switch", "-q", "-c", "fix/issue-42"]);
    chain(&repo);
    repo.chant(&["work", "001", "002", "003"]).ok();
    repo.git(&["switch", "-q", "main"]);
    repo.write("other.txt", "other\n");
    repo.commit("work of others");
    repo.git(&["switch", "-q", "fix/issue-42"]);
    repo.git(&["rebase", "-q", "main"]);
    let story = why(&repo, "store.txt:2");
    assert_eq!(story["lines"][0]["landing"]["spec"], "003-fix");
    assert_eq!(story["lines"][0]["landing"]["rewritten"], true);
    assert_eq!(
        why(&repo, "store.txt:1")["lines"][0]["landing"],
        Value::Null
    );
}

#[test]
fn the_demos_lock_leads_to_issue_42_through_all_phases() {
    let repo = TestRepo::folder_only();
    if repo.command("python3").arg("--version").output().is_err() {
        eprintln!("skipped: the demo needs python3");
        return;
    }
    let demo = repo.chant_with(|command| {
        command.args(["demo", "d"]).env("CHANT_REPLAY_SPEED", "0");
    });
    demo.ok();
    let file = "d/src/storage/store.py";
    let text = repo.file(file);
    let lock = text
        .lines()
        .position(|line| line.contains("fcntl.flock"))
        .unwrap()
        + 1;
    let place = format!("src/storage/store.py:{lock}");
    let told = format!("why {place}\n");
    assert!(
        demo.stdout.contains(&told),
        "the demo names the line: {}",
        demo.stdout
    );
    assert!(
        demo.stderr
            .contains("proven: the test fails without the fix"),
        "progress goes to standard error: {}",
        demo.stderr
    );
    let output = repo.chant(&["-C", "d", "why", &place, "--json"]);
    output.ok();
    let story = &output.json()["data"];
    let phases = [
        "005-fork-fix",
        "004-impact-map",
        "003-root-cause",
        "002-reproduction",
        "001-comprehension",
    ];
    assert_eq!(names(&story["chain"], "spec"), phases);
    let proof = story["chain"][0]["proof"].as_str().unwrap();
    assert!(proof.contains("result less the fix: red"), "{proof}");
    assert_eq!(story["origins"][0]["name"], "docs/issue-42.md");
}
