//! What single commands do, beyond what the tests of runs show.

use chant_testkit::TestRepo;

use crate::support::{add, data, error, listed, project, shell, spec_path, write_spec};

#[test]
fn init_may_be_repeated() {
    let repo = TestRepo::new();
    let first = data(&repo, &["init", "--name", "kv"]);
    assert_eq!(first["new"], true);
    assert_eq!(first["name"], "kv");
    let before = repo.snapshot_files();
    let second = data(&repo, &["init", "--name", "other"]);
    assert_eq!(second["new"], false);
    assert_eq!(second["name"], "kv");
    assert_eq!(second["created"], serde_json::json!([]));
    assert_eq!(repo.snapshot_files(), before);
}

#[test]
fn init_in_a_subfolder_is_for_the_repository_unless_it_says_here() {
    let repo = TestRepo::new();
    repo.write("sub/file", "");
    repo.chant(&["-C", "sub", "init"]).ok();
    assert!(repo.path().join(".chant").is_dir());
    assert!(!repo.path().join("sub/.chant").exists());
    let repo = TestRepo::new();
    repo.write("sub/file", "");
    repo.chant(&["-C", "sub", "init", "--here"]).ok();
    assert!(repo.path().join("sub/.chant").is_dir());
    assert!(!repo.path().join(".chant").exists());
    repo.chant(&["-C", "sub", "add", "One"]).ok();
    repo.chant(&["list"]).fails(4);
}

#[test]
fn init_refuses_what_is_no_work_tree() {
    let nowhere = TestRepo::folder_only();
    assert_eq!(error(&nowhere, 4, &["init"])["code"], "not-a-repository");
    nowhere.git(&["init", "--quiet", "--bare", "bare"]);
    let bare = error(&nowhere, 4, &["-C", "bare", "init"]);
    assert_eq!(bare["code"], "bare-repository");
}

#[test]
fn every_flag_of_add_is_in_the_file() {
    let repo = project();
    repo.write(".chant/notes.md", "Notes.\n");
    let first = add(&repo, &["First"]);
    let body = "Some prose.\n\n## Acceptance Criteria\n\n- [ ] One\n";
    let id = add(
        &repo,
        &[
            "Second: with \"quotes\"",
            "--type",
            "research",
            "--prompt",
            "research",
            "--label",
            "a",
            "--label",
            "b",
            "--depends-on",
            "001",
            "--informed-by",
            ".chant/notes.md",
            "--target",
            "out.md",
            "--model",
            "opus",
            "--agent",
            "main",
            "--needs-approval",
            "--body",
            body,
        ],
    );
    let spec = listed(&repo, &id);
    let wanted = serde_json::json!({
        "title": "Second: with \"quotes\"", "type": "research", "prompt": "research", "labels": ["a", "b"],
        "depends_on": [first], "informed_by": [".chant/notes.md"], "target_files": ["out.md"],
        "model": "opus", "agent": "main", "ready": false, "criteria": {"total": 1, "checked": 0},
    });
    for (key, value) in wanted.as_object().unwrap() {
        assert_eq!(&spec[key], value, "{key}");
    }
    let reasons = spec["blocked_by"].to_string();
    assert!(reasons.contains("approv"), "{reasons}");
    assert!(reasons.contains(&first), "{reasons}");
    let wrong = error(&repo, 2, &["add", "x", "--type", "reserch"]);
    assert!(wrong["hint"].as_str().unwrap().contains("research"));
}

