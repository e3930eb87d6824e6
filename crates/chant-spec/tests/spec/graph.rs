//! Readiness, circles and order.

use std::collections::HashMap;

use chant_spec::graph::{Lookup, Node, cycles, order, readiness, unfinished};
use chant_spec::{Approval, Changed, Consent, Status, lint};

/// `id status dependency…` a line.
fn nodes(lines: &str) -> Vec<Node> {
    let node = |line: &str| {
        let mut words = line.split_whitespace().map(str::to_owned);
        let (id, status) = (words.next().unwrap(), Status::parse(&words.next().unwrap()));
        Node {
            id,
            status,
            depends_on: words.collect(),
            ..Node::default()
        }
    };
    lines
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(node)
        .collect()
}

fn with_lookup<'n, T>(nodes: &'n [Node], run: impl FnOnce(&dyn Fn(&str) -> Lookup<'n>) -> T) -> T {
    let by_id: HashMap<&str, &Node> = nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    run(&|name: &str| match by_id.get(name) {
        Some(&node) => Lookup::One(node),
        None if name == "two" => Lookup::Ambiguous(vec!["two-a".to_owned(), "two-b".to_owned()]),
        None => Lookup::Missing,
    })
}

fn blockers(nodes: &[Node], id: &str) -> String {
    let node = nodes.iter().find(|node| node.id == id).unwrap();
    let found = with_lookup(nodes, |lookup| readiness(node, lookup));
    let words: Vec<String> = found.blocked_by.iter().map(ToString::to_string).collect();
    if found.ready {
        "ready".to_owned()
    } else {
        words.join("; ")
    }
}

#[test]
fn what_is_in_the_way() {
    let check =
        |lines: &str, expect: &str| assert_eq!(blockers(&nodes(lines), "x"), expect, "{lines}");
    check("x pending", "ready");
    check("x ready", "ready");
    check("x pending a\n a completed", "ready");
    check("x pending a\n a failed", "depends on a, which is failed");
    check(
        "x pending a\n a cancelled",
        "depends on a, which was cancelled",
    );
    check("x pending a", "depends on a, which does not exist");
    check(
        "x pending two",
        "depends on two, which could be two-a or two-b",
    );
    check("x completed", "is completed");
    check("x pendign", "has the unknown status pendign");
    check(
        "x pending x",
        "depends on x, which is pending; waits for itself: x → x",
    );
    check(
        "x pending a\n a pending b\n b pending x",
        "depends on a, which is pending; waits for itself: x → a → b → x",
    );
    check(
        "x pending a\n a pending b\n b pending a",
        "depends on a, which is pending",
    );
    check("x pending a\n a completed x", "ready");
}

#[test]
fn a_failed_spec_may_be_worked_again_but_is_not_ready() {
    let nodes = nodes("x failed");
    let found = with_lookup(&nodes, |lookup| readiness(&nodes[0], lookup));
    assert!(!found.ready && found.may_be_worked());
}

#[test]
fn members_come_in_order() {
    let all =
        "d pending\n d.1 completed\n d.2 pending\n d.3 pending\n d.4 pending d.1\n d.5 pending";
    let check = |lines: &str, id: &str, expect: &str| {
        assert_eq!(blockers(&nodes(lines), id), expect, "{id}");
    };
    check(all, "d.1", "is completed");
    check(all, "d.2", "ready");
    check(all, "d.3", "comes after d.2, which is pending");
    check(all, "d.4", "ready");
    check(all, "d.5", "comes after d.2, which is pending");
    check("d pending\n d.1 cancelled\n d.2 pending", "d.2", "ready");
    check("v1.1 pending\n v1.2 pending", "v1.2", "ready");
    check("d pending\n d.4000000000 pending", "d.4000000000", "ready");
    let mut listed = nodes("d pending\n d.1 pending\n d.2 pending");
    listed[0].members = vec!["d.2".to_owned(), "d.1".to_owned()];
    assert_eq!(
        blockers(&listed, "d.1"),
        "comes after d.2, which is pending"
    );
    assert_eq!(blockers(&listed, "d.2"), "ready");
}

