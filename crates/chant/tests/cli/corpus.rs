//! A repository as the earlier implementation left it works without a change to any of its files.

use std::path::{Path, PathBuf};

use chant_testkit::TestRepo;
use serde_json::Value;

use crate::support::{data, error};

/// How many specs the shared corpus has.
const SPECS: usize = 588;

const CONFIG: &str = "---\nproject:\n  name: veteran\n  prefix: null\n  silent: false\ndefaults:\n  prompt: standard\n  branch: false\n  pr: false\n  model: sonnet\n  provider: claude\n  rotation_strategy: none\nproviders:\n  ollama:\n    endpoint: http://localhost:11434\n    max_retries: 3\nparallel:\n  agents:\n    - name: main\n      command: claude\n      max_concurrent: 2\n      weight: 1\n    - name: alt1\n      command: claude-alt1\n      max_concurrent: 3\n  cleanup:\n    enabled: true\n    auto_run: false\napproval:\n  require_approval_for_agent_work: false\n  rejection_action: manual\nrepos:\n  - name: other\n    path: ../other\n---\n\n# Project\n";

const PROMPT: &str = "---\nname: standard\npurpose: Default\n---\n\n# Execute Spec\n\nYou are implementing {{spec.title}} for {{project.name}}.\n\n{{spec.description}}\n";

fn shared_specs() -> Option<PathBuf> {
    let shared = std::env::var_os("CHANT_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let specs = shared.join("corpus/specs");
    if !specs.is_dir() {
        eprintln!("skipped: no corpus at {}", specs.display());
        return None;
    }
    Some(specs)
}

/// A repository of the earlier implementation, all of it committed.
fn veteran() -> Option<TestRepo> {
    let specs = shared_specs()?;
    let repo = TestRepo::new();
    for entry in std::fs::read_dir(specs).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        repo.write(&format!(".chant/specs/{name}"), &text);
    }
    repo.write(".chant/config.md", CONFIG);
    repo.write(".chant/prompts/standard.md", PROMPT);
    let old = |title: &str| {
        format!(
            "---\ntype: code\nstatus: completed\ncommits:\n- 1234567\nmodel: claude-opus\n---\n\n# {title}\n"
        )
    };
    for (path, title) in [
        ("2026-01-10/2026-01-10-001-aaa.md", "Put away long ago"),
        ("2026-01-10/2026-01-10-001-aaa.1.md", "Its first member"),
        ("2026-01-10/2026-01-10-001-aaa.2.md", "Its second member"),
        ("2026-01-11-001-bbb.md", "Put away without a folder"),
    ] {
        repo.write(&format!(".chant/archive/{path}"), &old(title));
    }
    repo.write(
        ".chant/specs/2026-02-01-001-new.md",
        "---\ntype: code\nstatus: pending\ndepends_on:\n- 2026-01-10-001-aaa\n---\n\n# Waits for what was put away\n",
    );
    repo.commit("everything");
    Some(repo)
}

#[track_caller]
fn assert_spec_shape(spec: &Value) {
    for key in ["id", "title", "type", "status", "path"] {
        assert!(spec[key].is_string(), "{key}: {spec}");
    }
    for key in ["ready", "stale", "archived"] {
        assert!(spec[key].is_boolean(), "{key}: {spec}");
    }
    for key in [
        "blocked_by",
        "labels",
        "depends_on",
        "informed_by",
        "target_files",
    ] {
        assert!(spec[key].is_array(), "{key}: {spec}");
    }
    assert!(spec["criteria"]["total"].is_u64(), "{spec}");
    assert!(spec["criteria"]["checked"].is_u64(), "{spec}");
}

#[test]
fn every_spec_is_listed_and_none_is_broken() {
    let Some(repo) = veteran() else { return };
    let specs = data(&repo, &["list"]);
    let specs = specs.as_array().unwrap();
    assert_eq!(specs.len(), SPECS + 1);
    for spec in specs {
        assert_spec_shape(spec);
        assert!(spec.get("error").is_none(), "{spec}");
        assert_ne!(spec["title"], "", "{spec}");
    }
    let table = repo.chant(&["list"]);
    table.ok();
    assert_eq!(table.stdout.lines().count(), SPECS + 1);
    let archived = data(&repo, &["list", "--archived"]);
    assert_eq!(archived.as_array().unwrap().len(), 4);
}

