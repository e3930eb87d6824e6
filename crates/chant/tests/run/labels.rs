//! `chant work --label`: a chain in its order, up to where a person decides.

use chant_testkit::TestRepo;

use crate::support::set_agent;

/// Writes what the spec is about, and ticks its boxes.
const WRITER: &str = r#"
for id in a-003 a-002 a-001; do
    case "$CHANT_SPEC_ID" in $id) echo "$id" >> order.txt ;; esac
done
echo done > "$CHANT_SPEC_ID.txt"
sed -i 's/- \[ \]/- [x]/' "$CHANT_SPEC_FILE"
"#;

fn spec(repo: &TestRepo, id: &str, more: &str) {
    let text = format!(
        "---\ntype: code\nstatus: pending\nlabels: [issue-7]\n{more}---\n\n# {id}\n\n## Acceptance Criteria\n\n- [ ] Done\n"
    );
    repo.write(&format!(".chant/specs/{id}.md"), &text);
}

/// Named so that their order by name is not the order they have to be worked in.
fn chain() -> TestRepo {
    let repo = TestRepo::new();
    repo.chant(&["init", "--name", "sample"]).ok();
    set_agent(&repo, WRITER);
    spec(&repo, "a-001", "depends_on: [a-002]\n");
    spec(&repo, "a-002", "depends_on: [a-003]\n");
    spec(&repo, "a-003", "");
    spec(&repo, "a-004", "depends_on: [a-001]\ngate: human\n");
    repo.commit("first");
    repo
}

#[test]
fn a_label_is_worked_in_order_and_up_to_the_gate() {
    let repo = chain();
    let done = repo.chant(&["work", "--label", "issue-7"]);
    done.ok();
    assert_eq!(repo.file("order.txt"), "a-003\na-002\na-001\n");
    assert!(
        done.stdout.contains("a-004 waits at a gate"),
        "{}",
        done.stdout
    );
    // Only the gate is left: that is said in its own words.
    let again = repo.chant(&["work", "--label", "issue-7", "--json"]);
    again.fails(4);
    assert_eq!(again.json()["error"]["code"], "gate-closed");
}

#[test]
fn what_fails_stops_the_rest() {
    let repo = chain();
    set_agent(
        &repo,
        "[ $CHANT_SPEC_ID != a-002 ] || exit 1\n echo x > $CHANT_SPEC_ID.txt\nsed -i 's/- \\[ \\]/- [x]/' \"$CHANT_SPEC_FILE\"",
    );
    repo.chant(&["work", "--label", "issue-7"]).fails(1);
    assert!(repo.path().join("a-003.txt").exists());
    assert!(!repo.path().join("a-001.txt").exists());
}

#[test]
fn a_label_without_work_says_so() {
    let repo = chain();
    let none = repo.chant(&["work", "--label", "issue-8", "--json"]);
    none.fails(4);
    assert_eq!(none.json()["error"]["code"], "nothing-to-do");
    repo.chant(&["work"]).fails(2);
    repo.chant(&["work", "a-003", "--label", "issue-7"])
        .fails(2);
}

#[test]
fn a_finished_label_is_put_away_together() {
    let repo = chain();
    repo.chant(&["work", "--label", "issue-7"]).ok();
    let archived = repo.chant(&["archive", "--label", "issue-7"]);
    archived.ok();
    assert_eq!(archived.stdout.lines().count(), 3, "{}", archived.stdout);
    let left = repo.chant(&["list", "--label", "issue-7", "--json"]).json();
    assert_eq!(left["data"].as_array().unwrap().len(), 1);
}
