//! `chant split`: an agent proposes, a person agrees.

use chant_testkit::{Output, TestRepo};

use crate::support::{ID, SPEC, set_agent, with_agent};

/// Two members for the spec that every test works.
const MEMBERS: &str = r"## Proposed Members

```yaml
members:
  - number: 1
    title: Write the words
    type: code
    description: |
      Only the words.
    criteria:
      - `greeting.txt` holds a greeting
    target_files: [greeting.txt]
    depends_on: []
    informed_by: []
    verify:
      - test -f greeting.txt
  - number: 2
    title: Make them short
    type: code
    description: Cut what is too much.
    criteria:
      - It is short
    target_files: [greeting.txt]
    depends_on: [1]
coverage:
  - criterion: It is short
    members: [2]
```

The words come first.
";

/// An agent that leaves this section, and does what it should not as well.
fn proposing(section: &str) -> String {
    let section = section.replace(
        "      - `greeting.txt` holds",
        "      - \"`greeting.txt` holds\"",
    );
    format!(
        "echo asked >> \"$HOME/asked\"\ncat >> \"$CHANT_SPEC_FILE\" <<'END'\n\n{section}\nEND\necho x > stray.txt\n"
    )
}

fn section() -> String {
    MEMBERS.replace(
        "      - `greeting.txt` holds a greeting",
        "      - \"`greeting.txt` holds a greeting\"",
    )
}

fn splittable() -> TestRepo {
    let repo = with_agent(&proposing(&section()));
    repo.commit("a spec");
    repo
}

fn asked(repo: &TestRepo) -> usize {
    std::fs::read_to_string(repo.home().join("asked"))
        .unwrap_or_default()
        .lines()
        .count()
}

fn error(output: &Output) -> serde_json::Value {
    output.json()["error"].clone()
}

/// Asserts that nothing was made of the agent's answer, and that nothing is left of its work.
fn assert_unchanged(repo: &TestRepo, before: &str) {
    assert_eq!(repo.file(SPEC), before);
    let names: Vec<_> = std::fs::read_dir(repo.path().join(".chant/specs"))
        .unwrap()
        .collect();
    assert_eq!(names.len(), 1, "no member was written");
    assert_eq!(repo.git(&["status", "--porcelain"]).trim(), "");
    let worktrees = repo.git(&["worktree", "list", "--porcelain"]);
    assert_eq!(worktrees.matches("worktree ").count(), 1, "{worktrees}");
}

#[test]
fn members_are_shown_and_written_on_a_yes_and_the_agent_is_asked_once() {
    let repo = splittable();
    let before = repo.file(SPEC);
    // Nobody can answer: they are shown, and the command to type is said.
    let shown = repo.chant(&["split", ID]);
    shown.fails(4);
    assert!(shown.stdout.contains("Write the words"), "{}", shown.stdout);
    assert!(shown.stdout.contains("test -f greeting.txt"));
    assert!(shown.stderr.contains(&format!("chant split {ID} --yes")));
    assert_unchanged(&repo, &before);
    let dry = repo.chant(&["split", ID, "--dry-run", "--json"]).json();
    assert_eq!(dry["data"]["written"], false);
    assert_eq!(
        dry["data"]["members"][1]["depends_on"][0],
        format!("{ID}.1")
    );
    assert_unchanged(&repo, &before);

    let split = repo.chant(&["split", ID, "--yes", "--json"]).json();
    assert_eq!(split["data"]["recorded"]["recorded"], "committed");
    assert_eq!(asked(&repo), 1);
    assert_eq!(repo.git(&["status", "--porcelain"]).trim(), "");
    let driver = repo.file(SPEC);
    assert_eq!(driver, before.replace("type: code", "type: driver"));
    let member = repo.file(&format!(".chant/specs/{ID}.2.md"));
    assert!(
        member.contains(&format!("depends_on:\n  - {ID}.1\n")),
        "{member}"
    );
    assert!(member.contains("# Make them short\n\nCut what is too much.\n"));
    assert!(member.contains("- [ ] It is short\n"));
    let first = repo.file(&format!(".chant/specs/{ID}.1.md"));
    assert!(
        first.contains("verify:\n  - run: test -f greeting.txt\n"),
        "{first}"
    );
    assert_eq!(
        error(&repo.chant(&["split", ID, "--json"]))["code"],
        "wrong-status"
    );

    set_agent(&repo, crate::support::HONEST_QUIET);
    repo.chant(&["work", &format!("{ID}.1")]).ok();
    set_agent(
        &repo,
        "echo hi > greeting.txt; sed -i 's/- \\[ \\]/- [x]/' \"$CHANT_SPEC_FILE\"",
    );
    repo.chant(&["work", &format!("{ID}.2")]).ok();
    assert_eq!(crate::support::state(&repo), "completed");
}

