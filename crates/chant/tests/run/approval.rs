//! What a person says of a spec: bound to what it is, and not for an agent to say.

use chant_testkit::{Output, TestRepo};
use serde_json::Value;

use crate::support::*;

const ASKED: &str = "approval:\n  required: true\n  status: pending\n";

/// A committed spec that needs approval, and an agent that does the work.
fn asking() -> TestRepo {
    let repo = with_agent(HONEST);
    repo.write(SPEC, &spec(ASKED));
    repo.commit("a spec that needs approval");
    repo
}

fn approve(repo: &TestRepo, id: &str) -> Output {
    repo.chant(&["approve", id, "--by", "Ada Lovelace"])
}

/// The object that `chant show --json` gives.
fn shown(repo: &TestRepo, id: &str) -> Value {
    repo.chant(&["show", id, "--json"]).json()["data"].take()
}

fn blocked_by(repo: &TestRepo, id: &str) -> String {
    let spec = shown(repo, id);
    let reasons = spec["blocked_by"].as_array().unwrap().iter();
    let reasons: Vec<&str> = reasons.filter_map(Value::as_str).collect();
    reasons.join("; ")
}

fn code(output: &Output) -> String {
    output.json()["error"]["code"].as_str().unwrap().to_owned()
}

/// `chant work` is refused for want of an approval, without any trace of a run.
#[track_caller]
fn assert_refused(repo: &TestRepo, because: &str) {
    let refused = repo.chant(&["work", ID, "--json"]);
    assert_eq!(code(refused.fails(4)), "approval-missing");
    assert!(refused.stdout.contains(because), "{}", refused.stdout);
    assert!(refused.stdout.contains(&format!("chant approve {ID} --by")));
    assert!(blocked_by(repo, ID).contains(because));
    assert_eq!(repo.git(&["branch", "--list", "chant/*"]), "");
}

#[test]
fn work_waits_for_an_approval_that_is_recorded_as_a_commit() {
    let repo = asking();
    assert_refused(&repo, "waits for approval");
    let said = approve(&repo, ID);
    said.ok();
    assert!(said.stdout.contains("approved by Ada Lovelace (unsigned)"));
    let front = repo.git(&["show", &format!("main:{SPEC}")]);
    for part in [
        "  required: true\n  status: approved\n  by: Ada Lovelace\n  at: ",
        "  objects: {spec: ",
        "  signature: unsigned\n",
        "## Approval Discussion\n\n- ",
        "Ada Lovelace approved\n",
    ] {
        assert!(front.contains(part), "{part} in {front}");
    }
    assert_eq!(repo.git(&["status", "--porcelain", "--", SPEC]), "");
    let subject = repo.git(&["log", "-1", "--format=%s"]);
    assert_eq!(subject.trim(), "chant(001-greeting): approve");
    let approval = &shown(&repo, ID)["approval"];
    assert_eq!(approval["status"], "approved");
    assert_eq!(approval["lapsed"], false);
    work(&repo).ok();
    assert_landed_once(&repo);
    assert_eq!(shown(&repo, ID)["approval"]["status"], "approved");
}

#[test]
fn the_specs_other_bytes_stay() {
    let repo = asking();
    let before = "---\r\n# mine\r\ntype: code\r\napproval: # ask Ada\r\n  required: true # policy\r\n  ticket: OPS-7\r\n  status: pending\r\nlabels: [a,  b]\r\n---\r\n# T\r\n";
    repo.write(SPEC, before);
    repo.commit("by hand");
    approve(&repo, ID).ok();
    let after = repo.file(SPEC);
    let (head, tail) = before.split_once("  status: pending\r\n").unwrap();
    assert!(after.starts_with(head), "{after:?}");
    assert!(after.contains(tail), "{after:?}");
    assert!(!after.replace("\r\n", "").contains('\n'), "{after:?}");
    assert_eq!(shown(&repo, ID)["approval"]["status"], "approved");
}

