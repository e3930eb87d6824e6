//! `chant demo`

use std::path::{Path, PathBuf};

use chant_engine::order::Order;
use chant_engine::verbs::demo;
use chant_engine::{Error, Result, verbs};
use chant_spec::SpecId;

use super::attend::{Stop, attended};
use super::work::conclude;
use crate::cli::{Context, Done};
use crate::ui::Tone;

/// Make a small repository with a real bug, and take it from issue to repair in front of you
///
/// A key-value store in Python loses concurrent updates (issue 42). Five phases are worked and landed: comprehension,
/// reproduction, root cause, impact map, fix. The sixth is a gate where a person decides, and there the demo stops. The
/// agent's part is a recording, unless you name a live agent; everything else is real. Needs git and Python 3.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  chant demo\n  chant demo /tmp/kvstore --agent claude")]
pub(crate) struct Args {
    /// The folder to make; it must not exist
    #[arg(value_name = "DIR", default_value = "chant-demo")]
    folder: PathBuf,
    /// A live agent instead of the recording; several, with commas between, take turns. One that needs settings needs them in
    /// your own, `~/.config/chant/config.md`
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Done> {
    let folder = cx.cwd.join(&args.folder);
    if let Some(agent) = &args.agent {
        demo::check_agent(&cx.cwd, agent)?;
    }
    let project = demo::create(&folder)?;
    introduce(cx, &args);
    let order = Order {
        agent: args.agent,
        attended: cx.interactive,
        ..Order::default()
    };
    let stop = Stop::install()?;
    let mut reports = Vec::new();
    for phase in demo::PHASES {
        let id = SpecId::parse(phase).map_err(|error| {
            chant_engine::Error::new(chant_engine::Code::Internal, error.to_string())
        })?;
        let report = attended(cx, &stop, |outside| {
            verbs::work::work(&project, &id, &order, outside)
        })?;
        conclude(cx, &report).map_err(|error| there(error, &args.folder, &order, phase))?;
        cx.ui.out("");
        reports.push(report);
    }
    part(cx, &args.folder);
    Done::with(serde_json::json!({"folder": folder, "phases": reports, "gate": demo::GATE}))
}

/// The same error, with a way on that holds from where the user is.
fn there(error: Error, folder: &Path, order: &Order, phase: &str) -> Error {
    let Some(hint) = &error.hint else {
        return error;
    };
    let mut hint = hint.replace("chant ", &format!("chant -C {} ", folder.display()));
    if let Some(agent) = &order.agent {
        let again = format!("work {phase}");
        hint = hint.replace(&again, &format!("{again} --agent {agent}"));
    }
    error.hint(hint)
}

fn introduce(cx: &mut Context, args: &Args) {
    cx.ui.out(&format!(
        "Made {}: a key-value store that loses concurrent updates, and six specs about issue 42.",
        args.folder.display()
    ));
    match &args.agent {
        None => cx.ui.out("The agent's part is a recording. Everything else is real: worktrees, prompts, checks, landings."),
        Some(agent) => cx.ui.out(&format!("The agent is {agent}, live. It may take minutes and cost money.")),
    }
    cx.ui.out("");
}

fn part(cx: &mut Context, folder: &std::path::Path) {
    let folder = folder.display();
    let gate = format!(
        "Five phases have landed. {} is a gate: a person decides, so it waits.",
        demo::GATE
    );
    let gate = cx.ui.paint(Tone::Strong, &gate);
    cx.ui.out(&gate);
    cx.ui.out("Look around:");
    let program = program();
    for command in [
        format!("{program} -C {folder} work 006"),
        format!("{program} -C {folder} why {LOCK}"),
        format!("{program} -C {folder} drift"),
    ] {
        cx.ui.out(&format!("  {command}"));
    }
}

/// The line of the demo's repair that a reader will wonder about.
const LOCK: &str = "src/storage/store.py:71";

/// How the user called us: `chant` where that is found, else the path.
fn program() -> String {
    let called = std::env::args()
        .next()
        .unwrap_or_else(|| "chant".to_owned());
    let in_path = std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|folder| folder.join("chant").is_file())
    });
    if in_path { "chant".to_owned() } else { called }
}
