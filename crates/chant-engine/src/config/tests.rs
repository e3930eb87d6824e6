//! Layers of settings, read from real files.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use super::file::File;
use super::{Config, Layer, Rejection, Sign};
use crate::error::{Code, Error};

fn file(layer: Layer, yaml: &str) -> File {
    let path = match layer {
        Layer::Default | Layer::Person => "/home/me/.config/chant/config.md",
        Layer::Project => ".chant/config.md",
        Layer::Machine => ".chant/agents.md",
    };
    File {
        layer,
        path: PathBuf::from(path),
        text: format!("---\n{yaml}\n---\n\n# Prose\n"),
        is_outside: false,
    }
}

fn merge(layers: &[(Layer, &str)]) -> Result<Config, Error> {
    let files: Vec<File> = layers
        .iter()
        .map(|(layer, yaml)| file(*layer, yaml))
        .collect();
    Config::merge(&files)
}

pub(super) fn merged(layers: &[(Layer, &str)]) -> Config {
    merge(layers).unwrap()
}

fn project(yaml: &str) -> Config {
    merge(&[(Layer::Project, yaml)]).unwrap()
}

#[test]
fn without_files_the_defaults_hold() {
    let config = merge(&[]).unwrap();
    assert_eq!(config.defaults.branch_prefix, "chant/");
    assert_eq!(config.limits.idle, Duration::from_mins(10));
    assert!(
        config
            .values
            .iter()
            .all(|value| value.source.layer == Layer::Default)
    );
}

#[test]
fn later_layers_win_key_by_key() {
    let config = merge(&[
        (
            Layer::Person,
            "defaults: {model: sonnet, prompt: mine}\nlimits: {idle: 1m}",
        ),
        (Layer::Project, "defaults:\n  model: opus"),
        (Layer::Machine, "limits: {idle: 90s}"),
    ])
    .unwrap();
    assert_eq!(config.defaults.model.as_deref(), Some("opus"));
    assert_eq!(config.defaults.prompt.as_deref(), Some("mine"));
    assert_eq!(config.limits.idle, Duration::from_secs(90));
    let model = config
        .values
        .iter()
        .find(|value| value.key == "defaults.model")
        .unwrap();
    assert_eq!((model.source.layer, model.source.line), (Layer::Project, 3));
}

#[test]
fn unknown_keys_are_warned_about_with_the_nearest() {
    let config = project("chekcs: [a]\ndefaults: {modle: x}\nzzz: 1");
    let said: Vec<_> = config
        .warnings
        .iter()
        .map(|w| (w.message.as_str(), w.hint.as_deref()))
        .collect();
    assert_eq!(
        said,
        [
            ("unknown key `chekcs`", Some("did you mean `checks`?")),
            (
                "unknown key `defaults.modle`",
                Some("did you mean `defaults.model`?")
            ),
            ("unknown key `zzz`", None),
        ]
    );
    assert_eq!(config.warnings[1].source.line, 3);
}

#[test]
fn keys_of_the_earlier_implementation_mean_the_same_or_are_named() {
    let config = project(
        "project: {name: p, silent: true}\ndefaults: {provider: claude, rotation_strategy: none}\n\
         providers: {ollama: {endpoint: x}}\nrepos: [{name: a, path: b}]\n\
         parallel: {stagger_delay_ms: 5, cleanup: {enabled: true}, agents: [{name: alt, command: claude-alt, max_concurrent: 3, weight: 2}]}\n\
         approval: {rejection_action: manual}",
    );
    assert!(config.defaults.silent);
    assert_eq!(config.defaults.agent.as_deref(), Some("claude"));
    assert_eq!(config.approval.rejection_action, Rejection::Manual);
    assert_eq!(config.agents[0].command, ["claude-alt"]);
    assert_eq!(config.agents[0].max_concurrent, NonZeroUsize::new(3));
    assert!(config.warnings.is_empty(), "{:?}", config.warnings);
    let unused: Vec<_> = config
        .unused
        .iter()
        .map(|remark| remark.key.as_str())
        .collect();
    let expected = [
        "defaults.rotation_strategy",
        "providers",
        "repos",
        "parallel.stagger_delay_ms",
        "parallel.cleanup",
    ];
    assert_eq!(unused, expected);
}

