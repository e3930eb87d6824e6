//! Finding an agent's program before a run starts, and asking it for its version.

use std::{
    ffi::{OsStr, OsString},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use chant_os::process::Cmd;

use crate::{AgentConfig, AgentError, AgentKind, Client, acp, excerpt, launch};

/// The program that will be run.
///
/// A name with a `/` in it is a path, relative to `root` (the project's folder); any other is looked for in the folders of
/// `path_env` (the value of `PATH`), of which the relative ones are skipped, since they would mean another program in each
/// worktree. The program of a `replay` and of a `builtin` agent is this one; what must be
/// there is the recording, and the name of a model.
pub fn find_program(
    config: &AgentConfig,
    root: &Path,
    path_env: Option<&OsStr>,
) -> Result<PathBuf, AgentError> {
    match config.kind {
        AgentKind::Replay => return find_recording(config),
        AgentKind::Builtin => return find_own(config),
        _ => {}
    }
    let name = program_name(config)?;
    if name.contains('/') {
        let path = root.join(name);
        return match unusable(&path) {
            None => Ok(acp::native(config.kind, &path).unwrap_or(path)),
            Some(problem) => Err(AgentError::NotAProgram {
                agent: config.name.clone(),
                path,
                problem,
            }),
        };
    }
    let folders: Vec<PathBuf> = path_env
        .map(|paths| std::env::split_paths(paths).collect())
        .unwrap_or_default();
    let candidates = folders
        .iter()
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name));
    let found = candidates
        .into_iter()
        .find(|path| unusable(path).is_none())
        .ok_or_else(|| not_in_path(config, name))?;
    Ok(acp::native(config.kind, &found).unwrap_or(found))
}

fn program_name(config: &AgentConfig) -> Result<&str, AgentError> {
    match (config.command.first(), config.kind.own_program()) {
        (Some(name), _) if !name.is_empty() => Ok(name),
        (None, Some(own)) => Ok(own),
        _ => Err(AgentError::Incomplete {
            agent: config.name.clone(),
            kind: config.kind,
            problem: "no command; set `command:` to the program to run",
        }),
    }
}

fn find_recording(config: &AgentConfig) -> Result<PathBuf, AgentError> {
    let path = launch::recording(config)?;
    let not_usable = |path, problem| AgentError::NotAProgram {
        agent: config.name.clone(),
        path,
        problem,
    };
    if !path.is_file() {
        return Err(not_usable(path, "is no recording: there is no such file"));
    }
    std::env::current_exe().map_err(|_| {
        not_usable(
            path,
            "cannot be played: this program's own path is not known",
        )
    })
}

/// chant's own agent is this program; what must be there is the name of a model.
fn find_own(config: &AgentConfig) -> Result<PathBuf, AgentError> {
    if config.model.is_none() {
        return Err(launch::no_model(config));
    }
    std::env::current_exe().map_err(|_| AgentError::NotAProgram {
        agent: config.name.clone(),
        path: PathBuf::from("chant"),
        problem: "is not known: this program's own path cannot be found out",
    })
}

/// Why a path cannot be run, as the end of a sentence.
fn unusable(path: &Path) -> Option<&'static str> {
    match path.metadata() {
        Err(_) => Some("does not exist"),
        Ok(meta) if meta.is_dir() => Some("is a folder"),
        Ok(meta) if !meta.is_file() => Some("is not a regular file"),
        Ok(meta) if meta.permissions().mode() & 0o111 == 0 => {
            Some("is not executable; run chmod +x on it")
        }
        Ok(_) => None,
    }
}

/// How to get a program is known of the one that an agent of this kind usually is, not of one that the settings name.
fn not_in_path(config: &AgentConfig, name: &str) -> AgentError {
    let client = Client::of(config).filter(|_| config.kind.own_program() == Some(name));
    AgentError::NotInPath {
        agent: config.name.clone(),
        program: name.to_owned(),
        begin: client.map(|client| client.begin),
    }
}

/// What the program says of its version, or nothing.
///
/// Only agents that are known to answer `--version` are asked: any other program might take it for a task.
pub fn version(config: &AgentConfig, program: &Path) -> Option<String> {
    version_within(config, program, Duration::from_secs(5))
}

/// The same, or nothing where it does not say so in this time.
pub fn version_within(config: &AgentConfig, program: &Path, patience: Duration) -> Option<String> {
    const LONGEST_ANSWER: usize = 64 * 1024;
    config.kind.own_program()?;
    let first: Vec<OsString> = config.command.iter().skip(1).map(OsString::from).collect();
    let mut command = Cmd::new(program).args(first).arg("--version");
    for (key, value) in &config.env {
        command = command.env(key, value);
    }
    let output = command
        .output_limited(LONGEST_ANSWER, Some(patience))
        .ok()?;
    output
        .status
        .success()
        .then(|| version_in(&String::from_utf8_lossy(&output.stdout)))?
}

