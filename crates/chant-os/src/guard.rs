//! The guard: the process between chant and an agent, which answers for the agent's whole tree.
//!
//! It learns what to run from one line on its standard input, and that pipe stays its lifeline: `stop` on it asks for a
//! polite end, and its closing, which the kernel does when chant dies, ends the tree at once. As child subreaper the
//! guard becomes the parent of whatever the agent leaves behind, so "no children left" means "nothing left". Only then
//! does it write the exit file and end. Output passes it by: the agent writes straight into the pipes that chant reads.
//!
//! Deliberately not here: limits of time and what a line means; chant decides, the guard obeys.

use std::{
    io::{self, BufRead, Write},
    os::unix::process::CommandExt,
    process::{Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread,
    time::{Duration, Instant},
};

use rustix::{
    io::Errno,
    process::{Pid, Signal, WaitOptions, WaitStatus, kill_process_group, setsid, wait},
};
use signal_hook::{
    consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

use crate::{
    crash, file, process,
    tree::{self, Exit, Job, Stdin, processes},
};

/// What chant writes into the lifeline to ask for a polite end.
pub(crate) const STOP: &str = "stop";

/// What stands before a line that is to be given to the agent.
pub(crate) const SAY: &str = "say ";

/// What chant writes where nothing more will be said to the agent.
pub(crate) const HUSH: &str = "hush";

/// The longest wait between two strikes at a tree that does not die at once.
const PAUSE: Duration = Duration::from_millis(10);

/// A process that has not died by now waits for hardware, or belongs to another user; it cannot be waited for.
const LIMIT: Duration = Duration::from_secs(10);

/// What the guard process runs; returns its exit code. Ends when the tree has.
pub fn main() -> i32 {
    // A session of its own: a Ctrl-C is meant for chant, which decides; and without a terminal, a tool that would ask for a
    // password fails instead of waiting for ever. It fails only for the leader of a group, which has one of its own already.
    let _ = setsid();
    let Some(job) = read_job() else {
        return 2;
    };
    let exit = run(&job);
    crash::point("guard.exit-file");
    match tree::write_exit_file(&job.exit_file, &exit) {
        Ok(()) => 0,
        Err(_) => 1,
    }
}

/// `None` when chant died before it had said what to do.
fn read_job() -> Option<Job> {
    let mut line = String::new();
    io::stdin().read_line(&mut line).ok()?;
    serde_json::from_str(&line).ok()
}

fn run(job: &Job) -> Exit {
    let (sender, events) = mpsc::channel();
    let prepared = become_subreaper().and_then(|()| listen(sender));
    let agent = match prepared {
        Ok(()) => start(job),
        Err(error) => Err(format!("failed to guard it: {error}")),
    };
    match agent {
        Ok((agent, voice)) => Watch {
            job,
            agent,
            voice,
            exit: None,
        }
        .supervise(&events),
        Err(reason) => Exit::NotStarted(reason),
    }
}

#[cfg(target_os = "linux")]
fn become_subreaper() -> io::Result<()> {
    let own = rustix::process::getpid();
    rustix::process::set_child_subreaper(Some(own)).map_err(io::Error::from)
}

#[cfg(not(target_os = "linux"))]
fn become_subreaper() -> io::Result<()> {
    Ok(())
}

/// What wakes the guard.
enum Event {
    /// A child may have ended.
    Child,
    /// The agent is to be told a line.
    Say(String),
    /// Nothing more will be said to it.
    Hush,
    /// The tree is to end politely.
    Stop,
    /// The lifeline is closed: the tree is to end now.
    Kill,
}

/// The handlers are in place before the agent starts, so no end of a child is missed.
fn listen(sender: Sender<Event>) -> io::Result<()> {
    let mut signals = Signals::new([SIGCHLD, SIGINT, SIGTERM, SIGHUP])?;
    let signalled = sender.clone();
    thread::Builder::new()
        .name("signals".into())
        .spawn(move || {
            for signal in signals.forever() {
                let event = match signal {
                    SIGCHLD => Event::Child,
                    // Handled, so that it does not end the guard, but of no meaning here.
                    SIGINT => continue,
                    _ => Event::Stop,
                };
                let _ = signalled.send(event);
            }
        })?;
    thread::Builder::new()
        .name("lifeline".into())
        .spawn(move || {
            for line in io::stdin().lock().lines().map_while(Result::ok) {
                let event = match line.strip_prefix(SAY) {
                    Some(said) => Event::Say(said.to_owned()),
                    None if line == STOP => Event::Stop,
                    None if line == HUSH => Event::Hush,
                    None => continue,
                };
                let _ = sender.send(event);
            }
            let _ = sender.send(Event::Kill);
        })?;
    Ok(())
}

fn start(job: &Job) -> Result<(Pid, Option<Sender<String>>), String> {
    let stdin = match &job.stdin {
        Stdin::Null => Stdio::null(),
        Stdin::Talk => Stdio::piped(),
        Stdin::File(path) => file::open_regular(path)
            .map_err(|error| error.to_string())?
            .into(),
    };
    let mut command = Command::new(&job.program);
    command
        .args(&job.args)
        .current_dir(&job.dir)
        .env_clear()
        .envs(job.env.iter().map(|(key, value)| (key, value)))
        .env(&job.marker.0, &job.marker.1)
        .stdin(stdin)
        .process_group(0);
    let mut child = process::spawn(&mut command).map_err(|error| error.to_string())?;
    let agent = Pid::from_child(&child);
    // Without a voice the agent would wait for its first line until its time is up; that it hears nothing is its end too.
    let voice = child.stdin.take().and_then(|pipe| speak(pipe).ok());
    Ok((agent, voice))
}

/// An agent that does not listen must not make the guard deaf: a thread of its own waits for it.
fn speak(mut pipe: impl Write + Send + 'static) -> io::Result<Sender<String>> {
    let (voice, lines) = mpsc::channel::<String>();
    thread::Builder::new().name("voice".into()).spawn(move || {
        for line in lines {
            if writeln!(pipe, "{line}")
                .and_then(|()| pipe.flush())
                .is_err()
            {
                return;
            }
        }
    })?;
    Ok(voice)
}

/// How far the polite end has come.
enum Stage {
    Working,
    Interrupted { until: Instant },
    Terminated { until: Instant },
}

impl Stage {
    fn left(&self) -> Duration {
        match self {
            Self::Working => Duration::MAX,
            Self::Interrupted { until } | Self::Terminated { until } => {
                until.saturating_duration_since(Instant::now())
            }
        }
    }
}

struct Watch<'a> {
    job: &'a Job,
    agent: Pid,
    /// Dropping it closes the agent's standard input, once everything was said.
    voice: Option<Sender<String>>,
    exit: Option<Exit>,
}

impl Watch<'_> {
    /// Waits for the agent's own process to end, or for a reason to end it; then nothing of the tree outlives this call.
    fn supervise(mut self, events: &Receiver<Event>) -> Exit {
        let mut stage = Stage::Working;
        while self.exit.is_none() {
            stage = match (events.recv_timeout(stage.left()), stage) {
                (Ok(Event::Child), stage) => {
                    self.reap();
                    stage
                }
                (Ok(Event::Say(line)), stage) => {
                    if let Some(voice) = &self.voice {
                        let _ = voice.send(line);
                    }
                    stage
                }
                (Ok(Event::Hush), stage) => {
                    self.voice = None;
                    stage
                }
                (Ok(Event::Stop), Stage::Working) => self.interrupt(),
                (Ok(Event::Stop), stage) => stage,
                (Err(RecvTimeoutError::Timeout), Stage::Interrupted { .. }) => self.terminate(),
                (Ok(Event::Kill) | Err(_), _) => break,
            };
        }
        self.end_tree(events);
        self.exit.unwrap_or(Exit::Lost)
    }

    /// SIGINT goes to the agent's group, as a terminal would send it: some agents are a loader with the real program below.
    fn interrupt(&self) -> Stage {
        let _ = kill_process_group(self.agent, Signal::INT);
        Stage::Interrupted {
            until: after(self.job.grace),
        }
    }

    fn terminate(&self) -> Stage {
        let tree = processes::below(std::process::id());
        if tree.is_empty() {
            // The table of processes cannot be read here.
            let _ = kill_process_group(self.agent, Signal::TERM);
        }
        for pid in tree {
            processes::signal(pid, Signal::TERM);
        }
        Stage::Terminated {
            until: after(self.job.grace2),
        }
    }

    /// Takes note of every child that has ended; tells whether any is left.
    fn reap(&mut self) -> bool {
        loop {
            match wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) if pid == self.agent => self.exit = Some(exit_of(status)),
                Ok(Some(_)) | Err(Errno::INTR) => {}
                Ok(None) => return true,
                Err(_) => return false,
            }
        }
    }

    /// Kills until there is no child left. A child that ends wakes the next look early.
    fn end_tree(&mut self, events: &Receiver<Event>) {
        let deadline = Instant::now() + LIMIT;
        while self.reap() && Instant::now() < deadline {
            self.strike();
            let _ = events.recv_timeout(PAUSE);
        }
    }

    #[cfg(target_os = "linux")]
    #[expect(clippy::unused_self, reason = "other systems need the agent's group")]
    fn strike(&self) {
        let own = std::process::id();
        processes::strike(|process, stopped| {
            process.parent == own || stopped.contains(&process.parent)
        });
    }

    #[cfg(not(target_os = "linux"))]
    fn strike(&self) {
        let _ = kill_process_group(self.agent, Signal::KILL);
    }
}

/// The end of a grace, which nobody needs to be longer than a day.
fn after(grace: Duration) -> Instant {
    Instant::now() + grace.min(Duration::from_hours(24))
}

fn exit_of(status: WaitStatus) -> Exit {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => Exit::Code(code),
        (None, Some(signal)) => Exit::Signal(signal),
        (None, None) => Exit::Lost,
    }
}
