//! Which new values of an input are no drift: those that the chain's own landings made.
//!
//! A fix that is built on a root cause changes the code that the root cause was found in; that does not make the finding
//! stale. So of a spec's input, what a landing made of it is accepted if that landing is the spec's own, or of a spec that
//! builds on it, and if it began from a value that was accepted. Whatever changes it afterwards is drift again.

use std::collections::{HashMap, HashSet};

use chant_git::Oid;

use super::Examination;
use super::inputs::Difference;
use super::state::Thing;
use crate::error::Result;
use crate::history::Landing;

/// One landing's change of one path.
struct Step<'a> {
    landing: &'a Landing,
    spec: usize,
    made: Option<&'a str>,
}

/// How far what is there now is accepted.
#[derive(Debug)]
pub(super) enum Answer<'a> {
    /// This landing made it so.
    MadeBy(&'a Landing),
    /// Nobody of the chain did; it ended with this value.
    Ended(Option<String>),
}

/// For each difference, whether it is accepted. One process, or none.
pub(super) fn accepted<'a>(
    exam: &'a Examination<'_>,
    differences: &[Difference],
) -> Result<Vec<Answer<'a>>> {
    let paths: HashSet<&str> = differences.iter().map(|d| d.name.as_str()).collect();
    let steps = steps(exam, &paths);
    let chains: Vec<Vec<&Step<'_>>> = differences
        .iter()
        .map(|difference| chain(exam, difference, &steps))
        .collect();
    let before = values_before(exam, &chains, differences)?;
    Ok(differences
        .iter()
        .zip(chains)
        .map(|(difference, chain)| follow(difference, &chain, &before))
        .collect())
}

/// What landings did to these paths, oldest first.
fn steps<'a>(exam: &'a Examination<'_>, paths: &HashSet<&str>) -> HashMap<String, Vec<Step<'a>>> {
    let mut steps: HashMap<String, Vec<Step<'a>>> = HashMap::new();
    for (spec, entry) in exam.entries.iter().enumerate() {
        if exam.names.id(&entry.node.id) != Some(spec) {
            continue;
        }
        for landing in exam.history.all(&entry.node.id) {
            for output in &landing.outputs {
                if paths.contains(output.path.as_str()) {
                    steps.entry(output.path.clone()).or_default().push(Step {
                        landing,
                        spec,
                        made: output.oid.as_deref(),
                    });
                }
            }
        }
    }
    for steps in steps.values_mut() {
        steps.sort_by_key(|step| std::cmp::Reverse(step.landing.place));
    }
    steps
}

/// The steps that may be accepted: from the spec's last landing on, its own and those of what builds on it.
fn chain<'s, 'a>(
    exam: &Examination<'_>,
    difference: &Difference,
    steps: &'s HashMap<String, Vec<Step<'a>>>,
) -> Vec<&'s Step<'a>> {
    let Some(landing) = exam.landings[difference.spec].as_ref() else {
        return Vec::new();
    };
    // What is inferred is older than everything that is recorded.
    let since = if landing.inferred {
        usize::MAX
    } else {
        landing.place
    };
    let steps = steps.get(&difference.name).map_or(&[][..], Vec::as_slice);
    steps
        .iter()
        .filter(|step| step.landing.place <= since)
        .filter(|step| {
            step.spec == difference.spec || exam.chain.builds_on(step.spec, difference.spec)
        })
        .collect()
}

/// What was at a path where a landing began.
type Before = HashMap<(Oid, String), Option<String>>;

fn values_before(
    exam: &Examination<'_>,
    chains: &[Vec<&Step<'_>>],
    differences: &[Difference],
) -> Result<Before> {
    let places: HashSet<(Oid, String)> = chains
        .iter()
        .zip(differences)
        .flat_map(|(chain, difference)| {
            chain
                .iter()
                .filter_map(|step| Some((step.landing.base.clone()?, difference.name.clone())))
        })
        .collect();
    let places: Vec<(Oid, String)> = places.into_iter().collect();
    let questions: Vec<(Oid, String)> = places
        .iter()
        .map(|(base, path)| (base.clone(), exam.project.path_from_repo(path)))
        .collect();
    let answers = exam.project.repo().ids_at(&questions)?;
    Ok(places
        .into_iter()
        .zip(
            answers
                .into_iter()
                .map(|oid| oid.map(|oid| oid.to_string())),
        )
        .collect())
}

/// Goes from what was recorded along the landings, as far as each began where an accepted one ended.
fn follow<'a>(difference: &Difference, chain: &[&Step<'a>], before: &Before) -> Answer<'a> {
    let now = match &difference.now {
        Thing::File(oid) => Some(Some(oid.as_str())),
        Thing::Nothing => Some(None),
        _ => None,
    };
    let mut last = difference.recorded.as_deref();
    let mut values: HashSet<Option<&str>> = HashSet::from([difference.recorded.as_deref()]);
    let mut made_by = None;
    for step in chain {
        let began = step
            .landing
            .base
            .as_ref()
            .map(|base| &before[&(base.clone(), difference.name.clone())]);
        // Files that git does not have begin nowhere: of these only the order of landings is known.
        let began_accepted =
            step.landing.silent || began.is_none_or(|began| values.contains(&began.as_deref()));
        if began_accepted {
            values.insert(step.made);
            last = step.made;
            if now == Some(step.made) {
                made_by = Some(step.landing);
            }
        }
    }
    made_by.map_or_else(|| Answer::Ended(last.map(str::to_owned)), Answer::MadeBy)
}
