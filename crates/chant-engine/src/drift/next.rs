//! What `chant work --stale` makes again, and in which order.

use std::collections::HashSet;

use chant_spec::SpecId;

use super::{Basis, Request, drift};
use crate::error::Result;
use crate::project::Project;

/// What is to be made again next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// This spec.
    Work(SpecId),
    /// Nothing more.
    Done {
        /// Stale gates: no agent passes them, a person has to look again.
        gates: Vec<String>,
        /// Specs that are stale only by what is not committed. A run begins from the main branch.
        uncommitted: usize,
    },
}

/// The ids of what is stale at the main branch's tip.
pub(crate) fn stale(project: &Project) -> Result<HashSet<String>> {
    let request = Request {
        basis: Basis::Tip,
        ..Request::default()
    };
    let specs = drift(project, &request)?.specs.into_iter();
    Ok(specs
        .filter(|verdict| verdict.stale)
        .map(|verdict| verdict.id)
        .collect())
}

/// The next stale spec that is not among `tried`. What it builds on comes first, so that a spec whose inputs come out
/// the same bytes is not made again for nothing: to be asked anew after every landing.
pub fn next(project: &Project, labels: &[String], tried: &[SpecId]) -> Result<Next> {
    let ask = |basis| {
        drift(
            project,
            &Request {
                labels: labels.to_vec(),
                basis,
                ..Request::default()
            },
        )
    };
    let mut gates = Vec::new();
    for verdict in ask(Basis::Tip)?.specs {
        let Ok(id) = SpecId::parse(&verdict.id) else {
            continue;
        };
        if !verdict.stale || tried.contains(&id) {
            continue;
        }
        let path = project.spec_path_from_root(&id);
        if project.document(&path)?.frontmatter().gate.is_some() {
            gates.push(verdict.id);
        } else {
            return Ok(Next::Work(id));
        }
    }
    let uncommitted = if tried.is_empty() {
        ask(Basis::Usual)?.specs.iter().filter(|v| v.stale).count()
    } else {
        0
    };
    Ok(Next::Done { gates, uncommitted })
}
