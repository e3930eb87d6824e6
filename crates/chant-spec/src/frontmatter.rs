//! The settings at the head of a spec, typed.
//!
//! Owns which keys are known and how each is read: a single value where a list belongs is a list of one, nothing is
//! nothing, and a number where a name belongs keeps its digits. Unknown words are kept; [`crate::lint`] names them.

use std::ops::Range;

use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::status::Status;
use crate::yaml::{Map, Node, Value};

/// Every key that has a meaning here, or had one in the earlier implementation.
pub const KNOWN_KEYS: &[&str] = &[
    "type",
    "status",
    "depends_on",
    "informed_by",
    "origin",
    "tracks",
    "context",
    "target_files",
    "labels",
    "prompt",
    "model",
    "agent",
    "branch",
    "commits",
    "commit",
    "completed_at",
    "approval",
    "members",
    "pr",
    "verify",
    "proof",
    "gate",
    "public",
    "output_schema",
    "schedule",
    "group",
    "priority",
    "protect",
    "strict",
    "budget",
    "source_branch",
    "target_branch",
    "blocked_specs",
    "conflicting_files",
    "original_spec",
    "cancelled_reason",
    "superseded_by",
    "last_verified",
    "verification_status",
    "verification_failures",
    "replayed_at",
    "replayed_from",
    "derived_fields",
    "output_format",
    "cost_usd",
    "tokens",
];

/// The words of `type` that have a meaning.
pub(crate) const KINDS: [&str; 7] = [
    "code",
    "task",
    "research",
    "documentation",
    "docs",
    "driver",
    "group",
];

/// What a spec asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A change of the code; also what an absent key means.
    #[default]
    Code,
    /// Work whose result is not code.
    Task,
    /// Findings, written to the target files.
    Research,
    /// Documentation; `docs` is read as it.
    Documentation,
    /// A spec made of members; `group` is read as it.
    Driver,
    /// A word that means nothing here; treated as code, named by lint.
    Unknown(String),
}

impl Kind {
    /// Reads the word of a file.
    pub fn parse(word: &str) -> Self {
        match word {
            "code" => Self::Code,
            "task" => Self::Task,
            "research" => Self::Research,
            "documentation" | "docs" => Self::Documentation,
            "driver" | "group" => Self::Driver,
            _ => Self::Unknown(word.to_owned()),
        }
    }

    /// The word that is shown.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Code => "code",
            Self::Task => "task",
            Self::Research => "research",
            Self::Documentation => "documentation",
            Self::Driver => "driver",
            Self::Unknown(word) => word,
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// Whether a person has to agree before a spec is worked, and whether one did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Approval {
    /// Whether it has to be asked for.
    pub required: bool,
    /// `pending`, `approved`, `rejected`, or whatever the file says.
    pub status: Option<String>,
    /// Who said so.
    pub by: Option<String>,
    /// When.
    pub at: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

impl Approval {
    /// Whether a person said yes.
    pub fn is_granted(&self) -> bool {
        self.status.as_deref() == Some("approved")
    }
}

/// What a check has to do to prove the work.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Expect {
    /// Exit with 0.
    #[default]
    Pass,
    /// Exit with anything else: the proof that a bug is there.
    Fail,
    /// Exit with exactly this.
    Exit(i32),
}

/// A command that chant runs itself before it lands anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Check {
    /// The command.
    pub run: String,
    /// What to call it.
    pub name: Option<String>,
    /// What it has to do.
    pub expect: Expect,
    /// A pattern that its output must match.
    pub matches: Option<String>,
    /// How long it may take, as written: `90s`, `10m`.
    pub timeout: Option<String>,
    /// How often it is run; every time must do as expected.
    pub repeat: Option<u32>,
    /// The folder it runs in, relative to the worktree.
    pub cwd: Option<String>,
    /// What is added to its environment.
    pub env: Vec<(String, String)>,
}

