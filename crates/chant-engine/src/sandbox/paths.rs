//! The lists: what no agent reads, and which caches and devices every agent writes.

use std::path::{Path, PathBuf};

use chant_agent::{AgentConfig, State};

/// Below a home directory: keys, sign-ins, and what remembers them.
const KEYS: &[&str] = &[
    // Keys of the person, and where they are kept.
    ".ssh",
    ".gnupg",
    ".password-store",
    ".local/share/keyrings",
    ".local/share/kwalletd",
    "Library/Keychains",
    ".config/op",
    ".vault-token",
    ".age",
    ".config/sops",
    // Forges.
    ".netrc",
    "_netrc",
    ".authinfo",
    ".git-credentials",
    ".config/git/credentials",
    ".config/gh",
    ".config/hub",
    ".config/glab-cli",
    ".config/tea",
    ".config/jj/credentials",
    // Clouds.
    ".aws",
    ".azure",
    ".config/gcloud",
    ".boto",
    ".s3cfg",
    ".oci",
    ".config/doctl",
    ".config/hcloud",
    ".config/linode-cli",
    ".config/rclone",
    ".fly",
    ".config/heroku",
    ".config/netlify",
    ".local/share/com.vercel.cli",
    ".wrangler",
    ".config/.wrangler",
    ".databrickscfg",
    ".terraform.d/credentials.tfrc.json",
    ".terraformrc",
    ".pulumi/credentials.json",
    // Clusters and containers.
    ".kube",
    ".docker",
    ".config/containers",
    ".config/helm/registry",
    // Where packages are published.
    ".npmrc",
    ".yarnrc.yml",
    ".pypirc",
    ".cargo/credentials",
    ".cargo/credentials.toml",
    ".gem/credentials",
    ".config/composer/auth.json",
    ".composer/auth.json",
    ".nuget/NuGet/NuGet.Config",
    // Databases and mail.
    ".pgpass",
    ".my.cnf",
    ".mylogin.cnf",
    ".msmtprc",
    ".thunderbird",
    // Browsers.
    ".mozilla",
    ".config/google-chrome",
    ".config/chromium",
    ".config/BraveSoftware",
    ".config/microsoft-edge",
    "Library/Application Support/Google",
    "Library/Application Support/Firefox",
    "Library/Cookies",
    // What was typed.
    ".bash_history",
    ".zsh_history",
    ".zhistory",
    ".local/share/fish/fish_history",
    ".python_history",
    ".node_repl_history",
    ".psql_history",
    ".mysql_history",
    ".sqlite_history",
];

/// Below a home directory: what builds download and keep. None of it is run by itself.
const CACHES: &[&str] = &[
    ".cargo/registry",
    ".cargo/git",
    ".cargo/.package-cache",
    ".cargo/.package-cache-mutate",
    ".cargo/.global-cache",
    ".npm",
    ".yarn/berry",
    ".yarn/cache",
    ".local/share/pnpm/store",
    ".bun/install/cache",
    "go/pkg",
    ".m2/repository",
    ".gradle/caches",
    ".gradle/daemon",
    ".gradle/native",
    ".gradle/wrapper",
    ".ivy2/cache",
    ".nuget/packages",
    ".composer/cache",
    ".bundle/cache",
    ".cabal/packages",
    ".pub-cache",
    ".hex",
    ".cache/pip",
    ".cache/uv",
    ".cache/pypoetry",
    ".cache/pre-commit",
    ".cache/ruff",
    ".cache/node",
    ".cache/node-gyp",
    ".cache/pnpm",
    ".cache/yarn",
    ".cache/deno",
    ".cache/typescript",
    ".cache/turbo",
    ".cache/ms-playwright",
    ".cache/puppeteer",
    ".cache/Cypress",
    ".cache/electron",
    ".cache/go-build",
    ".cache/golangci-lint",
    ".cache/bazel",
    ".cache/bazelisk",
    ".cache/ccache",
    ".cache/sccache",
    ".cache/zig",
    ".cache/dune",
    ".cache/coursier",
    ".cache/composer",
    ".cache/fontconfig",
    ".cache/mesa_shader_cache",
    "Library/Caches/pip",
    "Library/Caches/go-build",
    "Library/Caches/Yarn",
    "Library/Caches/pnpm",
];

