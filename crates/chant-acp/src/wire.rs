//! The wire: the only file that names the protocol's crate.
//!
//! Owns one connection to an agent: the order of messages, their numbers, and which answer belongs to which question are the
//! crate's; what leaves this file is plain JSON. What an agent sends is deliberately not read into the crate's types: one
//! odd field would lose a whole message, and agents do send fields of drafts and of their own.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    task::Poll,
};

use agent_client_protocol::{
    Agent, Client, Error, ErrorCode, JsonRpcMessage, Lines, UntypedMessage,
    is_connection_terminated, is_incoming_transport_closed, on_receive_notification,
    on_receive_request,
    schema::ProtocolVersion,
    v1::{
        ConnectionTo, Responder,
        schema::{
            AuthenticateRequest, CancelNotification, ClientCapabilities, ContentBlock,
            FileSystemCapabilities, Implementation, InitializeRequest, LoadSessionRequest,
            NewSessionRequest, PromptRequest, ResumeSessionRequest, SetSessionConfigOptionRequest,
            TextContent,
        },
    },
};
use futures::{Sink, Stream, StreamExt};
use serde_json::{Value, json};

/// Who is told what the agent sends by itself, in the order in which it does.
pub(crate) trait Listener: Send {
    /// It says something and expects no answer.
    fn notified(&mut self, method: &str, params: &Value);
    /// It asks something. No answer means that the question is not known here.
    fn asked(&mut self, method: &str, params: &Value) -> Option<Value>;
}

/// Why a question was not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The agent answered with an error.
    Error {
        /// JSON-RPC's or the protocol's number for it.
        code: i32,
        /// What it says.
        message: String,
        /// More about it, in no fixed shape.
        data: Value,
    },
    /// The agent has closed its output: nothing will be answered any more.
    Closed,
}

impl Refusal {
    /// Whether it wants the user to sign in first.
    pub(crate) fn is_sign_in(&self) -> bool {
        let wanted = ErrorCode::AUTH_REQUIRED.value();
        matches!(self, Self::Error { code, .. } if *code == wanted)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        if is_incoming_transport_closed(&error) || is_connection_terminated(&error) {
            return Self::Closed;
        }
        Self::Error {
            code: error.code.value(),
            message: error.message,
            data: error.data.unwrap_or_default(),
        }
    }
}

type Answer = Result<Value, Refusal>;

/// An open connection, by which the agent is asked.
#[derive(Clone)]
pub(crate) struct Wire(ConnectionTo<Agent>);

impl Wire {
    /// Begins: chant lends neither files nor a terminal. Agents work on the disk itself, where git sees it.
    pub(crate) async fn initialize(&self) -> Answer {
        let files = FileSystemCapabilities::new()
            .read_text_file(false)
            .write_text_file(false);
        let lent = ClientCapabilities::new().fs(files).terminal(false);
        let own = Implementation::new("chant", env!("CARGO_PKG_VERSION"));
        let request = InitializeRequest::new(ProtocolVersion::V1)
            .client_capabilities(lent)
            .client_info(own);
        self.ask(&request).await
    }

    pub(crate) async fn authenticate(&self, method: &str) -> Answer {
        self.ask(&AuthenticateRequest::new(method.to_owned())).await
    }

    pub(crate) async fn new_session(&self, dir: &Path) -> Answer {
        self.ask(&NewSessionRequest::new(dir)).await
    }

    /// Goes on with a conversation without being told it again.
    pub(crate) async fn resume_session(&self, id: &str, dir: &Path) -> Answer {
        self.ask(&ResumeSessionRequest::new(id.to_owned(), dir))
            .await
    }

    /// Goes on with a conversation; the agent tells all of it again before it answers.
    pub(crate) async fn load_session(&self, id: &str, dir: &Path) -> Answer {
        self.ask(&LoadSessionRequest::new(id.to_owned(), dir)).await
    }

    pub(crate) async fn set_option(&self, session: &str, option: &str, value: &str) -> Answer {
        let (session, option, value) = (session.to_owned(), option.to_owned(), value.to_owned());
        let request = SetSessionConfigOptionRequest::new(session, option, value.as_str());
        self.ask(&request).await
    }

    /// What agents had before options: it is in no schema any more.
    pub(crate) async fn set_model(&self, session: &str, model: &str) -> Answer {
        let params = json!({"sessionId": session, "modelId": model});
        self.ask(&UntypedMessage::new("session/set_model", params)?)
            .await
    }

    /// One turn, from the prompt to the reason why it stopped.
    pub(crate) async fn prompt(&self, session: &str, text: String) -> Answer {
        let prompt = vec![ContentBlock::Text(TextContent::new(text))];
        self.ask(&PromptRequest::new(session.to_owned(), prompt))
            .await
    }

    /// Asks the agent to stop its turn. The prompt is still answered.
    pub(crate) fn cancel(&self, session: &str) {
        // A connection that is gone has nothing left to stop.
        let _ = self
            .0
            .send_notification(CancelNotification::new(session.to_owned()));
    }

    async fn ask(&self, request: &impl JsonRpcMessage) -> Answer {
        let request = request.to_untyped_message()?;
        Ok(self.0.send_request(request).block_task().await?)
    }
}

/// Speaks with an agent by its lines for as long as `talk` takes.
pub(crate) async fn connect<L: Listener + 'static, T>(
    outgoing: impl Sink<String, Error = std::io::Error> + Send + 'static,
    incoming: impl Stream<Item = String> + Send + 'static,
    listener: Arc<Mutex<L>>,
    talk: impl AsyncFnOnce(Wire) -> T,
) -> Result<T, Refusal> {
    let asked = Arc::clone(&listener);
    let builder = Client
        .v1()
        .name("chant")
        .on_receive_request(
            async move |request: UntypedMessage, responder: Responder, _| {
                let answer = lock(&asked).asked(&request.method, &request.params);
                match answer {
                    Some(answer) => responder.respond(answer),
                    None => responder.respond_with_error(Error::method_not_found()),
                }
            },
            on_receive_request!(),
        )
        .on_receive_notification(
            async move |told: UntypedMessage, _| {
                lock(&listener).notified(&told.method, &told.params);
                Ok(())
            },
            on_receive_notification!(),
        );
    let lines = Lines::new(outgoing, one_at_a_time(incoming).map(Ok));
    let talked = builder.connect_with(lines, async |connection| Ok(talk(Wire(connection)).await));
    Ok(talked.await?)
}

/// A listener that has panicked is still good enough to tell the rest.
pub(crate) fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The crate takes in all lines there are before it looks at one. This lets it see to each, so that an agent which says more
/// than is read waits, instead of filling the memory.
fn one_at_a_time(lines: impl Stream<Item = String>) -> impl Stream<Item = String> {
    lines.then(|line| async {
        let mut passed = false;
        std::future::poll_fn(|context| {
            if std::mem::replace(&mut passed, true) {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        line
    })
}
