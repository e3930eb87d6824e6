//! Secrets that are taken out of text before it is stored or shown.
//!
//! Two things are known: the shapes that providers give their keys ([`shapes`]), and the values of the user's own
//! credential variables ([`variables`]). What is found becomes `[redacted: NAME]`. An agent's lines pass here before
//! anything else sees them, so that no event, transcript, reason or recording has to be cleaned later; what comes another
//! way (a commit's subject, a spec's section) is given to [`Redactor::text`] where it enters.
//!
//! What has neither a known shape nor a variable is not found, and neither is a secret that was taken apart, or encoded
//! in a way that is not in [`written`]. In JSON only characters within a string are replaced, so a line of JSON stays
//! one.

mod keys;
mod lines;
mod shapes;
mod variables;
mod written;

use std::{
    borrow::Cow,
    ffi::{OsStr, OsString},
    ops::Range,
    sync::LazyLock,
};

pub use lines::Lines;
pub(crate) use variables::is_credential;

use crate::AgentConfig;
use variables::Values;

/// A stretch of text that is a secret, and what to call it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Found<'a> {
    range: Range<usize>,
    name: &'a str,
}

/// What knows secrets.
#[derive(Debug)]
pub struct Redactor {
    values: Values,
}

static OF_USER: LazyLock<Redactor> = LazyLock::new(|| Redactor::new(std::env::vars_os()));

impl Redactor {
    /// One that knows the shapes, and the values of those of these variables whose name says that they are credentials.
    pub fn new<K: AsRef<OsStr>, V: AsRef<OsStr>>(
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        Self {
            values: Values::of(variables, None),
        }
    }

    /// The one that knows the environment this process was started with.
    pub fn of_user() -> &'static Self {
        &OF_USER
    }

    /// The one for an agent, which sees the user's variables and those in its settings.
    pub fn of_agent(config: &AgentConfig) -> Self {
        let own = config.env.iter();
        let own = own.map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let named = config.builtin.key_env.as_ref();
        let named = named.map(crate::builtin::VariableName::as_str);
        Self {
            values: Values::of(std::env::vars_os().chain(own), named),
        }
    }

    /// The one for a process of an agent's own, whose key is in the variable `named`, whatever that is called.
    pub fn of_process(named: &str) -> Self {
        Self {
            values: Values::of(std::env::vars_os(), Some(named)),
        }
    }

    /// The same text without secrets.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.bytes(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }

    /// The same, in place.
    pub fn clean(&self, text: &mut String) {
        if let Cow::Owned(clean) = self.text(text) {
            *text = clean;
        }
    }

    /// A file's content without the values of variables. What only looks like a key stays: a test may need its example.
    pub fn clean_values(&self, content: &mut Vec<u8>) {
        if let Cow::Owned(clean) = replace(content, self.values.find(content)) {
            *content = clean;
        }
    }

    /// The same bytes without secrets.
    pub fn bytes<'t>(&self, bytes: &'t [u8]) -> Cow<'t, [u8]> {
        let known = replace(bytes, self.values.find(bytes));
        match replace(&known, shapes::find(&known)) {
            Cow::Borrowed(_) => known,
            Cow::Owned(clean) => Cow::Owned(clean),
        }
    }

    /// Whether it has any value to look for.
    pub fn knows_values(&self) -> bool {
        !self.values.is_empty()
    }

    /// The variables whose values this holds. Shapes do not count: an example in a test has one too.
    pub fn variables_in(&self, bytes: &[u8]) -> Vec<&str> {
        let mut names: Vec<&str> = self.values.find(bytes).map(|found| found.name).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Cleans the lines of one stream, one after the other.
    pub fn lines(&self) -> Lines<'_> {
        Lines::new(self)
    }
}

/// `bytes` with what was found, in order and without overlaps, replaced.
fn replace<'t, 'n>(bytes: &'t [u8], found: impl Iterator<Item = Found<'n>>) -> Cow<'t, [u8]> {
    let mut clean = Vec::new();
    let mut done = 0;
    for Found { range, name } in found {
        if range.start < done {
            continue;
        }
        clean.extend_from_slice(&bytes[done..range.start]);
        clean.extend_from_slice(mark(name).as_bytes());
        done = range.end;
    }
    if done == 0 {
        return Cow::Borrowed(bytes);
    }
    clean.extend_from_slice(&bytes[done..]);
    Cow::Owned(clean)
}

fn mark(name: &str) -> String {
    format!("[redacted: {name}]")
}

#[cfg(test)]
mod tests;
