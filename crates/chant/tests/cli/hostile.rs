//! Arguments and titles that want to be something else: options, paths, escape sequences, commands.

use std::collections::BTreeSet;

use chant_testkit::TestRepo;

use crate::support::{add, assert_harmless, data, error, listed, project, shell, spec_path};

#[test]
fn fifty_at_once_are_fifty_specs() {
    let repo = project();
    let script = "for i in $(seq 50); do \"$CHANT\" -q add \"Number $i\" & done; wait";
    let all = shell(&repo, script);
    all.ok();
    let ids: BTreeSet<&str> = all.stdout.lines().collect();
    assert_eq!(ids.len(), 50, "{}", all.stderr);
    let specs = data(&repo, &["list"]);
    let titles: BTreeSet<&str> = specs
        .as_array()
        .unwrap()
        .iter()
        .map(|spec| spec["title"].as_str().unwrap())
        .collect();
    assert_eq!(titles.len(), 50);
    let sequences: BTreeSet<&str> = ids.iter().map(|id| &id[..14]).collect();
    assert_eq!(sequences.len(), 50, "numbers are given once");
}

#[test]
fn any_title_is_kept_and_none_reaches_the_terminal_raw() {
    let repo = project();
    let long = "word ".repeat(1000);
    let titles = [
        "two\nlines\n---\nstatus: completed",
        "quotes \" and ' and `",
        "$(touch pwned) `touch pwned` ; touch pwned",
        "\u{1b}[31mred\u{1b}[0m \u{7} \u{9b}2J",
        "\u{202e}gnp.exe",
        "🦀 Ünïcödé 日本語",
        "# not a heading",
        "{{ spec.id }} {% raw %}",
        "--title-like",
        long.trim(),
    ];
    for title in titles {
        let id = add(&repo, &["--", title]);
        let spec = listed(&repo, &id);
        assert_eq!(spec["status"], "pending", "{title:?}");
        let words = |text: &str| text.replace(|c: char| c == ' ' || c == '`' || c.is_control(), "");
        let kept = words(spec["title"].as_str().unwrap());
        assert_eq!(kept, words(title), "the text of the heading");
        for args in [
            vec!["list"],
            vec!["show", &id],
            vec!["status"],
            vec!["search", &id],
            vec!["lint", &id],
            vec!["--color", "never", "log", &id],
        ] {
            assert_harmless(&repo.chant(&args));
        }
    }
    assert!(!repo.path().join("pwned").exists());
    repo.chant(&["lint"]).ok();
}

#[test]
fn an_empty_title_is_refused() {
    let repo = project();
    for title in ["", "   ", "\n"] {
        let error = error(&repo, 2, &["add", title]);
        assert_eq!(error["code"], "usage");
    }
}

#[test]
fn names_that_are_no_ids_are_refused_and_nothing_is_read() {
    let repo = project();
    add(&repo, &["One"]);
    std::fs::write(repo.home().join("secret.md"), "# The secret\n").unwrap();
    repo.write("outside.md", "# The secret\n");
    repo.write(".chant/secret.md", "# The secret\n");
    let absolute = repo.home().join("secret.md").display().to_string();
    for name in [
        "..",
        "../x",
        "../secret",
        "../secret.md",
        "../../outside",
        "outside.md",
        "./outside.md",
        ".chant/specs/../secret.md",
        ".chant/specs/../../outside.md",
        ".chant/specs/sub/x.md",
        ".chant/specs/",
        "/",
        "/etc/passwd",
        &absolute,
        "a/b",
        "-xyzw",
        "--x",
        ".",
        "",
        " ",
        "a b",
        "*",
        "$(id)",
        "\u{1b}[31m",
    ] {
        for command in [
            "show", "prep", "work", "log", "cancel", "reset", "archive", "edit", "lint",
        ] {
            let output = repo.chant(&[command, "--", name]);
            output.fails(3);
            assert!(!output.stdout.contains("secret"), "{command} {name}");
            assert!(!output.stderr.contains("The secret"), "{command} {name}");
            assert_harmless(&output);
        }
    }
}

#[test]
fn a_name_of_bytes_that_are_no_text_is_wrong_usage() {
    use std::os::unix::ffi::OsStrExt as _;
    let repo = project();
    let output = repo.chant_with(|command| {
        command
            .arg("show")
            .arg(std::ffi::OsStr::from_bytes(b"\xff\xfe"));
    });
    output.fails(2);
}

#[test]
fn targets_stay_inside_the_repository() {
    let repo = project();
    for target in [
        "../x",
        "/etc/passwd",
        "a/../../b",
        ".git/config",
        "a\nb",
        "",
    ] {
        let error = error(&repo, 2, &["add", "One", "--target", target]);
        assert_eq!(error["code"], "usage", "{target:?}");
    }
    assert_eq!(data(&repo, &["list"]), serde_json::json!([]));
    let text = "---\nstatus: pending\ntarget_files: [../../etc/passwd]\n---\n\n# Outside\n\n## Acceptance Criteria\n\n- [ ] One\n";
    repo.write(&spec_path("outside"), text);
    let lint = error(&repo, 1, &["lint", "outside"]);
    let finding = &lint["details"]["lint"]["findings"][0]["findings"][0];
    assert_eq!(finding["code"], "target-outside", "{lint}");
    assert_eq!(finding["severity"], "error", "{lint}");
}

