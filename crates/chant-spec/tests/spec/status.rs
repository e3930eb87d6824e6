//! The table of what may follow what.

use chant_spec::status::allowed;
use chant_spec::{Action, State, Status};

#[test]
fn the_table() {
    // One column per action; `x` is possible.
    let actions = [
        Action::Work,
        Action::Reset,
        Action::Cancel,
        Action::Archive,
        Action::Merge,
        Action::Pause,
        Action::Resume,
        Action::Takeover,
        Action::Finalize,
        Action::Approve,
        Action::Verify,
        Action::Split,
        Action::Again,
    ];
    let table = "
        pending         xxx......x.x.
        ready           xxx......x.x.
        blocked         .xx......x.x.
        queued          ..x..x.......
        in_progress     ..x..x.x.....
        verifying       ..x..x.x.....
        landing         ..x.x..x.....
        paused          xxx..xxxxxx..
        parked          xxx...xxxx...
        conflict        xxx.x..xxxx..
        failed          xxx....xxxxx.
        needs_attention xxx.x..xxxxx.
        completed       .x.x.....xx.x
        cancelled       .xxx.........
        stale           .x.x.....xx.x";
    let rows: Vec<&str> = table
        .lines()
        .map(str::trim)
        .filter(|row| !row.is_empty())
        .collect();
    assert_eq!(rows.len(), State::ALL.len());
    for row in rows {
        let (name, expect) = row.split_once(' ').unwrap();
        let state = State::parse(name).unwrap();
        let found: String = actions
            .iter()
            .map(|&action| {
                if allowed(state, action).is_ok() {
                    'x'
                } else {
                    '.'
                }
            })
            .collect();
        assert_eq!(found, expect.trim(), "{name}");
    }
}

#[test]
fn every_refusal_says_what_to_type() {
    for &state in State::ALL {
        for &action in Action::ALL {
            if let Err(refusal) = allowed(state, action) {
                let refusal = refusal.of("007");
                let itself = format!("`chant {action} 007`");
                assert!(
                    refusal.hint.contains("`chant ") && !refusal.hint.contains("ID"),
                    "{state} {action}: {refusal:?}"
                );
                assert!(
                    !refusal.hint.contains(&itself),
                    "{state} {action} is sent in a circle: {refusal:?}"
                );
            }
        }
    }
}

#[test]
fn words_of_files() {
    let check = |word: &str, workable: bool, pending: bool, state: State| {
        let status = Status::parse(word);
        assert_eq!(
            (status.is_workable(), status.is_pending(), status.state()),
            (workable, pending, state),
            "{word}"
        );
        assert_eq!(status.as_str(), word);
    };
    check("pending", true, true, State::Pending);
    check("ready", true, true, State::Pending);
    check("blocked", true, true, State::Pending);
    check("in_progress", true, false, State::InProgress);
    check("failed", true, false, State::Failed);
    check("completed", false, false, State::Completed);
    check("cancelled", false, false, State::Cancelled);
    check("cancelld", false, false, State::NeedsAttention);
}
