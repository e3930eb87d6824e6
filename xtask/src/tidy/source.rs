//! A Rust file, split into what is code, what is comment, and what is only for tests. This is a scanner, not a parser:
//! it knows comments, strings, characters and braces, which is all that the rules need.

use std::ops::Range;

/// One file in three views of the same length, so that an offset means the same place in each.
pub(super) struct Source<'a> {
    pub(super) path: &'a str,
    pub(super) text: &'a str,
    /// Comments and the contents of literals are blank.
    pub(super) code: String,
    /// `code` without the modules marked `#[cfg(test)]`.
    pub(super) product: String,
    /// Everything but comments is blank.
    pub(super) comments: String,
}

impl<'a> Source<'a> {
    pub(super) fn read(path: &'a str, text: &'a str) -> Self {
        let (code, comments) = separate(text);
        let product = without_tests(&code);
        Self {
            path,
            text,
            code,
            product,
            comments,
        }
    }

    /// The line, from 1, that holds an offset.
    pub(super) fn line(&self, offset: usize) -> usize {
        1 + self.code[..offset].matches('\n').count()
    }
}

/// Offsets at which `needle` stands in `text` as a path of its own: not as the end of a longer name.
pub(super) fn occurrences<'a>(text: &'a str, needle: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(needle)
        .map(|(at, _)| at)
        .filter(|at| *at == 0 || !is_word(text.as_bytes()[at - 1]))
}

/// The end of the bracket that opens at `open`, exclusive; the end of the text where it never closes.
pub(super) fn closing(code: &str, open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return at + 1;
        }
    }
    code.len()
}

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Splits a text into code and comments.
fn separate(text: &str) -> (String, String) {
    let bytes = text.as_bytes();
    let mut code = blank(bytes);
    let mut comments = blank(bytes);
    let mut at = 0;
    while at < bytes.len() {
        let piece = piece(bytes, at);
        let range = at..piece.end;
        match piece.kind {
            Kind::Code => copy(&mut code, bytes, range),
            Kind::Comment => copy(&mut comments, bytes, range),
            Kind::Literal => {}
        }
        at = piece.end;
    }
    (ascii(code), ascii(comments))
}

enum Kind {
    Code,
    Comment,
    Literal,
}

struct Piece {
    kind: Kind,
    end: usize,
}

/// The piece that begins at `at`; it is at least one byte long.
fn piece(bytes: &[u8], at: usize) -> Piece {
    let rest = &bytes[at..];
    let fresh = at == 0 || !is_word(bytes[at - 1]);
    let (kind, length) = if rest.starts_with(b"//") {
        (Kind::Comment, find(rest, b"\n", 0))
    } else if rest.starts_with(b"/*") {
        (Kind::Comment, block_comment(rest))
    } else if let Some(length) = raw_string(rest).filter(|_| fresh) {
        (Kind::Literal, length)
    } else if rest[0] == b'"' {
        (Kind::Literal, quoted(rest, b'"'))
    } else if let Some(length) = character(rest) {
        (Kind::Literal, length)
    } else {
        (Kind::Code, 1)
    };
    Piece {
        kind,
        end: at + length.max(1),
    }
}

fn block_comment(rest: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// The length of `r"…"`, `r#"…"#`, `br"…"` or `cr"…"`, if one begins here.
fn raw_string(rest: &[u8]) -> Option<usize> {
    let prefix = if rest.starts_with(b"r") {
        1
    } else if rest.starts_with(b"br") || rest.starts_with(b"cr") {
        2
    } else {
        return None;
    };
    let hashes = rest[prefix..].iter().take_while(|b| **b == b'#').count();
    let open = prefix + hashes;
    if rest.get(open) != Some(&b'"') {
        return None;
    }
    let mut end = vec![b'"'];
    end.resize(1 + hashes, b'#');
    Some((find(rest, &end, open + 1) + end.len()).min(rest.len()))
}

fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// The length of a character literal; a lifetime is none.
fn character(rest: &[u8]) -> Option<usize> {
    if rest[0] != b'\'' {
        return None;
    }
    if rest.get(1) == Some(&b'\\') {
        return Some(quoted(rest, b'\''));
    }
    let width = std::str::from_utf8(&rest[1..rest.len().min(5)])
        .or_else(|error| std::str::from_utf8(&rest[1..=error.valid_up_to()]))
        .ok()?
        .chars()
        .next()?
        .len_utf8();
    (rest.get(1 + width) == Some(&b'\'')).then_some(width + 2)
}

fn find(bytes: &[u8], needle: &[u8], from: usize) -> usize {
    bytes[from..]
        .windows(needle.len())
        .position(|window| window == needle)
        .map_or(bytes.len(), |at| from + at)
}

fn blank(bytes: &[u8]) -> Vec<u8> {
    let keep = |byte: &u8| if *byte == b'\n' { b'\n' } else { b' ' };
    bytes.iter().map(keep).collect()
}

fn copy(target: &mut [u8], bytes: &[u8], range: Range<usize>) {
    for at in range {
        if bytes[at].is_ascii() {
            target[at] = bytes[at];
        }
    }
}

fn ascii(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("only ASCII bytes were written")
}

/// Blanks the items that follow `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    let mut product = code.to_owned();
    for (start, mark) in code.match_indices("#[cfg(test)]") {
        let after = start + mark.len();
        let Some(end) = code[after..].find(['{', ';']).map(|at| after + at) else {
            continue;
        };
        let end = if code.as_bytes()[end] == b'{' {
            closing(code, end)
        } else {
            end
        };
        let blanks: String = blank(&code.as_bytes()[start..end])
            .into_iter()
            .map(char::from)
            .collect();
        product.replace_range(start..end, &blanks);
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> String {
        let source = Source::read("a.rs", text);
        assert_eq!(source.code.len(), text.len(), "views keep their length");
        source.code.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn literals_and_comments_are_blank() {
        assert_eq!(code("a(\"x { \\\" }\", b) // { c"), "a( , b)");
        assert_eq!(code("a /* { /* } */ { */ b"), "a b");
        assert_eq!(code("f(r#\"{ \" }\"#, br\"{\") g"), "f( , ) g");
        assert_eq!(
            code("fn f<'a>(x: &'a str) { '{'; '\\''; 'ü' }"),
            "fn f<'a>(x: &'a str) { ; ; }"
        );
        assert_eq!(code("var\"{\" x"), "var x");
        assert_eq!(code("\"never closed {"), "");
    }

    #[test]
    fn comments_are_kept_apart() {
        let source = Source::read("a.rs", "let a = \"b\"; // see c\n");
        assert_eq!(source.comments.trim(), "// see c");
    }

    #[test]
    fn test_modules_are_no_product() {
        let source = Source::read(
            "a.rs",
            "one();\n#[cfg(test)]\nmod tests { two(); }\nthree();\n",
        );
        assert!(source.product.contains("one") && source.product.contains("three"));
        assert!(!source.product.contains("two") && source.code.contains("two"));
        let source = Source::read("a.rs", "#[cfg(test)]\nmod tests;\nthree();\n");
        assert!(source.product.contains("three") && !source.product.contains("tests"));
    }

    #[test]
    fn a_name_is_found_whole() {
        assert_eq!(
            occurrences("eprint!(print!(", "print!").collect::<Vec<_>>(),
            [8]
        );
    }
}
