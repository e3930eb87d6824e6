//! A board, and what a terminal shows of it.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use chant_agent::AgentEvent;
use chant_engine::event::{Event, Stamped};
use chant_engine::schedule;

use super::screen::Screen;
use super::summary::{Main, Summary};
use super::{Board, short};

const START: Duration = Duration::ZERO;

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn step(name: &str) -> Event {
    Event::Step {
        name: name.to_owned(),
    }
}

fn tool(input: &str) -> Event {
    Event::Agent(AgentEvent::ToolCall {
        id: String::new(),
        name: "Edit".to_owned(),
        input: input.to_owned(),
    })
}

fn used(input: u64, usd: f64) -> [Event; 2] {
    let usage = AgentEvent::Usage {
        input,
        output: 0,
        cache_read: 0,
        cache_write: 0,
    };
    [Event::Agent(usage), Event::Agent(AgentEvent::Cost { usd })]
}

/// The board with what the scheduler would tell it.
impl Board {
    fn started(&mut self, run: &str, spec: &str, now: Duration) {
        let event = schedule::Event::Started {
            run: run.to_owned(),
            spec: spec.to_owned(),
            title: "A title".to_owned(),
            agent: "main".to_owned(),
        };
        self.take(&event, now);
    }

    fn heard(&mut self, run: &str, event: Event) {
        let event = schedule::Event::Run {
            run: run.to_owned(),
            spec: String::new(),
            what: Stamped {
                at: "2026-02-09T09:00:00Z".to_owned(),
                event,
            },
        };
        self.take(&event, START);
    }

    fn finished(&mut self, run: &str) {
        let event = schedule::Event::Finished {
            run: run.to_owned(),
            spec: String::new(),
        };
        self.take(&event, START);
    }

    fn ended(&mut self, spec: &str, state: &str, now: Duration) {
        let event = schedule::Event::Ended {
            run: None,
            spec: spec.to_owned(),
            state: state.to_owned(),
            reason: String::new(),
        };
        self.take(&event, now);
    }
}

/// Two runs at work, one that waits for its turn, and one landed.
fn busy() -> Board {
    let mut board = Board::default();
    for (run, spec) in [("a", "001-store"), ("b", "002-index"), ("c", "003-log")] {
        board.started(run, spec, START);
    }
    board.started("d", "004-cli", at(30));
    board.heard("a", tool("src/store.rs"));
    for event in used(12_345, 0.5) {
        board.heard("a", event);
    }
    board.heard("b", step("verify"));
    board.finished("c");
    board.ended("004-cli", "completed", at(60));
    board.waiting = 5;
    board
}

fn shown(board: &Board, width: usize, height: usize) -> String {
    let lines = board.lines(width, height, at(70));
    let lines = lines.iter().map(|line| line.painted(false) + "\n");
    lines.collect()
}

#[test]
fn a_line_says_what_a_run_is_doing() {
    let expected = "\
001-store  Edit src/store.rs                           1m10s  12.3k tokens  $0.50
002-index  checks                                      1m10s
003-log    waits for its turn to land                  1m10s
2 running, 5 waiting, 1 landing, 1 landed, 1m10s, $0.50, 12.3k tokens
";
    assert_eq!(shown(&busy(), 82, 24), expected);
    let guide = include_str!("../../../../docs/guides/parallel.md");
    assert!(guide.contains(expected), "the guide shows another board");
}

#[test]
fn what_does_not_fit_gives_way() {
    let expected = "\
001-store  Edit src/store.rs        1m10s
002-index  checks                   1m10s
003-log    waits for its turn to …  1m10s
2 running, 5 waiting, 1 landing, 1 lande…
";
    assert_eq!(shown(&busy(), 42, 24), expected);
    for width in 2..120 {
        for line in busy().lines(width, 24, at(70)) {
            assert!(line.width() < width, "{width}: {}", line.painted(false));
        }
    }
}

#[test]
fn of_many_runs_the_working_ones_are_shown_first() {
    let mut board = busy();
    board.finished("a");
    let expected = "\
002-index  checks               1m10s
1 running, 5 waiting, 2 landing, 1 landed, 2 not shown, 1m10s, $0.50, 12.3k tokens
";
    let shown = shown(&board, 100, 3);
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(squeezed(&shown), squeezed(expected));
}

#[test]
fn tokens_of_an_agent_that_is_started_again_are_added() {
    let mut board = busy();
    board.heard("a", step("agent"));
    for event in used(1_000, 0.25) {
        board.heard("a", event);
    }
    assert_eq!(board.spent().tokens, 13_345);
    assert_eq!(board.spent().usd, Some(0.75));
}

#[test]
fn text_from_an_agent_cannot_move_the_cursor() {
    let mut board = busy();
    board.heard("a", tool("\u{1b}[2J\nsrc\u{202e}"));
    let shown = shown(&board, 82, 24);
    assert!(shown.contains("Edit \\u{1b}[2J src\\u{202e}"), "{shown}");
    assert_eq!(shown.lines().count(), 4);
}

#[test]
fn the_end_of_a_dated_id_is_kept() {
    assert_eq!(short("2026-02-09-001-k3x", 10), "…9-001-k3x");
    assert_eq!(short("001-comprehension", 10), "001-comprehension");
    assert_eq!(short("2026-02-09-001-k3x", 18), "2026-02-09-001-k3x");
}

