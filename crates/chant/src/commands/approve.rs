//! `chant approve`

use chant_engine::person::Name;
use chant_engine::verbs::approve::{self, Said};
use chant_engine::{Code, Error, Project, Result};

use crate::cli::{Context, Done};
use crate::ui::{Tone, one_line};

/// Approve a spec as it is now
///
/// The approval is bound to the spec's text and criteria, and of a gate to what the specs before it left: when one of
/// them changes, it lapses. Approving a gate completes it; who approves vouches for every item of its list. With
/// `approval.sign` in the settings it is signed with your git signing key. An agent cannot approve.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  chant approve 005 --by \"Ada Lovelace\"\n  chant list --approval pending"
)]
pub(crate) struct Args {
    /// Specs, by id, path, or a part of the id
    #[arg(required = true, value_name = "SPEC")]
    specs: Vec<String>,
    /// Who approves; asked of git on a terminal
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Do not ask before vouching for the open items of a gate
    #[arg(long)]
    yes: bool,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let project = cx.project()?;
    let mut all = Vec::new();
    for name in &args.specs {
        let found = cx.spec_at_hand(&project, name)?;
        let open = approve::open_items(&project, &found)?;
        let by = name_of(cx, &project, args.by.as_deref(), "approve")?;
        if !open.is_empty() && cx.interactive && !args.yes {
            confirm(cx, &open, by.as_str())?;
        }
        let said = approve::approve(&project, &found, &by)?;
        tell(cx, &said);
        all.push(said);
    }
    Done::with(all)
}

/// Who speaks. On a terminal git's name for the person is taken; a script has to say.
pub(super) fn name_of(
    cx: &Context,
    project: &Project,
    by: Option<&str>,
    verb: &str,
) -> Result<Name> {
    if let Some(by) = by {
        return Name::parse(by);
    }
    let known = Name::of_git(project);
    if let (true, Some(name)) = (cx.interactive, &known) {
        return Ok(name.clone());
    }
    let example = known.map_or_else(|| "NAME".to_owned(), |name| format!("{:?}", name.as_str()));
    Err(Error::new(
        Code::Usage,
        format!("`chant {verb}` needs to know who speaks"),
    )
    .hint(format!("add --by {example}")))
}

fn confirm(cx: &mut Context, open: &[String], by: &str) -> Result<()> {
    cx.ui.out("Still open on its list:");
    for item in open {
        cx.ui.out(&one_line(&format!("  [ ] {item}")));
    }
    cx.ui.pass_on();
    let question = format!("Does {by} vouch for all of it?");
    let yes = inquire::Confirm::new(&one_line(&question))
        .with_default(false)
        .prompt()
        .map_err(|error| Error::new(Code::Interrupted, format!("not answered: {error}")))?;
    if yes {
        return Ok(());
    }
    Err(
        Error::new(Code::GateClosed, "not approved: the list is not done")
            .hint("tick what is done in the file, then approve again"),
    )
}

fn tell(cx: &mut Context, said: &Said) {
    let (id, by) = (one_line(&said.id), one_line(&said.by));
    let signed = said.signed_by.as_ref().map_or_else(
        || "unsigned".to_owned(),
        |principal| format!("signed by {}", one_line(principal)),
    );
    let what = if said.gate {
        "approved and completed"
    } else {
        "approved"
    };
    let line = cx
        .ui
        .paint(Tone::Good, &format!("{id} is {what} by {by} ({signed})"));
    cx.ui.done(&line);
    if !said.vouched.is_empty() {
        let items = one_line(&said.vouched.join("; "));
        cx.ui.done(&format!(
            "{by} vouches for what was open on its list: {items}"
        ));
    }
    super::say_recorded(cx, &said.recorded);
    for next in &said.frees {
        cx.ui.hint(&format!("ready: chant work {}", one_line(next)));
    }
}
