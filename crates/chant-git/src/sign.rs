//! Signatures with the key that the person signs commits with: made and checked by the programs that git uses for it.
//!
//! Owns those programs' command lines and which of git's settings name them: `user.signingKey`, `gpg.ssh.program`,
//! `gpg.ssh.allowedSignersFile`, `gpg.program`. A signature is text that can stand in a file. What is signed, and what a
//! signature is good for, is decided above.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use chant_os::{file, process::Cmd};

use crate::{GitError, Repo, Result, call::records};

/// Which kind of signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureFormat {
    /// By `ssh-keygen -Y`; who may sign is in the allowed signers file.
    Ssh,
    /// By `gpg`; who may sign is whom its keyring trusts.
    Gpg,
}

/// What a check of a signature found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verified {
    /// It is of these bytes, by somebody who may sign.
    By {
        /// Whom the key belongs to: the name in the allowed signers file, or the key's user.
        principal: String,
    },
    /// It is not of these bytes, or no signature at all.
    Bad,
    /// It can not be told who made it: the key is not among those that may sign.
    Unknown {
        /// Why, as the end of a sentence.
        why: String,
    },
}

/// Signs and checks as git's settings say. Made by [`Repo::signer`].
#[derive(Debug, Clone)]
pub struct Signer {
    format: SignatureFormat,
    root: PathBuf,
    scratch: PathBuf,
    settings: HashMap<String, String>,
}

impl Repo {
    /// What signs and checks here. One process, which reads git's settings.
    pub fn signer(&self, format: SignatureFormat) -> Result<Signer> {
        const WANTED: &str = r"^(user\.signingkey|gpg\..*)$";
        let ran = self
            .look()
            .args(["config", "-z", "--type=path", "--get-regexp", WANTED])
            .run()?;
        if !matches!(ran.code(), Some(0 | 1)) {
            return Err(ran.failed());
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let settings = records(ran.stdout()).filter_map(|record| {
            let end = record.iter().position(|byte| *byte == b'\n')?;
            Some((text(&record[..end]), text(&record[end + 1..])))
        });
        Ok(Signer {
            format,
            root: self.root().to_owned(),
            scratch: self.common_dir().join("chant/tmp"),
            settings: settings.collect(),
        })
    }
}

impl Signer {
    /// Signs bytes with the person's key. One process, which may ask the person for a passphrase. A signature made for
    /// one `namespace` is none in another.
    pub fn sign(&self, bytes: &[u8], namespace: &str) -> Result<String> {
        let key = self.setting("user.signingkey");
        let output = match (self.format, key) {
            (SignatureFormat::Ssh, None) => {
                return Err(signing("git's user.signingKey is not set"));
            }
            (SignatureFormat::Ssh, Some(key)) => self.sign_ssh(bytes, namespace, key)?,
            (SignatureFormat::Gpg, key) => {
                let cmd = self.program().args(["--status-fd=2", "-bsa"]);
                let cmd = match key {
                    Some(key) => cmd.arg("-u").arg(key),
                    None => cmd,
                };
                cmd.stdin_bytes(bytes).output()?
            }
        };
        if !output.status.success() || output.stdout.is_empty() {
            return Err(signing(String::from_utf8_lossy(&output.stderr).trim()));
        }
        Ok(String::from_utf8_lossy(&output.stdout)
            .replace("\r\n", "\n")
            .trim_end()
            .to_owned())
    }

    /// Whether a signature is of these bytes, and by whom. At most two processes.
    pub fn verify(&self, bytes: &[u8], signature: &str, namespace: &str) -> Result<Verified> {
        let file = Scratch::new(&self.scratch, &format!("{}\n", signature.trim_end()))?;
        match self.format {
            SignatureFormat::Ssh => self.verify_ssh(bytes, &file.path, namespace),
            SignatureFormat::Gpg => self.verify_gpg(bytes, &file.path),
        }
    }

