//! Every key that the head of a spec may hold, and what it says. One table: reading, lint and the reference page use it.

/// What chant does with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// It has a field of its own in [`crate::Frontmatter`].
    Field,
    /// It is known, kept and shown, and nothing is decided by it.
    Kept,
}

/// What a key is about; the order of the reference page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// What the spec is.
    Spec,
    /// What it builds on.
    Inputs,
    /// What it changes, and what it must not.
    Files,
    /// How it is worked.
    Work,
    /// How one knows that it is done.
    Proof,
    /// What a person has to say.
    Gate,
    /// What chant writes down.
    Record,
    /// What the earlier chant wrote.
    Earlier,
}

/// One key. A name with a dot stands inside the key before the dot.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// As it is written.
    pub name: &'static str,
    /// What chant does with it.
    pub reading: Reading,
    /// What it is about.
    pub topic: Topic,
    /// What it says, in one line.
    pub says: &'static str,
}

const fn field(topic: Topic, name: &'static str, says: &'static str) -> Key {
    Key {
        name,
        reading: Reading::Field,
        topic,
        says,
    }
}

const fn kept(topic: Topic, name: &'static str, says: &'static str) -> Key {
    Key {
        name,
        reading: Reading::Kept,
        topic,
        says,
    }
}

use Topic::{Earlier, Files, Gate, Inputs, Proof, Record, Spec, Work};

