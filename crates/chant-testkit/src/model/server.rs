//! The server's threads: one that accepts, one for each connection; and what a request is answered.

use std::io::{self, BufReader, BufWriter};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::book::Book;
use super::http::{self, More, Request};
use super::script::{Fault, Script, Turn, Used};
use super::tools::{self, Called};
use super::wire::{Reply, Usage, Wire, id};
use super::{Request as Asked, Trouble};

/// Accepts until the book is closed.
pub(super) fn accept(listener: &TcpListener, book: &Arc<Book>) {
    for connection in listener.incoming() {
        if book.is_closed() {
            return;
        }
        if let Ok(connection) = connection {
            let book = Arc::clone(book);
            std::thread::spawn(move || serve(&connection, &book));
        }
    }
}

/// Clients cut connections all the time: that ends this thread, and is no trouble.
fn serve(connection: &TcpStream, book: &Book) {
    let _ = connection.set_nodelay(true);
    let _ = requests(connection, book);
    let _ = connection.shutdown(Shutdown::Both);
}

/// Whether the connection can take another request.
#[derive(PartialEq, Eq)]
enum Then {
    Goes,
    Ends,
}

fn requests(connection: &TcpStream, book: &Book) -> io::Result<()> {
    let mut reader = BufReader::new(connection);
    let mut writer = BufWriter::new(connection);
    while let Some(request) = http::read(&mut reader, &mut writer)? {
        let last = request.is_last();
        let then = answer(&mut writer, &request, book)?;
        if last || then == Then::Ends || book.is_closed() {
            return Ok(());
        }
    }
    Ok(())
}

type Out<'a> = BufWriter<&'a TcpStream>;

fn answer(writer: &mut Out, request: &Request, book: &Book) -> io::Result<Then> {
    let (name, path) = split_name(&request.path);
    let is_post = request.method == "POST";
    match path {
        "/__state" if !is_post => return plain(writer, request, 200, &book.state()),
        "/__quit" if is_post => {
            book.close();
            return plain(writer, request, 200, &json!({ "ok": true }));
        }
        _ => {}
    }
    let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
    let asked = Asked::new(request, name, path, body);
    let wire = Wire::of_path(path).filter(|_| is_post && asked.body.is_object());
    let (Some(wire), Some(script)) = (wire, book.script(name)) else {
        let (status, said) = beside(request, path);
        book.note(asked);
        return plain(writer, request, status, &said);
    };
    turn(asked, request, wire, script, book).send(writer, script, book)
}

fn plain(writer: &mut Out, request: &Request, status: u16, value: &Value) -> io::Result<Then> {
    let text = value.to_string();
    http::whole(writer, &request.method, status, &Vec::new(), &text)?;
    Ok(Then::Goes)
}

/// What is answered to a request that asks no model: a probe, a list of models, a count.
fn beside(request: &Request, path: &str) -> (u16, Value) {
    let is_post = request.method == "POST";
    match path.trim_end_matches('/') {
        "" | "/api/hello" if !is_post => (200, json!({ "ok": true })),
        path if !is_post && path.ends_with("/models") => (200, models()),
        path if is_post && path.ends_with("/count_tokens") => {
            let count = (request.body.len() / 4).max(1);
            (200, json!({ "input_tokens": count }))
        }
        _ => (404, no_such_path()),
    }
}

/// The turn for a request, which is written down before anybody is made to wait.
fn turn(mut asked: Asked, request: &Request, wire: Wire, script: &Script, book: &Book) -> Said {
    let text = String::from_utf8_lossy(&request.body);
    let offers_tools = !wire.tools(&asked.body).is_empty();
    let (turn, used) = script.take(&text, &asked.body, offers_tools);
    asked.wire = Some(wire);
    asked.used = Some(used);
    if let Some(words) = turn.expect.as_ref().filter(|words| !text.contains(*words)) {
        let problem = format!("the request does not hold: {words}");
        book.trouble(Trouble::new(used, problem));
    }
    let body = book.note(asked);
    book.wait(turn.delay());
    Said {
        wire,
        turn,
        used,
        body,
        length: request.body.len(),
    }
}

/// `/s/NAME/v1/messages` is `/v1/messages` of the script NAME.
fn split_name(path: &str) -> (&str, &str) {
    let Some(rest) = path.strip_prefix("/s/") else {
        return ("", path);
    };
    match rest.find('/') {
        Some(end) => (&rest[..end], &rest[end..]),
        None => (rest, "/"),
    }
}

