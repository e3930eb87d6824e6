//! Staleness: which completed specs were made from something that is another thing now.
//!
//! Content decides, never a date: the object ids that landings recorded are compared with a commit or the work tree, so a
//! fresh clone is as clean as the one that did the work. A spec is stale if an input differs (*direct*), or if it builds on
//! a stale one (*inherited*); what an own landing of the chain made of an input is accepted. An output that somebody
//! edited is said as well; for code, which is meant to be edited, that alone makes nothing stale.
//!
//! Every question to git is asked once for all specs: the number of processes does not grow with them.

mod accepted;
pub(crate) mod chain;
mod inferred;
mod inputs;
mod next;
mod outputs;
mod reasons;
pub(crate) mod remembered;
mod report;
mod state;

use std::collections::{HashMap, HashSet};

use chant_spec::SpecId;

use crate::error::Result;
use crate::history::{History, Landing};
use crate::index::Entry;
use crate::project::Project;
use accepted::Answer;
use chain::{Chain, Names};
use inputs::{Compared as ComparedInputs, Difference, SpecsNow};
use reasons::Because;
use state::{State, Thing};

pub(crate) use next::stale;
pub use next::{Next, next};
pub use report::{Change, Changed, Compared, Judgement, Look, Reason, Report, Verdict};
pub use state::Basis;

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Only these specs; all that were not put away where there are none.
    pub ids: Vec<SpecId>,
    /// Only specs with all of these labels.
    pub labels: Vec<String>,
    /// What to compare with.
    pub basis: Basis,
    /// Whether to tell how every verdict was reached.
    pub explain: bool,
}

/// Everything that verdicts are made from.
struct Examination<'a> {
    project: &'a Project,
    entries: &'a [Entry],
    names: &'a Names<'a>,
    history: &'a History,
    state: &'a State,
    chain: Chain,
    /// The landing that each spec stands on; `None` for what is not completed, or not known.
    landings: Vec<Option<Landing>>,
}

/// Says what is stale, and why.
pub fn drift(project: &Project, request: &Request) -> Result<Report> {
    let entries = crate::index::entries(project)?;
    let state = State::read(project, &request.basis)?;
    let history = History::load(project, &state.at)?;
    let names = Names::new(&entries);
    let exam = Examination::new(project, &entries, &names, &history, &state)?;
    let findings = exam.findings()?;
    if state.is_tip && !project.silent() {
        let ids = findings
            .stale
            .iter()
            .map(|at| entries[*at].node.id.as_str());
        remembered::write(project, &state.compared, &entries, ids.collect());
    }
    exam.report(request, &findings)
}

/// What the examination found, by spec.
struct Findings<'a> {
    /// Directly or by inheritance.
    stale: HashSet<usize>,
    /// Inputs that differ, in the order of the specs.
    direct: Vec<Difference>,
    /// Outputs that were edited, in the order of the specs.
    edited: Vec<Difference>,
    /// Differences that are none, and whose doing they are.
    accepted: Vec<(Difference, Option<&'a Landing>)>,
    /// What was compared and is the same, or can not be known.
    looks: HashMap<usize, Vec<Look>>,
}

impl<'a> Examination<'a> {
    fn new(
        project: &'a Project,
        entries: &'a [Entry],
        names: &'a Names<'a>,
        history: &'a History,
        state: &'a State,
    ) -> Result<Self> {
        let done = |at: &usize| {
            let entry = &entries[*at];
            inferred::is_done(entry) && names.id(&entry.node.id) == Some(*at)
        };
        let mut landings: Vec<Option<Landing>> = vec![None; entries.len()];
        let mut unrecorded = Vec::new();
        for at in (0..entries.len()).filter(done) {
            match history.latest(&entries[at].node.id) {
                Some(landing) => landings[at] = Some(landing.clone()),
                None => unrecorded.push(at),
            }
        }
        let chain = Chain::new(entries, names, history, &landings);
        let mut exam = Self {
            project,
            entries,
            names,
            history,
            state,
            chain,
            landings,
        };
        let completions = inferred::completions(project, state, entries, &unrecorded)?;
        for (at, landing) in inferred::landings(&exam, completions)? {
            exam.landings[at] = Some(landing);
        }
        Ok(exam)
    }

