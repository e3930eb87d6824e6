//! Signatures by the person's key, with the real `ssh-keygen`.

use std::process::Command;

use chant_git::{SignatureFormat, Verified};
use chant_testkit::TestRepo;

use crate::scratch::open;

/// A repository that signs with a new ssh key, which is Ada's; `None` where there is no `ssh-keygen`.
fn signing() -> Option<TestRepo> {
    let repo = TestRepo::new();
    key(&repo, "ada")?;
    let path = |name: &str| repo.home().join(name).display().to_string();
    repo.git(&["config", "user.signingKey", &path("ada")]);
    repo.git(&["config", "gpg.ssh.allowedSignersFile", &path("allowed")]);
    allow(&repo, "ada@example.com", "ada");
    Some(repo)
}

fn key(repo: &TestRepo, name: &str) -> Option<()> {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"])
        .arg(repo.home().join(name))
        .status();
    if made.is_ok_and(|status| status.success()) {
        return Some(());
    }
    eprintln!("skipped: there is no ssh-keygen");
    None
}

fn allow(repo: &TestRepo, principal: &str, key: &str) {
    let public = std::fs::read_to_string(repo.home().join(format!("{key}.pub"))).unwrap();
    std::fs::write(repo.home().join("allowed"), format!("{principal} {public}")).unwrap();
}

#[test]
fn a_signature_holds_for_its_bytes_and_its_purpose() {
    let Some(repo) = signing() else { return };
    let signer = open(&repo).signer(SignatureFormat::Ssh).unwrap();
    let signature = signer.sign(b"yes", "chant-test").unwrap();
    assert!(signature.starts_with("-----BEGIN SSH SIGNATURE-----"));
    let verify = |bytes: &[u8], signature: &str, namespace: &str| {
        signer.verify(bytes, signature, namespace).unwrap()
    };
    let by_ada = Verified::By {
        principal: "ada@example.com".to_owned(),
    };
    assert_eq!(verify(b"yes", &signature, "chant-test"), by_ada);
    assert_eq!(verify(b"no", &signature, "chant-test"), Verified::Bad);
    assert_eq!(verify(b"yes", &signature, "chant-other"), Verified::Bad);
    assert_eq!(verify(b"yes", "nonsense", "chant-test"), Verified::Bad);
}

#[test]
fn a_key_that_is_not_allowed_is_unknown() {
    let Some(repo) = signing() else { return };
    key(&repo, "eve").unwrap();
    let eve = repo.home().join("eve").display().to_string();
    repo.git(&["config", "user.signingKey", &eve]);
    let signer = open(&repo).signer(SignatureFormat::Ssh).unwrap();
    let signature = signer.sign(b"yes", "chant-test").unwrap();
    let found = signer.verify(b"yes", &signature, "chant-test").unwrap();
    assert!(matches!(found, Verified::Unknown { .. }), "{found:?}");
    repo.git(&["config", "--unset", "gpg.ssh.allowedSignersFile"]);
    let signer = open(&repo).signer(SignatureFormat::Ssh).unwrap();
    let found = signer.verify(b"yes", &signature, "chant-test").unwrap();
    assert!(
        matches!(&found, Verified::Unknown { why } if why.contains("allowedSignersFile")),
        "{found:?}"
    );
}

#[test]
fn without_a_key_it_says_what_is_missing() {
    let repo = TestRepo::new();
    let signer = open(&repo).signer(SignatureFormat::Ssh).unwrap();
    let error = signer.sign(b"yes", "chant-test").unwrap_err();
    assert!(error.to_string().contains("user.signingKey"), "{error}");
}
