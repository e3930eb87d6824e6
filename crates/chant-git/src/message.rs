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
    use super::with_trailers;

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
}
