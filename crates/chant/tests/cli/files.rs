//! Spec files that no one meant: each is listed with what is wrong, and the others are unharmed.

use chant_testkit::TestRepo;

use crate::support::{assert_harmless, data, error, listed, project, shell, spec_path, write_spec};

/// A project with one sound spec and `bad`, whose file holds these bytes.
fn with_bad(bytes: &[u8]) -> TestRepo {
    let repo = project();
    write_spec(&repo, "good", "status: pending\n");
    std::fs::write(repo.path().join(spec_path("bad")), bytes).unwrap();
    repo
}

/// `bad` is broken everywhere, `good` nowhere.
#[track_caller]
fn assert_only_bad_is_broken(repo: &TestRepo) {
    let bad = listed(repo, "bad");
    assert!(bad["error"]["message"].is_string(), "{bad}");
    assert_eq!(bad["ready"], false);
    let good = listed(repo, "good");
    assert_eq!(good["ready"], true);
    assert!(good.get("error").is_none());
    let table = repo.chant(&["list"]);
    table.ok();
    assert!(table.stdout.contains("broken"), "{}", table.stdout);
    assert_harmless(&table);
    repo.chant(&["show", "good"]).ok();
    repo.chant(&["status"]).ok();
    repo.chant(&["search", "title"]).ok();
    repo.chant(&["lint", "good"]).ok();
    let lint = error(repo, 1, &["lint"]);
    assert_eq!(lint["details"]["lint"]["errors"], 1, "{lint}");
    for command in ["show", "prep", "work"] {
        let output = repo.chant(&[command, "bad"]);
        output.fails(5);
        assert!(output.stderr.contains("bad.md"), "{}", output.stderr);
        assert_harmless(&output);
    }
}

#[test]
fn a_syntax_error_is_named_with_its_place() {
    let repo = with_bad(b"---\nstatus: pending\nlabels: [a\n---\n\n# Bad\n");
    assert_only_bad_is_broken(&repo);
    let shown = repo.chant(&["show", "bad"]);
    assert!(
        shown.stderr.contains(".chant/specs/bad.md:3:9"),
        "{}",
        shown.stderr
    );
    let error = error(&repo, 5, &["show", "bad"]);
    assert_eq!(error["code"], "spec-invalid");
    assert_eq!(error["details"]["file"], ".chant/specs/bad.md");
    assert_eq!(error["details"]["line"], 3);
    assert_eq!(error["details"]["column"], 9);
}

#[test]
fn duplicate_keys_are_an_error() {
    assert_only_bad_is_broken(&with_bad(
        b"---\nstatus: pending\nstatus: completed\n---\n\n# Bad\n",
    ));
}

#[test]
fn invalid_utf8_is_an_error() {
    assert_only_bad_is_broken(&with_bad(b"---\nstatus: pending\n---\n\n# Bad \xff\xc3\n"));
}

#[test]
fn nested_brackets_take_no_time() {
    let mut text = b"---\nlabels: ".to_vec();
    text.extend(vec![b'['; 160 * 1024]);
    text.extend(b"\n---\n\n# Bad\n");
    let before = std::time::Instant::now();
    assert_only_bad_is_broken(&with_bad(&text));
    assert!(before.elapsed().as_secs() < 30);
}

#[test]
fn escapes_in_a_broken_file_are_not_sent() {
    assert_only_bad_is_broken(&with_bad(
        b"---\nstatus: [\x1b[31m\x07\n---\n\n# \x1b]0;title\x07\n",
    ));
}

#[test]
fn a_fifo_blocks_nobody() {
    let repo = with_bad(b"");
    shell(
        &repo,
        "rm .chant/specs/bad.md && mkfifo .chant/specs/bad.md",
    )
    .ok();
    assert_only_bad_is_broken(&repo);
}

#[test]
fn a_folder_is_no_spec() {
    let repo = with_bad(b"");
    shell(&repo, "rm .chant/specs/bad.md && mkdir .chant/specs/bad.md").ok();
    assert_only_bad_is_broken(&repo);
}

#[test]
fn a_device_is_not_opened() {
    let repo = with_bad(b"");
    shell(&repo, "ln -sf /dev/zero .chant/specs/bad.md").ok();
    assert_only_bad_is_broken(&repo);
}

