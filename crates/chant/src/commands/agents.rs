//! `chant agents`

use chant_agent::{Login, Support};
use chant_engine::Result;
use chant_engine::agents::{self, Known, Survey};
use chant_engine::verbs::trial::{Trial, Verdict, trial};

use super::attend::{Stop, attended};
use crate::cli::{Context, Done};
use crate::table::{self, Cell};
use crate::ui::{Tone, one_line};

/// Show the agents that specs can be given to, and what each can do
///
/// Those of the settings come first, then whatever else of the known ones is installed: that can be used by its name too.
/// Nothing here needs a network; `signed in` says that a key or a login is there, not that its provider takes it.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  chant agents\n  chant agents -v\n  chant agents test claude",
    args_conflicts_with_subcommands = true
)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Test(TestArgs),
}

/// Have an agent do a small task in a repository made for it, and see whether chant can work with it
///
/// It writes a file, runs a command and commits, in a scratch repository that is removed again; yours is not touched. A
/// live agent asks its provider, which may cost a cent. Ends with 0 where all was as it should be, else with 1.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  chant agents test claude\n  chant agents test codex --model gpt-5.5"
)]
struct TestArgs {
    /// The agent, by its name in the settings or as `chant agents` shows it
    #[arg(value_name = "NAME")]
    name: String,
    /// The model to ask the agent for
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    match &args.action {
        None => show(cx),
        Some(Action::Test(args)) => test(cx, args),
    }
}

fn test(cx: &mut Context, args: &TestArgs) -> Result<Done> {
    let stop = Stop::install()?;
    let start = cx.cwd.clone();
    let trial = attended(cx, &stop, |outside| {
        trial(&start, &args.name, args.model.as_deref(), outside)
    })?;
    say(cx, &trial);
    let exit = u8::from(trial.verdict != Verdict::Works);
    Done::with(trial).map(|done| done.ending(exit))
}

fn say(cx: &mut Context, trial: &Trial) {
    for point in &trial.points {
        let (tone, word) = match point.passed {
            Some(true) => (Tone::Good, "yes"),
            Some(false) => (Tone::Bad, "no"),
            None => (Tone::Dim, ""),
        };
        let word = cx.ui.paint(tone, &format!("{word:<3}"));
        let line = format!("{word}  {:<12}  {}", point.name, one_line(&point.says));
        cx.ui.out(&line);
    }
    let name = one_line(&trial.agent);
    let (tone, verdict) = match trial.verdict {
        Verdict::Works => (Tone::Good, format!("{name} works.")),
        Verdict::WorksInPart => (
            Tone::Warning,
            format!("{name} works in part: specs can land, but see what says no."),
        ),
        Verdict::Fails => (Tone::Bad, format!("{name} does not work yet.")),
    };
    let verdict = cx.ui.paint(tone, &verdict);
    cx.ui.out(&verdict);
    if let Some(hint) = &trial.hint {
        cx.ui.hint(&one_line(hint));
    }
    if let Some(kept) = &trial.kept {
        let kept = one_line(&kept.display().to_string());
        cx.ui.hint(&format!(
            "the scratch repository is kept: chant -C {kept}/repository log 001"
        ));
    }
}

fn show(cx: &mut Context) -> Result<Done> {
    let survey = agents::survey(&cx.cwd)?;
    cx.ui.begin_page();
    if survey.agents.iter().any(|agent| agent.problem.is_none()) {
        list(cx, &survey);
    } else {
        none(cx, &survey);
    }
    Done::with(survey)
}

fn list(cx: &mut Context, survey: &Survey) {
    let rows: Vec<Vec<Cell<'_>>> = survey.agents.iter().map(row).collect();
    table::print(&mut cx.ui, &rows);
    problems(cx, survey);
    if cx.ui.is_verbose() {
        survey.agents.iter().for_each(|agent| details(cx, agent));
    }
    if !survey.agents.iter().any(|agent| agent.default) {
        cx.ui.out("");
        cx.ui.out(&one_line(&format!(
            "Where nothing names another, the agent would be {}, which is not here.",
            survey.default
        )));
    }
    let mut others = survey.agents.iter().filter(|agent| !agent.default);
    let is_ready =
        |agent: &&Known| agent.problem.is_none() && !matches!(agent.login, Login::No { .. });
    if let Some(agent) = others.find(is_ready) {
        let name = one_line(&agent.name);
        cx.ui
            .hint(&format!("for one spec: chant work SPEC --agent {name}"));
    }
}

