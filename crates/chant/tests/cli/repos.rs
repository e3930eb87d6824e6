//! Several repositories of one person, and drivers as a tree.

use chant_testkit::TestRepo;
use serde_json::json;

use crate::support::{add, data, error, listed, project, write_spec};

/// Two repositories, `here` and `web`; the first knows the second by name.
fn two() -> (TestRepo, TestRepo) {
    let (here, web) = (project(), project());
    let path = web.path().display();
    let text = format!(
        "---\nrepos:\n  - {{name: web, path: {path}}}\n  - {{name: gone, path: /nowhere/at/all}}\n---\n"
    );
    let folder = here.home().join("config/chant");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.md"), text).unwrap();
    (here, web)
}

#[test]
fn a_global_list_names_the_repository_of_each_spec() {
    let (here, web) = two();
    write_spec(&here, "001-a", "status: pending\n");
    write_spec(&web, "001-b", "status: completed\n");
    let output = here.chant(&["list", "--global"]);
    output.ok();
    assert!(
        output.stdout.contains("web     completed  001-b"),
        "{}",
        output.stdout
    );
    assert!(
        output.stdout.contains("sample  ready      001-a"),
        "{}",
        output.stdout
    );
    assert!(
        output.stderr.contains("\"gone\" can not be used"),
        "{}",
        output.stderr
    );
    let specs = data(&here, &["list", "--global", "--status", "completed"]);
    assert_eq!(specs.as_array().unwrap().len(), 1);
    assert_eq!(
        (&specs[0]["repo"], &specs[0]["id"]),
        (&json!("web"), &json!("001-b"))
    );
    // Outside of any project the person's own settings still tell.
    let home = here.home();
    let outside = ["-C", home.to_str().unwrap(), "list", "--global"];
    assert_eq!(data(&here, &outside).as_array().unwrap().len(), 1);
}

#[test]
fn any_command_can_be_run_in_another_repository() {
    let (here, web) = two();
    write_spec(&web, "001-b", "status: pending\n");
    assert_eq!(
        data(&here, &["--repo", "web", "show", "001"])["id"],
        "001-b"
    );
    assert_eq!(data(&here, &["list", "--repo", "web"])[0]["id"], "001-b");
    assert_eq!(data(&here, &["status", "--repo", "web"])["total"], 1);
    let wrong = error(&here, 3, &["list", "--repo", "wbe"]);
    assert_eq!(wrong["code"], "repo-not-found");
    assert_eq!(wrong["hint"], "did you mean \"web\"?");
    error(&here, 3, &["list", "--repo", "gone"]);
    error(&here, 3, &["list", "--repo", "../../etc"]);
}

#[test]
fn a_spec_waits_for_a_spec_of_another_repository() {
    let (here, web) = two();
    write_spec(&web, "001-b", "status: pending\n");
    let id = add(&here, &["After b", "--depends-on", "web:001"]);
    assert_eq!(listed(&here, &id)["depends_on"], json!(["web:001-b"]));
    assert_eq!(
        listed(&here, &id)["blocked_by"],
        json!(["depends on web:001-b, which is pending"])
    );
    assert_eq!(data(&here, &["show", &id])["ready"], false);
    write_spec(&web, "001-b", "status: completed\n");
    assert_eq!(listed(&here, &id)["ready"], true);
    assert_eq!(data(&here, &["show", &id])["ready"], true);
    here.chant(&["lint"]).ok();
    assert_eq!(
        error(&here, 3, &["add", "X", "--depends-on", "web:nope"])["code"],
        "spec-not-found"
    );
    assert_eq!(
        error(&here, 3, &["add", "X", "--depends-on", "wub:001"])["code"],
        "repo-not-found"
    );
}

/// Neither would ever be completed, so it is said.
#[test]
fn specs_of_two_repositories_that_wait_for_each_other_are_found() {
    let (here, web) = two();
    let settings = here.home().join("config/chant/config.md");
    let text = format!(
        "---\nrepos:\n  - {{name: web, path: {}}}\n  - {{name: here, path: {}}}\n---\n",
        web.path().display(),
        here.path().display()
    );
    std::fs::write(settings, text).unwrap();
    write_spec(&here, "001-a", "status: pending\ndepends_on: [002-b]\n");
    write_spec(
        &here,
        "002-b",
        "status: pending\ndepends_on: [\"web:001\"]\n",
    );
    write_spec(
        &web,
        "001-c",
        "status: pending\ndepends_on: [\"here:001-a\"]\n",
    );
    let says = "that waits for itself: web:001-c → 001-a → 002-b → web:001-c";
    let reasons = listed(&here, "002-b")["blocked_by"].to_string();
    assert!(reasons.contains(says), "{reasons}");
    let lint = here.chant(&["lint"]);
    lint.fails(1);
    assert!(lint.stdout.contains(says), "{}", lint.stdout);
    let refused = error(&here, 4, &["work", "002-b"]);
    assert!(refused.to_string().contains(says), "{refused}");
    // A chain that ends is none.
    write_spec(&here, "002-b", "status: completed\n");
    here.chant(&["lint"]).ok();
}

