//! An agent for tests: it does, in order, what a script says, good or bad, and nothing by chance.
//!
//! The script is a JSON list of actions, in the file named by the first argument or by `FAKE_AGENT_SCRIPT`; [`Action`] says
//! what there is. Standard input is ignored. It waits for files, never for time, and whatever is made to last ends by itself
//! when the script's file is gone.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "printing is an agent's work"
)]
#![allow(clippy::exit, reason = "ending badly is, too")]

use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    process::{Command, exit},
    sync::{Arc, atomic::AtomicBool},
    thread,
    time::Duration,
};

use rustix::process::{Signal, getpid, kill_process, setsid};
use serde::Deserialize;

/// How often a file is looked for.
const PAUSE: Duration = Duration::from_millis(5);

type Error = Box<dyn std::error::Error>;

/// One thing to do: `{"say": "hello"}`, `"hang"`, … Paths are relative to the working directory.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Action {
    /// Prints a line.
    Say(String),
    /// Prints a line to standard error.
    Stderr(String),
    /// Prints a value as one line of JSON.
    Json(serde_json::Value),
    /// Prints text without a line end.
    Half(String),
    /// Prints bytes.
    Raw(Vec<u8>),
    /// Prints so many bytes, in lines.
    Flood(usize),
    /// The same to standard error.
    FloodStderr(usize),
    /// Prints variables of the environment, one a line.
    Env(Vec<String>),
    /// Writes files: path to text. Folders are made.
    Write(BTreeMap<PathBuf, String>),
    /// Adds text to files.
    Append(BTreeMap<PathBuf, String>),
    /// Replaces a text in a file; it has to be there.
    Edit {
        path: PathBuf,
        from: String,
        to: String,
    },
    /// Deletes a file.
    Delete(PathBuf),
    /// Ticks so many open criteria in `$CHANT_SPEC_FILE`.
    Tick(usize),
    /// Ticks them all.
    TickAll,
    /// Commits everything with this message.
    Commit(String),
    /// Runs git; a failure of it is the agent's.
    Git(Vec<String>),
    /// Waits until there is such a file.
    WaitFor(PathBuf),
    /// From now on SIGINT, SIGTERM and SIGHUP do nothing.
    IgnoreSignals,
    /// Starts a process in a session of its own that keeps standard output open and writes its id to this file.
    SpawnDaemon(PathBuf),
    /// Waits for ever.
    Hang,
    /// Kills itself with SIGKILL.
    KillSelf,
    /// Ends with this exit code.
    Exit(i32),
}

fn main() {
    let args: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let done = match args.as_slice() {
        [role, script, id_file] if role.as_os_str() == "--detach" => detach(script, id_file),
        [role, script, id_file] if role.as_os_str() == "--daemon" => daemon(script, id_file),
        [script] => perform(script),
        _ => std::env::var_os("FAKE_AGENT_SCRIPT").map_or_else(
            || Err("no script".into()),
            |script| perform(script.as_ref()),
        ),
    };
    if let Err(error) = done {
        eprintln!("fake-agent: {error}");
        exit(70);
    }
}

fn perform(script: &Path) -> Result<(), Error> {
    let text =
        fs::read_to_string(script).map_err(|error| format!("{}: {error}", script.display()))?;
    let actions: Vec<Action> = serde_json::from_str(&text)?;
    for action in actions {
        let what = format!("{action:?}");
        act(action, script).map_err(|error| format!("{what}: {error}"))?;
    }
    Ok(())
}

