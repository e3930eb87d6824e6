//! Reading a workflow's file.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag};

use super::{Pattern, Step, Variable, Workflow, settings, slots};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, nearest};
use crate::document::{Fences, line_end};
use crate::frontmatter::KINDS;
use crate::keys;
use crate::yaml::{self, Map, Node, Value};

const VARIABLE_KEYS: &[&str] = &["help", "default", "required", "pattern"];
const KEYS: &[&str] = &["name", "description", "variables"];

impl Workflow {
    /// Reads a file.
    pub fn parse(text: &str) -> Result<Self, Diagnostics> {
        let fences = Fences::find(text)?;
        let reader = Reader { text };
        let root = yaml::parse(text, fences.inside.clone())?;
        let head = reader.map(&root, "a workflow's frontmatter")?;
        reader.known(head, KEYS)?;
        let description = head.get("description");
        let description = description.and_then(|entry| entry.value.as_str());
        let variables = match head.get("variables") {
            Some(entry) if !entry.value.is_null() => reader.variables(&entry.value)?,
            _ => Vec::new(),
        };
        let steps = reader.steps(fences.body)?;
        let workflow = Self {
            description: description.unwrap_or_default().trim().to_owned(),
            variables,
            text: text.to_owned(),
            steps,
        };
        reader.names_exist(&workflow)?;
        Ok(workflow)
    }
}

/// A file being read.
struct Reader<'t> {
    text: &'t str,
}

type Read<T> = Result<T, Diagnostics>;

impl Reader<'_> {
    fn wrong(&self, span: &Range<usize>, message: impl Into<String>) -> Diagnostic {
        let span = span.clone();
        Diagnostic::new(
            Severity::Error,
            "invalid-workflow",
            message,
            self.text,
            span,
        )
    }

    fn map<'n>(&self, node: &'n Node, what: &str) -> Read<&'n Map> {
        let message = format!("{what} must hold `key: value` lines");
        node.as_map()
            .ok_or_else(|| self.wrong(&node.span, message).into())
    }

    /// Every key is one of these; a key that means nothing would be a wish that nobody hears.
    fn known(&self, map: &Map, keys: &[&str]) -> Read<()> {
        for entry in &map.entries {
            if !keys.contains(&entry.key.as_str()) {
                let wrong = self.wrong(&entry.key_span, format!("unknown key `{}`", entry.key));
                return Err(did_you_mean(wrong, &entry.key, keys).into());
            }
        }
        Ok(())
    }

    fn variables(&self, node: &Node) -> Read<Vec<Variable>> {
        let map = self.map(node, "`variables`")?;
        map.entries
            .iter()
            .map(|entry| {
                if !slots::is_name(&entry.key) {
                    let message = "a variable's name is lower-case letters, digits and `_`";
                    return Err(self.wrong(&entry.key_span, message).into());
                }
                self.variable(&entry.key, &entry.value)
            })
            .collect()
    }

    /// `name: what it is`, or `name:` with keys below it.
    fn variable(&self, name: &str, node: &Node) -> Read<Variable> {
        let mut variable = Variable {
            name: name.to_owned(),
            help: String::new(),
            default: None,
            required: true,
            pattern: None,
        };
        if let Some(help) = node.as_str() {
            help.clone_into(&mut variable.help);
            return Ok(variable);
        }
        if node.is_null() {
            return Ok(variable);
        }
        let map = self.map(node, &format!("the variable `{name}`"))?;
        self.known(map, VARIABLE_KEYS)?;
        let word = |key: &str| map.get(key).and_then(|entry| entry.value.as_str());
        word("help")
            .unwrap_or_default()
            .clone_into(&mut variable.help);
        variable.default = word("default").map(str::to_owned);
        variable.required = match word("required") {
            Some(said) => said == "true",
            None => variable.default.is_none(),
        };
        if let Some(entry) = map.get("pattern") {
            let written = entry.value.as_str().unwrap_or_default();
            let pattern = Pattern::new(written).map_err(|_| {
                self.wrong(&entry.value.span, "`pattern` is not a regular expression")
            })?;
            variable.pattern = Some(pattern);
        }
        Ok(variable)
    }

    fn steps(&self, start: usize) -> Read<Vec<Step>> {
        let heads = heads(self.text, start);
        let ends = heads.iter().skip(1).map(|head| head.span.start);
        let ends: Vec<usize> = ends.chain([self.text.len()]).collect();
        let steps: Vec<Step> = heads
            .into_iter()
            .zip(ends)
            .map(|(head, end)| self.step(head, end))
            .collect::<Read<_>>()?;
        if steps.is_empty() {
            let message = "the workflow describes no spec";
            let hint =
                "each begins with a heading `# Title`, and a ```yaml block with its `id:` below it";
            let end = self.text.len();
            return Err(self.wrong(&(end..end), message).hint(hint).into());
        }
        Ok(steps)
    }

    fn step(&self, head: Head, end: usize) -> Read<Step> {
        let Some((block, code)) = head.settings else {
            let hint =
                "put a ```yaml block with `id:` and the spec's other settings below the heading";
            let wrong = self.wrong(&head.span, "this spec has no settings");
            return Err(wrong.hint(hint).into());
        };
        let settings = yaml::parse(self.text, code.clone()).map_err(|error| {
            if self.text[code.clone()].contains("{{") {
                error.hint("a value that begins with `{{` needs quotes: \"{{ name }}\"")
            } else {
                error
            }
        })?;
        let map = self.map(&settings, "a spec's settings")?;
        let known: Vec<&str> = keys::top_level().chain(["id"]).collect();
        self.known(map, &known)?;
        if map
            .get("id")
            .and_then(|entry| entry.value.as_str())
            .is_none()
        {
            return Err(self.wrong(&code, "this spec has no `id`").into());
        }
        if let Some(entry) = map.get("type") {
            let word = entry.value.as_str().unwrap_or_default();
            if !KINDS.contains(&word) {
                let wrong = self.wrong(&entry.value.span, format!("unknown type `{word}`"));
                return Err(did_you_mean(wrong, word, &KINDS).into());
            }
        }
        Ok(Step {
            title: head.title,
            settings,
            body: block.end..end,
        })
    }

    /// Every slot names a variable, and a default only those before it.
    fn names_exist(&self, workflow: &Workflow) -> Read<()> {
        for (index, variable) in workflow.variables.iter().enumerate() {
            let default = variable.default.as_deref().unwrap_or_default();
            let earlier = &workflow.variables[..index];
            for name in slots::names(default) {
                if !earlier.iter().any(|known| known.name == name) {
                    let message = format!(
                        "the default of `{}` names `{name}`, which is no variable before it",
                        variable.name
                    );
                    return Err(self.wrong(&(0..0), message).into());
                }
            }
        }
        for step in &workflow.steps {
            self.in_settings(&step.settings, workflow)?;
            self.in_text(&step.title, &step.body, workflow)?;
            self.in_text(&self.text[step.body.clone()], &step.body, workflow)?;
        }
        Ok(())
    }

    fn in_settings(&self, node: &Node, workflow: &Workflow) -> Read<()> {
        match &node.value {
            Value::Null => Ok(()),
            Value::Scalar(scalar) => self.in_text(&scalar.text, &node.span, workflow),
            Value::List(list) => list
                .items
                .iter()
                .try_for_each(|item| self.in_settings(item, workflow)),
            Value::Map(map) => map.entries.iter().try_for_each(|entry| {
                if entry.key == settings::WHEN {
                    return settings::words(&entry.value)
                        .iter()
                        .try_for_each(|name| self.exists(name, &entry.value.span, workflow));
                }
                self.in_settings(&entry.value, workflow)
            }),
        }
    }

    fn in_text(&self, text: &str, span: &Range<usize>, workflow: &Workflow) -> Read<()> {
        slots::names(text).try_for_each(|name| {
            let from = self.text[span.clone()].find(name).map_or(0, |at| at);
            let at = span.start + from;
            self.exists(name, &(at..at), workflow)
        })
    }

    fn exists(&self, name: &str, span: &Range<usize>, workflow: &Workflow) -> Read<()> {
        let mut known = workflow.variables.iter().map(|known| known.name.as_str());
        if known.clone().any(|known| known == name) {
            return Ok(());
        }
        let wrong = self.wrong(
            span,
            format!("`{name}` is not one of the workflow's variables"),
        );
        let hint = match nearest(name, known.by_ref()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "describe it under `variables:` at the head of the file".to_owned(),
        };
        Err(wrong.hint(hint).into())
    }
}

