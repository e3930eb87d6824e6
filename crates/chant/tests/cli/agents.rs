//! `chant agents`, and what `chant init` proposes: which agents are there, without asking any of them to do anything.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use chant_testkit::{Output, TestRepo, path};
use serde_json::Value;

/// Puts a client into a folder that is first in `PATH`; it tells its version and notes that it was asked for anything.
pub(crate) fn install(repo: &TestRepo, name: &str, version: &str) {
    let folder = repo.home().join("clients");
    std::fs::create_dir_all(&folder).unwrap();
    let script = format!(
        "#!/bin/sh\necho \"$@\" >> '{}'\n[ \"$1\" = --version ] && echo '{version}'\n",
        repo.home().join("asked").display()
    );
    let program = folder.join(name);
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn asked(repo: &TestRepo) -> String {
    std::fs::read_to_string(repo.home().join("asked")).unwrap_or_default()
}

/// `chant` where these clients are first in `PATH`.
pub(crate) fn chant(repo: &TestRepo, args: &[&str], prepare: impl FnOnce(&mut Command)) -> Output {
    let rest = path::without_agents(&repo.home());
    let folders = std::iter::once(repo.home().join("clients")).chain(std::env::split_paths(&rest));
    let path = std::env::join_paths(folders).unwrap();
    repo.chant_with(|command| {
        command.args(args).env("PATH", path);
        prepare(command);
    })
}

#[track_caller]
fn survey(repo: &TestRepo, prepare: impl FnOnce(&mut Command)) -> Value {
    let output = chant(repo, &["agents", "--json"], prepare);
    output.ok();
    output.json()["data"].clone()
}

#[track_caller]
fn agent<'a>(survey: &'a Value, name: &str) -> &'a Value {
    let mut agents = survey["agents"].as_array().unwrap().iter();
    agents
        .find(|agent| agent["name"] == name)
        .unwrap_or_else(|| panic!("{name} is not among {survey:#}"))
}

#[test]
fn without_any_agent_it_says_what_to_do() {
    let repo = TestRepo::new();
    let output = chant(&repo, &["agents"], |_| {});
    output.ok();
    for part in [
        "No agent can be used yet.",
        "Claude Code",
        "codex login",
        "chant init --agent",
        "chant demo",
    ] {
        assert!(output.stdout.contains(part), "{part}: {}", output.stdout);
    }
    let survey = survey(&repo, |_| {});
    assert_eq!(survey["agents"].as_array().unwrap().len(), 0);
    assert_eq!(survey["default"], "claude");
}

#[test]
fn what_is_installed_is_shown_with_its_version_and_its_login() {
    let repo = TestRepo::new();
    install(&repo, "claude", "2.1.329 (Claude Code)");
    install(&repo, "codex", "codex-cli 0.169.0");
    let survey = survey(&repo, |command| {
        command.env("ANTHROPIC_API_KEY", "sk-never-shown");
    });
    let claude = agent(&survey, "claude");
    assert_eq!(claude["version"], "2.1.329");
    assert_eq!(claude["login"]["state"], "yes");
    assert_eq!(claude["login"]["by"], "ANTHROPIC_API_KEY");
    assert_eq!(claude["configured"], false);
    assert_eq!(claude["default"], true);
    assert!(!survey.to_string().contains("sk-never-shown"));
    let codex = agent(&survey, "codex");
    assert_eq!(codex["version"], "0.169.0");
    assert_eq!(codex["login"]["state"], "unknown");
    let cost = codex["features"].as_array().unwrap();
    let cost = cost
        .iter()
        .find(|feature| feature["name"] == "cost")
        .unwrap();
    assert_eq!(cost["support"], "partly");
    assert_eq!(asked(&repo), "--version\n--version\n");

    let text = chant(&repo, &["agents"], |_| {});
    text.ok();
    assert!(text.stdout.contains("* claude"), "{}", text.stdout);
    let text = chant(&repo, &["-v", "agents"], |_| {});
    assert!(text.stdout.contains("found in path"), "{}", text.stdout);
}

