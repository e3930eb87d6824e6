//! Generated frontmatter: whatever it looks like, an edit changes what it was asked to and no other byte.

use chant_spec::{Document, append_section, push_list, remove_key, set_checked, set_scalar};
use proptest::prelude::*;

/// How the value of a list key may be written, in lines; `KEY` is the key.
const LISTS: &[&str] = &[
    "KEY: []\n",
    "KEY: [ ]  # none yet\n",
    "KEY: [a,  \"b\"]\n",
    "KEY: [a, 'b' , ] # two\n",
    "KEY: [\n  a,\n  b\n]\n",
    "KEY: [\n  a, # first\n  b, # second\n]\n",
    "KEY:\n- a\n- 'b'\n",
    "KEY:\n  - a  # first\n  # between\n  - \"b\"\n",
    "KEY:\n\n    - 0012345\n\n    - 12e4567\n",
    "KEY:\n",
    "KEY: ~\n",
    "KEY: null # nothing\n",
    "KEY: a\n",
    "KEY: 'a b'  # one\n",
    "\"KEY\": [a]\n",
    "KEY : [a]\n",
    "KEY: &list [a]\n",
    "KEY:\n- >-\n  a\n  b\n- c\n",
    "KEY:\n  -   a\n  -   b # c\n",
];

const SCALARS: &[&str] = &[
    "KEY: pending\n",
    "KEY:   pending   # why\n",
    "KEY: 'pending'\n",
    "KEY: \"pend\\u0069ng\"\n",
    "KEY:\n",
    "KEY: ~\n",
    "KEY: null\n",
    "'KEY': pending\n",
    "KEY : pending\n",
    "KEY: &mark pending\n",
    "KEY: |\n  pending\n",
    "KEY: >-\n  pending\n\n",
    "KEY:\n  pending # here\n",
    "KEY: !!str pending\n",
    "KEY: 1234567\n",
];

const OTHERS: &[&str] = &[
    "# a comment: with a colon\n",
    "\n",
    "   # indented comment\n",
    "count: 007\n",
    "hash: 12e4567\n",
    "url: http://x/y#z\n",
    "text: |\n  ---\n  status: completed\n  commits:\n  - x\n",
    "folded: >\n  ...\n  status: x\n\n",
    "map: {a: 1, status: x}\n",
    "nested:\n  status: x\n  commits:\n  - y\n",
    "anchor: &anchor [1, 2]\nuse: *anchor\n",
    "ünï: \"ключ: ☃\"\n",
    "quote: 'it''s'\n",
    "tab: \"a\\tb\"\n",
    "empty:\n",
    "nothing: ~\n",
    "plain: more than\n  one line\n",
    "date: 2026-01-29T18:00:00Z\n",
    "? odd\n: key\n",
];

/// Lines that boxes, and what looks like them, are made of.
const LINES: &[&str] = &[
    "## Acceptance Criteria\n",
    "- [ ] a\n",
    "- [x] b `c`\n",
    "  - [ ] nested\n",
    "\n",
    "```\n",
    "~~~\n",
    "    - [ ] code\n",
    "> - [X] quoted\n",
    "text\n",
    "1. [ ] one\n",
    "<div>\n",
    "<!--\n",
    "-->\n",
    "### Sub\n",
    "# Other\n",
    "---\n",
    "[a]: /b\n",
    "- [a]\n",
    "- [ ]\n",
    "`open\n",
];

#[derive(Debug, Clone)]
struct Written {
    text: String,
}

fn written(lists: &'static [&'static str], key: &'static str) -> impl Strategy<Value = Written> {
    let filler = || {
        proptest::sample::subsequence((0..OTHERS.len()).collect::<Vec<_>>(), 0..5).prop_shuffle()
    };
    let own = proptest::option::weighted(0.9, proptest::sample::select(lists));
    (filler(), own, any::<(bool, bool, bool)>(), 0..OTHERS.len()).prop_map(
        move |(fill, own, (bom, crlf, bare), cut)| {
            let cut = cut.min(fill.len());
            let head: String = fill[..cut].iter().map(|&i| OTHERS[i]).collect();
            let tail: String = fill[cut..].iter().map(|&i| OTHERS[i]).collect();
            let own = own.unwrap_or_default().replace("KEY", key);
            let body = if bare {
                "---"
            } else {
                "---\n# T\n\nstatus: x\n- [ ] a"
            };
            let text = format!("---\n{head}{own}{tail}{body}");
            let text = if crlf {
                text.replace('\n', "\r\n")
            } else {
                text
            };
            Written {
                text: if bom { format!("\u{feff}{text}") } else { text },
            }
        },
    )
}

fn value() -> impl Strategy<Value = String> {
    let odd = proptest::sample::select(vec![
        "12e4567", "1234567", "true", "", "a: b", "# x", "- y", "]", "\"", "'", "a\nb", "~",
    ]);
    prop_oneof![
        Just("completed".to_owned()),
        odd.prop_map(str::to_owned),
        "[0-9a-f]{7}",
        "\\PC{0,12}",
        any::<String>()
    ]
}

