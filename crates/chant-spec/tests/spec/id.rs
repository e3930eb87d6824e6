//! Which ids are valid, and what a typed name stands for.

use chant_spec::id::{compose, resolve, sequence_of};
use chant_spec::{IdError, Resolved, SpecId};

const TODAY: &str = "2026-11-21";

#[test]
fn which_texts_are_ids() {
    let check = |text: &str, expect: Option<IdError>| {
        assert_eq!(SpecId::parse(text).err(), expect, "{text:?}");
    };
    check("001-comprehension", None);
    check("2026-01-24-001-cxn.2.1", None);
    check("ümläut with space", None);
    check("a..b", None);
    check("", Some(IdError::Empty));
    check(&"x".repeat(200), None);
    check(&"x".repeat(201), Some(IdError::TooLong));
    check("../x", Some(IdError::Separator));
    check("a\\b", Some(IdError::Separator));
    check("a\0b", Some(IdError::Control));
    check("a\nb", Some(IdError::Control));
    check("-rf", Some(IdError::Start));
    check("..", Some(IdError::Start));
    check(".hidden", Some(IdError::Start));
    check(" a", Some(IdError::Space));
    check("a ", Some(IdError::Space));
}

#[test]
fn parts_of_an_id() {
    let id = |text: &str| SpecId::parse(text).unwrap();
    let driver = |text: &str| id(text).member_of().map(|id| id.to_string());
    assert_eq!(driver("x.2").as_deref(), Some("x"));
    assert_eq!(driver("x.2.1").as_deref(), Some("x.2"));
    assert_eq!(driver("x"), None);
    assert_eq!(driver("x.y"), None);
    assert_eq!(driver("x.+2"), None);
    assert_eq!(id("2026-01-24-001-cxn").date(), Some("2026-01-24"));
    assert_eq!(id("shop-2026-01-24-001-cxn.1").date(), Some("2026-01-24"));
    assert_eq!(id("001-comprehension").date(), None);
    assert_eq!(id("x2026-01-24-001").date(), None);
}

#[test]
fn composed_ids() {
    assert_eq!(
        compose(TODAY, 1, "abc", None).as_str(),
        "2026-11-21-001-abc"
    );
    assert_eq!(
        compose(TODAY, 36 * 36 * 36, "abc", Some("shop")).as_str(),
        "shop-2026-11-21-1000-abc"
    );
    let check = |id: &str, expect| assert_eq!(sequence_of(id, TODAY), expect, "{id}");
    check("2026-11-21-001-abc", Some(1));
    check("2026-11-21-00z-abc.3", Some(35));
    check("shop-2026-11-21-010-abc", Some(36));
    check("2026-11-21-002-imgproto", Some(2));
    check("2026-11-20-001-abc", None);
    check("2026-11-21-1-abc", None);
    check("2026-11-21", None);
    check("001-abc", None);
}

#[test]
fn branch_names_are_ones_that_git_takes() {
    let branch = |text: &str| SpecId::parse(text).unwrap().branch_component();
    assert_eq!(branch("001-comprehension"), "001-comprehension");
    assert_eq!(branch("2026-11-21-001-abc.2"), "2026-11-21-001-abc.2");
    let odd = [
        "a b", "a~b", "a^b", "a:b", "a?b", "a*b", "a[b", "a..b", "a.lock", "a.", "@", "a@{b",
        "a...b", "a-b",
    ];
    let mut seen = std::collections::HashSet::new();
    for id in odd {
        let name = branch(id);
        let refused = name.contains([' ', '~', '^', ':', '?', '*', '[', '\\'])
            || name.contains("..")
            || name.contains("@{");
        assert!(
            !refused
                && !name.ends_with('.')
                && !name.to_lowercase().ends_with(".lock")
                && name != "@",
            "{id} gave {name}"
        );
        assert!(seen.insert(name), "{id} is not alone");
    }
}

#[test]
fn typed_names() {
    let ids = [
        "001-comprehension",
        "002-reproduction",
        "2026-01-24-001-cxn",
        "2026-01-24-002-u0g",
        "2026-01-24-002-u0g.1",
        "2026-01-24-002-u0g.2",
        "2026-01-24-002-u0g.2.1",
        "2026-11-21-003-abc",
        "2026-11-21-004-abd",
        "shop-2026-11-21-005-xyz",
    ];
    let check = |query: &str, expect: &[&str]| {
        let found = match resolve(query, ids.iter().copied(), TODAY) {
            Resolved::One(id) => vec![id],
            Resolved::Many(ids) => ids,
            Resolved::None { .. } => Vec::new(),
            Resolved::Invalid(error) => vec![error.to_string()],
        };
        assert_eq!(found, expect, "{query:?}");
    };
    check("001-comprehension", &["001-comprehension"]);
    check("001-compre", &["001-comprehension"]);
    check("001", &["001-comprehension"]);
    check("cxn", &["2026-01-24-001-cxn"]);
    check("production", &["002-reproduction"]);
    check("prehen", &["001-comprehension"]);
    check("003", &["2026-11-21-003-abc"]);
    check("005", &["shop-2026-11-21-005-xyz"]);
    check("ab", &["2026-11-21-003-abc", "2026-11-21-004-abd"]);
    check("2026-01-24-002-u0g", &["2026-01-24-002-u0g"]);
    check("2026-01-24-002", &["2026-01-24-002-u0g"]);
    check("u0g", &["2026-01-24-002-u0g"]);
    check("u0g.2", &["2026-01-24-002-u0g.2"]);
    check(
        "u0g.",
        &[
            "2026-01-24-002-u0g.1",
            "2026-01-24-002-u0g.2",
            "2026-01-24-002-u0g.2.1",
        ],
    );
    check(".1", &["2026-01-24-002-u0g.1", "2026-01-24-002-u0g.2.1"]);
    check("nothing-like-it", &[]);
    check("../x", &["an id cannot hold '/' or '\\'"]);
    check("..", &["an id cannot begin with '-' or '.'"]);
    check("", &["the id is empty"]);
}

#[test]
fn a_bare_sequence_is_todays_and_a_prefix() {
    let check = |query: &str, ids: &[&str], expect: Resolved| {
        assert_eq!(
            resolve(query, ids.iter().copied(), TODAY),
            expect,
            "{query:?} in {ids:?}"
        );
    };
    let one = |id: &str| Resolved::One(id.to_owned());
    let both = vec![
        "001-comprehension".to_owned(),
        "2026-11-21-001-abc".to_owned(),
    ];
    check(
        "001",
        &["001-comprehension", "2026-11-21-001-abc"],
        Resolved::Many(both),
    );
    check(
        "001",
        &["2026-11-20-001-xyz", "2026-11-21-001-abc"],
        one("2026-11-21-001-abc"),
    );
    check(
        "001",
        &["2026-11-21-001-abc", "2026-11-21-001-abc.1"],
        one("2026-11-21-001-abc"),
    );
    check(
        "001.1",
        &["2026-11-21-001-abc", "2026-11-21-001-abc.1"],
        one("2026-11-21-001-abc.1"),
    );
    check(
        "01a",
        &["2026-11-21-01a-abc", "2026-11-21-001-01a"],
        one("2026-11-21-01a-abc"),
    );
    check("001", &["2026-11-20-001-xyz"], one("2026-11-20-001-xyz"));
    let near = vec!["001-comprehension".to_owned()];
    check(
        "001-comprehesnion",
        &["001-comprehension", "zzz"],
        Resolved::None { nearest: near },
    );
}
