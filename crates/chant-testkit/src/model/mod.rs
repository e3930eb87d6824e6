//! A stand-in for the service of a model, on loopback only: it answers real clients with what a script says.
//!
//! It speaks Anthropic Messages, `OpenAI` Chat Completions and `OpenAI` Responses, streamed and whole, with tool calls, errors,
//! silences and cut connections, so that a real agent's program runs from end to end without a model and without a network.
//! [`script`] says what a script is. No request is ever passed on.

mod anthropic;
mod book;
mod chat;
mod http;
mod responses;
mod script;
mod server;
mod tools;
mod wire;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

use crate::patience;
use book::Book;
pub use script::{Progress, Used};
pub use wire::Wire;

/// More requests than any test makes: then a client is asking for ever, and the server ends.
const MANY: usize = 2000;

/// One request that came.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: String,
    /// The name of the script, empty for the first.
    pub script: String,
    /// Its path, without the script's name.
    pub path: String,
    /// Its headers, names in small letters.
    pub headers: BTreeMap<String, String>,
    /// Its body; null where it was no JSON.
    pub body: Value,
    /// Its format; none for a probe, a list of models, a count.
    pub wire: Option<Wire>,
    /// The turn it got.
    pub used: Option<Used>,
}

impl Request {
    fn new(request: &http::Request, script: &str, path: &str, body: Value) -> Self {
        Self {
            method: request.method.clone(),
            script: script.to_owned(),
            path: path.to_owned(),
            headers: request.headers.iter().cloned().collect(),
            body,
            wire: None,
            used: None,
        }
    }

    /// True for a turn of the work; false for side requests, probes, and whatever came after the last turn.
    pub fn is_work(&self) -> bool {
        matches!(self.used, Some(Used::Turn(_) | Used::Matched))
    }
}

/// A request that was not what the script says, or a turn that could not be played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The turn that was due.
    pub turn: Used,
    /// What was wrong.
    pub problem: String,
}

impl Trouble {
    fn new(turn: Used, problem: String) -> Self {
        Self { turn, problem }
    }
}

/// A running server; it ends when this is dropped.
#[derive(Debug)]
pub struct ScriptedModel {
    address: SocketAddr,
    book: Arc<Book>,
    accepts: Option<JoinHandle<()>>,
}

impl ScriptedModel {
    /// Serves a script on a free port.
    ///
    /// # Panics
    ///
    /// Where the script is none.
    #[track_caller]
    pub fn start(script: &Value) -> Self {
        Self::open(script, 0, MANY).expect("a script, and a port on loopback")
    }

    /// Serves a script on this port, 0 for any, for at most so many requests.
    pub fn open(script: &Value, port: u16, limit: usize) -> io::Result<Self> {
        let scripts = script::Scripts::parse(script)?;
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        let address = listener.local_addr()?;
        let book = Arc::new(Book::new(scripts, limit));
        let shared = Arc::clone(&book);
        let accepts = std::thread::spawn(move || server::accept(&listener, &shared));
        Ok(Self {
            address,
            book,
            accepts: Some(accepts),
        })
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// `http://127.0.0.1:PORT`: what Anthropic's clients take. Those of `OpenAI` take it with `/v1`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The same for one of several scripts.
    pub fn base_url_of(&self, script: &str) -> String {
        format!("{}/s/{script}", self.base_url())
    }

    /// Everything that was asked so far, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.book.asked()
    }

    /// The requests that were turns of the work.
    pub fn work(&self) -> Vec<Request> {
        let all = self.requests().into_iter();
        all.filter(Request::is_work).collect()
    }

    /// What did not fit the script.
    pub fn troubles(&self) -> Vec<Trouble> {
        self.book.troubles()
    }

    /// How far each script has come.
    pub fn progress(&self) -> BTreeMap<String, Progress> {
        self.book.scripts().progress()
    }

    /// Waits until so many requests of the work have come.
    ///
    /// # Panics
    ///
    /// Where they do not come for as long as a test waits.
    #[track_caller]
    pub fn wait_for(&self, work: usize) {
        let enough = |asked: &[Request]| asked.iter().filter(|one| one.is_work()).count() >= work;
        let come = self.book.wait_until(patience::LONGEST, enough);
        assert!(
            come,
            "{work} requests did not come: {:?}",
            self.book.state()
        );
    }

    /// Asserts that every turn was used, none was missing, and each request held what it should.
    #[track_caller]
    pub fn assert_done(&self) {
        let troubles = self.troubles();
        assert!(troubles.is_empty(), "{troubles:?}");
        for (name, one) in self.progress() {
            assert!(
                one.used == one.turns && one.over == 0,
                "script {name:?}: {one:?}"
            );
        }
    }

    /// Waits for the end: somebody asked for it, there were too many requests, or the time is over.
    pub fn wait_for_the_end(&self, time: Duration) {
        self.book.wait(time);
    }

    /// What `GET /__state` says.
    pub fn state(&self) -> Value {
        self.book.state()
    }
}

impl Drop for ScriptedModel {
    fn drop(&mut self) {
        self.book.close();
        // The thread that accepts sees it with the next connection.
        let _ = TcpStream::connect(self.address);
        if let Some(accepts) = self.accepts.take() {
            let _ = accepts.join();
        }
    }
}
