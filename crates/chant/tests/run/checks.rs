//! Checks that misbehave, and the worktrees they run in.

use std::path::PathBuf;

use chant_testkit::TestRepo;

use crate::support::*;

/// A repository whose spec has these checks, as YAML items, and an honest agent.
fn with_checks(checks: &str) -> TestRepo {
    let repo = with_agent(HONEST);
    repo.write(".gitignore", "out/\nsecret.txt\n");
    repo.write(SPEC, &spec(&format!("verify:\n{checks}")));
    repo.commit("a spec with checks");
    repo
}

/// The worktrees that checks were given.
fn pool(repo: &TestRepo) -> Vec<PathBuf> {
    let Ok(projects) = std::fs::read_dir(repo.worktrees()) else {
        return Vec::new();
    };
    let mut places: Vec<PathBuf> = projects
        .flatten()
        .filter_map(|project| std::fs::read_dir(project.path().join(".checks")).ok())
        .flat_map(|entries| entries.flatten().map(|entry| entry.path()))
        .filter(|path| path.is_dir())
        .collect();
    places.sort();
    places
}

fn home_file(repo: &TestRepo, name: &str) -> String {
    std::fs::read_to_string(repo.home().join(name)).unwrap_or_default()
}

/// Whether the process exists and is not just waiting to be asked for its end.
fn is_alive(pid: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).is_ok_and(|stat| {
        !stat
            .rsplit(')')
            .next()
            .unwrap_or("")
            .trim()
            .starts_with('Z')
    })
}

#[test]
fn what_git_ignores_is_kept_between_runs_and_times_stay() {
    let repo = with_checks(
        "  - stat -c %y README.md >> \"$HOME/times\"; test -e out/built || { mkdir out; echo x > out/built; echo x > stray; exit 1; }\n  - test ! -e stray\n",
    );
    let first = repo.chant(&["work", ID, "--json"]);
    let details = first.fails(1).json();
    assert!(
        details["error"]["message"]
            .as_str()
            .unwrap()
            .contains("exit 1"),
        "{details}"
    );
    let second = repo.chant(&["work", ID, "--json"]);
    let document = second.ok().json();
    assert_eq!(document["data"]["checks"][0]["warm"], true, "{document}");
    assert_landed_once(&repo);
    let times = home_file(&repo, "times");
    let times: Vec<&str> = times.lines().collect();
    assert_eq!(times[0], times[1], "an unchanged file is not written again");
    assert_eq!(pool(&repo).len(), 1);
    let message = repo.git(&["log", "-1", "--format=%B"]);
    assert!(
        message.contains("Chant-Check: passes (warm): "),
        "{message}"
    );
}

#[test]
fn a_cold_worktree_is_pristine_and_gone_afterwards() {
    let repo = with_checks("  - test -e out/built || { mkdir out; echo x > out/built; exit 1; }\n");
    work(&repo).fails(1);
    repo.chant(&["work", ID, "--cold"]).fails(1);
    assert_eq!(pool(&repo).len(), 1, "{:?}", pool(&repo));
    repo.write(SPEC, &spec("verify: [test ! -e out]\n"));
    let done = repo.chant(&["work", ID, "--cold", "--json"]);
    assert_eq!(done.ok().json()["data"]["checks"][0]["warm"], false);
    assert!(
        repo.git(&["log", "-1", "--format=%B"])
            .contains("passes (cold): ")
    );
}

#[test]
fn changes_of_tracked_files_are_undone_and_said() {
    let repo = with_checks(
        "  - {name: meddler, run: 'echo evil > greeting.txt; rm README.md; git add -A; git commit -qm evil'}\n  - grep -q hello greeting.txt && test -e README.md\n",
    );
    let output = work(&repo);
    output.ok();
    assert!(
        output
            .stderr
            .contains("check meddler: it changed README.md, greeting.txt"),
        "{}",
        output.stderr
    );
    assert_landed_once(&repo);
}

