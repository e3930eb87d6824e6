//! The `PATH` of a test: this machine's, without the coding agents that happen to be installed on it.

use std::ffi::OsString;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// What chant looks for by itself.
const AGENTS: [&str; 7] = [
    "claude", "codex", "gemini", "opencode", "copilot", "qwen", "goose",
];

/// This process's `PATH`. A folder with an agent in it is replaced by one below `scratch` that has all else of it.
pub fn without_agents(scratch: &Path) -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).enumerate();
    let folders = folders.map(|(number, folder)| {
        if AGENTS.iter().any(|agent| folder.join(agent).exists()) {
            without(&folder, &scratch.join(format!("bin-{number}")))
        } else {
            folder
        }
    });
    std::env::join_paths(folders).expect("they were joined before")
}

fn without(folder: &Path, to: &Path) -> PathBuf {
    if !to.exists() {
        std::fs::create_dir_all(to).expect("a folder");
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let name = entry.file_name();
            if !AGENTS.iter().any(|agent| name == *agent) {
                // What is there twice, or could not be linked, is missed by whoever needs it.
                let _ = symlink(entry.path(), to.join(name));
            }
        }
    }
    to.to_owned()
}