fn models() -> Value {
    let model = json!({
        "id": "scripted-model",
        "type": "model",
        "object": "model",
        "display_name": "scripted",
        "created": super::wire::CREATED,
        "created_at": "2025-01-01T00:00:00Z",
        "owned_by": "scripted",
    });
    json!({ "object": "list", "has_more": false, "first_id": null, "last_id": null, "data": [model] })
}

fn no_such_path() -> Value {
    let error = json!({ "type": "not_found_error", "message": "no such path or script" });
    json!({ "type": "error", "error": error })
}

/// A turn on its way to one request.
struct Said {
    wire: Wire,
    turn: Turn,
    used: Used,
    body: Value,
    length: usize,
}

impl Said {
    fn send(&self, writer: &mut Out, script: &Script, book: &Book) -> io::Result<Then> {
        if let Some(refusal) = &self.turn.error {
            return match self.wire.refusal(&self.turn, refusal) {
                Ok((status, body)) => whole(writer, status, &self.headers(), &body),
                Err(problem) => self.impossible(writer, book, problem),
            };
        }
        let offered = self.wire.tools(&self.body);
        let calls = match tools::calls(&self.turn, &offered) {
            Ok(calls) => calls,
            Err(problem) => return self.impossible(writer, book, problem),
        };
        let reply = self.reply(&calls, script);
        let streams = self.body.get("stream").and_then(Value::as_bool);
        if streams == Some(true) {
            return self.stream(writer, &reply, book);
        }
        match self.turn.fault() {
            Some(Fault::Silence(time)) => book.wait(time),
            Some(Fault::Cut) => return Ok(Then::Ends),
            Some(Fault::Error) => {
                let (status, body) = self.wire.overloaded();
                return whole(writer, status, &Vec::new(), &body);
            }
            None => {}
        }
        whole(writer, 200, &Vec::new(), &self.wire.whole(&reply))
    }

    fn reply<'a>(&'a self, calls: &'a [Called], script: &Script) -> Reply<'a> {
        let model = self.body.get("model").and_then(Value::as_str);
        let inputs: usize = calls.iter().map(|call| call.text().len()).sum();
        let stated = self.turn.usage.or(script.usage);
        Reply {
            model: model.unwrap_or("scripted-model"),
            thinking: &self.turn.thinking,
            text: &self.turn.text,
            calls,
            usage: Usage::of(stated, self.length, self.turn.text.len() + inputs),
        }
    }

    fn headers(&self) -> More {
        let mut all: More = self.turn.headers.clone().into_iter().collect();
        if let Some(seconds) = self.turn.retry_after {
            let millis = Duration::from_secs_f64(seconds.max(0.0)).as_millis();
            all.push(("retry-after".to_owned(), seconds.to_string()));
            all.push(("retry-after-ms".to_owned(), millis.to_string()));
        }
        all
    }

    /// The script cannot be played to this client: told to both.
    fn impossible(&self, writer: &mut Out, book: &Book, problem: String) -> io::Result<Then> {
        let error = json!({ "type": "invalid_request_error", "message": problem });
        book.trouble(Trouble::new(self.used, problem));
        whole(
            writer,
            400,
            &Vec::new(),
            &json!({ "type": "error", "error": error }),
        )
    }

    fn stream(&self, writer: &mut Out, reply: &Reply, book: &Book) -> io::Result<Then> {
        let frames = self.wire.frames(reply);
        let fault = self.turn.fault();
        let breaks_at = self.wire.before_a_fault().min(frames.len() - 1);
        http::begin_stream(writer, &vec![("request-id".to_owned(), id("req_"))])?;
        for (index, frame) in frames.iter().enumerate() {
            match fault.filter(|_| index == breaks_at) {
                None => http::chunk(writer, &frame.text())?,
                Some(Fault::Error) => {
                    http::chunk(writer, &self.wire.failing_frame().text())?;
                    break;
                }
                Some(Fault::Cut) => return Ok(Then::Ends),
                Some(Fault::Silence(time)) => {
                    book.wait(time);
                    return Ok(Then::Ends);
                }
            }
            book.wait(self.turn.between_chunks());
        }
        http::chunk(writer, "")?;
        Ok(Then::Goes)
    }
}

fn whole(writer: &mut Out, status: u16, more: &More, body: &Value) -> io::Result<Then> {
    http::whole(writer, "POST", status, more, &body.to_string())?;
    Ok(Then::Goes)
}
