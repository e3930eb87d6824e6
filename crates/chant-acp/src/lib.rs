//! Agents that speak the Agent Client Protocol, as one more program that prints chant's own events.
//!
//! Such an agent wants a conversation: it is asked, asks back, and tells what it does meanwhile. This crate is the other side
//! of that conversation. It runs as a process of its own in the agent's tree (`chant __acp`), starts the agent, and prints
//! [`AgentEvent`]s, one JSON object a line; everything else (limits, the end of the tree, the verdict) is as for any
//! other agent. The protocol's crate is named in one file, `wire`.
//!
//! Deliberately not here: files and terminals for the agent (it uses the disk itself), MCP servers, and the protocol's
//! draft of version 2.

mod calls;
mod order;
mod permission;
mod report;
mod speech;
mod spending;
mod turn;
mod wire;

use std::{
    ffi::OsString,
    io::{self, Write},
    path::PathBuf,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use chant_agent::AgentEvent;
use chant_os::{
    process::{Cmd, Dialogue, Ear, Mouth, Partner},
    signal::Interrupts,
};
use futures::{
    SinkExt, StreamExt,
    channel::mpsc::{self, UnboundedReceiver, UnboundedSender},
    executor::block_on,
};

use crate::{
    order::Order,
    report::Report,
    turn::{Ending, Turn},
    wire::lock,
};

/// What was read at once, so often, is on its way from the agent. One that says more waits in its write.
const IN_FLIGHT: usize = 2;

/// How long the agent may take to end once nobody speaks with it any more. What is left then is ended by the guard.
const FAREWELL: Duration = Duration::from_secs(2);

type Shared = Arc<Mutex<Report<Box<dyn Write + Send>>>>;

/// What `chant __acp … -- PROGRAM ARGS…` runs, given what follows `__acp`; returns its exit code.
///
/// Works in the current folder on the prompt in `CHANT_PROMPT_FILE`. SIGINT asks the agent to stop.
pub fn main(args: impl IntoIterator<Item = OsString>) -> i32 {
    let out: Box<dyn Write + Send> = Box::new(io::stdout());
    match Order::parse(args) {
        Ok(order) => {
            let report = Arc::new(Mutex::new(Report::new(out, order.permissions.clone())));
            let ending = run(&order, &report).unwrap_or_else(Ending::Failed);
            finish(&report, ending)
        }
        Err(reason) => {
            let report = Arc::new(Mutex::new(Report::new(
                out,
                permission::Permissions::default(),
            )));
            finish(&report, Ending::Failed(reason))
        }
    }
}

fn finish(report: &Shared, ending: Ending) -> i32 {
    let (ok, reason) = match ending {
        Ending::Ended => (true, "the agent ended its turn".to_owned()),
        Ending::Failed(reason) => (false, reason),
        Ending::WentAway => (
            false,
            "the agent closed the conversation in the middle of its turn".into(),
        ),
    };
    lock(report).tell(AgentEvent::End { ok, reason });
    i32::from(!ok)
}

fn run(order: &Order, report: &Shared) -> Result<Ending, String> {
    let prompt = std::env::var_os("CHANT_PROMPT_FILE").ok_or("CHANT_PROMPT_FILE is not set")?;
    let prompt = PathBuf::from(prompt);
    let dir = std::env::current_dir().map_err(|error| format!("no current folder: {error}"))?;
    let stop = interruptions().map_err(|error| format!("signals cannot be heard: {error}"))?;
    let agent = Cmd::new(&order.program).args(&order.args).dialogue();
    let agent = agent.map_err(|error| error.to_string())?;
    let Dialogue {
        mouth,
        ear,
        mut partner,
    } = agent;
    let threads = |error: io::Error| format!("no thread for the agent's lines: {error}");
    let outgoing = speak(mouth).map_err(threads)?;
    let incoming = hear(ear, report).map_err(threads)?;
    let talk = wire::connect(outgoing, incoming, Arc::clone(report), async |wire| {
        let turn = Turn {
            wire,
            order,
            prompt: &prompt,
            dir: &dir,
            report,
        };
        turn.take(stop).await
    });
    let ending = block_on(talk).unwrap_or(Ending::WentAway);
    Ok(farewell(ending, &mut partner))
}

/// Waits for the agent to end too. Why one went away in the middle of its turn is best told by its exit.
fn farewell(ending: Ending, partner: &mut Partner) -> Ending {
    match (ending, partner.wait(FAREWELL)) {
        (Ending::WentAway, Some(exit)) => Ending::Failed(format!(
            "the agent went away in the middle of its turn: it {exit}"
        )),
        (ending, _) => ending,
    }
}

/// One message for each wish that this process may stop.
fn interruptions() -> io::Result<UnboundedReceiver<()>> {
    let interrupts = Interrupts::install()?;
    let (sender, receiver) = mpsc::unbounded();
    thread::Builder::new().name("stop".into()).spawn(move || {
        while interrupts.receiver().recv().is_ok() && sender.unbounded_send(()).is_ok() {}
    })?;
    Ok(receiver)
}

/// A thread says what is sent, so that an agent which does not listen keeps nobody from hearing it.
fn speak(mut mouth: Mouth) -> io::Result<impl futures::Sink<String, Error = io::Error> + Send> {
    let (sender, mut lines): (UnboundedSender<String>, _) = mpsc::unbounded();
    thread::Builder::new().name("speak".into()).spawn(move || {
        while let Some(line) = block_on(lines.next()) {
            if mouth.say(&line).is_err() {
                return;
            }
        }
    })?;
    Ok(sender.sink_map_err(|_| io::ErrorKind::BrokenPipe.into()))
}

/// A thread hears the agent. What is no message is told as it is and goes no further: an answer to it would only confuse.
/// To wake somebody for each line would take longer than to read it.
fn hear(ear: Ear, report: &Shared) -> io::Result<impl futures::Stream<Item = String> + use<>> {
    let (mut sender, receiver) = mpsc::channel::<Vec<String>>(IN_FLIGHT);
    let report = Arc::clone(report);
    thread::Builder::new().name("hear".into()).spawn(move || {
        let heard = ear.each(|lines| {
            let mut messages = Vec::with_capacity(lines.len());
            for line in lines {
                let text = String::from_utf8(line.bytes)
                    .unwrap_or_else(|bad| String::from_utf8_lossy(bad.as_bytes()).into_owned());
                let is_message = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok()
                    && text.trim_start().starts_with('{');
                if is_message {
                    messages.push(text);
                } else {
                    lock(&report).stray(&text);
                }
            }
            messages.is_empty() || block_on(sender.send(messages)).is_ok()
        });
        // An error of a pipe is its end.
        drop(heard);
    })?;
    Ok(receiver.flat_map(futures::stream::iter))
}
