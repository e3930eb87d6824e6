//! Which boxes count, and that ticking one changes one byte.

use chant_spec::set_checked;

use crate::doc;

const BOXES: &str = "---
status: pending
note: |
  ## Acceptance Criteria
  - [ ] trap: yaml literal
---
# Title

- [ ] trap: not in the section

## Acceptance Criteria

- [ ] real 1
  - [x] real 2 nested
    1. [ ] real 3 ordered
* [ ] real 4 star
+ [X] real 5 plus

1) [ ] real 6 parenthesis

> - [ ] real 7 quoted

-\t[ ] real 8 tab

- [ ]

  text that the reader counts as outside the box

- [ ] real twice
- [ ] real twice

<details>

- [ ] real 12 inside details

</details>

- [ ] real 13 with `code`

```
- [ ] trap: fence
## Acceptance Criteria
- [ ] trap: heading in a fence
```

- item
  ```sh
  - [ ] trap: fence in an item
  ```

~~~
```
- [ ] trap: tilde fence
~~~

    - [ ] trap: indented code

<!--
- [ ] trap: comment
-->

<div>
- [ ] trap: raw html
</div>

- [x](trap-link)
- `[ ]` trap: code
- \\[ ] trap: escaped
- [ ]trap: no space
-[ ] trap: no space after the dash

| a | b |
|---|---|
| [ ] trap | x |

paragraph
[ ] trap: lazy

## Notes

- [ ] trap: another section
";

fn texts(text: &str) -> Vec<String> {
    doc(text)
        .criteria()
        .iter()
        .map(|c| {
            format!(
                "{}{}{}",
                "  ".repeat(c.depth),
                if c.checked { "x " } else { "  " },
                c.text
            )
        })
        .collect()
}

#[test]
fn thirteen_boxes_and_no_trap() {
    let found = texts(BOXES);
    assert_eq!(found.len(), 13, "{found:#?}");
    assert!(
        !found.iter().any(|text| text.contains("trap")),
        "{found:#?}"
    );
    assert_eq!(texts(&BOXES.replace('\n', "\r\n")), found);
    assert_eq!(found[1], "  x real 2 nested");
    assert_eq!(found[2], "      real 3 ordered");
    assert_eq!(found[8], "  ");
}

#[test]
fn every_box_is_one_byte() {
    for text in [BOXES.to_owned(), BOXES.replace('\n', "\r\n")] {
        let before = doc(&text);
        for (index, criterion) in before.criteria().iter().enumerate() {
            let after = set_checked(&before, index, !criterion.checked).unwrap();
            let places: Vec<usize> = (0..after.len())
                .filter(|&i| after[i] != before.bytes()[i])
                .collect();
            assert_eq!(places, [criterion.marker.start + 1]);
            let line = text[..criterion.marker.start].matches('\n').count() + 1;
            assert_eq!(criterion.line, line);
        }
    }
}

#[test]
fn the_section() {
    let check = |body: &str, expect: &[&str]| {
        assert_eq!(texts(&format!("---\n---\n{body}")), expect, "{body}");
    };
    check("## acceptance criteria  \n- [ ] a\n", &["  a"]);
    check("Acceptance Criteria\n---\n- [ ] a\n", &["  a"]);
    check("###### **Acceptance** Criteria ######\n- [ ] a\n", &["  a"]);
    check(
        "## Acceptance Criteria\n- [ ] a\n### Sub\n- [x] b\n## Other\n- [ ] c\n",
        &["  a", "x b"],
    );
    check(
        "### Acceptance Criteria\n- [ ] a\n# Other\n- [ ] c\n",
        &["  a"],
    );
    check(
        "## Acceptance Criteria\n- [ ] a\n## Acceptance Criteria\n- [ ] b\n",
        &["  b"],
    );
    check(
        "## Acceptance Criteria\n- [ ] a\n### Acceptance Criteria\n- [ ] b\n",
        &["  b"],
    );
    check(
        "## Acceptance Criteria\n- [ ] a\n## Acceptance Criteria\nnone\n",
        &[],
    );
    check("## Acceptance Criteria (draft)\n- [ ] a\n", &[]);
    check("- [ ] a\n", &[]);
    check(
        "## Acceptance Criteria\n- [ ] a\n  more\n\n  second paragraph\n",
        &["  a more"],
    );
    check("## Acceptance Criteria\n- [ ]  \n- [ ] b\n", &["  ", "  b"]);
}

#[test]
fn trailing_code_is_the_check() {
    let check = |item: &str, text: &str, expect: Option<&str>| {
        let doc = doc(&format!("---\n---\n## Acceptance Criteria\n- [ ] {item}\n"));
        let criterion = &doc.criteria()[0];
        assert_eq!(
            (criterion.text.as_str(), criterion.check.as_deref()),
            (text, expect)
        );
    };
    check(
        "passes: `cargo test a`",
        "passes: `cargo test a`",
        Some("cargo test a"),
    );
    check("`a` and `b`", "`a` and `b`", Some("b"));
    check("`a` is gone", "`a` is gone", None);
    check("no code", "no code", None);
    check("**bold** `` x`y ``", "bold `` x`y ``", Some("x`y"));
}

#[test]
fn a_section_is_what_stands_under_its_last_heading() {
    let check = |body: &str, expect: Option<&str>| {
        let document = doc(&format!("---\nstatus: pending\n---\n{body}"));
        assert_eq!(document.section("Outcome").map(str::trim), expect, "{body}");
    };
    check("# T\n\n## Outcome\n\nred\n", Some("red"));
    check(
        "## outcome\n\na\n\n### b\n\nc\n\n## d\n",
        Some("a\n\n### b\n\nc"),
    );
    check("## Outcome\n\na\n\n# Outcome\n\nb\n", Some("b"));
    check("```\n## Outcome\n```\n", None);
    check("## Outcome of it\n", None);
    check("## Outcome\n", Some(""));
}
