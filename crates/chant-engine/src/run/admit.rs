//! Whether a spec may be worked at all, and what it begins with where it is made again.

use chant_spec::status::{Action, allowed};
use chant_spec::{Document, SpecId, remove_key, set_checked, set_scalar};

use crate::config::size_in_words;
use crate::error::{Code, Error, Result};
use crate::project::Project;

/// Refuses what may not be worked as things stand. What is made `again` is asked as if it were pending.
pub(crate) fn may_begin(project: &Project, id: &SpecId, again: bool) -> Result<()> {
    let shown = project.show(id)?;
    let action = if again { Action::Again } else { Action::Work };
    allowed(shown.state, action).map_err(|refusal| refusal.of(id.as_str()))?;
    if again {
        super::person::may_begin(&project.show_as_pending(id)?)
    } else {
        super::person::may_begin(&shown)
    }
}

/// Refuses to begin where less is free than the settings ask for, on the disk of the worktrees or of the repository: a run
/// that fills the disk harms more than itself.
pub(super) fn has_room(project: &Project) -> Result<()> {
    let Some(wanted) = project.config().room.free else {
        return Ok(());
    };
    for place in [project.worktrees()?, project.state_dir()] {
        let free = chant_os::file::free_space(&place)?;
        if free < wanted {
            let (free, wanted) = (size_in_words(free), size_in_words(wanted));
            let place = place.display();
            return Err(Error::new(
                Code::DiskFull,
                format!("{free} are free at {place}, and `limits.disk` asks for {wanted}"),
            )
            .hint("free some space, for example with `chant cleanup`, or lower `limits.disk`"));
        }
    }
    Ok(())
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
