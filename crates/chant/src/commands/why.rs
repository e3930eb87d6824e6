//! `chant why`

use chant_engine::Result;
use chant_engine::provenance::{self, Lines, Origin, Story, Told};

use crate::cli::{Context, Done};
use crate::ui::{Tone, harmless, one_line};

/// Tell where a line comes from: its commit, spec, agent and checks, back to the issue
///
/// For a line, or a range of lines, the whole story is told from the top down: the commit, the spec it landed with, the
/// research that spec was made from, and so on to what no spec wrote. For a whole file, which spec each line is from.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  chant why src/store.py:61\n  chant why src/store.py:61-64\n  chant why src/store.py"
)]
pub(crate) struct Args {
    /// The file, and the line or the lines FIRST-LAST
    #[arg(value_name = "PATH[:LINE]")]
    place: String,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let project = cx.project()?;
    let story = provenance::why(&project, &cx.cwd, &args.place)?;
    cx.ui.begin_page();
    if story.lines.iter().all(|lines| lines.text.is_empty()) {
        overview(cx, &story);
    } else {
        tell(cx, &story);
    }
    Done::with(story)
}

/// A whole file: one line for each group.
fn overview(cx: &mut Context, story: &Story) {
    let Some(last) = story.lines.last() else {
        cx.ui.out(&format!("{} is empty", one_line(&story.path)));
        return;
    };
    let width = format!("{0}-{0}", last.last).len();
    for lines in &story.lines {
        let numbers = cx
            .ui
            .paint(Tone::Dim, &format!("{:>width$}", numbers(lines)));
        let (from, subject) = match (&lines.landing, &lines.commit) {
            (Some(landing), Some(commit)) => {
                let begin = format!("chant({}):", landing.spec);
                let subject = commit.subject.trim_start_matches(&begin).trim();
                (cx.ui.paint(Tone::Strong, &one_line(&landing.spec)), subject)
            }
            (_, Some(commit)) => (
                format!("{} by {}", short(&commit.oid), one_line(&commit.author)),
                commit.subject.as_str(),
            ),
            (_, None) => ("not committed yet".to_owned(), ""),
        };
        let line = format!("{numbers}  {from}  {}", one_line(subject));
        cx.ui.out(line.trim_end());
    }
    if story.lines.iter().any(|lines| lines.landing.is_some()) {
        cx.ui.hint(&format!(
            "the whole story of a line: chant why {}:{}",
            story.path, story.lines[0].first
        ));
    }
}

fn numbers(lines: &Lines) -> String {
    if lines.first == lines.last {
        lines.first.to_string()
    } else {
        format!("{}-{}", lines.first, lines.last)
    }
}

/// Some lines, and all there is to say about them.
fn tell(cx: &mut Context, story: &Story) {
    for lines in &story.lines {
        for (number, text) in (lines.first..).zip(&lines.text) {
            let place = format!("{}:{number}:", one_line(&story.path));
            let place = cx.ui.paint(Tone::Strong, &place);
            cx.ui.out(&format!("{place} {}", harmless(text.trim_end())));
        }
        commit(cx, lines);
        cx.ui.out("");
    }
    let (own, behind): (Vec<_>, Vec<_>) = story
        .chain
        .iter()
        .partition(|told| wrote_lines(told, story));
    for told in own {
        landing(cx, told);
    }
    for told in behind {
        heading(cx, &format!("used by {}", told.used_by.join(", ")));
        landing(cx, told);
    }
    if !story.origins.is_empty() {
        heading(cx, "where it begins: no spec wrote these");
        for origin in &story.origins {
            begin(cx, origin);
        }
    }
}

fn wrote_lines(told: &Told, story: &Story) -> bool {
    let landings = story
        .lines
        .iter()
        .filter_map(|lines| lines.landing.as_ref());
    let mut same = landings.filter(|landing| landing.run == told.run && landing.spec == told.spec);
    same.next().is_some()
}

