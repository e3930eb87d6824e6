//! The built-in workflows. Their one source is the project's own `.chant/workflows/`.

macro_rules! workflows {
    ($($name:literal),+ $(,)?) => {
        const ALL: &[(&str, &str)] = &[
            $(($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.chant/workflows/", $name, ".md")))),+
        ];
    };
}

workflows!("oss-maintainer", "single");

/// The names.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(name, _)| *name)
}

/// The text of a built-in workflow.
pub(super) fn get(name: &str) -> Option<&'static str> {
    ALL.iter()
        .find(|(known, _)| *known == name)
        .map(|(_, text)| *text)
}