fn did_you_mean(diagnostic: Diagnostic, typed: &str, known: &[&str]) -> Diagnostic {
    match nearest(typed, known.iter().copied()) {
        Some(name) => diagnostic.hint(format!("did you mean `{name}`?")),
        None => diagnostic.hint(format!("known: {}", known.join(", "))),
    }
}

/// A level-one heading and the settings right below it.
struct Head {
    title: String,
    span: Range<usize>,
    /// The whole block, and what stands in it.
    settings: Option<(Range<usize>, Range<usize>)>,
}

/// The level-one headings below `start`, outside of everything else.
fn heads(text: &str, start: usize) -> Vec<Head> {
    let body = &text[start..];
    let mut heads: Vec<Head> = Vec::new();
    let mut depth = 0;
    let mut after_heading = false;
    for (event, range) in Parser::new_ext(body, Options::empty()).into_offset_iter() {
        let span = start + range.start..start + range.end;
        match event {
            Event::Start(tag) => {
                let top = depth == 0;
                depth += 1;
                match tag {
                    Tag::Heading {
                        level: HeadingLevel::H1,
                        ..
                    } if top => {
                        heads.push(Head {
                            title: heading_text(&text[span.clone()]),
                            span,
                            settings: None,
                        });
                        after_heading = true;
                        continue;
                    }
                    Tag::CodeBlock(CodeBlockKind::Fenced(info)) if top && after_heading => {
                        if info.split_whitespace().next() == Some("yaml")
                            && let Some(head) = heads.last_mut()
                        {
                            head.settings = Some((span.clone(), inside(text, &span)));
                        }
                    }
                    _ => {}
                }
                if top {
                    after_heading = false;
                }
            }
            Event::End(_) => depth -= 1,
            _ => {}
        }
    }
    heads
}

/// The heading's text as written: `# Title` or a title that is underlined.
fn heading_text(written: &str) -> String {
    let line = written.trim().lines().next().unwrap_or_default();
    line.trim_start_matches('#')
        .trim_end_matches('#')
        .trim()
        .to_owned()
}

/// A block without its fences.
fn inside(text: &str, block: &Range<usize>) -> Range<usize> {
    let first = line_end(text, block.start);
    let rest = &text[first..block.end];
    let trimmed = rest.trim_end();
    let last = trimmed.rfind('\n').map_or(0, |at| at + 1);
    first..first + last
}
