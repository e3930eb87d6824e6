//! The built-in prompts. Their one source is the project's own `.chant/prompts/`.

macro_rules! prompts {
    ($($name:literal),+ $(,)?) => {
        /// Name and text of every built-in prompt.
        pub(super) const ALL: &[(&str, &str)] = &[
            $(($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.chant/prompts/", $name, ".md")))),+
        ];
    };
}

prompts!(
    "base",
    "standard",
    "research",
    "triage",
    "comprehend",
    "reproduce",
    "root-cause",
    "impact-map",
    "implement",
    "review",
    "document",
    "split",
    "verify",
    "merge-conflict",
);

/// The text of a built-in prompt.
pub(super) fn get(name: &str) -> Option<&'static str> {
    ALL.iter()
        .find(|(known, _)| *known == name)
        .map(|(_, text)| *text)
}
