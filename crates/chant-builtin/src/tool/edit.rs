//! Replacing a text in a file.

use serde::Deserialize;
use serde_json::json;

use super::{Change, Place, Ran, object, read, write};
use crate::model::Offer;

pub(super) const NAME: &str = "edit_file";

#[derive(Deserialize)]
pub(super) struct EditInput {
    path: String,
    old: String,
    new: String,
    #[serde(default)]
    all: bool,
}

pub(super) fn offer() -> Offer {
    Offer {
        name: NAME,
        says: "Replace a text in a file of the worktree. The old text must be in it exactly as given, white space included, and only once.",
        input: object(
            json!({
                "path": {"type": "string", "description": "The file, relative to the worktree."},
                "old": {"type": "string", "description": "The text to be replaced, with enough around it to be found once."},
                "new": {"type": "string", "description": "The text in its place."},
                "all": {"type": "boolean", "description": "Replace it wherever it is."},
            }),
            &["path", "old", "new"],
        ),
    }
}

pub(super) fn run(input: EditInput, place: &Place) -> Ran {
    match edit(&input, place) {
        Ok(text) => Ran {
            change: Some(Change {
                path: input.path,
                change: "update",
            }),
            ..Ran::well(text)
        },
        Err(problem) => Ran::badly(problem),
    }
}

fn edit(input: &EditInput, place: &Place) -> Result<String, String> {
    let EditInput {
        path,
        old,
        new,
        all,
    } = input;
    let text = read::text_of(path, place)?;
    if old.is_empty() {
        return Err("The old text is empty. Use write_file to make a new file.".to_owned());
    }
    if old == new {
        return Err("The old and the new text are the same.".to_owned());
    }
    let found = text.matches(old.as_str()).count();
    match found {
        0 => Err(format!(
            "The old text is not in {path}, so nothing was changed. Read the file again and copy the text exactly."
        )),
        1 => Ok(()),
        _ if *all => Ok(()),
        _ => Err(format!(
            "The old text is {found} times in {path}, so nothing was changed. Give more of the text around it, or set `all`."
        )),
    }?;
    write::put(path, &text.replace(old.as_str(), new), place)?;
    Ok(format!("Replaced, {found} times."))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::super::tests::{run, toolbox};
    use serde_json::json;

    #[test]
    fn a_text_is_replaced_where_it_is_found_once() {
        let (folder, tools) = toolbox();
        let path = folder.path().join("a");
        std::fs::write(&path, "one two one\n").unwrap();
        let edit = |old: &str, new: &str, all: bool| {
            let input = json!({"path": "a", "old": old, "new": new, "all": all});
            run(&tools, "edit_file", input)
        };
        assert!(edit("two", "2", false).ok);
        assert!(edit("one", "1", false).text.contains("2 times in a"));
        assert!(edit("three", "3", false).text.contains("is not in a"));
        assert!(!edit("", "x", false).ok);
        assert!(!edit("2", "2", false).ok);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one 2 one\n");
        assert!(edit("one", "1", true).ok);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "1 2 1\n");
    }
}