/// The first word that begins with a digit, else the first line.
fn version_in(answer: &str) -> Option<String> {
    let line = answer.lines().next()?.trim();
    let number = line
        .split_whitespace()
        .find(|word| word.starts_with(|letter: char| letter.is_ascii_digit()));
    let version = number.unwrap_or(line);
    (!version.is_empty()).then(|| excerpt::one_line(version))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::fs;

    use super::*;

    fn put(path: &Path, mode: u32) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "#!/bin/sh\n").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn config(kind: AgentKind, command: &[&str]) -> AgentConfig {
        let command = command.iter().map(|&word| word.to_owned()).collect();
        AgentConfig {
            command,
            ..AgentConfig::new("main", kind)
        }
    }

    #[test]
    fn a_name_is_looked_for_in_path_and_a_path_in_the_project() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        put(&root.join("a/claude"), 0o644);
        put(&root.join("b/claude"), 0o755);
        put(&root.join("agent.sh"), 0o755);
        let path = std::env::join_paths([root.join("a"), "rel".into(), root.join("b")]).unwrap();
        let found = |kind, command: &[&str]| {
            find_program(&config(kind, command), root, Some(&path)).unwrap()
        };
        assert_eq!(found(AgentKind::Claude, &[]), root.join("b/claude"));
        assert_eq!(
            found(AgentKind::Command, &["claude", "-x"]),
            root.join("b/claude")
        );
        assert_eq!(
            found(AgentKind::Command, &["./agent.sh"]),
            root.join("./agent.sh")
        );
    }

    #[test]
    fn how_to_get_it_is_told_of_a_client_under_its_own_name() {
        let root = tempfile::tempdir().unwrap();
        let begin =
            |kind, command: &[&str]| match find_program(&config(kind, command), root.path(), None)
                .unwrap_err()
            {
                AgentError::NotInPath { begin, .. } => begin,
                other => panic!("{other}"),
            };
        assert!(
            begin(AgentKind::Claude, &[])
                .unwrap()
                .starts_with("npm install")
        );
        assert_eq!(begin(AgentKind::Claude, &["my-claude"]), None);
        assert_eq!(begin(AgentKind::Command, &["claude"]), None);
    }

    #[test]
    fn what_is_not_found_is_named_with_where_and_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        put(&root.join("plain"), 0o644);
        let check = |kind, command: &[&str], path: Option<&str>, expect: &[&str]| {
            let message = find_program(&config(kind, command), root, path.map(OsStr::new))
                .unwrap_err()
                .to_string();
            for part in expect {
                assert!(message.contains(part), "{message:?} lacks {part:?}");
            }
        };
        let parts = ["`claude`", "`main`", "not in PATH"];
        check(AgentKind::Claude, &[], Some("/nowhere:/else"), &parts);
        check(AgentKind::Command, &["mine"], None, &["`mine`"]);
        check(
            AgentKind::Command,
            &["./plain"],
            None,
            &["plain", "not executable", "chmod +x"],
        );
        check(
            AgentKind::Command,
            &["./gone"],
            None,
            &["gone", "does not exist"],
        );
        check(AgentKind::Command, &["./"], None, &["is a folder"]);
        check(
            AgentKind::Command,
            &[],
            None,
            &["no command", "set `command:`"],
        );
        check(
            AgentKind::Replay,
            &[],
            None,
            &["no recording", "set `recording:`"],
        );
    }

    #[test]
    fn a_replay_needs_its_recording() {
        let mut replay = config(AgentKind::Replay, &[]);
        replay.recording = Some("/nowhere/x.jsonl".into());
        let message = find_program(&replay, Path::new("/"), None)
            .unwrap_err()
            .to_string();
        assert!(message.contains("no such file"), "{message}");
        let file = tempfile::NamedTempFile::new().unwrap();
        replay.recording = Some(file.path().to_owned());
        assert_eq!(
            find_program(&replay, Path::new("/"), None).unwrap(),
            std::env::current_exe().unwrap()
        );
    }

    #[test]
    fn only_a_known_agent_is_asked_for_its_version() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("claude");
        fs::write(
            &script,
            "[ \"$1\" = --version ] && echo '2.1.329 (Claude Code)'\n",
        )
        .unwrap();
        let shell = Path::new("/bin/sh");
        let command = ["sh", script.to_str().unwrap()];
        assert_eq!(
            version(&config(AgentKind::Claude, &command), shell).as_deref(),
            Some("2.1.329")
        );
        assert_eq!(version(&config(AgentKind::Command, &command), shell), None);
        assert_eq!(
            version(&config(AgentKind::Claude, &[]), Path::new("/nowhere")),
            None
        );
    }

    #[test]
    fn a_version_is_the_first_number_or_the_first_line() {
        assert_eq!(version_in("agent v 1.2\nmore"), Some("1.2".into()));
        assert_eq!(version_in("nightly build\n"), Some("nightly build".into()));
        assert_eq!(version_in(""), None);
    }
}
