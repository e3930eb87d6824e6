//! Which commit fixed it: from a commit where the test was red to the main branch, where it is green.

use chant_git::Oid;

use super::lab::{Colour, Lab, Step, Tally};
use super::trees::Subject;
use crate::proof::Side;

type Test = (String, String, Oid);

/// The commit that made the test pass, along the main branch's first parents, and its subject. The inner error says why
/// there is none to name.
pub(super) fn fixing_commit(
    lab: &mut Lab<'_, '_>,
    subject: &Subject<'_>,
    tests: &[Test],
    named: &[String],
) -> Step<Result<(Oid, String), String>> {
    let reported = subject.plan.reported_in.iter();
    let said: Vec<&String> = reported.chain(named).collect();
    let candidates = candidates(subject, &said)?;
    if candidates.is_empty() {
        return Ok(Err(
            "it ends as already-fixed, and names no earlier commit of main at which its test fails; `proof.reported_in` may say one"
                .to_owned(),
        ));
    }
    for start in candidates {
        let tree = subject.with_tests(&start, tests)?;
        let colour = lab.runs("proof-reported", &tree, |tally| tally.counts.red > 0)?;
        if colour.counts.red > 0 {
            lab.side(Side::Reported, &tree, Tally::as_red)?;
            return Ok(Ok(between(lab, subject, tests, &start)?));
        }
    }
    let said: Vec<&str> = said.iter().map(|name| name.as_str()).collect();
    Ok(Err(format!(
        "it ends as already-fixed, but its test fails at none of {}: nothing shows that it was ever red",
        said.join(", ")
    )))
}

/// The commits that were named, and those before them, as far as they come before the main branch's tip.
fn candidates(subject: &Subject<'_>, names: &[&String]) -> Step<Vec<Oid>> {
    let repo = subject.project.repo();
    let mut found: Vec<Oid> = Vec::new();
    for name in names {
        let Some(commit) = repo.resolve(&format!("{name}^{{commit}}"))? else {
            continue;
        };
        for commit in [Some(commit.clone()), repo.parent_of(&commit)?]
            .into_iter()
            .flatten()
        {
            if commit != *subject.onto
                && !found.contains(&commit)
                && repo.is_ancestor(&commit, subject.onto)?
            {
                found.push(commit);
            }
        }
    }
    Ok(found)
}

/// Bisects. A commit at which the test shows nothing is passed over for the next one.
fn between(
    lab: &Lab<'_, '_>,
    subject: &Subject<'_>,
    tests: &[Test],
    start: &Oid,
) -> Step<(Oid, String)> {
    let repo = subject.project.repo();
    let line = repo.landed_after(start, subject.onto)?;
    // `line[..first_green]` is not known to be green; everything from there on is taken to be.
    let (mut red, mut green) = (0, line.len() - 1);
    while red < green {
        let mut middle = red + (green - red) / 2;
        let fixed = loop {
            let tree = subject.with_tests(&line[middle], tests)?;
            let tally = lab.runs("proof-bisect", &tree, |tally| tally.counts.red > 0)?;
            match tally.colour() {
                Colour::Green => break true,
                Colour::Neither if middle + 1 < green => middle += 1,
                _ => break false,
            }
        };
        if fixed {
            green = middle;
        } else {
            red = middle + 1;
        }
    }
    let commit = line[green].clone();
    let parent = repo.parent_of(&commit)?.unwrap_or_else(|| start.clone());
    let subject = repo.log(&parent, &commit)?.into_iter().next();
    Ok((
        commit,
        subject.map(|commit| commit.subject).unwrap_or_default(),
    ))
}
