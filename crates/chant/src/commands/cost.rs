//! `chant cost`

use chant_engine::Result;
use chant_engine::budget::cost::{self, By, Costs, Row, Wanted};
use clap::ValueEnum;

use crate::cli::{Context, Done};
use crate::table::{self, Cell};
use crate::ui::{Tone, one_line};

/// Show what work has cost: money, tokens and time, and what of it was for nothing
///
/// Counts every process of an agent that ran in this clone. A cost with `~` holds amounts that were computed from tokens and
/// the `prices` in the settings; what no agent told and no price is known for is said, not guessed.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  chant cost\n  chant cost --by label --since 7d\n  chant cost --by day --label issue-1234"
)]
pub(crate) struct Args {
    /// What the costs are told by
    #[arg(long, value_name = "WHAT", default_value = "phase")]
    by: Choice,
    /// Only of specs with this label
    #[arg(long, value_name = "LABEL")]
    label: Option<String>,
    /// Only from this day or moment on, or so long ago: 2026-11-21, 7d
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Choice {
    Phase,
    Label,
    Agent,
    Day,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let project = cx.project()?;
    let since = args.since.as_deref();
    let wanted = Wanted {
        by: match args.by {
            Choice::Phase => By::Phase,
            Choice::Label => By::Label,
            Choice::Agent => By::Agent,
            Choice::Day => By::Day,
        },
        label: args.label.clone(),
        since: since
            .map(|text| cost::since(text, chant_os::clock::now()))
            .transpose()?,
    };
    let costs = cost::cost(&project, &wanted)?;
    if costs.rows.is_empty() {
        let is_all = args.label.is_none() && args.since.is_none();
        cx.ui.out(if is_all {
            "No agent has worked here."
        } else {
            "No agent has worked on what was asked about."
        });
    } else if !cx.ui.is_json() {
        show(cx, &costs);
    }
    Done::with(costs)
}

fn show(cx: &mut Context, costs: &Costs) {
    let head = [
        "",
        "runs",
        "cost",
        "tokens in",
        "out",
        "minutes",
        "of that in failed runs",
    ];
    let mut rows = vec![head.map(|text| Cell::new(Tone::Dim, text)).to_vec()];
    rows.extend(costs.rows.iter().map(|each| row(each, Tone::Plain)));
    rows.push(row(&costs.total, Tone::Strong));
    table::print(&mut cx.ui, &rows);
    let total = &costs.total;
    if total.computed_usd > 0.0 {
        let computed = dollars(total.computed_usd);
        cx.ui.hint(&format!(
            "~ holds {computed} computed from tokens and `prices`"
        ));
    }
    if total.runs_of_unknown_cost > 0 {
        let (unknown, all) = (total.runs_of_unknown_cost, total.runs);
        cx.ui.hint(&format!(
            "the cost of {unknown} of {all} runs is not fully known: their agents told none, and no price of their model is set"
        ));
    }
}

fn row(row: &Row, tone: Tone) -> Vec<Cell<'static>> {
    let is_unknown = row.runs_of_unknown_cost == row.runs && row.usd == 0.0;
    let cost = match (is_unknown, row.computed_usd > 0.0) {
        (true, _) => "unknown".to_owned(),
        (false, true) => format!("~{}", dollars(row.usd)),
        (false, false) => dollars(row.usd),
    };
    let failed = &row.failed;
    let failed = if failed.runs == 0 {
        "-".to_owned()
    } else {
        let of = if failed.runs == 1 { "run" } else { "runs" };
        let cost = if is_unknown {
            "unknown".to_owned()
        } else {
            dollars(failed.usd)
        };
        format!("{cost} ({} {of}, {} min)", failed.runs, failed.minutes)
    };
    let texts = [
        one_line(&row.name),
        row.runs.to_string(),
        cost,
        row.input_tokens.to_string(),
        row.output_tokens.to_string(),
        row.minutes.to_string(),
        failed,
    ];
    texts.map(|text| Cell::new(tone, text)).to_vec()
}

fn dollars(usd: f64) -> String {
    chant_spec::Usd::from_dollars(usd).to_string()
}
