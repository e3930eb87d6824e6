//! From differences to reasons that a person can follow: which key, which commit, and the command that shows it.

use std::collections::{BTreeSet, HashMap};

use chant_git::{Oid, Touch};

use super::chain::declared;
use super::inputs::Difference;
use super::report::{Changed, Judgement, Look, Reason};
use super::state::Thing;
use super::{Examination, Findings};
use crate::error::Result;
use crate::inputs::spec_of_path;

/// Of more paths than this it is not looked up which commit changed them.
const LOOKED_UP: usize = 200;

/// Who changed the paths that differ.
pub(super) struct Because {
    /// By path from the project's root: the commit, and when.
    touched: HashMap<String, (String, String)>,
    /// Paths that are not as the compared commit has them.
    uncommitted: BTreeSet<String>,
}

impl Because {
    /// Asks git once for all paths. Two processes, or none.
    pub(super) fn find(exam: &Examination<'_>, findings: &Findings<'_>) -> Result<Self> {
        let differences: Vec<&Difference> =
            findings.direct.iter().chain(&findings.edited).collect();
        let paths: BTreeSet<&str> = differences.iter().map(|d| d.name.as_str()).collect();
        let paths: Vec<&str> = paths.into_iter().take(LOOKED_UP).collect();
        let mut because = Self {
            touched: HashMap::new(),
            uncommitted: BTreeSet::new(),
        };
        if paths.is_empty() {
            return Ok(because);
        }
        let repo = exam.project.repo();
        if exam.state.in_work_tree() {
            let places: Vec<(Oid, String)> = paths
                .iter()
                .map(|path| (exam.state.at.clone(), exam.project.path_from_repo(path)))
                .collect();
            for (path, oid) in paths.iter().zip(repo.ids_at(&places)?) {
                let now = exam.state.find(path);
                let is_committed = match (&now, &oid) {
                    (Thing::File(now), Some(oid)) => now == oid.as_str(),
                    (Thing::Nothing, None) => true,
                    (Thing::File(_) | Thing::Nothing, _) | (_, None) => false,
                    (_, Some(_)) => !matches!(now, Thing::File(_) | Thing::Nothing),
                };
                if !is_committed {
                    because.uncommitted.insert((*path).to_owned());
                }
            }
        }
        let full: Vec<String> = paths
            .iter()
            .map(|path| exam.project.path_from_repo(path))
            .collect();
        let full: Vec<&str> = full.iter().map(String::as_str).collect();
        let prefix = exam.project.prefix_text();
        for Touch {
            path, commit, at, ..
        } in repo.touches(&exam.state.at, &full)?
        {
            let path = path.strip_prefix(&prefix).unwrap_or(&path).to_owned();
            because
                .touched
                .entry(path)
                .or_insert_with(|| (commit.to_string(), at));
        }
        Ok(because)
    }

    /// Every reason to name a spec.
    pub(super) fn reasons(
        &self,
        exam: &Examination<'_>,
        findings: &Findings<'_>,
        at: usize,
    ) -> Vec<Reason> {
        let inputs = of(&findings.direct, at).iter();
        let mut reasons: Vec<Reason> = inputs
            .map(|difference| Reason::Input(self.changed(exam, difference, true)))
            .collect();
        if findings.stale.contains(&at) {
            let upstream = exam.chain.upstream(at).iter();
            reasons.extend(
                upstream
                    .filter(|edge| edge.to != at && findings.stale.contains(&edge.to))
                    .map(|edge| Reason::Inherited {
                        from: exam.entries[edge.to].node.id.clone(),
                        by: edge.by,
                    }),
            );
        }
        let outputs = of(&findings.edited, at).iter();
        reasons.extend(
            outputs.map(|difference| Reason::Output(self.changed(exam, difference, false))),
        );
        reasons
    }

    fn changed(&self, exam: &Examination<'_>, difference: &Difference, is_input: bool) -> Changed {
        let path = &difference.name;
        let uncommitted = self.uncommitted.contains(path);
        let touched = self.touched.get(path).filter(|_| !uncommitted);
        let key = is_input.then(|| key(exam, difference));
        let summary = exam.entries[difference.spec].content.as_ref().ok();
        let documents = summary
            .filter(|_| key == Some("tracks"))
            .map(|summary| summary.target_files.clone())
            .unwrap_or_default();
        Changed {
            path: path.clone(),
            change: Examination::change(difference),
            key,
            old: difference.recorded.clone(),
            new: difference.now.oid().map(str::to_owned),
            changed_in: touched.map(|(commit, _)| commit.clone()),
            changed_at: touched.map(|(_, at)| at.clone()),
            changed_ago: touched.and_then(|(_, at)| ago(at)),
            uncommitted,
            compare: compare(exam, difference),
            documents,
        }
    }
}

