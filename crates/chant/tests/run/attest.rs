//! What is attested of a landing, and what does not hold.

use chant_testkit::TestRepo;
use serde_json::Value;

use crate::support::*;

const NOTES: &str = "refs/notes/chant";

fn landed() -> TestRepo {
    let repo = with_agent(HONEST);
    repo.write(
        SPEC,
        &spec("informed_by: [README.md]\nverify:\n  - {name: greets, run: grep -q hello greeting.txt}\n"),
    );
    work(&repo).ok();
    repo
}

fn landing(repo: &TestRepo) -> String {
    repo.git(&["rev-parse", "main"]).trim().to_owned()
}

fn statement(repo: &TestRepo, id: &str) -> Value {
    let output = repo.chant(&["attest", id, "--json"]);
    output.ok();
    output.json()["data"]["statement"].clone()
}

/// Replaces the note by what `change` makes of the envelope and its payload.
fn tamper(repo: &TestRepo, change: impl FnOnce(&mut Value, &mut Value)) {
    let note = repo.git(&["notes", "--ref", NOTES, "show", &landing(repo)]);
    let mut envelope: Value = serde_json::from_str(&note).unwrap();
    let mut payload = statement(repo, ID);
    change(&mut envelope, &mut payload);
    let file = repo.home().join("payload");
    std::fs::write(&file, serde_json::to_vec(&payload).unwrap()).unwrap();
    let encoded = repo
        .command("base64")
        .arg("-w0")
        .arg(&file)
        .output()
        .unwrap();
    if envelope["payload"] != "!" {
        envelope["payload"] = String::from_utf8(encoded.stdout).unwrap().into();
    }
    let text = envelope.to_string();
    repo.git(&[
        "notes",
        "--ref",
        NOTES,
        "add",
        "-f",
        "-m",
        &text,
        &landing(repo),
    ]);
}

