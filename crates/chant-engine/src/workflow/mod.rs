//! Workflows: where their files are, and which there are. What a file means is `chant_spec::workflow`'s.
//!
//! A project's `.chant/workflows/<name>.md` comes before the built-in of that name.

mod builtin;

use std::path::{Path, PathBuf};

use chant_spec::Diagnostics;
use chant_spec::workflow::{Outline, Variable, Workflow};
use serde::Serialize;

use crate::error::{Code, Error, Location, Result};
use crate::project::{DOT_CHANT, Project};

/// A longer file is a mistake, not a workflow.
const LIMIT: u64 = 1 << 20;

/// A workflow, found and read.
#[derive(Debug)]
pub struct Found {
    /// Its name.
    pub name: String,
    /// Its file, from the project's root; absent for a built-in.
    pub path: Option<String>,
    /// What it says.
    pub workflow: Workflow,
}

/// A workflow as people and machines are told of it.
#[derive(Debug, Clone, Serialize)]
pub struct Described {
    /// The name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its file, from the project's root; null for a built-in.
    pub path: Option<String>,
    /// What is said when it is used.
    pub variables: Vec<Variable>,
    /// The specs it makes.
    pub specs: Vec<Outline>,
    /// Why the file can not be used; absent where it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Found {
    /// What there is to say about it.
    pub fn describe(&self) -> Described {
        Described {
            name: self.name.clone(),
            description: self.workflow.description.clone(),
            path: self.path.clone(),
            variables: self.workflow.variables.clone(),
            specs: self.workflow.outline(),
            error: None,
        }
    }
}

/// The workflow of this name.
pub fn find(project: &Project, name: &str) -> Result<Found> {
    if !is_name(name) {
        return Err(Error::new(
            Code::WorkflowNotFound,
            format!("{name:?} is not a workflow's name"),
        )
        .hint("a workflow's name is letters, digits, `-` and `_`: the stem of a file in .chant/workflows"));
    }
    let path = folder(project).join(format!("{name}.md"));
    let (text, path) = if path.symlink_metadata().is_ok() {
        let shown = format!("{DOT_CHANT}/workflows/{name}.md");
        (read(project, &path, &shown)?, Some(shown))
    } else if let Some(text) = builtin::get(name) {
        (text.to_owned(), None)
    } else {
        return Err(unknown(project, name));
    };
    let workflow = Workflow::parse(&text).map_err(|diagnostics| {
        let place = path.clone().unwrap_or_else(|| format!("built-in {name}"));
        unusable(&place, &text, &diagnostics)
    })?;
    Ok(Found {
        name: name.to_owned(),
        path,
        workflow,
    })
}

/// Every workflow there is, by name; one whose file can not be used says why.
pub fn list(project: &Project) -> Vec<Described> {
    names(project)
        .into_iter()
        .map(|name| match find(project, &name) {
            Ok(found) => found.describe(),
            Err(error) => Described {
                path: Some(format!("{DOT_CHANT}/workflows/{name}.md")),
                name,
                description: String::new(),
                variables: Vec::new(),
                specs: Vec::new(),
                error: Some(error.message.clone()),
            },
        })
        .collect()
}

fn names(project: &Project) -> Vec<String> {
    let own = std::fs::read_dir(folder(project))
        .into_iter()
        .flatten()
        .flatten();
    let own = own.filter_map(|entry| {
        let file = entry.file_name();
        let name = file.to_str()?.strip_suffix(".md")?;
        is_name(name).then(|| name.to_owned())
    });
    let mut names: Vec<String> = builtin::names().map(str::to_owned).chain(own).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn folder(project: &Project) -> PathBuf {
    project.dot_chant().join("workflows")
}

/// Only a regular file inside the repository, as with specs.
fn read(project: &Project, path: &Path, shown: &str) -> Result<String> {
    let wrong = |why: String| Error::new(Code::WorkflowInvalid, format!("{shown}: {why}"));
    let inside = match (path.canonicalize(), project.repo().root().canonicalize()) {
        (Ok(path), Ok(root)) => path.starts_with(root),
        _ => true,
    };
    if !inside {
        return Err(
            wrong("it leads out of the repository".to_owned()).hint("put a copy of the file there")
        );
    }
    let bytes =
        chant_os::file::read_regular(path, LIMIT).map_err(|error| wrong(error.to_string()))?;
    String::from_utf8(bytes)
        .map_err(|_| wrong("it is not UTF-8 text".to_owned()).hint("save the file as UTF-8"))
}

fn unusable(path: &str, text: &str, diagnostics: &Diagnostics) -> Error {
    let first = diagnostics.first();
    let error = Error::new(Code::WorkflowInvalid, first.message.clone()).at(Location {
        path: path.into(),
        line: first.line,
        column: first.column,
        span: first.span.clone(),
        source: text.to_owned(),
    });
    match &first.hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

fn unknown(project: &Project, name: &str) -> Error {
    let names = names(project);
    let hint = match crate::nearest(name, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are: {}; see chant workflow list", names.join(", ")),
    };
    let message =
        format!("no workflow {name:?}: neither {DOT_CHANT}/workflows/{name}.md nor a built-in");
    Error::new(Code::WorkflowNotFound, message).hint(hint)
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 100
        && !name.starts_with('-')
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || c == '-' || c == '_')
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn every_builtin_can_be_used() {
        for name in builtin::names() {
            let workflow = Workflow::parse(builtin::get(name).unwrap());
            assert!(workflow.is_ok(), "{name}: {}", workflow.unwrap_err());
        }
    }
}
