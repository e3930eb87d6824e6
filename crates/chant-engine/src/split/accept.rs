//! A proposal that somebody agreed to: the members' files, and the spec as their driver, all in one change.

use std::fs;

use chant_spec::{Document, Status, set_scalar};
use serde::Serialize;

use super::{Member, Proposal, folder, may_split};
use crate::claim;
use crate::error::{Code, Error, Result};
use crate::index::SpecRef;
use crate::journal::Journal;
use crate::project::Project;
use crate::record::{FileChange, Recorded, record};
use crate::verbs::{add, reset};

/// What was made.
#[derive(Debug, Clone, Serialize)]
pub struct Split {
    /// The proposal.
    #[serde(flatten)]
    pub proposal: Proposal,
    /// Whether the files are there.
    pub written: bool,
    /// How it was recorded; absent where nothing was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<Recorded>,
}

/// Writes the members and makes the spec their driver.
///
/// Crash: the driver's file is written last; repeating it finds the members that are there already.
pub fn accept(project: &Project, found: &SpecRef, proposal: Proposal) -> Result<Split> {
    let id = found.id.as_str();
    let _claim = claim::claim(&project.state_dir(), &project.project_key(), id)?;
    let (document, oid) = may_split(project, found)?;
    if oid != proposal.spec_oid {
        return Err(Error::new(
            Code::WrongStatus,
            format!("{id} has changed since its members were proposed"),
        )
        .hint(format!("chant split {id}")));
    }
    let _turn = add::take_turn(project)?;
    free(project, &proposal)?;
    let mut changes: Vec<FileChange> = proposal
        .members
        .iter()
        .map(|member| change(&path_of(member), member.text.clone().into_bytes()))
        .collect();
    changes.push(change(&found.path, driver(&document)?));
    let message = message(project, &proposal);
    let recorded = record(project, &changes, &message)?;
    let journal = Journal::open(&project.state_dir(), &project.project_key())?;
    // What an attempt at the whole left is kept; the members begin anew.
    reset::put_run_aside(project, &journal, &found.id)?;
    chant_os::file::remove_tree(&folder(project, id))?;
    Ok(Split {
        proposal,
        written: true,
        recorded: Some(recorded),
    })
}

fn path_of(member: &Member) -> String {
    format!("{}/specs/{}.md", crate::DOT_CHANT, member.id)
}

fn change(path: &str, bytes: Vec<u8>) -> FileChange {
    FileChange {
        path: path.to_owned(),
        content: Some(bytes),
    }
}

/// Whether a member's file is what it is to be already: an earlier attempt wrote it.
fn is_written(project: &Project, member: &Member) -> bool {
    project
        .read_spec_at(&path_of(member))
        .is_ok_and(|bytes| bytes == member.text.as_bytes())
}

/// The members' names have to be free, in the archive too.
fn free(project: &Project, proposal: &Proposal) -> Result<()> {
    let names = crate::index::names(project)?;
    for member in &proposal.members {
        let known = names.iter().any(|name| name.id == member.id);
        let there = fs::symlink_metadata(project.root().join(path_of(member))).is_ok();
        if (known || there) && !is_written(project, member) {
            return Err(Error::new(
                Code::Exists,
                format!("{} exists already; nothing was made", member.id),
            )
            .hint(format!("look at it: chant show {}", member.id)));
        }
    }
    Ok(())
}

/// The spec as the driver of its members. Its text and criteria stay as they are.
fn driver(document: &Document) -> Result<Vec<u8>> {
    let typed = set_scalar(document, "type", "driver")?;
    if document.frontmatter().status == Status::Pending {
        return Ok(typed);
    }
    let pending = Status::Pending.as_str();
    Ok(set_scalar(&Document::parse(typed)?, "status", pending)?)
}

fn message(project: &Project, proposal: &Proposal) -> String {
    let (id, key) = (&proposal.id, project.project_key());
    let mut trailers: Vec<(&str, &str)> = Vec::new();
    if !key.is_empty() {
        trailers.push(("Chant-Project", key.as_str()));
    }
    let members = proposal.members.iter();
    trailers.extend(members.map(|member| ("Chant-Member", member.id.as_str())));
    let count = proposal.members.len();
    chant_git::with_trailers(&format!("chant({id}): split into {count}"), &trailers)
}