#[test]
fn agents_are_merged_by_name() {
    let config = merge(&[
        (Layer::Project, "agents:\n  - {name: main, kind: claude, model: opus}\n  - {name: x, kind: command, command: ./a.sh 'b c'}"),
        (Layer::Machine, "agents:\n  - name: main\n    bypass_permissions: true\n    env: {KEY: '1'}"),
    ])
    .unwrap();
    let [main, x] = config.agents.as_slice() else {
        panic!("two agents")
    };
    assert_eq!(
        (main.model.as_deref(), main.bypass_permissions, main.source),
        (Some("opus"), true, Layer::Project)
    );
    assert_eq!(main.env["KEY"], "1");
    assert_eq!(x.command, ["./a.sh", "b c"]);
}

#[test]
fn an_entry_without_a_kind_is_the_client_that_it_is_named_after() {
    let config = project("agents: [{name: codex}, {name: main}, {name: command}]");
    let kinds: Vec<&str> = config.agents.iter().map(|a| a.kind.as_str()).collect();
    assert_eq!(kinds, ["codex", "claude", "claude"]);
}

#[test]
fn a_tracked_file_can_not_lift_permissions() {
    let config = project("agents: [{name: main, bypass_permissions: true}]");
    assert!(!config.agents[0].bypass_permissions);
    assert_eq!(config.warnings.len(), 1);
}

#[test]
fn a_wrong_type_is_an_error_with_its_place() {
    let check = |yaml: &str, line, column, message: &str| {
        let error = merge(&[(Layer::Project, yaml)]).unwrap_err();
        let location = error.location.as_ref().unwrap();
        assert_eq!(
            (error.message.as_str(), location.line, location.column),
            (message, line, column)
        );
    };
    check(
        "limits:\n  idle: soon",
        3,
        9,
        "`limits.idle` must be a duration such as `90s`, `10m` or `2h`",
    );
    check("defaults: x", 2, 11, "`defaults` must be a map of settings");
    check(
        "defaults: {silent: perhaps}",
        2,
        20,
        "`defaults.silent` must be `true` or `false`",
    );
    check("checks: {a: b}", 2, 9, "`checks` must be a list of texts");
    check("agents: [{kind: claude}]", 2, 10, "an agent needs a `name`");
}

#[test]
fn broken_yaml_and_duplicate_keys_name_the_line() {
    for (yaml, line) in [
        ("defaults: [", 3),
        ("checks: []\nchecks: []", 3),
        ("a: b: c", 2),
    ] {
        let error = merge(&[(Layer::Project, yaml)]).unwrap_err();
        assert_eq!(error.code, Code::ConfigInvalid);
        assert!(
            error.location.as_ref().unwrap().line <= line,
            "{yaml}: {:?}",
            error.location
        );
    }
}

#[test]
fn a_file_without_frontmatter_sets_nothing() {
    for text in [
        "",
        "# Prose only\n",
        "---\n",
        "---\n# only a comment\n---\n",
        "---\n---\n",
        "\u{feff}---\r\n---\r\n",
    ] {
        let file = File {
            layer: Layer::Project,
            path: PathBuf::new(),
            text: text.into(),
            is_outside: false,
        };
        assert!(Config::merge(&[file]).unwrap().warnings.is_empty());
    }
}

/// Taken for prose, it would set nothing, and another agent than the one in it would be started.
#[test]
fn a_frontmatter_without_an_end_is_an_error() {
    for text in ["---\ndefaults: {agent: mine}\n", "\u{feff}---\r\n\r\nx"] {
        let file = File {
            text: text.to_owned(),
            ..file(Layer::Machine, "")
        };
        let error = Config::merge(&[file]).unwrap_err();
        assert_eq!(error.code, Code::ConfigInvalid);
        assert_eq!(error.location.as_ref().unwrap().line, 1);
    }
}