#[test]
fn a_check_that_deletes_its_worktree_harms_nobody() {
    let repo = with_checks(
        "  - {name: vandal, run: 'rm -rf \"$CHANT_WORKTREE\"'}\n  - test -e greeting.txt\n",
    );
    let output = work(&repo);
    output.ok();
    assert!(
        output
            .stderr
            .contains("check vandal: it deleted or damaged its worktree"),
        "{}",
        output.stderr
    );
    assert_landed_once(&repo);
}

#[test]
fn a_check_that_hangs_is_ended_with_all_it_started() {
    let repo = with_checks(
        "  - {name: sleeper, timeout: 700ms, run: 'setsid sleep 1000 & echo $! > \"$HOME/pid\"; wait'}\n",
    );
    let output = work(&repo);
    output.fails(1);
    assert!(
        output.stderr.contains("sleeper: took longer than 700 ms"),
        "{}",
        output.stderr
    );
    assert!(!is_alive(&home_file(&repo, "pid")));
}

#[test]
fn what_a_check_leaves_running_is_ended() {
    let repo = with_checks(
        "  - (setsid sh -c 'echo $$ > \"$HOME/pid\"; exec sleep 1000' &) ; while [ ! -s \"$HOME/pid\" ]; do sleep 0.01; done\n",
    );
    work(&repo).ok();
    assert!(!is_alive(&home_file(&repo, "pid")));
}

#[test]
fn a_check_that_only_starts_processes_is_ended() {
    let repo = with_checks("  - {name: rabbits, run: 'while :; do sleep 1000 & done'}\n");
    let config = repo.file(".chant/config.md");
    repo.write(
        ".chant/config.md",
        &config.replacen("---\n", "---\nlimits: {processes: 40}\n", 1),
    );
    let output = work(&repo);
    output.fails(1);
    assert!(
        output
            .stderr
            .contains("rabbits: started more than 40 processes at once"),
        "{}",
        output.stderr
    );
}

#[test]
fn a_flood_is_cut_and_its_end_still_counts() {
    let repo = with_checks(
        "  - {name: flood, run: 'echo begin; yes a line that goes on and on | head -c 60000000; echo the very end', matches: 'the very end\\n$'}\n",
    );
    let output = work(&repo);
    output.ok();
    assert!(
        output.stderr.contains("check flood: ")
            && output.stderr.contains("bytes of its output were left out"),
        "{}",
        output.stderr
    );
    let runs = repo.path().join(".git/chant/runs");
    let run = std::fs::read_dir(runs)
        .unwrap()
        .flatten()
        .next()
        .unwrap()
        .path();
    let log = std::fs::read(run.join("check-1.log")).unwrap();
    assert!(
        log.len() < 5_000_000 && log.starts_with(b"begin\n"),
        "{}",
        log.len()
    );
}

#[test]
fn a_file_that_git_ignores_is_not_there_and_that_is_said() {
    let repo = with_checks("  - grep -q 42 ./secret.txt\n");
    repo.write("secret.txt", "42\n");
    let output = work(&repo);
    output.fails(1);
    assert!(
        output
            .stderr
            .contains("secret.txt is in your checkout, but not in git"),
        "{}",
        output.stderr
    );
}

#[test]
fn two_runs_at_once_use_two_worktrees() {
    let meet = |mine: &str, other: &str| {
        format!(
            "verify:\n  - pwd >> \"$HOME/{mine}\"; while [ ! -s \"$HOME/{other}\" ]; do sleep 0.02; done\n"
        )
    };
    let repo = with_agent(
        "echo hello > $CHANT_SPEC_ID.txt\nsed -i 's/- \\[ \\]/- [x]/' \"$CHANT_SPEC_FILE\"\n",
    );
    repo.write(SPEC, &spec(&meet("one", "two")));
    repo.write(".chant/specs/002-other.md", &spec(&meet("two", "one")));
    repo.commit("two specs");
    let mut first = repo.command(chant_testkit::chant_bin());
    let mut first = first.args(["-q", "work", "001"]).spawn().unwrap();
    repo.chant(&["work", "002"]).ok();
    assert!(first.wait().unwrap().success());
    let places = pool(&repo);
    assert_eq!(places.len(), 2, "{places:?}");
    // The one that lands second is checked again, alone, on what main is then.
    let first_place = |name| home_file(&repo, name).lines().next().map(str::to_owned);
    assert_ne!(first_place("one"), first_place("two"));
}