#[test]
fn an_agent_of_the_settings_that_is_not_there_says_why() {
    let repo = TestRepo::new();
    repo.chant(&["init"]).ok();
    repo.write(
        ".chant/agents.md",
        "---\nagents:\n  - {name: mine, kind: command, command: ./gone.sh}\n  - {name: odd, kind: cluade}\n---\n",
    );
    let survey = survey(&repo, |_| {});
    let problem = |name| agent(&survey, name)["problem"]["message"].as_str().unwrap();
    assert!(problem("main").ends_with("is not in PATH"), "{survey:#}");
    let hint = agent(&survey, "main")["problem"]["hint"].as_str().unwrap();
    assert!(hint.starts_with("npm install -g"), "{hint}");
    assert!(problem("mine").contains("does not exist"), "{survey:#}");
    assert!(
        problem("odd").contains("did you mean `claude`?"),
        "{survey:#}"
    );
    let text = chant(&repo, &["agents"], |_| {});
    text.ok();
    assert!(text.stdout.contains("mine: "), "{}", text.stdout);
}

#[test]
fn a_program_that_a_repository_names_is_not_started_before_it_is_trusted() {
    let repo = TestRepo::new();
    install(&repo, "claude", "2.1.329 (Claude Code)");
    let evil = repo.home().join("clients/claude");
    repo.write(
        ".chant/config.md",
        &format!(
            "---\nagents:\n  - {{name: main, kind: claude, command: {}}}\n---\n",
            evil.display()
        ),
    );
    let before = survey(&repo, |_| {});
    assert_eq!(agent(&before, "main")["version"], Value::Null);
    assert_eq!(agent(&before, "claude")["version"], "2.1.329");
    assert_eq!(asked(&repo), "--version\n", "only what was found in PATH");
    repo.chant(&["trust"]).ok();
    assert_eq!(agent(&survey(&repo, |_| {}), "main")["version"], "2.1.329");
}

#[test]
fn outside_of_a_project_the_persons_own_settings_count() {
    let repo = TestRepo::folder_only();
    let config = repo.home().join("config/chant/config.md");
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    std::fs::write(
        &config,
        "---\nagents: [{name: mine, kind: command, command: sh}]\n---\n",
    )
    .unwrap();
    let survey = survey(&repo, |_| {});
    assert_eq!(survey["in_project"], false);
    assert_eq!(survey["default"], "mine");
    assert_eq!(agent(&survey, "mine")["problem"], Value::Null);
    assert_eq!(agent(&survey, "mine")["source"], "person");
}

#[test]
fn init_takes_the_client_that_is_there_and_names_the_others() {
    let repo = TestRepo::new();
    install(&repo, "codex", "codex-cli 0.169.0");
    let only = chant(&repo, &["init"], |_| {});
    only.ok();
    assert!(only.stdout.contains("specs go to codex"), "{}", only.stdout);
    assert!(repo.file(".chant/config.md").contains("kind: codex"));
    assert_eq!(asked(&repo), "", "nobody is asked anything");

    let both = TestRepo::new();
    install(&both, "codex", "1");
    install(&both, "claude", "1");
    let output = chant(&both, &["init"], |_| {});
    output.ok();
    assert!(
        output
            .stdout
            .contains("specs go to claude; codex can be had too"),
        "{}",
        output.stdout
    );
    assert!(both.file(".chant/config.md").contains("kind: claude"));

    let named = TestRepo::new();
    install(&named, "claude", "1");
    chant(&named, &["init", "--agent", "codex"], |_| {}).ok();
    assert!(named.file(".chant/config.md").contains("kind: codex"));
}

/// An agent of this machine that runs a shell script in the worktree.
fn scripted(repo: &TestRepo, name: &str, script: &str) {
    let path = repo.home().join(format!("{name}.sh"));
    std::fs::write(&path, script).unwrap();
    let own = repo.path().join(".chant/agents.md");
    let before = std::fs::read_to_string(&own).unwrap_or("---\nagents:\n---\n".into());
    let entry = format!(
        "agents:\n  - {{name: {name}, kind: command, command: [sh, '{}']}}",
        path.display()
    );
    std::fs::write(&own, before.replacen("agents:", &entry, 1)).unwrap();
}

const GREETS: &str = "cat > prompt.txt\nword=$(sed -n 's/.*holds the one word `\\(.*\\)`.*/\\1/p' prompt.txt)\nrm prompt.txt\n\
    echo '{\"kind\":\"session\",\"id\":\"s-1\"}'\necho \"$word\" > greeting.txt\ngit hash-object greeting.txt > checked.txt\n\
    echo '{\"kind\":\"tool_result\",\"ok\":true}'\ngit add . && git commit -qm 'trial: greet'\n\
    echo '{\"kind\":\"usage\",\"input\":100,\"output\":20}'\n";

