//! Spec ids: what one may be, how a new one is composed, and how what a person types becomes one.
//!
//! [`resolve`] is the only resolver. Paths are not understood here: whoever knows the file system turns a path into an
//! id first.

use std::fmt;

/// A valid spec id: the stem of a file that lies directly in the folder of specs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpecId(String);

/// Why a text cannot be a spec id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Nothing was written.
    #[error("the id is empty")]
    Empty,
    /// Longer than file names safely are.
    #[error("the id is longer than 200 bytes")]
    TooLong,
    /// It would name a file somewhere else.
    #[error("an id cannot hold '/' or '\\'")]
    Separator,
    /// Control characters, NUL among them.
    #[error("an id cannot hold control characters")]
    Control,
    /// `-` looks like an option, `.` like a hidden file or a parent folder.
    #[error("an id cannot begin with '-' or '.'")]
    Start,
    /// It would be lost on the way through a shell or a list.
    #[error("an id cannot begin or end with white space")]
    Space,
}

impl SpecId {
    /// Checks the rules of a file stem that stays where it belongs.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        if text.is_empty() {
            Err(IdError::Empty)
        } else if text.len() > 200 {
            Err(IdError::TooLong)
        } else if text.contains(['/', '\\']) {
            Err(IdError::Separator)
        } else if text.chars().any(char::is_control) {
            Err(IdError::Control)
        } else if text.starts_with(['-', '.']) {
            Err(IdError::Start)
        } else if text.trim() != text {
            Err(IdError::Space)
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// The id as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The driver that this id is a numbered member of: `x.2` of `x`, `x.2.1` of `x.2`.
    pub fn member_of(&self) -> Option<SpecId> {
        member(&self.0).map(|(driver, _)| Self(driver.to_owned()))
    }

    /// The date of a `YYYY-MM-DD-…` id, also after a project's prefix.
    pub fn date(&self) -> Option<&str> {
        let start = date_start(&self.0)?;
        Some(&self.0[start..start + DATE_LENGTH])
    }

    /// The part of a branch name after the prefix: the id, or, where git would refuse that, a name made from it that no
    /// other id gets.
    pub fn branch_component(&self) -> String {
        let safe = self.0.replace("..", "--").replace("@{", "--");
        let safe = safe.replace([' ', '~', '^', ':', '?', '*', '['], "-");
        let refused_end = self.0.to_ascii_lowercase().ends_with(".lock")
            || self.0.ends_with('.')
            || self.0 == "@";
        if safe == self.0 && !refused_end {
            return safe;
        }
        format!("{safe}-{}", fingerprint(&self.0))
    }
}

impl fmt::Display for SpecId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for SpecId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

const DATE_LENGTH: usize = "YYYY-MM-DD".len();

/// Six characters that differ where the text differs (FNV-1a): stable over releases, since branches are named by it.
fn fingerprint(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let digits = format!("{hash:016x}");
    digits[10..].to_owned()
}

/// Splits `x.2` into `x` and 2.
pub fn member(id: &str) -> Option<(&str, u32)> {
    let (driver, number) = id.rsplit_once('.')?;
    let digits = !driver.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    Some((driver, number.parse().ok().filter(|_| digits)?))
}

/// Where the date of an id begins: at its start, or after the first `-` behind which one stands.
fn date_start(id: &str) -> Option<usize> {
    let after_dash = id.match_indices('-').map(|(i, _)| i + 1);
    std::iter::once(0).chain(after_dash).find(|&start| {
        let rest = &id.as_bytes()[start..];
        rest.len() >= DATE_LENGTH
            && rest[..DATE_LENGTH]
                .iter()
                .enumerate()
                .all(|(i, byte)| match i {
                    4 | 7 => *byte == b'-',
                    _ => byte.is_ascii_digit(),
                })
            && rest.get(DATE_LENGTH).is_none_or(|&next| next == b'-')
    })
}

/// The id of a new spec: `[project-]YYYY-MM-DD-SSS-xxx`.
pub fn compose(date: &str, sequence: u32, random: &str, project: Option<&str>) -> SpecId {
    let prefix = project.map_or(String::new(), |project| format!("{project}-"));
    SpecId(format!("{prefix}{date}-{}-{random}", base36(sequence)))
}