/// Nothing to work with: what to do is all there is to say.
fn none(cx: &mut Context, survey: &Survey) {
    cx.ui.out("No agent can be used yet.");
    problems(cx, survey);
    cx.ui.out("");
    cx.ui
        .out("chant gives specs to one of these; install one and sign in:");
    for client in &survey.missing {
        cx.ui
            .out(&format!("  {:<18}  {}", client.title, client.begin));
    }
    cx.ui.out("");
    cx.ui.out("A model is enough too, on this machine or one you have a key for: chant init --agent builtin --model NAME");
    cx.ui.out(
        "Any other program that reads a prompt will do as well: chant init --agent './agent.sh'",
    );
    cx.ui
        .out("To see chant at work without any agent: chant demo");
}

fn row(agent: &Known) -> Vec<Cell<'_>> {
    let mark = if agent.default { "*" } else { " " };
    let usable = agent.problem.is_none();
    let what = match (&agent.title, &agent.version) {
        (Some(title), Some(version)) => format!("{title} {version}"),
        (Some(title), None) => (*title).to_owned(),
        (None, _) => agent.kind.clone(),
    };
    let (tone, login) = match &agent.login {
        _ if !usable => (Tone::Bad, "cannot be used".to_owned()),
        Login::Yes { by } => (Tone::Good, format!("signed in: {}", short(by))),
        Login::No { .. } => (Tone::Warning, "not signed in".to_owned()),
        Login::Unknown { .. } => (Tone::Dim, "sign-in not known".to_owned()),
    };
    let can = agent.features.iter().filter_map(|feature| {
        let word = feature.name.word();
        match feature.support {
            Support::Yes => Some(word.to_owned()),
            Support::Partly => Some(format!("({word})")),
            Support::No => None,
        }
    });
    let name = format!("{mark} {}", one_line(&agent.name));
    vec![
        Cell::new(if usable { Tone::Strong } else { Tone::Dim }, name),
        Cell::new(Tone::Plain, one_line(&what)),
        Cell::new(tone, one_line(&login)),
        Cell::new(Tone::Dim, can.collect::<Vec<_>>().join(" ")),
    ]
}

/// The file's name is enough to recognise it.
fn short(by: &str) -> &str {
    by.rsplit('/').next().unwrap_or(by)
}

fn problems(cx: &mut Context, survey: &Survey) {
    let mut first = true;
    for agent in &survey.agents {
        let Some(problem) = &agent.problem else {
            continue;
        };
        if std::mem::take(&mut first) {
            cx.ui.out("");
        }
        let name = &agent.name;
        let line = one_line(&format!("{name}: {}", problem.message));
        cx.ui.out(&line);
        if let Some(hint) = &problem.hint {
            cx.ui.out(&one_line(&format!("  {hint}")));
        }
    }
}

/// Everything that is known of one.
fn details(cx: &mut Context, agent: &Known) {
    cx.ui.out("");
    let name = cx.ui.paint(Tone::Strong, &one_line(&agent.name));
    cx.ui.out(&name);
    if let Some(program) = &agent.program {
        field(cx, "program", &program.display().to_string());
    }
    let from = agent.source.map_or_else(
        || "found in PATH".to_owned(),
        |layer| format!("{layer:?} settings"),
    );
    field(cx, "from", &from.to_lowercase());
    match &agent.login {
        Login::Yes { by } => field(cx, "signed in", by),
        Login::No { hint } => field(cx, "signed in", &format!("no; {hint}")),
        Login::Unknown { why } => field(cx, "signed in", &format!("not known: {why}")),
    }
    for feature in &agent.features {
        let text = match feature.support {
            Support::Yes => feature.how.to_owned(),
            Support::Partly => format!("in part: {}", feature.how),
            Support::No => format!("no: {}", feature.how),
        };
        field(cx, feature.name.word(), &text);
    }
}

fn field(cx: &mut Context, name: &str, text: &str) {
    let name = cx.ui.paint(Tone::Dim, &format!("{name:>12}"));
    cx.ui.out(&format!("{name}  {}", one_line(text)));
}
