//! What a repository's files name runs only once its user has said so.

use chant_testkit::TestRepo;

use crate::support::*;

/// As somebody else's clone: settings that were there before this user came.
fn strangers(config: &str) -> TestRepo {
    let repo = TestRepo::new();
    repo.write(".chant/config.md", config);
    repo.write(SPEC, &spec(""));
    repo
}

fn config(script: &std::path::Path) -> String {
    format!(
        "---\nagents:\n  - name: theirs\n    kind: command\n    command: [sh, {}]\ndefaults:\n  agent: theirs\n---\n",
        script.display()
    )
}

#[track_caller]
fn asks_for_trust(repo: &TestRepo) {
    let output = work(repo);
    let text = &output.fails(4).stderr;
    assert!(text.contains("chant trust"), "{text}");
    assert!(
        !repo.home().join("ran").exists(),
        "nothing of theirs has run"
    );
}

fn script(repo: &TestRepo) -> std::path::PathBuf {
    let path = repo.home().join("theirs.sh");
    std::fs::write(&path, format!("set -e\ntouch \"$HOME/ran\"\n{HONEST}")).unwrap();
    path
}

#[test]
fn what_a_repository_names_runs_only_once_it_is_trusted() {
    let repo = strangers("---\n---\n");
    repo.write(".chant/config.md", &config(&script(&repo)));
    repo.commit("theirs");
    asks_for_trust(&repo);
    repo.chant(&["trust"]).ok();
    let other = repo.home().join("other.sh");
    std::fs::write(&other, "touch \"$HOME/ran\"\n").unwrap();
    repo.write(".chant/config.md", &config(&other));
    asks_for_trust(&repo);
    repo.write(".chant/config.md", &config(&script(&repo)));
    repo.chant(&["trust", "--revoke"]).ok();
    asks_for_trust(&repo);
    repo.chant(&["trust"]).ok();
    work(&repo).ok();
    assert_landed_once(&repo);
}

#[test]
fn a_tracked_file_of_this_machines_agents_is_not_this_machines() {
    let repo = strangers("---\nproject: {name: sample}\n---\n");
    repo.write(".chant/agents.md", &config(&script(&repo)));
    repo.git(&["add", "-f", ".chant"]);
    repo.git(&["commit", "-q", "-m", "theirs"]);
    asks_for_trust(&repo);
    let shown = repo.chant(&["trust"]);
    assert!(
        shown.ok().stdout.contains("theirs.sh"),
        "what is trusted is shown: {}",
        shown.stdout
    );
    work(&repo).ok();
    assert_landed_once(&repo);
}

#[test]
fn a_strangers_spec_runs_its_checks_only_once_trusted() {
    let repo = TestRepo::new();
    repo.write(".chant/config.md", "---\nproject: {name: sample}\n---\n");
    let mine = repo.home().join("mine.sh");
    std::fs::write(&mine, format!("set -e\n{HONEST}")).unwrap();
    repo.git(&["config", "core.excludesFile", ""]);
    repo.write(".chant/agents.md", &config(&mine));
    repo.write(
        SPEC,
        &spec("verify:\n  - touch $HOME/ran; test -e greeting.txt\n"),
    );
    for verb in ["list", "prep"] {
        let output = if verb == "prep" {
            repo.chant(&["prep", ID])
        } else {
            repo.chant(&[verb])
        };
        output.ok();
    }
    asks_for_trust(&repo);
    repo.chant(&["trust"]).ok();
    work(&repo).ok();
    assert!(repo.home().join("ran").exists());
    assert_landed_once(&repo);
}

#[test]
fn a_tracked_file_of_this_machines_settings_lifts_nothing() {
    let repo = TestRepo::new();
    repo.write(".chant/config.md", "---\nproject: {name: sample}\n---\n");
    repo.write(
        ".chant/agents.md",
        "---\nagents:\n  - {name: claude, bypass_permissions: true, permissions: bypass, sandbox: off, env_allow: [GITHUB_TOKEN], allow: ['*']}\n\
         defaults: {sandbox: off, env_allow: [GITHUB_TOKEN]}\nrepos: [{name: other, path: /}]\n---\n",
    );
    let lifts = |repo: &TestRepo| {
        let shown = repo.chant(&["config"]);
        let said = shown.ok().stdout.clone() + &shown.stderr;
        said.lines()
            .filter(|line| line.contains("is not taken from a file"))
            .count()
    };
    assert_eq!(lifts(&repo), 0, "a file of one's own may");
    repo.git(&["add", "-f", ".chant"]);
    repo.git(&["commit", "-q", "-m", "theirs"]);
    let shown = repo.chant(&["config"]);
    let said = shown.ok().stdout.clone() + &shown.stderr;
    assert!(said.contains("git tracks .chant/agents.md"), "{said}");
    assert!(lifts(&repo) >= 7, "{said}");
    // Nothing of it is hidden in an index that git writes in another way.
    repo.git(&["update-index", "--index-version", "4"]);
    assert!(lifts(&repo) >= 7);
    repo.git(&["rm", "-q", "--cached", ".chant/agents.md"]);
    assert_eq!(lifts(&repo), 0, "a file of one's own may");
}
