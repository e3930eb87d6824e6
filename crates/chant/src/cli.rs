//! The command line as a whole: global options, the list of commands, and how a command ends.

use std::path::{Path, PathBuf};

use chant_engine::recover::{self, Mended};
use chant_engine::{Code, Error, Project, Result, SpecRef, repos};
use clap::{CommandFactory, Parser};

use crate::commands::{self, Command};
use crate::ui::{ColorChoice, Ui, one_line};
use crate::{json, report};

/// Executes specs with coding agents, proves the result, and lands it.
#[derive(Debug, Parser)]
#[command(name = "chant", version, about, long_about = None)]
#[command(
    after_help = "Begin with `chant demo` to see it work, or `chant init` in your own repository.\nExit status: 0 done, 1 failed, 2 wrong usage, 3 no such spec, 4 refused as things stand, 5 a file cannot be used, 130 interrupted."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// The same for the one command that the scheduler starts in numbers: to build the whole command line for each run takes
/// time, and leaves memory behind for as long as the run lasts.
#[derive(Debug, Parser)]
#[command(name = "chant", version)]
struct Single {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: commands::Single,
}

impl Cli {
    fn read() -> std::result::Result<Self, clap::Error> {
        let mut words = std::env::args_os()
            .skip(1)
            .skip_while(|word| word == "--json");
        if words.next().is_some_and(|word| word == "run-one") {
            let Single { global, command } = Single::try_parse()?;
            let command = Some(command.into());
            return Ok(Self { global, command });
        }
        Self::try_parse()
    }
}

/// Options of every command.
#[derive(Debug, clap::Args)]
pub(crate) struct Global {
    /// Run as if started in DIR
    #[arg(
        short = 'C',
        global = true,
        value_name = "DIR",
        help_heading = "Global options"
    )]
    pub(crate) directory: Option<PathBuf>,
    /// Run in the repository of this name in your settings
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        help_heading = "Global options"
    )]
    pub(crate) repo: Option<String>,
    /// Print one JSON document instead of text
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) json: bool,
    /// Print only results and errors
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub(crate) quiet: bool,
    /// Print details
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "quiet",
        help_heading = "Global options"
    )]
    pub(crate) verbose: bool,
    /// When to use colour: auto, always or never
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true,
        hide_default_value = true,
        help_heading = "Global options"
    )]
    pub(crate) color: ColorChoice,
    /// Never ask a question
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) no_input: bool,
}

/// What every command gets.
#[derive(Debug)]
pub(crate) struct Context {
    /// The writer.
    pub(crate) ui: Ui,
    /// Where the user is, or wants to be.
    pub(crate) cwd: PathBuf,
    /// Whether questions may be asked.
    pub(crate) interactive: bool,
}

impl Context {
    /// The project the user is in. What became of a lost journal is said before anything else.
    pub(crate) fn project(&mut self) -> Result<Project> {
        let project = Project::open(&self.cwd)?;
        // What cannot be mended is told by whatever needs the journal.
        if let Ok(Some(mended)) = recover::mend(&project) {
            self.say(&mended);
        }
        Ok(project)
    }

    fn say(&mut self, mended: &Mended) {
        for sentence in &mended.says {
            self.ui.warn(&one_line(sentence));
        }
    }

    /// Makes the journal again after a command met damage in it; says whether the command may be repeated.
    fn mended(&mut self, error: &Error) -> bool {
        if error.code != Code::JournalBroken {
            return false;
        }
        let mended = Project::open(&self.cwd).and_then(|project| recover::mend_damaged(&project));
        match mended {
            Ok(mended) => {
                if let Some(mended) = &mended {
                    self.say(mended);
                }
                true
            }
            Err(_) => false,
        }
    }

    /// The spec a name stands for.
    pub(crate) fn spec(&self, project: &Project, name: &str) -> Result<SpecRef> {
        project.resolve(name, &self.cwd)
    }

    /// The same, for what cannot be done to a spec that was put away.
    pub(crate) fn spec_at_hand(&self, project: &Project, name: &str) -> Result<SpecRef> {
        let found = self.spec(project, name)?;
        if !found.archived {
            return Ok(found);
        }
        let id = &found.id;
        Err(Error::new(Code::WrongStatus, format!("{id} is archived"))
            .hint(format!("bring it back first: chant archive --restore {id}")))
    }
}

/// How a command ended well: what it says to machines, and its exit status.
pub(crate) struct Done {
    /// Writes the JSON document. Most people never ask for it, so it is made only then.
    document: Box<dyn FnOnce() -> serde_json::Result<String>>,
    /// Usually 0.
    exit: u8,
}

