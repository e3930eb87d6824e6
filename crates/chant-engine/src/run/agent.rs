//! The step in which the agent works: its process tree under a guard, its events recorded.

use std::ffi::OsString;

use chant_agent::recording::{RecordedAgent, RecordedPath, RecordedSpec, Recorder};
use chant_agent::{AgentEvent, Control, End, Limits, Outcome, Request, Stage};

use super::bound::Bound;
use super::ears::Ears;
use super::unlisted::Unlisted;
use super::{Flow, Run};
use crate::budget;
use crate::claim::MARKER;
use crate::error::Result;
use crate::event::{Event, Stamped};
use crate::journal::Follower;
use crate::journal::{RunState, Step};
use crate::sandbox::{Denials, Ties, withheld};

impl Run<'_, '_> {
    /// Runs the agent, or goes on with its session where an earlier process was ended.
    pub(super) fn run_agent(&mut self) -> Result<Flow> {
        self.clear_away()?;
        if let Some(flow) = self.back_at_work()? {
            return Ok(flow);
        }
        self.take_ports()?;
        let mut recorder = self.recorder()?;
        self.ties()?;
        let outcome = self.served(recorder.as_mut());
        self.clean_conversations()?;
        let outcome = outcome?;
        self.tie_again()?;
        self.remove_stale_locks()?;
        if let Some(recorder) = recorder
            && matches!(outcome.end, End::Finished)
        {
            self.finish_recording(recorder)?;
        }
        self.after(outcome)
    }

    /// Ends what an earlier process of this run has left, and takes back what it may have changed.
    fn clear_away(&mut self) -> Result<()> {
        // A run that has just begun has left nothing, and to look costs a walk over all processes of the machine.
        if self.resumed {
            let ended = chant_os::tree::end_marked(MARKER, &self.record.id);
            if ended > 0 {
                self.note(format!(
                    "ended {ended} processes that the interrupted run had left"
                ))?;
            }
            if self.record.facts.worktree.is_dir() {
                self.tie_again()?;
            }
        }
        self.remove_stale_locks()
    }

    /// The worktree as the agent needs it to go on. Says where the run goes instead, where there is nothing for it to do.
    fn back_at_work(&mut self) -> Result<Option<Flow>> {
        if !self.record.facts.worktree.join(".git").exists() {
            Ties::forget(&self.dir())?;
            if !self.make_worktree_again()? {
                self.note("the worktree is gone; it is made again")?;
                return Ok(Some(Flow::Back(Step::Worktree)));
            }
            self.note("the worktree is gone; it is made again with what is on the branch")?;
            self.take_ports()?;
            if let Some(flow) = self.make_ready()? {
                return Ok(Some(flow));
            }
        }
        if self.is_joining()
            && let Some(flow) = self.begin_joining()?
        {
            return Ok(Some(flow));
        }
        if self.resumed {
            let events = Follower::new(self.project, &self.record.id).all_events();
            let events = events.unwrap_or_default();
            self.count_cut_off(&events);
            if self.had_finished(&events) {
                self.note("the agent had finished; its work is taken up where it was left")?;
                return Ok(Some(Flow::Next));
            }
        }
        Ok(None)
    }

    /// Where the run goes after its agent.
    fn after(&mut self, outcome: Outcome) -> Result<Flow> {
        let spec = &self.record.spec;
        Ok(match outcome.end {
            End::Finished => {
                let facts = &mut self.record.facts;
                let others = facts.parked.take().map(|parked| parked.renewals);
                facts.refused.extend(others.unwrap_or_default());
                facts.refused.retain(|renewal| renewal.agent != facts.agent);
                Flow::Next
            }
            End::Limited { reason, until } => self.park(reason, until, outcome.progressed)?,
            End::Transient { reason } => self.park(reason, None, outcome.progressed)?,
            end if end.is_by_user() && self.record.facts.budget_spent.is_some() => {
                self.out_of_budget()
            }
            end if end.is_by_user() => Flow::End(
                RunState::Paused,
                format!("interrupted; `chant work {spec}` goes on from here"),
            ),
            // Its work is there and was checked: a kill from outside is no answer to whether both fit together.
            End::Killed { reason } if self.is_joining() => Flow::End(
                RunState::Paused,
                format!(
                    "{reason}, before both were brought together; `chant work {spec}` goes on from here"
                ),
            ),
            late @ End::TimedOut { .. } => self.failing(&format!("the agent was ended: {late}")),
            bad => self.failing(&bad.to_string()),
        })
    }

    /// Probe: the guard wrote that the agent's process ended well, and the agent said so too. Its work is paid for.
    fn had_finished(&self, events: &[Stamped]) -> bool {
        let exit = chant_os::tree::read_exit_file(&self.exit_file());
        let said = events.iter().rev().find_map(|stamped| match stamped.event {
            Event::Agent(AgentEvent::End { ok, .. }) => Some(ok),
            _ => None,
        });
        exit.is_some_and(|exit| exit.is_success())
            && said.unwrap_or(!self.agent.kind.tells_its_end())
    }

    fn exit_file(&self) -> std::path::PathBuf {
        self.dir().join(match self.record.facts.round {
            0 => "agent.exit.json".to_owned(),
            round => format!("agent-{round}.exit.json"),
        })
    }

    /// The agent failed. What it did is still collected, so that it is kept on the branch.
    fn failing(&mut self, reason: &str) -> Flow {
        self.record.facts.agent_failure = Some(reason.to_owned());
        Flow::Next
    }

