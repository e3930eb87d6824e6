//! Every key a settings file may hold, and what it means. One table; the reader, the warnings and `chant config` use it.

/// What became of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A setting.
    Setting,
    /// An older name of another setting.
    OlderNameOf(&'static str),
    /// Understood, without effect; why.
    Unused(&'static str),
}

/// A key, by its dotted name. A name that ends in `.*` stands for everything below it.
#[derive(Debug)]
pub(super) struct Key {
    pub name: &'static str,
    pub meaning: Meaning,
}

const fn setting(name: &'static str) -> Key {
    Key {
        name,
        meaning: Meaning::Setting,
    }
}

const fn older(name: &'static str, now: &'static str) -> Key {
    Key {
        name,
        meaning: Meaning::OlderNameOf(now),
    }
}

const fn unused(name: &'static str, why: &'static str) -> Key {
    Key {
        name,
        meaning: Meaning::Unused(why),
    }
}

const OWN_BRANCH: &str = "every run has its own branch";
const NOT_YET: &str = "this version does not have it yet";
const BY_AGENT: &str = "give it to an agent in `agents:`";

/// The table, in the order in which settings are shown.
pub(super) const ALL: &[Key] = &[
    setting("project.name"),
    setting("project.prefix"),
    setting("defaults.agent"),
    setting("defaults.prompt"),
    setting("defaults.model"),
    setting("defaults.main_branch"),
    setting("defaults.branch_prefix"),
    setting("defaults.silent"),
    setting("agents"),
    setting("limits.idle"),
    setting("limits.total"),
    setting("limits.inputs_bytes"),
    setting("checks"),
    setting("protect"),
    setting("approval.required"),
    setting("approval.rejection_action"),
    setting("approval.sign"),
    older("project.silent", "defaults.silent"),
    older("defaults.provider", "defaults.agent"),
    older("parallel.agents", "agents"),
    older(
        "approval.require_approval_for_agent_work",
        "approval.required",
    ),
    unused("project.version", "chant does not use it"),
    unused("defaults.branch", OWN_BRANCH),
    unused("defaults.pr", NOT_YET),
    unused("defaults.split_model", NOT_YET),
    unused("defaults.rotation_strategy", NOT_YET),
    unused("agent.*", BY_AGENT),
    unused(
        "providers.*",
        "an agent is a program now: describe it in `agents:`",
    ),
    unused(
        "parallel.cleanup.*",
        "a landed run leaves nothing to clean up",
    ),
    unused(
        "parallel.stagger_delay_ms",
        "a run starts as soon as its agent has a free place",
    ),
    unused(
        "parallel.stagger_jitter_ms",
        "a run starts as soon as its agent has a free place",
    ),
    unused("parallel.*", "set `max_concurrent` of an agent"),
    unused("repos", NOT_YET),
    unused("git.*", NOT_YET),
    unused("watch.*", "no daemon is needed"),
    unused("worktree.*", "worktrees live in the user's cache directory"),
    unused("failure.*", "a failed run is kept on its branch"),
    unused("enterprise.*", NOT_YET),
    unused("derived.*", NOT_YET),
    unused("validation.*", NOT_YET),
    unused("lint.*", NOT_YET),
    unused("site.*", NOT_YET),
    unused(
        "merge.*",
        "a landing is a merge in memory; nothing is to be set",
    ),
    unused("hooks.*", NOT_YET),
];

/// The keys of one entry below `agents:`.
pub(super) const AGENT: &[&str] = &[
    "name",
    "kind",
    "command",
    "args",
    "model",
    "env",
    "prompt",
    "output",
    "max_concurrent",
    "recording",
    "bypass_permissions",
    "weight",
];

/// The key of exactly this name.
pub(super) fn exactly(name: &str) -> Option<&'static Key> {
    ALL.iter().find(|key| key.name == name)
}

/// The key that stands for everything below one of this name's sections.
pub(super) fn covering(name: &str) -> Option<&'static Key> {
    ALL.iter().find(|key| {
        let section = key
            .name
            .strip_suffix(".*")
            .and_then(|section| name.strip_prefix(section));
        section.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

/// Whether named settings stand below this name.
pub(super) fn is_section(name: &str) -> bool {
    ALL.iter()
        .filter_map(|key| key.name.strip_prefix(name)?.strip_prefix('.'))
        .any(|below| below != "*")
}

/// The key someone may have meant.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let sections = ["project", "defaults", "limits", "approval"];
    let settings = ALL
        .iter()
        .filter(|key| key.meaning == Meaning::Setting)
        .map(|key| key.name);
    let last = name.rsplit('.').next().unwrap_or(name);
    crate::nearest(name, settings.clone().chain(sections)).or_else(|| {
        settings
            .clone()
            .find(|key| key.rsplit('.').next() == Some(last))
    })
}
