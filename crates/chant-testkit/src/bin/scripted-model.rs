//! The scripted model as a program: `scripted-model --script FILE [--port N] [--port-file FILE] [--log FILE]
//! [--max-requests N] [--max-seconds N]`.
//!
//! It serves 127.0.0.1 only, says where, and ends by itself: after so many requests or seconds, or on `POST /__quit`. The log
//! has one line of JSON for each request, written at the end. It exits with 0 where every turn was used, 3 where turns were
//! left, 4 where a request found none.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program prints"
)]

use std::collections::BTreeMap;
use std::fs;
use std::process::ExitCode;
use std::time::Duration;

use chant_testkit::model::{Request, ScriptedModel};
use serde_json::{Value, json};

type Error = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match serve() {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("scripted-model: {error}");
            ExitCode::from(2)
        }
    }
}

fn serve() -> Result<u8, Error> {
    let options = options()?;
    let number =
        |name: &str, default: u64| options.get(name).map_or(Ok(default), |text| text.parse());
    let script = options.get("--script").ok_or("--script FILE is needed")?;
    let script: Value = serde_json::from_str(&fs::read_to_string(script)?)?;
    let port = u16::try_from(number("--port", 0)?)?;
    let limit = usize::try_from(number("--max-requests", 200)?)?;
    let model = ScriptedModel::open(&script, port, limit)?;
    println!("listening 127.0.0.1 {}", model.port());
    if let Some(file) = options.get("--port-file") {
        // Whoever waits for the file finds the whole number in it.
        let half = format!("{file}.tmp");
        fs::write(&half, format!("{}\n", model.port()))?;
        fs::rename(half, file)?;
    }
    model.wait_for_the_end(Duration::from_secs(number("--max-seconds", 300)?));
    if let Some(file) = options.get("--log") {
        let lines = model.requests().iter().map(line).collect::<String>();
        fs::write(file, lines)?;
    }
    println!("{}", model.state());
    let progress = model.progress();
    let left = progress.values().any(|one| one.used < one.turns);
    let over = progress.values().any(|one| one.over > 0);
    Ok(if over {
        4
    } else if left {
        3
    } else {
        0
    })
}

/// Names of headers only: their values may be somebody's key.
fn line(request: &Request) -> String {
    let headers: Vec<&String> = request.headers.keys().collect();
    let turn = format!("{:?}", request.used);
    let said = json!({ "method": request.method, "script": request.script, "path": request.path, "turn": turn,
        "headers": headers, "body": request.body });
    format!("{said}\n")
}

fn options() -> Result<BTreeMap<String, String>, Error> {
    let known = [
        "--script",
        "--port",
        "--port-file",
        "--log",
        "--max-requests",
        "--max-seconds",
    ];
    let mut all = BTreeMap::new();
    let mut words = std::env::args().skip(1);
    while let Some(name) = words.next() {
        if !known.contains(&name.as_str()) {
            return Err(format!("{name} is none of {}", known.join(" ")).into());
        }
        let value = words
            .next()
            .ok_or_else(|| format!("{name} needs a value"))?;
        all.insert(name, value);
    }
    Ok(all)
}
