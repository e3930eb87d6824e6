//! `approval.sign`: an approval counts by its key, checked against those that may sign.

use std::process::Command;

use chant_testkit::TestRepo;

use crate::support::*;

const ASKED: &str = "approval:\n  required: true\n  status: pending\n";

/// A repository that asks for signed approvals, and Ada's key; `None` where there is no `ssh-keygen`.
fn signing() -> Option<TestRepo> {
    let repo = with_agent(HONEST);
    repo.write(SPEC, &spec(ASKED));
    repo.write(".chant/config.md", "---\napproval: {sign: ssh}\n---\n");
    repo.commit("specs");
    for name in ["ada", "eve"] {
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"])
            .arg(repo.home().join(name))
            .status();
        if !made.is_ok_and(|status| status.success()) {
            eprintln!("skipped: there is no ssh-keygen");
            return None;
        }
    }
    let public = std::fs::read_to_string(repo.home().join("ada.pub")).unwrap();
    let allowed = repo.home().join("allowed");
    std::fs::write(&allowed, format!("ada@example.com {public}")).unwrap();
    repo.git(&[
        "config",
        "gpg.ssh.allowedSignersFile",
        allowed.to_str().unwrap(),
    ]);
    sign_with(&repo, "ada");
    Some(repo)
}

fn sign_with(repo: &TestRepo, name: &str) {
    let key = repo.home().join(name).display().to_string();
    repo.git(&["config", "user.signingKey", &key]);
}

fn blocked_by(repo: &TestRepo) -> String {
    repo.chant(&["show", ID, "--json"]).json()["data"]["blocked_by"].to_string()
}

#[test]
fn a_signed_approval_counts_and_says_whose_key_it_was() {
    let Some(repo) = signing() else { return };
    let said = repo.chant(&["approve", ID, "--by", "Ada"]);
    said.ok();
    assert!(
        said.stdout.contains("(signed by ada@example.com)"),
        "{}",
        said.stdout
    );
    assert!(
        repo.file(SPEC)
            .contains("  signature: |\n    -----BEGIN SSH SIGNATURE-----\n")
    );
    let shown = repo.chant(&["show", ID]).stdout;
    assert!(shown.contains("signed by ada@example.com"), "{shown}");
    let shown = repo.chant(&["show", ID, "--json"]).json();
    assert_eq!(shown["data"]["approval"]["signed"], true);
    assert_eq!(shown["data"]["signature"], "signed by ada@example.com");
    work(&repo).ok();
    assert_landed_once(&repo);
}

#[test]
fn what_is_not_signed_by_a_key_that_may_does_not_count() {
    let Some(repo) = signing() else { return };
    repo.chant(&["approve", ID, "--by", "Ada"]).ok();
    let signed = repo.file(SPEC);
    let check = |text: &str, why: &str| {
        repo.write(SPEC, text);
        let blocked = blocked_by(&repo);
        assert!(blocked.contains(why), "{why} in {blocked}");
        work(&repo).fails(4);
    };
    check(
        &signed.replace("  by: Ada\n", "  by: Eve\n"),
        "its signature is not one of this approval",
    );
    check(
        &signed.replace("  at: 20", "  at: 19"),
        "its signature is not one of this approval",
    );
    let end = signed.find("  signature: |").unwrap();
    let body = signed.find("---\n\n# Write").unwrap();
    let unsigned = format!(
        "{}  signature: unsigned\n{}",
        &signed[..end],
        &signed[body..]
    );
    check(&unsigned, "it is not signed");
    let moved = repo.path().join(".chant/specs/002-copy.md");
    std::fs::write(moved, &signed).unwrap();
    let copy = repo.chant(&["show", "002", "--json"]).stdout;
    assert!(
        copy.contains("its signature is not one of this approval"),
        "{copy}"
    );
    repo.write(SPEC, &signed);
    assert_eq!(blocked_by(&repo), "[]");
    std::fs::write(repo.home().join("allowed"), "").unwrap();
    assert!(blocked_by(&repo).contains("its key is not among the allowed signers"));
}

#[test]
fn a_signature_that_would_not_count_is_not_written() {
    let Some(repo) = signing() else { return };
    let refused = |why: &str| {
        let said = repo.chant(&["approve", ID, "--by", "Ada", "--json"]);
        said.fails(4);
        assert_eq!(said.json()["error"]["code"], "not-signed");
        assert!(said.stdout.contains(why), "{why} in {}", said.stdout);
        assert_eq!(repo.file(SPEC), spec(ASKED));
    };
    sign_with(&repo, "eve");
    refused("its key is not among the allowed signers");
    sign_with(&repo, "nobody");
    refused("could not be signed");
    repo.git(&["config", "--unset", "user.signingKey"]);
    refused("user.signingKey is not set");
    sign_with(&repo, "ada");
    repo.git(&["config", "--unset", "gpg.ssh.allowedSignersFile"]);
    refused("allowedSignersFile is not set");
}

#[test]
fn an_approval_from_before_signing_was_asked_for_does_not_count() {
    let Some(repo) = signing() else { return };
    repo.write(".chant/config.md", "---\n---\n");
    repo.chant(&["approve", ID, "--by", "Ada"]).ok();
    assert_eq!(blocked_by(&repo), "[]");
    let person = repo.home().join("config/chant/config.md");
    std::fs::create_dir_all(person.parent().unwrap()).unwrap();
    std::fs::write(person, "---\napproval: {sign: ssh}\n---\n").unwrap();
    repo.write(".chant/config.md", "---\napproval: {sign: none}\n---\n");
    assert!(blocked_by(&repo).contains("that of Ada does not count, it is not signed"));
    let list = repo
        .chant(&["list", "--approval", "pending", "--json"])
        .json();
    assert_eq!(list["data"][0]["id"], ID);
}
