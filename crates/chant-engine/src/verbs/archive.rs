//! `chant archive`: finished specs out of the way, and back.

use chant_spec::SpecId;
use chant_spec::status::{Action, allowed};
use serde::Serialize;

use crate::error::{Code, Error, Result};
use crate::index::SpecRef;
use crate::project::{DOT_CHANT, Project};
use crate::query::{Filter, list};
use crate::record::{FileChange, Recorded, record};

/// What was done.
#[derive(Debug, Clone, Serialize)]
pub struct Archived {
    /// The files that moved.
    pub moved: Vec<Moved>,
    /// How it was recorded; absent where nothing moved.
    pub recorded: Option<Recorded>,
}

/// A file that moved; paths from the project's root.
#[derive(Debug, Clone, Serialize)]
pub struct Moved {
    /// The spec.
    pub id: String,
    /// Where it was.
    pub from: String,
    /// Where it is.
    pub to: String,
}

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Into the archive.
    Away,
    /// Out of it.
    Back,
}

impl Direction {
    fn word(self) -> &'static str {
        match self {
            Self::Away => "archive",
            Self::Back => "restore",
        }
    }
}

/// The specs with this label that are over, or, to be brought back, those in the archive.
pub fn labelled(project: &Project, label: &str, direction: Direction) -> Result<Vec<SpecRef>> {
    let archived = direction == Direction::Back;
    let specs = list(
        project,
        &Filter {
            labels: vec![label.to_owned()],
            archived,
            ..Filter::default()
        },
    )?;
    Ok(specs
        .into_iter()
        .filter(|spec| archived || allowed(spec.state, Action::Archive).is_ok())
        .filter_map(|spec| {
            Some(SpecRef {
                id: SpecId::parse(&spec.id).ok()?,
                path: spec.path,
                archived,
            })
        })
        .collect())
}

/// Moves specs, all in one commit or all in the files alone. One that may not move keeps all where they are.
pub fn archive(project: &Project, specs: &[SpecRef], direction: Direction) -> Result<Archived> {
    let mut changes = Vec::new();
    let mut moved = Vec::new();
    for spec in specs {
        if spec.archived == (direction == Direction::Away) {
            continue;
        }
        let to = target(project, spec, direction)?;
        let content = project.read_spec_at(&spec.path)?;
        changes.push(FileChange {
            path: to.clone(),
            content: Some(content),
        });
        changes.push(FileChange {
            path: spec.path.clone(),
            content: None,
        });
        moved.push(Moved {
            id: spec.id.to_string(),
            from: spec.path.clone(),
            to,
        });
    }
    let message = match moved.as_slice() {
        [] => {
            return Ok(Archived {
                moved,
                recorded: None,
            });
        }
        [one] => format!("chant({}): {}", one.id, direction.word()),
        several => format!("chant: {} {} specs", direction.word(), several.len()),
    };
    let recorded = record(project, &changes, &message)?;
    Ok(Archived {
        moved,
        recorded: Some(recorded),
    })
}

/// Where a spec goes, once it is clear that it may.
fn target(project: &Project, spec: &SpecRef, direction: Direction) -> Result<String> {
    let id = &spec.id;
    let to = match direction {
        Direction::Away => {
            let state = project.show(id)?.state;
            allowed(state, Action::Archive).map_err(|refusal| refusal.of(id.as_str()))?;
            let today = chant_os::clock::today().to_string();
            format!(
                "{DOT_CHANT}/archive/{}/{id}.md",
                id.date().unwrap_or(&today)
            )
        }
        Direction::Back => project.spec_path_from_root(id),
    };
    if project.root().join(&to).symlink_metadata().is_ok() {
        return Err(Error::new(Code::Exists, format!("{to} is there already")));
    }
    Ok(to)
}
