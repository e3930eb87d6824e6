//! `chant cost`: what work has cost in this clone, and what of that was for nothing.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use chant_spec::Usd;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::stint;
use crate::config::parse_duration;
use crate::error::Result;
use crate::journal::Stint;
use crate::journal::{Journal, RunRecord, RunState};
use crate::project::Project;

/// What the costs are told by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// What kind of work it was.
    #[default]
    Phase,
    /// The labels of the specs.
    Label,
    /// The agent.
    Agent,
    /// The day, where the user is.
    Day,
}

/// Which costs are asked for.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// What they are told by.
    pub by: By,
    /// Only of specs with this label.
    pub label: Option<String>,
    /// Only from then on.
    pub since: Option<Timestamp>,
}

/// What some work has cost.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Row {
    /// What the work has in common.
    pub name: String,
    /// How many runs it was.
    pub runs: usize,
    /// US dollars, as far as they are known.
    pub usd: f64,
    /// How much of it was computed from tokens and the settings' prices.
    pub computed_usd: f64,
    /// How many of the runs cost something that nobody told.
    pub runs_of_unknown_cost: usize,
    /// Tokens in.
    pub input_tokens: u64,
    /// Tokens out.
    pub output_tokens: u64,
    /// How long agents worked.
    pub minutes: f64,
    /// The part of it whose runs failed or were put aside.
    pub failed: Failed,
}

/// What failed work has cost.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Failed {
    /// How many runs.
    pub runs: usize,
    /// US dollars, as far as they are known.
    pub usd: f64,
    /// How long agents worked.
    pub minutes: f64,
}

/// What work has cost.
#[derive(Debug, Clone, Serialize)]
pub struct Costs {
    /// What it is told by.
    pub by: By,
    /// The rows; a run with several labels is in each of them.
    pub rows: Vec<Row>,
    /// Everything, each run once.
    pub total: Row,
}

/// The moment from which on costs are asked for: a date, a time, or how long ago (`7d`).
pub fn since(text: &str, now: Timestamp) -> Result<Timestamp> {
    let ago = parse_duration(text).filter(|_| text.ends_with(char::is_alphabetic));
    let ago = ago.and_then(|ago| SignedDuration::try_from(ago).ok());
    match ago.and_then(|ago| now.checked_sub(ago).ok()) {
        Some(moment) => Ok(moment),
        None => crate::moment::since(text),
    }
}

/// What work has cost. Only the clone that did it knows.
pub fn cost(project: &Project, wanted: &Wanted) -> Result<Costs> {
    let journal = Journal::open_existing(&project.state_dir(), &project.project_key())?;
    let runs = journal.map_or(Ok(Vec::new()), |journal| journal.paid())?;
    Ok(add_up(&runs, wanted, &TimeZone::system()))
}

fn add_up(runs: &[RunRecord], wanted: &Wanted, zone: &TimeZone) -> Costs {
    let mut groups: BTreeMap<String, Sum<'_>> = BTreeMap::new();
    let mut total = Sum::default();
    let of_label = |run: &&RunRecord| {
        let label = wanted.label.as_ref();
        label.is_none_or(|label| run.facts.labels.contains(label))
    };
    for run in runs.iter().filter(of_label) {
        for stint in stint::of_run(run) {
            if !is_since(&stint, wanted.since) {
                continue;
            }
            for name in names(run, &stint, wanted.by, zone) {
                groups.entry(name).or_default().add(run, &stint);
            }
            total.add(run, &stint);
        }
    }
    Costs {
        by: wanted.by,
        rows: groups
            .into_iter()
            .map(|(name, sum)| sum.row(name))
            .collect(),
        total: total.row("total".to_owned()),
    }
}

fn is_since(stint: &Stint, since: Option<Timestamp>) -> bool {
    let at = || stint.at.parse::<Timestamp>();
    since.is_none_or(|since| at().is_ok_and(|at| at >= since))
}

fn names(run: &RunRecord, stint: &Stint, by: By, zone: &TimeZone) -> Vec<String> {
    match by {
        By::Phase => vec![phase(&run.facts.prompt, &run.facts.kind)],
        By::Agent => vec![stint.agent.clone()],
        By::Label if run.facts.labels.is_empty() => vec!["(no label)".to_owned()],
        By::Label => run.facts.labels.clone(),
        By::Day => {
            let day = stint.at.parse::<Timestamp>();
            let day = day.map(|at| at.to_zoned(zone.clone()).date().to_string());
            vec![day.unwrap_or_else(|_| "(unknown)".to_owned())]
        }
    }
}

/// What people call the work that a prompt is for; where the prompt is for anything, the spec's type.
fn phase(prompt: &str, kind: &str) -> String {
    let name = match prompt {
        "comprehend" => "comprehension",
        "reproduce" => "reproduction",
        "root-cause" => "root cause",
        "impact-map" => "impact map",
        "implement" => "fix",
        "document" => "documentation",
        "standard" if !kind.is_empty() => kind,
        prompt => prompt,
    };
    name.to_owned()
}

/// A row while it is added up; money is exact until it is shown.
#[derive(Debug, Default)]
struct Sum<'a> {
    runs: HashSet<&'a str>,
    unknown: HashSet<&'a str>,
    failed: HashSet<&'a str>,
    usd: Usd,
    computed: Usd,
    failed_usd: Usd,
    input_tokens: u64,
    output_tokens: u64,
    time: Duration,
    failed_time: Duration,
}

