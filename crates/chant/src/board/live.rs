//! The board on a terminal, drawn by a thread of its own: at most ten times a second, and only when something changed.
//!
//! Owns the terminal's last lines from [`Live::open`] to [`Live::close`]; whatever else is to be said meanwhile goes through
//! [`Live::say`], so that it scrolls up above them.

use std::io::{IsTerminal, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use chant_os::clock::Stopwatch;

use super::Board;
use super::screen::Screen;

/// The least time between two frames.
const FRAME: Duration = Duration::from_millis(100);

/// The times shown change this often.
const SECOND: Duration = Duration::from_secs(1);

/// A board that is on the screen.
#[derive(Debug)]
pub(crate) struct Live {
    shared: Arc<(Mutex<Shared>, Condvar)>,
    drawer: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    board: Board,
    above: Vec<String>,
    changed: bool,
    closed: bool,
}

impl Live {
    /// Begins to draw, where standard error is a terminal that can.
    pub(crate) fn open(board: Board, watch: Stopwatch, color: bool) -> Result<Self, Board> {
        if !is_capable() {
            return Err(board);
        }
        let shared = Arc::new((
            Mutex::new(Shared {
                board,
                above: Vec::new(),
                changed: true,
                closed: false,
            }),
            Condvar::new(),
        ));
        let theirs = Arc::clone(&shared);
        let drawer = std::thread::Builder::new()
            .name("board".to_owned())
            .spawn(move || draw(&theirs, watch, color));
        match drawer {
            Ok(drawer) => Ok(Self { shared, drawer }),
            Err(_) => Err(std::mem::take(&mut lock(&shared.0).board)),
        }
    }

    /// Changes the board.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Board) -> T) -> T {
        let mut shared = lock(&self.shared.0);
        let value = change(&mut shared.board);
        self.mark(&mut shared);
        value
    }

    /// A line that scrolls up above the board: painted, and safe for a terminal.
    pub(crate) fn say(&self, line: String) {
        let mut shared = lock(&self.shared.0);
        shared.above.push(line);
        self.mark(&mut shared);
    }

    fn mark(&self, shared: &mut Shared) {
        if !shared.changed {
            shared.changed = true;
            self.shared.1.notify_one();
        }
    }

    /// Takes the board off the screen; what was said stays.
    pub(crate) fn close(self) {
        lock(&self.shared.0).closed = true;
        self.shared.1.notify_one();
        // A drawer that panicked has nothing more to draw.
        let _ = self.drawer.join();
    }
}

fn is_capable() -> bool {
    std::io::stderr().is_terminal()
        && std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb")
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn draw(shared: &(Mutex<Shared>, Condvar), watch: Stopwatch, color: bool) {
    let mut screen = Screen::default();
    let mut state = lock(&shared.0);
    loop {
        let (width, height) = size();
        let closed = state.closed;
        state.changed = false;
        let above = std::mem::take(&mut state.above);
        let frame = if closed {
            screen.clear(&above, width)
        } else {
            let lines = state.board.lines(width, height, watch.elapsed());
            screen.frame(&above, lines, width, color)
        };
        drop(state);
        write(&frame);
        if closed {
            return;
        }
        state = pause(shared, watch);
    }
}

/// Waits until it is time for the next frame.
fn pause((shared, wake): &(Mutex<Shared>, Condvar), watch: Stopwatch) -> MutexGuard<'_, Shared> {
    let drawn = watch.elapsed();
    let mut state = lock(shared);
    while !state.closed {
        let since = watch.elapsed().saturating_sub(drawn);
        let until = if state.changed { FRAME } else { SECOND };
        let Some(left) = until.checked_sub(since).filter(|left| !left.is_zero()) else {
            break;
        };
        let waited = wake.wait_timeout(state, left);
        state = waited.unwrap_or_else(PoisonError::into_inner).0;
    }
    state
}

/// Asked for each frame: that is how a change of the window's size is seen.
fn size() -> (usize, usize) {
    terminal_size::terminal_size_of(std::io::stderr()).map_or((80, 24), |(width, height)| {
        (usize::from(width.0).max(2), usize::from(height.0).max(3))
    })
}

fn write(frame: &str) {
    if !frame.is_empty() {
        // A terminal that has gone takes nothing with it.
        let _ = std::io::stderr().lock().write_all(frame.as_bytes());
    }
}
