//! Done is computed: what an agent's result has to be before chant looks at it any further.
//!
//! Pure: everything it needs is in [`Evidence`]. The checks come after it, in `check`.

use chant_git::{Change, ChangeStatus};
use chant_spec::{Criterion, Document, Ending, Kind, proving_check, waiver};
use globset::{Glob, GlobSet, GlobSetBuilder};

use super::boundary::{nothing_frozen, nothing_outside};
use crate::proof::Frozen;

/// Who made a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Maker {
    /// An agent, alone.
    Agent,
    /// A person who took the run over; some of it may be the agent's.
    Person,
}

impl Maker {
    /// Who is said to have done what a result shows. Of a person's own work nobody is to hear what the agent did.
    pub(super) fn who(self) -> &'static str {
        match self {
            Self::Agent => "the agent",
            Self::Person => "the result",
        }
    }

    /// That there is no result.
    fn nothing(self) -> &'static str {
        match self {
            Self::Agent => "the agent changed nothing",
            Self::Person => "nothing is changed there yet",
        }
    }
}

/// What is known about a result.
pub(super) struct Evidence<'a> {
    /// Who made it.
    pub maker: Maker,
    /// The spec when the run began.
    pub start: &'a Document,
    /// The spec as the agent left it; `None` where it was deleted or cannot be read.
    pub end: Option<&'a Document>,
    /// What changed between start and result; paths from the repository's root.
    pub changes: &'a [Change],
    /// The spec's path from the repository's root.
    pub spec_path: &'a str,
    /// The folder of the project from the repository's root: empty, or ending in `/`.
    pub prefix: &'a str,
    /// Target files that are missing or empty in the result.
    pub missing_targets: &'a [String],
    /// What the run did to its branch that makes the result unusable.
    pub violation: Option<&'a str>,
    /// Whether a completed spec is made again: that nothing had to change, confirms it.
    pub again: bool,
    /// `protect:` of the config and of the spec.
    pub protect: &'a [String],
    /// Test files of earlier phases.
    pub frozen: &'a [Frozen],
    /// The end that a reproduction claims; `None` where the spec is none.
    pub ending: Option<Ending>,
    /// Whether specs of this type change only their target files, where they name any.
    pub targets_only: bool,
}

impl Evidence<'_> {
    /// Whether it is a reproduction that came to another honest end than a red test.
    fn ends_without_red(&self) -> bool {
        self.ending.is_some_and(|end| end != Ending::Reproduced)
    }
}

/// Whether the result may go on to the checks; otherwise why not, as one sentence.
pub(super) fn judge(evidence: &Evidence<'_>) -> Result<(), String> {
    if let Some(violation) = evidence.violation {
        return Err(violation.to_owned());
    }
    let who = evidence.maker.who();
    let Some(end) = evidence.end else {
        return Err(format!("{who} deleted its spec, or left it unreadable"));
    };
    criteria_kept(who, evidence.start, end)?;
    nothing_protected(evidence)?;
    nothing_frozen(evidence)?;
    nothing_outside(evidence)?;
    if evidence.ends_without_red() {
        // Its evidence stands in the spec. What was asked for a defect that is not there can not be done.
        return Ok(());
    }
    something_done(evidence, end)?;
    all_ticked(evidence.start, end)
}

fn criteria_kept(who: &str, start: &Document, end: &Document) -> Result<(), String> {
    let before: Vec<&str> = start.criteria().iter().map(|c| c.text.as_str()).collect();
    let after: Vec<&str> = end.criteria().iter().map(|c| c.text.as_str()).collect();
    if before == after {
        return Ok(());
    }
    let gone: Vec<_> = before.iter().filter(|text| !after.contains(text)).collect();
    Err(match gone.first() {
        Some(text) => {
            format!("{who} changed the acceptance criteria: {text:?} is gone or reworded")
        }
        None => format!("{who} added or reordered acceptance criteria"),
    })
}

fn nothing_protected(evidence: &Evidence<'_>) -> Result<(), String> {
    let protect = globs(evidence.protect)?;
    let touched: Vec<&str> = evidence
        .changes
        .iter()
        .filter(|change| is_protected(evidence, change, &protect))
        .map(|change| change.path.as_str())
        .collect();
    let who = evidence.maker.who();
    match touched.as_slice() {
        [] => Ok(()),
        [one] => Err(format!("{who} touched {one}, which is protected")),
        [first, rest @ ..] => Err(format!(
            "{who} touched {first} and {} other protected files",
            rest.len()
        )),
    }
}

/// chant's own folder is closed to an agent, except for its spec, research, new specs, and what the spec
/// itself names as its target.
fn is_protected(evidence: &Evidence<'_>, change: &Change, protect: &GlobSet) -> bool {
    let Some(path) = change.path.strip_prefix(evidence.prefix) else {
        return protect.is_match(&change.path);
    };
    if change.path == evidence.spec_path {
        return false;
    }
    if protect.is_match(path) {
        return true;
    }
    let Some(inside) = path.strip_prefix(".chant/") else {
        return false;
    };
    let is_target = evidence
        .start
        .frontmatter()
        .target_files
        .iter()
        .any(|target| {
            let target = target.trim_start_matches("./");
            path == target
                || target
                    .strip_suffix('/')
                    .is_some_and(|folder| path.starts_with(folder))
        });
    let is_new_spec = inside.starts_with("specs/") && change.status == ChangeStatus::Added;
    !(is_target || is_new_spec || inside.starts_with("research/"))
}

fn globs(patterns: &[String]) -> Result<GlobSet, String> {
    let mut builder = GlobSetBuilder::new();
    for pattern in patterns {
        builder.add(Glob::new(pattern).map_err(|error| format!("protect: {error}"))?);
    }
    builder.build().map_err(|error| format!("protect: {error}"))
}

fn something_done(evidence: &Evidence<'_>, end: &Document) -> Result<(), String> {
    let front = evidence.start.frontmatter();
    if front.kind != Kind::Code && !evidence.missing_targets.is_empty() {
        return Err(format!(
            "{} did not write {}",
            evidence.maker.who(),
            evidence.missing_targets.join(", ")
        ));
    }
    let changed_files = evidence
        .changes
        .iter()
        .any(|change| change.path != evidence.spec_path);
    let wrote_in_spec = front.kind != Kind::Code && unticked(evidence.start) != unticked(end);
    if changed_files || wrote_in_spec || evidence.again {
        Ok(())
    } else {
        Err(evidence.maker.nothing().to_owned())
    }
}

/// The body with every criterion's box emptied: ticking alone is not work.
fn unticked(document: &Document) -> String {
    let text = document.text();
    let offset = text.len() - document.body().len();
    let mut body = document.body().as_bytes().to_vec();
    for criterion in document.criteria() {
        if let Some(at) = (criterion.marker.start + 1).checked_sub(offset) {
            body[at] = b' ';
        }
    }
    String::from_utf8_lossy(&body).into_owned()
}

/// A criterion that names a check is proven by it, ticked or not; one that a person let go need not be met.
fn all_ticked(start: &Document, end: &Document) -> Result<(), String> {
    let open: Vec<&Criterion> = end
        .criteria()
        .iter()
        .filter(|criterion| {
            let by_check = proving_check(start, criterion).is_some();
            !criterion.checked && !by_check && waiver(start, criterion).is_none()
        })
        .collect();
    match open.as_slice() {
        [] => Ok(()),
        [one] => Err(format!("a criterion is not ticked: {:?}", one.text)),
        [first, rest @ ..] => Err(format!(
            "{} criteria are not ticked, the first is {:?}",
            rest.len() + 1,
            first.text
        )),
    }
}
