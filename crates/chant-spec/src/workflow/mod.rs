//! A workflow: one file that describes a chain of specs, with variables.
//!
//! Owns the file's form (frontmatter with `description` and `variables`; then, for each spec, a level-one heading, a
//! fenced `yaml` block with its settings, and its text) and how values become specs. Values are data: each is put into the
//! place it stands in by that place's own rules (YAML quoting, a spec's id, a path inside the repository, a word of a
//! command, markdown text), and is never read as a template again. Deliberately not here: logic. A setting or a line
//! that names a variable without a value is left out; that is all.

mod parse;
mod prose;
mod settings;
mod slots;
mod value;

use std::fmt;
use std::ops::Range;

use regex::Regex;
use serde::Serialize;

use crate::document::Document;
use crate::id::SpecId;
use crate::yaml::Node;

pub use value::Values;

/// A workflow that can be used.
#[derive(Debug)]
pub struct Workflow {
    /// What it is for, in a sentence.
    pub description: String,
    /// What has to be, or may be, said when it is used.
    pub variables: Vec<Variable>,
    text: String,
    steps: Vec<Step>,
}

/// One thing that is said when a workflow is used.
#[derive(Debug, Clone, Serialize)]
pub struct Variable {
    /// Its name in `{{ … }}`.
    pub name: String,
    /// What it is, in a few words.
    pub help: String,
    /// What it is where nothing is said; may be made from variables that come before it.
    pub default: Option<String>,
    /// Whether something has to be said.
    pub required: bool,
    /// A regular expression that the whole value must match.
    pub pattern: Option<Pattern>,
}

/// A regular expression that a whole value matches.
#[derive(Debug, Clone)]
pub struct Pattern {
    written: String,
    regex: Regex,
}

impl Pattern {
    fn new(written: &str) -> Result<Self, regex::Error> {
        Ok(Self {
            written: written.to_owned(),
            regex: Regex::new(&format!("^(?:{written})$"))?,
        })
    }

    fn matches(&self, value: &str) -> bool {
        self.regex.is_match(value)
    }
}

impl Serialize for Pattern {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.written)
    }
}

/// One spec of a workflow, before values are put in.
#[derive(Debug)]
struct Step {
    /// The heading's text.
    title: String,
    settings: Node,
    body: Range<usize>,
}

/// One spec of a workflow as its file has it, for people who look at the workflow.
#[derive(Debug, Clone, Serialize)]
pub struct Outline {
    /// The id, with its variables.
    pub id: String,
    /// The title, with its variables.
    pub title: String,
    /// `type`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `prompt`, where it has one.
    pub prompt: Option<String>,
    /// Whether only a person can take this step.
    pub gate: bool,
    /// What it depends on, with variables.
    pub depends_on: Vec<String>,
}

/// A spec that a workflow made.
#[derive(Debug)]
pub struct Made {
    /// Its id.
    pub id: SpecId,
    /// Its file.
    pub document: Document,
}

/// Why a workflow makes nothing from these values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// Variables that need a value and have none: each with its help.
    Missing(Vec<(String, String)>),
    /// A variable that the workflow does not have.
    Unknown {
        /// As written.
        name: String,
        /// The nearest that it has.
        near: Option<String>,
        /// All that it has.
        known: Vec<String>,
    },
    /// A value that cannot stand where it is wanted.
    Value {
        /// The variables in that place; none where the workflow itself is wrong.
        names: Vec<String>,
        /// What was wrong, and where.
        why: String,
    },
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(names) => {
                let names: Vec<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
                let word = if names.len() == 1 {
                    "variable"
                } else {
                    "variables"
                };
                write!(f, "the {word} {} must be given", names.join(", "))
            }
            Self::Unknown { name, .. } => {
                write!(f, "the workflow has no variable {name:?}")
            }
            Self::Value { names, why } if names.is_empty() => write!(f, "the workflow: {why}"),
            Self::Value { names, why } => {
                let word = if names.len() == 1 {
                    "variable"
                } else {
                    "variables"
                };
                write!(f, "{word} {}: {why}", names.join(", "))
            }
        }
    }
}

impl std::error::Error for Refused {}

impl Workflow {
    /// How many specs it makes.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether it makes none; a workflow that can be used makes at least one.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The specs as the file has them.
    pub fn outline(&self) -> Vec<Outline> {
        self.steps.iter().map(Step::outline).collect()
    }

    /// The specs with these values, in the order of the file; `labels` are added to each.
    pub fn make(&self, values: &Values, labels: &[String]) -> Result<Vec<Made>, Refused> {
        let made = self
            .steps
            .iter()
            .map(|step| step.make(&self.text, values, labels))
            .collect::<Result<Vec<_>, _>>()?;
        for (index, one) in made.iter().enumerate() {
            if made[..index].iter().any(|other| other.id == one.id) {
                let why = format!("two of the specs would be called {}", one.id);
                let names = Vec::new();
                return Err(Refused::Value { names, why });
            }
        }
        Ok(made)
    }
}

impl Step {
    fn outline(&self) -> Outline {
        let map = self.settings.as_map();
        let word = |key: &str| {
            let entry = map.and_then(|map| map.get(key))?;
            entry.value.as_str().map(str::to_owned)
        };
        Outline {
            id: word("id").unwrap_or_default(),
            title: self.title.clone(),
            kind: word("type").unwrap_or_else(|| "code".to_owned()),
            prompt: word("prompt"),
            gate: word("gate").is_some(),
            depends_on: map
                .and_then(|map| map.get("depends_on"))
                .map(|entry| settings::words(&entry.value))
                .unwrap_or_default(),
        }
    }

    fn make(&self, text: &str, values: &Values, labels: &[String]) -> Result<Made, Refused> {
        let (id, front) = settings::render(&self.settings, values, labels)?;
        let title = prose::title(&self.title, values)?;
        let body = prose::body(&text[self.body.clone()], values)?;
        let body = body.trim_matches('\n');
        let file = format!("---\n{front}---\n\n# {title}\n\n{body}\n");
        let document = Document::parse(file.into_bytes()).map_err(|error| Refused::Value {
            names: Vec::new(),
            why: format!("the spec {id} could not be used: {error}"),
        })?;
        Ok(Made { id, document })
    }
}
