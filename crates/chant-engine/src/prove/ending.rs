//! The end that an agent says a reproduction came to: the section `## Outcome` of its spec.

use chant_spec::{Document, Ending};

/// The section's heading.
const HEADING: &str = "Outcome";

/// What the agent says. Without a section of its own, that it was reproduced. An error is a sentence for the run.
pub(crate) fn claimed(start: &Document, end: &Document) -> Result<Ending, String> {
    let section = end.section(HEADING).map(str::trim).unwrap_or_default();
    if section.is_empty() || start.section(HEADING).map(str::trim) == Some(section) {
        return Ok(Ending::Reproduced);
    }
    let first = section
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    let plain = first.trim_start_matches(|c: char| !c.is_alphanumeric());
    let spelt = plain.to_lowercase().replace([' ', '_'], "-");
    let Some(ending) = Ending::ALL
        .into_iter()
        .find(|ending| spelt.starts_with(ending.as_str()))
    else {
        let words = Ending::ALL.map(Ending::as_str).join(", ");
        return Err(format!(
            "its section `## {HEADING}` begins with {first:?}; it has to begin with one of {words}"
        ));
    };
    let said = section.find(plain).unwrap_or(0) + ending.as_str().len();
    let evidence = section.get(said..).unwrap_or_default();
    if ending != Ending::Reproduced && !evidence.chars().any(char::is_alphanumeric) {
        return Err(format!(
            "it ends as {ending} and gives no evidence below `## {HEADING}`"
        ));
    }
    Ok(ending)
}

/// What could be names of commits in the section, in its order.
pub(crate) fn named_commits(end: &Document) -> Vec<String> {
    let section = end.section(HEADING).unwrap_or_default();
    let mut names: Vec<String> = Vec::new();
    for word in section.split(|c: char| !c.is_ascii_alphanumeric()) {
        let is_name = (7..=64).contains(&word.len())
            && word
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if is_name && !names.iter().any(|name| name == word) {
            names.push(word.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn spec(body: &str) -> Document {
        Document::parse(format!("---\nstatus: pending\n---\n\n# T\n{body}").into_bytes()).unwrap()
    }

    #[test]
    fn the_four_ends() {
        let check = |section: &str, expect: Result<Ending, &str>| {
            let end = spec(&format!("\n## Outcome\n\n{section}\n"));
            let claim = claimed(&spec(""), &end);
            match expect {
                Ok(ending) => assert_eq!(claim, Ok(ending), "{section}"),
                Err(part) => assert!(claim.unwrap_err().contains(part), "{section}"),
            }
        };
        check("", Ok(Ending::Reproduced));
        check("reproduced", Ok(Ending::Reproduced));
        check(
            "**not-reproduced**: 50 runs on 3.11, all green",
            Ok(Ending::NotReproduced),
        );
        check("- `Not reproduced`\n\n50 runs", Ok(Ending::NotReproduced));
        check("already-fixed by 1234567abc", Ok(Ending::AlreadyFixed));
        check(
            "not-a-bug\n\nThe manual promises it, page 3.",
            Ok(Ending::NotABug),
        );
        check("not-a-bug.", Err("gives no evidence"));
        check("It works for me", Err("has to begin with one of"));
        assert_eq!(claimed(&spec(""), &spec("")), Ok(Ending::Reproduced));
        let asked = spec("\n## Outcome\n\nOne of the four.\n");
        assert_eq!(claimed(&asked, &asked), Ok(Ending::Reproduced));
    }

    #[test]
    fn commits_are_found_in_it() {
        let end = spec(
            "\n## Outcome\n\nalready-fixed by `1234567abc` (was red at 1234567abc and deadbeef, in 2026)\n",
        );
        assert_eq!(named_commits(&end), ["1234567abc", "deadbeef"]);
    }
}
