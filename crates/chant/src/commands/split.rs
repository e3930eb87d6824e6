//! `chant split`

use std::path::PathBuf;

use chant_engine::order::Order;
use chant_engine::split::{self, Proposal, Split};
use chant_engine::{Code, Error, Result};

use super::attend::{Stop, attended};
use crate::cli::{Context, Done};
use crate::ui::{Tone, harmless, one_line};

/// Cut a spec that is too large into members
///
/// An agent reads the spec and the code, and proposes members, each with criteria of its own. You see them; only your yes
/// writes them. The spec becomes their driver: it is done when they are. The agent changes nothing, and is not asked a
/// second time about a spec that has not changed.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  chant split 004\n  chant split 004 --dry-run\n  chant split 004 --yes\n  chant split 004 --from members.md"
)]
pub(crate) struct Args {
    /// The spec, by id, path, or a part of the id
    #[arg(value_name = "SPEC")]
    spec: String,
    /// Write the members without a question
    #[arg(short, long, conflicts_with = "dry_run")]
    yes: bool,
    /// Show the members, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Ask the agent anew, although it has proposed members before
    #[arg(long, conflicts_with = "from")]
    again: bool,
    /// Take the members from this file, in the form of the prompt `split`, and ask no agent
    #[arg(long, value_name = "FILE", conflicts_with_all = ["agent", "model", "prompt"])]
    from: Option<PathBuf>,
    /// The agent, by its name in the settings
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// The model to ask the agent for
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// The prompt, by name
    #[arg(long, value_name = "NAME")]
    prompt: Option<String>,
    /// Ask the agent although a budget is spent, up to where the settings stop everything
    #[arg(long)]
    over_budget: bool,
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Done> {
    let project = cx.project()?;
    let found = cx.spec_at_hand(&project, &args.spec)?;
    let id = one_line(found.id.as_str());
    let proposal = if let Some(file) = &args.from {
        split::from_file(&project, &found, &cx.cwd.join(file))?
    } else {
        let order = Order {
            agent: args.agent,
            model: args.model,
            prompt: args.prompt,
            again: args.again,
            over_budget: args.over_budget,
            ..Order::default()
        };
        let stop = Stop::install()?;
        attended(cx, &stop, |outside| {
            split::propose(&project, &found, &order, outside)
        })?
    };
    print(cx, &proposal);
    let from = args.from.as_deref().map_or_else(String::new, |file| {
        format!(" --from {}", one_line(&file.display().to_string()))
    });
    let command = format!("chant split {id} --yes{from}");
    if args.dry_run {
        cx.ui
            .hint(&format!("nothing was written; agree: {command}"));
        return Done::with(unwritten(proposal));
    }
    if !args.yes && !confirmed(cx, &proposal, &command)? {
        cx.ui.out("Nothing was written.");
        return Done::with(unwritten(proposal));
    }
    let split = split::accept(&project, &found, proposal)?;
    let count = split.proposal.members.len();
    cx.ui
        .done(&format!("{id} is the driver of {count} members"));
    if let Some(recorded) = &split.recorded {
        super::say_recorded(cx, recorded);
    }
    cx.ui.hint(&format!("chant work {id}"));
    Done::with(split)
}

fn unwritten(proposal: Proposal) -> Split {
    Split {
        proposal,
        written: false,
        recorded: None,
    }
}

fn print(cx: &mut Context, proposal: &Proposal) {
    let by = one_line(&proposal.by.agent);
    let when = if proposal.by.earlier {
        format!(" on {}", one_line(&proposal.by.at))
    } else {
        String::new()
    };
    let count = proposal.members.len();
    let id = one_line(&proposal.id);
    cx.ui
        .out(&format!("{count} members for {id}, proposed by {by}{when}"));
    for member in &proposal.members {
        cx.ui.out("");
        let name = cx.ui.paint(Tone::Strong, &one_line(&member.id));
        cx.ui.out(&format!("{name}  {}", one_line(&member.title)));
        field(cx, "type", &member.kind);
        for (name, values) in [
            ("depends on", &member.depends_on),
            ("targets", &member.target_files),
        ] {
            if !values.is_empty() {
                field(cx, name, &values.join(", "));
            }
        }
        for criterion in &member.criteria {
            field(cx, "criterion", criterion);
        }
        for command in &member.verify {
            field(cx, "check", command);
        }
    }
    if !proposal.words.is_empty() {
        cx.ui.out("");
        cx.ui.out(&harmless(&proposal.words));
    }
    for warning in &proposal.warnings {
        cx.ui.warn(&one_line(warning));
    }
}

fn field(cx: &mut Context, name: &str, value: &str) {
    let name = cx.ui.paint(Tone::Dim, &format!("{name:>12}"));
    cx.ui.out(&format!("{name}  {}", one_line(value)));
}

fn confirmed(cx: &mut Context, proposal: &Proposal, command: &str) -> Result<bool> {
    if !cx.interactive {
        let shown = serde_json::to_value(proposal).unwrap_or_default();
        return Err(Error::new(
            Code::NeedsAnswer,
            "nothing was written: somebody has to agree to these members, and nobody can answer here",
        )
        .hint(command)
        .detail("proposal", shown));
    }
    cx.ui.pass_on();
    let question = format!("Write these {} specs?", proposal.members.len());
    inquire::Confirm::new(&question)
        .with_default(false)
        .prompt()
        .map_err(|error| Error::new(Code::Interrupted, format!("not answered: {error}")))
}