#[test]
fn an_agent_that_does_what_it_is_asked_for_works() {
    let repo = TestRepo::new();
    repo.chant(&["init"]).ok();
    scripted(&repo, "mine", GREETS);
    let before = (repo.snapshot_files(), repo.git(&["for-each-ref"]));
    let output = repo.chant(&["agents", "test", "mine"]);
    output.ok();
    for part in [
        "mine works.",
        "command run",
        "s-1",
        "120 tokens",
        "no process is left",
    ] {
        assert!(output.stdout.contains(part), "{part}: {}", output.stdout);
    }
    assert_eq!(before, (repo.snapshot_files(), repo.git(&["for-each-ref"])));
    assert!(!repo.path().join(".git/chant/journal.db").exists());
    let trials = repo.home().join("cache/chant/trials");
    assert_eq!(std::fs::read_dir(trials).unwrap().count(), 0);
    let worktrees = std::fs::read_dir(repo.worktrees()).into_iter().flatten();
    assert_eq!(worktrees.count(), 0);
}

#[test]
fn what_an_agent_can_not_do_is_named() {
    let repo = TestRepo::new();
    repo.chant(&["init"]).ok();
    scripted(
        &repo,
        "shy",
        &GREETS.replace("git hash-object greeting.txt >", "echo no >"),
    );
    scripted(&repo, "broken", "echo 'no such model' >&2\nexit 3\n");
    let output = repo.chant(&["agents", "test", "shy", "--json"]);
    output.fails(1);
    let data = &output.json()["data"];
    assert_eq!(data["verdict"], "works_in_part");
    let points = data["points"].as_array().unwrap();
    let ran = points
        .iter()
        .find(|point| point["name"] == "command run")
        .unwrap();
    assert_eq!(ran["passed"], false, "{data:#}");

    let output = repo.chant(&["agents", "test", "broken"]);
    output.fails(1);
    assert!(
        output.stdout.contains("broken does not work yet."),
        "{}",
        output.stdout
    );
    assert!(output.stdout.contains("no such model"), "{}", output.stdout);
    assert!(output.stderr.contains("is kept"), "{}", output.stderr);

    let output = repo.chant(&["agents", "test", "nobody"]);
    output.fails(3);
    assert!(
        output.stderr.contains("chant agents") || output.stderr.contains("known agents"),
        "{}",
        output.stderr
    );
}

/// The agent that each ready spec would be given to, with why.
fn chosen(repo: &TestRepo, id: &str) -> (String, String) {
    let shown = repo.chant(&["show", id, "--json"]);
    shown.ok();
    let chosen = shown.json()["data"]["chosen"].clone();
    let text = |key: &str| chosen[key].as_str().unwrap().to_owned();
    (text("agent"), text("why"))
}

#[test]
fn a_spec_goes_to_whom_its_label_type_or_prompt_says() {
    let repo = TestRepo::new();
    repo.chant(&["init"]).ok();
    repo.write(
        ".chant/config.md",
        "---\nagents:\n  - {name: a, kind: claude}\n  - {name: b, kind: claude}\n  - {name: c, kind: claude, weight: 2}\n\
         defaults: {agent: a}\nchoose:\n  - {prompt: review, agent: c}\n  - {type: research, agent: b}\n\
         \x20 - {label: docs, agent: [b, c]}\n---\n",
    );
    repo.write(".chant/prompts/own.md", "---\nagent: b\n---\n\nDo it.\n");
    let spec = |id: &str, head: &str| {
        let text = format!("---\nstatus: pending\n{head}---\n\n# {id}\n");
        repo.write(&format!(".chant/specs/{id}.md"), &text);
    };
    spec("001-plain", "");
    spec("002-review", "prompt: review\n");
    spec("003-research", "type: research\nprompt: review\n");
    spec("004-own", "prompt: own\n");
    spec("005-named", "agent: c\nlabels: [docs]\n");
    spec("006-docs", "labels: [docs]\n");
    let of = |id| chosen(&repo, id);
    assert_eq!(
        of("001"),
        ("a".into(), "the settings' `defaults.agent`".into())
    );
    assert_eq!(of("002"), ("c".into(), "`choose` for prompt review".into()));
    assert_eq!(of("003"), ("b".into(), "`choose` for type research".into()));
    assert_eq!(of("004"), ("b".into(), "named by the prompt own".into()));
    assert_eq!(of("005"), ("c".into(), "named by the spec".into()));
    let (agent, why) = of("006");
    assert!(["b", "c"].contains(&agent.as_str()));
    assert_eq!(why, "`choose` for label docs, taking turns: b, c");

    let listed = repo.chant(&["list", "--json"]);
    let listed = listed.json()["data"].clone();
    assert!(
        listed
            .as_array()
            .unwrap()
            .iter()
            .all(|spec| spec["chosen"]["agent"].is_string())
    );
    let shown = repo.chant(&["show", "003"]);
    assert!(
        shown.stdout.contains("b (`choose` for type research)"),
        "{}",
        shown.stdout
    );

    repo.write(".chant/config.md", "---\nchoose: [{agent: b}]\n---\n");
    let wrong = repo.chant(&["list"]);
    wrong.fails(5);
    assert!(wrong.stderr.contains("needs a `label`"), "{}", wrong.stderr);
}

