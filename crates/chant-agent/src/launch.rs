//! From settings and a request to a job for the process tree: the one place where a command line is put together.

use std::{ffi::OsString, path::PathBuf};

use chant_os::tree::{Job, Stdin};

use crate::{
    AgentConfig, AgentError, AgentKind, Limits, MARKER, OutputMode, PromptMode, Request, acp,
    builtin, claude, codex, command, environment, replay, stream::Format,
};

/// The job of one run.
pub(crate) fn job(
    config: &AgentConfig,
    request: &Request<'_>,
    limits: &Limits,
) -> Result<Job, AgentError> {
    let mut chant = request.env.clone();
    chant.push((
        "CHANT_PROMPT_FILE".into(),
        request.prompt_file.to_string_lossy().into_owned(),
    ));
    Ok(Job {
        program: program(config, request)?.into(),
        args: arguments(config, request)?,
        dir: request.worktree.to_owned(),
        env: environment::complete(
            environment::Environment::of_agent(config).kept,
            config,
            &chant,
            request.run_id,
        ),
        stdin: stdin(config, request),
        marker: (MARKER.into(), request.run_id.into()),
        exit_file: request.exit_file.to_owned(),
        grace: limits.grace,
        grace2: limits.grace,
    })
}

/// How the output of such an agent is read.
pub(crate) fn format(config: &AgentConfig) -> Format {
    match config.kind {
        AgentKind::Claude => Format::Claude,
        AgentKind::Codex => Format::Codex,
        AgentKind::Command => Format::Configured(config.output),
        AgentKind::Acp(_) | AgentKind::Replay | AgentKind::Builtin => {
            Format::Configured(OutputMode::JsonLines)
        }
    }
}

/// What is started: the agent itself, or the part of chant that speaks with it.
fn program(config: &AgentConfig, request: &Request<'_>) -> Result<PathBuf, AgentError> {
    if !matches!(config.kind, AgentKind::Acp(_)) {
        return Ok(request.program.to_owned());
    }
    std::env::current_exe().map_err(|_| AgentError::NotAProgram {
        agent: config.name.clone(),
        path: request.program.to_owned(),
        problem: "cannot be spoken with: this program's own path is not known",
    })
}

fn arguments(config: &AgentConfig, request: &Request<'_>) -> Result<Vec<OsString>, AgentError> {
    let plain = |what, value: Option<&str>| match value {
        Some(value) => plain_value(config, what, value).map(|value| Some(value.to_owned())),
        None => Ok(None),
    };
    let model = || plain("model", request.model.or(config.model.as_deref()));
    let resume = || plain("id of the conversation", request.resume);
    let words = |words: Vec<String>| words.into_iter().map(OsString::from).collect();
    let own: Vec<OsString> = match config.kind {
        AgentKind::Claude => words(claude::arguments(
            config,
            model()?.as_deref(),
            resume()?.as_deref(),
        )),
        AgentKind::Codex => words(codex::arguments(
            config,
            model()?.as_deref(),
            resume()?.as_deref(),
            match request.confine {
                Some(confine) if confine.hidden.is_some() => None,
                _ => Some(request.writable),
            },
        )),
        AgentKind::Command => command::arguments(config, request.prompt_text, request.prompt_file)?,
        AgentKind::Replay => replay::arguments(recording(config)?),
        AgentKind::Builtin => builtin::arguments(
            &config.builtin,
            &model()?.ok_or_else(|| no_model(config))?,
            resume()?.as_deref(),
            &config.args,
        ),
        AgentKind::Acp(_) => {
            return Ok(acp::arguments(
                config,
                request,
                model()?.as_deref(),
                resume()?.as_deref(),
            ));
        }
    };
    let first = config.command.iter().skip(1).map(OsString::from);
    Ok(first.chain(own).collect())
}

fn stdin(config: &AgentConfig, request: &Request<'_>) -> Stdin {
    let wants_prompt = match config.kind {
        AgentKind::Claude | AgentKind::Codex | AgentKind::Builtin => true,
        AgentKind::Command => config.prompt == PromptMode::Stdin,
        // They are spoken with on both.
        AgentKind::Acp(_) | AgentKind::Replay => false,
    };
    if config.kind == AgentKind::Claude && claude::Talk::is_wanted(config) {
        Stdin::Talk
    } else if wants_prompt {
        Stdin::File(request.prompt_file.to_owned())
    } else {
        Stdin::Null
    }
}

/// The recording of a `replay` agent. A relative path would mean another file for the process, which runs in the worktree.
pub(crate) fn recording(config: &AgentConfig) -> Result<PathBuf, AgentError> {
    let problem = match &config.recording {
        Some(path) if path.is_absolute() => return Ok(path.clone()),
        Some(_) => "its recording is not named by an absolute path",
        None => "no recording; set `recording:` to the file to play",
    };
    Err(AgentError::Incomplete {
        agent: config.name.clone(),
        kind: config.kind,
        problem,
    })
}

/// That a `builtin` agent was given no model, which only the user can choose.
pub(crate) fn no_model(config: &AgentConfig) -> AgentError {
    AgentError::Incomplete {
        agent: config.name.clone(),
        kind: config.kind,
        problem: "no model; set `model:` of this agent to the name its server has for it",
    }
}

/// A value from outside that follows an option: it must not look like one, and must be a single printable word.
fn plain_value<'a>(
    config: &AgentConfig,
    what: &'static str,
    value: &'a str,
) -> Result<&'a str, AgentError> {
    let problem = if value.is_empty() {
        "is empty"
    } else if value.starts_with('-') {
        "begins with `-` and would be taken for an option"
    } else if value.contains(|letter: char| letter.is_control() || letter.is_whitespace()) {
        "holds white space or a control character"
    } else {
        return Ok(value);
    };
    let problem = format!("{value:?} {problem}");
    Err(AgentError::Unsafe {
        agent: config.name.clone(),
        what,
        problem,
    })
}