/// Variables that say where such a cache is, and the part of what they name that is one.
const CACHE_BY: &[(&str, &[&str])] = &[
    (
        "CARGO_HOME",
        &[
            "registry",
            "git",
            ".package-cache",
            ".package-cache-mutate",
            ".global-cache",
        ],
    ),
    ("CARGO_TARGET_DIR", &[""]),
    ("npm_config_cache", &[""]),
    ("PIP_CACHE_DIR", &[""]),
    ("UV_CACHE_DIR", &[""]),
    ("GOCACHE", &[""]),
    ("GOMODCACHE", &[""]),
    (
        "GRADLE_USER_HOME",
        &["caches", "daemon", "native", "wrapper"],
    ),
    ("CCACHE_DIR", &[""]),
    ("SCCACHE_DIR", &[""]),
];

/// What programs open for writing without changing anything that lasts. Terminals and shared memory are shared with the user's
/// other programs; without them neither consoles nor many test runners work.
const DEVICES: &[&str] = &[
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/dev/tty",
    "/dev/ptmx",
    "/dev/pts",
    "/dev/shm",
];

pub(super) fn devices() -> impl Iterator<Item = PathBuf> {
    DEVICES.iter().map(PathBuf::from)
}

/// Root can read whole disks: nothing of `/dev` but what is in [`DEVICES`].
pub(super) fn disks() -> Option<PathBuf> {
    chant_os::dirs::is_root().then(|| "/dev".into())
}

/// Keys, and the state of every agent: its own is given to it beside this.
pub(super) fn hidden_at_home() -> Vec<PathBuf> {
    let names = KEYS.iter().copied().chain(chant_agent::all_state());
    homes()
        .iter()
        .flat_map(|home| names.clone().map(|name| home.join(name)))
        .collect()
}

pub(super) fn caches() -> Vec<PathBuf> {
    let mut caches: Vec<PathBuf> = homes()
        .iter()
        .flat_map(|home| CACHES.iter().map(|name| home.join(name)))
        .collect();
    for (variable, parts) in CACHE_BY {
        if let Some(folder) = absolute(variable) {
            caches.extend(parts.iter().map(|part| folder.join(part)));
        }
    }
    caches
}

/// The state of the agent itself. The folders that it can not do without are made.
pub(super) fn own_state(agent: &AgentConfig) -> Vec<PathBuf> {
    let state = State::of(agent);
    for folder in homes()
        .iter()
        .flat_map(|home| state.made.iter().map(|name| home.join(name)))
    {
        // Where even that is not possible, the agent says so itself.
        let _ = chant_os::file::create_dir_all(&folder);
    }
    let below = homes().into_iter();
    let below = below.flat_map(|home| state.below_home.iter().map(move |name| home.join(name)));
    below.chain(elsewhere(agent, &state)).collect()
}

/// Files of the agent's own state that say what its program starts by itself, the next time too.
pub(super) fn own_settings(agent: &AgentConfig) -> Vec<PathBuf> {
    let state = State::of(agent);
    let made = homes().into_iter();
    let made = made.flat_map(|home| state.made.iter().map(move |name| home.join(name)));
    made.chain(elsewhere(agent, &state))
        .flat_map(|folder| state.settings.iter().map(move |name| folder.join(name)))
        .collect()
}

/// The folders that variables of the agent's name.
fn elsewhere(agent: &AgentConfig, state: &State) -> Vec<PathBuf> {
    let named = |variable: &&str| match agent.env.get(*variable) {
        Some(value) => Some(PathBuf::from(value)).filter(|path| path.is_absolute()),
        None => absolute(variable),
    };
    state.named_by.iter().filter_map(named).collect()
}

/// A path of the settings: `~` is the home directory, and a relative one begins at the project.
pub(super) fn meant(root: &Path, path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), chant_os::dirs::home()) {
        (Ok(rest), Ok(home)) => home.join(rest),
        _ => root.join(path),
    }
}

/// The home directory, where there is one.
fn homes() -> Option<PathBuf> {
    chant_os::dirs::home().ok()
}

fn absolute(variable: &str) -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os(variable)?);
    path.is_absolute().then_some(path)
}
