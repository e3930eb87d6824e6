//! The one writer of the command line: channels, colour, quiet, pagers, and text from outside made harmless.
//!
//! Results go to standard output, everything else to standard error. A reader that closed its end early is no
//! error: the program ends quietly.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{IsTerminal, Write};

use anstyle::{AnsiColor, Style};

/// When to use colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What a piece of text is, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// As it is.
    Plain,
    /// Headings and ids.
    Strong,
    /// Done, ready.
    Good,
    /// Failed.
    Bad,
    /// Worth a look.
    Warning,
    /// Less important.
    Dim,
}

impl Tone {
    fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Strong => Style::new().bold(),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
            Self::Warning => AnsiColor::Yellow.on_default(),
            Self::Dim => Style::new().dimmed(),
        }
    }
}

/// The writer.
#[derive(Debug)]
pub(crate) struct Ui {
    json: bool,
    quiet: bool,
    verbose: bool,
    out_color: bool,
    err_color: bool,
    page: Option<String>,
    /// Written, but not yet passed on: a call for each line would take most of the time of a long listing.
    pending: String,
    output: Output,
}

/// How much is written at once.
const PASSED_ON: usize = 64 * 1024;

/// What has become of standard output.
#[derive(Debug)]
enum Output {
    Open,
    /// Its reader has gone, which is no error.
    Closed,
    /// It can not be written to.
    Broken(std::io::Error),
}

impl Ui {
    /// A writer for this process's streams.
    pub(crate) fn new(color: ColorChoice, json: bool, quiet: bool, verbose: bool) -> Self {
        let colored = |terminal: bool| match color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => wants_color(terminal),
        };
        Self {
            json,
            quiet,
            verbose,
            out_color: colored(std::io::stdout().is_terminal()),
            err_color: colored(std::io::stderr().is_terminal()),
            page: None,
            pending: String::new(),
            output: Output::Open,
        }
    }

    /// Whether one JSON document is asked for.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Whether only results are asked for.
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Whether details are asked for.
    pub(crate) fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// Paints text for standard output.
    pub(crate) fn paint(&self, tone: Tone, text: &str) -> String {
        paint(self.out_color, tone, text)
    }

    /// Adds text to a line of the result, painted.
    pub(crate) fn paint_onto(&self, line: &mut String, tone: Tone, text: &str) {
        if self.out_color {
            line.push_str(&paint(true, tone, text));
        } else {
            line.push_str(text);
        }
    }

    /// A line of the result. In JSON mode the document takes its place.
    pub(crate) fn out(&mut self, line: &str) {
        if self.json {
            return;
        }
        match &mut self.page {
            Some(page) => {
                page.push_str(line);
                page.push('\n');
            }
            None => self.write_out(&format!("{line}\n")),
        }
    }

    /// What was done, as a line of the result: not for whoever wants to hear of errors only.
    pub(crate) fn done(&mut self, line: &str) {
        if !self.quiet {
            self.out(line);
        }
    }

    /// Text of the result as it is, without a newline added, and without being made harmless.
    pub(crate) fn raw(&mut self, text: &str) {
        self.write_out(text);
    }

    /// What chant does or did, for people; not in quiet mode.
    pub(crate) fn status(&mut self, tone: Tone, word: &str, text: &str) {
        if self.quiet || self.json {
            return;
        }
        let word = paint(self.err_color, tone, &format!("{word:>8}"));
        self.pass_on();
        write_err(&format!("{word}  {}\n", harmless(text)));
    }

    /// The same about one spec of several.
    pub(crate) fn about(&mut self, spec: &str, tone: Tone, word: &str, text: &str) {
        if self.quiet || self.json {
            return;
        }
        self.pass_on();
        write_err(&(self.line_about(spec, tone, word, text) + "\n"));
    }

    /// The line that says it, without its end: painted, and safe for a terminal.
    pub(crate) fn line_about(&self, spec: &str, tone: Tone, word: &str, text: &str) -> String {
        let word = paint(self.err_color, tone, &format!("{word:>8}"));
        let line = format!("{}{word}  {}", prefix(spec), one_line(text));
        line.trim_end().to_owned()
    }

    /// An event as a line of JSON, passed on at once: somebody acts on it.
    pub(crate) fn event(&mut self, event: &impl serde::Serialize) {
        // Events are made of strings and numbers, which can always be written.
        let line = serde_json::to_string(event).unwrap_or_default();
        self.write_out(&(line + "\n"));
        self.pass_on();
    }

    /// What to do next; not in quiet mode.
    pub(crate) fn hint(&mut self, text: &str) {
        if self.quiet || self.json {
            return;
        }
        let word = paint(self.err_color, Tone::Dim, "hint:");
        self.pass_on();
        write_err(&format!("{word} {}\n", harmless(text)));
    }

    /// Something worth a look; not in quiet mode.
    pub(crate) fn warn(&mut self, text: &str) {
        if self.quiet || self.json {
            return;
        }
        let word = paint(self.err_color, Tone::Warning, "warning:");
        self.pass_on();
        write_err(&format!("{word} {}\n", harmless(text)));
    }

    /// An error, already laid out.
    pub(crate) fn error(&mut self, text: &str) {
        self.pass_on();
        write_err(text);
    }

    /// Whether errors may be coloured.
    pub(crate) fn error_color(&self) -> bool {
        self.err_color
    }

    /// From here on the result is kept, and written at the end at once: to a pager if it is longer than the terminal.
    pub(crate) fn begin_page(&mut self) {
        if !self.json {
            self.page = Some(String::new());
        }
    }

    /// Shows what was kept.
    pub(crate) fn end_page(&mut self) {
        let Some(page) = self.page.take() else { return };
        if !std::io::stdout().is_terminal() {
            self.write_out(&page);
            return;
        }
        let height = terminal_size::terminal_size().map_or(24, |(_, height)| usize::from(height.0));
        let pager = std::env::var("PAGER").unwrap_or_else(|_| "less".to_owned());
        let words = shlex::split(&pager).unwrap_or_default();
        if page.lines().count() < height
            || words.is_empty()
            || words[0] == "cat"
            || !show_in(&words, &page)
        {
            self.write_out(&page);
        }
    }

    fn write_out(&mut self, text: &str) {
        self.pending.push_str(text);
        if self.pending.len() >= PASSED_ON {
            self.pass_on();
        }
    }

    /// Passes on what was written so far: before anything goes to the other stream, and before waiting.
    pub(crate) fn pass_on(&mut self) {
        let text = std::mem::take(&mut self.pending);
        if !text.is_empty()
            && matches!(self.output, Output::Open)
            && let Err(error) = std::io::stdout().lock().write_all(text.as_bytes())
        {
            self.output = Output::after(error);
        }
    }

    /// Flushes; the last thing a command does.
    pub(crate) fn finish(&mut self) {
        self.end_page();
        self.pass_on();
        if let Err(error) = std::io::stdout().lock().flush()
            && matches!(self.output, Output::Open)
        {
            self.output = Output::after(error);
        }
    }

    /// Whether the reader of standard output has gone.
    pub(crate) fn is_closed(&self) -> bool {
        matches!(self.output, Output::Closed)
    }

    /// Why standard output could not be written, where it could not.
    pub(crate) fn broken(&self) -> Option<&std::io::Error> {
        match &self.output {
            Output::Broken(error) => Some(error),
            _ => None,
        }
    }
}