#[test]
fn a_worktree_whose_holder_was_killed_is_made_anew() {
    let repo = with_checks("  - test ! -e out/built && mkdir out && echo x > out/built\n");
    repo.chant_with(|command| {
        command
            .args(["work", ID])
            .env("CHANT_CRASH_AT", "place:held");
    })
    .signalled();
    let place = pool(&repo).remove(0);
    std::fs::create_dir(place.join("out")).unwrap();
    std::fs::write(place.join("out/built"), "half").unwrap();
    let output = repo.chant(&["work", ID, "--json"]);
    assert_eq!(output.ok().json()["data"]["checks"][0]["warm"], false);
    assert_landed_once(&repo);
}

/// Whatever a check does to git in its worktree, the next one gets exactly the tree, and the user's branches stay.
#[test]
fn what_a_check_does_to_git_is_not_believed() {
    let tricks = [
        "git switch -q -c trick",
        "git init -q nested && git -C nested commit -q --allow-empty -m x",
        "git update-index --skip-worktree README.md && echo trick > README.md",
        "touch \"$(git rev-parse --git-dir)/index.lock\"",
        "git merge -q --no-commit --no-ff HEAD~1 || true; touch \"$(git rev-parse --git-dir)/MERGE_HEAD\"",
        "rm -rf .git && git init -q && git commit -q --allow-empty -m x",
        "rm -rf greeting.txt && mkdir -p greeting.txt/deep && touch greeting.txt/deep/x",
        "mkdir -p out && chmod a-w out . && true",
        "echo '*' > .gitignore; echo stray > stray; git config --worktree core.bare true || true",
    ];
    for trick in tricks {
        let repo = with_checks(&format!("  - |\n    {trick}; exit 1\n"));
        work(&repo).fails(1);
        let strict = "test \"$(git status --porcelain)\" = '' && test ! -e nested && test ! -e stray && grep -q sample README.md && grep -q hello greeting.txt && ! git symbolic-ref -q HEAD";
        repo.write(SPEC, &spec(&format!("verify:\n  - {strict}\n")));
        let branches = repo.git(&["for-each-ref", "refs/heads/trick"]);
        let output = work(&repo);
        assert_eq!(output.code, Some(0), "{trick}: {}", output.stderr);
        assert_eq!(
            repo.git(&["for-each-ref", "refs/heads/trick"]),
            branches,
            "{trick}"
        );
        assert_landed_once(&repo);
    }
}

#[test]
fn every_run_of_a_repeated_check_counts() {
    let repo = with_checks(
        "  - {repeat: 5, run: 'echo x >> \"$HOME/count\"; test $(wc -l < \"$HOME/count\") -ne 3'}\n",
    );
    let output = repo.chant(&["work", ID, "--json"]);
    let message = output.fails(1).json()["error"]["message"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        message.contains("not as expected in 1 of 5 runs: exit 1"),
        "{message}"
    );
    assert_eq!(home_file(&repo, "count").lines().count(), 5);
    let output = repo.chant(&["work", ID, "--json"]);
    let check = output.ok().json()["data"]["checks"][0].clone();
    assert_eq!(
        (check["runs"].as_u64(), check["as_expected"].as_u64()),
        (Some(5), Some(5)),
        "{check}"
    );
}

#[test]
fn cwd_env_and_an_expected_exit_code() {
    let repo = with_checks(
        "  - {cwd: docs, env: {WHO: you}, expect: 3, run: 'test -e guide.md && test $WHO = you && exit 3'}\n  - {expect: fail, run: 'false'}\n",
    );
    repo.write("docs/guide.md", "g\n");
    repo.commit("docs");
    let output = repo.chant(&["work", ID, "--json"]);
    let checks = output.ok().json()["data"]["checks"].clone();
    assert_eq!(checks[0]["outcome"], "ends with 3, as expected");
    assert_eq!(checks[1]["outcome"], "fails, as expected");
}

