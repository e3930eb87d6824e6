//! An agent for tests: it does, in order, what a script says, good or bad, and nothing by chance.
//!
//! The script is a JSON list of actions, in the file named by the first argument or by `FAKE_AGENT_SCRIPT`; [`Action`] says
//! what there is. Where that is a folder, the script is `$CHANT_SPEC_ID.json` in it: many agents with one command. Standard input
//! is ignored. It waits for files, except where it is told to take its time, and whatever is made to last ends by itself when the
//! script's file is gone.
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
    /// Adds this word, with the spec, the run, the attempt, its process and the time, as a line to a file outside the worktree.
    Log(String, PathBuf),
    /// In a file, adds text to the line that begins so, if the line does not hold it yet.
    Join {
        path: PathBuf,
        line: String,
        text: String,
    },
    /// Does this, and ends well, if the work tree holds conflicts of a merge.
    OnConflict(Vec<Action>),
    /// Takes both sides of every conflict, for lines that are made with `Join`, and commits the merge.
    Resolve,
    /// Does this on attempts up to this one.
    UpTo(u32, Vec<Action>),
    /// Does this unless such a file was there already; it is made.
    Once(PathBuf, Vec<Action>),
    /// Takes so many milliseconds.
    Take(u64),
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
    let own = script.is_dir().then(|| {
        let spec = std::env::var("CHANT_SPEC_ID").unwrap_or_default();
        script.join(format!("{spec}.json"))
    });
    let script = own.as_deref().unwrap_or(script);
    let text =
        fs::read_to_string(script).map_err(|error| format!("{}: {error}", script.display()))?;
    follow(serde_json::from_str(&text)?, script)
}

fn follow(actions: Vec<Action>, script: &Path) -> Result<(), Error> {
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
        Action::Log(word, path) => log(&word, &path)?,
        Action::Join { path, line, text } => join(&path, &line, &text)?,
        Action::OnConflict(actions) => {
            if !unmerged()?.is_empty() {
                follow(actions, script)?;
                exit(0);
            }
        }
        Action::Resolve => resolve()?,
        Action::UpTo(last, actions) => {
            let attempt = std::env::var("CHANT_ATTEMPT")?;
            if attempt.parse::<u32>()? <= last {
                follow(actions, script)?;
            }
        }
        Action::Once(path, actions) => {
            if OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(path)
                .is_ok()
            {
                follow(actions, script)?;
            }
        }
        Action::Take(milliseconds) => thread::sleep(Duration::from_millis(milliseconds)),
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

/// One write of one line: lines of several agents do not mix, and one that is there is whole.
fn log(word: &str, path: &Path) -> Result<(), Error> {
    let told = |name| std::env::var(name).unwrap_or_default();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let line = format!(
        "{word} {} {} {} {} {}\n",
        told("CHANT_SPEC_ID"),
        told("CHANT_RUN_ID"),
        told("CHANT_ATTEMPT"),
        std::process::id(),
        now.as_micros()
    );
    Ok(write(path, &line, true)?)
}

fn join(path: &Path, begins: &str, text: &str) -> Result<(), Error> {
    let old = fs::read_to_string(path)?;
    let lines = old.lines().map(|line| {
        let joins = line.starts_with(begins) && !line.contains(text);
        if joins {
            format!("{line}{text}\n")
        } else {
            format!("{line}\n")
        }
    });
    replace(path, &lines.collect::<String>())
}

/// Whole or not at all: one that is killed here has not lost what others wrote.
fn replace(path: &Path, text: &str) -> Result<(), Error> {
    let unfinished = std::env::temp_dir().join(format!("unfinished-{}", std::process::id()));
    fs::write(&unfinished, text)?;
    Ok(fs::rename(unfinished, path)?)
}

/// The files with conflicts.
fn unmerged() -> Result<Vec<PathBuf>, Error> {
    let listed = Command::new("git")
        .args(["diff", "--name-only", "--diff-filter=U", "-z"])
        .output()?;
    // Of a git that was killed nothing was heard, which is not the same as nothing unmerged.
    if !listed.status.success() {
        return Err(format!("git diff: {}", listed.status).into());
    }
    let text = String::from_utf8(listed.stdout)?;
    Ok(text.split_terminator('\0').map(PathBuf::from).collect())
}

fn resolve() -> Result<(), Error> {
    for path in unmerged()? {
        let text = fs::read_to_string(&path)?;
        replace(&path, &both_sides(&text))?;
    }
    git(&["add", "--all"])?;
    git(&["commit", "--quiet", "-m", "both sides"])
}

/// Where a line differs on the two sides, the words of both; the first side's order, then what only the second has.
fn both_sides(text: &str) -> String {
    let mut out = String::new();
    let (mut ours, mut theirs): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    let mut side = ' ';
    for line in text.lines() {
        match line.get(..7) {
            Some("<<<<<<<") => side = '<',
            Some("|||||||") => side = '|',
            Some("=======") => side = '=',
            Some(">>>>>>>") => {
                out.push_str(&joined(&ours, &theirs));
                (ours, theirs, side) = (Vec::new(), Vec::new(), ' ');
            }
            _ if side == '<' => ours.push(line),
            _ if side == '=' => theirs.push(line),
            _ if side == '|' => {}
            _ => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out
}

fn joined(ours: &[&str], theirs: &[&str]) -> String {
    let mut out = String::new();
    for at in 0..ours.len().max(theirs.len()) {
        let mut line = (*ours.get(at).unwrap_or(&"")).to_owned();
        if line.is_empty() {
            (*theirs.get(at).unwrap_or(&"")).clone_into(&mut line);
        }
        for word in theirs.get(at).unwrap_or(&"").split_whitespace() {
            if !line.split_whitespace().any(|there| there == word) {
                line.push(' ');
                line.push_str(word);
            }
        }
        out.push_str(&line);
        out.push('\n');
    }
    out
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