#[test]
fn numbers_keep_their_text() {
    assert_eq!(
        project("project: {name: 007}").project_name.as_deref(),
        Some("007")
    );
    assert_eq!(
        project("project: {name: 1.0}").project_name.as_deref(),
        Some("1.0")
    );
}

#[test]
fn a_project_cannot_turn_a_persons_signing_off() {
    let check = |person: &str, project: &str, expect: Option<Sign>| {
        let (person, project) = (
            format!("approval: {{sign: {person}}}"),
            format!("approval: {{sign: {project}}}"),
        );
        let config = merge(&[(Layer::Person, &person), (Layer::Project, &project)]).unwrap();
        assert_eq!(config.approval.sign, expect, "{person} {project}");
    };
    check("ssh", "none", Some(Sign::Ssh));
    check("ssh", "false", Some(Sign::Ssh));
    check("ssh", "gpg", Some(Sign::Gpg));
    check("none", "ssh", Some(Sign::Ssh));
    check("none", "none", None);
    let wrong = merge(&[(Layer::Project, "approval: {sign: pgp}")]).unwrap_err();
    assert_eq!(wrong.code, Code::ConfigInvalid);
    assert!(wrong.message.contains("one of ssh, gpg"), "{wrong}");
}

#[test]
fn budgets_and_prices_are_read_and_a_project_can_only_lower_yours() {
    let config = merge(&[
        (Layer::Person, "budgets: {day: {usd: 20}, warn: 0.5}"),
        (
            Layer::Project,
            "budgets:\n  day: {usd: 100, tokens: 2M}\n  spec: {minutes: 90}\n  labels:\n    bugs: {usd: 3}\n  stop: 150%\nprices:\n  m-1: {in: 3, out: 15}",
        ),
    ])
    .unwrap();
    let spending = &config.spending;
    assert_eq!(spending.day.to_string(), "$20.00, 2000000 tokens");
    assert_eq!(spending.spec.to_string(), "90 minutes");
    assert_eq!(spending.labels["bugs"].to_string(), "$3.00");
    assert_eq!((spending.warn, spending.stop), (50, 150));
    assert_eq!(spending.prices["m-1"].output.to_string(), "$15.00");
    let machine = merge(&[
        (Layer::Person, "budgets: {day: {usd: 20}}"),
        (Layer::Machine, "budgets: {day: {usd: 50}}"),
    ])
    .unwrap();
    assert_eq!(machine.spending.day.to_string(), "$50.00");
}

#[test]
fn a_wrong_budget_is_named_at_its_place() {
    for yaml in [
        "budgets: {day: {usd: much}}",
        "budgets:\n  labels: {bugs: 3}",
        "prices: {m-1: {per: 3}}",
        "budgets: {warn: none}",
        "limits: {backoff: [soon]}",
    ] {
        let error = merge(&[(Layer::Project, yaml)]).unwrap_err();
        assert_eq!(error.code, Code::ConfigInvalid, "{yaml}");
    }
    for (labels, message) in [
        (
            "{bugs: 3}",
            "`budgets.labels.bugs` must be a budget such as `{usd: 5}`",
        ),
        (
            "{bugs: {usd: -1}}",
            "`budgets.labels.bugs.usd` must be an amount in dollars, such as `5` or `0.50`",
        ),
        (
            "{bugs: {eur: 1}}",
            "`budgets.labels.bugs.eur` must be one of usd, tokens, minutes",
        ),
    ] {
        let error =
            merge(&[(Layer::Machine, &format!("budgets: {{labels: {labels}}}"))]).unwrap_err();
        assert_eq!(error.message, message);
    }
}

#[test]
fn further_tries_can_be_turned_off() {
    assert_eq!(project("limits: {backoff: none}").spending.backoff, []);
    let waits = project("limits: {backoff: [1ms, 2s]}").spending.backoff;
    assert_eq!(waits, [Duration::from_millis(1), Duration::from_secs(2)]);
}
