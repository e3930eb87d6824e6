//! `chant workflow`

use chant_engine::verbs::workflow::{self as verb, Specs, Wish};
use chant_engine::workflow::{self, Described};
use chant_engine::{Code, Error, Result};
use clap::Subcommand;

use crate::cli::{Context, Done};
use crate::table::{self, Cell};
use crate::ui::{Tone, harmless, one_line};

/// Make a chain of specs from one description
///
/// A workflow is one file with the specs of a chain, their order, and what differs from use to use as variables. Your
/// team's own are in .chant/workflows; some are built in.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  chant workflow list\n  chant workflow show oss-maintainer\n  chant workflow new oss-maintainer --var issue=1234 --var title=\"Concurrent writes lose data\"\n  chant workflow new oss-maintainer --var issue=1234 --var title=\"…\" --label v0.7.0 --dry-run"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the workflows there are
    List,
    /// Show a workflow: its variables and its specs
    Show {
        /// The workflow
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Make the specs of a workflow
    New {
        /// The workflow
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        values: Values,
        /// A word to select all of them by, besides the workflow's own
        #[arg(long, value_name = "LABEL")]
        label: Vec<String>,
        /// Print what would be made, and make nothing
        #[arg(long)]
        dry_run: bool,
    },
}

/// What is said for a workflow's variables.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Values {
    /// The value of a workflow's variable
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) values: Vec<(String, String)>,
}

fn pair(text: &str) -> std::result::Result<(String, String), String> {
    text.split_once('=')
        .filter(|(name, _)| !name.trim().is_empty())
        .map(|(name, value)| (name.trim().to_owned(), value.to_owned()))
        .ok_or_else(|| "write it as NAME=VALUE".to_owned())
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Done> {
    match args.action {
        Action::List => list(cx),
        Action::Show { name } => show(cx, &name),
        Action::New {
            name,
            values,
            label,
            dry_run,
        } => {
            let wish = Wish {
                name,
                values: values.values,
                labels: label,
            };
            if dry_run {
                plan(cx, &wish)
            } else {
                make(cx, &wish)
            }
        }
    }
}

fn list(cx: &mut Context) -> Result<Done> {
    let all = workflow::list(&cx.project()?);
    let rows: Vec<Vec<Cell<'_>>> = all
        .iter()
        .map(|one| {
            let (tone, text) = match &one.error {
                Some(error) => (Tone::Bad, error),
                None => (Tone::Plain, &one.description),
            };
            vec![
                Cell::new(Tone::Strong, one_line(&one.name)),
                Cell::new(Tone::Dim, place(one)),
                Cell::new(tone, one_line(text)),
            ]
        })
        .collect();
    table::print(&mut cx.ui, &rows);
    Done::with(all)
}

fn place(one: &Described) -> String {
    one.path
        .as_deref()
        .map_or_else(|| "built in".to_owned(), one_line)
}

fn show(cx: &mut Context, name: &str) -> Result<Done> {
    let one = workflow::find(&cx.project()?, name)?.describe();
    cx.ui.begin_page();
    let title = cx.ui.paint(Tone::Strong, &one_line(&one.name));
    cx.ui.out(&format!("{title}  {}", place(&one)));
    cx.ui.out(&one_line(&one.description));
    cx.ui.out("");
    cx.ui.out("Variables");
    let rows: Vec<Vec<Cell<'_>>> = one
        .variables
        .iter()
        .map(|variable| {
            let need = match &variable.default {
                _ if variable.required => "required".to_owned(),
                Some(default) => format!("default {default}"),
                None => "optional".to_owned(),
            };
            vec![
                Cell::new(Tone::Strong, format!("  {}", one_line(&variable.name))),
                Cell::new(Tone::Dim, one_line(&need)),
                Cell::new(Tone::Plain, one_line(&variable.help)),
            ]
        })
        .collect();
    table::print(&mut cx.ui, &rows);
    cx.ui.out("");
    cx.ui.out("Specs");
    let rows: Vec<Vec<Cell<'_>>> = one
        .specs
        .iter()
        .map(|spec| {
            let by = match &spec.prompt {
                _ if spec.gate => "a person decides".to_owned(),
                Some(prompt) => format!("prompt {prompt}"),
                None => String::new(),
            };
            vec![
                Cell::new(Tone::Strong, format!("  {}", one_line(&spec.id))),
                Cell::new(Tone::Dim, one_line(&spec.kind)),
                Cell::new(Tone::Dim, one_line(&by)),
                Cell::new(Tone::Plain, one_line(&spec.title)),
            ]
        })
        .collect();
    table::print(&mut cx.ui, &rows);
    Done::with(one)
}

fn plan(cx: &mut Context, wish: &Wish) -> Result<Done> {
    let planned = verb::plan(&cx.project()?, wish)?;
    cx.ui.begin_page();
    for spec in &planned.specs {
        let path = cx.ui.paint(Tone::Strong, &one_line(&spec.path));
        cx.ui.out(&path);
        cx.ui.out("");
        cx.ui.out(&harmless(&spec.text));
    }
    Done::with(planned)
}

/// Makes the specs and says so; `chant add --workflow` ends here too.
pub(crate) fn make(cx: &mut Context, wish: &Wish) -> Result<Done> {
    let made = verb::new(&cx.project()?, wish)?;
    say(cx, &made);
    Done::with(made)
}

fn say(cx: &mut Context, made: &Specs) {
    for spec in &made.specs {
        let id = one_line(&spec.id);
        if cx.ui.is_quiet() {
            cx.ui.out(&id);
        } else {
            cx.ui.out(&format!("Created spec: {id}"));
        }
    }
    if let Some(first) = made.specs.first() {
        cx.ui
            .hint(&format!("then: chant work {}", one_line(&first.id)));
    }
}

/// What `chant add "title" --workflow` wants: the title is the variable of that name.
pub(crate) fn wish(
    name: String,
    title: String,
    values: Values,
    labels: Vec<String>,
) -> Result<Wish> {
    if values.values.iter().any(|(name, _)| name == "title") {
        return Err(Error::new(Code::Usage, "the title is given twice")
            .hint("leave out --var title=…: the title is the first word after `chant add`"));
    }
    let mut values = values.values;
    values.push(("title".to_owned(), title));
    Ok(Wish {
        name,
        values,
        labels,
    })
}
