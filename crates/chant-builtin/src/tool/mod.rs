//! The tools: what the model is told of them, and running one.
//!
//! Whatever goes wrong in a tool is told to the model, which may do better; only a wish to end goes further. Each tool
//! has a file.

mod command;
mod edit;
mod place;
mod read;
mod search;
mod write;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub(crate) use place::Place;

use crate::{
    model::{Call, Input, Offer},
    stop::Stop,
};

/// What a tool did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) ok: bool,
    /// For the model.
    pub(crate) text: String,
    /// The file it changed.
    pub(crate) change: Option<Change>,
    /// That the model wants to end.
    pub(crate) finish: Option<Finish>,
}

/// A file that was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// As the model named it.
    pub(crate) path: String,
    /// `create` or `update`.
    pub(crate) change: &'static str,
}

/// How the model sees the end of its work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finish {
    pub(crate) done: bool,
    pub(crate) summary: String,
}

impl Ran {
    fn well(text: impl Into<String>) -> Self {
        Self {
            ok: true,
            text: text.into(),
            ..Self::default()
        }
    }

    fn badly(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }
}

/// What a tool needs while it runs.
pub(crate) struct Running<'a> {
    pub(crate) stop: &'a Stop,
    /// Called all the time.
    pub(crate) lives: &'a mut dyn FnMut(),
}

/// All tools, in one place.
#[derive(Debug)]
pub(crate) struct Toolbox {
    place: Place,
    /// The variable with the key, which no command gets to see.
    key_env: String,
}

impl Toolbox {
    pub(crate) fn new(place: Place, key_env: String) -> Self {
        Self { place, key_env }
    }

    /// Runs what the model asks for.
    pub(crate) fn run(&self, call: &Call, running: &mut Running<'_>) -> Ran {
        let input = match &call.input {
            Input::Object(input) => input,
            Input::Unreadable(text) => {
                return Ran::badly(format!(
                    "The input of this call is not a JSON object, so nothing was done ({}). Call {} again with valid JSON.",
                    json_problem(text),
                    call.name
                ));
            }
        };
        let ran = match call.name.as_str() {
            command::NAME => read_input(input)
                .map(|input| command::run(&input, &self.place, &self.key_env, running)),
            read::NAME => read_input(input).map(|input| read::run(&input, &self.place)),
            write::NAME => read_input(input).map(|input| write::run(input, &self.place)),
            edit::NAME => read_input(input).map(|input| edit::run(input, &self.place)),
            search::NAME => {
                read_input(input).map(|input| search::run(&input, &self.place, running))
            }
            FINISH => read_input(input).map(finish),
            other => Err(format!(
                "There is no tool {other:?}. The tools are: {}.",
                offers().map(|offer| offer.name).join(", ")
            )),
        };
        ran.unwrap_or_else(Ran::badly)
    }
}

/// What the model is told of the tools.
pub(crate) fn offers() -> [Offer; 6] {
    [
        command::offer(),
        read::offer(),
        write::offer(),
        edit::offer(),
        search::offer(),
        Offer {
            name: FINISH,
            says: "End the work. Call this when everything is done and checked, or when you cannot go on.",
            input: object(
                json!({
                    "done": {"type": "boolean", "description": "Whether the task is done."},
                    "summary": {"type": "string", "description": "What was done, or why it cannot be done, in a few sentences."},
                }),
                &["done", "summary"],
            ),
        },
    ]
}

const FINISH: &str = "finish";

#[derive(serde::Deserialize)]
struct FinishInput {
    #[serde(default = "yes")]
    done: bool,
    #[serde(default)]
    summary: String,
}

fn yes() -> bool {
    true
}

fn finish(input: FinishInput) -> Ran {
    Ran {
        finish: Some(Finish {
            done: input.done,
            summary: input.summary,
        }),
        ..Ran::well("")
    }
}

/// The schema of an object with these fields and no others.
#[expect(
    clippy::needless_pass_by_value,
    reason = "written in place by every caller"
)]
fn object(fields: Value, required: &[&str]) -> Value {
    json!({
        "type": "object",
        "properties": fields,
        "required": required,
        "additionalProperties": false,
    })
}

fn read_input<T: DeserializeOwned>(input: &Value) -> Result<T, String> {
    serde_json::from_value(input.clone())
        .map_err(|error| format!("The input does not fit this tool, so nothing was done: {error}."))
}

fn json_problem(text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Err(error) => error.to_string(),
        Ok(_) => "it is JSON, but no object".to_owned(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// A worktree with tools in it.
    pub(crate) fn toolbox() -> (tempfile::TempDir, Toolbox) {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::new(folder.path(), folder.path()).unwrap();
        (folder, Toolbox::new(place, "SECRET_KEY".into()))
    }

    pub(crate) fn run(tools: &Toolbox, name: &str, input: Value) -> Ran {
        let call = Call {
            id: "1".into(),
            name: name.into(),
            input: Input::Object(input),
        };
        let stop = Stop::never();
        let mut running = Running {
            stop: &stop,
            lives: &mut || {},
        };
        tools.run(&call, &mut running)
    }

    #[test]
    fn mistakes_are_told_to_the_model() {
        let (_folder, tools) = toolbox();
        let unknown = run(&tools, "launch", json!({}));
        assert!(
            !unknown.ok && unknown.text.contains("shell, read_file"),
            "{unknown:?}"
        );
        let missing = run(&tools, "read_file", json!({}));
        assert!(
            !missing.ok && missing.text.contains("`path`"),
            "{missing:?}"
        );
        let call = Call {
            id: "1".into(),
            name: "shell".into(),
            input: Input::Unreadable("{\"command\": ".into()),
        };
        let stop = Stop::never();
        let mut running = Running {
            stop: &stop,
            lives: &mut || {},
        };
        let broken = tools.run(&call, &mut running);
        assert!(
            !broken.ok && broken.text.contains("valid JSON"),
            "{broken:?}"
        );
    }

    #[test]
    fn the_end_is_what_the_model_says() {
        let (_folder, tools) = toolbox();
        let ran = run(
            &tools,
            "finish",
            json!({"done": false, "summary": "no compiler"}),
        );
        let expected = Finish {
            done: false,
            summary: "no compiler".into(),
        };
        assert_eq!(ran.finish, Some(expected));
    }
}
