//! Which prompt an agent is told to work by, what a project may put in its place, and what a wrong one is told.

use chant_testkit::TestRepo;

use crate::support::*;

fn prompt(repo: &TestRepo, name: &str, text: &str) {
    repo.write(&format!(".chant/prompts/{name}.md"), text);
}

#[track_caller]
fn prep(repo: &TestRepo, args: &[&str]) -> String {
    let args: Vec<&str> = [&["prep", ID], args].concat();
    repo.chant(&args).ok().stdout.clone()
}

/// Refused with this exit status, and nothing was begun.
#[track_caller]
fn refused(repo: &TestRepo, args: &[&str], code: i32) -> String {
    for verb in ["prep", "work"] {
        let args: Vec<&str> = [&[verb, ID], args].concat();
        let output = repo.chant(&args);
        let _ = output.fails(code);
    }
    assert_eq!(
        repo.git(&["worktree", "list"]).lines().count(),
        1,
        "nothing has begun"
    );
    assert_ne!(state(repo), "failed");
    let args: Vec<&str> = [&["work", ID], args].concat();
    repo.chant(&args).stderr
}

#[test]
fn every_built_in_prompt_holds_the_task_its_inputs_and_the_rules() {
    let repo = with_agent(HONEST);
    repo.write(
        SPEC,
        &spec("informed_by: [notes.md]\ntarget_files: [greeting.txt]\nverify: ['true']\n"),
    );
    repo.write("notes.md", "what is known\n");
    let names = [
        "standard",
        "research",
        "triage",
        "comprehend",
        "reproduce",
        "root-cause",
        "impact-map",
        "implement",
        "review",
        "document",
        "split",
        "verify",
        "merge-conflict",
    ];
    for name in names {
        let text = prep(&repo, &["--prompt", name]);
        for part in [
            "Say hello.",
            "what is known",
            "It is short",
            ".chant/specs/001-greeting.md",
        ] {
            assert!(text.contains(part), "{part:?} in {name}:\n{text}");
        }
        assert!(
            text.contains("chant(001-greeting)") || text.contains("never commit"),
            "how to commit, in {name}"
        );
        assert!(
            !text.contains("{{") && !text.contains("{%"),
            "nothing is left unexpanded in {name}:\n{text}"
        );
    }
}

#[test]
fn a_projects_file_takes_the_place_of_the_built_in() {
    let repo = with_agent(&format!("cat > \"$HOME/got\"\n{HONEST}"));
    prompt(
        &repo,
        "standard",
        "{% extends \"base\" %}\n{% block role %}\nYou are the gardener of {{ project.name }}.\n{% endblock %}\n",
    );
    let text = prep(&repo, &[]);
    assert!(
        text.contains("You are the gardener of sample.") && text.contains("Say hello."),
        "{text}"
    );
    assert!(!text.contains("You are the engineer"), "{text}");
    work(&repo).ok();
    assert_was_given(&repo, &text);
}

#[test]
fn the_frame_itself_may_be_replaced() {
    let repo = with_agent(HONEST);
    prompt(
        &repo,
        "base",
        "Ours: {{ spec.title }}\n{% block role %}{% endblock %}\n",
    );
    assert!(prep(&repo, &[]).contains("Ours: Write a greeting"));
}

#[test]
fn the_command_line_wins_over_the_spec_and_the_spec_over_the_settings() {
    let repo = with_agent(HONEST);
    for name in ["one", "two", "three"] {
        prompt(&repo, name, &format!("You are number {name}."));
    }
    let settings = repo
        .file(".chant/agents.md")
        .replace("defaults:\n", "defaults:\n  prompt: one\n");
    repo.write(".chant/agents.md", &settings);
    assert!(prep(&repo, &[]).contains("number one"));
    repo.write(SPEC, &spec("prompt: two\n"));
    assert!(prep(&repo, &[]).contains("number two"));
    assert!(prep(&repo, &["--prompt", "three"]).contains("number three"));
    repo.chant(&["work", ID, "--prompt", "three"]).ok();
    assert!(
        repo.git(&["log", "-1", "--format=%B", "main"])
            .contains(" three\n"),
        "the record names it"
    );
}

#[test]
fn the_types_of_specs_have_prompts_of_their_own() {
    let repo = with_agent(HONEST);
    prompt(&repo, "research", "You are the researcher.");
    prompt(&repo, "document", "You are the writer.");
    for (kind, role) in [
        ("research", "researcher"),
        ("documentation", "writer"),
        ("docs", "writer"),
    ] {
        repo.write(
            SPEC,
            &spec("").replace("type: code", &format!("type: {kind}")),
        );
        assert!(prep(&repo, &[]).contains(role), "{kind}");
    }
}

#[test]
fn a_plain_text_is_framed_with_task_and_rules() {
    let repo = with_agent(HONEST);
    prompt(&repo, "plain", "You are careful and brief.\n");
    let text = prep(&repo, &["--prompt", "plain"]);
    for part in [
        "You are careful and brief.",
        "Say hello.",
        "It is short",
        "isolated git worktree",
        "Never tick",
    ] {
        assert!(text.contains(part), "{part:?} in:\n{text}");
    }
}