impl Done {
    /// With the value that a machine gets.
    #[expect(
        clippy::unnecessary_wraps,
        reason = "it is what every command ends with"
    )]
    pub(crate) fn with(data: impl serde::Serialize + 'static) -> Result<Self> {
        Ok(Self {
            document: Box::new(move || json::ok(&data)),
            exit: 0,
        })
    }

    /// The same with another exit status.
    pub(crate) fn ending(self, exit: u8) -> Self {
        Self { exit, ..self }
    }
}

/// Reads the arguments, runs the command, and says how it ended.
pub(crate) fn run() -> u8 {
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let global = cli.global;
    let mut ui = Ui::new(global.color, global.json, global.quiet, global.verbose);
    let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    let interactive =
        !global.no_input && !global.json && std::io::IsTerminal::is_terminal(&std::io::stdin());
    let cwd = global
        .directory
        .map_or_else(|| here.clone(), |directory| here.join(directory));
    if !cwd.is_dir() {
        let error = Error::new(Code::Usage, format!("{} is not a folder", cwd.display()));
        return end(&mut ui, Err(error));
    }
    let cwd = match global.repo.as_deref().map(|name| in_repo(&cwd, name)) {
        None => cwd,
        Some(Ok(root)) => root,
        Some(Err(error)) => return end(&mut ui, Err(error)),
    };
    let mut cx = Context {
        ui,
        cwd,
        interactive,
    };
    let mut outcome = commands::run(&mut cx, cli.command);
    if let Err(error) = &outcome
        && cx.mended(error)
        && let Ok(again) = Cli::try_parse()
    {
        outcome = commands::run(&mut cx, again.command);
    }
    end(&mut cx.ui, outcome)
}

/// The folder of the repository of this name.
fn in_repo(cwd: &Path, name: &str) -> Result<PathBuf> {
    let repo = repos::named(&repos::known(cwd)?, name)?;
    Ok(repos::open(&repo)?.root().to_owned())
}

/// Prints the document of a command that ended well, where one is asked for.
fn tell(ui: &mut Ui, done: Done) -> Result<u8> {
    if ui.is_json() {
        let document = (done.document)().map_err(|error| {
            Error::new(Code::Internal, format!("failed to write JSON: {error}"))
        })?;
        ui.raw(&document);
    }
    Ok(done.exit)
}

fn end(ui: &mut Ui, outcome: Result<Done>) -> u8 {
    let exit = match outcome.and_then(|done| tell(ui, done)) {
        Ok(exit) => exit,
        Err(error) => {
            ui.end_page();
            if ui.is_json() {
                ui.raw(&json::failed(&error));
            } else {
                let text = report::render(&error, ui.error_color());
                ui.error(&text);
            }
            error.code.exit()
        }
    };
    ui.finish();
    if let Some(error) = ui.broken() {
        let error = Error::new(
            Code::Io,
            format!("failed to write to standard output: {error}"),
        );
        ui.error(&report::render(&error, ui.error_color()));
        return error.code.exit();
    }
    // `chant list | head -1` ends as quietly as it would have with all of it read.
    if ui.is_closed() { 0 } else { exit }
}

/// Help and version are not errors; everything else is wrong usage, as JSON where that was asked for.
fn usage(error: &clap::Error) -> u8 {
    let wants_json = std::env::args_os()
        .take_while(|arg| arg != "--")
        .any(|arg| arg == "--json");
    if error.use_stderr() && wants_json {
        let mut ui = Ui::new(ColorChoice::Never, true, false, false);
        ui.raw(&json::failed(&wrong_usage(&error.render().to_string())));
        ui.finish();
        return Code::Usage.exit();
    }
    // A closed pipe is nobody's error.
    let _ = error.print();
    if error.use_stderr() {
        Code::Usage.exit()
    } else {
        0
    }
}

/// What the parser says at length, as one error: its first paragraph is the message, its tips are the hint.
fn wrong_usage(text: &str) -> Error {
    let text = text.trim_start_matches("error: ");
    let message: Vec<&str> = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.is_empty())
        .collect();
    let tips: Vec<&str> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("tip: "))
        .collect();
    let hint = if tips.is_empty() {
        "see `chant help`".to_owned()
    } else {
        tips.join("; ")
    };
    Error::new(Code::Usage, message.join(" ")).hint(hint)
}

/// The whole command line, for completions and man pages.
pub(crate) fn definition() -> clap::Command {
    Cli::command()
}
