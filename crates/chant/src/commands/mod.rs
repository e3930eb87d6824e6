//! The commands, one file each: the arguments with their help, `run`, and what is printed.

mod activity;
mod add;
mod agents;
mod approve;
mod archive;
mod attend;
mod attest;
mod bundle;
mod cancel;
mod cleanup;
mod completion;
mod config;
mod cost;
mod dag;
mod demo;
mod diagnose;
mod drift;
mod drivers;
mod edit;
mod export;
mod feedback;
mod finalize;
mod gate;
mod init;
mod lint;
mod list;
mod log;
mod man;
mod merge;
mod pause;
mod prep;
mod reject;
mod reset;
mod run_one;
mod search;
mod show;
mod shown;
mod silent;
mod split;
mod status;
mod takeover;
mod trace;
mod trust;
mod undo;
mod verify;
mod verify_bundle;
mod waive;
mod watch;
mod watch_wait;
mod why;
mod work;
mod work_many;
mod work_serial;
mod workflow;

pub(crate) use shown::tone;

use chant_engine::Result;
use chant_engine::record::Recorded;
use clap::Subcommand;

use crate::cli::{Context, Done};

/// Every command, in the order of `chant help`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(init::Args),
    Add(add::Args),
    Workflow(workflow::Args),
    List(list::Args),
    Show(show::Args),
    Edit(edit::Args),
    Split(split::Args),
    Prep(prep::Args),
    Work(work::Args),
    Pause(pause::Args),
    Takeover(takeover::Args),
    Finalize(finalize::Args),
    Feedback(feedback::Args),
    Log(log::Args),
    Status(status::Args),
    Watch(watch::Args),
    Why(why::Args),
    Trace(trace::Args),
    Dag(dag::Args),
    Attest(attest::Args),
    Approve(approve::Args),
    Reject(reject::Args),
    Merge(merge::Args),
    Reset(reset::Args),
    Verify(verify::Args),
    Waive(waive::Args),
    Cancel(cancel::Args),
    Archive(archive::Args),
    Bundle(bundle::Args),
    VerifyBundle(verify_bundle::Args),
    Drift(drift::Args),
    Activity(activity::Args),
    Cost(cost::Args),
    Search(search::Args),
    Export(export::Args),
    Lint(lint::Args),
    Silent(silent::Args),
    Trust(trust::Args),
    Config(config::Args),
    Agents(agents::Args),
    Diagnose(diagnose::Args),
    Cleanup(cleanup::Args),
    Undo(undo::Args),
    Completion(completion::Args),
    Man(man::Args),
    Demo(demo::Args),
    #[command(hide = true)]
    RunOne(run_one::Args),
}

/// What the scheduler starts.
#[derive(Debug, Subcommand)]
pub(crate) enum Single {
    RunOne(run_one::Args),
}

impl From<Single> for Command {
    fn from(single: Single) -> Self {
        let Single::RunOne(args) = single;
        Self::RunOne(args)
    }
}

/// Runs a command; without one, says how things stand and what to do next.
pub(crate) fn run(cx: &mut Context, command: Option<Command>) -> Result<Done> {
    let Some(command) = command else {
        return status::welcome(cx);
    };
    match command {
        Command::Init(args) => init::run(cx, args),
        Command::Add(args) => add::run(cx, args),
        Command::Workflow(args) => workflow::run(cx, args),
        Command::List(args) => list::run(cx, args),
        Command::Show(args) => show::run(cx, &args),
        Command::Edit(args) => edit::run(cx, &args),
        Command::Split(args) => split::run(cx, args),
        Command::Prep(args) => prep::run(cx, &args),
        Command::Work(args) => work::run(cx, args),
        Command::Pause(args) => pause::run(cx, &args),
        Command::Takeover(args) => takeover::run(cx, &args),
        Command::Finalize(args) => finalize::run(cx, &args),
        Command::Feedback(args) => feedback::run(cx, &args),
        Command::Log(args) => log::run(cx, &args),
        Command::Status(args) => status::run(cx, &args),
        Command::Watch(args) => watch::run(cx, &args),
        Command::Why(args) => why::run(cx, &args),
        Command::Trace(args) => trace::run(cx, &args),
        Command::Dag(args) => dag::run(cx, &args),
        Command::Attest(args) => attest::run(cx, &args),
        Command::Approve(args) => approve::run(cx, &args),
        Command::Reject(args) => reject::run(cx, &args),
        Command::Merge(args) => merge::run(cx, &args),
        Command::Reset(args) => reset::run(cx, &args),
        Command::Verify(args) => verify::run(cx, &args),
        Command::Waive(args) => waive::run(cx, &args),
        Command::Cancel(args) => cancel::run(cx, &args),
        Command::Archive(args) => archive::run(cx, &args),
        Command::Bundle(args) => bundle::run(cx, &args),
        Command::VerifyBundle(args) => verify_bundle::run(cx, &args),
        Command::Drift(args) => drift::run(cx, args),
        Command::Activity(args) => activity::run(cx, args),
        Command::Cost(args) => cost::run(cx, &args),
        Command::Export(args) => export::run(cx, args),
        Command::Search(args) => search::run(cx, &args),
        Command::Lint(args) => lint::run(cx, &args),
        Command::Silent(args) => silent::run(cx, &args),
        Command::Trust(args) => trust::run(cx, &args),
        Command::Config(args) => config::run(cx, &args),
        Command::Agents(args) => agents::run(cx, &args),
        Command::Diagnose(args) => diagnose::run(cx, &args),
        Command::Cleanup(args) => cleanup::run(cx, &args),
        Command::Undo(args) => undo::run(cx, &args),
        Command::Completion(args) => completion::run(cx, &args),
        Command::Man(args) => man::run(cx, &args),
        Command::Demo(args) => demo::run(cx, args),
        Command::RunOne(args) => run_one::run(cx, args),
    }
}

/// Says how a change of spec files was recorded.
fn say_recorded(cx: &mut Context, recorded: &Recorded) {
    match recorded {
        Recorded::Committed { commit, branch } => cx.ui.hint(&format!(
            "committed on {branch} as {}",
            commit.get(..10).unwrap_or(commit)
        )),
        Recorded::FilesOnly { because } => cx.ui.hint(&format!("not committed: {because}")),
    }
}