#[test]
fn an_approval_lapses_when_the_spec_changes() {
    for (from, to, why) in [
        (
            "Say hello.",
            "Say hello, and delete main.",
            "the spec changed since Ada Lovelace",
        ),
        (
            "It is short",
            "It is long",
            "its criteria changed since Ada Lovelace",
        ),
        (
            "type: code\n",
            "type: code\nmodel: other\n",
            "the spec changed since Ada Lovelace",
        ),
    ] {
        let repo = asking();
        approve(&repo, ID).ok();
        repo.write(SPEC, &repo.file(SPEC).replace(from, to));
        assert_refused(&repo, why);
        let approval = &shown(&repo, ID)["approval"];
        assert_eq!(approval["status"], "lapsed");
        assert_eq!(approval["lapsed"], true);
        assert!(repo.chant(&["list"]).stdout.contains(why));
        repo.commit("changed");
        assert_refused(&repo, why);
        approve(&repo, ID).ok();
        work(&repo).ok();
    }
}

#[test]
fn ticks_and_status_lapse_nothing() {
    let repo = asking();
    approve(&repo, ID).ok();
    let ticked = repo.file(SPEC).replacen("- [ ]", "- [x]", 1);
    repo.write(SPEC, &ticked.replace("status: pending", "status: failed"));
    assert_eq!(shown(&repo, ID)["approval"]["status"], "approved");
    assert_eq!(blocked_by(&repo, ID), "");
}

#[test]
fn an_approval_that_is_typed_into_the_file_does_not_count() {
    let repo = asking();
    let forge = |lines: &str| {
        repo.write(
            SPEC,
            &spec(&format!(
                "approval:\n  required: true\n  status: approved\n{lines}"
            )),
        );
    };
    let unrecorded = "says that Ada approved it, but not of what";
    forge("  by: Ada\n");
    assert_refused(&repo, unrecorded);
    forge("  by: Ada\n  at: 2026-11-21T10:00:00Z\n");
    assert_refused(&repo, unrecorded);
    let zero = "0".repeat(40);
    forge(&format!(
        "  by: Ada\n  at: 2026-11-21T10:00:00Z\n  objects: {{spec: {zero}, criteria: {zero}}}\n"
    ));
    assert_refused(&repo, "changed since Ada approved it");
}

#[test]
fn an_approval_that_was_moved_to_another_spec_does_not_count() {
    let repo = asking();
    approve(&repo, ID).ok();
    let approved = repo.file(SPEC);
    let other = approved.replace("Say hello.", "Say goodbye.");
    repo.write(".chant/specs/002-other.md", &other);
    assert!(blocked_by(&repo, "002").contains("the spec changed since"));
}

#[test]
fn a_rebase_that_changes_the_spec_lapses_its_approval() {
    let repo = asking();
    repo.git(&["checkout", "-q", "-b", "topic"]);
    approve(&repo, ID).ok();
    repo.git(&["checkout", "-q", "main"]);
    repo.write(
        SPEC,
        &repo
            .file(SPEC)
            .replace("type: code", "type: code\nmodel: other"),
    );
    repo.commit("another model");
    repo.git(&["checkout", "-q", "topic"]);
    repo.git(&["-c", "merge.conflictStyle=merge", "rebase", "-q", "main"]);
    assert!(repo.file(SPEC).contains("status: approved"));
    assert_eq!(shown(&repo, ID)["approval"]["status"], "lapsed");
    assert!(blocked_by(&repo, ID).contains("the spec changed since"));
}

