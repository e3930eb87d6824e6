//! `chant verify-bundle`

use std::path::{Path, PathBuf};

use chant_engine::bundle::{self, Bundle, Replay, Replayed, Row, Surroundings};
use chant_engine::{Code, Error, Result};
use chant_os::tree::Guard;

use super::attend::Stop;
use crate::cli::{Context, Done};
use crate::ui::{Tone, harmless, one_line};

/// Replay the proof in a bundle, in this clone, and say yes or no
///
/// Works in any clone that has the bundle's base commit; chant need not be set up there. What a stranger wrote is shown
/// before anything runs: the commands, and with --show the whole change. The commands run in worktrees of their own, with a
/// home of their own; where the system can (Linux with Landlock), your home directory is closed to them. Nothing of
/// the bundle is left behind.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit status: 0 the proof holds, 1 it does not or the bundle was altered, 4 it can not be replayed here, 5 no bundle.\n\nExamples:\n  chant verify-bundle issue-42.chant\n  chant verify-bundle issue-42.chant --show\n  chant verify-bundle issue-42.chant --yes"
)]
pub(crate) struct Args {
    /// The bundle
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Run what is in it without asking
    #[arg(short, long)]
    yes: bool,
    /// Show the whole change and run nothing
    #[arg(long, conflicts_with = "yes")]
    show: bool,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let bundle = bundle::read(&cx.cwd.join(&args.file))?;
    let repo = bundle::clone_at(&cx.cwd)?;
    let replay = Replay::prepare(&repo, &bundle)?;
    introduce(cx, &bundle, &replay);
    if args.show {
        let patch = replay.patch()?;
        cx.ui.out(&harmless(&String::from_utf8_lossy(&patch)));
        return Done::with(bundle.manifest.clone());
    }
    if !args.yes {
        confirm(cx, &args.file)?;
    }
    let replayed = replay_shown(cx, &replay)?;
    answer(cx, replayed)
}

fn introduce(cx: &mut Context, bundle: &Bundle, replay: &Replay<'_>) {
    let manifest = &bundle.manifest;
    let short = |oid: &str| oid.get(..10).unwrap_or(oid).to_owned();
    cx.ui.out(&one_line(&format!(
        "{}: {}",
        manifest.spec.id, manifest.spec.title
    )));
    cx.ui
        .out(&format!("base   {}", short(&manifest.base.commit)));
    for test in &manifest.test_files {
        cx.ui.out(&one_line(&format!("test   {test}")));
    }
    for command in replay.commands() {
        cx.ui.out(&one_line(&format!("runs   {command}")));
    }
    if !chant_os::confine::is_supported() {
        cx.ui.warn(
            "this system can not close your files to these commands: they could read what you can",
        );
    }
}

fn confirm(cx: &mut Context, file: &Path) -> Result<()> {
    let shown = one_line(&file.display().to_string());
    if !cx.interactive {
        return Err(Error::new(
            Code::NeedsAnswer,
            "these commands are somebody else's, and nobody can be asked here whether to run them",
        )
        .hint(format!(
            "look: chant verify-bundle {shown} --show; then: chant verify-bundle {shown} --yes"
        )));
    }
    cx.ui.pass_on();
    let yes = inquire::Confirm::new("Run them?")
        .with_default(false)
        .prompt()
        .map_err(|error| Error::new(Code::Interrupted, format!("not answered: {error}")))?;
    if yes {
        Ok(())
    } else {
        Err(
            Error::new(Code::NotTrusted, "nothing was run").hint(format!(
                "see the whole change: chant verify-bundle {shown} --show"
            )),
        )
    }
}

fn replay_shown(cx: &mut Context, replay: &Replay<'_>) -> Result<Replayed> {
    let missing = |error: std::io::Error| {
        Error::new(
            Code::Internal,
            format!("failed to find this program: {error}"),
        )
    };
    let guard = Guard::this_program(crate::GUARD).map_err(missing)?;
    let stop = Stop::install()?;
    let surroundings = Surroundings {
        chant: &guard.program.clone(),
        guard: &guard,
        control: stop.control(),
    };
    let ui = &mut cx.ui;
    replay.run(&surroundings, &mut |row: &Row| {
        let (tone, word) = if row.holds {
            (Tone::Good, "holds")
        } else {
            (Tone::Bad, "fails")
        };
        ui.status(
            tone,
            word,
            &one_line(&format!("{}: {}: {}", row.on, row.run, row.found)),
        );
    })
}

fn answer(cx: &mut Context, replayed: Replayed) -> Result<Done> {
    if replayed.holds {
        cx.ui
            .out("yes: the test fails without the change, and passes with it");
        return Done::with(replayed);
    }
    let first = replayed.rows.iter().find(|row| !row.holds);
    let why = first.map_or_else(String::new, |row| {
        format!("on {}, `{}`: {}", row.on, row.run, row.found)
    });
    let details = serde_json::to_value(&replayed).unwrap_or_default();
    Err(Error::new(
        Code::ProofFailed,
        format!("no: the proof does not hold: {why}"),
    )
    .hint("see the change: chant verify-bundle FILE --show")
    .detail("replay", details))
}