/// A number in base 36, at least three digits.
fn base36(mut number: u32) -> String {
    let mut digits = Vec::new();
    while number > 0 || digits.len() < 3 {
        digits.extend(char::from_digit(number % 36, 36));
        number /= 36;
    }
    digits.iter().rev().collect()
}

/// The sequence number of an id of that date; `None` for ids that have none.
pub fn sequence_of(id: &str, date: &str) -> Option<u32> {
    let (sequence, _) = dated_rest(id, date)?.split_once('-')?;
    let plausible = (3..=6).contains(&sequence.len()) && !sequence.contains('+');
    plausible.then(|| u32::from_str_radix(sequence, 36).ok())?
}

/// What follows `date-` in an id of that date.
fn dated_rest<'a>(id: &'a str, date: &str) -> Option<&'a str> {
    let start = date_start(id)?;
    id[start..].strip_prefix(date)?.strip_prefix('-')
}

/// What a typed name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// Exactly this spec.
    One(String),
    /// None; these are the nearest names.
    None {
        /// At most three ids that look alike.
        nearest: Vec<String>,
    },
    /// Several, sorted.
    Many(Vec<String>),
    /// It cannot be the name of a spec at all.
    Invalid(IdError),
}

/// Finds the spec that `query` stands for: an exact id; else a prefix or today's sequence; else a suffix; else a part.
pub fn resolve<'a>(
    query: &str,
    ids: impl Iterator<Item = &'a str> + Clone,
    today: &str,
) -> Resolved {
    if let Err(error) = SpecId::parse(query).or_else(|error| suffix_query(query, error)) {
        return Resolved::Invalid(error);
    }
    if let Some(id) = ids.clone().find(|id| *id == query) {
        return Resolved::One(id.to_owned());
    }
    let tiers: [&dyn Fn(&str) -> bool; 3] = [
        &|id| id.starts_with(query) || is_sequence(id, query, today),
        &|id| id.ends_with(query),
        &|id| id.contains(query),
    ];
    for matches in tiers {
        let found: Vec<&str> = ids.clone().filter(|id| matches(id)).collect();
        if !found.is_empty() {
            return one_or_many(found);
        }
    }
    Resolved::None {
        nearest: nearest_ids(query, ids),
    }
}

/// A query may be a part that no id could begin with (`.1`, `-cxn`), but never a path.
fn suffix_query(query: &str, error: IdError) -> Result<SpecId, IdError> {
    let rest = query.trim_start_matches(['-', '.']);
    if error != IdError::Start || query.contains("..") {
        return Err(error);
    }
    SpecId::parse(rest).map_err(|_| error)
}

/// Whether `query` is the bare sequence of an id of today's: `001` of `2026-11-21-001-abc`, `001.2` of its member.
fn is_sequence(id: &str, query: &str, today: &str) -> bool {
    let split = |text: &str| text.find('.').unwrap_or(text.len());
    let Some(rest) = dated_rest(id, today) else {
        return false;
    };
    let (sequence, members) = query.split_at(split(query));
    let (stem, own_members) = rest.split_at(split(rest));
    let own = stem.split_once('-').map(|(own, _)| own);
    own == Some(sequence) && (members.is_empty() || members == own_members)
}

/// A driver stands for itself where everything else that fits is one of its members.
fn one_or_many(mut found: Vec<&str>) -> Resolved {
    found.sort_unstable();
    found.dedup();
    let shortest = found
        .iter()
        .min_by_key(|id| id.len())
        .copied()
        .unwrap_or_default();
    let below = |id: &str| {
        id.strip_prefix(shortest)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    if found.iter().all(|id| below(id)) {
        return Resolved::One(shortest.to_owned());
    }
    Resolved::Many(found.into_iter().map(str::to_owned).collect())
}

/// At most three ids that look like what was typed.
fn nearest_ids<'a>(query: &str, ids: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut alike: Vec<(f64, &str)> = ids
        .map(|id| (strsim::jaro_winkler(query, id), id))
        .filter(|(likeness, _)| *likeness >= 0.75)
        .collect();
    alike.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    alike.truncate(3);
    alike.into_iter().map(|(_, id)| id.to_owned()).collect()
}