/// Between the common head and tail of both versions there is no line that is not the key's own.
fn only_own_lines(before: &str, after: &str) -> Result<(), TestCaseError> {
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let room = old.len().min(new.len()) - head;
    let tail = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take(room)
        .take_while(|(a, b)| a == b)
        .count();
    // An indented line may have become part of the key's own block.
    for line in old[head..old.len() - tail]
        .iter()
        .filter(|line| !line.starts_with(' '))
    {
        let mut others = OTHERS.iter().flat_map(|other| other.lines());
        let foreign = others.any(|other| !other.trim().is_empty() && line.trim_end() == other);
        prop_assert!(!foreign, "lost {line:?}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 800, ..ProptestConfig::default() })]

    #[test]
    fn a_status_edit_changes_only_the_status(written in written(SCALARS, "status"), value in value()) {
        let before = Document::parse(written.text.clone().into_bytes()).unwrap();
        let edited = set_scalar(&before, "status", &value).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let edited = String::from_utf8(edited).unwrap();
        let after = Document::parse(edited.clone().into_bytes()).unwrap();
        prop_assert_eq!(after.frontmatter().status.as_str(), &value);
        prop_assert_eq!(&after.frontmatter().rest, &before.frontmatter().rest);
        prop_assert_eq!(after.body(), before.body());
        only_own_lines(&written.text, &edited)?;
    }

    #[test]
    fn an_append_changes_only_the_list(written in written(LISTS, "commits"), values in proptest::collection::vec(value(), 1..3)) {
        let before = Document::parse(written.text.clone().into_bytes()).unwrap();
        let words: Vec<&str> = values.iter().map(String::as_str).collect();
        let edited = push_list(&before, "commits", &words).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let edited = String::from_utf8(edited).unwrap();
        let after = Document::parse(edited.clone().into_bytes()).unwrap();
        let mut expect = before.frontmatter().commits.clone();
        expect.extend(values.iter().cloned());
        prop_assert_eq!(&after.frontmatter().commits, &expect);
        prop_assert_eq!(&after.frontmatter().rest, &before.frontmatter().rest);
        prop_assert_eq!(after.body(), before.body());
        only_own_lines(&written.text, &edited)?;
    }

    #[test]
    fn a_removal_takes_only_the_key(written in written(LISTS, "commits")) {
        let before = Document::parse(written.text.clone().into_bytes()).unwrap();
        // Without the key's line, an indented comment below it would belong to a block above it: that is refused.
        prop_assume!(!written.text.contains("\n   # indented"));
        let edited = remove_key(&before, "commits").map_err(|error| TestCaseError::fail(error.to_string()))?;
        let edited = String::from_utf8(edited).unwrap();
        let after = Document::parse(edited.clone().into_bytes()).unwrap();
        prop_assert!(after.frontmatter().commits.is_empty());
        prop_assert_eq!(&after.frontmatter().rest, &before.frontmatter().rest);
        prop_assert_eq!(after.body(), before.body());
        only_own_lines(&written.text, &edited)?;
    }

    #[test]
    fn ticks_are_one_byte(lines in proptest::collection::vec(proptest::sample::select(LINES), 0..25), crlf in any::<bool>()) {
        let text = format!("---\n---\n{}", lines.concat());
        let text = if crlf { text.replace('\n', "\r\n") } else { text };
        let before = Document::parse(text.into_bytes()).unwrap();
        for (index, criterion) in before.criteria().iter().enumerate() {
            let after = set_checked(&before, index, !criterion.checked).unwrap();
            let different = after.iter().zip(before.bytes()).filter(|(a, b)| a != b).count();
            prop_assert_eq!((different, after.len()), (1, before.bytes().len()));
        }
    }

    #[test]
    fn a_section_never_adds_criteria(lines in proptest::collection::vec(proptest::sample::select(LINES), 0..12), more in proptest::collection::vec(proptest::sample::select(LINES), 0..12)) {
        let before = Document::parse(format!("---\n---\n# T\n{}", lines.concat()).into_bytes()).unwrap();
        let edited = append_section(&before, "Agent Output", &more.concat()).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let after = Document::parse(edited).unwrap();
        prop_assert_eq!(after.criteria(), before.criteria());
        prop_assert!(after.text().starts_with(before.text()));
    }

    #[test]
    fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "(---\n)?[-a: \\[\\]{}&*|>#\"'\n\r\t!%?,~`x]{0,80}\n---\n\\PC{0,20}") {
        let _ = Document::parse(bytes);
        if let Ok(doc) = Document::parse(text.into_bytes()) {
            let _ = (doc.title(), doc.criteria().len(), chant_spec::lint::lint(&doc));
            let _ = (set_scalar(&doc, "a", "b"), push_list(&doc, "a", &["b"]), chant_spec::remove_key(&doc, "a"));
        }
    }
}
