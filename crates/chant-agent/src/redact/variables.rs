//! The user's own credential variables: which they are, and where their values turn up.

use std::{collections::BTreeMap, ffi::OsStr, fmt, fmt::Write as _, path::Path};

use aho_corasick::{AhoCorasick, MatchKind};

use super::Found;

/// Shorter values are not looked for: they would turn up where nobody meant them.
const SHORTEST: usize = 8;

/// Fewer characters of one do not tell what it is.
const TELLING_START: usize = 4;

/// From here on a value of one kind of character is no word or number any more.
const SURELY: usize = 16;

/// Values by which text is searched, and the variable each belongs to.
pub(super) struct Values {
    search: Option<AhoCorasick>,
    /// Each way a value may be written.
    patterns: Vec<Vec<u8>>,
    /// The variable of each.
    names: Vec<String>,
}

impl fmt::Debug for Values {
    /// Without the values: this too is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Values").field(&self.names).finish()
    }
}

impl Values {
    /// Of those variables whose name tells it, and of the one that is `named` in the settings.
    pub(super) fn of<K: AsRef<OsStr>, V: AsRef<OsStr>>(
        variables: impl IntoIterator<Item = (K, V)>,
        named: Option<&str>,
    ) -> Self {
        let mut patterns: BTreeMap<Vec<u8>, String> = BTreeMap::new();
        for (name, value) in variables {
            let (name, value) = (name.as_ref().to_string_lossy(), value.as_ref());
            if !is_credential(&name) && named != Some(&*name) {
                continue;
            }
            let value = value.to_string_lossy();
            for written in ways_to_write(value.trim()) {
                patterns.entry(written).or_insert_with(|| shown(&name));
            }
        }
        let (patterns, owners): (Vec<_>, Vec<_>) = patterns.into_iter().unzip();
        let search = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(&patterns);
        Self {
            // More values than an automaton can hold are more than an environment can.
            search: search.ok().filter(|_| !owners.is_empty()),
            patterns,
            names: owners,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub(super) fn find<'s>(&'s self, bytes: &[u8]) -> impl Iterator<Item = Found<'s>> {
        let search = self.search.iter();
        let matches = search.flat_map(move |search| search.find_iter(bytes));
        matches.map(|found| Found {
            range: found.range(),
            name: &self.names[found.pattern().as_usize()],
        })
    }

    /// Where the last bytes are the beginning of a value: what is left of one in a line that was cut.
    pub(super) fn begun_at_end(&self, bytes: &[u8]) -> Option<Found<'_>> {
        let begun = |pattern: &[u8]| {
            let longest = pattern.len().saturating_sub(1).min(bytes.len());
            let ends = |count: &usize| bytes.ends_with(&pattern[..*count]);
            (TELLING_START..=longest).rev().find(ends)
        };
        let all = self.patterns.iter().zip(&self.names);
        let found = all.filter_map(|(pattern, name)| Some((begun(pattern)?, name)));
        found.max().map(|(count, name)| Found {
            range: bytes.len() - count..bytes.len(),
            name,
        })
    }
}

/// Whether a variable of this name holds a credential: `GITHUB_TOKEN`, `AWS_SECRET_ACCESS_KEY`, `PGPASSWORD`, ….
fn is_credential(name: &str) -> bool {
    const ENDS: [&str; 10] = [
        "TOKEN",
        "SECRET",
        "PASSWORD",
        "PASSWD",
        "PASSPHRASE",
        "APIKEY",
        "CREDENTIAL",
        "CREDENTIALS",
        "AUTHTOKEN",
        "PRIVATE_KEY",
    ];
    const LAST_WORDS: [&str; 5] = ["_KEY", "_PASS", "_PWD", "_PAT", "_AUTH"];
    let name = name.to_ascii_uppercase();
    let name = name.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '_');
    // Git's own way to give settings has a KEY that is the setting's name.
    !name.starts_with("GIT_CONFIG_KEY")
        && ENDS
            .iter()
            .chain(&LAST_WORDS)
            .any(|end| name.ends_with(end))
}

/// A name that can stand in a line of JSON.
fn shown(name: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    if !name.is_empty() && name.chars().all(is_plain) {
        name.to_owned()
    } else {
        "a credential variable".to_owned()
    }
}

/// The value as it stands in text, in JSON, in JSON within JSON, and in a URL; of one with several lines, each line too.
fn ways_to_write(value: &str) -> Vec<Vec<u8>> {
    if !is_telling(value) {
        return Vec::new();
    }
    let mut ways = vec![value.to_owned()];
    ways.extend(
        value
            .lines()
            .map(str::trim)
            .filter(|line| is_telling(line))
            .map(str::to_owned),
    );
    let plain = ways.clone();
    for value in &plain {
        let once = in_json(value);
        ways.extend([in_json(&once), in_ascii_json(value), in_url(value), once]);
    }
    ways.into_iter().map(String::into_bytes).collect()
}

/// Whether a value is long and mixed enough to be no word, number or path that text holds anyway.
pub(super) fn is_telling(value: &str) -> bool {
    let kinds = [
        |c: char| c.is_lowercase(),
        |c: char| c.is_uppercase(),
        |c: char| c.is_numeric(),
        |c: char| !c.is_alphanumeric(),
    ];
    let mixed = kinds.iter().filter(|kind| value.contains(**kind)).count() > 1;
    let names_a_file = value.starts_with('/') && Path::new(value).exists();
    value.len() >= SHORTEST && (mixed || value.len() >= SURELY) && !names_a_file
}

fn in_json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// As programs write JSON that keep it to ASCII.
fn in_ascii_json(text: &str) -> String {
    let mut written = String::new();
    for letter in in_json(text).chars() {
        if letter.is_ascii() {
            written.push(letter);
            continue;
        }
        for unit in letter.encode_utf16(&mut [0; 2]) {
            // Writing to a string does not fail.
            let _ = write!(written, "\\u{unit:04x}");
        }
    }
    written
}

fn in_url(text: &str) -> String {
    let mut written = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            written.push(char::from(byte));
        } else {
            let _ = write!(written, "%{byte:02X}");
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_a_credential() {
        for name in [
            "GITHUB_TOKEN",
            "npm_token",
            "ANTHROPIC_API_KEY",
            "AWS_SECRET_ACCESS_KEY",
            "PGPASSWORD",
            "MYSQL_PWD",
            "DEPLOY_PASS",
            "SESSION_SECRET_2",
            "OPENAI_APIKEY",
        ] {
            assert!(is_credential(name), "{name}");
        }
        for name in [
            "PATH",
            "PWD",
            "OLDPWD",
            "MAX_TOKENS",
            "KEYBOARD",
            "GIT_CONFIG_KEY_0",
            "XDG_SESSION_ID",
            "SSH_AUTH_SOCK",
        ] {
            assert!(!is_credential(name), "{name}");
        }
    }

    #[test]
    fn words_numbers_and_paths_are_no_secrets() {
        for value in ["", "true", "password", "12345678", "abc12", "/bin"] {
            assert!(!is_telling(value), "{value}");
        }
        for value in [
            "hunter22",
            "correct horse",
            "abcdefghijklmnop",
            "/bin/no/such+secret",
        ] {
            assert!(is_telling(value), "{value}");
        }
    }

    #[test]
    fn values_are_not_shown_by_debug() {
        let values = Values::of([("A_TOKEN", "very-secret-1")], None);
        let shown = format!("{values:?}");
        assert!(
            shown.contains("A_TOKEN") && !shown.contains("very-secret"),
            "{shown}"
        );
    }
}
