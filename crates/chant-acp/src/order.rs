//! What one run is to do, from the arguments and the environment that chant gives its helper process.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use chant_os::file;

use crate::permission::Permissions;

/// One run of an agent.
#[derive(Debug, PartialEq)]
pub(crate) struct Order {
    /// The agent's program.
    pub(crate) program: OsString,
    /// Its arguments.
    pub(crate) args: Vec<OsString>,
    /// The conversation to go on with.
    pub(crate) session: Option<String>,
    /// What to say instead where that conversation cannot be gone on with.
    pub(crate) handover: Option<PathBuf>,
    /// The model to ask for.
    pub(crate) model: Option<String>,
    /// How questions are answered.
    pub(crate) permissions: Permissions,
}

impl Order {
    /// Reads `[--session ID] [--handover FILE] [--model NAME] [--permissions allow|deny|listed [--tool PATTERN]…] --
    /// PROGRAM ARGS…`.
    pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Self, String> {
        let mut args = args.into_iter();
        let mut order = Self {
            program: OsString::new(),
            args: Vec::new(),
            session: None,
            handover: None,
            model: None,
            permissions: Permissions::default(),
        };
        while let Some(name) = args.next() {
            if name == "--" {
                break;
            }
            let name = name.to_string_lossy().into_owned();
            let value = args.next().ok_or_else(|| format!("{name} needs a value"))?;
            order.set(&name, value)?;
        }
        order.program = args.next().ok_or("no program was named")?;
        order.args = args.collect();
        Ok(order)
    }

    fn set(&mut self, name: &str, value: OsString) -> Result<(), String> {
        let text = || {
            value
                .clone()
                .into_string()
                .map_err(|_| format!("{name} is no text"))
        };
        match name {
            "--session" => self.session = Some(text()?),
            "--handover" => self.handover = Some(value.into()),
            "--model" => self.model = Some(text()?),
            "--permissions" => {
                self.permissions = match text()?.as_str() {
                    "allow" => Permissions::Allow,
                    "listed" => Permissions::Listed(Vec::new()),
                    other => return Err(format!("{name}: {other:?} is neither allow nor listed")),
                }
            }
            "--tool" => match &mut self.permissions {
                Permissions::Listed(tools) => tools.push(text()?),
                Permissions::Allow => {
                    return Err(format!("{name} follows `--permissions listed`"));
                }
            },
            _ => return Err(format!("{name} is not known")),
        }
        Ok(())
    }
}

/// A prompt, whole.
pub(crate) fn read_prompt(path: &Path) -> Result<String, String> {
    let bytes = file::read_regular(path, u64::MAX).map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Order, String> {
        Order::parse(args.iter().map(OsString::from))
    }

    #[test]
    fn everything_after_the_dashes_is_the_agents() {
        let order = parse(&[
            "--session",
            "s 1",
            "--permissions",
            "listed",
            "--tool",
            "Read",
            "--",
            "gemini",
            "--model",
            "x",
        ])
        .unwrap();
        assert_eq!(order.session.as_deref(), Some("s 1"));
        assert_eq!(order.permissions, Permissions::Listed(vec!["Read".into()]));
        assert_eq!(order.program, "gemini");
        assert_eq!(order.args, ["--model", "x"]);
        assert_eq!(order.model, None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (args, expect) in [
            (&["--model"][..], "--model needs a value"),
            (&["--"][..], "no program"),
            (&["--color", "x", "--", "a"][..], "--color is not known"),
            (&["--tool", "x", "--", "a"][..], "follows `--permissions"),
            (
                &["--permissions", "maybe", "--", "a"][..],
                "is neither allow nor listed",
            ),
        ] {
            let message = parse(args).unwrap_err();
            assert!(message.contains(expect), "{message}");
        }
    }
}
