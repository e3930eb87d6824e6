//! What drift says: the values that are shown and written as JSON.

use serde::Serialize;

/// What was compared, and what came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// What the records were compared with.
    pub compared: Compared,
    /// How many completed specs were looked at.
    pub examined: usize,
    /// How many of these are stale.
    pub stale: usize,
    /// The specs there is something to say of, upstream first; with `explain`, every one that was looked at.
    pub specs: Vec<Verdict>,
    /// Completed specs of which nothing is recorded and nothing could be inferred.
    pub unknown: Vec<String>,
    /// Specs that are named and not completed: nothing was concluded yet.
    pub open: Vec<String>,
    /// Inputs whose content can not be known, such as addresses: how many.
    pub unknowable: usize,
    /// Specs that build on each other in a circle.
    pub circles: Vec<Vec<String>>,
}

/// What the records were compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// `worktree` (what is not committed counts) or `commit`.
    pub with: &'static str,
    /// The commit whose landings count.
    pub commit: String,
    /// The main branch.
    pub branch: String,
}

/// How one completed spec stands.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether what it concluded may not hold any more: it should be worked again.
    pub stale: bool,
    /// The commit it landed as; absent where only this clone knows of it.
    pub landed: Option<String>,
    /// Whether that is inferred, from the commit that completed it, because nothing was recorded.
    pub inferred: bool,
    /// Why it is named.
    pub reasons: Vec<Reason>,
    /// What was looked at, with `explain`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub looked_at: Vec<Look>,
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Reason {
    /// An input is not what it was.
    Input(Changed),
    /// What it builds on is stale.
    Inherited {
        /// The stale spec.
        from: String,
        /// How it builds on it: `depends_on`, `informed_by`, …
        by: &'static str,
    },
    /// An output was changed, and no landing did it.
    Output(Changed),
}

/// One path that is not what was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// The path from the project's root.
    pub path: String,
    /// What became of it.
    pub change: Change,
    /// The key that makes it an input: `informed_by`, `tracks`, …; `depends_on` for what a dependency wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<&'static str>,
    /// The object id that was recorded.
    pub old: Option<String>,
    /// The object id now, of a file.
    pub new: Option<String>,
    /// The commit that changed it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed_in: Option<String>,
    /// When that was committed. For people: nothing was decided by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<String>,
    /// How long ago that is, in words.
    #[serde(skip)]
    pub changed_ago: Option<String>,
    /// Whether the change is not committed.
    pub uncommitted: bool,
    /// A command that shows the difference to the last value that was no drift.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compare: Option<String>,
    /// The documents that follow it, where it is tracked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<String>,
}

/// What became of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Its content is another one.
    Changed,
    /// It is an input now, and was none.
    Added,
    /// It is gone.
    Deleted,
    /// It is a folder now.
    Folder,
    /// It is a symbolic link now.
    Link,
    /// It is a submodule now.
    Submodule,
}

/// One thing that was looked at, and how it was judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Look {
    /// The path or the address.
    pub name: String,
    /// How it was judged.
    pub verdict: Judgement,
    /// Why, where that is not plain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// How an input was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// It is what was recorded.
    Same,
    /// It is another, and what builds on this spec made it so.
    Accepted,
    /// It is another.
    Drifted,
    /// It can not be known.
    Unknown,
}
