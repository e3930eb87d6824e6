//! `chant search`

use chant_engine::Result;
use chant_engine::query::{self, Filter};

use crate::cli::{Context, Done};
use crate::ui::{Tone, one_line};

/// Find specs by words in their text
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Words; a spec has to hold all of them
    #[arg(required = true, value_name = "WORD")]
    words: Vec<String>,
    /// Search what was put away, instead of what was not
    #[arg(long)]
    archived: bool,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let project = cx.project()?;
    let filter = Filter {
        archived: args.archived,
        ..Filter::default()
    };
    let found = query::search(&project, &args.words, &filter)?;
    cx.ui.begin_page();
    for hits in &found {
        let id = cx.ui.paint(Tone::Strong, &one_line(&hits.spec.id));
        cx.ui.out(&format!("{id}  {}", one_line(&hits.spec.title)));
        for hit in &hits.hits {
            let line = cx.ui.paint(Tone::Dim, &format!("{:>6}", hit.line));
            cx.ui.out(&format!("{line}  {}", one_line(&hit.text)));
        }
    }
    if found.is_empty() {
        cx.ui.out("No spec holds that.");
    }
    Done::with(found)
}