#[test]
fn what_can_not_be_used_is_said_all_at_once_and_nothing_is_written() {
    let check = |section: &str, flaw: &str| {
        let repo = with_agent(&proposing(section));
        repo.commit("a spec");
        let before = repo.file(SPEC);
        let output = repo.chant(&["split", ID, "--yes", "--json"]);
        output.fails(1);
        let error = error(&output);
        assert!(error["message"].as_str().unwrap().contains(flaw), "{error}");
        assert_unchanged(&repo, &before);
    };
    let good = section();
    check(
        &good.replace("depends_on: []", "depends_on: [2]"),
        "members wait for each other: 1 → 2 → 1",
    );
    check(
        &good
            .replace("      - It is short\n", "")
            .replace("title: Write the words", "title: ''"),
        "member 1 has no title; member 2 has no criteria",
    );
    check(
        &good.replace("depends_on: [1]", "depends_on: [7]"),
        "depends on 7, which is no member",
    );
    check(
        &good.replace(
            "target_files: [greeting.txt]",
            "target_files: [../../etc/passwd]",
        ),
        "can not have the target",
    );
    check(
        &good.replace("type: code", "type: driver"),
        "can not be of the type",
    );
    check(
        &good.replace("Only the words.", "```\n      Only the words."),
        "hides its criteria",
    );
    check(
        &good.replace("number: 2", "number: 1"),
        "not numbered from 1 to 2",
    );
    check("## Proposed Members\n\nNone of it.", "no block of YAML");
    check("## Something else", "it left no section");
}

#[test]
fn a_spec_that_is_small_enough_stays_as_it_is() {
    let none = "## Proposed Members\n\n```yaml\nmembers: []\n```\n\nIt is one sitting.";
    let repo = with_agent(&proposing(none));
    repo.commit("a spec");
    let before = repo.file(SPEC);
    let output = repo.chant(&["split", ID, "--yes"]);
    output.fails(4);
    assert!(
        output.stderr.contains("It is one sitting."),
        "{}",
        output.stderr
    );
    assert_unchanged(&repo, &before);
}

#[test]
fn an_agent_that_fails_or_hangs_changes_nothing() {
    let failing = with_agent("exit 3");
    failing.commit("a spec");
    let before = failing.file(SPEC);
    let output = failing.chant(&["split", ID, "--json"]);
    output.fails(1);
    assert_eq!(error(&output)["code"], "agent-failed");
    assert_unchanged(&failing, &before);
    assert_eq!(crate::support::state(&failing), "pending");

    let hanging = with_agent("sleep 1000");
    hanging.write(".chant/config.md", "---\nlimits: {idle: 300ms}\n---\n");
    hanging.commit("a spec");
    let output = hanging.chant(&["split", ID, "--json"]);
    output.fails(1);
    assert_eq!(error(&output)["code"], "agent-timed-out");
    assert_unchanged(&hanging, &before);
}

#[test]
fn members_can_come_from_a_file_and_shared_files_are_warned_of() {
    let repo = with_agent("exit 1");
    repo.commit("a spec");
    let third = "  - number: 3
    title: Make them loud
    type: code
    criteria: [It is loud]
    target_files: [greeting.txt]
    depends_on: [1]
coverage:";
    let own = section()
        .replace("coverage:", third)
        .replace(
            "      - It is short\n    target",
            "      - It is brief\n    target",
        )
        .replace("members: [2]", "members: []");
    repo.write("members.md", &own);
    let dry = repo.chant(&["split", ID, "--from", "members.md", "--dry-run", "--json"]);
    dry.ok();
    assert_eq!(
        dry.json()["data"]["warnings"],
        serde_json::json!([
            "members 2 and 3 both change greeting.txt, and neither waits for the other",
            "no member takes over the criterion \"It is short\"",
        ])
    );
}

