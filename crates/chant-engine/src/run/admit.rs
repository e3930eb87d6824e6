//! Whether a spec may be worked at all, and what it begins with where it is made again.

use chant_spec::status::{Action, allowed};
use chant_spec::{Document, SpecId, remove_key, set_checked, set_scalar};

use crate::error::Result;
use crate::project::Project;

/// Refuses what may not be worked as things stand. What is made `again` is asked as if it were pending.
pub(super) fn may_begin(project: &Project, id: &SpecId, again: bool) -> Result<()> {
    let shown = project.show(id)?;
    let action = if again { Action::Again } else { Action::Work };
    allowed(shown.state, action).map_err(|refusal| refusal.of(id.as_str()))?;
    if again {
        super::person::may_begin(&project.show_as_pending(id)?)
    } else {
        super::person::may_begin(&shown)
    }
}

/// A completed spec as it is given to an agent once more: pending, with nothing ticked and nothing concluded.
pub(super) fn opened_again(document: &Document) -> Result<Document> {
    let mut document = Document::parse(set_scalar(document, "status", "pending")?)?;
    for key in ["completed_at", "outcome"] {
        document = Document::parse(remove_key(&document, key)?)?;
    }
    for criterion in 0..document.criteria().len() {
        document = Document::parse(set_checked(&document, criterion, false)?)?;
    }
    Ok(document)
}
