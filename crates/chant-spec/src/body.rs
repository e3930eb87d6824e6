//! The markdown part of a spec: its title and its criteria.
//!
//! This is the only place that finds criteria; every count, tick and comparison goes through it. The markdown reader
//! decides what is a heading, a fence or a task item; nothing here scans lines.

use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, OffsetIter, Options, Parser, Tag, TagEnd};

/// One task item of the acceptance criteria.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Criterion {
    /// Whether its box is ticked.
    pub checked: bool,
    /// The text of its first paragraph, on one line, inline code with its backticks.
    pub text: String,
    /// How deep it is nested; 0 is the outermost list.
    pub depth: usize,
    /// The three bytes `[ ]` in the file.
    pub marker: Range<usize>,
    /// 1-based line of the box in the file.
    pub line: usize,
    /// The inline code that the text ends in: a command that proves it.
    pub check: Option<String>,
}

/// What one walk over the body finds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outline {
    pub(crate) title: Option<String>,
    /// The title's heading in the file.
    pub(crate) title_span: Range<usize>,
    pub(crate) criteria: Vec<Criterion>,
    /// Where the last criteria heading stands in the file.
    pub(crate) criteria_span: Option<Range<usize>>,
}

/// Walks over `text[start..]`, the body of the file `text`.
pub(crate) fn outline(text: &str, start: usize) -> Outline {
    let body = &text[start..];
    let events = Parser::new_ext(body, Options::ENABLE_TASKLISTS).into_offset_iter();
    let mut walk = Walk {
        body,
        start,
        outline: Outline::default(),
        section: None,
        lists: 0,
        lines: Lines::new(text, start),
    };
    walk.run(events);
    walk.outline
}

/// The 1-based line of offsets that only grow.
struct Lines<'t> {
    text: &'t str,
    seen: usize,
    line: usize,
}

impl<'t> Lines<'t> {
    fn new(text: &'t str, start: usize) -> Self {
        let line = 1 + count_lines(&text[..start]);
        Self {
            text,
            seen: start,
            line,
        }
    }

    fn line_of(&mut self, offset: usize) -> usize {
        self.line += count_lines(&self.text[self.seen..offset]);
        self.seen = offset;
        self.line
    }
}

fn count_lines(text: &str) -> usize {
    text.bytes().filter(|&byte| byte == b'\n').count()
}

struct Walk<'t> {
    body: &'t str,
    start: usize,
    outline: Outline,
    /// The level of the criteria heading whose section is being walked.
    section: Option<HeadingLevel>,
    lists: usize,
    lines: Lines<'t>,
}

type Events<'t> = OffsetIter<'t>;

impl<'t> Walk<'t> {
    fn run(&mut self, mut events: Events<'t>) {
        while let Some((event, range)) = events.next() {
            match event {
                Event::Start(Tag::Heading { level, .. }) => {
                    self.heading(level, &range, &mut events);
                }
                Event::Start(Tag::List(_)) => self.lists += 1,
                Event::End(TagEnd::List(_)) => self.lists -= 1,
                Event::TaskListMarker(checked) if self.section.is_some() => {
                    self.criterion(checked, &range, &mut events);
                }
                _ => {}
            }
        }
    }

    fn heading(&mut self, level: HeadingLevel, range: &Range<usize>, events: &mut Events<'t>) {
        let text = heading_text(events);
        let span = self.start + range.start..self.start + range.end;
        if self.section.is_some_and(|section| level <= section) {
            self.section = None;
        }
        if text.trim().eq_ignore_ascii_case("acceptance criteria") {
            self.section = Some(level);
            self.outline.criteria.clear();
            self.outline.criteria_span = Some(span.clone());
        }
        if level == HeadingLevel::H1 && self.outline.title.is_none() && !text.trim().is_empty() {
            self.outline.title = Some(text.trim().to_owned());
            self.outline.title_span = span;
        }
    }

    fn criterion(&mut self, checked: bool, marker: &Range<usize>, events: &mut Events<'t>) {
        let marker = self.start + marker.start..self.start + marker.end;
        let line = self.lines.line_of(marker.start);
        let depth = self.lists.saturating_sub(1);
        let (text, check) = self.first_paragraph(events);
        self.outline.criteria.push(Criterion {
            checked,
            text,
            depth,
            marker,
            line,
            check,
        });
    }

    /// Reads on to the end of the item's first paragraph, and keeps count of a list that begins right after it.
    fn first_paragraph(&mut self, events: &mut Events<'t>) -> (String, Option<String>) {
        let mut text = String::new();
        let mut check = None;
        for (event, range) in events {
            match event {
                Event::Code(code) => {
                    text.push_str(&self.body[range]);
                    check = Some(code.to_string());
                }
                Event::Text(words) => {
                    check = check.filter(|_| words.trim().is_empty());
                    text.push_str(&words);
                }
                Event::SoftBreak | Event::HardBreak => text.push(' '),
                Event::InlineHtml(html) => {
                    check = None;
                    text.push_str(&html);
                }
                Event::Start(Tag::List(_)) => {
                    self.lists += 1;
                    break;
                }
                Event::End(TagEnd::Paragraph) if text.trim().is_empty() => {}
                Event::End(TagEnd::Paragraph | TagEnd::Item)
                | Event::Start(Tag::CodeBlock(_) | Tag::BlockQuote(_) | Tag::HtmlBlock) => break,
                _ => {}
            }
        }
        (text.trim().to_owned(), check)
    }
}

fn heading_text(events: &mut Events<'_>) -> String {
    let mut text = String::new();
    for (event, _) in events {
        match event {
            Event::End(TagEnd::Heading(_)) => break,
            Event::Text(words) | Event::Code(words) => text.push_str(&words),
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            _ => {}
        }
    }
    text
}

/// What stands under the last heading of this text, up to the next heading of its level or above.
pub(crate) fn section<'t>(body: &'t str, heading: &str) -> Option<&'t str> {
    let mut events = Parser::new_ext(body, Options::ENABLE_TASKLISTS).into_offset_iter();
    let mut found: Option<(HeadingLevel, Range<usize>)> = None;
    let mut open = false;
    while let Some((event, range)) = events.next() {
        let Event::Start(Tag::Heading { level, .. }) = event else {
            continue;
        };
        let text = heading_text(&mut events);
        if let Some((of, section)) = &mut found
            && open
            && level <= *of
        {
            section.end = range.start;
            open = false;
        }
        if text.trim().eq_ignore_ascii_case(heading) {
            found = Some((level, range.end..body.len()));
            open = true;
        }
    }
    found.map(|(_, section)| &body[section])
}

/// The text of the last heading.
pub(crate) fn last_heading(body: &str) -> Option<String> {
    let mut events = Parser::new_ext(body, Options::ENABLE_TASKLISTS).into_offset_iter();
    let mut last = None;
    while let Some((event, _)) = events.next() {
        if matches!(event, Event::Start(Tag::Heading { .. })) {
            last = Some(heading_text(&mut events).trim().to_owned());
        }
    }
    last
}

/// Whether markdown holds nothing but paragraphs and plain lists: nothing that could begin or end another section.
pub(crate) fn is_prose(text: &str) -> bool {
    Parser::new_ext(text, Options::ENABLE_TASKLISTS).all(|event| {
        !matches!(
            event,
            Event::Start(Tag::Heading { .. } | Tag::CodeBlock(_) | Tag::HtmlBlock)
                | Event::TaskListMarker(_)
                | Event::Rule
                | Event::InlineHtml(_)
        )
    })
}
