//! Where a file lies decides what it may do. Only paths are looked at here, never contents.

/// The part of the tree that a source file belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// `chant-os`: the one crate with effects.
    Floor,
    /// The one file of the face that prints.
    Printer,
    /// `main` of the binary: it ends the process.
    Main,
    /// The rest of the product.
    Product,
    /// Tests, examples, the test kit, build scripts, chores, and the code that the book works on.
    Aside,
}

impl Place {
    pub(super) fn of(path: &str) -> Self {
        let aside = path.starts_with("xtask/")
            || path.starts_with("docs/")
            || path.starts_with("crates/chant-testkit/")
            || path.ends_with("/build.rs")
            || path.ends_with("/tests.rs")
            || path
                .split('/')
                .any(|part| ["tests", "examples", "benches"].contains(&part));
        if aside {
            return Self::Aside;
        }
        match path {
            "crates/chant/src/main.rs" => Self::Main,
            "crates/chant/src/ui.rs" => Self::Printer,
            _ if path.starts_with("crates/chant/src/ui/") => Self::Printer,
            _ if path.starts_with("crates/chant-os/") => Self::Floor,
            _ => Self::Product,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_place() {
        for (path, place) in [
            ("crates/chant-os/src/lock.rs", Place::Floor),
            ("crates/chant-os/examples/actor.rs", Place::Aside),
            ("crates/chant-agent/src/claude/tests.rs", Place::Aside),
            ("crates/chant/src/ui.rs", Place::Printer),
            ("crates/chant/src/main.rs", Place::Main),
            ("crates/chant/src/commands/list.rs", Place::Product),
            ("crates/chant/tests/list.rs", Place::Aside),
            ("xtask/src/main.rs", Place::Aside),
            ("docs/guides/sample/src/main.rs", Place::Aside),
        ] {
            assert_eq!(Place::of(path), place, "{path}");
        }
    }
}
