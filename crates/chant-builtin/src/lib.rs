//! A small coding agent of chant's own, for people with no agent program: a model that speaks `OpenAI`'s or Anthropic's
//! protocol is enough.
//!
//! Owns the loop between a model and a handful of tools, the conversation and its file, and what is done when the model's
//! server refuses. It runs as a process of its own (`chant __builtin`) in an agent's process tree, in the worktree and in
//! the sandbox that chant puts agents in; it prints chant's own events. It does not decide whether the work is done:
//! chant does, as for every agent.

mod agent;
mod arguments;
mod client;
mod conversation;
mod model;
mod patience;
mod refusal;
mod room;
mod stop;
mod tell;
mod tool;

use std::{
    ffi::OsString,
    io::{self, Read},
    path::{Path, PathBuf},
};

use chant_agent::{AgentEvent, CONVERSATIONS, redact::Redactor};

use crate::{
    agent::{Agent, Verdict},
    arguments::Arguments,
    client::Client,
    conversation::Conversation,
    stop::Stop,
    tell::Teller,
    tool::{Place, Toolbox},
};

/// What `chant __builtin` runs, given what follows `__builtin`; returns its exit code. The prompt is read from standard input.
pub fn main(args: impl IntoIterator<Item = OsString>) -> i32 {
    let mut teller = Teller::new(io::stdout());
    let verdict = match sitting(args, &mut teller) {
        Ok(verdict) => verdict,
        Err(reason) => Verdict::Failed(reason),
    };
    let (ok, reason) = match verdict {
        Verdict::Done => (true, "finished".to_owned()),
        Verdict::Failed(reason) => (false, reason),
    };
    teller.tell(&AgentEvent::End { ok, reason });
    i32::from(!ok)
}

/// One sitting, from the prompt to its end; the error is a reason in one sentence.
fn sitting(
    args: impl IntoIterator<Item = OsString>,
    teller: &mut Teller<io::Stdout>,
) -> Result<Verdict, String> {
    let arguments = Arguments::read(args)?;
    let stop = Stop::install().map_err(|error| format!("cannot listen to signals: {error}"))?;
    let key = std::env::var(&arguments.key_env)
        .ok()
        .filter(|key| !key.is_empty());
    let mut prompt = String::new();
    io::stdin()
        .read_to_string(&mut prompt)
        .map_err(|error| format!("cannot read the prompt: {error}"))?;
    teller.hide(key.as_deref());
    let place = Place::from_process()?;
    let mut conversation = match &arguments.resume {
        Some(session) => Conversation::resume(&folder()?, session)?,
        None => Conversation::begin(&folder()?)?,
    };
    conversation.hide(Redactor::of_process(&arguments.key_env));
    conversation.ask(prompt)?;
    let mut client = Client::new(&arguments, key)?;
    teller.tell(&AgentEvent::Session {
        id: conversation.session().to_owned(),
    });
    teller.tell(&AgentEvent::Model {
        name: arguments.model.clone(),
    });
    let tools = Toolbox::new(place, arguments.key_env.clone());
    Agent::new(&arguments, &mut client, tools, conversation, &stop, teller).work()
}

/// Where conversations are kept: beside the prompt, in the run's own folder. In the sandbox it is there already.
fn folder() -> Result<PathBuf, String> {
    let prompt = std::env::var_os("CHANT_PROMPT_FILE").map(PathBuf::from);
    let folder = prompt.as_deref().and_then(Path::parent);
    let folder = folder
        .ok_or("CHANT_PROMPT_FILE is not set, so there is no place for the conversation")?
        .join(CONVERSATIONS);
    chant_os::file::create_dir_all(&folder)
        .map_err(|error| format!("the conversation cannot be kept: {error}"))?;
    Ok(folder)
}
