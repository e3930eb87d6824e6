//! Writing a file as a whole.

use chant_os::file;
use serde::Deserialize;
use serde_json::json;

use super::{Change, Place, Ran, object};
use crate::model::Offer;

pub(super) const NAME: &str = "write_file";

#[derive(Deserialize)]
pub(super) struct WriteInput {
    path: String,
    content: String,
}

pub(super) fn offer() -> Offer {
    Offer {
        name: NAME,
        says: "Write a file of the worktree, which is created or replaced as a whole. Folders are created as needed.",
        input: object(
            json!({
                "path": {"type": "string", "description": "The file, relative to the worktree."},
                "content": {"type": "string", "description": "All of its new content."},
            }),
            &["path", "content"],
        ),
    }
}

pub(super) fn run(input: WriteInput, place: &Place) -> Ran {
    match put(&input.path, &input.content, place) {
        Ok(change) => Ran {
            change: Some(Change {
                path: input.path,
                change,
            }),
            ..Ran::well(format!("Written, {} bytes.", input.content.len()))
        },
        Err(problem) => Ran::badly(problem),
    }
}

/// Makes `content` the file's content; says whether the file is new.
pub(super) fn put(path: &str, content: &str, place: &Place) -> Result<&'static str, String> {
    let real = place.to_write(path)?;
    let is_there = real.exists();
    if let Some(folder) = real.parent() {
        file::create_dir_all(folder).map_err(|error| error.to_string())?;
    }
    file::replace(&real, content.as_bytes()).map_err(|error| error.to_string())?;
    Ok(if is_there { "update" } else { "create" })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::super::tests::{run, toolbox};
    use serde_json::json;

    #[test]
    fn a_file_is_created_with_its_folders_and_replaced() {
        let (folder, tools) = toolbox();
        let input = |content: &str| json!({"path": "a/b/c.txt", "content": content});
        let first = run(&tools, "write_file", input("one"));
        assert_eq!(first.change.unwrap().change, "create");
        let second = run(&tools, "write_file", input("two"));
        assert_eq!(second.change.unwrap().change, "update");
        let text = std::fs::read_to_string(folder.path().join("a/b/c.txt")).unwrap();
        assert_eq!(text, "two");
    }

    #[test]
    fn nothing_is_written_outside_through_a_link_or_to_git() {
        let (folder, tools) = toolbox();
        let outside = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(outside.path(), folder.path().join("out")).unwrap();
        for path in [
            "out/x",
            "../x",
            "/tmp/chant-escape",
            ".git/config",
            "out/new/x",
        ] {
            let ran = run(&tools, "write_file", json!({"path": path, "content": "x"}));
            assert!(!ran.ok, "{path} was written");
        }
        assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
    }
}
