//! Who stands for an attestation: the key that git signs the person's commits with.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chant_git::{SignatureFormat, Verified};

use super::envelope::{PAYLOAD_TYPE, pre_authentication_encoding};
use super::{Envelope, Signature, Signed};
use crate::config::Sign;
use crate::error::Result;
use crate::project::Project;

/// A signature made for anything else is none of an attestation.
const NAMESPACE: &str = "chant-attestation";

/// Signs an envelope where the settings say so. Two processes, or none.
pub(super) fn sign(project: &Project, envelope: &mut Envelope) -> Result<()> {
    let Some(sign) = project.config().attest.sign else {
        return Ok(());
    };
    let payload = envelope.payload().unwrap_or_default();
    let signed = pre_authentication_encoding(PAYLOAD_TYPE, &payload);
    let signature = project
        .repo()
        .signer(format(sign))?
        .sign(&signed, NAMESPACE)?;
    envelope.signatures.push(Signature {
        keyid: sign.word().to_owned(),
        sig: STANDARD.encode(signature),
    });
    Ok(())
}

fn format(sign: Sign) -> SignatureFormat {
    match sign {
        Sign::Ssh => SignatureFormat::Ssh,
        Sign::Gpg => SignatureFormat::Gpg,
    }
}

/// Who stands for an envelope; `wrong` hears of what speaks against it. The first signature of a known key counts.
pub(super) fn check(
    project: &Project,
    envelope: &Envelope,
    wrong: &mut dyn FnMut(&str),
) -> Result<Signed> {
    let mut found = Signed::Unsigned;
    for signature in &envelope.signatures {
        found = check_one(project, envelope, signature)?;
        if let Signed::By { .. } = found {
            return Ok(found);
        }
    }
    let required = project.config().attest.sign.is_some();
    match &found {
        Signed::Bad => wrong("the signature is not of this statement"),
        Signed::Unsigned if required => {
            wrong("there is none, and `attest.sign` in the settings asks for one");
        }
        Signed::Unknown { why } if required => wrong(&format!("it does not count: {why}")),
        _ => {}
    }
    Ok(found)
}

fn check_one(project: &Project, envelope: &Envelope, signature: &Signature) -> Result<Signed> {
    let text = STANDARD.decode(&signature.sig).map(String::from_utf8);
    let (Ok(Ok(text)), Ok(payload)) = (text, envelope.payload()) else {
        return Ok(Signed::Bad);
    };
    let kind = if text.contains("BEGIN PGP") {
        SignatureFormat::Gpg
    } else {
        SignatureFormat::Ssh
    };
    let signed = pre_authentication_encoding(&envelope.payload_type, &payload);
    let verified = project
        .repo()
        .signer(kind)?
        .verify(&signed, &text, NAMESPACE)?;
    Ok(match verified {
        Verified::By { principal } => Signed::By { principal },
        Verified::Bad => Signed::Bad,
        Verified::Unknown { why } => Signed::Unknown { why },
    })
}