/// The settings of one spec.
#[derive(Debug, Clone, Default)]
pub struct Frontmatter {
    /// `type`.
    pub kind: Kind,
    /// `status`.
    pub status: Status,
    /// What has to be completed first.
    pub depends_on: Vec<String>,
    /// Inputs: files, globs, folders, specs, addresses.
    pub informed_by: Vec<String>,
    /// Where it came from; an input as well.
    pub origin: Vec<String>,
    /// What it keeps up with.
    pub tracks: Vec<String>,
    /// Further inputs.
    pub context: Vec<String>,
    /// The files it is about.
    pub target_files: Vec<String>,
    /// Free words to select by.
    pub labels: Vec<String>,
    /// Globs of files that the work must not touch.
    pub protect: Vec<String>,
    /// The members of a driver, in order, where the file lists them.
    pub members: Vec<String>,
    /// The prompt to use.
    pub prompt: Option<String>,
    /// The model to use.
    pub model: Option<String>,
    /// The agent to use.
    pub agent: Option<String>,
    /// The branch that the earlier implementation worked on.
    pub branch: Option<String>,
    /// What it landed as: `commits` and `commit` together, as written.
    pub commits: Vec<String>,
    /// When it was completed, as written.
    pub completed_at: Option<String>,
    /// Whether a person has to agree.
    pub approval: Option<Approval>,
    /// A step that only a person can take (`human`).
    pub gate: Option<String>,
    /// The checks that prove it.
    pub verify: Vec<Check>,
    /// Every key without a field of its own, known or not, in the order of the file.
    pub rest: serde_json::Map<String, serde_json::Value>,
}

const TYPED: &[&str] = &[
    "type",
    "status",
    "depends_on",
    "informed_by",
    "origin",
    "tracks",
    "context",
    "target_files",
    "labels",
    "members",
    "prompt",
    "model",
    "agent",
    "branch",
    "commits",
    "commit",
    "completed_at",
    "approval",
    "gate",
    "verify",
];

impl Frontmatter {
    /// Reads the settings from the root of the YAML document in `text`.
    pub(crate) fn read(text: &str, root: &Node) -> Result<Self, Diagnostics> {
        let empty = Map {
            entries: Vec::new(),
            flow: false,
        };
        let map = match &root.value {
            Value::Map(map) => map,
            Value::Null => &empty,
            _ => {
                let message = "the frontmatter must be a list of `key: value` lines";
                return Err(wrong(text, root.span.clone(), message).into());
            }
        };
        let mut fields = Fields {
            text,
            map,
            errors: Vec::new(),
        };
        let front = fields.frontmatter();
        let mut errors = fields.errors.into_iter();
        match errors.next() {
            Some(first) => Err(Diagnostics::new(first, errors)),
            None => Ok(front),
        }
    }
}

fn wrong(text: &str, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Severity::Error, "wrong-type", message, text, span)
}

/// A map being read, and what was wrong with it so far.
struct Fields<'a> {
    text: &'a str,
    map: &'a Map,
    errors: Vec<Diagnostic>,
}

impl<'a> Fields<'a> {
    fn frontmatter(&mut self) -> Frontmatter {
        let mut commits = self.list("commits");
        commits.extend(self.list("commit"));
        Frontmatter {
            kind: self
                .word("type")
                .map_or_else(Kind::default, |word| Kind::parse(&word)),
            status: self
                .word("status")
                .map_or_else(Status::default, |word| Status::parse(&word)),
            depends_on: self.list("depends_on"),
            informed_by: self.list("informed_by"),
            origin: self.list("origin"),
            tracks: self.list("tracks"),
            context: self.list("context"),
            target_files: self.list("target_files"),
            labels: self.list("labels"),
            protect: self.list("protect"),
            members: self.list("members"),
            prompt: self.word("prompt"),
            model: self.word("model"),
            agent: self.word("agent"),
            branch: self.word("branch"),
            commits,
            completed_at: self.word("completed_at"),
            approval: self.approval(),
            gate: self.word("gate"),
            verify: self.checks(),
            rest: self.rest(),
        }
    }