#[test]
fn the_frontmatter_of_a_prompt_is_not_told_to_the_agent() {
    let repo = with_agent(HONEST);
    prompt(
        &repo,
        "plain",
        "---\nname: plain\npurpose: not for the agent\n---\n\nYou are careful.\n",
    );
    assert!(!prep(&repo, &["--prompt", "plain"]).contains("not for the agent"));
    prompt(
        &repo,
        "plain",
        "\u{feff}---\r\npurpose: not for the agent\r\n---\r\n\r\nYou are careful.\r\n",
    );
    assert!(!prep(&repo, &["--prompt", "plain"]).contains("not for the agent"));
}

#[test]
fn an_unknown_variable_is_named_with_its_place_and_the_nearest() {
    let repo = with_agent(HONEST);
    prompt(
        &repo,
        "wrong",
        "---\npurpose: wrong\n---\n\nHello.\nDo {{ spec.titel }} now.\n",
    );
    let text = refused(&repo, &["--prompt", "wrong"], 5);
    for part in ["spec.titel", "spec.title", ".chant/prompts/wrong.md:6"] {
        assert!(text.contains(part), "{part:?} in:\n{text}");
    }
    prompt(&repo, "wrong", "{% if never %}{{ inputz }}{% endif %}\n");
    assert!(
        refused(&repo, &["--prompt", "wrong"], 5).contains("wrong.md:1"),
        "even where it would not be reached"
    );
}

#[test]
fn a_broken_template_is_named_with_its_line() {
    let repo = with_agent(HONEST);
    prompt(
        &repo,
        "broken",
        "---\npurpose: broken\n---\nHello.\n{% if spec.title %}\nnever ended\n",
    );
    let text = refused(&repo, &["--prompt", "broken"], 5);
    assert!(text.contains(".chant/prompts/broken.md:"), "{text}");
    prompt(&repo, "endless", "{% extends \"endless\" %}");
    refused(&repo, &["--prompt", "endless"], 5);
    prompt(&repo, "missing", "{% extends \"nothing\" %}");
    assert!(refused(&repo, &["--prompt", "missing"], 5).contains("nothing"));
    prompt(
        &repo,
        "busy",
        "{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}{{ spec.body }}",
    );
    refused(&repo, &["--prompt", "busy"], 5);
}

#[test]
fn an_unknown_prompt_is_told_with_the_nearest() {
    let repo = with_agent(HONEST);
    let text = refused(&repo, &["--prompt", "standrad"], 3);
    assert!(
        text.contains("standrad") && text.contains("standard"),
        "{text}"
    );
    prompt(&repo, "gardening", "You are a gardener.");
    let text = refused(&repo, &["--prompt", "gardning"], 3);
    assert!(
        text.contains("gardening"),
        "the project's own count too: {text}"
    );
}

#[test]
fn hostile_names_are_no_prompts() {
    let repo = with_agent(HONEST);
    repo.write("x.md", "You are outside.");
    repo.write(".chant/prompts/a/b.md", "You are deep.");
    for name in ["../x", "a/b", "/etc/passwd", "..", "", "a\u{1b}[2J"] {
        let flag = format!("--prompt={name}");
        let text = refused(&repo, &[&flag], 3);
        assert!(!text.contains('\u{1b}'), "{text:?}");
        repo.write(
            SPEC,
            &spec(&format!("prompt: {name:?}\n").replace("\\u{1b}", "\\e")),
        );
        if !name.is_empty() {
            refused(&repo, &[], 3);
        }
        repo.write(SPEC, &spec(""));
    }
    refused(&repo, &["--prompt=-x"], 3);
}

#[test]
fn a_prompt_that_is_a_link_out_of_the_repository_or_no_file() {
    let repo = with_agent(HONEST);
    prompt(&repo, "fine", "You are fine.");
    std::os::unix::fs::symlink("/etc/passwd", repo.path().join(".chant/prompts/link.md")).unwrap();
    let output = repo.chant(&["prep", ID, "--prompt", "link"]);
    assert!(
        output.code != Some(0) && !output.stdout.contains("root:"),
        "{}",
        output.stdout
    );
    std::fs::create_dir_all(repo.path().join(".chant/prompts/folder.md")).unwrap();
    assert_ne!(
        repo.chant(&["prep", ID, "--prompt", "folder"]).code,
        Some(0)
    );
    std::fs::write(repo.path().join(".chant/prompts/bytes.md"), b"\xff\xfe").unwrap();
    refused(&repo, &["--prompt", "bytes"], 5);
}

#[test]
fn titles_and_bodies_are_values_never_templates() {
    let repo = with_agent(HONEST);
    let text = spec("").replace(
        "# Write a greeting",
        "# {{ project.name }} {% set x = 1 %} $(touch pwned)",
    );
    repo.write(SPEC, &text);
    let shown = prep(&repo, &[]);
    assert!(
        shown.contains("{{ project.name }} {% set x = 1 %} $(touch pwned)"),
        "{shown}"
    );
    work(&repo).ok();
    assert!(!repo.path().join("pwned").exists());
}
