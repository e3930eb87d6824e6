//! `chant trace` and `chant dag`: who builds on what.

use chant_testkit::TestRepo;
use serde_json::Value;

use crate::support::*;

/// Three specs: the second reads what the first writes without depending on it, the third depends on the second.
fn chain() -> TestRepo {
    let repo = project();
    write_spec(
        &repo,
        "001-find",
        "type: research\nstatus: completed\nlabels: [x]\ninformed_by: [docs/issue.md, 'https://example.org/1']\ntarget_files: [found.md]\n",
    );
    write_spec(
        &repo,
        "002-plan",
        "type: research\ninformed_by: [found.md]\n",
    );
    write_spec(
        &repo,
        "003-fix",
        "labels: [x]\ndepends_on: [002-plan]\ninformed_by: [001-find]\n",
    );
    repo
}

fn pairs(graph: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let edges = graph["edges"].as_array().unwrap().iter();
    edges
        .map(|edge| (text(&edge["from"]), text(&edge["to"])))
        .collect()
}

fn pair(from: &str, to: &str) -> (String, String) {
    (from.to_owned(), to.to_owned())
}

#[test]
fn a_spec_is_traced_up_to_files_and_addresses_and_down() {
    let repo = chain();
    let up = data(&repo, &["trace", "003", "--up"]);
    assert_eq!(up["root"], "003-fix");
    assert_eq!(
        pairs(&up),
        [
            pair("001-find", "docs/issue.md"),
            pair("001-find", "https://example.org/1"),
            pair("002-plan", "001-find"),
            pair("003-fix", "002-plan"),
            pair("003-fix", "001-find"),
        ]
    );
    assert_eq!(up["edges"][1]["kind"], "url");
    assert_eq!(up["edges"][2]["reads"][0], "found.md");
    assert_eq!(up["specs"][0]["status"], "completed");
    let down = data(&repo, &["trace", "001", "--down"]);
    assert_eq!(down["specs"].as_array().unwrap().len(), 3);
    let text = repo.chant(&["trace", "002"]).stdout;
    assert_eq!(
        text,
        "builds on\n\
         002-plan  ready  The title of 002-plan\n\
         └─ 001-find  completed  The title of 001-find  (found.md)\n\
         \u{20}  ├─ docs/issue.md\n\
         \u{20}  └─ https://example.org/1\n\
         used by\n\
         002-plan  ready  The title of 002-plan\n\
         └─ 003-fix  blocked  The title of 003-fix\n"
    );
    repo.chant(&["trace", "nothing"]).fails(3);
}

#[test]
fn the_projects_graph_holds_dependencies_only() {
    let repo = chain();
    let all = data(&repo, &["dag"]);
    assert_eq!(pairs(&all), [pair("003-fix", "002-plan")]);
    assert_eq!(all["specs"].as_array().unwrap().len(), 3);
    let some = data(&repo, &["dag", "--label", "x"]);
    assert_eq!(pairs(&some), []);
    assert_eq!(some["specs"].as_array().unwrap().len(), 2);
    let text = repo.chant(&["dag"]).stdout;
    assert!(
        text.contains("002-plan  ready  The title of 002-plan\n└─ 003-fix  blocked"),
        "{text}"
    );
    assert_eq!(data(&project(), &["dag"])["specs"], serde_json::json!([]));
}

#[test]
fn circles_end_and_are_told() {
    let repo = project();
    write_spec(&repo, "001-a", "informed_by: [003-c]\n");
    write_spec(&repo, "002-b", "depends_on: [001-a]\n");
    write_spec(&repo, "003-c", "depends_on: [002-b]\n");
    let output = repo.chant(&["trace", "001"]);
    output.ok();
    assert!(
        output.stdout.contains("001-a  (above)"),
        "{}",
        output.stdout
    );
    assert!(
        output.stderr.contains("wait for each other"),
        "{}",
        output.stderr
    );
    let graph = data(&repo, &["trace", "001"]);
    assert_eq!(graph["circles"][0].as_array().unwrap().len(), 4);
    write_spec(&repo, "001-a", "depends_on: [003-c]\n");
    let dag = repo.chant(&["dag"]);
    dag.ok();
    for id in ["001-a", "002-b", "003-c"] {
        assert!(
            dag.stdout.contains(&format!("{id}  blocked")),
            "{}",
            dag.stdout
        );
    }
}

#[test]
fn a_chain_of_two_hundred_is_told_to_its_end() {
    let repo = project();
    for number in 0..200_u32 {
        let before = number.checked_sub(1).map_or_else(String::new, |before| {
            format!("depends_on: [s{before:03}]\ninformed_by: [s{before:03}.md]\n")
        });
        write_spec(
            &repo,
            &format!("s{number:03}"),
            &format!("{before}target_files: [s{number:03}.md]\n"),
        );
    }
    let output = repo.chant(&["trace", "s199", "--up"]);
    output.ok();
    assert_eq!(output.stdout.lines().count(), 201);
    assert!(
        output.stdout.contains("… 199  s000  ready"),
        "{}",
        output.stdout
    );
    let longest = output.stdout.lines().map(|line| line.chars().count()).max();
    assert!(longest < Some(200), "{longest:?}");
    repo.chant(&["dag"]).ok();
}

#[test]
fn names_are_harmless_as_text_and_for_graphviz() {
    let repo = project();
    write_spec(
        &repo,
        "001-a",
        "informed_by: [\"say \\\"hi\\\" \\\\ \\e[31m\"]\n",
    );
    for args in [&["trace", "001"][..], &["trace", "001", "--dot"]] {
        let output = repo.chant(args);
        output.ok();
        assert_harmless(&output);
    }
    let dot = repo.chant(&["trace", "001", "--dot"]).stdout;
    assert!(
        dot.contains(r#""file: say \"hi\" \\ \\u{1b}[31m""#),
        "{dot}"
    );
    assert!(
        dot.starts_with("digraph chant {\n") && dot.trim_end().ends_with('}'),
        "{dot}"
    );
    repo.chant(&["dag", "--dot", "--json"]).fails(2);
}
