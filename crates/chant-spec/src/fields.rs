//! Reading the typed settings from the YAML tree, with every wrong value named at its place.

use std::ops::Range;

use crate::approval::{Approval, Objects};
use crate::budget::Budget;
use crate::criteria::Waiver;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::frontmatter::{Check, Expect, Frontmatter, Kind};
use crate::keys;
use crate::proof::{Proof, Stage};
use crate::status::Status;
use crate::yaml::{Map, Node, Value};

/// What a word in `priority:` means: higher is started first. None of a word of somebody's own.
pub fn priority(word: &str) -> Option<i32> {
    match word {
        "critical" | "urgent" => Some(20),
        "high" => Some(10),
        "normal" => Some(0),
        "low" => Some(-10),
        word => word.parse().ok(),
    }
}

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

/// How many wrong values are worth reporting.
const MOST_ERRORS: usize = 20;

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
            agent: self.agent(),
            branch: self.word("branch"),
            commits,
            completed_at: self.word("completed_at"),
            approval: self.approval(),
            gate: self.word("gate"),
            verify: self.checks(),
            proof: self.proof(),
            // A list here would be somebody's own key: no reason to refuse the file.
            outcome: self
                .value("outcome")
                .and_then(Node::as_str)
                .map(str::to_owned),
            budget: self.budget(),
            priority: self.priority(),
            retries: self.retries(),
            attempts: self.attempts(),
            strict: self.truth("strict").unwrap_or(false),
            waived: self.waived(),
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
        // Each error is looked up in the text, so their number is bounded.
        if self.errors.len() >= MOST_ERRORS {
            return;
        }
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

    /// A word of somebody's own means nothing here, and refuses no file.
    fn priority(&self) -> i32 {
        let word = self.value("priority").and_then(Node::as_str);
        word.and_then(priority).unwrap_or(0)
    }

    fn retries(&self) -> Option<u32> {
        self.value("retries").and_then(Node::as_str)?.parse().ok()
    }

    fn attempts(&self) -> Option<u32> {
        self.value("attempts").and_then(Node::as_str)?.parse().ok()
    }

    fn agent(&mut self) -> Option<String> {
        let names = self.list("agent");
        (!names.is_empty()).then(|| names.join(", "))
    }

    fn budget(&mut self) -> Budget {
        let mut budget = Budget::default();
        let Some(node) = self.value("budget") else {
            return budget;
        };
        self.inside(node, "budget", |fields| {
            for key in Budget::KEYS {
                let (Some(word), Some(node)) = (fields.word(key), fields.value(key)) else {
                    continue;
                };
                if let Err(expected) = budget.set(key, &word) {
                    fields.wrong(node, format!("`budget.{key}` must be {expected}"));
                }
            }
        });
        budget
    }

    fn approval(&mut self) -> Option<Approval> {
        let node = self.value("approval")?;
        self.inside(node, "approval", |fields| Approval {
            required: fields.truth("required").unwrap_or(false),
            status: fields.word("status"),
            by: fields.word("by"),
            at: fields.word("at"),
            reason: fields.word("reason"),
            objects: fields.objects(),
            signature: fields.word("signature"),
        })
    }

    fn objects(&mut self) -> Option<Objects> {
        let node = self.value("objects")?;
        self.inside(node, "objects", |fields| Objects {
            spec: fields.word("spec").unwrap_or_default(),
            criteria: fields.word("criteria").unwrap_or_default(),
            tree: fields.word("tree"),
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

    fn proof(&mut self) -> Option<Proof> {
        let node = self.value("proof")?;
        self.inside(node, "proof", |fields| Proof {
            from: fields.word("from"),
            tests: fields.list("tests"),
            run: fields.word("run"),
            fails_with: fields.word("fails_with"),
            repeat: fields.repeat(),
            timeout: fields.word("timeout"),
            cwd: fields.word("cwd"),
            stage: fields.stage(),
            reported_in: fields.word("reported_in"),
        })
    }

    /// Items that say who let which criterion go, and why; whatever else stands there lets nothing go.
    fn waived(&self) -> Vec<Waiver> {
        let items = match self.value("waived").map(|node| &node.value) {
            Some(Value::List(list)) => list.items.as_slice(),
            _ => &[],
        };
        let read = |item: &Node| {
            let map = item.as_map()?;
            let word = |key| map.get(key)?.value.as_str().map(str::to_owned);
            Some(Waiver {
                criterion: word("criterion")?,
                by: word("by")?,
                reason: word("reason")?,
                at: word("at"),
            })
        };
        items.iter().filter_map(read).collect()
    }

    fn stage(&mut self) -> Option<Stage> {
        let word = self.word("stage")?;
        let stage = Stage::parse(&word);
        if let (None, Some(node)) = (stage, self.value("stage")) {
            self.wrong(node, "`stage` must be reproduction or fix".to_owned());
        }
        stage
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
            .filter(|entry| !keys::has_field(&entry.key));
        rest.map(|entry| (entry.key.clone(), entry.value.to_json()))
            .collect()
    }
}
