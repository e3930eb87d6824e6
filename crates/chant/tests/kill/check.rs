//! What must be true when all is quiet: every spec, main's history, and nothing left that is not explained.

use std::collections::{BTreeMap, BTreeSet};

use chant_testkit::crew::{Fate, SHARED};
use serde_json::Value;

use crate::ledger;
use crate::scene::Scene;

/// Every spec landed exactly once, or stands with its reason.
pub(crate) fn fates(scene: &Scene) -> Vec<String> {
    let listed = standings(scene);
    let landings = landings(scene);
    let mut found = Vec::new();
    for (id, fate) in scene.crew.fates(&ledger::cut_short(scene)) {
        let times = landings.get(&id).copied().unwrap_or(0);
        let Some(standing) = listed.get(&id) else {
            found.push(format!("{id} is not listed"));
            continue;
        };
        let is = standing.status.as_str();
        let landed = is == "completed" && times == 1;
        let failed = matches!(is, "failed" | "needs_attention") && !standing.reason.is_empty();
        let quarrels = is == "conflict" && !standing.reason.is_empty();
        let waits =
            matches!(is, "pending" | "blocked" | "ready") && !standing.blocked_by.is_empty();
        let as_planned = match fate {
            Fate::Lands => landed,
            Fate::LandsOrQuarrels => landed || (times == 0 && (quarrels || failed || waits)),
            Fate::Stands => times == 0 && failed,
            Fate::StandsOrWaits => times == 0 && (failed || waits),
            Fate::Waits => times == 0 && waits,
        };
        if !as_planned {
            found.push(format!(
                "{id} ({fate:?}): {times} landings, {is}, reason {:?}, blocked by {:?}",
                standing.reason, standing.blocked_by
            ));
        }
    }
    found
}

/// What `list --json` says of a spec.
struct Standing {
    status: String,
    reason: String,
    blocked_by: Vec<Value>,
}

fn standings(scene: &Scene) -> BTreeMap<String, Standing> {
    let output = scene.repo.chant(&["list", "--json"]);
    let json: Value = serde_json::from_str(&output.stdout).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let specs = json["data"].as_array().cloned().unwrap_or_default();
    let standing = |spec: &Value| Standing {
        status: text(&spec["status"]),
        reason: text(&spec["reason"]),
        blocked_by: spec["blocked_by"].as_array().cloned().unwrap_or_default(),
    };
    specs
        .iter()
        .map(|spec| (text(&spec["id"]), standing(spec)))
        .collect()
}

/// How often each spec landed, by the trailers on main.
fn landings(scene: &Scene) -> BTreeMap<String, usize> {
    let format = "--format=%(trailers:key=Chant-Spec,valueonly)";
    let mut count = BTreeMap::new();
    for id in scene.repo.git(&["log", format, "main"]).split_whitespace() {
        *count.entry(id.to_owned()).or_insert(0) += 1;
    }
    count
}

/// Main is one line of commits, and holds the change of everything that landed and of nothing else.
pub(crate) fn history(scene: &Scene) -> Vec<String> {
    let mut found = Vec::new();
    let merges = scene.repo.git(&["rev-list", "--merges", "main"]);
    if !merges.is_empty() {
        found.push(format!(
            "main is not one line: {}",
            merges.replace('\n', " ")
        ));
    }
    let landed = landings(scene);
    let shared = scene.repo.git(&["show", &format!("main:{SHARED}")]);
    for member in &scene.crew.members {
        let (path, text) = scene.crew.change_of(&member.id).unwrap();
        let is_there = if path == SHARED {
            let words = shared.split_whitespace();
            words.filter(|word| *word == member.id).count()
        } else {
            let listed = scene.repo.git(&["ls-tree", "--name-only", "main", &path]);
            let there = listed.trim() == path;
            usize::from(there && scene.repo.git(&["show", &format!("main:{path}")]) == text)
        };
        let wanted = usize::from(landed.contains_key(&member.id));
        if is_there != wanted {
            found.push(format!(
                "{}: its change is on main {is_there} times, its landing {wanted} times",
                member.id
            ));
        }
    }
    found
}