#[test]
fn an_agent_cannot_approve() {
    let other = ".chant/specs/002-other.md";
    for attempt in [
        "\"$CHANT_BIN\" approve 002-other --by Agent --json",
        "env -u CHANT_RUN_ID \"$CHANT_BIN\" approve 002-other --by Agent --json",
        "env -i PATH=\"$PATH\" HOME=\"$HOME\" \"$CHANT_BIN\" approve 002-other --by Agent --json",
        "env -i PATH=\"$PATH\" HOME=\"$HOME\" setsid \"$CHANT_BIN\" reject 002-other --by Agent --reason no --json",
    ] {
        let bin = chant_testkit::chant_bin();
        let repo = with_agent("");
        let said = repo.home().join("said.json");
        let main = repo.path().display();
        set_agent(
            &repo,
            &format!(
                "{HONEST}\ncd {main}\nCHANT_BIN={}\nset +e\n{attempt} > {}\necho $? > {}.code\n",
                bin.display(),
                said.display(),
                said.display()
            ),
        );
        repo.write(other, &spec(ASKED));
        repo.commit("specs");
        work(&repo).ok();
        let answer = std::fs::read_to_string(&said).unwrap();
        assert!(answer.contains("\"person-only\""), "{attempt}: {answer}");
        let exit = std::fs::read_to_string(repo.home().join("said.json.code")).unwrap();
        assert_eq!(exit.trim(), "4");
        assert_eq!(repo.file(other), spec(ASKED), "{attempt}");
    }
}

#[test]
fn a_rejection_holds_the_spec_and_says_why() {
    let repo = asking();
    repo.chant(&["reject", ID, "--by", "Ada"]).fails(2);
    repo.chant(&["reject", ID, "--by", "Ada", "--reason", " "])
        .fails(2);
    let said = repo.chant(&[
        "reject",
        ID,
        "--by",
        "Ada",
        "--reason",
        "no test\n## for it",
    ]);
    said.ok();
    assert_refused(&repo, "was rejected by Ada: no test ## for it");
    assert_eq!(shown(&repo, ID)["approval"]["reason"], "no test ## for it");
    assert!(repo.file(SPEC).contains("Ada rejected: no test ## for it"));
    let subject = repo.git(&["log", "-1", "--format=%s"]);
    assert_eq!(subject.trim(), "chant(001-greeting): reject");
    approve(&repo, ID).ok();
    let text = repo.file(SPEC);
    assert_eq!(text.matches("## Approval Discussion").count(), 1);
    assert!(!text.contains("reason:"), "{text}");
    work(&repo).ok();
    let again = repo.chant(&["reject", ID, "--by", "Ada", "--reason", "late", "--json"]);
    assert_eq!(code(again.fails(4)), "wrong-status");
}

#[test]
fn an_interrupted_run_does_not_go_on_after_a_rejection() {
    let repo = asking();
    approve(&repo, ID).ok();
    let stopped = repo.chant_with(|command| {
        command
            .args(["work", ID])
            .env("CHANT_CRASH_AT", "agent:before");
    });
    assert_ne!(stopped.code, Some(0), "it was to crash: {}", stopped.stderr);
    repo.write(SPEC, &repo.file(SPEC).replace("Say hello.", "Say goodbye."));
    let refused = repo.chant(&["work", ID, "--json"]);
    assert_eq!(code(refused.fails(4)), "approval-missing");
    assert!(!repo.path().join("greeting.txt").exists());
}

/// Three specs: the second depends on the first.
fn with_settings(settings: &str) -> TestRepo {
    let repo = asking();
    repo.write(
        ".chant/config.md",
        &format!("---\nproject: {{name: sample}}\n{settings}---\n"),
    );
    repo.write(
        ".chant/specs/002-next.md",
        &spec("depends_on: [001-greeting]\n"),
    );
    repo
}

