//! A prompt's file: the project's, else the one built in. Read here, understood in the module above.

use std::path::{Path, PathBuf};

use super::{builtin, builtin_names};
use crate::error::{Code, Error, Result};

/// A longer file is a mistake, not a prompt.
const LIMIT: u64 = 1 << 20;

/// A template as it was found.
#[derive(Debug)]
pub(super) struct Text {
    /// Without its frontmatter.
    pub(super) template: String,
    /// What stands before it: its frontmatter, if it has any.
    pub(super) head: String,
    /// How many lines that is.
    pub(super) lines_before: usize,
    /// Where it was found; absent for a built-in.
    pub(super) path: Option<PathBuf>,
}

impl Text {
    fn new(file: &str, path: Option<PathBuf>) -> Self {
        let text = without_frontmatter(file);
        let before = &file[..file.len() - text.len()];
        Self {
            template: text.to_owned(),
            head: before.to_owned(),
            lines_before: before.matches('\n').count(),
            path,
        }
    }
}

/// The template of this name, which must be a valid one.
pub(super) fn find(folder: &Path, name: &str) -> Result<Option<Text>> {
    let path = folder.join(format!("{name}.md"));
    if !path.exists() {
        return Ok(builtin::get(name).map(|text| Text::new(text, None)));
    }
    let unusable = |why: &str, hint: &str| {
        let message = format!("{} {why}", path.display());
        Error::new(Code::PromptInvalid, message).hint(hint)
    };
    if leads_away(folder, &path) {
        let hint = "put a copy of the file there: an agent is told nothing from elsewhere unseen";
        return Err(unusable("leads out of the repository", hint));
    }
    let bytes = chant_os::file::read_regular(&path, LIMIT)
        .map_err(|error| Error::new(Code::PromptInvalid, error.to_string()))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| unusable("is not UTF-8 text", "save the file as UTF-8"))?;
    Ok(Some(Text::new(&text, Some(path))))
}

/// Whether a link takes the file out of the repository its folder is in.
fn leads_away(folder: &Path, path: &Path) -> bool {
    let repository = folder
        .ancestors()
        .find(|folder| folder.join(".git").exists());
    match (repository.map(Path::canonicalize), path.canonicalize()) {
        (Some(Ok(repository)), Ok(real)) => !real.starts_with(repository),
        _ => false,
    }
}

/// The error for a name that no template has, with the nearest one.
pub(super) fn unknown(folder: &Path, name: &str) -> Error {
    let mut names: Vec<String> = builtin_names().map(str::to_owned).collect();
    let own = std::fs::read_dir(folder).into_iter().flatten().flatten();
    names.extend(own.filter_map(|entry| {
        let name = entry.file_name();
        Some(name.to_str()?.strip_suffix(".md")?.to_owned())
    }));
    let hint = match crate::nearest(name, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("built-in prompts: {}", names.join(", ")),
    };
    let folder = folder.display();
    let message = format!("no prompt {name:?}: neither {folder}/{name}.md nor a built-in");
    Error::new(Code::PromptNotFound, message).hint(hint)
}

/// A prompt's frontmatter only describes it; a file without any is fine.
fn without_frontmatter(text: &str) -> &str {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Some(rest) = text
        .strip_prefix("---\n")
        .or_else(|| text.strip_prefix("---\r\n"))
    else {
        return text;
    };
    let mut offset = 0;
    for line in rest.split_inclusive('\n') {
        offset += line.len();
        if matches!(line.trim_end_matches(['\n', '\r']), "---" | "...") {
            return rest[offset..].trim_start_matches(['\n', '\r']);
        }
    }
    text
}