/// Worktrees, branches, refs and git's own locks that nothing explains.
pub(crate) fn leftovers(scene: &Scene) -> Vec<String> {
    let repo = &scene.repo;
    let standings = standings(scene);
    let status_of = |id: &str| {
        standings
            .get(id)
            .map_or("absent", |standing| standing.status.as_str())
    };
    let mut found = Vec::new();
    for branch in repo
        .git(&[
            "for-each-ref",
            "--format=%(refname:short)",
            "refs/heads/chant",
        ])
        .lines()
    {
        let id = branch.trim_start_matches("chant/");
        if matches!(
            status_of(id),
            "completed" | "absent" | "pending" | "ready" | "blocked"
        ) {
            found.push(format!(
                "the branch {branch} is left, and {id} is {}",
                status_of(id)
            ));
        }
    }
    let mut known = BTreeSet::new();
    let listed = repo.git(&["worktree", "list", "--porcelain"]);
    for path in listed
        .lines()
        .filter_map(|line| line.strip_prefix("worktree "))
        .skip(1)
    {
        known.insert(path.to_owned());
        let id = path.rsplit('/').next().unwrap_or_default();
        let waits = matches!(status_of(id), "paused" | "conflict" | "landing" | "parked");
        if !path.contains("/.checks/") && !path.contains("/.idle/") && !waits {
            found.push(format!(
                "the worktree {path} is left, and {id} is {}",
                status_of(id)
            ));
        }
    }
    found.extend(
        folders(scene)
            .into_iter()
            .filter(|path| !known.contains(path))
            .map(|path| format!("the folder {path} is left, and git does not know it")),
    );
    for name in repo
        .git(&["for-each-ref", "--format=%(refname)", "refs/chant"])
        .lines()
    {
        let kept = name.starts_with("refs/chant/kept/") || name.starts_with("refs/chant/undo/");
        let run = name.strip_prefix("refs/chant/runs/");
        let spec = run.map_or_else(String::new, |run| spec_of(scene, run));
        let waits = matches!(
            status_of(&spec),
            "conflict" | "landing" | "finished" | "failed"
        );
        if !kept && !waits {
            found.push(format!(
                "the ref {name} is left, and {spec} is {}",
                status_of(&spec)
            ));
        }
    }
    found.extend(
        locks(&repo.path().join(".git"))
            .into_iter()
            .map(|path| format!("git's lock {path} is left")),
    );
    found
}

/// The spec of a run, from its first event.
fn spec_of(scene: &Scene, run: &str) -> String {
    let path = scene.repo.path().join(".git/chant/runs").join(run);
    let text = std::fs::read_to_string(path.join("events.jsonl")).unwrap_or_default();
    let first: Value =
        serde_json::from_str(text.lines().next().unwrap_or_default()).unwrap_or_default();
    first["spec"].as_str().unwrap_or_default().to_owned()
}

/// The folders of worktrees on the disk.
fn folders(scene: &Scene) -> Vec<String> {
    let entries = |path: &std::path::Path| {
        std::fs::read_dir(path)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .collect::<Vec<_>>()
    };
    let projects = entries(&scene.repo.worktrees());
    projects
        .iter()
        .flat_map(|project| entries(project))
        .filter(|path| path.is_dir() && !path.ends_with(".checks") && !path.ends_with(".idle"))
        .map(|path| path.display().to_string())
        .collect()
}

/// Lock files that a killed git has left.
fn locks(folder: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && !path.is_symlink() && !path.ends_with("chant") {
            found.extend(locks(&path));
        } else if path.extension().is_some_and(|end| end == "lock") {
            found.push(path.display().to_string());
        }
    }
    found
}
