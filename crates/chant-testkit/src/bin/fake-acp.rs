//! An agent for tests that speaks the Agent Client Protocol, by hand, well or badly as its script says.
//!
//! The script is a JSON list of acts, in the file named by the last argument; [`Act`] says what there is. It is followed
//! once for each prompt. What the agent is told is written, line by line, to the file `heard` beside the script.
//! Conversations are kept as files beside the script too, so that another process can take them up again.
#![allow(clippy::print_stdout, reason = "printing is an agent's work")]
#![allow(clippy::exit, reason = "ending badly is, too")]

use std::{
    fs::{self, OpenOptions},
    io::{self, BufRead, Write},
    path::{Path, PathBuf},
    process::{Command, exit},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::Duration,
};

use serde::Deserialize;
use serde_json::{Value, json};

const PAUSE: Duration = Duration::from_millis(5);

type Error = Box<dyn std::error::Error>;

/// One thing to do during a turn.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Act {
    /// Sends this update of the session.
    Update(Value),
    /// Says a piece of text.
    Say(String),
    /// Runs a shell command in the worktree, told as a tool call with this id.
    Shell(String, String),
    /// Asks for permission with these options, `[id, kind]` each; on a no, ends the turn.
    Ask(Vec<(String, String)>),
    /// Asks something the client cannot know, and waits for the answer.
    Request(String, Value),
    /// Tells something the client cannot know.
    Notify(String, Value),
    /// Writes a line as it is.
    Line(String),
    /// Writes so many updates.
    Flood(usize),
    /// Answers the prompt with an error: code, message, data.
    Fail(i32, String, Value),
    /// Answers the prompt with this result instead of `end_turn`.
    Answer(Value),
    /// Waits until it is told to cancel, and ends the turn so.
    UntilCancelled,
    /// Waits for ever, whatever it is told.
    Hang,
    /// Writes half a message and ends.
    CutOff,
    /// Ends with this code.
    Exit(i32),
    /// Does this in the first process only.
    Once(Vec<Act>),
    /// Writes its process id to a file beside the script.
    TellPid(String),
}

/// What the agent is able to do, as the first entry of a script may say.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Able {
    resume: bool,
    load: bool,
    /// An error for `session/new`: code and message.
    refuse: Option<(i32, String)>,
    /// More fields of the answer to `session/new`.
    session: Value,
    /// What to do after the client has closed the conversation: stay.
    stays: bool,
    auth: Value,
}

#[derive(Debug, Deserialize)]
struct Script {
    #[serde(default)]
    able: Able,
    acts: Vec<Act>,
}

struct Agent {
    script: PathBuf,
    able: Able,
    heard: Receiver<Value>,
    session: String,
    asked: u64,
}

/// How a turn ends that is not simply over.
enum Stop {
    Answer(Value),
    Fail(Value),
}

fn main() {
    let script = std::env::args_os().next_back().map(PathBuf::from);
    let script = script.expect("a script");
    let text = fs::read_to_string(&script).expect("the script can be read");
    let Script { able, acts } = serde_json::from_str(&text).expect("the script is understood");
    let mut agent = Agent {
        heard: listen(script.with_extension("heard")),
        script,
        able,
        session: String::new(),
        asked: 0,
    };
    if let Err(error) = agent.serve(&acts) {
        let _ = writeln!(io::stderr(), "fake-acp: {error}");
        exit(70);
    }
    if agent.able.stays {
        agent.wait(|_| false);
    }
}

/// Everything that is said to this agent, kept beside the script too.
fn listen(log: PathBuf) -> Receiver<Value> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            let mut file = OpenOptions::new().create(true).append(true).open(&log);
            let file = file.as_mut().expect("the log can be written");
            writeln!(file, "{line}").expect("the log can be written");
            let message = serde_json::from_str(&line).expect("the client speaks JSON");
            if sender.send(message).is_err() {
                return;
            }
        }
    });
    receiver
}