#[test]
fn what_is_wrong_with_a_check_is_told_before_the_agent_is_paid() {
    for (check, problem) in [
        ("{run: 'true', matches: '(oops'}", "matches: "),
        (
            "{run: 'true', timeout: soon}",
            "timeout: \"soon\" is not a time",
        ),
        (
            "{run: 'true', cwd: ../elsewhere}",
            "cwd: the path leads out of the repository",
        ),
        ("{run: 'true', cwd: /tmp}", "cwd: the path is absolute"),
    ] {
        let repo = with_checks(&format!("  - {check}\n"));
        set_agent(&repo, "touch \"$HOME/paid\"");
        let output = work(&repo);
        output.fails(5);
        assert!(
            output.stderr.contains(problem),
            "{problem}: {}",
            output.stderr
        );
        assert!(!repo.home().join("paid").exists(), "{problem}");
    }
}

#[test]
fn a_link_does_not_lead_a_check_out_of_its_worktree() {
    let repo = with_checks("  - {cwd: away, run: pwd}\n");
    std::os::unix::fs::symlink("/", repo.path().join("away")).unwrap();
    repo.git(&["add", "away"]);
    repo.git(&["commit", "-qm", "a link"]);
    let output = work(&repo);
    output.fails(1);
    assert!(
        output.stderr.contains("away leads out of the repository"),
        "{}",
        output.stderr
    );
}

#[test]
fn cleanup_and_diagnose_know_the_worktrees_of_checks() {
    let repo = with_checks("  - true\n");
    let diagnosed = |says: &str| {
        let output = repo.chant(&["diagnose"]);
        assert!(output.stdout.contains(says), "{says}: {}", output.stdout);
    };
    diagnosed("0 kept warm, 0 in use");
    repo.chant_with(|command| {
        command
            .args(["work", ID])
            .env("CHANT_CRASH_AT", "place:held");
    })
    .signalled();
    let output = repo.chant(&["cleanup", "--dry-run"]);
    assert!(
        output.ok().stdout.contains("(not usable)"),
        "{}",
        output.stdout
    );
    work(&repo).ok();
    diagnosed("1 kept warm, 0 in use");
    let output = repo.chant(&["cleanup", "--yes"]);
    assert!(
        output.ok().stdout.contains("Nothing to clean up."),
        "{}",
        output.stdout
    );
    let output = repo.chant(&["cleanup", "--yes", "--checks"]);
    assert!(
        output.ok().stdout.contains("removed 1"),
        "{}",
        output.stdout
    );
    assert!(pool(&repo).is_empty());
    assert_eq!(repo.git(&["worktree", "list"]).lines().count(), 1);
    repo.chant(&["verify", "001", "--exit-code"]).ok();
}

/// A check may fill its submodules; the next one finds them as empty as git leaves them.
#[test]
fn submodules_are_empty_for_every_check() {
    let library = TestRepo::new();
    let fill = "git -c protocol.file.allow=always submodule update -q --init && test -e lib/README.md && echo mine > lib/README.md";
    let repo = with_checks(&format!(
        "  - test ! -e lib/README.md && {fill} && exit 1\n"
    ));
    let library = library.path().to_str().unwrap().to_owned();
    repo.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        &library,
        "lib",
    ]);
    repo.commit("a submodule");
    work(&repo).fails(1);
    repo.write(
        SPEC,
        &spec(&format!("verify:\n  - test ! -e lib/README.md && {fill}\n")),
    );
    let output = repo.chant(&["work", ID, "--json"]);
    assert_eq!(
        output.ok().json()["data"]["checks"][0]["warm"],
        true,
        "{}",
        output.stdout
    );
    assert_landed_once(&repo);
}
