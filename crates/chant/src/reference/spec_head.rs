//! `spec.md`, from the table of keys.

use chant_spec::keys::{KEYS, Key, Reading, Topic};

use super::{cell, check, sentence};

const HEAD: &str = "\
# The head of a spec

This page is made from the table that reads and lints specs. A spec is a markdown file in `.chant/specs/`; its name without
`.md` is its id. Its head is YAML between two lines `---`, and every key is optional:

```yaml
---
type: code
status: pending
depends_on: [004-impact-map]
informed_by:
  - .chant/research/issue-1234-root-cause.md
target_files: [src/storage/store.rs]
labels: [issue-1234, v0.7.0]
prompt: implement
verify:
  - run: cargo test issue_1234
---
```

A single value where a list belongs is a list of one. A key that is not on this page is kept where it stands, and `chant lint`
names it. chant changes a head by replacing the value concerned: comments, order, quotes and line ends stay as you wrote them.

Below the head, the title is the first heading of level one, and the criteria are the boxes under the last heading
`Acceptance Criteria`. A criterion that ends in the name or the command of a check is proven by that check.
";

const SECTIONS: [(Topic, &str); 8] = [
    (Topic::Spec, "What it is"),
    (Topic::Inputs, "What it builds on"),
    (Topic::Files, "What it changes"),
    (Topic::Work, "How it is worked"),
    (Topic::Proof, "How one knows that it is done"),
    (Topic::Gate, "What a person has to say"),
    (Topic::Record, "What chant writes down"),
    (Topic::Earlier, "What earlier versions wrote"),
];

#[test]
fn the_page_of_keys_is_the_table() {
    let mut page = HEAD.to_owned();
    for (topic, title) in SECTIONS {
        page += &format!("\n## {title}\n\n| key | what it says |\n|---|---|\n");
        for key in KEYS.iter().filter(|key| key.topic == topic) {
            page += &format!(
                "| `{}` | {}{} |\n",
                key.name,
                cell(&sentence(key.says)),
                without_effect(key)
            );
        }
    }
    check("spec.md", &page);
}

fn without_effect(key: &Key) -> &'static str {
    match (key.reading, key.topic) {
        (Reading::Kept, Topic::Earlier) | (Reading::Field, _) => "",
        (Reading::Kept, _) => " Kept and shown; nothing is decided by it.",
    }
}
