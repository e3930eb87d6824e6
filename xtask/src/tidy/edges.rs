//! Which crate of ours may use which: ARCHITECTURE.md's picture as a table, held against `cargo metadata`.

use std::path::Path;

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, MetadataCommand};

use super::Finding;

/// Every crate of ours, and those of ours that it may depend on.
const EDGES: [(&str, &[&str]); 10] = [
    ("chant-os", &[]),
    ("chant-spec", &[]),
    ("chant-git", &["chant-os"]),
    ("chant-agent", &["chant-os"]),
    ("chant-builtin", &["chant-agent", "chant-os"]),
    ("chant-acp", &["chant-agent", "chant-os"]),
    (
        "chant-engine",
        &["chant-agent", "chant-git", "chant-os", "chant-spec"],
    ),
    (
        "chant",
        &[
            "chant-acp",
            "chant-agent",
            "chant-builtin",
            "chant-engine",
            "chant-git",
            "chant-os",
            "chant-spec",
        ],
    ),
    ("chant-testkit", &[]),
    ("xtask", &[]),
];

/// What tests may use in addition.
const FOR_TESTS: &str = "chant-testkit";

/// Forbidden edges of the workspace.
pub(super) fn check(root: &Path) -> Result<Vec<Finding>> {
    let metadata = MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .no_deps()
        .other_options(["--offline".to_owned()])
        .exec()
        .context("cargo metadata failed")?;
    let ours: Vec<&str> = metadata.packages.iter().map(|p| p.name.as_str()).collect();
    let mut findings = Vec::new();
    for package in &metadata.packages {
        let manifest = package
            .manifest_path
            .strip_prefix(root)
            .map_or_else(|_| package.manifest_path.to_string(), ToString::to_string);
        for dependency in &package.dependencies {
            if !ours.contains(&dependency.name.as_str()) {
                continue;
            }
            let tests = dependency.kind == DependencyKind::Development;
            if let Some(advice) = forbidden(&package.name, &dependency.name, tests) {
                findings.push(Finding::new(&manifest, 1, "edge", advice));
            }
        }
        if !EDGES.iter().any(|(name, _)| *name == package.name.as_str()) {
            let advice = "a new crate: put it into ARCHITECTURE.md and xtask/src/tidy/edges.rs";
            findings.push(Finding::new(&manifest, 1, "edge", advice));
        }
    }
    Ok(findings)
}

/// Why one crate may not depend on another.
fn forbidden(from: &str, to: &str, tests: bool) -> Option<String> {
    let allowed = EDGES
        .iter()
        .find(|(name, _)| *name == from)
        .map_or(&[][..], |(_, allowed)| *allowed);
    if allowed.contains(&to) || (tests && to == FOR_TESTS) {
        return None;
    }
    Some(format!(
        "`{from}` may not use `{to}`: ARCHITECTURE.md says which crate may use which"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_picture_is_allowed() {
        assert_eq!(forbidden("chant", "chant-engine", false), None);
        assert_eq!(forbidden("chant-git", "chant-os", false), None);
        assert_eq!(forbidden("chant-git", "chant-testkit", true), None);
        for (from, to) in [
            ("chant-spec", "chant-os"),
            ("chant-agent", "chant-git"),
            ("chant-engine", "chant"),
            ("chant-engine", "chant-testkit"),
        ] {
            assert!(forbidden(from, to, false).is_some(), "{from} -> {to}");
        }
    }

    #[test]
    fn no_edge_leads_back() {
        for (at, (name, allowed)) in EDGES.iter().enumerate() {
            let below: Vec<&str> = EDGES[..at].iter().map(|(name, _)| *name).collect();
            assert!(allowed.iter().all(|to| below.contains(to)), "{name}");
        }
    }
}
