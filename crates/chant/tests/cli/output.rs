//! How the command line looks: streams, colour, quiet, pagers, and where it is run from.

use chant_testkit::{Output, TestRepo};

use crate::support::{add, assert_harmless, data, project, shell, spec_path, write_spec};

fn chant_env(repo: &TestRepo, env: &[(&str, &str)], args: &[&str]) -> Output {
    repo.chant_with(|command| {
        command.args(args).envs(env.iter().copied());
    })
}

#[test]
fn an_error_is_a_line_and_its_hint_another() {
    let repo = project();
    let output = repo.chant(&["show", "nothing"]);
    output.fails(3);
    assert_eq!(output.stdout, "");
    assert_eq!(
        output.stderr,
        "error: no spec matches \"nothing\"\n  hint: run `chant list` to see all specs\n"
    );
}

#[test]
fn an_error_in_a_file_shows_the_line() {
    let repo = project();
    repo.write(&spec_path("bad"), "---\nlabels: [a\n---\n\n# Bad\n");
    let output = repo.chant(&["show", "bad"]);
    output.fails(5);
    assert_eq!(
        output.stderr,
        "error: unclosed bracket '['\n --> .chant/specs/bad.md:2:9\n  |\n2 | labels: [a\n  |         ^\n  hint: correct it: chant edit .chant/specs/bad.md\n"
    );
}

#[test]
fn a_reader_that_goes_is_no_error() {
    let repo = project();
    for number in 0..300 {
        write_spec(&repo, &format!("{number:03}"), "status: pending\n");
    }
    for command in [
        "list",
        "list --json",
        "lint",
        "search title",
        "config",
        "man",
    ] {
        let script = format!(
            "{{ \"$CHANT\" {command}; echo $? >../status; }} | head -1 >/dev/null; cat ../status"
        );
        let output = shell(&repo, &script);
        assert_eq!(output.stdout.trim(), "0", "{command}");
        assert_eq!(output.stderr, "", "{command}");
    }
    let output = shell(&repo, "\"$CHANT\" list >&-");
    assert!(!output.stderr.contains("panicked"), "{}", output.stderr);
}

#[test]
fn a_full_disk_behind_standard_output_is_told() {
    let repo = project();
    add(&repo, &["One"]);
    for command in ["list", "list --json", "status"] {
        let output = shell(&repo, &format!("\"$CHANT\" {command} >/dev/full"));
        output.fails(1);
        assert!(
            output.stderr.contains("standard output"),
            "{}",
            output.stderr
        );
    }
}

#[test]
fn colour_is_asked_for_or_not_there() {
    let repo = project();
    add(&repo, &["One"]);
    let colored = |env: &[(&str, &str)], args: &[&str]| {
        let output = chant_env(&repo, env, args);
        output.stdout.contains('\u{1b}') || output.stderr.contains('\u{1b}')
    };
    for args in [["list"], ["status"]] {
        assert!(!colored(&[], &args), "no terminal, no colour");
    }
    assert!(!colored(&[], &["show", "nothing"]));
    assert!(colored(&[], &["--color", "always", "list"]));
    assert!(colored(&[], &["--color", "always", "show", "nothing"]));
    assert!(colored(&[("NO_COLOR", "1")], &["--color=always", "list"]));
    assert!(colored(&[("CLICOLOR_FORCE", "1")], &["list"]));
    assert!(!colored(
        &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")],
        &["list"]
    ));
    assert!(!colored(
        &[("CLICOLOR", "0"), ("CLICOLOR_FORCE", "1")],
        &["list"]
    ));
    assert!(!colored(&[], &["--color", "never", "list"]));
    assert!(!colored(&[], &["--color", "always", "list", "--json"]));
}

#[test]
fn quiet_leaves_results_and_errors() {
    let repo = project();
    let added = repo.chant(&["-q", "add", "One"]);
    added.ok();
    assert_eq!(added.stderr, "");
    let id = added.stdout.trim();
    repo.chant(&["show", id]).ok();
    for done in [
        vec!["cancel", id],
        vec!["reset", id],
        vec!["feedback", id, "use the parser"],
        vec!["trust"],
        vec!["pause", "--all"],
        vec!["cleanup", "--yes"],
    ] {
        let output = repo.chant(&[&["-q"], &done[..]].concat());
        output.ok();
        assert_eq!(
            (output.stdout.as_str(), output.stderr.as_str()),
            ("", ""),
            "{done:?}"
        );
    }
    let lint = repo.chant(&["-q", "lint"]);
    lint.ok();
    assert_eq!((lint.stdout.as_str(), lint.stderr.as_str()), ("", ""));
    let failed = repo.chant(&["-q", "show", "nothing"]);
    assert!(failed.stderr.starts_with("error: "));
}

