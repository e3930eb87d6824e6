//! The user's own credential variables: which they are, and where their values turn up.

use std::{collections::BTreeMap, ffi::OsStr, fmt};

use aho_corasick::{AhoCorasick, Input, Match, MatchKind};

use super::{Found, written};

/// Fewer characters of one do not tell what it is.
const TELLING_START: usize = 4;

/// A shorter value counts only as a word of its own: in a hash or an identifier it would turn up by chance.
const WORD: usize = 10;

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
            for written in written::ways(value.trim()) {
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
        let mut from = 0;
        std::iter::from_fn(move || {
            let search = self.search.as_ref()?;
            loop {
                let found = search.find(Input::new(bytes).range(from..))?;
                if found.len() >= WORD || is_word(bytes, &found) {
                    from = found.end();
                    return Some(Found {
                        range: found.range(),
                        name: &self.names[found.pattern().as_usize()],
                    });
                }
                from = found.start() + 1;
            }
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

/// Whether what was found is no part of a longer word. What an escape of JSON ends with is no letter.
fn is_word(bytes: &[u8], found: &Match) -> bool {
    let letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let before = &bytes[..found.start()];
    let escaped = matches!(before, [.., b'\\', b'n' | b'r' | b't' | b'b' | b'f']);
    (escaped || !letter(before.last())) && !letter(bytes.get(found.end()))
}

/// Whether a variable of this name holds a credential: `GITHUB_TOKEN`, `AWS_SECRET_ACCESS_KEY`, `PGPASSWORD`, …. A last
/// word may say which of several it is: `DB_PASSWORD_PROD`, `SECRET_KEY_BASE`.
pub(crate) fn is_credential(name: &str) -> bool {
    const WHICH: [&str; 18] = [
        "_BASE",
        "_BASE64",
        "_B64",
        "_PROD",
        "_PRODUCTION",
        "_STAGING",
        "_STAGE",
        "_DEV",
        "_DEVELOPMENT",
        "_TEST",
        "_LIVE",
        "_ADMIN",
        "_OLD",
        "_NEW",
        "_READ",
        "_WRITE",
        "_RO",
        "_RW",
    ];
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
    let name = WHICH
        .iter()
        .find_map(|word| name.strip_suffix(word))
        .unwrap_or(&name);
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
            "SECRET_KEY_BASE",
            "DB_PASSWORD_PROD",
            "DEPLOY_TOKEN_2_LIVE",
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
            "TOKEN_COUNT",
            "DATABASE_TEST",
        ] {
            assert!(!is_credential(name), "{name}");
        }
    }

    #[test]
    fn a_short_value_counts_as_a_word_of_its_own() {
        let values = Values::of(
            [("A_PASSWORD", "hunter2"), ("B_TOKEN", "2nd-and-longer-one")],
            None,
        );
        let found = |text: &str| -> Vec<String> {
            let found = values.find(text.as_bytes());
            found.map(|found| text[found.range].to_owned()).collect()
        };
        assert_eq!(found("it is hunter2."), ["hunter2"]);
        assert_eq!(found(r#"{"a":"\nhunter2"}"#), ["hunter2"]);
        assert!(found("a9hunter2b hunter23 xhunter2").is_empty());
        assert_eq!(found("hunter2nd-and-longer-one"), ["2nd-and-longer-one"]);
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
