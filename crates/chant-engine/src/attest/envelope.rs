//! The DSSE envelope: bytes, what they are, and who signed them.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde::{Deserialize, Serialize};

use super::Statement;
use crate::error::{Code, Error, Result};

/// What the payload is, by the in-toto specification.
pub(super) const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// A DSSE envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// What the payload is.
    pub payload_type: String,
    /// The payload, in base64.
    pub payload: String,
    /// Who signed it; none where the settings do not ask for it.
    pub signatures: Vec<Signature>,
}

/// One signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// Which kind of key made it: `ssh` or `gpg`.
    pub keyid: String,
    /// The signature's text as `ssh-keygen -Y sign` or `gpg --armor` gives it, in base64.
    pub sig: String,
}

impl Envelope {
    /// With nobody's signature yet.
    pub(super) fn unsigned(statement: &Statement) -> Result<Self> {
        let payload = serde_json::to_vec(statement).map_err(internal)?;
        Ok(Self {
            payload_type: PAYLOAD_TYPE.to_owned(),
            payload: STANDARD.encode(payload),
            signatures: Vec::new(),
        })
    }

    /// From the bytes of a note or file; why not, where they are none.
    pub(super) fn parse(bytes: &[u8]) -> std::result::Result<Self, String> {
        serde_json::from_slice(bytes).map_err(|error| error.to_string())
    }

    /// One line of JSON.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec(self).map_err(internal)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// The payload's bytes. The specification allows both alphabets of base64.
    pub(super) fn payload(&self) -> std::result::Result<Vec<u8>, String> {
        STANDARD
            .decode(&self.payload)
            .or_else(|_| URL_SAFE.decode(&self.payload))
            .map_err(|error| format!("it is not base64: {error}"))
    }

    /// What is in it.
    pub(super) fn statement(&self) -> std::result::Result<Statement, String> {
        serde_json::from_slice(&self.payload()?).map_err(|error| error.to_string())
    }
}

/// What is signed in place of the payload, so that nothing can pass for a payload of another type.
pub(super) fn pre_authentication_encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!(
        "DSSEv1 {} {payload_type} {} ",
        payload_type.len(),
        payload.len()
    );
    [head.as_bytes(), payload].concat()
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn internal(error: serde_json::Error) -> Error {
    Error::new(
        Code::Internal,
        format!("failed to write down an attestation: {error}"),
    )
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn the_encoding_is_the_specifications_own_example() {
        assert_eq!(
            pre_authentication_encoding("http://example.com/HelloWorld", b"hello world"),
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
    }

    #[test]
    fn both_alphabets_are_read_and_nothing_else() {
        let with = |payload: &str| Envelope {
            payload_type: PAYLOAD_TYPE.to_owned(),
            payload: payload.to_owned(),
            signatures: Vec::new(),
        };
        assert_eq!(with("+/8=").payload().unwrap(), [0xfb, 0xff]);
        assert_eq!(with("-_8=").payload().unwrap(), [0xfb, 0xff]);
        assert!(with("%").payload().is_err());
    }
}