    fn findings(&self) -> Result<Findings<'_>> {
        let specs = SpecsNow::read(self)?;
        let mut differences = Vec::new();
        let mut looks = HashMap::new();
        for (at, landing) in self.landings.iter().enumerate() {
            if let Some(landing) = landing {
                let ComparedInputs {
                    differences: found,
                    looks: looked,
                } = inputs::compare(self, &specs, at, landing);
                differences.extend(found);
                looks.insert(at, looked);
            }
        }
        let differences = inputs::drop_bookkeeping(self, differences)?;
        let unknown = inputs::never_in_git(self, &differences)?;
        let allowed = accepted::accepted(self, &differences)?;
        let mut direct = Vec::new();
        let mut accepted = Vec::new();
        for ((mut difference, unknown), answer) in differences.into_iter().zip(unknown).zip(allowed)
        {
            match answer {
                Answer::MadeBy(landing) => accepted.push((difference, Some(landing))),
                Answer::Ended(_) if unknown => accepted.push((difference, None)),
                Answer::Ended(expected) => {
                    difference.expected = expected;
                    direct.push(difference);
                }
            }
        }
        let edited = outputs::edited(self);
        let stale = self.chain.downstream(self.origins(&direct, &edited));
        // What is not completed concluded nothing; what builds on it is its own matter.
        let stale = stale.into_iter().filter(|at| self.landings[*at].is_some());
        Ok(Findings {
            stale: stale.collect(),
            direct,
            edited,
            accepted,
            looks,
        })
    }

    /// The specs that are stale by themselves. An edited finding is; edited code is what code is for.
    fn origins(
        &self,
        direct: &[Difference],
        edited: &[Difference],
    ) -> impl Iterator<Item = usize> + use<'_> {
        let findings = |difference: &&Difference| {
            chain::writes_findings(&self.entries[difference.spec].node.kind)
        };
        let origins: HashSet<usize> = direct
            .iter()
            .chain(edited.iter().filter(findings))
            .map(|difference| difference.spec)
            .collect();
        origins.into_iter()
    }

    fn report(&self, request: &Request, findings: &Findings<'_>) -> Result<Report> {
        let because = Because::find(self, findings)?;
        let wanted = |at: &usize| self.is_wanted(request, *at);
        let examined: Vec<usize> = (0..self.entries.len())
            .filter(|at| self.landings[*at].is_some())
            .filter(wanted)
            .collect();
        let mut specs = Vec::new();
        for at in self.chain.in_order(&examined) {
            let mut verdict = self.verdict(at, findings, &because);
            if request.explain {
                verdict.looked_at = reasons::looks(self, findings, at);
            }
            if request.explain || !verdict.reasons.is_empty() {
                specs.push(verdict);
            }
        }
        let without = |at: &usize, done: bool| {
            let entry = &self.entries[*at];
            self.landings[*at].is_none() && inferred::is_done(entry) == done
        };
        let ids = |done: bool| -> Vec<String> {
            (0..self.entries.len())
                .filter(wanted)
                .filter(|at| without(at, done))
                .map(|at| self.entries[at].node.id.clone())
                .collect()
        };
        let unknowable = |(at, looks): (&usize, &Vec<Look>)| {
            let unknown = looks
                .iter()
                .filter(|look| look.verdict == Judgement::Unknown);
            if wanted(at) { unknown.count() } else { 0 }
        };
        Ok(Report {
            compared: self.state.compared.clone(),
            examined: examined.len(),
            stale: examined
                .iter()
                .filter(|at| findings.stale.contains(at))
                .count(),
            specs,
            unknown: ids(true),
            open: if request.ids.is_empty() {
                Vec::new()
            } else {
                ids(false)
            },
            unknowable: findings.looks.iter().map(unknowable).sum(),
            circles: self.chain.circles(self.entries),
        })
    }

    fn is_wanted(&self, request: &Request, at: usize) -> bool {
        let node = &self.entries[at].node;
        if request.ids.is_empty() {
            let labels = self.labels(at);
            !node.archived && request.labels.iter().all(|label| labels.contains(label))
        } else {
            self.names.id(&node.id) == Some(at)
                && request.ids.iter().any(|id| id.as_str() == node.id)
        }
    }

    fn labels(&self, at: usize) -> &[String] {
        self.entries[at]
            .content
            .as_ref()
            .map_or(&[], |summary| summary.labels.as_slice())
    }

    fn verdict(&self, at: usize, findings: &Findings<'_>, because: &Because) -> Verdict {
        let entry = &self.entries[at];
        let landing = self.landings[at].as_ref();
        let title = entry.content.as_ref().ok();
        Verdict {
            id: entry.node.id.clone(),
            title: title
                .and_then(|summary| summary.title.clone())
                .unwrap_or_default(),
            kind: entry.node.kind.as_str().to_owned(),
            stale: findings.stale.contains(&at),
            landed: landing
                .and_then(|landing| landing.commit.as_ref())
                .map(ToString::to_string),
            inferred: landing.is_some_and(|landing| landing.inferred),
            reasons: because.reasons(self, findings, at),
            looked_at: Vec::new(),
        }
    }

    /// Whether a path is what was recorded, for what is not a difference of content.
    fn change(difference: &Difference) -> Change {
        match difference.now {
            Thing::File(_) if difference.recorded.is_none() => Change::Added,
            Thing::File(_) => Change::Changed,
            Thing::Folder => Change::Folder,
            Thing::Link => Change::Link,
            Thing::Submodule => Change::Submodule,
            Thing::Nothing => Change::Deleted,
        }
    }
}
