//! Private keys in PEM armour, whole or cut, in text or in a string of JSON.

use std::ops::Range;

/// No key is longer.
const LONGEST: usize = 32 * 1024;

/// Fewer letters than this are a word and no line of a key.
const LINE: usize = 16;

const LABEL: &[u8] = b"PRIVATE KEY";
const DASHES: &[u8] = b"-----";

/// The key whose armour begins with the `-----BEGIN ` at `begun`: to its end; of one that was cut, as far as its lines go.
pub(super) fn find(bytes: &[u8], begun: Range<usize>) -> Option<Range<usize>> {
    let near = &bytes[begun.end..bytes.len().min(begun.end + LONGEST)];
    let body = begun.end + header(near)?;
    let near = &bytes[body..bytes.len().min(body + LONGEST)];
    let end = closed(near).or_else(|| open(near))?;
    Some(begun.start..body + end)
}

/// Where a line of text begins a key that goes on with the next line.
pub(super) fn begins(line: &[u8]) -> Option<usize> {
    let begun = b"-----BEGIN ";
    let at = line.windows(begun.len()).position(|word| word == begun)?;
    let rest = &line[at + begun.len()..];
    let end = header(rest)?;
    rest[end..].trim_ascii().is_empty().then_some(at)
}

/// Whether a line ends a key.
pub(super) fn ends(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.strip_prefix(b"-----END ")
        .is_some_and(|rest| header(rest).is_some())
}

/// Whether a line can be one of a key.
pub(super) fn goes_on(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let is_header = [&b"Proc-Type:"[..], b"DEK-Info:"]
        .iter()
        .any(|header| line.starts_with(header));
    let is_long = line.len() >= LINE || line.is_empty() || line.ends_with(b"=");
    is_header || (is_long && line.iter().all(|byte| is_key(*byte)))
}

/// The length of `RSA PRIVATE KEY-----` and the like.
fn header(rest: &[u8]) -> Option<usize> {
    let name = rest
        .iter()
        .position(|byte| !byte.is_ascii_uppercase() && !b" 0123456789".contains(byte))?;
    (rest[..name].ends_with(LABEL) || rest[..name].ends_with(b"PRIVATE KEY BLOCK"))
        .then_some(name)
        .filter(|name| rest[*name..].starts_with(DASHES))
        .map(|name| name + DASHES.len())
}

/// Up to `-----END …-----`, with no end of a JSON string before it.
fn closed(body: &[u8]) -> Option<usize> {
    let end = b"-----END ";
    let at = body.windows(end.len()).position(|word| word == end)?;
    let mut before = 0;
    let quoted = |byte: &u8| {
        let ends_string = *byte == b'"' && before % 2 == 0;
        before = if *byte == b'\\' { before + 1 } else { 0 };
        ends_string
    };
    if body[..at].iter().any(quoted) {
        return None;
    }
    let name = at + end.len();
    Some(name + header(&body[name..])?)
}

/// As far as lines of a key go, which an escape or white space divides.
fn open(body: &[u8]) -> Option<usize> {
    let mut end = None;
    let mut at = 0;
    while at < body.len() {
        match &body[at..] {
            [b'\\', b'n' | b'r' | b't', ..] => at += 2,
            [byte, ..] if byte.is_ascii_whitespace() => at += 1,
            rest => {
                let count = rest.iter().position(|byte| !is_key(*byte));
                let count = count.unwrap_or(rest.len());
                if count < LINE {
                    break;
                }
                at += count;
                end = Some(at);
            }
        }
    }
    end
}

fn is_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)
}
