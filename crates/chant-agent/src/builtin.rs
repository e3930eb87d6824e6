//! chant's own small agent: what can be set for it, and how it is called.
//!
//! The agent itself is a program of its own kind (`chant __builtin`, the crate `chant-builtin`), which talks to a model.
//! It reads its prompt from standard input and prints our own events. A key is never among its arguments: it is told the
//! name of the variable that holds it.

use std::{ffi::OsString, fmt, net::IpAddr, num::NonZeroU32, str::FromStr};

/// The hidden argument at which the program becomes this agent.
pub const BUILTIN: &str = "__builtin";

/// The folder beside the prompt in which this agent keeps its conversations.
pub const CONVERSATIONS: &str = "conversations";

/// Whose protocol the model's server speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Provider {
    /// `OpenAI`'s chat completions, which Ollama, llama.cpp, vLLM, LM Studio and most hosted services speak too.
    #[default]
    OpenAi,
    /// Anthropic's messages.
    Anthropic,
}

impl Provider {
    /// Every provider, in the order they are shown.
    pub const ALL: [Self; 2] = [Self::OpenAi, Self::Anthropic];

    /// The name used in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
        }
    }

    /// Where its own servers are.
    pub fn own_url(self) -> &'static str {
        match self {
            Self::OpenAi => "https://api.openai.com/v1/",
            Self::Anthropic => "https://api.anthropic.com/v1/",
        }
    }

    /// The variable that holds its key, where none is named.
    pub fn own_key_env(self) -> &'static str {
        match self {
            Self::OpenAi => "OPENAI_API_KEY",
            Self::Anthropic => "ANTHROPIC_API_KEY",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Provider {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL
            .into_iter()
            .find(|provider| provider.name() == text);
        known.ok_or(
            "use `openai` (which Ollama, llama.cpp, vLLM and LM Studio speak) or `anthropic`",
        )
    }
}

/// The address of a model's server, checked: `http` or `https`, a host, no user name or password, ending with a slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host's part, for messages.
    pub fn host(&self) -> &str {
        let rest = self.0.split_once("://").map_or("", |(_, rest)| rest);
        rest.split('/').next().unwrap_or(rest)
    }

    /// Whether the server is on this machine, by its name or its number.
    pub fn is_this_machine(&self) -> bool {
        let host = self.host();
        let name = match host.strip_prefix('[') {
            Some(number) => number.split(']').next().unwrap_or(number),
            None => host.split(':').next().unwrap_or(host),
        };
        let is_named = name.eq_ignore_ascii_case("localhost");
        is_named
            || name
                .parse::<IpAddr>()
                .is_ok_and(|number| number.is_loopback())
    }
}

impl FromStr for BaseUrl {
    type Err = &'static str;

    /// An address without a path means the server's `/v1/`, where all of them have their interface.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let rest = ["http://", "https://"]
            .iter()
            .find_map(|scheme| text.strip_prefix(scheme))
            .ok_or("it must begin with http:// or https://")?;
        if text.contains(|letter: char| letter.is_control() || letter.is_whitespace()) {
            return Err("it holds white space or a control character");
        }
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        if host.is_empty() {
            return Err("it names no host");
        }
        if host.contains('@') {
            return Err("it holds a user name; put the key into the variable that `key_env` names");
        }
        if rest.contains(['?', '#']) {
            return Err("it holds a `?` or a `#`; give the address up to its path");
        }
        Ok(Self(if path.is_empty() {
            format!("{}/v1/", text.trim_end_matches('/'))
        } else {
            format!("{}/", text.trim_end_matches('/'))
        }))
    }
}

/// The name of an environment variable, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariableName(String);

impl VariableName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for VariableName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let begins = text.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_');
        // A key that was put here by mistake is longer than any name, and must not get into a message.
        if begins && text.len() <= 64 && text.chars().all(is_part) {
            Ok(Self(text.to_owned()))
        } else {
            Err("it must be the name of an environment variable (never the key itself)")
        }
    }
}