#[test]
fn what_is_ready_can_be_worked_and_what_was_put_away_counts() {
    let Some(repo) = veteran() else { return };
    let ready = data(&repo, &["list", "--ready"]);
    let ready = ready.as_array().unwrap();
    for spec in ready {
        assert_eq!(spec["ready"], true);
        assert_eq!(spec["status"], "pending");
        assert_eq!(spec["blocked_by"], serde_json::json!([]));
    }
    assert!(
        ready.iter().any(|spec| spec["id"] == "2026-02-01-001-new"),
        "an archived dependency counts as completed"
    );
    let blocked = data(&repo, &["list", "--status", "blocked"]);
    for spec in blocked.as_array().unwrap() {
        assert_ne!(
            spec["blocked_by"],
            serde_json::json!([]),
            "says why: {spec}"
        );
    }
}

#[test]
fn every_query_works_and_no_file_changes() {
    let Some(repo) = veteran() else { return };
    let before = repo.snapshot_files();
    let board = data(&repo, &["status"]);
    assert_eq!(board["project"], "veteran");
    assert_eq!(board["total"], SPECS + 1);
    assert_eq!(board["archived"], 4);
    let counted: u64 = board["counts"]
        .as_object()
        .unwrap()
        .values()
        .map(|count| count.as_u64().unwrap())
        .sum();
    assert_eq!(counted, SPECS as u64 + 1);
    let lint = repo.chant(&["lint"]);
    assert!(matches!(lint.code, Some(0 | 1)), "{}", lint.stderr);
    let linted = repo.chant(&["lint", "--json"]).json();
    assert!(linted["ok"].is_boolean());
    let hits = data(&repo, &["search", "acceptance"]);
    assert!(hits.as_array().unwrap().len() > 100);
    assert!(repo.chant(&["diagnose"]).stdout.contains("settings"));
    repo.chant(&["log", "2026-01-24-001-cxn"]).fails(3);
    repo.chant(&["prep", "2026-02-01-001-new"]).ok();
    repo.chant(&["status"]).ok();
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    assert_eq!(repo.snapshot_files(), before);
}

#[test]
fn specs_are_shown_by_every_kind_of_name() {
    let Some(repo) = veteran() else { return };
    for (name, id) in [
        ("2026-01-24-001-cxn", "2026-01-24-001-cxn"),
        ("cxn", "2026-01-24-001-cxn"),
        (".chant/specs/2026-01-24-001-cxn.md", "2026-01-24-001-cxn"),
        ("2026-01-24-01e-o0l.2", "2026-01-24-01e-o0l.2"),
        ("2026-01-10-001-aaa", "2026-01-10-001-aaa"),
        ("2026-01-10-001-aaa.1", "2026-01-10-001-aaa.1"),
        ("2026-01-11-001-bbb", "2026-01-11-001-bbb"),
    ] {
        let shown = data(&repo, &["show", name]);
        assert_eq!(shown["id"], id, "{name}");
        assert_spec_shape(&shown);
        assert!(shown["body"].is_string());
    }
    let shown = data(&repo, &["show", "2026-01-24-01e-o0l"]);
    assert_eq!(shown["member_ids"].as_array().unwrap().len(), 5);
    let several = error(&repo, 3, &["show", "2026-01-24-00"]);
    assert_eq!(several["code"], "spec-ambiguous");
    assert!(several["details"]["candidates"].as_array().unwrap().len() > 1);
}

#[test]
fn older_settings_are_understood_and_those_without_meaning_are_named() {
    let Some(repo) = veteran() else { return };
    let config = data(&repo, &["config"]);
    let value = |key: &str| {
        config["values"]
            .as_array()
            .unwrap()
            .iter()
            .find(|value| value["key"] == key)
            .unwrap_or_else(|| panic!("{key}: {config}"))["value"]
            .clone()
    };
    assert_eq!(value("project.name"), "veteran");
    assert_eq!(value("defaults.agent"), "claude");
    assert_eq!(value("defaults.model"), "sonnet");
    let keys: Vec<&str> = config["unused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|remark| remark["key"].as_str().unwrap())
        .collect();
    for key in ["defaults.branch", "defaults.pr", "repos"] {
        assert!(keys.contains(&key), "{key}: {keys:?}");
    }
    assert_eq!(config["warnings"], serde_json::json!([]));
}
