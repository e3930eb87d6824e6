//! The ways in which programs write one value: as it is, in JSON, in a URL, between quotes, in base64 and in hexadecimal.

use std::{collections::BTreeSet, fmt::Write as _, path::Path};

use base64::{
    Engine as _, alphabet,
    engine::general_purpose::{GeneralPurpose, NO_PAD},
};

/// Shorter values are not looked for: they would turn up where nobody meant them.
const SHORTEST: usize = 6;

/// From here on a value of one kind of character is no word or number any more.
const SURELY: usize = 16;

/// At how many letters programs break base64.
const BREAKS: [usize; 2] = [76, 64];

/// The value as it stands in text, and as programs write it; of one with several lines, each line too. None of one that is not
/// telling.
pub(super) fn ways(value: &str) -> BTreeSet<Vec<u8>> {
    if !is_telling(value) {
        return BTreeSet::new();
    }
    let lines = value.lines().map(str::trim);
    let mut texts: BTreeSet<String> = lines
        .filter(|line| is_telling(line))
        .map(str::to_owned)
        .collect();
    texts.insert(value.to_owned());
    let mut ways: BTreeSet<String> = texts.iter().flat_map(|text| encoded(text)).collect();
    for text in &texts {
        let once = in_json(text);
        ways.extend([
            in_json(&once),
            in_ascii_json(text),
            in_shell(text),
            in_html(text),
            once,
        ]);
        ways.extend(in_url(text));
    }
    ways.append(&mut texts);
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

/// What a shell shows of it between single quotes.
fn in_shell(text: &str) -> String {
    text.replace('\'', r"'\''")
}

fn in_html(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}

/// With letters of either case, a slash written out or not, and a space as a form has it.
fn in_url(text: &str) -> [String; 4] {
    let upper = percent(text, "-._~");
    [
        lower(&upper),
        percent(text, "-._~/"),
        upper.replace("%20", "+"),
        upper,
    ]
}

fn percent(text: &str, plain: &str) -> String {
    let mut written = String::new();
    for byte in text.bytes() {
        let letter = char::from(byte);
        if letter.is_ascii_alphanumeric() || plain.contains(letter) {
            written.push(letter);
        } else {
            let _ = write!(written, "%{byte:02X}");
        }
    }
    written
}

/// The same with the two digits after each `%` in lower case.
fn lower(percent: &str) -> String {
    let mut after = 0;
    let digits = |letter: char| {
        let is_digit = after > 0;
        after = if letter == '%' {
            2
        } else {
            usize::saturating_sub(after, 1)
        };
        if is_digit {
            letter.to_ascii_lowercase()
        } else {
            letter
        }
    };
    percent.chars().map(digits).collect()
}

/// In hexadecimal, and in base64: alone, broken into lines, and within something longer, where it may begin at each of
/// three places.
fn encoded(text: &str) -> BTreeSet<String> {
    let mut ways = BTreeSet::new();
    ways.insert(text.bytes().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    }));
    for letters in [alphabet::STANDARD, alphabet::URL_SAFE] {
        let engine = GeneralPurpose::new(&letters, NO_PAD);
        for before in 0..3 {
            let whole = engine.encode([&vec![0; before], text.as_bytes()].concat());
            // What stands at either end depends on what is beside it.
            let (first, last) = ((before * 8).div_ceil(6), (before + text.len()) * 8 / 6);
            ways.insert(whole[first..last].to_owned());
        }
        let alone = engine.encode(text);
        for length in BREAKS.iter().filter(|length| alone.len() > **length) {
            let lines = alone.as_bytes().chunks(*length);
            let lines = lines.filter(|line| line.len() >= SURELY);
            ways.extend(lines.map(|line| String::from_utf8_lossy(line).into_owned()));
        }
    }
    ways
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_numbers_and_paths_are_no_secrets() {
        for value in ["", "true", "password", "12345678", "abc12", "/bin"] {
            assert!(!is_telling(value), "{value}");
        }
        for value in [
            "hunter2",
            "p@ss w",
            "correct horse",
            "abcdefghijklmnop",
            "/bin/no/such+secret",
        ] {
            assert!(is_telling(value), "{value}");
        }
    }

    #[test]
    fn base64_is_known_alone_within_something_and_in_lines() {
        let value =
            "S3cr3t/of?the~Sh\u{f6}p, which is longer than one line of base64 by a few words";
        let ways = ways(value);
        let known = |text: &str| {
            ways.iter()
                .any(|way| text.as_bytes().windows(way.len()).any(|part| part == way))
        };
        let engine = GeneralPurpose::new(&alphabet::STANDARD, NO_PAD);
        for text in [
            value.to_owned(),
            format!("{value}\n"),
            format!("user:{value}"),
            format!("user1:{value}"),
            format!("user12:{value}@"),
        ] {
            assert!(known(&engine.encode(&text)), "{text}");
        }
        for line in engine.encode(value).as_bytes().chunks(76) {
            let line = String::from_utf8_lossy(line);
            assert!(known(&line) || line.len() < SURELY, "{line}");
        }
        assert!(!known(&engine.encode(
            "something else that is as long as it is, or about that long"
        )));
    }

    #[test]
    fn a_url_may_write_it_in_several_ways() {
        let ways = ways("a b/c+d:9");
        for written in [
            "a%20b%2Fc%2Bd%3A9",
            "a%20b%2fc%2bd%3a9",
            "a%20b/c%2Bd%3A9",
            "a+b%2Fc%2Bd%3A9",
        ] {
            assert!(ways.contains(written.as_bytes()), "{written}");
        }
    }
}