impl<'a> Sum<'a> {
    fn add(&mut self, run: &'a RunRecord, stint: &Stint) {
        let spent = stint.spent();
        self.runs.insert(&run.id);
        self.usd = self.usd + spent.usd;
        self.time += spent.time;
        self.input_tokens = self.input_tokens.saturating_add(stint.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(stint.output_tokens);
        if stint.usd.is_none() {
            self.unknown.insert(&run.id);
        }
        if stint.computed {
            self.computed = self.computed + spent.usd;
        }
        let was_in_vain = matches!(
            run.state,
            RunState::Failed | RunState::NeedsAttention | RunState::Reset
        );
        if was_in_vain {
            self.failed.insert(&run.id);
            self.failed_usd = self.failed_usd + spent.usd;
            self.failed_time += spent.time;
        }
    }

    fn row(self, name: String) -> Row {
        Row {
            name,
            runs: self.runs.len(),
            usd: self.usd.dollars(),
            computed_usd: self.computed.dollars(),
            runs_of_unknown_cost: self.unknown.len(),
            input_tokens: self.input_tokens,
            output_tokens: self.output_tokens,
            minutes: minutes(self.time),
            failed: Failed {
                runs: self.failed.len(),
                usd: self.failed_usd.dollars(),
                minutes: minutes(self.failed_time),
            },
        }
    }
}

/// In tenths.
fn minutes(time: Duration) -> f64 {
    (time.as_secs_f64() / 6.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::journal::{Facts, Phase, Step};

    fn run(
        id: &str,
        state: RunState,
        prompt: &str,
        labels: &[&str],
        stints: Vec<Stint>,
    ) -> RunRecord {
        RunRecord {
            id: id.into(),
            spec: "001".into(),
            attempt: 1,
            state,
            reason: String::new(),
            step: Step::Clean,
            phase: Phase::Started,
            started_at: "2026-11-20T12:00:00Z".into(),
            ended_at: None,
            facts: Facts {
                prompt: prompt.into(),
                kind: "code".into(),
                labels: labels.iter().map(ToString::to_string).collect(),
                stints,
                ..Facts::default()
            },
        }
    }

    fn stint(at: &str, agent: &str, usd: Option<f64>) -> Stint {
        Stint {
            at: format!("2026-11-{at}:00Z"),
            agent: agent.into(),
            input_tokens: 100,
            output_tokens: 10,
            usd,
            ms: 90_000,
            ..Stint::default()
        }
    }

    fn runs() -> Vec<RunRecord> {
        let first = vec![
            stint("20T12:00", "main", Some(0.5)),
            stint("21T09:00", "other", None),
        ];
        vec![
            run(
                "a",
                RunState::Completed,
                "comprehend",
                &["bugs", "now"],
                first,
            ),
            run(
                "b",
                RunState::Failed,
                "standard",
                &["bugs"],
                vec![stint("21T10:00", "main", Some(2.0))],
            ),
            run(
                "c",
                RunState::Completed,
                "standard",
                &[],
                vec![stint("21T11:00", "main", Some(1.0))],
            ),
        ]
    }

    fn shown(wanted: &Wanted) -> Vec<(String, usize, f64)> {
        let costs = add_up(&runs(), wanted, &TimeZone::UTC);
        let rows = costs.rows.into_iter().chain([costs.total]);
        rows.map(|row| (row.name, row.runs, row.usd)).collect()
    }

    fn by(by: By) -> Wanted {
        Wanted {
            by,
            ..Wanted::default()
        }
    }

    #[test]
    fn each_grouping_adds_up_to_the_same_total() {
        let row = |name: &str, runs, usd| (name.to_owned(), runs, usd);
        let total = row("total", 3, 3.5);
        let expect = [
            row("code", 2, 3.0),
            row("comprehension", 1, 0.5),
            total.clone(),
        ];
        assert_eq!(shown(&by(By::Phase)), expect);
        let expect = [row("main", 3, 3.5), row("other", 1, 0.0), total.clone()];
        assert_eq!(shown(&by(By::Agent)), expect);
        let expect = [
            row("2026-11-20", 1, 0.5),
            row("2026-11-21", 3, 3.0),
            total.clone(),
        ];
        assert_eq!(shown(&by(By::Day)), expect);
        let expect = [
            row("(no label)", 1, 1.0),
            row("bugs", 2, 2.5),
            row("now", 1, 0.5),
            total,
        ];
        assert_eq!(shown(&by(By::Label)), expect);
    }

    #[test]
    fn a_label_and_a_moment_select() {
        let mut wanted = by(By::Agent);
        wanted.label = Some("bugs".into());
        wanted.since = Some("2026-11-21T00:00:00Z".parse().unwrap());
        let costs = add_up(&runs(), &wanted, &TimeZone::UTC);
        let total = &costs.total;
        assert_eq!(
            (total.runs, total.usd, total.runs_of_unknown_cost),
            (2, 2.0, 1)
        );
        assert_eq!((total.failed.runs, total.failed.usd), (1, 2.0));
        assert_eq!((total.input_tokens, total.minutes), (200, 3.0));
    }

    #[test]
    fn since_is_a_date_a_time_or_a_while_ago() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let read = |text| since(text, now).map(|moment| moment.to_string()).ok();
        assert_eq!(read("2d").as_deref(), Some("2026-11-19T12:00:00Z"));
        assert_eq!(
            read("2026-11-20T10:00:00Z").as_deref(),
            Some("2026-11-20T10:00:00Z")
        );
        assert!(read("2026-11-20").is_some());
        assert_eq!(read("lately"), None);
    }
}
