//! One run of an agent: the dispatcher.
//!
//! One loop on the caller's thread owns the truth. It reads lines from the process tree, turns them into events, watches the
//! clock and the control channel, and decides at the end what the run was. Reading the pipes, ending the tree and cutting
//! long lines are the tree's; whether the work is good is the engine's.

use std::{path::Path, time::Duration};

use chant_os::{
    clock::{self, Stopwatch},
    confine::Confine,
    tree::{self, Exit, Guard, Line, Next, Running, Source, Stdin},
};

use crate::{
    AgentConfig, AgentError, AgentEvent, Answer, Control, End, Limits, MARKER, Outcome, Stage,
    Which,
    claude::{Decision, Question, Talk, Tally},
    launch,
    observed::Observed,
    redact::{self, Redactor},
    stream::{self, Format},
    transcript::Transcript,
    verdict,
};

/// How often the control channel is looked at while the agent is silent: no slower than a person notices.
const POLL: Duration = Duration::from_millis(50);

/// How long an agent that was interrupted in words may take before it gets the signal.
const IN_WORDS: Duration = Duration::from_secs(2);

/// How long an agent that has told its result may take to leave: it may have hooks of its own to run, and it may hang.
const LEAVING: Duration = Duration::from_mins(1);

/// How long after the last grace a tree may still exist before it is given up.
const LAST_PATIENCE: Duration = Duration::from_secs(10);

/// One run to make.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// What `find_program` found.
    pub program: &'a Path,
    /// The prompt.
    pub prompt_text: &'a str,
    /// The same prompt, as a file outside the worktree.
    pub prompt_file: &'a Path,
    /// Where the agent works.
    pub worktree: &'a Path,
    /// The conversation to go on with, by the agent's own id.
    pub resume: Option<&'a str>,
    /// The prompt, as a file, for the case that the agent cannot go on with that conversation and begins a new one.
    pub handover: Option<&'a Path>,
    /// The model to ask for; none means the one configured.
    pub model: Option<&'a str>,
    /// The `CHANT…` variables.
    pub env: Vec<(String, String)>,
    /// What keeps its processes in bounds; absent where nothing does.
    pub confine: Option<&'a Confine>,
    /// What it may write beside its worktree, where it confines itself: the parts of git's folder that a commit needs.
    pub writable: &'a [std::path::PathBuf],
    /// The run's id, which marks every process of its tree.
    pub run_id: &'a str,
    /// Where the guard writes how the agent ended.
    pub exit_file: &'a Path,
    /// Where the raw output is kept.
    pub transcript: &'a Path,
}

/// Runs an agent to its end.
///
/// Every event goes to `sink`; the last is always [`AgentEvent::End`]. `control` is asked all the time whether somebody
/// wants it to end: a first [`Control::Stop`] asks the agent to stop, a [`Control::Kill`] ends its tree at once. When
/// this returns, nothing of the tree is left (as far as the guard could see).
pub fn run(
    config: &AgentConfig,
    request: &Request<'_>,
    limits: &Limits,
    guard: &Guard,
    control: &mut dyn FnMut(Stage) -> Option<Control>,
    sink: &mut dyn FnMut(AgentEvent),
) -> Result<Outcome, AgentError> {
    let job = launch::job(config, request, limits)?;
    let redactor = Redactor::of_agent(config);
    let job = match request.confine {
        Some(confine) => confine.wrap(&guard.program, job),
        None => job,
    };
    let transcript = Transcript::open(request.transcript)?;
    let clock = Stopwatch::start();
    let mut running = Running::start(guard, &job)?;
    let talk = matches!(job.stdin, Stdin::Talk).then(|| Talk::new(config));
    if talk.is_some() {
        for line in Talk::opening(request.prompt_text) {
            running.say(&line);
        }
    }
    let mut dispatcher = Dispatcher {
        format: launch::format(config),
        tally: Tally::default(),
        limits: *limits,
        running,
        talk,
        question: None,
        stdout: redactor.lines(),
        stderr: redactor.lines(),
        transcript,
        seen: Observed::default(),
        last_output: Stopwatch::start(),
        ending: None,
        sink,
    };
    let exit = dispatcher.until_ended(control, &clock);
    if exit == Exit::Lost {
        tree::end_marked(MARKER, request.run_id);
    }
    let Dispatcher {
        seen, ending, sink, ..
    } = dispatcher;
    let end = verdict::judge(config, ending.map(|ending| ending.why), &seen, &exit);
    let end = verdict::refused(end, &seen, &clock::now_here());
    sink(AgentEvent::End {
        ok: end == End::Finished,
        reason: end.to_string(),
    });
    Ok(seen.into_outcome(end, clock.elapsed(), exit))
}