fn commit(cx: &mut Context, lines: &Lines) {
    let Some(commit) = &lines.commit else {
        field(cx, "commit", "not committed yet");
        return;
    };
    let text = format!("{}  {}", short(&commit.oid), commit.subject);
    field(cx, "commit", &text);
    field(cx, "", &format!("by {}, {}", commit.author, commit.at));
    if let Some(path) = &commit.path {
        field(cx, "", &format!("the file was {path} then"));
    }
    match &lines.landing {
        None => field(cx, "spec", "none: no spec wrote this"),
        Some(landing) if landing.commit.as_ref() == Some(&commit.oid) => {}
        Some(landing) => {
            let landed = landing.commit.as_deref().map_or("", short);
            let how = if landing.rewritten {
                format!("rewritten since; it landed as {landed}")
            } else {
                format!("the agent's own; it landed with {landed}")
            };
            field(cx, "", &how);
        }
    }
}

fn landing(cx: &mut Context, told: &Told) {
    let id = cx.ui.paint(Tone::Strong, &one_line(&told.spec));
    let kind = if told.kind.is_empty() {
        String::new()
    } else {
        format!("  ({})", one_line(&told.kind))
    };
    let name = cx.ui.paint(Tone::Dim, &format!("{:>10}", "spec"));
    cx.ui
        .out(&format!("{name}  {id}  {}{kind}", one_line(&told.title)));
    let commit = told.commit.as_deref().map_or("in the files alone", short);
    field(cx, "landed", &format!("{commit}  {}", told.at));
    if !told.run.is_empty() {
        field(cx, "run", &told.run);
    }
    let model = told.model.as_ref().map(|model| format!(", model {model}"));
    field(
        cx,
        "agent",
        &format!("{}{}", told.agent, model.unwrap_or_default()),
    );
    if let Some(prompt) = &told.prompt {
        field(
            cx,
            "prompt",
            &format!("{}  {}", prompt.name, short(&prompt.oid)),
        );
    }
    list(cx, "check", &told.checks);
    list(cx, "proof", told.proof.as_slice());
    let approvals: Vec<String> = told
        .approvals
        .iter()
        .map(|said| {
            let whom = said
                .by
                .as_ref()
                .map_or_else(String::new, |by| format!(" by {by}"));
            let when = said
                .at
                .as_ref()
                .map_or_else(String::new, |at| format!(", {at}"));
            format!("{}: {}{whom}{when}", said.spec, said.status)
        })
        .collect();
    list(cx, "approval", &approvals);
    list(cx, "wrote", &told.outputs);
    let inputs: Vec<String> = told
        .inputs
        .iter()
        .map(|input| match (&input.written_by, input.edited) {
            (Some(spec), false) => format!("{}  (by {spec})", input.name),
            (Some(spec), true) => format!("{}  (by {spec}, edited by hand since)", input.name),
            (None, _) => input.name.clone(),
        })
        .collect();
    list(cx, "because of", &inputs);
    cx.ui.out("");
}

fn begin(cx: &mut Context, origin: &Origin) {
    let name = cx.ui.paint(Tone::Strong, &one_line(&origin.name));
    let title = origin.title.as_deref();
    let title = title.map_or_else(String::new, |title| format!("  {}", one_line(title)));
    let used_by = format!("(used by {})", origin.used_by.join(", "));
    let used_by = cx.ui.paint(Tone::Dim, &one_line(&used_by));
    cx.ui.out(&format!("{:>10}  {name}{title}  {used_by}", ""));
}

fn heading(cx: &mut Context, text: &str) {
    let text = cx.ui.paint(Tone::Dim, &one_line(text));
    cx.ui.out(&text);
}

/// One value a line, the name at the first.
fn list(cx: &mut Context, name: &str, values: &[String]) {
    for (number, value) in values.iter().enumerate() {
        field(cx, if number == 0 { name } else { "" }, value);
    }
}

fn field(cx: &mut Context, name: &str, value: &str) {
    let name = cx.ui.paint(Tone::Dim, &format!("{name:>10}"));
    cx.ui.out(&format!("{name}  {}", one_line(value)));
}

/// The beginning of an object id.
fn short(oid: &str) -> &str {
    oid.get(..12).unwrap_or(oid)
}
