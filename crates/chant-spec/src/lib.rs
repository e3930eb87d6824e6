//! The spec document: how a file is read, judged and edited, and what may happen to the spec it holds.
//!
//! Owns the meaning of a spec file: frontmatter, title, criteria, ids, the status table, the dependency graph and lint.
//! Deliberately not here: files, clocks, processes, git, and every decision that needs more than text. All of it can be
//! tested with two string literals.

mod approval;
mod body;
mod budget;
mod compose;
mod criteria;
mod diagnostic;
mod document;
mod edit;
mod fields;
mod frontmatter;
pub mod graph;
pub mod id;
mod intent;
pub mod keys;
pub mod lint;
pub mod members;
mod path;
mod proof;
pub mod proposal;
mod quote;
pub mod status;
pub mod workflow;
pub mod yaml;

pub use approval::{Approval, Changed, Consent, Objects, UNSIGNED};
pub use body::Criterion;
pub use budget::{Budget, Usd};
pub use compose::NewSpec;
pub use criteria::{CheckResult, CriterionState, Waiver, criteria_states, proving_check, waiver};
pub use diagnostic::{Diagnostic, Diagnostics, Severity, nearest, position};
pub use document::Document;
pub use edit::{
    EditError, append_entry, append_section, push_list, remove_key, replace_frontmatter, set_block,
    set_checked, set_scalar,
};
pub use fields::priority;
pub use frontmatter::{Check, Expect, Frontmatter, Kind};
pub use graph::{Blocker, Readiness};
pub use id::{IdError, Resolved, SpecId};
pub use intent::{criteria_text, intent, intent_as_input};
pub use path::{PathError, RepoPath, repo_path};
pub use proof::{Ending, Proof, Stage};
pub use quote::scalar;
pub use status::{Action, Refusal, State, Status};