#[test]
fn edit_uses_an_editor_with_arguments_and_checks_the_result() {
    let repo = project();
    let id = add(&repo, &["One"]);
    let edit = |editor: &str| {
        repo.chant_with(|command| {
            command.args(["edit", &id]).env("EDITOR", editor);
        })
    };
    let sed = "sed -i 's/# One/# The other one/'";
    let changed = edit(sed);
    changed.ok();
    assert!(changed.stdout.contains("changed"), "{}", changed.stdout);
    assert_eq!(listed(&repo, &id)["title"], "The other one");
    let same = edit("true --wait");
    same.ok();
    assert!(same.stdout.contains("is as it was"), "{}", same.stdout);
    edit("false").fails(1);
    assert_ne!(edit("no-such-editor").code, Some(0));
    edit("sed -i 's/status: pending/status: [/'").fails(5);
    let repaired = edit("sed -i 's/status: \\[/status: pending/'");
    repaired.ok();
    let nobody = error(&repo, 4, &["edit", &id]);
    assert_eq!(nobody["code"], "needs-answer");
}

#[test]
fn search_wants_every_word() {
    let repo = project();
    write_spec(&repo, "001-cat", "labels: [pets]\n");
    write_spec(&repo, "002-dog", "labels: [pets]\n");
    let ids = |words: &[&str]| {
        let found = data(&repo, &[&["search"], words].concat());
        let found = found.as_array().unwrap();
        found
            .iter()
            .map(|hit| hit["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&["PETS"]), ["001-cat", "002-dog"]);
    assert_eq!(ids(&["pets", "dog"]), ["002-dog"]);
    assert!(ids(&["pets", "bird"]).is_empty());
    repo.chant(&["search"]).fails(2);
}

#[test]
fn the_archive_and_back() {
    let repo = project();
    for id in ["001-a", "002-b"] {
        write_spec(&repo, id, "status: completed\nlabels: [v1]\n");
    }
    write_spec(&repo, "003-c", "status: pending\nlabels: [v1]\n");
    repo.commit("specs");
    let before = repo.file(&spec_path("001-a"));
    repo.chant(&["archive", "003"]).fails(4);
    repo.chant(&["archive", "--label", "v1"]).ok();
    assert_eq!(data(&repo, &["list"]).as_array().unwrap().len(), 1);
    let away = data(&repo, &["list", "--archived"]);
    assert_eq!(away.as_array().unwrap().len(), 2);
    assert_eq!(data(&repo, &["show", "001"])["archived"], true);
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    for command in ["work", "prep", "reset", "cancel"] {
        let refused = error(&repo, 4, &[command, "001"]);
        let hint = refused["hint"].as_str().unwrap();
        assert!(hint.contains("--restore 001-a"), "{command}: {hint}");
    }
    repo.chant(&["archive", "--restore", "001", "002"]).ok();
    assert_eq!(repo.file(&spec_path("001-a")), before);
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    repo.chant(&["archive", "--label", "nothing"]).fails(4);
}

#[test]
fn cancel_is_one_value_in_the_file() {
    let repo = project();
    write_spec(&repo, "001-a", "# why\nstatus: pending # yet\n");
    write_spec(&repo, "002-b", "status: pending\ndepends_on: [001-a]\n");
    repo.commit("specs");
    let before = repo.file(&spec_path("001-a"));
    repo.chant(&["cancel", "001"]).ok();
    let after = repo.file(&spec_path("001-a"));
    assert_eq!(after, before.replace("pending # yet", "cancelled # yet"));
    let waits = listed(&repo, "002-b");
    let reasons = waits["blocked_by"].to_string();
    assert!(reasons.contains("cancelled"), "{reasons}");
    repo.chant(&["work", "001"]).fails(4);
    repo.chant(&["cancel", "001"]).ok();
}

#[test]
fn silent_on_off_and_refused() {
    let repo = TestRepo::new();
    repo.chant(&["init", "--silent"]).ok();
    add(&repo, &["One"]);
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    assert_eq!(data(&repo, &["silent", "--status"])["silent"], true);
    repo.chant(&["silent", "--off"]).ok();
    assert_ne!(repo.git(&["status", "--porcelain"]), "");
    repo.chant(&["silent"]).ok();
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    repo.chant(&["silent", "--off"]).ok();
    repo.commit("chant");
    let refused = error(&repo, 4, &["silent"]);
    assert_eq!(refused["code"], "silent-refused");
}

#[test]
fn settings_name_their_source_and_what_is_unknown() {
    let repo = project();
    let own = repo.home().join("config/chant");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(
        own.join("config.md"),
        "---\ndefaults:\n  model: opus\n---\n",
    )
    .unwrap();
    repo.write(
        ".chant/config.md",
        "---\nproject:\n  name: kv\ndefaults:\n  modle: x\n---\n",
    );
    let config = repo.chant(&["config"]);
    config.ok();
    let line = |key: &str| {
        let found = config.stdout.lines().find(|line| line.starts_with(key));
        found.unwrap_or_else(|| panic!("{key}: {}", config.stdout))
    };
    assert!(line("project.name").contains(".chant/config.md:3"));
    assert!(line("defaults.model").contains("opus"));
    assert!(line("defaults.model").contains("config.md:3"));
    assert!(line("limits.idle").contains("default"));
    assert!(config.stderr.contains("modle"), "{}", config.stderr);
    assert!(
        config.stderr.contains("defaults.model"),
        "{}",
        config.stderr
    );
    let one = data(&repo, &["config", "project"]);
    assert_eq!(one["values"].as_array().unwrap().len(), 2);
    let idle = repo.chant(&["config", "limits.idle"]);
    assert!(idle.stdout.contains("may print nothing"), "{}", idle.stdout);
    repo.write(".chant/config.md", "---\nproject: [\n---\n");
    let broken = error(&repo, 5, &["list"]);
    assert_eq!(broken["code"], "config-invalid");
    assert!(broken["details"]["line"].is_u64(), "{broken}");
}

const COMMANDS: &[&str] = &[
    "init",
    "add",
    "list",
    "show",
    "edit",
    "prep",
    "work",
    "log",
    "status",
    "merge",
    "reset",
    "cancel",
    "archive",
    "search",
    "export",
    "lint",
    "silent",
    "trust",
    "config",
    "agents",
    "diagnose",
    "cleanup",
    "undo",
    "why",
    "trace",
    "dag",
    "attest",
    "completion",
    "man",
    "demo",
];

#[test]
fn every_command_has_help_and_a_manual_page() {
    let repo = TestRepo::folder_only();
    let all = repo.chant(&["--help"]);
    all.ok();
    for command in COMMANDS {
        assert!(all.stdout.contains(&format!("\n  {command} ")), "{command}");
        let help = repo.chant(&[command, "--help"]);
        help.ok();
        let first = help.stdout.lines().next().unwrap();
        assert!(
            first.len() > 15 && !first.ends_with('.'),
            "{command}: {first}"
        );
        assert!(help.stdout.ends_with('\n'), "{command}");
        assert!(help.stdout.contains("Usage: chant"), "{command}");
        let page = repo.chant(&["man", command]);
        page.ok();
        assert!(page.stdout.contains(".SH NAME"), "{command}");
        assert!(
            page.stdout.contains(&format!("chant\\-{command}")),
            "{command}"
        );
    }
    repo.chant(&["man"]).ok();
    repo.chant(&["man", "bogus"]).fails(2);
    let version = repo.chant(&["--version"]);
    version.ok();
    assert!(version.stdout.starts_with("chant "));
}

#[test]
fn every_shell_is_completed() {
    let repo = TestRepo::folder_only();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = repo.chant(&["completion", shell]);
        script.ok();
        assert!(script.stdout.contains("diagnose"), "{shell}");
        assert!(!script.stdout.contains("__guard"), "{shell}");
    }
    let checked = shell(&repo, "\"$CHANT\" completion bash | bash -n");
    assert_eq!(checked.stderr, "");
}

#[test]
fn a_wrong_command_is_answered_with_the_nearest() {
    let repo = project();
    let output = repo.chant(&["lsit"]);
    output.fails(2);
    assert!(output.stderr.contains("list"), "{}", output.stderr);
    assert_eq!(output.stdout, "");
}
