//! The loop: the model is asked, its tools are run, and so on until it is done, refused for good, or going in circles.

use std::io::Write;

use chant_agent::AgentEvent;

use crate::{
    arguments::Arguments,
    conversation::{Conversation, ToolResult},
    model::{Answer, Call, Input, Model, Offer, Refusal},
    patience::{LEFT_ALONE, Patience},
    room::{Made, Room},
    stop::Stop,
    tell::{Teller, shown},
    tool::{self, Finish, Running, Toolbox},
};

/// What the model is told before everything else.
const SYSTEM: &str = include_str!("system.md");

/// How often in a row the same call may fail in the same way, and how often it may be made at all.
const FAILING: u32 = 5;
const REPEATED: u32 = 20;

/// How often in a row the model may answer with nothing that can be used.
const IDLE: u32 = 3;

/// How a sitting ended, as the agent sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The model says that its work is done.
    Done,
    /// It is not; one sentence.
    Failed(String),
}

/// One sitting.
pub(crate) struct Agent<'a, M, W> {
    model: &'a mut M,
    tools: Toolbox,
    offers: Vec<Offer>,
    talk: Conversation,
    stop: &'a Stop,
    teller: &'a mut Teller<W>,
    room: Room,
    settings: Settings,
    repeats: Repeats,
    /// How many answers in a row had nothing in them that can be used.
    idle: u32,
}

/// What the loop has to know of the arguments.
struct Settings {
    max_turns: u32,
    patience: Patience,
}

impl<'a, M: Model, W: Write> Agent<'a, M, W> {
    pub(crate) fn new(
        arguments: &Arguments,
        model: &'a mut M,
        tools: Toolbox,
        talk: Conversation,
        stop: &'a Stop,
        teller: &'a mut Teller<W>,
    ) -> Self {
        let offers = tool::offers().to_vec();
        let told: usize = offers
            .iter()
            .map(|offer| offer.says.len() + offer.input.to_string().len())
            .sum();
        let chance = chant_os::clock::since_epoch().unsigned_abs() ^ u64::from(std::process::id());
        Self {
            model,
            tools,
            offers,
            talk,
            stop,
            teller,
            room: Room::new(arguments.context, SYSTEM.len() + told),
            settings: Settings {
                max_turns: arguments.max_turns,
                patience: Patience::new(arguments.tries, arguments.first_wait, chance),
            },
            repeats: Repeats::default(),
            idle: 0,
        }
    }

    /// Works until there is an end; the error is a reason in one sentence too.
    pub(crate) fn work(mut self) -> Result<Verdict, String> {
        for _ in 0..self.settings.max_turns {
            if let Some(made) = self.room.before_asking(&mut self.talk)? {
                self.warn_of_room(&made);
            }
            let answer = match self.answer()? {
                Ok(answer) => answer,
                Err(reason) => return Ok(Verdict::Failed(reason)),
            };
            self.tell_answer(&answer);
            let answer = self.talk.answer(answer)?.clone();
            let verdict = if answer.calls.is_empty() {
                self.without_calls(&answer)?
            } else {
                self.idle = 0;
                self.with_calls(&answer.calls)?
            };
            if let Some(verdict) = verdict {
                return Ok(verdict);
            }
        }
        Ok(Verdict::Failed(format!(
            "the model was asked {} times without coming to an end (max_turns)",
            self.settings.max_turns
        )))
    }

    /// The next answer, however often it takes to ask; else why there is none.
    fn answer(&mut self) -> Result<Result<Answer, String>, String> {
        let mut patience = self.settings.patience.clone();
        let mut was_shortened = false;
        loop {
            let (teller, stop) = (&mut *self.teller, self.stop);
            let asked = self.model.ask(
                SYSTEM,
                self.talk.messages(),
                &self.offers,
                &mut |has_come| {
                    if has_come {
                        teller.lives();
                    }
                    !stop.is_wanted()
                },
            );
            match asked {
                Ok(answer) => {
                    let read =
                        answer.usage.input + answer.usage.cache_read + answer.usage.cache_write;
                    self.room.measured(self.talk.messages(), read);
                    self.teller.used(answer.usage);
                    return Ok(Ok(answer));
                }
                Err(Refusal::TooLong(reason)) if !was_shortened => {
                    was_shortened = true;
                    match self.room.after_refusal(&mut self.talk)? {
                        Some(made) => self.warn_of_room(&made),
                        None => return Ok(Err(too_long(&reason))),
                    }
                }
                Err(Refusal::Passing { reason, after }) => {
                    if let Some(end) = self.wait(&mut patience, &reason, after) {
                        return Ok(Err(end));
                    }
                }
                Err(refusal) => return Ok(Err(self.refused(refusal))),
            }
        }
    }

    /// Waits until the server may be asked again; the reason to end where it may not.
    fn wait(
        &mut self,
        patience: &mut Patience,
        reason: &str,
        after: Option<std::time::Duration>,
    ) -> Option<String> {
        if let Some(after) = after.filter(|after| *after > LEFT_ALONE) {
            let until = chant_os::clock::now() + after;
            self.teller.tell(&AgentEvent::Limit {
                reason: reason.to_owned(),
                until: Some(until.to_string()),
            });
            return Some(reason.to_owned());
        }
        let Some(wait) = patience.next(after) else {
            return Some(format!("{reason} (after {} tries)", patience.tried()));
        };
        self.teller.tell(&AgentEvent::Retry {
            reason: reason.to_owned(),
            attempt: patience.tried().into(),
            max: patience.tries().into(),
            delay_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
        });
        self.stop.wait(wait);
        self.stop.is_wanted().then(stopped)
    }