/// As much of a terminal as the board makes use of; it fails where a line wraps.
struct Terminal {
    width: usize,
    rows: Vec<Vec<char>>,
    row: usize,
    column: usize,
}

impl Terminal {
    fn new(width: usize) -> Self {
        Self {
            width,
            rows: vec![Vec::new()],
            row: 0,
            column: 0,
        }
    }

    fn take(&mut self, text: &str) {
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            match c {
                '\r' => self.column = 0,
                '\n' => {
                    self.row += 1;
                    if self.row == self.rows.len() {
                        self.rows.push(Vec::new());
                    }
                }
                '\u{1b}' => {
                    assert_eq!(rest.next(), Some('['));
                    let mut number = String::new();
                    let command = rest.find(|c| {
                        number.extend(c.is_ascii_digit().then_some(c));
                        c.is_ascii_alphabetic()
                    });
                    self.command(command.unwrap(), number.parse().unwrap_or(1));
                }
                c => self.put(c),
            }
        }
    }

    fn command(&mut self, command: char, number: usize) {
        match command {
            'A' => self.row -= number,
            'K' => self.rows[self.row].truncate(self.column),
            'J' => {
                self.rows[self.row].truncate(self.column);
                self.rows.truncate(self.row + 1);
            }
            other => panic!("the board does not use {other}"),
        }
    }

    fn put(&mut self, c: char) {
        assert!(self.column < self.width, "a line wraps");
        let row = &mut self.rows[self.row];
        row.resize(row.len().max(self.column + 1), ' ');
        row[self.column] = c;
        self.column += 1;
    }

    fn text(&self) -> Vec<String> {
        let rows = self.rows.iter().map(|row| row.iter().collect::<String>());
        rows.map(|row| row.trim_end().to_owned()).collect()
    }
}

#[test]
fn frames_change_in_place_and_finished_lines_scroll_up() {
    let mut terminal = Terminal::new(60);
    let mut screen = Screen::default();
    let mut board = busy();
    let mut show = |board: &Board, above: &[String], terminal: &mut Terminal| {
        let frame = screen.frame(above, board.lines(60, 24, at(70)), 60, false);
        terminal.take(&frame);
        frame
    };
    show(&board, &[], &mut terminal);
    assert_eq!(terminal.text().len(), 4);
    assert_eq!(show(&board, &[], &mut terminal), "", "nothing changed");
    board.ended("001-store", "failed", at(80));
    let above = ["  failed  001-store: check failed".to_owned()];
    show(&board, &above, &mut terminal);
    assert_eq!(
        terminal.text(),
        [
            "  failed  001-store: check failed",
            "002-index  checks                                     1m10s",
            "003-log    waits for its turn to land                 1m10s",
            "1 running, 5 waiting, 1 landing, 1 landed, 1 failed, 1m10s…",
        ]
    );
    let end = screen.clear(&[], 60);
    terminal.take(&end);
    assert_eq!(terminal.text(), ["  failed  001-store: check failed", ""]);
}

#[test]
fn a_window_that_became_narrower_has_wrapped_what_stood_there() {
    let mut screen = Screen::default();
    screen.frame(&[], busy().lines(80, 24, at(70)), 80, false);
    let frame = screen.frame(&[], busy().lines(40, 24, at(70)), 40, false);
    // Each of the four lines took two rows of forty.
    assert!(frame.starts_with("\r\u{1b}[7A"), "{frame:?}");
}

#[test]
fn a_run_that_goes_on_is_not_over_and_has_not_forgotten_what_it_used() {
    let mut board = busy();
    board.ended("001-store", "parked", at(80));
    assert_eq!(board.over.len(), 2);
    board.started("a", "001-store", at(90));
    assert_eq!(board.over.len(), 1);
    assert_eq!(board.spent().tokens, 12_345);
    board.ended("001-store", "completed", at(99));
    board.ended("001-store", "completed", at(99));
    assert_eq!(board.over.len(), 2);
}

#[test]
fn the_summary_can_be_pasted() {
    let waiting = |id: &str, why: &str| schedule::Waiting {
        id: id.to_owned(),
        blocked_by: vec![why.to_owned()],
        until: None,
    };
    let elsewhere = |id: &str, status: &str, reason: &str| schedule::Elsewhere {
        id: id.to_owned(),
        status: status.to_owned(),
        reason: reason.to_owned(),
    };
    let outcome = schedule::Summary {
        elsewhere: vec![
            elsewhere("001-store", "failed", "check failed: cargo test: exit 1"),
            elsewhere(
                "002-index",
                "parked",
                "plan limit of agent main until 14:05",
            ),
            elsewhere("003-log", "completed", ""),
        ],
        waiting: vec![waiting("005-gate", "waits for approval")],
        landed: 1,
        ..schedule::Summary::default()
    };
    let main = Main {
        branch: "main".to_owned(),
        before: Some("1111111111111111".to_owned()),
        after: Some("2222222222222222".to_owned()),
    };
    let summary = Summary::of(outcome, at(81), main);
    let expected = "\
1 landed, 1 failed, 2 waiting in 1m21s
main 1111111111..2222222222
failed:
  001-store: check failed: cargo test: exit 1
waiting:
  002-index: parked: plan limit of agent main until 14:05
  005-gate: waits for approval";
    assert_eq!(summary.lines().join("\n"), expected);
}
