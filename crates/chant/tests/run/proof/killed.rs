//! chant is killed while a proof is under way, or is asked to stop; the next command goes on from there.

use super::store::*;

#[test]
fn killed_at_any_point_of_a_proof() {
    for point in [
        "provision:before",
        "place:held",
        "provision:after",
        "verify:before",
        "verify:after",
        "land:committed",
    ] {
        let repo = reproduced(MEND);
        let killed = repo.chant_with(|command| {
            command.args(["work", FIX]).env("CHANT_CRASH_AT", point);
        });
        assert_eq!(killed.code, None, "killed at {point}: {}", killed.stderr);
        repo.chant(&["work", FIX]).ok();
        let proof = shown(&repo, FIX)["proof"].take();
        assert_eq!(proof["verdict"], "proven", "{point}: {proof}");
        assert_eq!(rows(&proof).len(), 4, "{point}");
        assert_eq!(
            repo.git(&["worktree", "list"])
                .lines()
                .filter(|line| !line.contains(".checks"))
                .count(),
            1,
            "{point}"
        );
    }
}

#[test]
fn the_main_branch_moves_while_the_proof_is_under_way() {
    let repo = reproduced(MEND);
    // Only on the result does the suite pass; while it runs there, somebody commits.
    let moved = repo.home().join("moved");
    let command = format!(
        "test -e {moved} || (touch {moved} && cd {root} && echo more > notes.txt && git add notes.txt && git commit -q -m more)",
        moved = moved.display(),
        root = repo.path().display()
    );
    let config = repo.file(".chant/config.md").replace(
        "checks: [",
        &format!("checks: [{}, ", serde_json::Value::from(command)),
    );
    repo.write(".chant/config.md", &config);
    repo.commit("a suite with a side effect");
    repo.chant(&["trust"]).ok();
    let output = repo.chant(&["work", FIX]);
    assert!(
        output.ok().stderr.contains("main moved meanwhile"),
        "{}",
        output.stderr
    );
    let proof = shown(&repo, FIX)["proof"].take();
    let onto = repo.git(&["log", "-1", "--format=%H", "--grep=^more$", "main"]);
    assert_eq!(
        proof["base"],
        onto.trim(),
        "proven again on what main is now"
    );
}