    fn refused(&mut self, refusal: Refusal) -> String {
        match refusal {
            Refusal::TooLong(reason) => too_long(&reason),
            Refusal::Spent(reason) => {
                self.teller.tell(&AgentEvent::Limit {
                    reason: reason.clone(),
                    until: None,
                });
                reason
            }
            Refusal::Unauthorized(reason)
            | Refusal::Final(reason)
            | Refusal::Passing { reason, .. } => reason,
            Refusal::Stopped => stopped(),
        }
    }

    fn tell_answer(&mut self, answer: &Answer) {
        if !answer.thinking.trim().is_empty() {
            let text = answer.thinking.clone();
            self.teller.tell(&AgentEvent::Thinking { text });
        }
        if !answer.text.trim().is_empty() {
            let text = answer.text.clone();
            self.teller.tell(&AgentEvent::Text { text });
        }
    }

    /// A model that only talks has come to its end, unless it was cut off or has not begun.
    fn without_calls(&mut self, answer: &Answer) -> Result<Option<Verdict>, String> {
        let is_empty = answer.text.trim().is_empty();
        let said = if answer.is_cut {
            "Your answer was cut off because it became too long. Go on, in smaller steps."
        } else if is_empty {
            "Your answer was empty. Go on with the task, or call finish."
        } else if !self.talk.has_calls() {
            "You have not used any tool. Do the work itself, with the tools; call finish when it is done."
        } else {
            return Ok(Some(Verdict::Done));
        };
        self.idle += 1;
        if self.idle >= IDLE {
            let what = if answer.is_cut {
                "the model's answers were cut off as too long"
            } else if is_empty {
                "the model answered with nothing"
            } else {
                "the model only talked and used no tool"
            };
            return Ok(Some(Verdict::Failed(format!(
                "{what}, {IDLE} times in a row"
            ))));
        }
        self.talk.ask(said.to_owned())?;
        Ok(None)
    }

    /// Runs the calls one after the other. What is running is stored as not done until all of them are.
    fn with_calls(&mut self, calls: &[Call]) -> Result<Option<Verdict>, String> {
        let mut results = Vec::new();
        let mut end = None;
        for call in calls {
            if self.stop.is_wanted() {
                results.push(not_run(call));
                continue;
            }
            let (result, finish) = self.run(call);
            if let Some(Finish { done, summary }) = finish {
                end = Some(if done {
                    Verdict::Done
                } else {
                    Verdict::Failed(format!("the model gave up: {summary}"))
                });
                self.tell_summary(summary);
            }
            if let Some(reason) = self.repeats.note(call, &result) {
                end = Some(Verdict::Failed(reason));
            }
            results.push(result);
        }
        self.talk.results(results)?;
        if self.stop.is_wanted() {
            end = Some(Verdict::Failed(stopped()));
        }
        Ok(end)
    }

    fn run(&mut self, call: &Call) -> (ToolResult, Option<Finish>) {
        self.teller.tell(&AgentEvent::ToolCall {
            id: call.id.clone(),
            name: call.name.clone(),
            input: shown(call),
        });
        let teller = &mut *self.teller;
        let mut running = Running {
            stop: self.stop,
            lives: &mut || teller.lives(),
        };
        let ran = self.tools.run(call, &mut running);
        self.teller.tell(&AgentEvent::ToolResult {
            id: call.id.clone(),
            ok: ran.ok,
            text: ran.text.clone(),
        });
        if let Some(changed) = ran.change {
            self.teller.tell(&AgentEvent::FileChange {
                path: changed.path,
                change: changed.change.to_owned(),
            });
        }
        let result = ToolResult {
            id: call.id.clone(),
            ok: ran.ok,
            text: self.teller.without_key(ran.text),
        };
        (result, ran.finish)
    }

    fn tell_summary(&mut self, summary: String) {
        if !summary.trim().is_empty() {
            self.teller.tell(&AgentEvent::Text { text: summary });
        }
    }

    fn warn_of_room(&mut self, made: &Made) {
        let Made { calls, tokens } = made;
        let text = format!(
            "the conversation became too long for the model: the output of {calls} earlier calls was shortened, about {tokens} tokens"
        );
        self.teller.tell(&AgentEvent::Warning { text });
    }
}

fn stopped() -> String {
    "stopped before the work was done".to_owned()
}

fn too_long(reason: &str) -> String {
    format!(
        "the conversation is longer than the model takes in, and nothing is left to shorten: {reason}"
    )
}

fn not_run(call: &Call) -> ToolResult {
    ToolResult {
        id: call.id.clone(),
        ok: false,
        text: "The agent was stopped before this was run.".to_owned(),
    }
}

/// Whether the model goes in circles.
#[derive(Debug, Default)]
struct Repeats {
    last: Option<(String, Input, bool, String)>,
    times: u32,
}

impl Repeats {
    /// A call has been made; the reason to end where it was once too often.
    fn note(&mut self, call: &Call, result: &ToolResult) -> Option<String> {
        let now = (
            call.name.clone(),
            call.input.clone(),
            result.ok,
            result.text.clone(),
        );
        let is_again = self.last.as_ref() == Some(&now);
        self.times = if is_again { self.times + 1 } else { 1 };
        self.last = Some(now);
        let most = if result.ok { REPEATED } else { FAILING };
        if self.times < most {
            return None;
        }
        let what = if result.ok {
            "made the same call"
        } else {
            "repeated a call that fails"
        };
        let (name, times) = (&call.name, self.times);
        Some(format!(
            "the model {what} {times} times in a row, with the same result each time: {name} {}",
            shown(call)
        ))
    }
}

#[cfg(test)]
mod tests;