fn act(action: Action, script: &Path) -> Result<(), Error> {
    match action {
        Action::Say(text) => println!("{text}"),
        Action::Stderr(text) => eprintln!("{text}"),
        Action::Json(value) => println!("{value}"),
        Action::Half(text) => print(text.as_bytes())?,
        Action::Raw(bytes) => print(&bytes)?,
        Action::Flood(bytes) => flood(io::stdout().lock(), bytes)?,
        Action::FloodStderr(bytes) => flood(io::stderr().lock(), bytes)?,
        Action::Env(names) => names
            .iter()
            .for_each(|name| println!("{name}={}", std::env::var(name).unwrap_or_default())),
        Action::Write(files) => files
            .iter()
            .try_for_each(|(path, text)| write(path, text, false))?,
        Action::Append(files) => files
            .iter()
            .try_for_each(|(path, text)| write(path, text, true))?,
        Action::Edit { path, from, to } => edit(&path, &from, &to)?,
        Action::Delete(path) => fs::remove_file(path)?,
        Action::Tick(count) => tick(count)?,
        Action::TickAll => tick(usize::MAX)?,
        Action::Commit(message) => {
            git(&["add", "--all"])?;
            git(&["commit", "--quiet", "-m", &message])?;
        }
        Action::Git(args) => git(&args.iter().map(String::as_str).collect::<Vec<_>>())?,
        Action::WaitFor(path) => wait_while(|| !path.exists() && script.exists()),
        Action::IgnoreSignals => ignore_signals()?,
        Action::SpawnDaemon(id_file) => spawn_daemon(script, &id_file)?,
        Action::Hang => wait_while(|| script.exists()),
        Action::KillSelf => {
            kill_process(getpid(), Signal::KILL)?;
            wait_while(|| true);
        }
        Action::Exit(code) => exit(code),
    }
    Ok(())
}

fn print(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

fn flood(mut out: impl Write, bytes: usize) -> io::Result<()> {
    const LINE: &[u8] = b"a line of output that is repeated for a long time\n";
    for _ in 0..bytes / LINE.len() {
        out.write_all(LINE)?;
    }
    out.write_all(&LINE[LINE.len() - bytes % LINE.len()..])?;
    out.flush()
}

fn write(path: &Path, text: &str, append: bool) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new()
        .create(true)
        .write(true)
        .append(append)
        .truncate(!append)
        .open(path)?;
    file.write_all(text.as_bytes())
}

fn edit(path: &Path, from: &str, to: &str) -> Result<(), Error> {
    let text = fs::read_to_string(path)?;
    if !text.contains(from) {
        return Err("the text is not there".into());
    }
    Ok(fs::write(path, text.replace(from, to))?)
}

fn tick(count: usize) -> Result<(), Error> {
    let path = std::env::var_os("CHANT_SPEC_FILE").ok_or("no CHANT_SPEC_FILE")?;
    let text = fs::read_to_string(&path)?;
    Ok(fs::write(&path, text.replacen("- [ ]", "- [x]", count))?)
}

fn git(args: &[&str]) -> Result<(), Error> {
    let status = Command::new("git").args(args).status()?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("git {args:?}: {status}").into())
    }
}

fn ignore_signals() -> io::Result<()> {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        signal_hook::flag::register(signal.as_raw(), Arc::new(AtomicBool::new(false)))?;
    }
    Ok(())
}

/// Forks twice, as programs do that want to outlive whoever started them.
fn spawn_daemon(script: &Path, id_file: &Path) -> Result<(), Error> {
    again("--detach", script, id_file)?.wait()?;
    wait_while(|| !id_file.exists() && script.exists());
    Ok(())
}

fn detach(script: &Path, id_file: &Path) -> Result<(), Error> {
    setsid()?;
    again("--daemon", script, id_file).map(drop)
}

fn daemon(script: &Path, id_file: &Path) -> Result<(), Error> {
    ignore_signals()?;
    // Complete or absent: whoever waits for the file reads it at once.
    let unfinished = id_file.with_extension("unfinished");
    fs::write(&unfinished, std::process::id().to_string())?;
    fs::rename(&unfinished, id_file)?;
    wait_while(|| script.exists());
    Ok(())
}

fn again(role: &str, script: &Path, id_file: &Path) -> Result<std::process::Child, Error> {
    Ok(Command::new(std::env::current_exe()?)
        .arg(role)
        .arg(script)
        .arg(id_file)
        .spawn()?)
}

fn wait_while(condition: impl Fn() -> bool) {
    while condition() {
        thread::sleep(PAUSE);
    }
}
