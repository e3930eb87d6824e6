//! `chant edit`: a spec in the user's editor, looked at afterwards.

use chant_os::process::Cmd;
use serde::Serialize;

use crate::error::{Code, Error, Result};
use crate::index::Finding;
use crate::index::SpecRef;
use crate::project::Project;

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Edited {
    /// The spec.
    pub id: String,
    /// Its file, from the project's root.
    pub path: String,
    /// Whether its content is another now.
    pub changed: bool,
    /// What lint says of it now.
    pub findings: Vec<Finding>,
}

/// Opens a spec in `editor`, a command that may have arguments; no shell runs it. A file that can not be used
/// afterwards is an error that names the place: the file stays as the user left it.
pub fn edit(project: &Project, found: &SpecRef, editor: &str) -> Result<Edited> {
    let words = chant_agent::split_command(editor).map_err(|error| {
        Error::new(
            Code::EditorFailed,
            format!("failed to understand the editor's command: {error}"),
        )
    })?;
    let path = project.root().join(&found.path);
    let before = project.read_spec_at(&found.path)?;
    let (program, arguments) = words
        .split_first()
        .map_or(("vi", &[][..]), |(first, rest)| (first.as_str(), rest));
    let status = Cmd::new(program)
        .args(arguments)
        .arg(&path)
        .current_dir(project.root())
        .run_inherited()?;
    if !status.success() {
        return Err(Error::new(
            Code::EditorFailed,
            format!("the editor {editor:?} ended with {status}"),
        )
        .hint("set EDITOR to another one; the file is as the editor left it"));
    }
    let document = project.document(&found.path)?;
    let findings = chant_spec::lint::lint(&document)
        .iter()
        .map(Finding::from)
        .collect();
    Ok(Edited {
        id: found.id.to_string(),
        path: found.path.clone(),
        changed: document.bytes() != before,
        findings,
    })
}