#[test]
fn a_link_out_of_the_repository_is_not_followed() {
    let repo = with_bad(b"");
    std::fs::write(repo.home().join("secret.md"), "# The secret\n").unwrap();
    shell(&repo, "ln -sf \"$HOME/secret.md\" .chant/specs/bad.md").ok();
    assert_only_bad_is_broken(&repo);
    for args in [vec!["list"], vec!["show", "bad"], vec!["search", "secret"]] {
        let output = repo.chant(&args);
        assert!(!output.stdout.contains("The secret"));
        assert!(!output.stderr.contains("The secret"));
    }
}

#[test]
fn a_link_inside_the_repository_is_followed() {
    let repo = with_bad(b"");
    repo.write("notes/linked.md", "---\nstatus: pending\n---\n\n# Linked\n");
    shell(&repo, "ln -sf ../../notes/linked.md .chant/specs/bad.md").ok();
    assert_eq!(listed(&repo, "bad")["title"], "Linked");
}

#[test]
fn an_empty_file_is_broken() {
    assert_only_bad_is_broken(&with_bad(b""));
}

#[test]
fn ten_megabytes_are_read() {
    let mut text = b"---\nstatus: pending\n---\n\n# Big\n\n".to_vec();
    text.extend(b"- [ ] not a criterion\n".repeat(480_000));
    let repo = with_bad(&text);
    assert_eq!(listed(&repo, "bad")["title"], "Big");
    repo.chant(&["show", "bad"]).ok();
    repo.chant(&["lint", "bad"]).ok();
}

#[test]
fn unknown_types_and_statuses_are_kept_and_named() {
    let repo = project();
    write_spec(&repo, "bad", "type: cod\nstatus: pendig\n");
    write_spec(&repo, "good", "status: pending\n");
    assert_eq!(listed(&repo, "good")["ready"], true);
    let bad = listed(&repo, "bad");
    assert_eq!(bad["ready"], false, "{bad}");
    let lint = repo.chant(&["lint", "bad"]);
    let said = format!("{}{}", lint.stdout, lint.stderr);
    assert!(said.contains("pendig") && said.contains("cod"), "{said}");
    assert!(repo.file(&spec_path("bad")).contains("status: pendig"));
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_hide_no_status() {
    let repo = project();
    for (id, text) in [
        ("mark", "\u{feff}---\nstatus: cancelled\n---\n\n# One\n"),
        ("crlf", "---\r\nstatus: cancelled\r\n---\r\n\r\n# One\r\n"),
        (
            "both",
            "\u{feff}---\r\nstatus: cancelled\r\n---\r\n\r\n# One\r\n",
        ),
        ("quoted", "---\nstatus: \"cancelled\" # why\n---\n\n# One\n"),
    ] {
        repo.write(&spec_path(id), text);
        let spec = listed(&repo, id);
        assert_eq!(spec["status"], "cancelled", "{id}");
        assert_eq!(spec["title"], "One", "{id}");
        repo.chant(&["work", id]).fails(4);
        assert_eq!(repo.file(&spec_path(id)), text);
    }
}

#[test]
fn one_id_in_two_places_is_ambiguous_and_both_are_named() {
    let repo = project();
    write_spec(&repo, "twice", "status: pending\n");
    let text = repo.file(&spec_path("twice"));
    repo.write(".chant/archive/2026-01-01/twice.md", &text);
    for command in ["show", "work", "cancel", "archive"] {
        let error = error(&repo, 3, &[command, "twice"]);
        assert_eq!(error["code"], "spec-ambiguous");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(".chant/specs/twice.md"), "{message}");
        assert!(
            message.contains(".chant/archive/2026-01-01/twice.md"),
            "{message}"
        );
    }
    let shown = data(&repo, &["show", ".chant/specs/twice.md"]);
    assert_eq!(shown["archived"], false);
    let shown = data(&repo, &["show", ".chant/archive/2026-01-01/twice.md"]);
    assert_eq!(shown["archived"], true);
}

#[test]
fn names_that_are_no_ids_are_listed_as_broken() {
    let repo = project();
    write_spec(&repo, "good", "status: pending\n");
    for name in ["-dash.md", "two words.md", "line\nend.md", "\u{1b}[31m.md"] {
        repo.write(&format!(".chant/specs/{name}"), "# One\n");
    }
    assert_eq!(listed(&repo, "good")["ready"], true);
    let table = repo.chant(&["list"]);
    table.ok();
    assert_harmless(&table);
    assert_eq!(table.stdout.lines().count(), 5, "{}", table.stdout);
    assert_harmless(&repo.chant(&["lint"]));
    assert_harmless(&repo.chant(&["status"]));
}
