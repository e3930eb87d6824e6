//! Signed approvals: what exactly is signed, and whether a signature counts.

use std::cell::OnceCell;

use chant_git::{SignatureFormat, Signer, Verified};
use chant_spec::Approval;

use crate::config::Sign;
use crate::error::{Code, Error, Result};
use crate::project::Project;

/// A signature made for anything else is none of an approval.
const NAMESPACE: &str = "chant-approval";

/// Signs and checks approvals, where the settings ask for it.
pub(crate) struct Signing<'a> {
    project: &'a Project,
    format: SignatureFormat,
    signer: OnceCell<Signer>,
}

impl<'a> Signing<'a> {
    /// As the settings ask; `None` where approvals are not signed.
    pub(crate) fn of(project: &'a Project) -> Option<Self> {
        let format = match project.config().approval.sign? {
            Sign::Ssh => SignatureFormat::Ssh,
            Sign::Gpg => SignatureFormat::Gpg,
        };
        Some(Self::with(project, format))
    }

    /// As the signature was made, whatever the settings ask.
    pub(crate) fn like(project: &'a Project, signature: &str) -> Self {
        let format = if signature.contains("BEGIN PGP") {
            SignatureFormat::Gpg
        } else {
            SignatureFormat::Ssh
        };
        Self::with(project, format)
    }

    fn with(project: &'a Project, format: SignatureFormat) -> Self {
        Self {
            project,
            format,
            signer: OnceCell::new(),
        }
    }

    /// Signs an approval and makes sure that the signature will count. Returns whom the key belongs to.
    pub(crate) fn sign(&self, spec: &str, approval: &mut Approval) -> Result<String> {
        let bytes = payload(spec, approval);
        let refused = |error: chant_git::GitError| {
            Error::new(Code::NotSigned, format!("{spec}: {error}")).hint(SET_KEY)
        };
        let signer = self.signer()?;
        approval.signature = Some(signer.sign(&bytes, NAMESPACE).map_err(refused)?);
        match self.check(spec, approval)? {
            Ok(principal) => Ok(principal),
            Err(why) => Err(Error::new(
                Code::NotSigned,
                format!("{spec}: the signature would not count: {why}"),
            )
            .hint(SET_ALLOWED)),
        }
    }

    /// Whose signature it is, or why it does not count.
    pub(crate) fn check(
        &self,
        spec: &str,
        approval: &Approval,
    ) -> Result<std::result::Result<String, String>> {
        let Some(signature) = approval.signature() else {
            return Ok(Err("it is not signed".to_owned()));
        };
        let signed = payload(spec, approval);
        Ok(
            match self.signer()?.verify(&signed, signature, NAMESPACE)? {
                Verified::By { principal } => Ok(principal),
                Verified::Bad => Err("its signature is not one of this approval".to_owned()),
                Verified::Unknown { why } => Err(why),
            },
        )
    }

    fn signer(&self) -> Result<&Signer> {
        if let Some(signer) = self.signer.get() {
            return Ok(signer);
        }
        let signer = self.project.repo().signer(self.format)?;
        Ok(self.signer.get_or_init(|| signer))
    }
}

const SET_KEY: &str = "set the key: git config user.signingKey ~/.ssh/id_ed25519.pub";

const SET_ALLOWED: &str = "name who may sign, a line each `you@example.com ssh-ed25519 AAAA…`, in a file, and set: git config gpg.ssh.allowedSignersFile FILE";

/// What is signed: the spec, who, when, and every object id. One line each; none of them holds a line end.
fn payload(spec: &str, approval: &Approval) -> Vec<u8> {
    let word = |word: &Option<String>| crate::one_line(word.as_deref().unwrap_or("-"));
    let objects = approval.objects.clone().unwrap_or_default();
    let tree = objects.tree.as_deref().unwrap_or("-");
    format!(
        "chant approval 1\nspec: {spec}\nby: {}\nat: {}\nintent: {}\ncriteria: {}\ntree: {tree}\n",
        word(&approval.by),
        word(&approval.at),
        objects.spec,
        objects.criteria,
    )
    .into_bytes()
}
