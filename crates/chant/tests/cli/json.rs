//! `--json`: one document, whatever happens, and a documented table of error codes.

use std::path::Path;

use chant_testkit::TestRepo;
use serde_json::Value;

use crate::support::{add, data, error, listed, project, write_spec};

/// Runs with `--json` and asserts the envelope; standard error stays empty.
#[track_caller]
fn document(repo: &TestRepo, args: &[&str]) -> Value {
    let output = repo.chant(&[&["--json"], args].concat());
    let document = output.json();
    assert_eq!(output.stdout.matches('\n').count(), 1, "{args:?}: one line");
    let keys: Vec<&String> = document.as_object().unwrap().keys().collect();
    if document["ok"] == true {
        assert_eq!(keys.len(), 2, "{args:?}: {keys:?}");
        assert!(document.get("data").is_some());
    } else {
        assert_eq!(keys.len(), 2, "{args:?}: {keys:?}");
        let error = document["error"].as_object().unwrap();
        assert_eq!(error.len(), 4, "{error:?}");
        assert!(error["code"].is_string() && error["message"].is_string());
        assert!(error["hint"].is_string() || error["hint"].is_null());
        assert!(error["details"].is_object());
        assert_ne!(output.code, Some(0), "{args:?}");
    }
    assert_eq!(output.stderr, "", "{args:?}: all is said in the document");
    document
}

#[test]
fn every_command_prints_one_document() {
    let repo = project();
    let id = add(&repo, &["One"]);
    let done = add(&repo, &["Two"]);
    for args in [
        vec![],
        vec!["init"],
        vec!["add", "Three"],
        vec!["list"],
        vec!["list", "--ready"],
        vec!["show", &id],
        vec!["prep", &id],
        vec!["approve", &id],
        vec!["approve", &id, "--by", "Ada"],
        vec!["reject", &id, "--by", "Ada", "--reason", "no"],
        vec!["list", "--approval", "rejected"],
        vec!["activity"],
        vec!["log", &id],
        vec!["status"],
        vec!["merge", "--all"],
        vec!["merge", &id],
        vec!["work", &id],
        vec!["cancel", &done],
        vec!["archive", &done],
        vec!["archive", "--restore", &done],
        vec!["reset", &done],
        vec!["search", "one"],
        vec!["drift"],
        vec!["lint"],
        vec!["silent", "--status"],
        vec!["trust"],
        vec!["config"],
        vec!["agents"],
        vec!["diagnose"],
        vec!["cleanup"],
        vec!["undo", "--list"],
        vec!["undo"],
        vec!["completion", "bash"],
        vec!["man"],
        vec!["edit", &id],
    ] {
        document(&repo, &args);
    }
}

#[test]
fn wrong_usage_is_a_document_too() {
    let repo = project();
    for args in [
        vec!["bogus"],
        vec!["show"],
        vec!["list", "--bogus"],
        vec!["--color", "pink", "list"],
        vec!["add"],
        vec!["work"],
        vec!["archive"],
        vec!["silent", "--off", "--status"],
        vec!["-C", "no-such-folder", "list"],
        vec!["completion", "csh"],
        vec!["man", "bogus"],
        vec!["add", "x", "--type", "cod"],
        vec!["-q", "-v", "list"],
        vec!["list", "--status", "pendng"],
        vec!["config", "defaults.modle"],
    ] {
        let said = document(&repo, &args);
        assert_eq!(said["error"]["code"], "usage", "{args:?}");
        let message = said["error"]["message"].as_str().unwrap();
        assert!(
            !message.ends_with(':') && !message.contains('\n'),
            "{message}"
        );
    }
    let said = error(&repo, 2, &["shwo"]);
    assert!(said["hint"].as_str().unwrap().contains("show"), "{said}");
    let said = error(&repo, 2, &["show"]);
    assert!(said["message"].as_str().unwrap().contains("SPEC"), "{said}");
}

#[test]
fn outside_of_a_project_the_document_says_so() {
    let nowhere = TestRepo::folder_only();
    assert_eq!(
        document(&nowhere, &["list"])["error"]["code"],
        "not-a-repository"
    );
    let repo = TestRepo::new();
    assert_eq!(document(&repo, &["list"])["error"]["code"], "no-project");
}

#[test]
fn a_spec_is_the_same_object_everywhere() {
    let repo = project();
    write_spec(
        &repo,
        "001-full",
        "type: research\nstatus: pending\nlabels: [a]\ndepends_on: [002-none]\ninformed_by: [README.md]\ntarget_files: [x.md]\nprompt: research\nmodel: sonnet\n",
    );
    let spec = listed(&repo, "001-full");
    let wanted = serde_json::json!({
        "id": "001-full", "title": "The title of 001-full", "type": "research", "status": "pending",
        "ready": false, "labels": ["a"], "depends_on": ["002-none"], "informed_by": ["README.md"],
        "target_files": ["x.md"], "criteria": {"total": 2, "checked": 1}, "stale": false,
        "path": ".chant/specs/001-full.md", "archived": false, "prompt": "research", "model": "sonnet",
    });
    for (key, value) in wanted.as_object().unwrap() {
        assert_eq!(&spec[key], value, "{key}");
    }
    assert_eq!(spec["blocked_by"].as_array().unwrap().len(), 1);
    let shown = data(&repo, &["show", "001"]);
    let found = data(&repo, &["search", "title"]);
    for (key, value) in spec.as_object().unwrap() {
        assert_eq!(&shown[key], value, "show: {key}");
        assert_eq!(&found[0][key], value, "search: {key}");
    }
}

/// The page is written from the table of codes, so it can not differ from it.
#[test]
fn every_error_code_is_documented() {
    let mut page = String::from(
        "# Errors and exit statuses\n\nWith `--json`, an error is `{\"ok\":false,\"error\":{\"code\",\"message\",\"hint\",\"details\"}}`. The codes and the exit\nstatuses are stable; messages and hints are for people and may change.\n\n| exit | code | meaning |\n|---|---|---|\n",
    );
    for code in chant_engine::Code::ALL {
        let exit = code.exit().to_string();
        let cells = [
            "| ",
            &exit,
            " | `",
            code.name(),
            "` | ",
            code.meaning(),
            " |\n",
        ];
        page.extend(cells);
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors.md");
    if std::env::var_os("CHANT_WRITE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        written, page,
        "CHANT_WRITE_DOCS=1 writes docs/errors.md anew"
    );
}