/// The differences of one spec. They are in the order of the specs.
fn of(differences: &[Difference], spec: usize) -> &[Difference] {
    let from = differences.partition_point(|difference| difference.spec < spec);
    let count = differences[from..].partition_point(|difference| difference.spec == spec);
    &differences[from..from + count]
}

/// The key whose entry makes a path an input.
fn key(exam: &Examination<'_>, difference: &Difference) -> &'static str {
    let path = difference.name.as_str();
    let id = spec_of_path(path);
    let names = |entry: &String| {
        let spec = exam.names.spec(entry);
        entry.trim_start_matches("./") == path
            || exam.state.named_by(entry).iter().any(|name| name == path)
            || path
                .strip_prefix(entry.trim_end_matches('/'))
                .is_some_and(|rest| rest.starts_with('/'))
            || spec.is_some_and(|spec| {
                let spec = &exam.entries[spec];
                id.as_ref().is_some_and(|id| id.as_str() == spec.node.id)
                    || spec.content.as_ref().is_ok_and(|summary| {
                        summary.target_files.iter().any(|target| target == path)
                    })
            })
    };
    // What is tracked is said first: it names the document that has to follow.
    let mut keys = declared(&exam.entries[difference.spec]);
    keys.reverse();
    let found = keys.into_iter().find(|(_, list)| list.iter().any(names));
    found.map_or("depends_on", |(key, _)| key)
}

/// A command that shows what changed, where git can show it.
fn compare(exam: &Examination<'_>, difference: &Difference) -> Option<String> {
    let short = |oid: &str| oid.get(..12).unwrap_or(oid).to_owned();
    let path = quoted(&exam.project.path_from_repo(&difference.name));
    let landing = exam.landings[difference.spec].as_ref();
    if spec_of_path(&difference.name).is_some() {
        let since = short(landing?.commit.as_ref()?.as_str());
        return Some(if exam.state.in_work_tree() {
            format!("git diff {since} -- {path}")
        } else {
            format!(
                "git diff {since} {} -- {path}",
                short(exam.state.at.as_str())
            )
        });
    }
    match (&difference.expected, &difference.now) {
        (Some(old), Thing::File(_)) if exam.state.in_work_tree() => {
            Some(format!("git diff {} -- {path}", short(old)))
        }
        (Some(old), Thing::File(new)) => Some(format!("git diff {} {}", short(old), short(new))),
        (Some(old), _) => Some(format!("git show {}", short(old))),
        (None, _) => None,
    }
}

/// How long ago a time is, for a person.
fn ago(at: &str) -> Option<String> {
    let at: jiff::Timestamp = at.parse().ok()?;
    let seconds = chant_os::clock::now().as_second() - at.as_second();
    let (count, unit) = match seconds {
        ..0 => return None,
        0..60 => return Some("just now".to_owned()),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    let s = if count == 1 { "" } else { "s" };
    Some(format!("{count} {unit}{s} ago"))
}

/// A path as a shell takes it.
fn quoted(path: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+@".contains(c);
    if path.chars().all(plain) {
        path.to_owned()
    } else {
        format!("'{}'", path.replace('\'', r"'\''"))
    }
}

/// Everything that was looked at for one spec.
pub(super) fn looks(exam: &Examination<'_>, findings: &Findings<'_>, at: usize) -> Vec<Look> {
    let mut looks = findings.looks.get(&at).cloned().unwrap_or_default();
    for difference in of(&findings.direct, at) {
        looks.push(Look {
            name: difference.name.clone(),
            verdict: Judgement::Drifted,
            because: None,
        });
    }
    for (difference, by) in findings.accepted.iter().filter(|(d, _)| d.spec == at) {
        let (verdict, because) = match by {
            Some(landing) if landing.spec == exam.entries[at].node.id => (
                Judgement::Accepted,
                "this spec's own landing made it so".to_owned(),
            ),
            Some(landing) => (
                Judgement::Accepted,
                format!("{}, which builds on this spec, made it so", landing.spec),
            ),
            None => (
                Judgement::Unknown,
                "git never had it, and it is not here".to_owned(),
            ),
        };
        looks.push(Look {
            name: difference.name.clone(),
            verdict,
            because: Some(because),
        });
    }
    looks.sort_by(|a, b| a.name.cmp(&b.name));
    looks
}
