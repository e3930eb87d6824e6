//! What an agent must leave alone: frozen tests of earlier phases, protected files, and with `strict` everything but the
//! target files.

use chant_testkit::TestRepo;

use super::store::*;

fn single(repo: &TestRepo, frontmatter: &str, work: &str) -> chant_testkit::Output {
    repo.write(".chant/specs/007-single.md", &fix(frontmatter));
    agent(repo, "", work);
    repo.chant(&["work", "007-single"])
}

#[test]
fn a_test_stays_frozen_for_every_later_phase() {
    let repo = reproduced(MEND);
    repo.chant(&["work", FIX]).ok();
    repo.write(
        ".chant/specs/006-review.md",
        &fix(&format!("informed_by: [.chant/specs/{FIX}.md]\n")),
    );
    agent(
        &repo,
        "",
        "sed -i 's/6/7/' tests/test_issue.py\necho >> src/store.py\n",
    );
    failed_with(
        &repo,
        "006-review",
        "the agent changed tests/test_issue.py, which",
    );
    // A spec that does not build on it is free to.
    single(&repo, "", "echo '# more' >> tests/test_issue.py\n").ok();
}

#[track_caller]
fn failed_with(repo: &TestRepo, id: &str, sentence: &str) {
    let output = repo.chant(&["work", id]);
    assert!(
        output.fails(1).stderr.contains(sentence),
        "{}",
        output.stderr
    );
}

#[test]
fn strict_target_files() {
    let repo = store();
    let both = "echo '# a' >> src/store.py\necho '# b' >> tests/test_store.py\n";
    let output = single(&repo, "target_files: [src/store.py]\n", both);
    let note = "changed beside the target files: tests/test_store.py";
    assert!(output.ok().stderr.contains(note), "{}", output.stderr);
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    let output = single(&repo, "target_files: [src/]\nstrict: true\n", both);
    let sentence = "the agent changed tests/test_store.py, which is not one of the target files, and the spec is strict";
    assert!(
        output.fails(1).stderr.contains(sentence),
        "{}",
        output.stderr
    );
    single(
        &repo,
        "target_files: [src/]\nstrict: true\n",
        "echo '# a' >> src/store.py\n",
    )
    .ok();
}

#[test]
fn protected_files_of_settings_and_spec() {
    let repo = store();
    let config = repo.file(".chant/config.md");
    repo.write(
        ".chant/config.md",
        &config.replace(
            "checks:",
            "protect: ['.github/**', '**/Cargo.lock', 'package-lock.json']\nchecks:",
        ),
    );
    let check = |frontmatter: &str, path: &str| {
        let work = format!("mkdir -p \"$(dirname {path})\"\necho x >> {path}\n");
        let output = single(&repo, frontmatter, &work);
        let sentence = format!("the agent touched {path}, which is protected");
        assert!(
            output.fails(1).stderr.contains(&sentence),
            "{}",
            output.stderr
        );
    };
    check("", ".github/workflows/ci.yml");
    check("", "Cargo.lock");
    check("", "sub/Cargo.lock");
    check("", "package-lock.json");
    check("protect: [src/**]\n", "src/store.py");
    check("", &format!(".chant/specs/{FIX}.md"));
    check("", ".chant/config.md");
}