#[test]
fn values_like_options_stay_values() {
    let repo = project();
    let first = add(&repo, &["First"]);
    for value in [
        "-xyzw",
        "--force",
        "a --b",
        "two\nlines",
        "---",
        "- item",
        "a: b",
        "# c",
        "\"q\"",
        "null",
        "1e3",
        "~",
    ] {
        let label = format!("--label={value}");
        let model = format!("--model={value}");
        let id = add(&repo, &["One", &label, &model]);
        let spec = listed(&repo, &id);
        assert_eq!(spec["labels"], serde_json::json!([value]));
        assert_eq!(spec["model"], value);
        assert_eq!(spec["status"], "pending");
        let found = data(&repo, &["list", &label]);
        assert_eq!(found.as_array().unwrap().len(), 1, "{value:?}");
        assert_harmless(&repo.chant(&["show", &id]));
    }
    for prompt in [
        "../x",
        "/etc/passwd",
        "--x",
        "a/b",
        "two\nlines",
        "no-such-prompt",
    ] {
        let output = repo.chant(&["add", "One", &format!("--prompt={prompt}")]);
        output.fails(3);
        assert_harmless(&output);
    }
    for name in ["--force", "-xyzw", "../x", "two\nlines", "no-such-spec"] {
        repo.chant(&["add", "One", &format!("--depends-on={name}")])
            .fails(3);
    }
    let id = add(&repo, &["Second", "--depends-on", &first]);
    assert_eq!(listed(&repo, &id)["depends_on"], serde_json::json!([first]));
}

#[test]
fn the_clock_may_go_backwards() {
    let repo = project();
    let at = |now: &str, args: &[&str]| {
        repo.chant_with(|command| {
            command.args(args).env("CHANT_NOW", now);
        })
    };
    let added = at("2026-03-02T10:00:00Z", &["-q", "add", "Later"]);
    added.ok();
    assert!(added.stdout.starts_with("2026-03-02-001-"));
    let added = at("2026-03-01T10:00:00Z", &["-q", "add", "Earlier"]);
    added.ok();
    assert!(added.stdout.starts_with("2026-03-01-001-"));
    let added = at("1960-01-01T00:00:00Z", &["-q", "add", "Long ago"]);
    added.ok();
    at("1970-01-01T00:00:00Z", &["list"]).ok();
    at("2026-03-01T10:00:00Z", &["show", "001"]).ok();
}

#[test]
fn a_missing_home_is_no_obstacle_to_reading_and_writing_specs() {
    let repo = project();
    let homeless = |args: &[&str]| {
        repo.chant_with(|command| {
            command.args(args);
            for name in [
                "HOME",
                "XDG_CONFIG_HOME",
                "XDG_CACHE_HOME",
                "XDG_DATA_HOME",
                "CHANT_WORKTREES",
            ] {
                command.env_remove(name);
            }
        })
    };
    homeless(&["add", "One"]).ok();
    homeless(&["list"]).ok();
    homeless(&["status"]).ok();
    homeless(&["config"]).ok();
    homeless(&["lint"]).ok();
    let work = homeless(&["work", "001"]);
    assert_ne!(work.code, Some(0));
    assert!(!work.stderr.contains("panicked"), "{}", work.stderr);
}

#[test]
fn nothing_is_written_where_nothing_may_be() {
    let repo = project();
    let id = add(&repo, &["One"]);
    let locked = shell(
        &repo,
        "chmod -R a-w .chant && touch .chant/specs/probe 2>/dev/null",
    );
    if locked.code == Some(0) {
        eprintln!("skipped: this user may write everywhere");
        return;
    }
    let refused = repo.chant(&["add", "Two"]);
    refused.fails(1);
    assert!(refused.stderr.contains("hint:"), "{}", refused.stderr);
    repo.chant(&["list"]).ok();
    repo.chant(&["show", &id]).ok();
    shell(&repo, "chmod -R u+w .chant").ok();
}

#[test]
fn a_repository_that_is_none_is_refused() {
    let nowhere = TestRepo::folder_only();
    for args in [vec!["list"], vec!["add", "One"], vec!["init"]] {
        let output = nowhere.chant(&args);
        output.fails(4);
        assert!(output.stderr.contains("hint:"), "{}", output.stderr);
    }
}

/// A repository may hold a link to somebody's own file in place of its settings.
#[cfg(unix)]
#[test]
fn an_error_in_linked_settings_shows_no_line_of_a_file_outside() {
    let repo = project();
    let secret = repo.home().join("secret");
    std::fs::write(&secret, "---\nlimits: {idle: hunter2}\n---\n").unwrap();
    for name in ["config.md", "agents.md"] {
        let link = repo.path().join(".chant").join(name);
        let before = std::fs::read(&link).ok();
        let _ = std::fs::remove_file(&link);
        std::os::unix::fs::symlink(&secret, &link).unwrap();
        for args in [&["list"][..], &["list", "--json"], &["config"]] {
            let output = repo.chant(args);
            output.fails(5);
            let said = output.stdout.clone() + &output.stderr;
            assert!(said.contains("limits.idle"), "{said}");
            assert!(!said.contains("hunter2"), "{said}");
        }
        std::fs::remove_file(&link).unwrap();
        if let Some(before) = before {
            std::fs::write(&link, before).unwrap();
        }
    }
    // In the repository it is shown.
    repo.write("shared.md", "---\nlimits: {idle: hunter2}\n---\n");
    let link = repo.path().join(".chant/agents.md");
    std::os::unix::fs::symlink("../shared.md", link).unwrap();
    assert!(repo.chant(&["list"]).stderr.contains("hunter2"));
}
