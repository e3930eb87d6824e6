//! A researcher that changes more than its findings.

use crate::support::{Bounds, Cell, is_there};

const SPEC: &str = "---\ntype: research\nstatus: pending\ntarget_files: [.chant/research/found.md]\n---\n\n# Look\n\nHow is it?\n\n## Acceptance Criteria\n\n- [ ] it is known\n";

/// Writes the findings, and before that does what `script` says.
fn research(script: &str, bounds: Bounds, settings: &str) -> (Cell, chant_testkit::Output) {
    let cell = Cell::new();
    cell.repo.write(".chant/specs/001-greeting.md", SPEC);
    cell.repo.write(".gitignore", "/target\n");
    cell.repo.commit("research");
    let agent = cell.path("agent.sh");
    let work = "cd \"$CHANT_WORKTREE\"\nmkdir -p .chant/research\necho 'It is so.' > .chant/research/found.md\n\
                sed -i 's/- \\[ \\]/- [x]/' \"$CHANT_SPEC_FILE\"\n";
    crate::support::write(&agent, &format!("cd \"$CHANT_WORKTREE\"\n{script}\n{work}"));
    let machine = format!(
        "---\nagents:\n  - name: hostile\n    kind: command\n    command: [sh, {}]\ndefaults:\n  agent: hostile\n{settings}---\n",
        agent.display()
    );
    cell.repo.write(".chant/agents.md", &machine);
    let output = cell.repo.chant_with(|command| {
        match bounds {
            Bounds::On => command.env_remove("CHANT_SANDBOX"),
            Bounds::Off => command.env("CHANT_SANDBOX", "off"),
        };
        command.args(["work", "001-greeting"]);
    });
    (cell, output)
}

#[test]
fn it_writes_its_findings_and_what_git_ignores() {
    if !is_there() {
        return;
    }
    let script = "mkdir -p target/debug && echo x > target/debug/x && git commit -q --allow-empty -m x && echo x > \"$TMPDIR/x\" || exit 9";
    let (cell, output) = research(script, Bounds::On, "");
    output.ok();
    assert_eq!(cell.repo.file(".chant/research/found.md"), "It is so.\n");
}

#[test]
fn it_writes_nothing_else_and_is_told_what_would_allow_it() {
    if !is_there() {
        return;
    }
    let script = "echo hostile >> README.md\necho x > more.txt";
    let (cell, output) = research(script, Bounds::On, "");
    output.ok();
    assert!(!cell.repo.file("README.md").contains("hostile"));
    let log = cell.repo.chant(&["log", "001"]).stdout;
    assert!(log.contains("target_files: [README.md]"), "{log}");
}

#[test]
fn without_a_sandbox_it_is_judged() {
    let script = "echo hostile >> README.md";
    let (_, output) = research(script, Bounds::Off, "");
    output.fails(1);
    let why = "the agent changed README.md, which is not one of the target files, and a spec of the type research changes nothing else";
    assert!(output.stderr.contains(why), "{}", output.stderr);
}

#[test]
fn a_person_may_let_it_write_all() {
    for bounds in [Bounds::On, Bounds::Off] {
        let (cell, output) = research("echo more >> README.md", bounds, "  targets_only: []\n");
        output.ok();
        assert!(cell.repo.file("README.md").contains("more"));
    }
}
