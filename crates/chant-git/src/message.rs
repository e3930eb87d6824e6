//! Trailers: the record at the end of a commit's message, in the form every git can read.

/// `message` with `trailers` as its last paragraph, in git's own form. A last paragraph that consists of trailers already
/// is gone on with. Keys and values are one line each; the caller sees to that.
pub fn with_trailers(message: &str, trailers: &[(&str, &str)]) -> String {
    let mut text = message.trim_end().to_owned();
    if !trailers.is_empty() && !text.is_empty() {
        text.push_str(if ends_in_trailers(&text) {
            "\n"
        } else {
            "\n\n"
        });
    }
    let lines: Vec<String> = trailers
        .iter()
        .map(|(key, value)| format!("{key}: {value}"))
        .collect();
    text.push_str(&lines.join("\n"));
    text.push('\n');
    text
}

/// The trailers that a message ends with: its last paragraph, if every line of that is a trailer or goes on with one.
///
/// Stricter than git, which takes a paragraph for trailers if a part of it is: a person who quotes a trailer among
/// prose has not written one.
pub fn trailers_of(message: &str) -> Vec<(String, String)> {
    let message = message.trim_end();
    let Some((_, last)) = message.rsplit_once("\n\n") else {
        return Vec::new();
    };
    let mut trailers: Vec<(String, String)> = Vec::new();
    for line in last.lines() {
        match (line.split_once(": "), trailers.last_mut()) {
            (_, Some((_, value))) if line.starts_with([' ', '\t']) => {
                value.push(' ');
                value.push_str(line.trim());
            }
            (Some((key, value)), _) if is_trailer(line) => {
                trailers.push((key.to_owned(), value.trim().to_owned()));
            }
            _ => return Vec::new(),
        }
    }
    trailers
}

/// The subject alone never counts, though `fix: …` looks like a trailer.
fn ends_in_trailers(text: &str) -> bool {
    text.rsplit_once("\n\n")
        .is_some_and(|(_, last)| last.lines().all(is_trailer))
}

fn is_trailer(line: &str) -> bool {
    line.split_once(": ").is_some_and(|(key, _)| {
        !key.is_empty()
            && key
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    })
}

#[cfg(test)]
mod tests {
    use super::{trailers_of, with_trailers};

    #[track_caller]
    fn check(message: &str, expected: &str) {
        assert_eq!(
            with_trailers(message, &[("A", "1"), ("B-C", "x: y")]),
            expected
        );
    }

    #[test]
    fn trailers_are_a_paragraph_of_their_own() {
        check("fix: it", "fix: it\n\nA: 1\nB-C: x: y\n");
        check(
            "subject\n\nbody\n\n\n",
            "subject\n\nbody\n\nA: 1\nB-C: x: y\n",
        );
        check(
            "subject\n\nWhy: not a trailer\nbut prose",
            "subject\n\nWhy: not a trailer\nbut prose\n\nA: 1\nB-C: x: y\n",
        );
    }

    #[test]
    fn trailers_that_are_there_are_gone_on_with() {
        check(
            "s\n\nbody\n\nSigned-off-by: me <m@x>",
            "s\n\nbody\n\nSigned-off-by: me <m@x>\nA: 1\nB-C: x: y\n",
        );
    }

    #[test]
    fn no_trailers_change_nothing_but_the_end() {
        assert_eq!(with_trailers("subject", &[]), "subject\n");
    }

    #[track_caller]
    fn check_trailers(message: &str, expected: &[(&str, &str)]) {
        let found = trailers_of(message);
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        assert_eq!(found, expected, "{message:?}");
    }

    #[test]
    fn what_was_written_is_read_back() {
        let message = with_trailers("s\n\nbody\n", &[("A", "1"), ("B-C", "x: y")]);
        check_trailers(&message, &[("A", "1"), ("B-C", "x: y")]);
        check_trailers("s\n\nA: long\n  and on\n", &[("A", "long and on")]);
    }

    #[test]
    fn quotes_and_prose_are_no_trailers() {
        check_trailers("A: 1", &[]);
        check_trailers("s\n\nA: 1\n\nbut that was a quote\n", &[]);
        check_trailers("s\n\nas it said:\nA: 1\n", &[]);
        check_trailers("s\n\n> A: 1\n", &[]);
        check_trailers("s\n\n  A: 1\n", &[]);
        check_trailers("", &[]);
    }
}