#[test]
fn a_name_of_a_repository_leads_nowhere_else() {
    let (here, _web) = two();
    for (name, why) in [
        ("../x:001", "no repository \"../x\" is in your settings"),
        ("web:../../etc/passwd", "can not be a spec"),
        ("gone:001", "\"gone\" can not be used"),
        ("nobody:001", "no repository \"nobody\" is in your settings"),
    ] {
        write_spec(
            &here,
            "001-a",
            &format!("status: pending\ndepends_on: [\"{name}\"]\n"),
        );
        let reasons = listed(&here, "001-a")["blocked_by"]
            .to_string()
            .replace("\\\"", "\"");
        assert!(reasons.contains(why), "{name}: {reasons}");
        here.chant(&["work", "001-a"]).fails(4);
    }
    // What comes with a repository names no others.
    here.write(
        ".chant/config.md",
        "---\nrepos: [{name: etc, path: /etc}]\n---\n",
    );
    let config = here.chant(&["config", "--json"]);
    config.ok();
    assert!(
        config
            .stdout
            .contains("is not taken from a file that others can write")
    );
    error(&here, 3, &["list", "--repo", "etc"]);
}

#[test]
fn drivers_are_shown_as_a_tree() {
    let repo = project();
    write_spec(&repo, "big", "type: driver\nstatus: pending\n");
    write_spec(&repo, "big.1", "status: completed\n");
    write_spec(&repo, "big.2", "type: driver\nstatus: pending\n");
    write_spec(&repo, "big.2.1", "status: pending\n");
    write_spec(&repo, "big.10", "status: pending\n");
    write_spec(&repo, "other", "status: pending\n");
    let status = repo.chant(&["status"]);
    status.ok();
    let tree = status.stdout.split("Drivers\n").nth(1).unwrap().to_owned();
    let lines: Vec<String> = tree
        .lines()
        .take_while(|line| !line.is_empty())
        .map(|line| {
            line.split("  ").next().unwrap().to_owned()
                + if line.contains("1 of 3") {
                    " (1 of 3)"
                } else {
                    ""
                }
        })
        .collect();
    assert_eq!(
        lines,
        ["big (1 of 3)", "├─ big.1", "├─ big.2", "│", "└─ big.10"],
        "{tree}"
    );
    assert!(tree.contains("│  └─ big.2.1"), "{tree}");
    let rows = data(&repo, &["list", "--tree"]);
    let find = |id: &str| {
        let rows = rows.as_array().unwrap();
        rows.iter().find(|row| row["id"] == id).unwrap().clone()
    };
    assert_eq!(find("big.2.1")["depth"], 2);
    assert_eq!(find("big.2.1")["driver"], "big.2");
    assert_eq!(find("big")["progress"], json!({"completed": 1, "total": 3}));
    assert_eq!(find("other")["depth"], 0);
    let shown = data(&repo, &["show", "big"]);
    assert_eq!(shown["member_ids"], json!(["big.1", "big.2", "big.10"]));
    assert_eq!(shown["tree"].as_array().unwrap().len(), 4);
    // Members that list each other end nowhere, and are shown all the same.
    write_spec(&repo, "p", "type: driver\nstatus: pending\nmembers: [q]\n");
    write_spec(&repo, "q", "type: driver\nstatus: pending\nmembers: [p]\n");
    assert_eq!(
        data(&repo, &["list", "--tree"]).as_array().unwrap().len(),
        8
    );
    repo.chant(&["status"]).ok();
}

/// A command is run in another repository by its name, not by a spec's.
#[test]
fn a_spec_of_another_repository_is_not_worked_from_here_and_the_way_is_said() {
    let (here, web) = two();
    write_spec(&web, "001-b", "status: pending\n");
    let refused = error(&here, 3, &["work", "web:001-b"]);
    assert_eq!(
        refused["hint"],
        "in another repository a command is run by its name: --repo web 001-b"
    );
    let gone = error(&here, 3, &["list", "--repo", "gone"]);
    assert_eq!(
        gone["message"],
        "the repository \"gone\" can not be used: there is no /nowhere/at/all"
    );
}

/// They would wait for ever without a word.
#[test]
fn a_driver_whose_members_can_never_be_done_is_named() {
    let repo = project();
    for (id, members) in [("p", "q"), ("q", "p"), ("s", "s"), ("m", "n, o, k")] {
        let text = format!("type: driver\nstatus: pending\nmembers: [{members}]\n");
        write_spec(&repo, id, &text);
    }
    write_spec(&repo, "k", "status: completed\n");
    for (id, why) in [
        (
            "p",
            "0 of 1 completed, but it is a member of itself: p → q → p",
        ),
        ("s", "0 of 1 completed, but it is a member of itself: s → s"),
        ("m", "1 of 3 completed, but n, o do not exist"),
    ] {
        let waits = format!("waits for its members: {why}");
        assert_eq!(listed(&repo, id)["blocked_by"], json!([waits]), "{id}");
    }
    let lint = repo.chant(&["lint"]);
    lint.fails(1);
    for says in [
        "m.md: error: its members will never be done: n, o do not exist",
        "q.md: error: is a member of itself: q → p → q",
    ] {
        assert!(lint.stdout.contains(says), "{}", lint.stdout);
    }
}
