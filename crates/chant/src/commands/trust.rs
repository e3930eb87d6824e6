//! `chant trust`

use chant_engine::trust;
use chant_engine::{Code, Error, Result};

use crate::cli::{Context, Done};
use crate::ui::one_line;

/// Allow this clone to run what its files name
///
/// A repository's files can name commands: agents, checks, and the `verify` of specs. chant runs them only in a clone
/// that you trusted, and asks again when the settings name other commands. What you trust is kept outside the repository.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Take the trust back
    #[arg(long)]
    revoke: bool,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let project = cx.project()?;
    if args.revoke {
        trust::distrust(&project)?;
        cx.ui.done("This clone is not trusted any more.");
        return Done::with(serde_json::json!({"trusted": false}));
    }
    let startable = trust::startable(&project);
    let asks = cx.interactive && !startable.is_empty();
    for line in &startable {
        let line = format!("  {}", one_line(line));
        // Nobody says yes to what they were not shown.
        if asks {
            cx.ui.out(&line);
        } else {
            cx.ui.done(&line);
        }
    }
    if asks {
        cx.ui.pass_on();
        let yes =
            inquire::Confirm::new("Let chant run these, and the checks of this clone's specs?")
                .with_default(false)
                .prompt()
                .map_err(|error| Error::new(Code::Interrupted, format!("not answered: {error}")))?;
        if !yes {
            return Err(Error::new(Code::NotTrusted, "not trusted")
                .hint("look at .chant/config.md, then: chant trust"));
        }
    }
    trust::trust(&project)?;
    cx.ui.done("This clone is trusted.");
    Done::with(serde_json::json!({"trusted": true, "starts": startable}))
}