#[test]
fn the_same_from_everywhere() {
    let repo = project();
    let id = add(&repo, &["One"]);
    repo.write("deep/er/file", "");
    let here = repo.chant(&["list"]);
    let below = repo.chant(&["-C", "deep/er", "list"]);
    assert_eq!(here.stdout, below.stdout);
    let inside = repo.chant(&["-C", ".chant/specs", "show", &format!("{id}.md")]);
    inside.ok();
    let path = format!("../../{}", spec_path(&id));
    repo.chant(&["-C", "deep/er", "show", &path]).ok();
    repo.chant(&["-C", "deep/er", "show", &spec_path(&id)]).ok();
    repo.chant(&["-C", "deep/er", "add", "Two"]).ok();
    assert!(!repo.path().join("deep/er/.chant").exists());
    assert_eq!(data(&repo, &["list"]).as_array().unwrap().len(), 2);
    let elsewhere = repo.chant_with(|command| {
        command
            .current_dir("/")
            .arg("-C")
            .arg(repo.path())
            .arg("list");
    });
    assert_eq!(elsewhere.stdout, repo.chant(&["list"]).stdout);
    repo.chant(&["-C", "nowhere", "list"]).fails(2);
}

#[test]
fn a_table_fits_its_width() {
    let repo = project();
    add(&repo, &[&"long ".repeat(100)]);
    let wide = chant_env(&repo, &[("COLUMNS", "60")], &["list"]);
    for line in wide.stdout.lines() {
        assert!(line.chars().count() <= 60, "{line}");
        assert!(line.ends_with('…'), "{line}");
    }
}

#[test]
fn a_pager_is_for_terminals() {
    let repo = project();
    for number in 0..100 {
        write_spec(&repo, &format!("{number:03}"), "status: pending\n");
    }
    let output = chant_env(&repo, &[("PAGER", "touch paged")], &["list"]);
    output.ok();
    assert_eq!(output.stdout.lines().count(), 100);
    assert!(!repo.path().join("paged").exists());
    let on_a_terminal = shell(
        &repo,
        "PAGER='sed s/^/paged:/' TERM=xterm script -qec '\"$CHANT\" list' /dev/null </dev/null",
    );
    if on_a_terminal.code == Some(127) {
        eprintln!("skipped: no script(1) here");
        return;
    }
    let paged = on_a_terminal.stdout.matches("paged:").count();
    assert_eq!(paged, 100, "{}", on_a_terminal.stdout);
}

#[test]
fn empty_states_say_what_to_do() {
    let nowhere = TestRepo::folder_only();
    let output = nowhere.chant(&[]);
    output.ok();
    assert!(output.stdout.contains("chant demo"), "{}", output.stdout);
    let repo = TestRepo::new();
    let output = repo.chant(&[]);
    output.ok();
    assert!(output.stdout.contains("chant init"), "{}", output.stdout);
    let repo = project();
    for args in [vec![], vec!["status"], vec!["list"]] {
        let output = repo.chant(&args);
        output.ok();
        assert!(output.stdout.contains("chant add"), "{}", output.stdout);
        assert!(output.stdout.lines().count() <= 3, "{}", output.stdout);
    }
    for args in [
        vec!["list", "--ready"],
        vec!["list", "--archived"],
        vec!["search", "nothing"],
        vec!["merge", "--all"],
        vec!["cleanup"],
        vec!["undo", "--list"],
        vec!["lint"],
    ] {
        let output = repo.chant(&args);
        output.ok();
        assert_eq!(
            output.stdout.lines().count(),
            1,
            "{args:?}: {}",
            output.stdout
        );
        assert_harmless(&output);
    }
}

#[test]
fn a_graph_of_nothing_says_so() {
    let repo = crate::support::project();
    let output = repo.chant(&["dag"]);
    assert_eq!(
        output.ok().stdout,
        "No specs to draw. What there is: chant list\n"
    );
}
