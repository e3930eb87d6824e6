//! Prompt templates: which one, where it comes from, and what it becomes for a spec.
//!
//! A template is minijinja (the jinja2 language). A file in `.chant/prompts/` wins over the built-in of the
//! same name. Text of specs and inputs is only ever a value here, never a template.

mod builtin;
mod list;
mod variables;

pub use variables::{Input, Variables};

use std::path::{Path, PathBuf};

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, ErrorKind, UndefinedBehavior};

use crate::error::{Code, Error, Result};

/// The template that every other extends, and that wraps a plain prompt.
const FRAME: &str = "base";

/// Templates may loop over inputs, but not for ever.
const FUEL: u64 = 5_000_000;

/// The names of the built-in prompts.
pub fn builtin_names() -> impl Iterator<Item = &'static str> {
    builtin::ALL
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| *name != FRAME)
}

/// A prompt's source, found.
#[derive(Debug)]
pub struct Prompt {
    /// Its name.
    pub name: String,
    /// Its template, without frontmatter.
    source: String,
    /// Where it was found; absent for a built-in.
    pub path: Option<PathBuf>,
    folder: PathBuf,
}

impl Prompt {
    /// Finds a prompt by name: the project's file, else the built-in.
    pub fn find(folder: &Path, name: &str) -> Result<Self> {
        if !is_name(name) {
            return Err(Error::new(Code::PromptNotFound, format!("{name:?} is not a prompt's name"))
                .hint("a prompt's name is letters, digits, `-` and `_`: the stem of a file in .chant/prompts"));
        }
        let (source, path) = source(folder, name)?.ok_or_else(|| unknown_prompt(folder, name))?;
        Ok(Self {
            name: name.to_owned(),
            source,
            path,
            folder: folder.to_owned(),
        })
    }

    /// The text whose object id stands for this prompt in the record.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Renders the prompt. An unknown variable is an error that names it and the nearest known one.
    pub fn render(&self, variables: &Variables<'_>) -> Result<String> {
        let mut environment = environment();
        for (name, _) in builtin::ALL {
            self.add(&mut environment, name)?;
        }
        environment
            .add_template_owned(self.name.clone(), self.framed())
            .map_err(|error| self.broken(&error))?;
        self.check_variables(&environment, &self.name)?;
        let template = environment
            .get_template(&self.name)
            .map_err(|error| self.broken(&error))?;
        let text = template
            .render(variables.context())
            .map_err(|error| self.broken(&error))?;
        Ok(format!("{}\n", text.trim()))
    }

    fn add(&self, environment: &mut Environment<'_>, name: &str) -> Result<()> {
        let Some((text, _)) = source(&self.folder, name)? else {
            return Ok(());
        };
        environment
            .add_template_owned(name.to_owned(), text)
            .map_err(|error| self.broken(&error))
    }

    /// A prompt that neither extends a frame nor shows the spec itself is a role to play: it goes into the
    /// frame, so that the agent is told its task whatever the prompt's author left out.
    fn framed(&self) -> String {
        let shows_the_spec = ["spec.body", "spec.description"]
            .iter()
            .any(|name| self.source.contains(name));
        if self.source.contains("{% extends") || self.source.contains("{%- extends") {
            self.source.clone()
        } else if shows_the_spec {
            let inputs = if self.source.contains("inputs") {
                ""
            } else {
                LOOSE_INPUTS
            };
            format!("{}\n{inputs}{LOOSE_RULES}", self.source)
        } else {
            format!(
                "{{% extends \"{FRAME}\" %}}\n{{% block role %}}\n{}\n{{% endblock %}}\n",
                self.source
            )
        }
    }

    fn check_variables(&self, environment: &Environment<'_>, name: &str) -> Result<()> {
        let template = environment
            .get_template(name)
            .map_err(|error| self.broken(&error))?;
        for used in template.undeclared_variables(true) {
            if !variables::is_known(&used) {
                let hint = match crate::nearest(&used, variables::KNOWN.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known variables: {}", variables::KNOWN.join(", ")),
                };
                return Err(Error::new(
                    Code::PromptInvalid,
                    format!("{}: unknown variable `{used}`", self.place()),
                )
                .hint(hint));
            }
        }
        Ok(())
    }

    fn broken(&self, error: &minijinja::Error) -> Error {
        let line = error
            .line()
            .map_or_else(String::new, |line| format!(":{line}"));
        let what = match error.kind() {
            ErrorKind::TemplateNotFound => error.to_string(),
            _ => error
                .detail()
                .map_or_else(|| error.kind().to_string(), str::to_owned),
        };
        Error::new(
            Code::PromptInvalid,
            format!("{}{line}: {what}", self.place()),
        )
        .hint("templates use the jinja2 language; `chant prep ID` shows what an agent would get")
    }

    fn place(&self) -> String {
        self.path.as_ref().map_or_else(
            || format!("built-in prompt {}", self.name),
            |path| path.display().to_string(),
        )
    }
}

const LOOSE_INPUTS: &str = "{% for input in inputs %}{{ input.text }}\n{% endfor %}";
const LOOSE_RULES: &str = "
You work in an isolated git worktree at {{ worktree.path }} on the branch {{ worktree.branch }}. Tick a criterion in {{ spec.path }} only after you checked it; never reword one. {% if silent %}Commit with plain messages.{% else %}Commit as `chant({{ spec.id }}): <description>`.{% endif %} Never push or switch branches.
";

fn environment<'a>() -> Environment<'a> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build();
    environment.set_syntax(syntax.expect("jinja's own delimiters are valid"));
    environment.set_fuel(Some(FUEL));
    environment.set_debug(true);
    environment
}

fn source(folder: &Path, name: &str) -> Result<Option<(String, Option<PathBuf>)>> {
    const LIMIT: u64 = 1 << 20;
    let path = folder.join(format!("{name}.md"));
    if path.exists() {
        let bytes = chant_os::file::read_regular(&path, LIMIT)?;
        let text = String::from_utf8(bytes).map_err(|_| {
            Error::new(
                Code::PromptInvalid,
                format!("{} is not UTF-8 text", path.display()),
            )
            .hint("save the file as UTF-8")
        })?;
        return Ok(Some((without_frontmatter(&text).to_owned(), Some(path))));
    }
    Ok(builtin::get(name).map(|text| (without_frontmatter(text).to_owned(), None)))
}

/// A prompt's frontmatter only describes it; a file without any is fine.
fn without_frontmatter(text: &str) -> &str {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Some(rest) = text
        .strip_prefix("---\n")
        .or_else(|| text.strip_prefix("---\r\n"))
    else {
        return text;
    };
    let mut offset = 0;
    for line in rest.split_inclusive('\n') {
        offset += line.len();
        if matches!(line.trim_end_matches(['\n', '\r']), "---" | "...") {
            return rest[offset..].trim_start_matches(['\n', '\r']);
        }
    }
    text
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 100
        && !name.starts_with('-')
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || c == '-' || c == '_')
}

fn unknown_prompt(folder: &Path, name: &str) -> Error {
    let hint = crate::nearest(name, builtin_names()).map_or_else(
        || {
            format!(
                "built-in prompts: {}",
                builtin_names().collect::<Vec<_>>().join(", ")
            )
        },
        |near| format!("did you mean `{near}`?"),
    );
    Error::new(
        Code::PromptNotFound,
        format!(
            "no prompt {name:?}: neither {}/{name}.md nor a built-in",
            folder.display()
        ),
    )
    .hint(hint)
}
