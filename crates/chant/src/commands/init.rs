//! `chant init`

use chant_engine::verbs::init::{self, Initialised, Proposal, Wishes};
use chant_engine::{Code, Error, Result};

use crate::cli::{Context, Done};
use crate::ui::one_line;

/// Make this repository a chant project
///
/// Writes `.chant/config.md` and `.chant/specs/`, and trusts this clone. Asks on a terminal; elsewhere the options decide.
/// Running it again changes nothing that is there.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  chant init\n  chant init --name kvstore --agent './agent.sh'\n  chant init --agent builtin --model qwen3-coder:30b\n  chant init --silent"
)]
pub(crate) struct Args {
    /// What the project is called; the folder's name where not given
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The agent: a client that chant knows, such as `codex`; `builtin`, chant's own, which needs `--model`; or the
    /// command of any program that reads a prompt. Where not given it is the client that is installed, else Claude Code
    #[arg(long, value_name = "NAME|COMMAND")]
    agent: Option<String>,
    /// The model to ask the agent for
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Keep `.chant/` out of git: nobody else will see it
    #[arg(long)]
    silent: bool,
    /// Let the agent do everything without asking; written to `.chant/agents.md`, for this machine only
    #[arg(long)]
    bypass_permissions: bool,
    /// In this folder, not at the top of the repository
    #[arg(long)]
    here: bool,
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Done> {
    let proposal = init::propose(&cx.cwd, args.here)?;
    let mut wishes = Wishes {
        name: args.name,
        agent: args.agent,
        model: args.model,
        silent: args.silent,
        bypass_permissions: args.bypass_permissions,
        here: args.here,
    };
    if cx.interactive && !proposal.exists {
        ask(&mut wishes, &proposal)?;
    }
    let names_one = wishes.agent.is_some() || wishes.model.is_some();
    let done = init::init(&cx.cwd, &wishes)?;
    let what = if done.new {
        "is a chant project now"
    } else {
        "is a chant project already"
    };
    cx.ui.done(&one_line(&format!("{} {what}", done.name)));
    for path in &done.created {
        cx.ui.done(&one_line(&format!("  created {path}")));
    }
    say_agent(cx, &done);
    if names_one && !done.created.iter().any(|path| path == ".chant/config.md") {
        cx.ui.hint("the settings were there, so the agent is the one they name: see `agents:` in .chant/config.md");
    }
    cx.ui.done("");
    cx.ui.done("Next:");
    cx.ui
        .out("  chant add \"what should change\"   write a spec");
    if !done.silent && done.new {
        cx.ui
            .out("  git add .chant && git commit     share it, when you like");
    }
    Done::with(done)
}

/// Which agent the settings name now, and which others could be.
fn say_agent(cx: &mut Context, done: &Initialised) {
    let Some(agent) = done.agent else { return };
    let others: Vec<&str> = done
        .installed
        .iter()
        .copied()
        .filter(|name| *name != agent)
        .collect();
    let found = done.installed.contains(&agent);
    if found && others.is_empty() {
        cx.ui
            .out(&format!("  specs go to {agent}, which is installed"));
    } else if agent == "builtin" {
        cx.ui.done("  specs go to chant's own agent; `chant agents test main` tells whether its model answers");
    } else if found {
        let others = others.join(", ");
        cx.ui.done(&format!(
            "  specs go to {agent}; {others} can be had too: chant agents"
        ));
    }
}

/// The questions of a first run, each with the answer that is safe.
fn ask(wishes: &mut Wishes, proposal: &Proposal) -> Result<()> {
    if wishes.name.is_none() {
        wishes.name = Some(
            inquire::Text::new("What is the project called?")
                .with_default(&proposal.name)
                .prompt()
                .map_err(|error| unanswered(&error))?,
        );
    }
    if wishes.agent.is_none() && proposal.installed.len() > 1 {
        let chosen =
            inquire::Select::new("Which agent do specs go to?", proposal.installed.clone())
                .with_help_message("the others can be named for single specs")
                .prompt()
                .map_err(|error| unanswered(&error))?;
        wishes.agent = Some(chosen.to_owned());
    }
    if !wishes.silent {
        wishes.silent = inquire::Confirm::new("Keep .chant/ out of git (silent mode)?")
            .with_help_message("for repositories where you cannot commit your tooling")
            .with_default(false)
            .prompt()
            .map_err(|error| unanswered(&error))?;
    }
    if !wishes.bypass_permissions {
        wishes.bypass_permissions = inquire::Confirm::new("May the agent use every tool without asking?")
            .with_help_message("it works alone, so without this it may stop where its own rules would ask you; it then runs commands as you. Only this machine is told")
            .with_default(false)
            .prompt()
            .map_err(|error| unanswered(&error))?;
    }
    Ok(())
}

fn unanswered(error: &inquire::InquireError) -> Error {
    Error::new(Code::Interrupted, format!("not answered: {error}"))
        .hint("chant init --no-input takes the defaults")
}