#[test]
fn approval_and_gates() {
    let by = || Some("Ann".to_owned());
    let (who, at) = ("Ann".to_owned(), "noon".to_owned());
    let rejected = Consent::Rejected {
        by: by(),
        reason: Some("too big".to_owned()),
    };
    let lapsed = Consent::Lapsed {
        by: who.clone(),
        at: at.clone(),
        changed: Changed::Spec,
    };
    let granted = Consent::Granted { by: who, at };
    let check = |required: bool, consent: &Consent, gate: Option<&str>, expect: &str| {
        let approval = Approval {
            required,
            ..Approval::default()
        };
        let node = Node {
            id: "x".into(),
            approval: Some(approval),
            consent: consent.clone(),
            gate: gate.map(str::to_owned),
            ..Node::default()
        };
        assert_eq!(blockers(&[node], "x"), expect);
    };
    let at_gate = "waits at a gate for a person (human)";
    check(true, &Consent::Awaited, None, "waits for approval");
    check(true, &rejected, None, "was rejected by Ann: too big");
    check(true, &granted, None, "ready");
    check(
        true,
        &lapsed,
        None,
        "the spec changed since Ann approved it at noon",
    );
    check(
        true,
        &Consent::Unrecorded { by: by() },
        None,
        "waits for approval: its file says that Ann approved it, but not of what",
    );
    check(false, &lapsed, None, "ready");
    check(false, &Consent::NotAsked, None, "ready");
    check(false, &rejected, None, "was rejected by Ann: too big");
    check(false, &Consent::NotAsked, Some("human"), at_gate);
    check(true, &granted, Some("human"), at_gate);
}

#[test]
fn a_completed_gate_is_passed_by_an_approval_that_holds() {
    let check = |consent: Consent, archived: bool, expect: &str| {
        let mut nodes = nodes("x pending g\n g completed");
        nodes[1].gate = Some("human".to_owned());
        nodes[1].consent = consent;
        nodes[1].archived = archived;
        assert_eq!(blockers(&nodes, "x"), expect);
    };
    let (by, at) = ("Ann".to_owned(), "noon".to_owned());
    let unsaid = "depends on g, a gate that nobody approved on record";
    check(Consent::NotAsked, false, unsaid);
    check(Consent::Unrecorded { by: None }, false, unsaid);
    check(Consent::NotAsked, true, "ready");
    check(
        Consent::Lapsed {
            by: by.clone(),
            at: at.clone(),
            changed: Changed::Outputs,
        },
        false,
        "depends on g, a gate: what the specs before it left changed since Ann approved it at noon",
    );
    check(Consent::Granted { by, at }, false, "ready");
}

#[test]
fn circles_and_order() {
    let found = |lines: &str| {
        cycles(&nodes(lines))
            .iter()
            .map(|ids| ids.join(" "))
            .collect::<Vec<_>>()
    };
    assert!(found("a pending b\n b pending c\n c pending").is_empty());
    assert_eq!(
        found("b pending c\n c pending a\n a pending b\n d pending a"),
        ["a b c a"]
    );
    assert_eq!(
        found("a pending a\n c pending d\n d pending c"),
        ["a a", "c d c"]
    );
    assert_eq!(
        order(&nodes("a pending b c\n b pending c\n c pending")).unwrap(),
        ["c", "b", "a"]
    );
    assert_eq!(order(&nodes("a pending b\n b pending a")), None);
}

#[test]
fn unfinished_dependencies_come_in_working_order() {
    let nodes =
        nodes("x pending a b\n a pending c\n b failed c d\n c pending\n d completed e\n e pending");
    let found = with_lookup(&nodes, |lookup| unfinished(&nodes[0], lookup));
    assert_eq!(found, ["c", "a", "b"]);
}

#[test]
fn long_chains_cost_no_stack() {
    let mut lines: String = (0..50_000)
        .map(|n| format!("s{n} pending s{}\n", n + 1))
        .collect();
    lines += "s50000 pending";
    let chain = nodes(&lines);
    assert_eq!(order(&chain).unwrap().len(), 50_001);
    assert!(cycles(&chain).is_empty());
    assert_eq!(
        with_lookup(&chain, |lookup| unfinished(&chain[0], lookup)).len(),
        50_000
    );
    let ring = nodes(&format!("{lines} s0"));
    assert_eq!(cycles(&ring)[0].len(), 50_002);
}

#[test]
fn lint_names_references_that_lead_nowhere() {
    let nodes = nodes("a pending b\n b pending a\n c pending gone two\n d completed gone");
    let found = with_lookup(&nodes, |lookup| lint::across(&nodes, lookup));
    let words: Vec<String> = found
        .iter()
        .map(|f| format!("{} {}", f.id, f.code))
        .collect();
    assert_eq!(
        words,
        [
            "c missing-dependency",
            "c ambiguous-dependency",
            "a dependency-cycle"
        ]
    );
}
