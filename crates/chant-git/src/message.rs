//! Commit messages with trailers (git-interpret-trailers(1)).

/// A subject, an empty line, and the trailers, each on a line of its own.
pub fn with_trailers(message: &str, trailers: &[(&str, &str)]) -> String {
    let mut text = message.trim_end().to_owned();
    text.push_str("\n\n");
    for (key, value) in trailers {
        let value = value.replace(['\n', '\r'], " ");
        text.extend([key, ": ", value.as_str(), "\n"]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::with_trailers;

    #[test]
    fn trailers_are_the_last_paragraph() {
        assert_eq!(
            with_trailers("subject\n", &[("A", "1"), ("B", "x\ny")]),
            "subject\n\nA: 1\nB: x y\n"
        );
    }
}
