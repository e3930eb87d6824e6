//! How an agent's questions for permission are answered, and which tools a pattern names.

use std::{fmt, str::FromStr};

/// The modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permissions {
    /// A person is asked; where none is there, the answer is no.
    Ask,
    /// What is on the list is allowed, everything else denied.
    Allow,
    /// Everything is allowed: a sandbox bounds it.
    Sandbox,
    /// The agent does not ask. Only a person can choose that, for their own machine.
    Bypass,
}

impl Permissions {
    /// All, in the order they are shown.
    pub const ALL: [Self; 4] = [Self::Ask, Self::Allow, Self::Sandbox, Self::Bypass];

    /// The word in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Allow => "allow",
            Self::Sandbox => "sandbox",
            Self::Bypass => "bypass",
        }
    }

    /// Whether a repository must not choose it: it lets an agent do more than its kind does by itself.
    pub fn is_a_persons_to_choose(self) -> bool {
        matches!(self, Self::Sandbox | Self::Bypass)
    }
}

impl fmt::Display for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Permissions {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|mode| mode.name() == text);
        known.ok_or_else(|| format!("{text:?} is none of ask, allow, sandbox, bypass"))
    }
}

/// Whether the pattern names this use of a tool: `Read`, `mcp__*`, or `Bash(git *)` for what the tool is given.
///
/// A command that a shell would take apart (`git status; rm x`) is more than what the pattern names, so it never matches.
pub fn matches_tool(pattern: &str, tool: &str, input: &str) -> bool {
    match pattern.split_once('(') {
        None => is_like(pattern, tool),
        Some((name, rest)) => {
            let Some(wanted) = rest.strip_suffix(')') else {
                return false;
            };
            let apart = |letter: char| ";|&`$<>\n\r".contains(letter);
            is_like(name, tool) && !input.contains(apart) && is_like(wanted, input)
        }
    }
}

/// The narrowest pattern that names this use of a tool and that a person would write down.
pub fn pattern_for(tool: &str, input: &str) -> String {
    const LONGEST: usize = 160;
    let narrow = format!("{tool}({input})");
    // What is given as a structure, is long, or is taken apart by a shell can only be allowed with all else of the tool.
    let is_readable = !input.is_empty() && !input.starts_with('{') && input.len() <= LONGEST;
    if is_readable && matches_tool(&narrow, tool, input) {
        narrow
    } else {
        tool.to_owned()
    }
}

/// Whether `text` is `pattern`, in which `*` stands for anything.
fn is_like(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut left) = text.strip_prefix(start) else {
        return false;
    };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*').filter(|part| !part.is_empty()) {
        match left.find(part) {
            Some(at) => left = &left[at + part.len()..],
            None => return false,
        }
    }
    left.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_names_a_tool_and_what_it_is_given() {
        for (pattern, tool, input) in [
            ("Read", "Read", "/etc/hosts"),
            ("mcp__*", "mcp__note__add", ""),
            ("Bash(git *)", "Bash", "git status"),
            ("Bash(cargo * --locked)", "Bash", "cargo test -p x --locked"),
            ("*", "Bash", "anything; at all"),
        ] {
            assert!(
                matches_tool(pattern, tool, input),
                "{pattern}: {tool} {input}"
            );
        }
        for (pattern, tool, input) in [
            ("Read", "ReadAll", ""),
            ("Bash(git *)", "Bash", "rm -rf /"),
            ("Bash(git *)", "Bash", "git status; rm -rf /"),
            ("Bash(git *)", "Bash", "git log $(rm x)"),
            ("Bash(git *)", "Bash", "git log > ~/.bashrc"),
            ("Bash(git *)", "Bash", "git log\nrm x"),
            ("Bash(git *", "Bash", "git status"),
            ("Bash(a*a)", "Bash", "a"),
        ] {
            assert!(
                !matches_tool(pattern, tool, input),
                "{pattern}: {tool} {input}"
            );
        }
    }

    #[test]
    fn the_pattern_for_a_use_names_it() {
        for (input, expect) in [
            ("git commit -m x", "Bash(git commit -m x)"),
            ("git status; rm x", "Bash"),
            ("git log\nrm x", "Bash"),
            ("{\"a\":1}", "Bash"),
            ("", "Bash"),
        ] {
            let pattern = pattern_for("Bash", input);
            assert_eq!(pattern, expect);
            assert!(matches_tool(&pattern, "Bash", input), "{pattern}");
        }
    }

    #[test]
    fn the_words_of_settings_are_read() {
        for mode in Permissions::ALL {
            assert_eq!(mode.name().parse(), Ok(mode));
        }
        assert!("yes".parse::<Permissions>().is_err());
    }
}