    /// One process of the agent, from its start to its end.
    pub(super) fn supervise(&mut self, recorder: Option<&mut Recorder>) -> Result<Outcome> {
        let dir = self.dir();
        let exit_file = self.exit_file();
        let asked = self.asked()?;
        let mut env = self.environment(&asked.file);
        let limits = self.limits();
        let worktree = self.record.facts.worktree.join(self.project.prefix_text());
        let run_id = self.record.id.clone();
        let program = crate::agents::program(self.project, &self.agent)?;
        let bound = self.bind(&program)?;
        env.push((
            "TMPDIR".to_owned(),
            bound.temp.path().to_string_lossy().into_owned(),
        ));
        let denials = self.denials(&bound);
        let request = Request {
            program: &program,
            prompt_text: &asked.text,
            prompt_file: &asked.file,
            worktree: &worktree,
            resume: asked.session.as_deref(),
            handover: asked.handover.as_deref(),
            confine: bound.confine.as_ref(),
            writable: &bound.git,
            model: self.agent.model.as_deref(),
            env,
            run_id: &run_id,
            exit_file: &exit_file,
            transcript: &dir.join("transcript"),
        };
        let meter = self.meter()?;
        let began = chant_os::clock::now();
        let control = self.outside.control;
        let (project, journal, start) = (self.project, &self.journal, &self.start);
        let (run, spec) = (self.record.id.clone(), self.record.spec.clone());
        let accounts = || budget::accounts(project, journal, Some(&run), &spec, start);
        let mut ears = Ears {
            meter: &meter,
            recorder,
            record: &mut self.record,
            journal: &self.journal,
            log: &mut self.log,
            sink: &mut *self.outside.sink,
            denials,
            unlisted: Unlisted::new(&self.agent),
            trouble: None,
        };
        // For minutes or hours nothing will be asked; there may be many such runs.
        self.project.repo().rest();
        let outcome = chant_agent::run(
            &self.agent,
            &request,
            &limits,
            &self.outside.guard,
            &mut |stage| {
                let wish = control.try_recv().ok();
                let spent = || {
                    let mut meter = meter.borrow_mut();
                    meter.look_at_others(accounts);
                    stage == Stage::Working && meter.is_spent()
                };
                wish.or_else(|| spent().then_some(Control::Stop))
            },
            &mut |event| ears.hear(event),
        )?;
        let trouble = ears.trouble;
        let reached = meter.into_inner().into_reached();
        for text in bound.changed_settings() {
            self.warn(text)?;
        }
        self.note_outcome(&outcome, began, reached);
        if let Some(text) = withheld(&self.agent, &outcome) {
            self.note(text)?;
        }
        match trouble {
            Some(error) => Err(error),
            None => Ok(outcome),
        }
    }

    fn limits(&self) -> Limits {
        let limits = &self.project.config().limits;
        Limits {
            idle: limits.idle,
            total: limits.total,
            grace: limits.grace,
        }
    }

    /// What tells of an agent's complaints whether the sandbox is why; `None` where there is no sandbox.
    fn denials(&self, bound: &Bound) -> Option<Denials> {
        let git = self.project.repo().common_dir();
        let folder = &self.record.facts.worktree;
        let confine = bound.confine.clone()?;
        Some(Denials::new(&self.agent.name, folder, git, confine))
    }

    /// What every process of the run finds in its environment (contract §5).
    pub(super) fn environment(&self, prompt: &std::path::Path) -> Vec<(String, String)> {
        let facts = &self.record.facts;
        let text = |path: &std::path::Path| path.to_string_lossy().into_owned();
        [
            ("CHANT", "1".to_owned()),
            ("CHANT_SPEC_ID", self.record.spec.clone()),
            (
                "CHANT_SPEC_FILE",
                text(&facts.worktree.join(&facts.spec_path)),
            ),
            (MARKER, self.record.id.clone()),
            ("CHANT_PROMPT_FILE", text(prompt)),
            ("CHANT_WORKTREE", text(&facts.worktree)),
            ("CHANT_BRANCH", facts.branch.clone()),
            ("CHANT_ATTEMPT", self.record.attempt.to_string()),
        ]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .chain(self.port_environment())
        .collect()
    }

    /// The same for a check, which has a worktree of its own.
    pub(super) fn check_environment(&self) -> Vec<(OsString, OsString)> {
        self.environment(&self.dir().join("prompt.md"))
            .into_iter()
            .map(|(key, value)| (key.into(), value.into()))
            .collect()
    }

    fn recorder(&self) -> Result<Option<Recorder>> {
        let facts = &self.record.facts;
        if facts.record.is_none() {
            return Ok(None);
        }
        let spec = RecordedSpec {
            id: self.record.spec.clone(),
            file: RecordedPath::new(&facts.spec_path)
                .map_err(|problem| crate::Error::new(crate::Code::RecordingInvalid, problem))?,
            text: self.start.text().to_owned(),
        };
        let agent = RecordedAgent {
            name: self.agent.name.clone(),
            kind: self.agent.kind.to_string(),
            version: facts.agent_version.clone(),
            model: facts.model.clone(),
        };
        Ok(Some(Recorder::start(spec, agent)))
    }

    fn finish_recording(&mut self, recorder: Recorder) -> Result<()> {
        let facts = self.record.facts.clone();
        let Some(path) = facts.record else {
            return Ok(());
        };
        recorder
            .finish(&facts.worktree, &facts.base, "HEAD")?
            .write(&path)?;
        self.note(format!("recorded to {}", path.display()))
    }
}