#[test]
fn what_a_rejection_does_is_a_setting() {
    let reject = |repo: &TestRepo, id: &str| {
        repo.chant(&["reject", id, "--by", "Ada", "--reason", "too big", "--json"])
            .json()["data"]["holds"]
            .take()
    };
    let manual = with_settings("");
    assert_eq!(reject(&manual, ID), Value::Null);
    assert_eq!(
        blocked_by(&manual, "002"),
        "depends on 001-greeting, which is pending"
    );

    let dependency = with_settings("approval: {rejection_action: dependency}\n");
    assert_eq!(reject(&dependency, ID), serde_json::json!(["002-next"]));
    assert_eq!(
        blocked_by(&dependency, "002"),
        "depends on 001-greeting, which was rejected by Ada: too big"
    );
    assert_eq!(
        code(dependency.chant(&["work", "002", "--json"]).fails(4)),
        "blocked"
    );

    let group = with_settings("approval: {rejection_action: group}\n");
    group.write(".chant/specs/big.md", "---\ntype: driver\n---\n# Big\n");
    for member in ["big.1", "big.2", "big.3"] {
        group.write(
            &format!(".chant/specs/{member}.md"),
            &spec("depends_on: []\n"),
        );
    }
    group.write(
        ".chant/specs/big.1.md",
        &spec("").replace("pending", "completed"),
    );
    assert_eq!(reject(&group, "big.3"), serde_json::json!(["big", "big.2"]));
    let why = "is held, because big.3 was rejected by Ada: too big";
    assert_eq!(blocked_by(&group, "big.2"), why);
    assert_eq!(blocked_by(&group, "big"), why);
    assert_eq!(shown(&group, "big.1")["status"], "completed");
    assert_eq!(
        code(group.chant(&["work", "big.2", "--json"]).fails(4)),
        "blocked"
    );

    let wrong = with_settings("approval: {rejection_action: maybe}\n");
    assert_eq!(
        code(wrong.chant(&["list", "--json"]).fails(5)),
        "config-invalid"
    );
}

#[test]
fn a_setting_asks_for_every_spec() {
    let repo = with_agent(HONEST);
    repo.commit("a spec");
    repo.write(".chant/config.md", "---\napproval: {required: true}\n---\n");
    assert_refused(&repo, "waits for approval");
    approve(&repo, ID).ok();
    work(&repo).ok();
}

#[test]
fn who_speaks_has_to_be_said() {
    let repo = asking();
    let unnamed = repo.chant(&["approve", ID]);
    unnamed.fails(2);
    assert!(
        unnamed.stderr.contains("--by \"Tess Ter\""),
        "{}",
        unnamed.stderr
    );
    for name in ["", "  ", "a\nb"] {
        repo.chant(&["approve", ID, "--by", name]).fails(2);
    }
    assert_eq!(repo.file(SPEC), spec(ASKED));
    approve(&repo, "nothing").fails(3);
}

