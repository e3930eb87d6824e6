//! A page as what a reader does with it: commands to type, files to write, files to look at.
//!
//! An HTML comment on the line above a block says what the block is, and is not seen by readers: `<!-- writes: PATH -->`
//! (the reader's editor), `<!-- shows: PATH -->`, `<!-- exits: N -->` (the last command of a `console` block), `<!--
//! clock: TIME -->` (no block: the time from here on), `<!-- meanwhile: SCRIPT -->` (no block: what others do).

use std::path::{Path, PathBuf};

/// A markdown file of the guide.
pub(crate) struct Page {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

/// What a reader does next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Types a command; `lines` (from, to) is where its output is shown.
    Command {
        command: String,
        output: Vec<String>,
        lines: (usize, usize),
        exits: i32,
    },
    /// Saves a file.
    Writes { path: String, text: String },
    /// Looks at a file; `lines` is where it is shown.
    Shows {
        path: String,
        text: String,
        lines: (usize, usize),
    },
    /// Lets time pass.
    Clock(String),
    /// Lets somebody else work.
    Meanwhile(String),
}

/// A fenced block.
pub(crate) struct Block<'a> {
    /// What the fence says: the language.
    pub(crate) language: &'a str,
    /// What the comment above it says.
    pub(crate) note: &'a str,
    /// Its lines.
    pub(crate) lines: Vec<&'a str>,
    /// The number of its first line, from 1.
    pub(crate) first: usize,
}

impl Block<'_> {
    pub(crate) fn text(&self) -> String {
        self.lines.iter().flat_map(|line| [line, "\n"]).collect()
    }
}

impl Page {
    pub(crate) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self {
            path: path.to_owned(),
            text,
        }
    }

    pub(crate) fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.path.display())
    }

    pub(crate) fn blocks(&self) -> Vec<Block<'_>> {
        let mut blocks: Vec<Block<'_>> = Vec::new();
        let (mut fence, mut note) = ("", "");
        for (number, line) in (1..).zip(self.text.lines()) {
            if !fence.is_empty() {
                if line == fence {
                    fence = "";
                } else {
                    blocks.last_mut().unwrap().lines.push(line);
                }
            } else if let Some(ticks) = ["````", "```"].into_iter().find(|t| line.starts_with(t)) {
                fence = ticks;
                blocks.push(Block {
                    language: &line[ticks.len()..],
                    note,
                    lines: Vec::new(),
                    first: number + 1,
                });
            }
            note = comment(line);
            if note.starts_with("clock: ") || note.starts_with("meanwhile: ") {
                blocks.push(Block {
                    language: "",
                    note,
                    lines: Vec::new(),
                    first: number,
                });
            }
        }
        assert!(
            fence.is_empty(),
            "{}: a block has no end",
            self.path.display()
        );
        blocks
    }

    /// The page, in reading order.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for block in self.blocks() {
            let (kind, value) = block.note.split_once(": ").unwrap_or_default();
            let (value, text) = (value.to_owned(), block.text());
            match (kind, block.language) {
                ("clock", _) => steps.push(Step::Clock(value)),
                ("meanwhile", _) => steps.push(Step::Meanwhile(value)),
                ("writes", _) => steps.push(Step::Writes { path: value, text }),
                ("shows", _) => steps.push(Step::Shows {
                    path: value,
                    text,
                    lines: (block.first, block.first + block.lines.len()),
                }),
                (_, "console") => steps.extend(commands(&block)),
                _ => {}
            }
        }
        steps
    }
}

fn comment(line: &str) -> &str {
    line.strip_prefix("<!-- ")
        .and_then(|rest| rest.strip_suffix(" -->"))
        .unwrap_or_default()
}

/// The commands of a `console` block: `$ ` begins one, `> ` goes on with it.
fn commands(block: &Block<'_>) -> Vec<Step> {
    let mut found: Vec<Step> = Vec::new();
    for (number, line) in (block.first..).zip(&block.lines) {
        if let Some(typed) = line.strip_prefix("$ ") {
            found.push(Step::Command {
                command: typed.to_owned(),
                output: Vec::new(),
                lines: (number + 1, number + 1),
                exits: 0,
            });
            continue;
        }
        let Some(Step::Command {
            command,
            output,
            lines,
            ..
        }) = found.last_mut()
        else {
            panic!("line {number} of a page: output of no command");
        };
        lines.1 = number + 1;
        match line.strip_prefix("> ").or(line.strip_prefix('>')) {
            Some(more) if output.is_empty() => {
                lines.0 = number + 1;
                command.push('\n');
                command.push_str(more);
            }
            _ => output.push((*line).to_owned()),
        }
    }
    if let (Some(Step::Command { exits, .. }), Some(code)) =
        (found.last_mut(), block.note.strip_prefix("exits: "))
    {
        *exits = code.parse().unwrap();
    }
    found
}