impl Agent {
    fn serve(&mut self, acts: &[Act]) -> Result<(), Error> {
        while let Ok(message) = self.heard.recv() {
            let id = message["id"].clone();
            let params = &message["params"];
            match message["method"].as_str().unwrap_or_default() {
                "initialize" => answer(&id, &self.hello()),
                "session/new" => self.open(&id)?,
                "session/load" => self.load(&id, params)?,
                "session/resume" => self.again(&id, params)?,
                "session/prompt" => self.turn(&id, acts)?,
                "session/cancel" | "" => {}
                _ if id.is_null() => {}
                "session/set_config_option" | "session/set_model" | "authenticate" => {
                    self.able.refuse = None;
                    answer(&id, &json!({}));
                }
                _ => send(
                    &json!({"jsonrpc": "2.0", "id": id, "error": {"code": -32601, "message": "no such method"}}),
                ),
            }
        }
        Ok(())
    }

    fn hello(&self) -> Value {
        let mut able = json!({"loadSession": self.able.load});
        if self.able.resume {
            able["sessionCapabilities"] = json!({"resume": {}});
        }
        json!({"protocolVersion": 1, "agentCapabilities": able, "authMethods": self.able.auth,
               "agentInfo": {"name": "fake", "version": "1"}})
    }

    fn open(&mut self, id: &Value) -> Result<(), Error> {
        if let Some((code, message)) = &self.able.refuse {
            send(&json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}}));
            return Ok(());
        }
        self.session = format!("conversation-{}", std::process::id());
        fs::write(self.kept(&self.session), "")?;
        let mut told = json!({"sessionId": self.session});
        if let (Value::Object(told), Value::Object(more)) = (&mut told, &self.able.session) {
            told.extend(more.clone());
        }
        answer(id, &told);
        Ok(())
    }

    fn load(&mut self, id: &Value, params: &Value) -> Result<(), Error> {
        update(
            &self.session,
            &text("user_message_chunk", "what was asked before"),
        );
        update(
            &self.session,
            &text("agent_message_chunk", "what was said before"),
        );
        self.again(id, params)
    }

    fn again(&mut self, id: &Value, params: &Value) -> Result<(), Error> {
        let session = params["sessionId"].as_str().ok_or("no session")?;
        if !self.kept(session).exists() {
            let error = json!({"code": -32002, "message": "Resource not found", "data": {"details": "no such conversation"}});
            send(&json!({"jsonrpc": "2.0", "id": id, "error": error}));
            return Ok(());
        }
        session.clone_into(&mut self.session);
        answer(id, &json!({}));
        Ok(())
    }

    /// The file that stands for a conversation.
    fn kept(&self, session: &str) -> PathBuf {
        self.script.with_file_name(session)
    }

    fn turn(&mut self, id: &Value, acts: &[Act]) -> Result<(), Error> {
        for act in acts {
            match self.act(act)? {
                None => {}
                Some(Stop::Answer(result)) => {
                    answer(id, &result);
                    return Ok(());
                }
                Some(Stop::Fail(error)) => {
                    send(&json!({"jsonrpc": "2.0", "id": id, "error": error}));
                    return Ok(());
                }
            }
        }
        answer(id, &json!({"stopReason": "end_turn"}));
        Ok(())
    }

    fn act(&mut self, act: &Act) -> Result<Option<Stop>, Error> {
        match act {
            Act::Update(value) => update(&self.session, value),
            Act::Say(words) => update(&self.session, &text("agent_message_chunk", words)),
            Act::Shell(call, command) => self.shell(call, command)?,
            Act::Ask(options) => return Ok(self.ask(options)),
            Act::Request(method, params) => {
                let _ = self.request(method, params);
            }
            Act::Notify(method, params) => {
                send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
            }
            Act::Line(line) => print(&format!("{line}\n")),
            Act::Flood(count) => {
                for at in 0..*count {
                    let words = format!("word {at} ");
                    update(&self.session, &text("agent_message_chunk", &words));
                }
            }
            Act::Fail(code, message, data) => {
                let error = json!({"code": code, "message": message, "data": data});
                return Ok(Some(Stop::Fail(error)));
            }
            Act::Answer(result) => return Ok(Some(Stop::Answer(result.clone()))),
            Act::UntilCancelled => {
                self.wait(|message| message["method"] == "session/cancel");
                return Ok(Some(Stop::Answer(json!({"stopReason": "cancelled"}))));
            }
            Act::Hang => self.wait(|_| false),
            Act::CutOff => {
                print("{\"jsonrpc\":\"2.0\",\"method\":\"session/upd");
                exit(0);
            }
            Act::Exit(code) => exit(*code),
            Act::Once(acts) => return self.once(acts),
            Act::TellPid(name) => write_whole(
                &self.script.with_file_name(name),
                &std::process::id().to_string(),
            )?,
        }
        Ok(None)
    }

    fn once(&mut self, acts: &[Act]) -> Result<Option<Stop>, Error> {
        let mark = self.script.with_extension("once");
        if OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(mark)
            .is_err()
        {
            return Ok(None);
        }
        for act in acts {
            if let Some(stop) = self.act(act)? {
                return Ok(Some(stop));
            }
        }
        Ok(None)
    }

    fn shell(&mut self, call: &str, command: &str) -> Result<(), Error> {
        update(
            &self.session,
            &json!({"sessionUpdate": "tool_call", "toolCallId": call, "title": "Terminal", "kind": "execute",
                    "status": "in_progress", "rawInput": {"command": command}}),
        );
        let done = Command::new("sh").args(["-c", command]).output()?;
        let status = if done.status.success() {
            "completed"
        } else {
            "failed"
        };
        let said = String::from_utf8_lossy(&done.stdout);
        update(
            &self.session,
            &json!({"sessionUpdate": "tool_call_update", "toolCallId": call, "status": status,
                    "content": [{"type": "content", "content": {"type": "text", "text": said}}]}),
        );
        Ok(())
    }

    fn ask(&mut self, options: &[(String, String)]) -> Option<Stop> {
        let options: Vec<Value> = options
            .iter()
            .map(|(id, kind)| json!({"optionId": id, "name": id, "kind": kind}))
            .collect();
        let call = json!({"toolCallId": "asked", "title": "rm -r build", "kind": "execute", "status": "pending",
                          "rawInput": {"command": "rm -r build"}});
        let params = json!({"sessionId": self.session, "toolCall": call, "options": options});
        let answer = self.request("session/request_permission", &params);
        let outcome = &answer["result"]["outcome"];
        let chosen = outcome["optionId"].as_str().unwrap_or_default();
        let kind = options.iter().find(|option| option["optionId"] == chosen);
        let granted = kind.is_some_and(|option| {
            option["kind"]
                .as_str()
                .is_some_and(|kind| kind.starts_with("allow"))
        });
        (!granted).then(|| Stop::Answer(json!({"stopReason": "end_turn"})))
    }

    fn request(&mut self, method: &str, params: &Value) -> Value {
        self.asked += 1;
        let id = format!("ask-{}", self.asked);
        send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        let mut found = Value::Null;
        self.wait(|message| {
            let is_answer = message["id"] == id.as_str() && message["method"].is_null();
            if is_answer {
                message.clone_into(&mut found);
            }
            is_answer
        });
        found
    }

    /// Waits for a message, for as long as the test is there.
    fn wait(&self, mut wanted: impl FnMut(&Value) -> bool) {
        while self.script.exists() {
            match self.heard.recv_timeout(PAUSE) {
                Ok(message) if wanted(&message) => return,
                Ok(_) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => thread::sleep(PAUSE),
            }
        }
    }
}

/// Complete or absent: whoever waits for the file reads it at once.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    fs::write(&unfinished, text)?;
    fs::rename(unfinished, path)
}

fn text(kind: &str, words: &str) -> Value {
    json!({"sessionUpdate": kind, "content": {"type": "text", "text": words}})
}

fn update(session: &str, value: &Value) {
    send(
        &json!({"jsonrpc": "2.0", "method": "session/update", "params": {"sessionId": session, "update": value}}),
    );
}

fn answer(id: &Value, result: &Value) {
    send(&json!({"jsonrpc": "2.0", "id": id, "result": result}));
}

fn send(message: &Value) {
    print(&format!("{message}\n"));
}

/// A client that is gone does not hear it.
fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
