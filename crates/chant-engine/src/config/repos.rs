//! The other repositories a person works in, by the names they are called by.

use std::path::{Path, PathBuf};

use super::file::File;
use super::settings::{Entry, Remark, Settings, Source};
use super::yaml::{Node, Value};
use crate::error::Result;

/// One repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepoEntry {
    /// What it is called: `NAME` in `--repo NAME` and in `NAME:spec`.
    pub name: String,
    /// The project's folder, absolute.
    pub path: PathBuf,
}

/// Reads and merges the entries of the layers that are the person's own: what comes with a repository must not make chant
/// look into others.
pub(super) fn read(settings: &mut Settings<'_>) -> Result<Vec<RepoEntry>> {
    let (mut repos, mut not_taken): (Vec<RepoEntry>, Vec<Remark>) = (Vec::new(), Vec::new());
    let mut lists: Vec<&Entry<'_>> = settings.all("repos").collect();
    lists.sort_by_key(|entry| entry.file.layer);
    for entry in lists {
        if !entry.file.layer.is_the_users_own() {
            not_taken.push(remark(entry));
            continue;
        }
        let Value::List(items) = &entry.node.value else {
            let message = "`repos` must be a list such as `[{name: web, path: ~/work/web}]`";
            return Err(wrong(entry.file, &entry.node, message));
        };
        for item in items {
            let repo = one(entry.file, item)?;
            repos.retain(|known| known.name != repo.name);
            repos.push(repo);
        }
    }
    settings.unused.extend(not_taken);
    // As in the file: a person reads them beside it.
    let place = |remark: &Remark| (remark.source.layer, remark.source.line);
    settings.unused.sort_by_key(place);
    Ok(repos)
}

fn remark(entry: &Entry<'_>) -> Remark {
    Remark {
        key: "repos".to_owned(),
        message: "`repos` has no effect: it is not taken from a file that others can write"
            .to_owned(),
        hint: Some("set it in .chant/agents.md or in your own settings".to_owned()),
        source: Source {
            layer: entry.file.layer,
            path: Some(entry.file.path.clone()),
            line: entry.node.line,
        },
    }
}

fn wrong(file: &File, node: &Node, message: &str) -> crate::Error {
    file.error(node.line, node.column, message)
}

fn one(file: &File, item: &Node) -> Result<RepoEntry> {
    let Value::Map(fields) = &item.value else {
        let message = "a repository must be a map with a `name` and a `path`";
        return Err(wrong(file, item, message));
    };
    let text = |key: &str| {
        let found = fields.iter().find(|(name, _)| name == key);
        let text = found.and_then(|(_, node)| node.text());
        text.filter(|text| !text.trim().is_empty())
            .ok_or_else(|| wrong(file, item, &format!("a repository needs a `{key}`")))
    };
    let (name, path) = (text("name")?, text("path")?);
    if name.contains([':', '/', '\\']) || name.contains(char::is_control) {
        let message = format!("{name:?} can not be the name of a repository: it holds `:` or `/`");
        return Err(wrong(file, item, &message));
    }
    let path = expanded(&path).ok_or_else(|| {
        let message =
            format!("the path of the repository {name:?} must be absolute or begin with ~/");
        wrong(file, item, &message)
    })?;
    Ok(RepoEntry { name, path })
}

fn expanded(path: &str) -> Option<PathBuf> {
    if let Some(below) = path.strip_prefix("~/") {
        return Some(chant_os::dirs::home().ok()?.join(below));
    }
    Path::new(path).is_absolute().then(|| PathBuf::from(path))
}
