//! Any program as an agent: how it is given the prompt.
//!
//! What it prints is read by `stream`; its exit code says how it went.

use std::{ffi::OsString, path::Path};

use crate::{AgentConfig, AgentError, PromptMode};

/// The longest single argument Linux lets a program have, with its closing NUL.
const LONGEST_ARGUMENT: usize = 128 * 1024 - 1;

/// The arguments after the program.
pub(crate) fn arguments(
    config: &AgentConfig,
    text: &str,
    file: &Path,
) -> Result<Vec<OsString>, AgentError> {
    let mut args: Vec<OsString> = config.args.iter().map(OsString::from).collect();
    match config.prompt {
        PromptMode::Stdin => {}
        PromptMode::File => args.push(file.into()),
        PromptMode::Argument => {
            fits_an_argument(text).map_err(|problem| AgentError::Unsafe {
                agent: config.name.clone(),
                what: "prompt",
                problem: format!("{problem}; set `prompt: stdin` or `prompt: file` for this agent"),
            })?;
            args.push(text.into());
        }
    }
    Ok(args)
}

fn fits_an_argument(text: &str) -> Result<(), String> {
    if text.len() > LONGEST_ARGUMENT {
        return Err(format!(
            "it has {} bytes, and an argument holds {LONGEST_ARGUMENT}",
            text.len()
        ));
    }
    if text.contains('\0') {
        return Err("it holds a NUL, which no argument can".into());
    }
    if text.starts_with('-') {
        return Err("it begins with `-` and would be taken for an option".into());
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::AgentKind;

    fn check(prompt: PromptMode, text: &str) -> Result<Vec<OsString>, String> {
        let config = AgentConfig {
            prompt,
            args: vec!["-x".into()],
            ..AgentConfig::new("mine", AgentKind::Command)
        };
        arguments(&config, text, Path::new("/run/prompt.md")).map_err(|error| error.to_string())
    }

    #[test]
    fn the_prompt_goes_where_the_settings_say() {
        assert_eq!(check(PromptMode::Stdin, "do").unwrap(), ["-x"]);
        assert_eq!(
            check(PromptMode::File, "do").unwrap(),
            ["-x", "/run/prompt.md"]
        );
        assert_eq!(check(PromptMode::Argument, "do").unwrap(), ["-x", "do"]);
    }

    #[test]
    fn a_prompt_that_no_argument_can_hold_is_refused_with_advice() {
        for text in [&"x".repeat(LONGEST_ARGUMENT + 1), "a\0b", "--version"] {
            let message = check(PromptMode::Argument, text).unwrap_err();
            assert!(message.contains("set `prompt: stdin`"), "{message}");
        }
    }
}
