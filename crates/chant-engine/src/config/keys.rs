//! Every key a settings file may hold, and what it means. One table; the reader, the warnings, `chant config` and the
//! reference page use it.

/// What became of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A setting; what it says, in one line.
    Setting(&'static str),
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

const fn setting(name: &'static str, says: &'static str) -> Key {
    Key {
        name,
        meaning: Meaning::Setting(says),
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
    setting("project.name", "what the project is called"),
    setting(
        "project.prefix",
        "what stands before the date in new ids: `kv` gives `kv-2026-11-21-001-k3x`",
    ),
    setting(
        "defaults.agent",
        "the agent that works a spec which names none: a name from `agents`, or a built-in kind; of several, a list, each has its turn",
    ),
    setting(
        "defaults.prompt",
        "the prompt of a spec that names none; without it, research is worked by `research`, documentation by `document`, the rest by `standard`",
    ),
    setting("defaults.model", "the model that agents are asked for"),
    setting(
        "defaults.split_model",
        "the model that proposes the members of a spec in `chant split`",
    ),
    setting(
        "defaults.fallback",
        "the agents that may go on, or begin, in this order, where the plan of another is used up",
    ),
    setting(
        "defaults.main_branch",
        "the branch that results land on; found out where not given",
    ),
    setting(
        "defaults.branch_prefix",
        "what stands before the id in the name of a run's branch",
    ),
    setting(
        "defaults.silent",
        "`true`: git, and so your team, sees nothing of chant",
    ),
    setting(
        "defaults.retries",
        "how often a failed attempt is followed by another without anybody asking; 0 where not given, and the same failure twice ends it",
    ),
    setting(
        "defaults.sandbox",
        "what agents may write: `worktree` (theirs, and what they are given) or `off`; `off` is taken only from files that are yours alone",
    ),
    setting(
        "defaults.offline",
        "types of specs, such as `research`, whose agents get no network; each file adds to the list",
    ),
    setting(
        "defaults.targets_only",
        "types of specs that change nothing but their target files, where they name any; a project's file adds to the list",
    ),
    setting(
        "defaults.env_allow",
        "names of your environment's variables that agents and checks get beside the usual ones; taken only from files that are yours alone",
    ),
    setting(
        "agents",
        "the agents that specs can be given to, each with the keys below",
    ),
    setting(
        "choose",
        "rules that say which agent works which specs: a list of `{label: …, agent: …}`, `{type: …, agent: …}` or `{prompt: …, agent: …}`; of several agents, a list, each has its turn",
    ),
    setting(
        "repos",
        "the other repositories you work in, each with `name` and `path`, for `--repo NAME`, `list --global` and `NAME:spec`; taken only from files that are yours alone",
    ),
    setting(
        "limits.idle",
        "how long an agent may print nothing before it is ended",
    ),
    setting(
        "limits.backoff",
        "how long to wait before each further try of an agent whose provider is overloaded or out of reach; `none` for no further try",
    ),
    setting(
        "limits.parked",
        "how long a run may wait for a limit of its agent to be renewed, before a person has to look",
    ),
    setting("limits.total", "how long a run's agent may take altogether"),
    setting(
        "limits.grace",
        "how long an agent that was asked to stop has before it is told to, and then again before its processes are killed",
    ),
    setting(
        "limits.inputs_bytes",
        "how many bytes of inputs a prompt may hold; larger inputs are cut and say so",
    ),
    setting(
        "limits.processes",
        "how many processes a check may have at once; one with more is ended",
    ),
    setting(
        "limits.disk",
        "how much has to be free on the disk for a run to begin, such as `2GB`; not looked at where not given",
    ),
    setting(
        "limits.keep_runs",
        "how many folders of runs that are over `chant cleanup` leaves; all of them where not given",
    ),
    setting(
        "limits.parallel",
        "how many specs `chant work --parallel` gives to agents at once, where it names no number",
    ),
    setting(
        "limits.labels",
        "how many specs with a label may be worked at once: a map of labels to numbers",
    ),
    setting(
        "limits.waiting_for_person",
        "how many results may wait for a person before the scheduler starts no more; no limit where not given",
    ),
    setting(
        "limits.stagger",
        "how long the scheduler waits between two starts; up to half as much again is added, by chance but the same for each run",
    ),
    setting(
        "budgets.spec.usd",
        "what all attempts at one spec may cost together, in US dollars; a spec's own `budget` comes first",
    ),
    setting(
        "budgets.spec.tokens",
        "the same in tokens, read and written",
    ),
    setting(
        "budgets.spec.minutes",
        "the same in minutes that agents work",
    ),
    setting(
        "budgets.day.usd",
        "what a day may cost, in US dollars; a project's file can lower what your own says, and not raise it",
    ),
    setting("budgets.day.tokens", "the same in tokens, read and written"),
    setting(
        "budgets.day.minutes",
        "the same in minutes that agents work",
    ),
    setting(
        "budgets.labels",
        "what all specs with a label may cost together: a map of labels to `{usd: …, tokens: …, minutes: …}`",
    ),
    setting(
        "budgets.warn",
        "from which share of a budget on there is a warning",
    ),
    setting(
        "budgets.stop",
        "at which share of a budget an agent is ended, also where a person let it go over the budget",
    ),
    setting(
        "prices",
        "what a million tokens cost, for agents that tell only tokens: a map of models to `{in: …, out: …, cached: …}`",
    ),
    setting(
        "worktree.setup",
        "commands that make a run's worktree ready, run in it by a shell before the agent begins",
    ),
    setting(
        "worktree.copy",
        "files and folders that git does not have, such as `.env`, copied from your checkout into each worktree",
    ),
    setting(
        "worktree.link",
        "the same, as links into your checkout: what is changed there is changed for you too",
    ),
    setting(
        "worktree.ports",
        "how many network ports each run has for itself: `CHANT_PORT` is the first, `CHANT_PORTS` all of them",
    ),
    setting(
        "worktree.sparse",
        "the only folders and files that research gets in its worktree, beside the spec and its inputs",
    ),
    setting(
        "worktree.keep",
        "how many worktrees of runs that are over are kept, emptied of all that is not git's, for the runs to come; 0 removes them all",
    ),
    setting(
        "worktree.reuse_from",
        "how many files a repository has at least, that worktrees are kept: smaller ones are made anew faster",
    ),
    setting(
        "checks",
        "the suite: what of it passed before a change to the code has to pass after it",
    ),
    setting(
        "landing.strategy",
        "how a result becomes a part of the main branch: `rebase` (the agent's commits, then the landing), `squash` (one commit) or `merge`",
    ),
    setting("protect", "globs of files that no agent may change"),
    setting(
        "approval.required",
        "`true`: every spec needs an approval before an agent works it",
    ),
    setting(
        "approval.rejection_action",
        "what a rejection does: `manual`, `dependency` or `group`",
    ),
    setting("approval.sign", "how approvals are signed: `ssh` or `gpg`"),
    setting(
        "attest.sign",
        "how attestations of landings are signed: `ssh` or `gpg`, with a key that can be used without a question",
    ),
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
    unused("parallel.stagger_delay_ms", "set `limits.stagger`"),
    unused("parallel.stagger_jitter_ms", "set `limits.stagger`"),
    unused("parallel.*", "set `max_concurrent` of an agent"),
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

/// The keys of one entry below `agents:`, and what each says.
pub(super) const AGENT: &[(&str, &str)] = &[
    ("name", "what it is called"),
    (
        "kind",
        "`claude`, `codex`, `acp` (any agent that speaks the Agent Client Protocol), `gemini`, `opencode`, `copilot`, `qwen`, `goose`, `command` (any program), `replay` (a recording) or `builtin` (chant's own, which talks to a model itself). When absent, the client that the entry is named after, else `claude`",
    ),
    (
        "command",
        "the program and its arguments; a string is split into words, never run by a shell",
    ),
    ("args", "more arguments, after chant's own"),
    ("model", "the model to ask for, where the spec names none"),
    ("env", "what is added to its environment"),
    (
        "prompt",
        "how the prompt reaches it: `stdin`, `file` or `argument`",
    ),
    ("output", "what it prints: `text`, `json_lines` or `auto`"),
    (
        "max_concurrent",
        "how many runs may use it at once; no limit of its own where not given",
    ),
    (
        "account",
        "whose plan or key it uses: agents with one account share the smallest of their `max_concurrent`",
    ),
    (
        "recording",
        "the recording to play, or a folder with one for each spec (`<id>.jsonl`), for the kind `replay`",
    ),
    (
        "provider",
        "for the kind `builtin`: the protocol of its model's server, `openai` (also when absent; Ollama, llama.cpp, vLLM and LM Studio speak it) or `anthropic`",
    ),
    (
        "base_url",
        "for the kind `builtin`: where its model's server is, such as `http://localhost:11434/v1`; the provider's own where not given",
    ),
    (
        "key_env",
        "for the kind `builtin`: the environment variable that holds the key; `OPENAI_API_KEY` or `ANTHROPIC_API_KEY` where not given",
    ),
    (
        "context",
        "for the kind `builtin`: how many tokens its model takes in; old output of tools is shortened before they are used up",
    ),
    (
        "max_turns",
        "for the kind `builtin`: how often its model may be asked in one sitting; 200 where not given",
    ),
    (
        "bypass_permissions",
        "`true`: it may do everything unasked; taken only from files that are yours alone",
    ),
    (
        "permissions",
        "how its questions are answered: `ask` (a person; without one it is no), `allow` (what `allow:` lists), `sandbox` or `bypass` (everything; taken only from files that are yours alone); one word, or a map from types of specs to words",
    ),
    (
        "allow",
        "the tools it may use unasked: `Bash(git *)`, `WebFetch`, `mcp__*`; taken only from files that are yours alone",
    ),
    (
        "weight",
        "how many turns it has where agents take turns; 1 where not given",
    ),
    (
        "sandbox",
        "what it may write: `worktree` or `off`; `off` is taken only from files that are yours alone",
    ),
    (
        "network",
        "`off`: it gets no network, not even your machine's own",
    ),
    (
        "env_allow",
        "names of your environment's variables that it gets beside the usual ones and its own, such as `[DATABASE_URL, AWS_*]`; taken only from files that are yours alone",
    ),
    (
        "read_allow",
        "files and folders that it may read although the sandbox hides them; taken only from files that are yours alone",
    ),
    (
        "write_allow",
        "files and folders that it may write beside its worktree; taken only from files that are yours alone",
    ),
];

/// The key of exactly this name.
pub(super) fn exactly(name: &str) -> Option<&'static Key> {
    ALL.iter().find(|key| key.name == name)
}

/// What a setting says.
pub(super) fn says(name: &str) -> &'static str {
    match exactly(name).map(|key| key.meaning) {
        Some(Meaning::Setting(says)) => says,
        _ => "",
    }
}

/// What a key of an agent says.
pub(super) fn says_of_agent(name: &str) -> &'static str {
    AGENT
        .iter()
        .find(|(key, _)| *key == name)
        .map_or("", |(_, says)| says)
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
    let sections = [
        "project", "defaults", "limits", "landing", "worktree", "approval", "attest", "budgets",
    ];
    let settings = ALL
        .iter()
        .filter(|key| matches!(key.meaning, Meaning::Setting(_)))
        .map(|key| key.name);
    let last = name.rsplit('.').next().unwrap_or(name);
    crate::nearest(name, settings.clone().chain(sections)).or_else(|| {
        settings
            .clone()
            .find(|key| key.rsplit('.').next() == Some(last))
    })
}
