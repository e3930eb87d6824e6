//! `landing.strategy`: what a result looks like in the main branch's history when that has moved meanwhile.

use chant_testkit::TestRepo;

use crate::support::*;

/// The agent's two commits and something it left uncommitted; meanwhile a person commits in the user's checkout.
const TWO_COMMITS: &str = r#"
echo hello > greeting.txt
git add -A
git commit -q --author="Ann O. <ann@example.com>" --date="1700000000 +0200" -m "say hello

because of ü"
echo bye > farewell.txt
git add -A
git commit -q -m "say goodbye"
sed -i 's/- \[ \]/- [x]/' "$CHANT_SPEC_FILE"
echo left > left.txt
"#;

const MEANWHILE: &str = r#"
cd "$USER_CHECKOUT"
echo other > other.txt
git add other.txt
git commit -q -m "a person's"
"#;

fn worked(strategy: &str, script: &str) -> (TestRepo, String) {
    let repo = with_agent(script);
    let config = repo.file(".chant/config.md");
    let config = config.replacen(
        "---\n",
        &format!("---\nlanding: {{strategy: {strategy}}}\n"),
        1,
    );
    repo.write(".chant/config.md", &config);
    let output = repo.chant_with(|command| {
        command.args(["work", ID]).env("USER_CHECKOUT", repo.path());
    });
    let said = output.ok().stderr.clone();
    assert_eq!(state(&repo), "completed");
    (repo, said)
}

fn subjects(repo: &TestRepo) -> Vec<String> {
    let log = repo.git(&["log", "--format=%s", "main"]);
    log.lines().map(str::to_owned).collect()
}

fn merges(repo: &TestRepo) -> usize {
    let merges = repo.git(&["rev-list", "--min-parents=2", "main"]);
    merges.lines().count()
}

fn lists_landed_commits(repo: &TestRepo, count: usize) {
    let spec = repo.git(&["show", &format!("main:{SPEC}")]);
    let listed: Vec<&str> = spec
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- "))
        .map(|line| line.trim_matches('"'))
        .filter(|line| line.len() == 40)
        .collect();
    assert_eq!(listed.len(), count, "{spec}");
    for commit in listed {
        repo.git(&["merge-base", "--is-ancestor", commit, "main"]);
    }
}

fn record_holds(repo: &TestRepo) {
    repo.chant(&["attest", ID, "--verify"]).ok();
    let why = repo.chant(&["why", "greeting.txt:1"]);
    assert!(why.ok().stdout.contains(ID), "{}", why.stdout);
    repo.chant(&["drift", "--exit-code"]).ok();
}

/// The commits are made again when they land, and checked once more because they lie on another base than before.
#[test]
fn commits_that_are_made_again_at_the_landing_are_all_there() {
    let repo = with_agent(TWO_COMMITS);
    let config = repo.file(".chant/config.md");
    let config = config.replacen("---\n", "---\nlanding: {strategy: rebase}\n", 1);
    repo.write(".chant/config.md", &config);
    repo.chant(&["work", "--no-merge", ID]).ok();
    repo.write("other.txt", "other\n");
    repo.git(&["add", "other.txt"]);
    repo.git(&["commit", "-q", "-m", "a person's"]);
    repo.chant(&["merge", ID]).ok();
    assert_eq!(state(&repo), "completed");
    lists_landed_commits(&repo, 2);
    repo.git(&["fsck", "--strict", "--no-dangling"]);
}

#[test]
fn rebase_keeps_one_line_with_the_agents_commits() {
    let (repo, _) = worked("rebase", &format!("{TWO_COMMITS}{MEANWHILE}"));
    assert_eq!(
        subjects(&repo),
        [
            "chant(001-greeting): Write a greeting",
            "say goodbye",
            "say hello",
            "a person's",
            "first commit",
        ]
    );
    assert_eq!(merges(&repo), 0);
    let hello = repo.git(&[
        "log",
        "-1",
        "--date=raw",
        "--format=%an|%ae|%ad|%cn|%b",
        "main~2",
    ]);
    assert_eq!(
        hello.trim(),
        "Ann O.|ann@example.com|1700000000 +0200|Tess Ter|because of ü"
    );
    assert_eq!(repo.file("left.txt"), "left\n");
    assert_eq!(repo.file("other.txt"), "other\n");
    lists_landed_commits(&repo, 2);
    record_holds(&repo);
}

#[test]
fn squash_lands_one_commit() {
    let (repo, _) = worked("squash", &format!("{TWO_COMMITS}{MEANWHILE}"));
    assert_eq!(
        subjects(&repo),
        [
            "chant(001-greeting): Write a greeting",
            "a person's",
            "first commit",
        ]
    );
    assert_eq!(repo.file("farewell.txt"), "bye\n");
    lists_landed_commits(&repo, 0);
    record_holds(&repo);
}

#[test]
fn squash_lands_one_commit_where_nothing_else_happened() {
    let (repo, _) = worked("squash", TWO_COMMITS);
    assert_eq!(
        subjects(&repo),
        ["chant(001-greeting): Write a greeting", "first commit"]
    );
    record_holds(&repo);
}

#[test]
fn merge_joins_the_runs_branch() {
    let (repo, _) = worked("merge", &format!("{TWO_COMMITS}{MEANWHILE}"));
    assert_eq!(merges(&repo), 1);
    let first_parents = repo.git(&["log", "--first-parent", "--format=%s", "main"]);
    assert_eq!(
        first_parents.lines().collect::<Vec<_>>(),
        [
            "chant(001-greeting): Write a greeting",
            "a person's",
            "first commit"
        ]
    );
    lists_landed_commits(&repo, 2);
    record_holds(&repo);
}

#[test]
fn where_one_commit_alone_contradicts_it_lands_as_one_and_says_so() {
    let script = format!(
        r#"
echo first > other.txt
git add -A
git commit -q -m "first try"
git rm -q other.txt
git commit -q -m "not that way"
{HONEST}
{MEANWHILE}"#
    );
    let (repo, said) = worked("rebase", &script);
    assert!(said.contains("lands as one commit"), "{said}");
    assert_eq!(
        subjects(&repo),
        [
            "chant(001-greeting): Write a greeting",
            "a person's",
            "first commit",
        ]
    );
    assert_eq!(repo.file("other.txt"), "other\n");
}

#[test]
fn merges_of_the_agents_own_do_not_bend_the_line() {
    let script = format!(
        r#"
git switch -q -c side
echo side > side.txt
git add side.txt
git commit -q -m side
git switch -q -
{HONEST}
git merge -q -m "bring in the side" side
git branch -q -D side
{MEANWHILE}"#
    );
    let (repo, said) = worked("rebase", &script);
    assert!(said.contains("lands as one commit"), "{said}");
    assert_eq!(merges(&repo), 0);
    assert_eq!(repo.file("side.txt"), "side\n");
}

#[test]
fn a_spec_that_was_committed_while_it_was_worked_contradicts_nothing() {
    let script = format!("{HONEST}\ncd \"$USER_CHECKOUT\" && git add -A && git commit -q -m spec");
    let (repo, _) = worked("rebase", &script);
    assert_landed_once(&repo);
}

#[test]
fn an_unknown_strategy_is_refused_with_its_place() {
    let repo = with_agent(HONEST);
    repo.write(
        ".chant/config.md",
        "---\nlanding: {strategy: octopus}\n---\n",
    );
    let output = work(&repo);
    let said = &output.fails(5).stderr;
    assert!(
        said.contains("landing.strategy") && said.contains("rebase, squash, merge"),
        "{said}"
    );
}