#[test]
fn lists_and_activity_tell_who_said_what() {
    let repo = asking();
    repo.write(".chant/specs/002-b.md", &spec(ASKED));
    repo.write(".chant/specs/003-c.md", &spec(ASKED));
    repo.write(".chant/specs/004-d.md", &spec(""));
    repo.commit("more");
    let at = |time: &str, args: &[&str]| {
        repo.chant_with(|command| {
            command.args(args).env("CHANT_NOW", time);
        })
        .ok();
    };
    at("2026-11-20T10:00:00Z", &["approve", ID, "--by", "Ada"]);
    at(
        "2026-11-21T10:00:00Z",
        &["reject", "002", "--by", "Ben", "--reason", "no"],
    );
    at("2026-11-22T10:00:00Z", &["approve", "003", "--by", "Ada"]);
    repo.write(
        ".chant/specs/003-c.md",
        &repo.file(".chant/specs/003-c.md").replace("Say", "Do"),
    );
    let listed = |word: &str| {
        let list = repo.chant(&["list", "--approval", word, "--json"]).json();
        let ids = list["data"].as_array().unwrap().iter();
        ids.map(|spec| spec["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(listed("approved"), [ID]);
    assert_eq!(listed("rejected"), ["002-b"]);
    assert_eq!(listed("lapsed"), ["003-c"]);
    assert!(listed("pending").is_empty());
    repo.chant(&["list", "--approval", "aproved"]).fails(2);

    let happened = |args: &[&str]| {
        let all = repo.chant(&[&["activity", "--json"], args].concat()).json();
        let all = all["data"].as_array().unwrap().clone();
        let line =
            |it: &Value| format!("{} {} {}", it["what"], it["spec"], it["by"]).replace('"', "");
        all.iter().map(line).collect::<Vec<_>>()
    };
    let all = [
        "approved 003-c Ada",
        "rejected 002-b Ben",
        "approved 001-greeting Ada",
    ];
    assert_eq!(happened(&[]), all);
    assert_eq!(happened(&["--by", "ada"]), [all[0], all[2]]);
    assert_eq!(happened(&["--since", "2026-11-21"]), all[..2]);
    assert_eq!(happened(&["--spec", "002"]), [all[1]]);
    repo.chant(&["activity", "--since", "yesterday"]).fails(2);
    assert!(repo.chant(&["activity"]).stdout.contains("Ben: no"));

    work(&repo).ok();
    assert_eq!(happened(&["--spec", ID]).len(), 2);
    let clone = repo.home().join("clone");
    repo.git(&["clone", "-q", ".", clone.to_str().unwrap()]);
    let elsewhere = repo.chant_with(|command| {
        command.arg("-C").arg(&clone).args(["activity", "--json"]);
    });
    assert_eq!(elsewhere.json()["data"].as_array().unwrap().len(), 4);
}

#[test]
fn an_untracked_spec_is_approved_in_its_file() {
    let repo = with_agent(HONEST);
    let added = repo
        .chant(&["add", "Say hello", "--needs-approval", "--json"])
        .json();
    let id = added["data"]["id"].as_str().unwrap().to_owned();
    assert_eq!(
        code(repo.chant(&["work", &id, "--json"]).fails(4)),
        "approval-missing"
    );
    let said = approve(&repo, &id);
    said.ok();
    assert!(
        said.stderr
            .contains("not committed: git does not track the file"),
        "{}",
        said.stderr
    );
    assert_eq!(blocked_by(&repo, &id), "");
    let happened = repo.chant(&["activity", "--json"]).json();
    assert_eq!(happened["data"][0]["by"], "Ada Lovelace");
}

/// An agent may make new specs, and change one that is its target; it may not speak for a person in them.
#[test]
fn an_agent_that_writes_an_approval_does_not_land() {
    let approved = "---\\napproval: {required: true, status: approved, by: Ada}\\n---\\n# New\\n";
    let gate = "---\\ngate: human\\nstatus: completed\\n---\\n# Passed\\n";
    for (text, lands) in [
        (approved, false),
        (gate, false),
        ("---\\n---\\n# New\\n", true),
    ] {
        let repo = with_agent(&format!(
            "{HONEST_QUIET}\nprintf '%b' '{text}' > .chant/specs/009-new.md"
        ));
        repo.commit("a spec");
        let done = work(&repo);
        if lands {
            done.ok();
        } else {
            done.fails(1);
            let why = "the agent wrote a person's word into .chant/specs/009-new.md";
            assert!(done.stderr.contains(why), "{}", done.stderr);
        }
        assert_eq!(repo.path().join(".chant/specs/009-new.md").exists(), lands);
    }
}

#[test]
fn a_person_vouches_for_what_has_landed() {
    let repo = with_agent(HONEST);
    work(&repo).ok();
    repo.write(
        ".chant/specs/002-next.md",
        &format!("---\ntype: code\ninformed_by: [{ID}]\n---\n\n# Next\n"),
    );
    let before = repo.file(SPEC);
    approve(&repo, ID).ok();
    let spec = shown(&repo, ID);
    assert_eq!(spec["status"], "completed");
    assert_eq!(spec["approval"]["status"], "approved");
    let after = repo.file(SPEC);
    assert!(
        after.contains("  objects: {spec: ") && after.contains(", tree: "),
        "{after}"
    );
    let body = |text: &str| text.split_once("\n---\n").unwrap().1.to_owned();
    assert_eq!(
        body(&after),
        body(&before),
        "what others read is as it landed"
    );
    repo.chant(&["drift", "--exit-code"]).ok();
    approve(&repo, ID).ok();
}
