//! Several projects in one git repository: their names never collide, and what they finish lands one after another.

use std::process::Stdio;

use chant_testkit::TestRepo;

use crate::support::{ID, spec};

/// What the agent of each project does.
const WORK: &str = r#"
echo "$CHANT_BRANCH" > branch.txt
sed -i 's/- \[ \]/- [x]/' "$CHANT_SPEC_FILE"
touch "$HOME/begun-$(basename "$PWD")"
while [ "$(ls "$HOME"/begun-* | wc -l)" -lt 2 ]; do sleep 0.01; done
"#;

/// Two projects with a spec of the same name, and an agent that waits for its like in the other.
fn monorepo() -> TestRepo {
    let repo = TestRepo::new();
    let script = repo.home().join("agent.sh");
    std::fs::write(&script, format!("set -e\n{WORK}")).unwrap();
    for name in ["web", "api"] {
        repo.write(&format!("{name}/README.md"), "A part.\n");
        repo.commit(name);
        let folder = repo.path().join(name);
        let folder = folder.to_str().unwrap();
        repo.chant(&["-C", folder, "init", "--here", "--name", name])
            .ok();
        let agent = format!(
            "---\nagents:\n  - name: shell\n    kind: command\n    command: [sh, {}]\ndefaults: {{agent: shell}}\n---\n",
            script.display()
        );
        repo.write(&format!("{name}/.chant/agents.md"), &agent);
        repo.write(&format!("{name}/.chant/specs/{ID}.md"), &spec(""));
        repo.commit("a project");
    }
    repo
}

#[test]
fn two_projects_work_specs_of_the_same_name_at_once() {
    let repo = monorepo();
    let start = |name: &str| {
        let mut command = repo.command(chant_testkit::chant_bin());
        let folder = repo.path().join(name);
        command.arg("-C").arg(folder).args(["work", ID]);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    for child in [start("web"), start("api")] {
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
    }
    for name in ["web", "api"] {
        let branch = repo.git(&["show", &format!("main:{name}/branch.txt")]);
        assert_eq!(branch.trim(), format!("chant/{name}-{ID}"));
        let landed = repo.git(&["show", &format!("main:{name}/.chant/specs/{ID}.md")]);
        assert!(landed.contains("status: completed"), "{landed}");
    }
    let landings = repo.git(&[
        "log",
        "--format=%(trailers:key=Chant-Project,valueonly)",
        "main",
    ]);
    let mut landings: Vec<&str> = landings.split_whitespace().collect();
    landings.sort_unstable();
    assert_eq!(landings, ["api", "web"]);
    assert_eq!(repo.git(&["status", "--porcelain"]).trim(), "");
    assert_eq!(repo.git(&["branch", "--list", "chant/*"]).trim(), "");
}

#[test]
fn a_prefix_of_its_own_tells_a_project_apart() {
    let repo = monorepo();
    repo.write(
        "web/.chant/config.md",
        "---\nproject: {name: web, prefix: web}\n---\n",
    );
    let folder = repo.path().join("web");
    let folder = folder.to_str().unwrap();
    let added = repo.chant(&["-C", folder, "-q", "add", "A part"]);
    added.ok();
    let id = added.stdout.trim().to_owned();
    assert!(id.starts_with("web-"), "{id}");
    let prompt = repo.chant(&["-C", folder, "prep", &id]);
    prompt.ok();
    assert!(
        prompt.stdout.contains(&format!("chant/{id}")),
        "{}",
        prompt.stdout
    );
    let other = repo.chant(&["-C", folder, "prep", ID]);
    assert!(other.stdout.contains(&format!("chant/web-{ID}")));
}
