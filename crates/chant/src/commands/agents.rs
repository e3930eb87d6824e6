//! `chant agents`

use chant_agent::{Login, Support};
use chant_engine::Result;
use chant_engine::agents::{self, Known, Survey};

use crate::cli::{Context, Done};
use crate::table::{self, Cell};
use crate::ui::{Tone, one_line};

/// Show the agents that specs can be given to, and what each can do
///
/// Those of the settings come first, then whatever else of the known ones is installed: that can be used by its name too.
/// Nothing here needs a network; `signed in` says that a key or a login is there, not that its provider takes it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  chant agents\n  chant agents -v\n  chant agents --json")]
pub(crate) struct Args {}

pub(crate) fn run(cx: &mut Context, _args: &Args) -> Result<Done> {
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
    if let Some(agent) = survey.agents.iter().find(|agent| agent.problem.is_none()) {
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