    fn sign_ssh(
        &self,
        bytes: &[u8],
        namespace: &str,
        key: &str,
    ) -> Result<chant_os::process::Output> {
        let cmd = self.program().args(["-Y", "sign", "-n", namespace]);
        let literal = key
            .strip_prefix("key::")
            .or_else(|| key.starts_with("ssh-").then_some(key));
        // The agent has the private half of a key that is given as text.
        let public = literal
            .map(|key| Scratch::new(&self.scratch, &format!("{key}\n")))
            .transpose()?;
        let cmd = match &public {
            Some(public) => cmd.arg("-U").arg("-f").arg(&public.path),
            None => cmd.arg("-f").arg(key),
        };
        Ok(cmd.stdin_bytes(bytes).output()?)
    }

    fn verify_ssh(&self, bytes: &[u8], signature: &Path, namespace: &str) -> Result<Verified> {
        let Some(allowed) = self.setting("gpg.ssh.allowedsignersfile") else {
            return Ok(unknown("git's gpg.ssh.allowedSignersFile is not set"));
        };
        if !self.root.join(allowed).is_file() {
            return Ok(unknown("the allowed signers file does not exist"));
        }
        let found = self
            .program()
            .args(["-Y", "find-principals", "-f", allowed, "-s"])
            .arg(signature)
            .output()?;
        let principals = String::from_utf8_lossy(&found.stdout);
        let Some(principal) = principals.lines().next().filter(|_| found.status.success()) else {
            let said = String::from_utf8_lossy(&found.stderr);
            let damaged = said.contains("parse") || said.contains("invalid format");
            return Ok(if damaged {
                Verified::Bad
            } else {
                unknown("its key is not among the allowed signers")
            });
        };
        let checked = self
            .program()
            .args(["-Y", "verify", "-n", namespace, "-f", allowed])
            .args(["-I", principal, "-s"])
            .arg(signature)
            .stdin_bytes(bytes)
            .output()?;
        Ok(if checked.status.success() {
            Verified::By {
                principal: principal.to_owned(),
            }
        } else {
            Verified::Bad
        })
    }

    fn verify_gpg(&self, bytes: &[u8], signature: &Path) -> Result<Verified> {
        let output = self
            .program()
            .args(["--batch", "--status-fd=1", "--verify"])
            .arg(signature)
            .arg("-")
            .stdin_bytes(bytes)
            .output()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = |word: &str| {
            let begin = format!("[GNUPG:] {word}");
            said.lines().find_map(|line| line.strip_prefix(&begin))
        };
        if line("BADSIG").is_some() || line("NODATA").is_some() {
            return Ok(Verified::Bad);
        }
        let Some(good) = line("GOODSIG ").filter(|_| output.status.success()) else {
            return Ok(unknown(
                "its key is not in the keyring, or is no longer good",
            ));
        };
        if line("TRUST_UNDEFINED").or(line("TRUST_NEVER")).is_some() {
            return Ok(unknown("its key is not trusted"));
        }
        let principal = good.split_once(' ').map_or(good, |(_, user)| user);
        Ok(Verified::By {
            principal: principal.to_owned(),
        })
    }

    fn program(&self) -> Cmd {
        let named = match self.format {
            SignatureFormat::Ssh => self.setting("gpg.ssh.program"),
            SignatureFormat::Gpg => self
                .setting("gpg.openpgp.program")
                .or_else(|| self.setting("gpg.program")),
        };
        let usual = match self.format {
            SignatureFormat::Ssh => "ssh-keygen",
            SignatureFormat::Gpg => "gpg",
        };
        Cmd::new(named.unwrap_or(usual))
            .current_dir(&self.root)
            .env("LC_ALL", "C")
    }

    fn setting(&self, key: &str) -> Option<&str> {
        self.settings
            .get(key)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }
}

fn unknown(why: &str) -> Verified {
    Verified::Unknown {
        why: why.to_owned(),
    }
}

fn signing(said: &str) -> GitError {
    GitError::NotSigned {
        said: said.to_owned(),
    }
}

/// A file that the signing programs want and nobody else needs; gone when this value is.
struct Scratch {
    path: PathBuf,
}

impl Scratch {
    fn new(folder: &Path, text: &str) -> Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        file::create_dir_all(folder)?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let scratch = Self {
            path: folder.join(format!("signature-{}-{number}", std::process::id())),
        };
        file::write_private(&scratch.path, text.as_bytes())?;
        Ok(scratch)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A small file in a folder of chant's; the next use of its name replaces it.
        let _ = file::remove_file(&self.path);
    }
}