#[test]
fn what_was_worked_or_is_done_is_not_split() {
    let repo = splittable();
    repo.write(
        SPEC,
        &repo
            .file(SPEC)
            .replace("status: pending", "status: completed"),
    );
    let output = repo.chant(&["split", ID, "--json"]);
    output.fails(4);
    assert_eq!(error(&output)["code"], "wrong-status");
    assert_eq!(asked(&repo), 0);
    repo.chant(&["split", "../x"]).fails(3);
}

#[test]
fn a_failed_spec_is_split_and_its_attempt_is_kept() {
    let repo = with_agent("echo x > x.txt; exit 1");
    repo.commit("a spec");
    repo.chant(&["work", ID]).fails(1);
    assert_eq!(crate::support::state(&repo), "failed");
    set_agent(&repo, &proposing(&section()));
    repo.chant(&["split", ID, "--yes"]).ok();
    assert_eq!(crate::support::state(&repo), "pending");
    assert!(repo.git(&["for-each-ref", "refs/chant/kept"]).contains(ID));
}

#[test]
fn members_are_added_two_at_once_with_numbers_of_their_own() {
    let repo = TestRepo::new();
    repo.chant(&["init", "--name", "sample"]).ok();
    repo.write(
        ".chant/specs/big.md",
        "---\ntype: driver\nstatus: pending\n---\n\n# Big\n",
    );
    repo.write(
        ".chant/specs/plain.md",
        "---\nstatus: pending\n---\n\n# Plain\n",
    );
    repo.chant(&["add", "--group", "plain", "Part"]).fails(4);
    let mut children: Vec<_> = (0..8)
        .map(|number| {
            let mut command = repo.command(chant_testkit::chant_bin());
            command.args(["-q", "add", "--group", "big", &format!("Part {number}")]);
            command
                .stdout(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    for number in 1..=8 {
        assert!(
            repo.file(&format!(".chant/specs/big.{number}.md"))
                .contains("# Part")
        );
    }
    let shown = repo.chant(&["show", "big", "--json"]).json();
    assert_eq!(shown["data"]["member_ids"].as_array().unwrap().len(), 8);
    repo.chant(&["-q", "add", "--type", "driver", "Another"])
        .ok();
    repo.chant(&["add", "--group", "big.1", "Too deep"])
        .fails(4);
}

/// A proposal is paid for like a run: it is told by `chant cost`, and taken from the budgets.
#[test]
fn what_a_proposal_cost_is_counted() {
    let agent = format!(
        "{}echo '{{\"kind\":\"cost\",\"usd\":3}}'\n",
        proposing(&section())
    );
    let repo = with_agent(&agent);
    let agents = repo.file(".chant/agents.md");
    let (head, rest) = agents.split_at("---\n".len());
    repo.write(
        ".chant/agents.md",
        &format!("{head}budgets: {{day: {{usd: 3}}}}\n{rest}"),
    );
    repo.commit("a spec");
    repo.chant(&["split", ID, "--dry-run"]).ok();
    let cost = repo.chant(&["cost", "--json"]).json();
    assert_eq!(cost["data"]["rows"][0]["name"], "split", "{cost}");
    assert_eq!(cost["data"]["total"]["usd"], 3.0, "{cost}");
    let again = repo.chant(&["split", ID, "--again"]);
    again.fails(4);
    assert!(
        again
            .stderr
            .contains("today's budget is spent: $3.00 of $3.00"),
        "{}",
        again.stderr
    );
    assert_eq!(asked(&repo), 1);
    // What is known already costs nothing.
    repo.chant(&["split", ID, "--yes"]).ok();
    assert_eq!(asked(&repo), 1);
    repo.chant(&["work", ID]).fails(4);
}