impl Output {
    fn after(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Broken(error),
        }
    }
}

fn show_in(words: &[String], page: &str) -> bool {
    let mut command = chant_os::process::Cmd::new(&words[0]).args(&words[1..]);
    if std::env::var_os("LESS").is_none() {
        command = command.env("LESS", "FRX");
    }
    let Ok(mut pager) = command.spawn_piped_stdin() else {
        return false;
    };
    // A pager that is left early has shown what was wanted.
    let _ = pager.write_all(page.as_bytes());
    pager.finish().is_ok()
}

/// The width to fit output into; wide where nobody looks.
pub(crate) fn width() -> usize {
    if !std::io::stdout().is_terminal() {
        return std::env::var("COLUMNS")
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or(200);
    }
    terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0))
}

/// The spec's id in front of a line about it.
fn prefix(spec: &str) -> String {
    if spec.is_empty() {
        String::new()
    } else {
        format!("{}  ", one_line(spec))
    }
}

fn write_err(text: &str) {
    // Nobody can be told that nobody can be told.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

fn wants_color(terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if set("NO_COLOR").is_some() || set("CLICOLOR").is_some_and(|value| value == "0") {
        return false;
    }
    if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
        return true;
    }
    terminal && set("TERM").is_none_or(|term| term != "dumb")
}

/// Paints text where colour is wanted.
pub(crate) fn paint(color: bool, tone: Tone, text: &str) -> String {
    if !color || tone == Tone::Plain {
        return text.to_owned();
    }
    let style = tone.style();
    format!("{style}{text}{style:#}")
}

/// Text from outside, safe for a terminal: control characters (an escape sequence begins with one) are shown,
/// not sent.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    let harmful = |c: char| (c.is_control() && c != '\n' && c != '\t') || is_invisible(c);
    if !text.contains(harmful) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if harmful(c) {
            let _ = write!(safe, "\\u{{{:x}}}", u32::from(c));
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// The same for text that has to stay on one line.
pub(crate) fn one_line(text: &str) -> String {
    line(text).into_owned()
}

/// The same, without a copy of text that is harmless already: most is.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let breaks = ['\n', '\t', '\r'];
    if text.contains(breaks) {
        return Cow::Owned(harmless(&text.replace(breaks, " ")).into_owned());
    }
    harmless(text)
}

/// Characters that reorder the text around them.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::{harmless, one_line};

    #[test]
    fn escape_sequences_are_shown_not_sent() {
        assert_eq!(harmless("\u{1b}[31mred\u{7}"), "\\u{1b}[31mred\\u{7}");
        assert_eq!(harmless("a\nb\tc ü 😀"), "a\nb\tc ü 😀");
        assert_eq!(harmless("\u{202e}txt.exe"), "\\u{202e}txt.exe");
        assert_eq!(one_line("a\nb"), "a b");
    }
}
