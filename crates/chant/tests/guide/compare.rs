//! Whether what is shown is what there is. `[..]` stands for anything within a line, a line `…` for any lines; the last
//! three characters of ids that `chant add` makes are random, and not compared.

/// Where ids stand in a text: `YYYY-MM-DD-SSS-xxx`.
pub(crate) fn ids(text: &str) -> Vec<&str> {
    const SHAPE: &[u8] = b"0000-00-00-xxx-xxx";
    let fits = |window: &[u8]| {
        window.iter().zip(SHAPE).all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            b'x' => byte.is_ascii_digit() || byte.is_ascii_lowercase(),
            _ => byte == shape,
        })
    };
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(window) = text.as_bytes().get(at..at + SHAPE.len()) {
        if fits(window) {
            found.push(&text[at..at + SHAPE.len()]);
            at += SHAPE.len();
        } else {
            at += 1;
        }
    }
    found
}

/// The text with the random part of each id made the same.
pub(crate) fn without_random(text: &str) -> String {
    let mut plain = text.to_owned();
    for id in ids(text) {
        plain = plain.replace(id, &format!("{}xxx", &id[..id.len() - 3]));
    }
    plain
}

/// Whether a line is as shown.
pub(crate) fn line_matches(shown: &str, line: &str) -> bool {
    let (shown, line) = (without_random(shown), without_random(line));
    let mut parts = shown.split("[..]");
    let Some(mut rest) = parts.next().and_then(|first| line.strip_prefix(first)) else {
        return false;
    };
    let mut open = false;
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
        open = part.is_empty();
    }
    open || rest.is_empty()
}

/// Whether lines are as shown.
pub(crate) fn lines_match(shown: &[&str], lines: &[&str]) -> bool {
    match shown.split_first() {
        None => lines.is_empty(),
        Some((&"…", rest)) => {
            (0..=lines.len()).any(|skipped| lines_match(rest, &lines[skipped..]))
        }
        Some((first, rest)) => lines
            .split_first()
            .is_some_and(|(line, lines)| line_matches(first, line) && lines_match(rest, lines)),
    }
}

#[test]
fn what_is_left_out_is_said() {
    let lines = ["one", "two 2026-02-09-001-abc", "three"];
    assert!(lines_match(
        &["one", "two 2026-02-09-001-k3x", "three"],
        &lines
    ));
    assert!(lines_match(&["…", "three"], &lines));
    assert!(lines_match(&["one", "…"], &lines));
    assert!(lines_match(&["o[..]", "…", "[..]ree"], &lines));
    assert!(!lines_match(&["one", "three"], &lines));
    assert!(!lines_match(
        &["one", "two 2026-02-09-002-abc", "three"],
        &lines
    ));
    assert!(!lines_match(&["one", "two [..]"], &lines));
}
