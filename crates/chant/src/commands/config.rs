//! `chant config`

use chant_engine::config::Source;
use chant_engine::{Code, Error, Result};

use crate::cli::{Context, Done};
use crate::table::{self, Cell};
use crate::ui::{Tone, one_line};

/// Show every setting, its value, and where it comes from
///
/// Settings are read from `.chant/config.md` (project) over `~/.config/chant/config.md` (yours), with `.chant/agents.md` (this
/// machine's agents) on top, merged by key. The name of one setting shows what it says, too.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only this setting, or those below it
    #[arg(value_name = "KEY")]
    key: Option<String>,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let project = cx.project()?;
    let config = project.config();
    let wanted = |key: &str| {
        args.key.as_ref().is_none_or(|prefix| {
            key == prefix
                || key
                    .strip_prefix(prefix.as_str())
                    .is_some_and(|rest| rest.starts_with('.'))
        })
    };
    let values: Vec<_> = config
        .values
        .iter()
        .filter(|value| wanted(&value.key))
        .collect();
    if let (Some(key), []) = (&args.key, values.as_slice()) {
        return Err(no_setting(
            key,
            config.values.iter().map(|value| value.key.as_str()),
        ));
    }
    let rows: Vec<Vec<Cell>> = values
        .iter()
        .map(|value| {
            vec![
                Cell::new(Tone::Strong, one_line(&value.key)),
                Cell::new(
                    Tone::Plain,
                    value
                        .value
                        .as_deref()
                        .map_or_else(|| "-".to_owned(), one_line),
                ),
                Cell::new(Tone::Dim, place(&value.source)),
            ]
        })
        .collect();
    cx.ui.begin_page();
    table::print(&mut cx.ui, &rows);
    if let (Some(_), [one]) = (&args.key, values.as_slice()) {
        let text = cx.ui.paint(Tone::Dim, one.description);
        cx.ui.out(&text);
    }
    for remark in config.warnings.iter().chain(&config.unused) {
        let hint = remark
            .hint
            .as_deref()
            .map_or_else(String::new, |hint| format!(" ({hint})"));
        cx.ui.warn(&one_line(&format!(
            "{}: {}: {}{hint}",
            place(&remark.source),
            remark.key,
            remark.message
        )));
    }
    Done::with(
        serde_json::json!({"values": values, "warnings": config.warnings, "unused": config.unused}),
    )
}

fn place(source: &Source) -> String {
    match &source.path {
        Some(path) => one_line(&format!("{}:{}", path.display(), source.line)),
        None => "default".to_owned(),
    }
}

fn no_setting<'a>(key: &str, known: impl IntoIterator<Item = &'a str>) -> Error {
    let hint = chant_engine::nearest(key, known).map_or_else(
        || "`chant config` shows all settings".to_owned(),
        |near| format!("did you mean {near}?"),
    );
    Error::new(Code::Usage, format!("there is no setting {key:?}")).hint(hint)
}
