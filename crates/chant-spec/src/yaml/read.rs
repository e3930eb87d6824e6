//! From the reader's events to the tree: limits, aliases, duplicate keys, and spans that edits can rely on.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput, StructureStyle};

use super::{Entry, List, Map, Node, Scalar, Value};
use crate::diagnostic::{Diagnostic, Severity};

/// No settings file that a person writes is nested deeper.
const DEPTH_LIMIT: usize = 48;

/// How many bytes aliases may add to a document; a bomb asks for billions.
const ALIAS_BUDGET: usize = 1 << 20;

/// Reads `text[range]` as one YAML document; every position is one of `text`.
pub fn parse(text: &str, range: Range<usize>) -> Result<Node, Diagnostic> {
    if let Some(at) = text[range.clone()].find('\0') {
        let at = range.start + at;
        return Err(error(
            text,
            at..at + 1,
            "a NUL character stands in the settings",
        ));
    }
    let mut options = granit_parser::options! {
        disallow_directives: true,
        flow_nesting_limit: DEPTH_LIMIT,
        block_nesting_limit: DEPTH_LIMIT,
    };
    options.set_emit_comments(false);
    let parser = Parser::new_from_str_with_options(&text[range.clone()], options);
    let mut reader = Reader {
        text,
        offset: range.start,
        end: range.end,
        parser,
        anchors: HashMap::new(),
        budget: ALIAS_BUDGET,
    };
    reader.document()
}

fn error(text: &str, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Severity::Error, "invalid-yaml", message, text, span)
}

struct Reader<'t> {
    text: &'t str,
    offset: usize,
    end: usize,
    parser: Parser<'t, StrInput<'t>>,
    anchors: HashMap<usize, Node>,
    budget: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Range<usize>), Diagnostic> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, self.place(span))),
            Some(Err(broken)) => Err(self.broken(&broken)),
            None => Err(error(
                self.text,
                self.end..self.end,
                "the settings end too early",
            )),
        }
    }

    fn place(&self, span: Span) -> Range<usize> {
        let range = span.byte_range().unwrap_or(0..0);
        let start = (self.offset + range.start).min(self.end);
        start..(self.offset + range.end).clamp(start, self.end)
    }

    fn broken(&self, broken: &ScanError) -> Diagnostic {
        let at = broken.marker().byte_offset().unwrap_or(0);
        let at = (self.offset + at).min(self.end);
        error(self.text, at..at, broken.info())
    }

    fn document(&mut self) -> Result<Node, Diagnostic> {
        loop {
            match self.next()? {
                (Event::StreamStart | Event::DocumentStart(..), _) => {}
                (Event::StreamEnd, span) => {
                    return Ok(Node {
                        span,
                        value: Value::Null,
                    });
                }
                (event, span) => {
                    let root = self.node(event, span)?;
                    self.only_document()?;
                    return Ok(root);
                }
            }
        }
    }

    fn only_document(&mut self) -> Result<(), Diagnostic> {
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(()),
                (Event::DocumentEnd, _) => {}
                (_, span) => {
                    let message =
                        "a second document begins here; the closing line must be exactly `---`";
                    return Err(error(self.text, span, message));
                }
            }
        }
    }

    fn node(&mut self, event: Event<'t>, span: Range<usize>) -> Result<Node, Diagnostic> {
        let (node, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let null = style == ScalarStyle::Plain
                    && tag.is_none()
                    && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                let scalar = || {
                    Value::Scalar(Scalar {
                        text: text.into_owned(),
                        style,
                    })
                };
                (
                    Node {
                        span,
                        value: if null { Value::Null } else { scalar() },
                    },
                    anchor,
                )
            }
            Event::SequenceStart(style, anchor, _) => (self.list(style, span)?, anchor),
            Event::MappingStart(style, anchor, _) => (self.map(style, span)?, anchor),
            Event::Alias(anchor) => (self.alias(anchor, span)?, 0),
            _ => return Err(error(self.text, span, "a value is missing here")),
        };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn list(&mut self, style: StructureStyle, mut span: Range<usize>) -> Result<Node, Diagnostic> {
        let flow = style == StructureStyle::Flow;
        let mut items: Vec<Node> = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, end) => {
                    span.end = collection_end(flow, &span, &end, items.last());
                    return Ok(Node {
                        span,
                        value: Value::List(List { items, flow }),
                    });
                }
                (event, place) => items.push(self.node(event, place)?),
            }
        }
    }

    fn map(&mut self, style: StructureStyle, mut span: Range<usize>) -> Result<Node, Diagnostic> {
        let flow = style == StructureStyle::Flow;
        let mut entries: Vec<Entry> = Vec::new();
        let mut seen = HashSet::new();
        loop {
            match self.next()? {
                (Event::MappingEnd, end) => {
                    span.end = collection_end(flow, &span, &end, entries.last().map(|e| &e.value));
                    return Ok(Node {
                        span,
                        value: Value::Map(Map { entries, flow }),
                    });
                }
                (event, key_span) => {
                    let key = self.key(event, key_span.clone())?;
                    if !seen.insert(key.clone()) {
                        let message = format!("the key `{key}` is given twice");
                        return Err(Diagnostic {
                            code: "duplicate-key",
                            ..error(self.text, key_span, message)
                        });
                    }
                    let (event, place) = self.next()?;
                    let mut value = self.node(event, place)?;
                    if value.is_null() && value.span.is_empty() {
                        value.span = self.after_colon(&key_span, &value.span);
                    }
                    entries.push(Entry {
                        key,
                        key_span,
                        value,
                    });
                }
            }
        }
    }

    fn key(&mut self, event: Event<'t>, span: Range<usize>) -> Result<String, Diagnostic> {
        let place = span.clone();
        match self.node(event, span)?.value {
            Value::Null => Ok(String::new()),
            // A byte-order mark glued to a key is an accident of joining files, not another key.
            Value::Scalar(scalar) => Ok(scalar.text.trim_matches('\u{feff}').to_owned()),
            Value::List(_) | Value::Map(_) => {
                Err(error(self.text, place, "a key must be a single word"))
            }
        }
    }

    fn alias(&mut self, anchor: usize, span: Range<usize>) -> Result<Node, Diagnostic> {
        let Some(target) = self.anchors.get(&anchor) else {
            return Err(error(
                self.text,
                span,
                "this alias stands inside the value that it repeats",
            ));
        };
        let size = target.weight();
        if size > self.budget {
            return Err(error(self.text, span, "aliases repeat too much"));
        }
        self.budget -= size;
        Ok(Node {
            span,
            value: target.value.clone(),
        })
    }

    /// Where a value that was left out belongs: right after the key's colon.
    fn after_colon(&self, key: &Range<usize>, value: &Range<usize>) -> Range<usize> {
        let between = &self.text[key.end..self.end];
        let line = &between[..between.find('\n').unwrap_or(between.len())];
        line.find(':').map_or_else(
            || value.clone(),
            |colon| {
                let at = key.end + colon + 1;
                at..at
            },
        )
    }
}

/// The reader ends a block collection where the next token begins; here it ends with its last value.
fn collection_end(
    flow: bool,
    start: &Range<usize>,
    end: &Range<usize>,
    last: Option<&Node>,
) -> usize {
    if flow {
        return end.end.max(start.end);
    }
    last.map_or(start.end, |last| last.span.end).max(start.end)
}
