//! A folder to run an agent in, with everything a run needs.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, Sender, channel},
    time::Duration,
};

use chant_agent::{
    AgentConfig, AgentError, AgentEvent, AgentKind, Control, End, Limits, Outcome, Request, run,
};
use chant_os::tree::Guard;

/// Long enough that only a fault reaches it.
const NEVER: Duration = Duration::from_mins(5);

pub(crate) const PATIENT: Limits = Limits {
    idle: NEVER,
    total: NEVER,
    grace: NEVER,
};

/// The program that guards and plays: an example, built beside this test.
pub(crate) fn helper() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test.ancestors().nth(2).unwrap();
    let helper = target.join("examples/guard_and_player");
    assert!(
        helper.is_file(),
        "{} is missing: build the examples",
        helper.display()
    );
    helper
}

pub(crate) struct Scratch {
    folder: tempfile::TempDir,
    run_id: String,
    pub(crate) env: Vec<(String, String)>,
    pub(crate) events: Vec<AgentEvent>,
    control: (Sender<Control>, Receiver<Control>),
}

impl Scratch {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("worktree")).unwrap();
        fs::write(folder.path().join("prompt.md"), "do it\n").unwrap();
        let run_id = format!(
            "test-{}",
            folder.path().file_name().unwrap().to_string_lossy()
        );
        let env = vec![("HOME".into(), folder.path().display().to_string())];
        Self {
            folder,
            run_id,
            env,
            events: Vec::new(),
            control: channel(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn worktree(&self) -> PathBuf {
        self.path("worktree")
    }

    /// Runs a shell script as a `command` agent.
    pub(crate) fn script(&mut self, script: &str) -> Outcome {
        self.limited(script, &PATIENT, |_, _| {})
    }

    /// The same within limits; `react` sees every event and may send control messages.
    pub(crate) fn limited(
        &mut self,
        script: &str,
        limits: &Limits,
        react: impl FnMut(&AgentEvent, &Sender<Control>),
    ) -> Outcome {
        self.agent(&shell_agent(script), Path::new("/bin/sh"), limits, react)
            .unwrap()
    }

    pub(crate) fn agent(
        &mut self,
        config: &AgentConfig,
        program: &Path,
        limits: &Limits,
        mut react: impl FnMut(&AgentEvent, &Sender<Control>),
    ) -> Result<Outcome, AgentError> {
        let (worktree, prompt_file) = (self.worktree(), self.path("prompt.md"));
        let (exit_file, transcript) = (self.path("exit.json"), self.path("transcript"));
        let request = Request {
            program,
            prompt_text: "do it\n",
            prompt_file: &prompt_file,
            worktree: &worktree,
            confine: None,
            writable: &[],
            resume: None,
            handover: None,
            model: None,
            env: self.env.clone(),
            run_id: &self.run_id,
            exit_file: &exit_file,
            transcript: &transcript,
        };
        let guard = Guard {
            program: helper(),
            args: vec![OsString::from("__guard")],
        };
        let (events, (sender, receiver)) = (&mut self.events, &self.control);
        let mut control = |_| receiver.try_recv().ok();
        let outcome = run(
            config,
            &request,
            limits,
            &guard,
            &mut control,
            &mut |event| {
                react(&event, sender);
                // A flood is not what these tests want to hold in memory.
                if events.len() < 1000 || matches!(event, AgentEvent::End { .. }) {
                    events.push(event);
                }
            },
        )?;
        let left = chant_os::tree::marked("CHANT_RUN_ID", &self.run_id);
        assert!(left.is_empty(), "processes are left: {left:?}");
        let last = AgentEvent::End {
            ok: outcome.end == End::Finished,
            reason: outcome.end.to_string(),
        };
        assert_eq!(self.events.last(), Some(&last));
        let ends = self
            .events
            .iter()
            .filter(|event| matches!(event, AgentEvent::End { .. }))
            .count();
        assert_eq!(ends, 1, "the end is told once");
        Ok(outcome)
    }

    pub(crate) fn texts(&self) -> Vec<&str> {
        let texts = self.events.iter().filter_map(|event| match event {
            AgentEvent::Text { text } => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }
}

pub(crate) fn shell_agent(script: &str) -> AgentConfig {
    let command = ["sh", "-c", script, "agent"].map(str::to_owned).into();
    AgentConfig {
        command,
        ..AgentConfig::new("mine", AgentKind::Command)
    }
}