/// The table, in the order of the reference page.
pub const KEYS: &[Key] = &[
    field(
        Spec,
        "type",
        "`code` (also when absent), `task`, `research`, `documentation` (or `docs`), `driver` (or `group`)",
    ),
    field(
        Spec,
        "status",
        "`pending`, `completed` or `cancelled`; the words of earlier versions are understood",
    ),
    field(
        Spec,
        "labels",
        "words to select by: `chant list --label`, `chant work --label`",
    ),
    field(
        Spec,
        "members",
        "the members of a driver, in order, where the file lists them",
    ),
    field(
        Spec,
        "priority",
        "what the scheduler starts first: a number, higher first, or `high`, `normal` (also when absent) or `low`",
    ),
    kept(Spec, "public", "a word of yours"),
    kept(
        Spec,
        "schedule",
        "when to repeat it; this version does not act on it",
    ),
    kept(Spec, "group", "the driver it belongs to"),
    field(
        Inputs,
        "depends_on",
        "specs that have to be completed first; their outputs reach the agent",
    ),
    field(
        Inputs,
        "informed_by",
        "files, globs, folders, specs and addresses; their content reaches the agent",
    ),
    field(
        Inputs,
        "origin",
        "the data that research is about; an input as `informed_by` is",
    ),
    field(
        Inputs,
        "tracks",
        "the source that documentation follows; an input as `informed_by` is",
    ),
    field(
        Inputs,
        "context",
        "further inputs, read as `informed_by` is",
    ),
    field(
        Files,
        "target_files",
        "the files it is about; research has to leave each of them with content",
    ),
    field(
        Files,
        "protect",
        "globs of files that the work must not touch",
    ),
    field(
        Files,
        "strict",
        "`true`: nothing outside `target_files` may change",
    ),
    field(
        Work,
        "prompt",
        "the prompt to work by; otherwise the one of its type, or of the settings",
    ),
    field(Work, "model", "the model to ask the agent for"),
    field(
        Work,
        "retries",
        "how often a failed attempt is followed by another without anybody asking; the same failure twice ends that",
    ),
    field(
        Work,
        "agent",
        "the agent that works it, by its name; of several, a list, each has its turn",
    ),
    field(
        Work,
        "attempts",
        "how many attempts are made, of which the best lands: by its checks, then by the size of its change",
    ),
    field(
        Work,
        "budget",
        "what all attempts at it may cost together, with the keys below; otherwise what the settings say",
    ),
    field(Work, "budget.usd", "in US dollars"),
    field(
        Work,
        "budget.tokens",
        "in tokens, read and written: `200000`, `200k`, `2M`",
    ),
    field(Work, "budget.minutes", "in minutes that agents work"),
    kept(
        Work,
        "output_schema",
        "the shape of its output; this version does not check it",
    ),
    kept(
        Work,
        "output_format",
        "the form of its output; this version does not check it",
    ),
    field(
        Proof,
        "verify",
        "checks that chant runs before it lands anything: commands, or entries with the keys below",
    ),
    field(Proof, "verify.run", "the command"),
    field(Proof, "verify.name", "what to call it"),
    field(
        Proof,
        "verify.expect",
        "`pass` (also when absent), `fail`, or an exit status",
    ),
    field(
        Proof,
        "verify.matches",
        "a regular expression that its output has to match",
    ),
    field(
        Proof,
        "verify.timeout",
        "how long it may take: `90s`, `10m`",
    ),
    field(
        Proof,
        "verify.repeat",
        "how often it is run; every run has to do as expected",
    ),
    field(Proof, "verify.cwd", "the folder it runs in"),
    field(Proof, "verify.env", "what is added to its environment"),
    field(
        Proof,
        "proof",
        "the red-to-green proof of a bug and its fix, with the keys below",
    ),
    field(
        Proof,
        "proof.from",
        "the earlier spec whose proof is taken over; the keys below change it",
    ),
    field(
        Proof,
        "proof.tests",
        "the files that make the test: paths, folders, globs; later phases must leave them alone",
    ),
    field(Proof, "proof.run", "the command that runs the test"),
    field(
        Proof,
        "proof.fails_with",
        "a regular expression: the reason for which it has to fail",
    ),
    field(
        Proof,
        "proof.repeat",
        "how often it is run on each side; once when absent",
    ),
    field(Proof, "proof.timeout", "how long one run may take"),
    field(Proof, "proof.cwd", "the folder it runs in"),
    field(
        Proof,
        "proof.stage",
        "`reproduction` or `fix`; when absent, `fix` for code and `reproduction` for other types",
    ),
    field(
        Proof,
        "proof.reported_in",
        "a revision that had the defect, for finding the commit that fixed it",
    ),
    field(
        Gate,
        "approval",
        "whether a person has to agree, and what they said",
    ),
    field(
        Gate,
        "approval.required",
        "`true`: no agent works it before it is approved",
    ),
    field(
        Gate,
        "approval.status",
        "`pending`, `approved` or `rejected`",
    ),
    field(Gate, "approval.by", "who said so"),
    field(Gate, "approval.at", "when"),
    field(Gate, "approval.reason", "why it was rejected"),
    field(
        Gate,
        "approval.objects",
        "what was approved, by content: `spec`, `criteria`, and of a gate `tree`; `chant approve` writes it",
    ),
    field(
        Gate,
        "approval.signature",
        "the approver's signature, or `unsigned`",
    ),
    field(Gate, "gate", "`human`: a step that only a person takes"),
    field(Record, "completed_at", "when it was completed"),
    field(Record, "commits", "what it landed as"),
    field(Record, "commit", "the same, with one commit"),
    field(
        Record,
        "branch",
        "the branch that the earlier chant worked it on",
    ),
    field(
        Record,
        "outcome",
        "how a reproduction ended: `reproduced`, `not-reproduced`, `already-fixed` or `not-a-bug`",
    ),
    field(
        Record,
        "waived",
        "criteria that a person let go: a list; `chant waive` writes it",
    ),
    field(Record, "waived.criterion", "the criterion's text, exactly"),
    field(Record, "waived.by", "who let it go"),
    field(Record, "waived.at", "when"),
    field(Record, "waived.reason", "why"),
    kept(Record, "pr", "the pull request that came of it"),
    kept(Earlier, "source_branch", "a merge's source"),
    kept(Earlier, "target_branch", "a merge's target"),
    kept(Earlier, "blocked_specs", "what waited for a merge"),
    kept(Earlier, "conflicting_files", "what a merge stopped at"),
    kept(Earlier, "original_spec", "what a merge was for"),
    kept(Earlier, "cancelled_reason", "why it was cancelled"),
    kept(Earlier, "superseded_by", "the spec that took its place"),
    kept(Earlier, "last_verified", "when it was last verified"),
    kept(Earlier, "verification_status", "how that ended"),
    kept(Earlier, "verification_failures", "what failed then"),
    kept(Earlier, "replayed_at", "when it was replayed"),
    kept(Earlier, "replayed_from", "what was replayed"),
    kept(Earlier, "derived_fields", "which keys were derived"),
    kept(Earlier, "cost_usd", "what it cost"),
    kept(Earlier, "tokens", "how many tokens it took"),
];

/// The names that may stand at the top of the head.
pub fn top_level() -> impl Iterator<Item = &'static str> + Clone {
    KEYS.iter()
        .map(|key| key.name)
        .filter(|name| !name.contains('.'))
}

/// The names that may stand inside a key.
pub(crate) fn inside(outer: &'static str) -> impl Iterator<Item = &'static str> + Clone {
    KEYS.iter()
        .filter_map(move |key| key.name.strip_prefix(outer)?.strip_prefix('.'))
}

/// Whether a key at the top of the head has a field of its own.
pub(crate) fn has_field(name: &str) -> bool {
    KEYS.iter()
        .any(|key| key.name == name && key.reading == Reading::Field)
}