/// Verifies and returns the fields that do not hold.
#[track_caller]
fn wrong(repo: &TestRepo) -> Vec<String> {
    let output = repo.chant(&["attest", ID, "--verify", "--json"]);
    output.fails(1);
    let error = &output.json()["error"];
    assert_eq!(error["code"], "attestation-invalid");
    let problems = error["details"]["problems"].as_array().unwrap().iter();
    problems
        .map(|problem| problem["field"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_landing_is_attested_whole() {
    let repo = landed();
    let said = statement(&repo, ID);
    assert_eq!(said["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(said["predicateType"], "urn:chant:landing:v1");
    assert_eq!(said["subject"][0]["digest"]["gitCommit"], landing(&repo));
    let tree = repo.git(&["rev-parse", "main^{tree}"]);
    assert_eq!(said["subject"][1]["digest"]["gitTree"], tree.trim());
    let blob = repo.git(&["rev-parse", "main:greeting.txt"]);
    assert_eq!(said["subject"][2]["name"], "greeting.txt");
    assert_eq!(said["subject"][2]["digest"]["gitBlob"], blob.trim());
    let predicate = &said["predicate"];
    assert_eq!(predicate["spec"]["id"], ID);
    assert_eq!(predicate["run"]["attempt"], 1);
    assert_eq!(predicate["commits"].as_array().unwrap().len(), 1);
    assert_eq!(predicate["agent"]["name"], "shell");
    assert_eq!(predicate["inputs"][0]["name"], "README.md");
    assert_eq!(predicate["checks"][0]["name"], "greets");
    assert_eq!(predicate["checks"][0]["passed"], true);
    assert_eq!(
        predicate["criteria"][1],
        serde_json::json!({"text": "It is short", "state": "claimed"})
    );
    repo.chant(&["attest", ID, "--verify"]).ok();
    let envelope: Value =
        serde_json::from_str(&repo.chant(&["attest", ID, "--envelope"]).stdout).unwrap();
    assert_eq!(envelope["payloadType"], "application/vnd.in-toto+json");
    assert_eq!(envelope["signatures"], serde_json::json!([]));
}

#[test]
fn others_get_it_with_the_notes_ref_and_are_told_so() {
    let repo = landed();
    let clone = repo.home().join("clone");
    let there = clone.to_str().unwrap();
    repo.git(&["clone", "-q", ".", there]);
    let without = repo.chant(&["-C", there, "attest", ID, "--verify"]);
    without.fails(3);
    assert!(
        without.stderr.contains("git fetch origin refs/notes/chant"),
        "{}",
        without.stderr
    );
    repo.git(&[
        "-C",
        there,
        "fetch",
        "-q",
        "origin",
        "refs/notes/chant:refs/notes/chant",
    ]);
    repo.chant(&["-C", there, "attest", ID, "--verify"]).ok();
}

#[test]
fn what_was_changed_is_named() {
    let repo = landed();
    let note = repo.git(&["notes", "--ref", NOTES, "show", &landing(&repo)]);
    let again = || {
        repo.git(&[
            "notes",
            "--ref",
            NOTES,
            "add",
            "-f",
            "-m",
            &note,
            &landing(&repo),
        ])
    };
    let other = "0123456789012345678901234567890123456789";

    tamper(&repo, |_, payload| {
        payload["subject"][0]["digest"]["gitCommit"] = other.into();
    });
    assert_eq!(wrong(&repo), ["subject[commit]"]);
    again();
    tamper(&repo, |_, payload| {
        payload["subject"][2]["digest"]["gitBlob"] = other.into();
        payload["predicate"]["outputs"][0]["digest"]["gitBlob"] = other.into();
    });
    assert_eq!(wrong(&repo), ["predicate.outputs[greeting.txt]"]);
    again();
    tamper(&repo, |_, payload| {
        payload["predicate"]["agent"]["model"] = "a better one".into();
    });
    assert_eq!(wrong(&repo), ["predicate.agent.model"]);
    again();
    tamper(&repo, |_, payload| {
        payload["predicate"]["checks"] = serde_json::json!([]);
    });
    assert_eq!(wrong(&repo), ["predicate.checks"]);
    again();
    tamper(&repo, |_, payload| {
        payload["predicate"]["inputs"][0]["digest"]["gitBlob"] = other.into();
    });
    assert_eq!(wrong(&repo), ["predicate.inputs"]);
    again();
    tamper(&repo, |_, payload| {
        payload["predicateType"] = "urn:x".into();
    });
    assert_eq!(wrong(&repo), ["predicateType"]);
    again();
    tamper(&repo, |envelope, _| envelope["payload"] = "!".into());
    assert_eq!(wrong(&repo), ["payload"]);
    repo.chant(&["attest", ID]).fails(1);
    repo.git(&[
        "notes",
        "--ref",
        NOTES,
        "add",
        "-f",
        "-m",
        "\u{1b}[31mnothing",
        &landing(&repo),
    ]);
    let garbage = repo.chant(&["attest", ID, "--verify"]);
    garbage.fails(1);
    assert!(!garbage.stderr.contains('\u{1b}'));
    again();
    repo.chant(&["attest", ID, "--verify"]).ok();
}

#[test]
fn an_attestation_of_another_landing_does_not_pass() {
    let repo = landed();
    let first = repo.git(&["notes", "--ref", NOTES, "show", &landing(&repo)]);
    repo.write(".chant/specs/002-more.md", &spec("verify: ['true']\n"));
    set_agent(
        &repo,
        "echo more > more.txt\nsed -i 's/- \\[ \\]/- [x]/' \"$CHANT_SPEC_FILE\"",
    );
    repo.chant(&["work", "002"]).ok();
    repo.git(&[
        "notes",
        "--ref",
        NOTES,
        "add",
        "-f",
        "-m",
        &first,
        &landing(&repo),
    ]);
    let output = repo.chant(&["attest", "002", "--verify"]);
    output.fails(1);
    assert!(
        output.stderr.contains("predicate.spec.id"),
        "{}",
        output.stderr
    );
}

#[test]
fn two_landings_at_once_keep_both_notes() {
    let repo = with_agent(
        "echo x > \"$CHANT_SPEC_ID.txt\"\nsed -i 's/- \\[ \\]/- [x]/' \"$CHANT_SPEC_FILE\"",
    );
    repo.write(".chant/specs/002-more.md", &spec(""));
    std::thread::scope(|scope| {
        let one = scope.spawn(|| repo.chant(&["work", ID]));
        let two = scope.spawn(|| repo.chant(&["work", "002-more"]));
        one.join().unwrap().ok();
        two.join().unwrap().ok();
    });
    for id in [ID, "002-more"] {
        let output = repo.chant(&["attest", id, "--verify", "--json"]);
        output.ok();
        assert_eq!(output.json()["data"]["kept"], "note");
    }
}

#[test]
fn silent_mode_leaves_no_note_and_still_knows() {
    let repo = TestRepo::new();
    repo.chant(&["init", "--silent", "--name", "sample"]).ok();
    set_agent(&repo, HONEST);
    repo.write(SPEC, &spec("target_files: [greeting.txt]\n"));
    work(&repo).ok();
    assert_eq!(repo.git(&["for-each-ref", "refs/notes"]), "");
    let output = repo.chant(&["attest", ID, "--verify", "--json"]);
    output.ok();
    assert_eq!(output.json()["data"]["kept"], "run");
    assert_eq!(
        statement(&repo, ID)["subject"][0]["digest"]["gitCommit"],
        landing(&repo)
    );
}

#[test]
fn what_has_not_landed_has_none() {
    let repo = with_agent(HONEST);
    let output = repo.chant(&["attest", ID]);
    output.fails(3);
    assert!(
        output.stderr.contains("has not landed"),
        "{}",
        output.stderr
    );
}

#[test]
fn a_crash_around_it_ends_with_one_note() {
    for point in ["record:before", "record:after"] {
        let repo = with_agent(HONEST);
        let killed = repo.chant_with(|command| {
            command.args(["work", ID]).env("CHANT_CRASH_AT", point);
        });
        assert_eq!(killed.code, None, "{}", killed.stderr);
        work(&repo).ok();
        repo.chant(&["attest", ID, "--verify"]).ok();
        let notes = repo.git(&["notes", "--ref", NOTES, "list"]);
        assert_eq!(notes.lines().count(), 1);
        assert_eq!(repo.git(&["rev-list", "--count", NOTES]).trim(), "1");
    }
}

/// A landing that is signed with a key of the person's; `None` where there is no `ssh-keygen`.
fn signed() -> Option<TestRepo> {
    let repo = with_agent(HONEST);
    repo.write(".chant/config.md", "---\nattest: {sign: ssh}\n---\n");
    let key = repo.home().join("key");
    let made = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "tess", "-f"])
        .arg(&key)
        .status();
    if !made.is_ok_and(|status| status.success()) {
        eprintln!("skipped: there is no ssh-keygen");
        return None;
    }
    let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
    let allowed = repo.home().join("allowed");
    std::fs::write(&allowed, format!("tess@example.com {public}")).unwrap();
    for (name, value) in [
        ("user.signingKey", &key),
        ("gpg.ssh.allowedSignersFile", &allowed),
    ] {
        repo.git(&["config", name, value.to_str().unwrap()]);
    }
    work(&repo).ok();
    Some(repo)
}

#[test]
fn a_signature_says_who_stands_for_it_and_covers_all_of_it() {
    let Some(repo) = signed() else { return };
    let good = repo.chant(&["attest", ID, "--verify"]);
    good.ok();
    assert!(
        good.stdout.contains("signed by tess@example.com"),
        "{}",
        good.stdout
    );
    // What git does not say is covered as well.
    tamper(&repo, |_, payload| {
        payload["predicate"]["criteria"][0]["state"] = "proven".into();
    });
    assert_eq!(wrong(&repo), ["signatures"]);
    tamper(&repo, |envelope, _| {
        envelope["signatures"] = serde_json::json!([]);
    });
    assert_eq!(wrong(&repo), ["signatures"]);
}

#[test]
fn a_key_that_can_not_be_used_does_not_hold_up_a_landing() {
    let Some(repo) = signed() else { return };
    repo.git(&["config", "user.signingKey", "/nowhere/key"]);
    repo.write(".chant/specs/002-more.md", &spec(""));
    set_agent(
        &repo,
        "echo more > more.txt\nsed -i 's/- \\[ \\]/- [x]/' \"$CHANT_SPEC_FILE\"",
    );
    let landed = repo.chant(&["work", "002"]);
    landed.ok();
    assert!(landed.stderr.contains("is not signed"), "{}", landed.stderr);
    repo.chant(&["attest", "002", "--verify"]).fails(1);
}
