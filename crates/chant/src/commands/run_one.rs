//! `chant run-one`: what a scheduler starts for each run. For machines: events go out as lines, orders come in as lines.

use std::io::BufRead;
use std::sync::mpsc::{self, Sender};

use chant_agent::Control;
use chant_engine::event::{Event, Stamped};
use chant_engine::order::Order;
use chant_engine::run::Surroundings;
use chant_engine::verbs::run_one;
use chant_engine::{Code, Error, Result};
use chant_os::signal::Interrupts;
use chant_os::tree::Guard;
use chant_spec::SpecId;

use crate::cli::{Context, Done};

/// Make the result of one run; for schedulers
///
/// Prints one event a line as JSON. Standard input is the lifeline: a line `stop` asks the run to stop, `kill` ends it
/// at once, and the end of it stops the run. The result is the ref refs/chant/runs/RUN; the main branch is not touched.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The spec's full id
    #[arg(long, value_name = "ID")]
    spec: String,
    /// The run's id; a run that exists goes on
    #[arg(long, value_name = "RUN")]
    run: String,
    /// The agent, by its name in the settings
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// The model to ask the agent for
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// The prompt, by name
    #[arg(long, value_name = "NAME")]
    prompt: Option<String>,
    /// How many attempts are made, of which the best lands
    #[arg(long, value_name = "N")]
    attempts: Option<u32>,
    /// Run the checks in pristine worktrees
    #[arg(long)]
    cold: bool,
    /// Make a completed spec again
    #[arg(long)]
    again: bool,
    /// Go on although a limit has not been renewed yet
    #[arg(long)]
    now: bool,
    /// Go on although a budget is spent
    #[arg(long)]
    over_budget: bool,
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Done> {
    let project = cx.project()?;
    let id = SpecId::parse(&args.spec)
        .map_err(|error| Error::new(Code::SpecNotFound, error.to_string()))?;
    let order = Order {
        agent: args.agent,
        model: args.model,
        prompt: args.prompt,
        attempts: args.attempts,
        cold: args.cold,
        again: args.again,
        now: args.now,
        over_budget: args.over_budget,
        ..Order::default()
    };
    let (sender, control) = mpsc::channel();
    listen(sender)?;
    let guard = Guard::this_program(crate::GUARD).map_err(|error| failed(&error))?;
    let ui = &mut cx.ui;
    let mut sink = |event: &Event| {
        let stamped = Stamped {
            at: chant_os::clock::now().to_string(),
            event: event.clone(),
        };
        if let Ok(line) = serde_json::to_string(&stamped) {
            ui.raw(&format!("{line}\n"));
            ui.pass_on();
        }
    };
    let outside = Surroundings {
        control: &control,
        sink: &mut sink,
        guard,
    };
    let report = run_one::run_one(&project, &id, &args.run, &order, outside)?;
    let exit = report.exit;
    Ok(Done::with(report)?.ending(exit))
}

/// Orders come as signals and as lines; the end of the lines means that nobody waits for the result any more.
fn listen(sender: Sender<Control>) -> Result<()> {
    let interrupts = Interrupts::install().map_err(|error| failed(&error))?;
    let by_signal = sender.clone();
    let spawn = |name: &str, listen: Box<dyn FnOnce() + Send>| {
        std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(listen)
            .map(drop)
            .map_err(|error| failed(&error))
    };
    spawn(
        "signals",
        Box::new(move || {
            let mut wish = Control::Stop;
            while interrupts.receiver().recv().is_ok() && by_signal.send(wish).is_ok() {
                wish = Control::Kill;
            }
        }),
    )?;
    spawn(
        "lifeline",
        Box::new(move || {
            for line in std::io::stdin().lock().lines() {
                let wish = match line.as_deref() {
                    Ok("stop") => Control::Stop,
                    Ok("kill") => Control::Kill,
                    Ok(_) => continue,
                    Err(_) => break,
                };
                if sender.send(wish).is_err() {
                    return;
                }
            }
            let _ = sender.send(Control::Stop);
        }),
    )
}

fn failed(error: &std::io::Error) -> Error {
    Error::new(
        Code::Internal,
        format!("failed to begin to listen for orders: {error}"),
    )
}