/// That the run is being ended from our side, since when, and for how long that may take.
struct Ending {
    why: verdict::Why,
    since: Stopwatch,
    patience: Duration,
    /// Whether the agent's process was told by a signal.
    signalled: bool,
}

impl Ending {
    fn new(why: verdict::Why, patience: Duration) -> Self {
        Self {
            why,
            since: Stopwatch::start(),
            patience,
            signalled: false,
        }
    }

    fn is_hopeless(&self) -> bool {
        self.since.elapsed() >= self.patience
    }
}

struct Dispatcher<'a> {
    format: Format,
    tally: Tally,
    limits: Limits,
    running: Running,
    /// The conversation with an agent that asks.
    talk: Option<Talk>,
    /// The question of the line at hand.
    question: Option<AgentEvent>,
    /// Secrets end here: nothing behind it has ever seen one.
    stdout: redact::Lines<'a>,
    stderr: redact::Lines<'a>,
    transcript: Transcript,
    seen: Observed,
    last_output: Stopwatch,
    ending: Option<Ending>,
    sink: &'a mut dyn FnMut(AgentEvent),
}

impl Dispatcher<'_> {
    fn until_ended(
        &mut self,
        control: &mut dyn FnMut(Stage) -> Option<Control>,
        clock: &Stopwatch,
    ) -> Exit {
        loop {
            match self.running.next(self.patience(clock)) {
                Next::Line(source, line) => self.line(source, line),
                Next::Ended(exit) => return exit,
                // Only silence counts as idle: a line that waits for a slow reader is no silence of the agent's.
                Next::Timeout => self.check_idle(),
            }
            self.signal_when_due();
            if clock.elapsed() >= self.limits.total {
                self.ask_to_end(verdict::Why::Limit(Which::Total, self.limits.total));
            }
            while let Some(message) = control(self.stage()) {
                match message {
                    Control::Stop => {
                        self.ask_to_end(verdict::Why::Stop);
                        break;
                    }
                    Control::Kill => self.kill(),
                    Control::Answer(answer) => self.answered(answer),
                }
            }
            if self.ending.as_ref().is_some_and(Ending::is_hopeless) {
                self.running.kill();
                return Exit::Lost;
            }
        }
    }

    fn stage(&self) -> Stage {
        if self.seen.claim.is_some() {
            Stage::Ended
        } else {
            Stage::Working
        }
    }

    /// How long to wait for the next line: until the nearest limit, and never long enough to be deaf.
    fn patience(&self, clock: &Stopwatch) -> Duration {
        let idle = self.limits.idle.saturating_sub(self.last_output.elapsed());
        let total = self.limits.total.saturating_sub(clock.elapsed());
        // A limit that has passed was acted on; from then on only the end of the tree is waited for.
        if self.ending.is_some() {
            POLL
        } else {
            POLL.min(idle).min(total)
        }
    }

    fn line(&mut self, source: Source, line: Line) {
        self.last_output = Stopwatch::start();
        // As it was: an answer gives back what was asked.
        let asked = match (&self.talk, source) {
            (Some(_), Source::Stdout) => Question::read(&line.bytes),
            _ => None,
        };
        let clean = match source {
            Source::Stdout => self.stdout.clean(line),
            Source::Stderr => self.stderr.clean(line),
        };
        if let Some(line) = clean {
            self.clean_line(source, &line);
        }
        if let Some(question) = asked {
            self.decide(question);
        }
        if self.talk.is_some() && self.seen.claim.is_some() {
            // Its turn is over, and there is nothing more to say.
            self.running.hush();
        }
    }

    fn decide(&mut self, question: Question) {
        let told = self.question.take();
        let Some(talk) = &mut self.talk else { return };
        match talk.decide(&question) {
            Decision::Allow => self.running.say(&question.allowed()),
            Decision::Deny(reason) => self.deny(&question, reason, Some(question.pattern())),
            Decision::Ask => {
                talk.wait_for(question);
                if let Some(event) = told {
                    self.tell(event);
                }
            }
        }
    }

    fn deny(&mut self, question: &Question, reason: &str, allow: Option<String>) {
        self.running.say(&question.denied(reason));
        self.tell(AgentEvent::PermissionDenied {
            tool: question.tool.clone(),
            input: question.input_line(),
            reason: reason.to_owned(),
            allow,
        });
    }

    fn answered(&mut self, answer: Answer) {
        let Some(question) = self.talk.as_mut().and_then(|talk| talk.answered(answer)) else {
            return;
        };
        match answer {
            Answer::No => self.deny(&question, "you said no", None),
            Answer::Yes | Answer::Always => self.running.say(&question.allowed()),
        }
    }

    fn clean_line(&mut self, source: Source, line: &Line) {
        // A secret in pieces is none that could be seen; the whole follows.
        let is_piece = self.format.is_piece(line);
        if !is_piece && let Err(error) = self.transcript.line(source, &line.bytes) {
            self.tell(AgentEvent::Warning {
                text: format!("the transcript ends here: {error}"),
            });
        }
        match source {
            Source::Stdout => {
                for event in stream::events(self.format, line) {
                    // A question is told only where a person is to answer it; else what became of it is.
                    if self.talk.is_some() && matches!(event, AgentEvent::PermissionRequest { .. })
                    {
                        self.question = Some(event);
                    } else {
                        self.tell(event);
                    }
                }
                if matches!(self.format, Format::Claude)
                    && let Some(usage) = self.tally.line(&line.bytes)
                {
                    self.tell(usage);
                }
            }
            Source::Stderr => stream::stderr(line)
                .into_iter()
                .for_each(|event| self.tell(event)),
        }
    }

    /// Notes an event, and hands it on unless it is the agent's own end: the run's end is told once, by `run`.
    fn tell(&mut self, event: AgentEvent) {
        let event = verdict::dated(event.plausible(), clock::now_here);
        self.seen.note(&event);
        if !matches!(event, AgentEvent::End { .. }) {
            (self.sink)(event);
        }
    }

    fn check_idle(&mut self) {
        if self.talk.as_ref().is_some_and(Talk::is_waiting) {
            // The silence is ours.
            self.last_output = Stopwatch::start();
        }
        let silent = self.last_output.elapsed();
        if self.seen.claim.is_some() {
            if silent >= LEAVING.min(self.limits.idle) {
                self.show_out();
            }
        } else if silent >= self.limits.idle {
            self.ask_to_end(verdict::Why::Limit(Which::Idle, self.limits.idle));
        }
    }

    /// Ends an agent that has told its result and stays. The result is what it told.
    fn show_out(&mut self) {
        if self.ending.is_none() {
            let text = "the agent told its result and did not end; it is ended now".to_owned();
            self.tell(AgentEvent::Warning { text });
            self.ask_to_end(verdict::Why::Stays);
        }
    }

    /// Asks the agent to stop, once; the guard then sees to it that it does. The first reason stays the reason.
    fn ask_to_end(&mut self, why: verdict::Why) {
        if self.ending.is_some() {
            return;
        }
        let patience = self.limits.grace * 2 + LAST_PATIENCE;
        let mut ending = Ending::new(why, patience);
        if self.talk.is_some() {
            self.running.say(Talk::INTERRUPT);
            self.running.hush();
        } else {
            self.running.stop();
            ending.signalled = true;
        }
        self.ending = Some(ending);
    }

    /// An agent that was interrupted in words has a while to end its turn; then it gets the signal.
    fn signal_when_due(&mut self) {
        let Some(ending) = &mut self.ending else {
            return;
        };
        if !ending.signalled && ending.since.elapsed() >= IN_WORDS.min(self.limits.grace) {
            ending.signalled = true;
            self.running.stop();
        }
    }

    /// Ends the tree at once. The user's word overrides an earlier reason.
    fn kill(&mut self) {
        self.running.kill();
        let mut ending = Ending::new(verdict::Why::Kill, LAST_PATIENCE);
        ending.signalled = true;
        self.ending = Some(ending);
    }
}
