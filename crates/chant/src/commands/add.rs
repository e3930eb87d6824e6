//! `chant add`

use std::io::Read;

use chant_engine::verbs::add;
use chant_engine::{Code, Error, Result};
use chant_spec::{Kind, NewSpec};

use super::workflow;
use crate::cli::{Context, Done};
use crate::ui::one_line;

/// Write a new spec
///
/// The file is made with a fresh id and can be edited at once. Say what should change, and how one will know: criteria are
/// task-list items under the heading "Acceptance Criteria".
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  chant add \"Fix typo in README storage section\"\n  chant add \"Root cause of #1234\" --type research --label issue-1234\n  chant add \"Fix #1234\" --depends-on 004 --needs-approval\n  chant add \"Fix #1234\" --informed-by .chant/research/issue-1234.md\n  chant add \"Faster storage\" --type driver\n  chant add \"Measure first\" --group 005\n  chant add \"Writes are lost\" --workflow oss-maintainer --var issue=1234"
)]
pub(crate) struct Args {
    /// What should change, in a sentence: the title
    #[arg(value_name = "TITLE")]
    title: String,
    /// code, task, research, documentation or driver
    #[arg(long = "type", value_name = "TYPE", default_value = "code")]
    kind: String,
    /// The prompt to work it with
    #[arg(long, value_name = "NAME")]
    prompt: Option<String>,
    /// The driver that it is a member of; its id is the driver's with the next number
    #[arg(long, value_name = "DRIVER")]
    group: Option<String>,
    /// A word to select by
    #[arg(long, value_name = "LABEL")]
    label: Vec<String>,
    /// A spec that has to be completed first
    #[arg(long, value_name = "SPEC")]
    depends_on: Vec<String>,
    /// An input: a file, directory, glob, spec or URL
    #[arg(long, value_name = "INPUT")]
    informed_by: Vec<String>,
    /// A file it is about
    #[arg(long, value_name = "FILE")]
    target: Vec<String>,
    /// The model to ask for
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// The agent to work it with
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// What is started first of many: a number, higher first, or high, normal or low
    #[arg(long, value_name = "N", value_parser = priority, allow_negative_numbers = true)]
    priority: Option<String>,
    /// A person has to approve it before it is worked
    #[arg(long)]
    needs_approval: bool,
    /// What follows the title; `-` reads it from standard input
    #[arg(long, value_name = "TEXT")]
    body: Option<String>,
    /// Make all specs of a workflow instead of one; the title is its variable `title`
    #[arg(
        long,
        value_name = "NAME",
        conflicts_with_all = ["kind", "group", "prompt", "depends_on", "informed_by", "target", "model", "agent", "priority", "needs_approval", "body"]
    )]
    workflow: Option<String>,
    #[command(flatten)]
    values: workflow::Values,
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Done> {
    let project = cx.project()?;
    if args.title.trim().is_empty() {
        return Err(
            Error::new(Code::Usage, "the title is empty").hint("chant add \"what should change\"")
        );
    }
    if let Some(name) = args.workflow {
        let wish = workflow::wish(name, args.title, args.values, args.label)?;
        return workflow::make(cx, &wish);
    }
    if !args.values.values.is_empty() {
        return Err(Error::new(Code::Usage, "--var needs --workflow")
            .hint("chant workflow list shows the workflows there are"));
    }
    let kind = Kind::parse(&args.kind);
    if let Kind::Unknown(word) = &kind {
        let known = ["code", "task", "research", "documentation", "driver"];
        let hint = chant_engine::nearest(word, known).map_or_else(
            || format!("use one of {}", known.join(", ")),
            |near| format!("did you mean {near:?}?"),
        );
        return Err(Error::new(Code::Usage, format!("{word:?} is not a type of specs")).hint(hint));
    }
    let mut depends_on = Vec::new();
    for name in &args.depends_on {
        let full = match chant_engine::repos::qualified(&project, name) {
            Some(full) => full?,
            None => cx.spec(&project, name)?.id.to_string(),
        };
        depends_on.push(full);
    }
    let new = NewSpec {
        kind,
        title: args.title,
        depends_on,
        informed_by: args.informed_by,
        target_files: args.target,
        labels: args.label,
        prompt: args.prompt,
        model: args.model,
        agent: args.agent,
        priority: args.priority,
        verify: Vec::new(),
        needs_approval: args.needs_approval,
        body: body(args.body)?,
    };
    let added = match &args.group {
        Some(driver) => add::add_member(&project, &cx.spec_at_hand(&project, driver)?, new)?,
        None => add::add(&project, new)?,
    };
    if cx.ui.is_quiet() {
        cx.ui.out(&one_line(&added.id));
    } else {
        cx.ui.out(&format!("Created spec: {}", one_line(&added.id)));
    }
    for overlap in &added.overlaps {
        let (id, target) = (one_line(&overlap.id), one_line(&overlap.target));
        cx.ui.warn(&format!(
            "{id} is about {target} too: they are not worked at the same time; with `--depends-on {id}` one builds on the other"
        ));
    }
    cx.ui
        .hint(&format!("{}; then: chant work {}", added.path, added.id));
    Done::with(added)
}

/// The word as it is written into the file, if it means anything.
fn priority(word: &str) -> std::result::Result<String, String> {
    match chant_spec::priority(word) {
        Some(_) => Ok(word.to_owned()),
        None => Err("it is a number, or one of critical, high, normal and low".to_owned()),
    }
}

fn body(text: Option<String>) -> Result<Option<String>> {
    if text.as_deref() != Some("-") {
        return Ok(text);
    }
    let mut read = String::new();
    std::io::stdin()
        .read_to_string(&mut read)
        .map_err(|error| Error::new(Code::Io, format!("failed to read standard input: {error}")))?;
    Ok(Some(read))
}