/// What can be set for such an agent, beside its model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Builtin {
    /// The protocol.
    pub provider: Provider,
    /// Where the model is; the provider's own servers where not given.
    pub base_url: Option<BaseUrl>,
    /// The variable that holds the key; the provider's usual one where not given.
    pub key_env: Option<VariableName>,
    /// How many tokens the model can take in; unknown where not given.
    pub context: Option<NonZeroU32>,
    /// How often the model may be asked in one sitting.
    pub max_turns: Option<NonZeroU32>,
}

impl Builtin {
    /// The variable that holds the key.
    pub fn key_env(&self) -> &str {
        let named = self.key_env.as_ref().map(VariableName::as_str);
        named.unwrap_or(self.provider.own_key_env())
    }

    /// The address of the model's server.
    pub fn base_url(&self) -> &str {
        let named = self.base_url.as_ref().map(BaseUrl::as_str);
        named.unwrap_or(self.provider.own_url())
    }
}

/// The arguments of one run.
pub(crate) fn arguments(
    settings: &Builtin,
    model: &str,
    resume: Option<&str>,
    args: &[String],
) -> Vec<OsString> {
    let number = |number: NonZeroU32| number.to_string();
    let options = [
        ("--provider", Some(settings.provider.name().to_owned())),
        ("--base-url", Some(settings.base_url().to_owned())),
        ("--key-env", Some(settings.key_env().to_owned())),
        ("--model", Some(model.to_owned())),
        ("--context", settings.context.map(number)),
        ("--max-turns", settings.max_turns.map(number)),
        ("--resume", resume.map(str::to_owned)),
    ];
    let given = options
        .into_iter()
        .filter_map(|(option, value)| Some([option.to_owned(), value?]));
    [BUILTIN.to_owned()]
        .into_iter()
        .chain(given.flatten())
        .chain(args.iter().cloned())
        .map(OsString::from)
        .collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_completed_and_checked() {
        let url = |text: &str| text.parse::<BaseUrl>().map(|url| url.0);
        for (given, meant) in [
            ("http://localhost:11434", "http://localhost:11434/v1/"),
            ("http://localhost:11434/", "http://localhost:11434/v1/"),
            ("https://host/api/v1", "https://host/api/v1/"),
            ("https://host/api/v1/", "https://host/api/v1/"),
        ] {
            assert_eq!(url(given).unwrap(), meant, "{given}");
        }
        for bad in [
            "localhost:11434",
            "ftp://host/",
            "http://",
            "https://user:secret@host/v1",
            "https://host/v1?key=secret",
            "https://ho st/",
        ] {
            assert!(url(bad).is_err(), "{bad} was accepted");
        }
        let host: BaseUrl = "https://api.example.com:8080/v1".parse().unwrap();
        assert_eq!(host.host(), "api.example.com:8080");
        for (given, here) in [
            ("http://localhost:11434", true),
            ("http://127.0.0.1:8080/v1", true),
            ("http://[::1]:8080", true),
            ("http://localhost.example.com", false),
            ("http://10.0.0.1", false),
        ] {
            let url: BaseUrl = given.parse().unwrap();
            assert_eq!(url.is_this_machine(), here, "{given}");
        }
    }

    #[test]
    fn the_name_of_a_variable_is_no_key() {
        for good in ["OPENAI_API_KEY", "_k", "k9"] {
            assert!(good.parse::<VariableName>().is_ok(), "{good}");
        }
        for bad in ["", "sk-ant-api03-abc", "9K", "A B", "A=B"] {
            assert!(bad.parse::<VariableName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_arguments_name_the_variable_and_hold_no_key() {
        let settings = Builtin {
            provider: Provider::Anthropic,
            context: NonZeroU32::new(9000),
            ..Builtin::default()
        };
        let args = arguments(&settings, "m", Some("s-1"), &["--tries".into(), "2".into()]);
        let expect = "__builtin --provider anthropic --base-url https://api.anthropic.com/v1/ --key-env ANTHROPIC_API_KEY --model m --context 9000 --resume s-1 --tries 2";
        let line: Vec<_> = args.iter().map(|arg| arg.to_str().unwrap()).collect();
        assert_eq!(line.join(" "), expect);
    }
}