#[test]
fn agents_take_turns_over_specs_and_attempts() {
    let repo = TestRepo::new();
    repo.chant(&["init"]).ok();
    scripted(&repo, "one", "exit 1");
    scripted(&repo, "two", "exit 1");
    repo.write(
        ".chant/specs/001-both.md",
        "---\nstatus: pending\nagent: [one, two]\n---\n\n# Both\n",
    );
    repo.commit("a spec");
    let mut agents = Vec::new();
    for _ in 0..4 {
        let output = repo.chant(&["work", "001", "--json"]);
        output.fails(1);
        let runs = repo.chant(&["show", "001", "--json"]).json()["data"].clone();
        agents.push(runs["chosen"]["agent"].as_str().unwrap().to_owned());
    }
    assert_eq!(agents[0], agents[2]);
    assert_eq!(agents[1], agents[3]);
    assert_ne!(agents[0], agents[1]);
}

/// One that hangs keeps nobody waiting for long, and keeps none of the others from being told of.
#[test]
fn a_client_that_does_not_tell_its_version_is_shown_without() {
    let repo = TestRepo::new();
    install(&repo, "codex", "codex-cli 0.169.0");
    install(&repo, "claude", "");
    let program = repo.home().join("clients/claude");
    std::fs::write(&program, "#!/bin/sh\nexec sleep 600\n").unwrap();
    let before = std::time::Instant::now();
    let survey = survey(&repo, |_| {});
    assert!(before.elapsed() < std::time::Duration::from_secs(5));
    assert_eq!(agent(&survey, "claude")["version"], Value::Null);
    assert_eq!(agent(&survey, "codex")["version"], "0.169.0");
}

#[test]
fn lint_names_an_agent_that_is_not_known() {
    let repo = TestRepo::new();
    repo.chant(&["init"]).ok();
    let spec = |agent: &str, status: &str| {
        format!(
            "---\nagent: {agent}\nstatus: {status}\n---\n\n# It\n\n## Acceptance Criteria\n\n- [ ] Done\n"
        )
    };
    repo.write(".chant/specs/001-near.md", &spec("codex, clade", "pending"));
    repo.write(".chant/specs/002-over.md", &spec("gone", "completed"));
    repo.write(".chant/specs/003-known.md", &spec("main, codex", "pending"));
    let lint = repo.chant(&["lint", "--json"]);
    lint.ok();
    let data = &lint.json()["data"];
    let findings = data["findings"].as_array().unwrap();
    let all = findings.iter().flat_map(|spec| {
        let found = spec["findings"].as_array().unwrap().iter();
        found.map(|finding| (spec["id"].as_str().unwrap(), finding))
    });
    let about_agents: Vec<_> = all
        .filter(|(_, finding)| finding["code"] == "unknown-agent")
        .collect();
    let [("001-near", finding)] = about_agents[..] else {
        panic!("{data:#}");
    };
    assert_eq!(finding["severity"], "warning");
    assert_eq!(finding["hint"], "did you mean `claude`?");
    assert!(finding["message"].as_str().unwrap().contains("clade"));
}
