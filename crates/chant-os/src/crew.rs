//! A crew: programs that run side by side, are told things in lines, and tell things in lines.
//!
//! Each member's standard input is its lifeline: it closes when the crew is dropped or this process ends, by whatever
//! means, and a member is expected to end then. Members are in process groups of their own, so that Ctrl-C in the
//! terminal reaches only who owns them. One thread for each reads what it says, into one bounded channel.
//!
//! Deliberately not here: what the lines mean, and how long a member may take.

use std::{
    collections::{BTreeMap, VecDeque},
    ffi::OsString,
    fs::File,
    io::{self, Write},
    os::unix::process::{CommandExt, ExitStatusExt},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender},
    thread,
    time::Duration,
};

use crate::{
    process::{self, SpawnError},
    tree::{Line, lines},
};

/// Batches of lines on their way. A member that says more waits in its write.
const IN_FLIGHT: usize = 64;

/// What a reader needs: it calls nothing deep.
const STACK: usize = 128 * 1024;

/// What a member is.
#[derive(Debug, Clone)]
pub struct Member {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Variables that it gets beside those of this process.
    pub env: Vec<(OsString, OsString)>,
    /// The folder it runs in.
    pub dir: PathBuf,
    /// Where its error output goes.
    pub errors: PathBuf,
}

/// News of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// It says something.
    Line(Vec<u8>),
    /// It has ended; the exit status, absent where a signal ended it.
    Ended(Option<i32>),
}

#[derive(Debug)]
enum Message {
    Lines(Vec<Line>),
    Ended(Option<i32>),
}

/// Programs that run side by side, each with a name.
#[derive(Debug)]
pub struct Crew {
    lifelines: BTreeMap<String, ChildStdin>,
    sender: SyncSender<(String, Message)>,
    messages: Receiver<(String, Message)>,
    ready: VecDeque<(String, News)>,
}

impl Default for Crew {
    fn default() -> Self {
        let (sender, messages) = mpsc::sync_channel(IN_FLIGHT);
        Self {
            lifelines: BTreeMap::new(),
            sender,
            messages,
            ready: VecDeque::new(),
        }
    }
}

impl Crew {
    /// Starts a member. A name is used again only after its member has ended.
    pub fn start(&mut self, name: &str, member: &Member) -> Result<(), SpawnError> {
        let failed = |cause| SpawnError::Failed {
            program: member.program.display().to_string(),
            cause,
        };
        let errors = create(&member.errors).map_err(failed)?;
        let mut command = Command::new(&member.program);
        command
            .args(&member.args)
            .envs(member.env.iter().map(|(name, value)| (name, value)))
            .current_dir(&member.dir)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors);
        let mut child = process::spawn(&mut command)?;
        let lifeline = child.stdin.take();
        self.listen(name, child).map_err(failed)?;
        self.lifelines
            .extend(lifeline.map(|pipe| (name.to_owned(), pipe)));
        Ok(())
    }

    /// Tells a member one line. One that does not listen any more is about to end.
    pub fn tell(&mut self, name: &str, line: &str) {
        if let Some(pipe) = self.lifelines.get_mut(name) {
            let _ = pipe.write_all(format!("{line}\n").as_bytes());
        }
    }

    /// Whether a member of this name runs.
    pub fn has(&self, name: &str) -> bool {
        self.lifelines.contains_key(name)
    }

    /// How many run.
    pub fn len(&self) -> usize {
        self.lifelines.len()
    }

    /// Whether nobody runs.
    pub fn is_empty(&self) -> bool {
        self.lifelines.is_empty()
    }

    /// The next news, waiting at most `timeout`.
    pub fn next(&mut self, timeout: Duration) -> Option<(String, News)> {
        if let Some(news) = self.ready.pop_front() {
            return Some(news);
        }
        match self.messages.recv_timeout(timeout) {
            Ok((name, Message::Lines(lines))) => {
                let news = lines.into_iter().map(|line| News::Line(line.bytes));
                self.ready.extend(news.map(|news| (name.clone(), news)));
                self.ready.pop_front()
            }
            Ok((name, Message::Ended(exit))) => {
                self.lifelines.remove(&name);
                Some((name, News::Ended(exit)))
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => None,
        }
    }

    fn listen(&self, name: &str, mut child: Child) -> io::Result<()> {
        let (name, sender) = (name.to_owned(), self.sender.clone());
        let output = child.stdout.take();
        let thread = thread::Builder::new().name("crew".into()).stack_size(STACK);
        thread.spawn(move || {
            if let Some(pipe) = output {
                // An error of a pipe is its end; a crew that is gone hears nothing.
                let _ = lines::split(pipe, |lines| {
                    sender.send((name.clone(), Message::Lines(lines))).is_ok()
                });
            }
            let exit = child.wait().ok().and_then(|status| {
                let by_signal = status.signal().is_some();
                status.code().filter(|_| !by_signal)
            });
            let _ = sender.send((name, Message::Ended(exit)));
        })?;
        Ok(())
    }
}

fn create(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    File::create(path)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn sh(script: &str, dir: &Path) -> Member {
        Member {
            program: "sh".into(),
            args: ["-c", script].map(OsString::from).to_vec(),
            env: Vec::new(),
            dir: dir.to_owned(),
            errors: dir.join("errors/log"),
        }
    }

    fn all(crew: &mut Crew) -> Vec<(String, News)> {
        let mut news = Vec::new();
        while !crew.is_empty() {
            news.extend(crew.next(Duration::from_secs(20)));
        }
        news
    }

    #[test]
    fn members_are_heard_told_and_their_end_is_known() {
        let dir = tempfile::tempdir().unwrap();
        let mut crew = Crew::default();
        let script = "echo one; read word; echo \"$word\"; echo bad >&2; exit 7";
        crew.start("a", &sh(script, dir.path())).unwrap();
        assert!(crew.has("a"));
        crew.tell("a", "two");
        let line = |text: &str| ("a".to_owned(), News::Line(text.as_bytes().to_vec()));
        let ended = ("a".to_owned(), News::Ended(Some(7)));
        assert_eq!(all(&mut crew), [line("one"), line("two"), ended]);
        let errors = std::fs::read_to_string(dir.path().join("errors/log"));
        assert_eq!(errors.unwrap(), "bad\n");
    }

    #[test]
    fn a_crew_that_is_dropped_closes_the_lifelines() {
        let dir = tempfile::tempdir().unwrap();
        let mut crew = Crew::default();
        let script = "read word; echo gone > ended";
        crew.start("a", &sh(script, dir.path())).unwrap();
        drop(crew);
        let ended = dir.path().join("ended");
        let begin = std::time::Instant::now();
        while !ended.exists() {
            assert!(begin.elapsed() < Duration::from_secs(20), "it waits still");
            thread::sleep(Duration::from_millis(5));
        }
    }
}
