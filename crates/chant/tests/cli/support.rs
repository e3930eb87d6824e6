//! What the tests of the command line share.

use std::process::Command;

use chant_testkit::{Output, TestRepo};
use serde_json::Value;

/// A repository that `chant init` was run in.
pub(crate) fn project() -> TestRepo {
    let repo = TestRepo::new();
    repo.chant(&["init", "--name", "sample"]).ok();
    repo
}

/// The path of a spec's file.
pub(crate) fn spec_path(id: &str) -> String {
    format!(".chant/specs/{id}.md")
}

/// Writes a spec: its frontmatter, and a title.
pub(crate) fn write_spec(repo: &TestRepo, id: &str, frontmatter: &str) {
    let text = format!(
        "---\n{frontmatter}---\n\n# The title of {id}\n\n## Acceptance Criteria\n\n- [x] One\n- [ ] Two\n"
    );
    repo.write(&spec_path(id), &text);
}

/// Adds a spec and returns its id.
#[track_caller]
pub(crate) fn add(repo: &TestRepo, args: &[&str]) -> String {
    let added = repo.chant(&[&["-q", "add"], args].concat());
    added.ok();
    added.stdout.trim().to_owned()
}

/// The `data` of a command that succeeds.
#[track_caller]
pub(crate) fn data(repo: &TestRepo, args: &[&str]) -> Value {
    let output = repo.chant(&[args, &["--json"]].concat());
    output.ok();
    let document = output.json();
    assert_eq!(document["ok"], true, "{document}");
    document["data"].clone()
}

/// The `error` of a command that ends with `exit`.
#[track_caller]
pub(crate) fn error(repo: &TestRepo, exit: i32, args: &[&str]) -> Value {
    let output = repo.chant(&[&["--json"], args].concat());
    output.fails(exit);
    let document = output.json();
    assert_eq!(document["ok"], false, "{document}");
    document["error"].clone()
}

/// The object of one spec in a list.
#[track_caller]
pub(crate) fn listed(repo: &TestRepo, id: &str) -> Value {
    data(repo, &["list"])
        .as_array()
        .unwrap()
        .iter()
        .find(|spec| spec["id"] == id)
        .unwrap_or_else(|| panic!("{id} is not listed"))
        .clone()
}

/// No byte that a terminal would act on, other than line ends.
#[track_caller]
pub(crate) fn assert_harmless(output: &Output) {
    for text in [&output.stdout, &output.stderr] {
        let harmful = text
            .chars()
            .find(|&c| c.is_control() && c != '\n' && c != '\t');
        assert_eq!(harmful, None, "{text:?}");
    }
}

/// Runs a shell script in the repository with `$CHANT` set to the binary.
pub(crate) fn shell(repo: &TestRepo, script: &str) -> Output {
    let mut command: Command = repo.command("sh");
    command.args(["-c", script]);
    command.env("CHANT", chant_testkit::chant_bin());
    let output = command.output().unwrap();
    Output {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
