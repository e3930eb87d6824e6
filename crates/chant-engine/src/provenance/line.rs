//! Lines in groups, each with its commit and its landing.

use std::collections::HashMap;

use chant_git::{Blame, BlamedLine, Oid};

use super::place::Place;
use super::{Commit, LandedWith, Lines};
use crate::history::Landing;

/// The lines of a blame, those that follow each other from one commit together.
pub(super) fn groups(blame: &Blame, owners: &HashMap<Oid, &Landing>, place: &Place) -> Vec<Lines> {
    let together = |a: &BlamedLine, b: &BlamedLine| a.commit == b.commit;
    blame
        .lines
        .chunk_by(together)
        .map(|lines| {
            let oid = lines[0].commit.as_ref();
            Lines {
                first: lines[0].number,
                last: lines[lines.len() - 1].number,
                text: match place.lines {
                    Some(_) => lines.iter().map(|line| line.text.clone()).collect(),
                    None => Vec::new(),
                },
                commit: oid.and_then(|oid| commit(oid, blame, place)),
                landing: oid
                    .and_then(|oid| owners.get(oid))
                    .map(|landing| LandedWith {
                        spec: landing.spec.clone(),
                        run: landing.run.clone(),
                        commit: landing.commit.as_ref().map(ToString::to_string),
                        rewritten: landing.silent && landing.commit.as_ref() != oid,
                    }),
            }
        })
        .collect()
}

fn commit(oid: &Oid, blame: &Blame, place: &Place) -> Option<Commit> {
    let known = blame.commits.get(oid)?;
    let at = jiff::Timestamp::from_second(known.time).unwrap_or_default();
    Some(Commit {
        oid: oid.to_string(),
        author: known.author.name.clone(),
        at: at.to_string(),
        subject: known.subject.clone(),
        path: (known.path != place.path.as_str()).then(|| known.path.clone()),
    })
}