    fn value(&self, key: &str) -> Option<&'a Node> {
        self.map
            .get(key)
            .map(|entry| &entry.value)
            .filter(|node| !node.is_null())
    }

    fn wrong(&mut self, node: &Node, message: String) {
        self.errors
            .push(wrong(self.text, node.span.clone(), message));
    }

    fn word(&mut self, key: &str) -> Option<String> {
        let node = self.value(key)?;
        let word = node.as_str().map(str::to_owned);
        if word.is_none() {
            self.wrong(node, format!("`{key}` must be a single value"));
        }
        word
    }

    fn list(&mut self, key: &str) -> Vec<String> {
        let Some(node) = self.value(key) else {
            return Vec::new();
        };
        let items = match &node.value {
            Value::List(list) => list.items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let mut words = Vec::with_capacity(items.len());
        for item in items {
            match item.as_str() {
                Some(word) => words.push(word.to_owned()),
                None if item.is_null() => {}
                None => self.wrong(item, format!("`{key}` must be a list of single values")),
            }
        }
        words
    }

    fn truth(&mut self, key: &str) -> Option<bool> {
        let node = self.value(key)?;
        let truth = match &node.value {
            Value::Scalar(scalar) => scalar.as_bool(),
            _ => None,
        };
        if truth.is_none() {
            self.wrong(node, format!("`{key}` must be true or false"));
        }
        truth
    }

    /// A map inside this one, read by `read`.
    fn inside<T>(
        &mut self,
        node: &'a Node,
        what: &str,
        read: impl FnOnce(&mut Fields<'a>) -> T,
    ) -> Option<T> {
        let Some(map) = node.as_map() else {
            self.wrong(node, format!("`{what}` must hold `key: value` lines"));
            return None;
        };
        let mut fields = Fields {
            text: self.text,
            map,
            errors: Vec::new(),
        };
        let value = read(&mut fields);
        self.errors.append(&mut fields.errors);
        Some(value)
    }

    fn approval(&mut self) -> Option<Approval> {
        let node = self.value("approval")?;
        self.inside(node, "approval", |fields| Approval {
            required: fields.truth("required").unwrap_or(false),
            status: fields.word("status"),
            by: fields.word("by"),
            at: fields.word("at"),
            reason: fields.word("reason"),
        })
    }

    fn checks(&mut self) -> Vec<Check> {
        let Some(node) = self.value("verify") else {
            return Vec::new();
        };
        let items = match &node.value {
            Value::List(list) => list.items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        items
            .iter()
            .filter(|item| !item.is_null())
            .filter_map(|item| self.check(item))
            .collect()
    }

    fn check(&mut self, node: &'a Node) -> Option<Check> {
        if let Some(run) = node.as_str() {
            return Some(Check {
                run: run.to_owned(),
                ..Check::default()
            });
        }
        let check = self.inside(node, "verify", |fields| Check {
            run: fields.word("run").unwrap_or_default(),
            name: fields.word("name"),
            expect: fields.expect(),
            matches: fields.word("matches"),
            timeout: fields.word("timeout"),
            repeat: fields.repeat(),
            cwd: fields.word("cwd"),
            env: fields.env(),
        })?;
        if check.run.trim().is_empty() {
            self.wrong(node, "a check needs `run:`, the command".to_owned());
        }
        Some(check)
    }

    fn expect(&mut self) -> Expect {
        let Some(word) = self.word("expect") else {
            return Expect::Pass;
        };
        match (word.as_str(), word.parse()) {
            ("pass", _) => Expect::Pass,
            ("fail", _) => Expect::Fail,
            (_, Ok(code)) => Expect::Exit(code),
            _ => {
                if let Some(node) = self.value("expect") {
                    self.wrong(
                        node,
                        "`expect` must be pass, fail or an exit status".to_owned(),
                    );
                }
                Expect::Pass
            }
        }
    }

    fn repeat(&mut self) -> Option<u32> {
        let word = self.word("repeat")?;
        let times = word.parse().ok().filter(|&times| times > 0);
        if let (None, Some(node)) = (times, self.value("repeat")) {
            self.wrong(node, "`repeat` must be a number above 0".to_owned());
        }
        times
    }

    fn env(&mut self) -> Vec<(String, String)> {
        let Some(node) = self.value("env") else {
            return Vec::new();
        };
        let pairs = self.inside(node, "env", |fields| {
            let keys = fields.map.entries.iter().map(|entry| entry.key.as_str());
            keys.map(|key| (key.to_owned(), fields.word(key).unwrap_or_default()))
                .collect()
        });
        pairs.unwrap_or_default()
    }

    fn rest(&self) -> serde_json::Map<String, serde_json::Value> {
        let rest = self
            .map
            .entries
            .iter()
            .filter(|entry| !TYPED.contains(&entry.key.as_str()));
        rest.map(|entry| (entry.key.clone(), entry.value.to_json()))
            .collect()
    }
}
