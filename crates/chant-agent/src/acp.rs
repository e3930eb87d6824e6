//! Agents that speak the Agent Client Protocol: how each is started, and how the part of chant that speaks with it is.
//!
//! The conversation itself is chant-acp's, which runs as `chant __acp` in the agent's tree and prints our own events.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use crate::{AcpAgent, AgentConfig, AgentKind, Permissions, Request};

/// The hidden argument at which the program speaks with an agent.
const VERB: &str = "__acp";

/// What is known of one agent.
struct Preset {
    /// The arguments at which it speaks the protocol.
    args: &'static [&'static str],
    /// Variables that keep it from asking outside what a run does not need. The user's own win.
    env: &'static [(&'static str, &'static str)],
    /// Where its native program lies among the packages beside a loader script; `PLATFORM` is `linux-x64` or the like.
    native: &'static [&'static str],
}

const UNKNOWN: Preset = Preset {
    args: &[],
    env: &[],
    native: &[],
};

/// Their loaders start the real agent as another process, which signals to the loader do not reach.
fn preset(kind: AgentKind) -> Preset {
    let AgentKind::Acp(agent) = kind else {
        return UNKNOWN;
    };
    match agent {
        AcpAgent::Gemini => Preset {
            args: &["--acp"],
            env: &[("GEMINI_TELEMETRY_ENABLED", "false")],
            ..UNKNOWN
        },
        AcpAgent::Qwen => Preset {
            args: &["--acp"],
            ..UNKNOWN
        },
        AcpAgent::Opencode => Preset {
            args: &["acp"],
            env: &[
                ("OPENCODE_DISABLE_AUTOUPDATE", "1"),
                ("OPENCODE_DISABLE_LSP_DOWNLOAD", "1"),
            ],
            native: &["opencode-PLATFORM/bin/opencode"],
        },
        AcpAgent::Copilot => Preset {
            args: &["--acp", "--no-auto-update"],
            native: &["@github/copilot-PLATFORM/copilot"],
            ..UNKNOWN
        },
        AcpAgent::Goose => Preset {
            args: &["acp"],
            ..UNKNOWN
        },
        AcpAgent::Any => UNKNOWN,
    }
}

/// The arguments of `chant` that speak with the agent.
pub(crate) fn arguments(
    config: &AgentConfig,
    request: &Request<'_>,
    model: Option<&str>,
    resume: Option<&str>,
) -> Vec<OsString> {
    let mut args: Vec<OsString> = vec![VERB.into()];
    let mut set = |name: &str, value: OsString| args.extend([name.into(), value]);
    if let Some(id) = resume {
        set("--session", id.into());
    }
    if let Some(file) = request.handover {
        set("--handover", file.into());
    }
    if let Some(model) = model {
        set("--model", model.into());
    }
    args.extend(permissions(config));
    args.extend(["--".into(), request.program.into()]);
    args.extend(config.command.iter().skip(1).map(OsString::from));
    args.extend(preset(config.kind).args.iter().map(OsString::from));
    args.extend(config.args.iter().map(OsString::from));
    args
}

/// How its questions are answered; without a word of the settings, with yes.
fn permissions(config: &AgentConfig) -> Vec<OsString> {
    let Some(mode) = config.permissions else {
        return Vec::new();
    };
    let mut args: Vec<OsString> = vec!["--permissions".into()];
    match mode {
        // Nobody is asked over this protocol yet, so what is not listed is denied.
        Permissions::Ask | Permissions::Allow => {
            args.push("listed".into());
            for tool in &config.allow {
                args.extend(["--tool".into(), tool.into()]);
            }
        }
        Permissions::Sandbox | Permissions::Bypass => args.push("allow".into()),
    }
    args
}

/// What is added to the environment where neither the user nor the settings say anything of it.
pub(crate) fn quiet(kind: AgentKind) -> &'static [(&'static str, &'static str)] {
    preset(kind).env
}

/// The native program that the loader script at `path` would start, where it can be found.
pub(crate) fn native(kind: AgentKind, path: &Path) -> Option<PathBuf> {
    let loader = path.canonicalize().ok()?;
    let packages = loader
        .ancestors()
        .find(|folder| folder.ends_with("node_modules"))?;
    let platform = format!("{}-{}", system(), processor());
    let candidates = preset(kind).native.iter();
    candidates
        .map(|place| packages.join(place.replace("PLATFORM", &platform)))
        .find(|program| program.is_file())
}

/// As npm's packages name it.
fn system() -> &'static str {
    match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    }
}

fn processor() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::fs;

    use super::*;

    fn request<'a>(program: &'a Path, handover: Option<&'a Path>) -> Request<'a> {
        Request {
            program,
            prompt_text: "",
            prompt_file: Path::new("/p"),
            worktree: Path::new("/w"),
            resume: None,
            handover,
            model: None,
            env: Vec::new(),
            writable: &[],
            confine: None,
            run_id: "r",
            exit_file: Path::new("/e"),
            transcript: Path::new("/t"),
        }
    }

    #[test]
    fn the_agents_own_arguments_follow_the_dashes() {
        let mut config = AgentConfig::new("mine", AgentKind::Acp(AcpAgent::Opencode));
        config.command = vec!["oc".into(), "--pure".into()];
        config.args = vec!["-x".into()];
        let request = request(Path::new("/bin/oc"), Some(Path::new("/h")));
        let args = arguments(&config, &request, Some("m"), Some("s"));
        let expect = [
            "__acp",
            "--session",
            "s",
            "--handover",
            "/h",
            "--model",
            "m",
            "--",
            "/bin/oc",
            "--pure",
            "acp",
            "-x",
        ];
        assert_eq!(args, expect);
    }

    #[test]
    fn a_loader_script_is_passed_by_where_its_program_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let packages = folder.path().join("lib/node_modules");
        let loader = packages.join("opencode-ai/bin/opencode");
        let program = packages.join(format!(
            "opencode-{}-{}/bin/opencode",
            system(),
            processor()
        ));
        for file in [&loader, &program] {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        let link = folder.path().join("opencode");
        std::os::unix::fs::symlink(&loader, &link).unwrap();
        let found = |kind| native(kind, &link);
        assert_eq!(
            found(AgentKind::Acp(AcpAgent::Opencode)),
            Some(program.canonicalize().unwrap())
        );
        assert_eq!(found(AgentKind::Acp(AcpAgent::Copilot)), None);
        assert_eq!(found(AgentKind::Acp(AcpAgent::Gemini)), None);
        assert_eq!(
            native(AgentKind::Acp(AcpAgent::Opencode), Path::new("/bin/sh")),
            None
        );
    }
}
