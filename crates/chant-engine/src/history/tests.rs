#![expect(clippy::unwrap_used, reason = "tests")]
//! The history against commits that people, agents and chant could have made.

use chant_testkit::TestRepo;

use super::*;

const RUN: &str = "01KARGXV1K7TKJJ4V7Q7BZ0000";
const OTHER: &str = "01KARGXV1K7TKJJ4V7Q7BZ0001";

fn project(repo: &TestRepo) -> Project {
    Project::open(repo.path()).unwrap()
}

fn repository() -> TestRepo {
    let repo = TestRepo::new();
    repo.write(".chant/config.md", "---\n---\n");
    repo.commit("a project");
    repo
}

fn commit(repo: &TestRepo, message: &str) -> Oid {
    repo.git(&["commit", "--quiet", "--allow-empty", "-m", message]);
    tip(repo)
}

fn tip(repo: &TestRepo) -> Oid {
    repo.git(&["rev-parse", "HEAD"]).trim().parse().unwrap()
}

fn load(repo: &TestRepo) -> History {
    History::load(&project(repo), &tip(repo)).unwrap()
}

fn record(spec: &str, run: &str, more: &str) -> String {
    format!("chant({spec}): T\n\nChant-Spec: {spec}\nChant-Run: {run}\n{more}")
}

#[test]
fn a_landing_is_read_back_whole() {
    let repo = repository();
    let (a, b) = ("a".repeat(40), "b".repeat(64));
    let more = format!(
        "Chant-Base: {a}\nChant-Agent: main (claude, 1.2)\nChant-Model: m\nChant-Prompt: {a} standard\nChant-Input: {a} docs/a file.md\nChant-Input: {b} .chant/specs/000-x.md\nChant-Input: - https://example.com/1\nChant-Output: {a} src/x.rs\nChant-Output: - gone.rs\nChant-Check: passes: cargo test: all\nCo-authored-by: A <a@example.com>\n"
    );
    let at = commit(&repo, &record("001-x", RUN, &more));
    let history = load(&repo);
    let landing = history.latest("001-x").unwrap();
    assert_eq!(landing.run, RUN);
    assert_eq!(landing.commit.as_ref(), Some(&at));
    assert_eq!(landing.base.as_ref().unwrap().as_str(), a);
    assert_eq!(landing.agent, "main (claude, 1.2)");
    assert_eq!(landing.model.as_deref(), Some("m"));
    assert_eq!(landing.prompt.as_ref().unwrap().1, "standard");
    let inputs: Vec<(&str, InputKind, Option<&str>)> = landing
        .inputs
        .iter()
        .map(|input| (input.name.as_str(), input.kind, input.oid.as_deref()))
        .collect();
    assert_eq!(
        inputs,
        [
            ("docs/a file.md", InputKind::File, Some(a.as_str())),
            (".chant/specs/000-x.md", InputKind::Spec, Some(b.as_str())),
            ("https://example.com/1", InputKind::Url, None),
        ]
    );
    assert_eq!(landing.outputs[1].oid, None);
    assert_eq!(landing.checks, ["passes: cargo test: all"]);
}

#[test]
fn what_only_looks_like_a_landing_is_none() {
    let repo = repository();
    for message in [
        // Quoted, not at the end.
        format!("about it\n\n{}\n\nas I said", record("001-x", RUN, "")),
        format!("Revert \"chant(001-x): T\"\n\nChant-Spec: 001-x\nChant-Run: {RUN}"),
        // Of another spec than the subject says.
        format!("chant(002-y): T\n\nChant-Spec: 001-x\nChant-Run: {RUN}"),
        // No run of chant's has such an id.
        record("001-x", "not-a-run", ""),
        // Said twice.
        record("001-x", RUN, "Chant-Spec: 002-y"),
        // A name that leads elsewhere.
        record("../x", RUN, ""),
        // Of a project in a folder of this repository.
        record("001-x", RUN, "Chant-Project: sub"),
        "chant(001-x): Chant-Spec: 001-x".to_owned(),
    ] {
        commit(&repo, &message);
        assert!(load(&repo).landings.is_empty(), "{message}");
    }
}

#[test]
fn the_newest_comes_first_and_a_run_counts_once() {
    let repo = repository();
    commit(&repo, &record("001-x", RUN, "Chant-Model: old"));
    commit(&repo, &record("001-x", OTHER, "Chant-Model: new"));
    commit(&repo, &record("001-x", OTHER, "Chant-Model: picked"));
    let history = load(&repo);
    let models: Vec<&str> = history
        .all("001-x")
        .iter()
        .filter_map(|landing| landing.model.as_deref())
        .collect();
    assert_eq!(models, ["picked", "old"]);
}

/// However the cache came about, the answer is that of a clone that has none.
#[test]
fn the_cache_is_never_wrong() {
    let repo = repository();
    let fresh = |repo: &TestRepo| {
        std::fs::remove_file(repo.path().join(".git/chant/history")).unwrap();
        format!("{:?}", load(repo).all("001-x"))
    };
    let mut steps = 0;
    let mut check = |what: &str| {
        let cached = format!("{:?}", load(&repo).all("001-x"));
        assert_eq!(cached, format!("{:?}", load(&repo).all("001-x")), "{what}");
        assert_eq!(cached, fresh(&repo), "{what}");
        steps += 1;
    };
    commit(&repo, &record("001-x", RUN, ""));
    check("one");
    commit(&repo, "a person's");
    check("a commit on top");
    repo.git(&["switch", "--quiet", "-c", "side", "HEAD~1"]);
    commit(&repo, &record("001-x", OTHER, ""));
    check("another branch");
    repo.git(&["switch", "--quiet", "main"]);
    check("back again");
    repo.git(&["merge", "--quiet", "--no-ff", "-m", "merged", "side"]);
    check("a merge of what is not on top");
    repo.git(&["reset", "--quiet", "--hard", "HEAD~2"]);
    check("rewritten");
    std::fs::write(repo.path().join(".git/chant/history"), "chant history 1").unwrap();
    check("damaged");
    assert_eq!(steps, 7);
}
