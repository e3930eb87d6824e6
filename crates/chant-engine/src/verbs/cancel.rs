//! `chant cancel`: a spec that is not wanted any more.

use chant_spec::status::{Action, State, allowed};
use chant_spec::{Status, set_scalar};
use serde::Serialize;

use crate::driver::{self, Completed};
use crate::error::Result;
use crate::project::Project;
use crate::record::{Recorded, record_spec_change};
use crate::resolve::SpecRef;

/// What was done.
#[derive(Debug, Clone, Serialize)]
pub struct Cancelled {
    /// The spec.
    pub id: String,
    /// How it stood.
    pub was: State,
    /// How it was recorded; absent where the spec was cancelled already.
    pub recorded: Option<Recorded>,
    /// The drivers whose last open member it was.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub drivers: Vec<Completed>,
}

/// Cancels a spec, whose attempts stay as they are.
pub fn cancel(project: &Project, found: &SpecRef) -> Result<Cancelled> {
    let id = &found.id;
    let was = project.show(id)?.state;
    allowed(was, Action::Cancel).map_err(|refusal| refusal.of(id.as_str()))?;
    let document = project.document(&found.path)?;
    if document.frontmatter().status == Status::Cancelled {
        return Ok(Cancelled {
            id: id.to_string(),
            was,
            recorded: None,
            drivers: Vec::new(),
        });
    }
    let bytes = set_scalar(&document, "status", Status::Cancelled.as_str())?;
    let recorded = record_spec_change(project, id, &bytes, &format!("chant({id}): cancel"))?;
    Ok(Cancelled {
        id: id.to_string(),
        was,
        recorded: Some(recorded),
        drivers: driver::complete(project)?,
    })
}
