//! What one sitting is told on its command line. Never a key.

use std::{ffi::OsString, num::NonZeroU32, str::FromStr, time::Duration};

use chant_agent::{BaseUrl, Provider, VariableName};

/// How often a model may be asked in one sitting, where nothing is set.
const TURNS: u32 = 200;

/// How often one question is asked before its server is given up, where nothing is set.
const TRIES: u32 = 8;

/// The first wait between two tries, where nothing is set.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// The arguments, checked.
#[derive(Debug, Clone)]
pub(crate) struct Arguments {
    pub(crate) provider: Provider,
    pub(crate) base_url: BaseUrl,
    pub(crate) key_env: String,
    pub(crate) model: String,
    /// Tokens; unknown where absent.
    pub(crate) context: Option<u32>,
    pub(crate) max_turns: u32,
    pub(crate) tries: u32,
    pub(crate) first_wait: Duration,
    /// The conversation to go on with.
    pub(crate) resume: Option<String>,
}

impl Arguments {
    /// Reads `--option value` and `--option=value`.
    pub(crate) fn read(args: impl IntoIterator<Item = OsString>) -> Result<Self, String> {
        let mut words = Words::new(args)?;
        let provider = words.parsed("--provider")?.unwrap_or(Provider::OpenAi);
        let base_url: Option<BaseUrl> = words.parsed("--base-url")?;
        let base_url = match base_url {
            Some(url) => url,
            None => provider.own_url().parse()?,
        };
        let key_env: Option<VariableName> = words.parsed("--key-env")?;
        let number = |number: Option<NonZeroU32>| number.map(NonZeroU32::get);
        let arguments = Self {
            provider,
            base_url,
            key_env: key_env.map_or(provider.own_key_env().to_owned(), |name| {
                name.as_str().to_owned()
            }),
            model: words.text("--model").ok_or("no --model was given")?,
            context: number(words.parsed("--context").map_err(of_number)?),
            max_turns: number(words.parsed("--max-turns").map_err(of_number)?).unwrap_or(TURNS),
            tries: number(words.parsed("--tries").map_err(of_number)?).unwrap_or(TRIES),
            first_wait: words
                .parsed("--first-wait-ms")
                .map_err(of_number)?
                .map_or(FIRST_WAIT, Duration::from_millis),
            resume: words.text("--resume"),
        };
        words.none_left()?;
        Ok(arguments)
    }
}

fn of_number(mut problem: String) -> String {
    problem.push_str(" (a whole number above 0 is needed)");
    problem
}

/// Options that were given and not yet asked for.
struct Words(Vec<(String, String)>);

impl Words {
    fn new(args: impl IntoIterator<Item = OsString>) -> Result<Self, String> {
        let mut args = args.into_iter().map(|arg| {
            arg.into_string()
                .map_err(|arg| format!("an argument is no text: {}", arg.display()))
        });
        let mut options = Vec::new();
        while let Some(word) = args.next() {
            let word = word?;
            let pair = if let Some((option, value)) = word.split_once('=') {
                (option.to_owned(), value.to_owned())
            } else {
                let value = args.next();
                let value = value.unwrap_or_else(|| Err(format!("{word} lacks its value")))?;
                (word, value)
            };
            options.push(pair);
        }
        Ok(Self(options))
    }

    /// The last of several values counts, as it stands nearest to the user.
    fn text(&mut self, option: &str) -> Option<String> {
        let found = self.0.iter().rfind(|(known, _)| known == option);
        let value = found.map(|(_, value)| value.clone());
        self.0.retain(|(known, _)| known != option);
        value
    }

    fn parsed<T: FromStr<Err: ToString>>(&mut self, option: &str) -> Result<Option<T>, String> {
        let value = self.text(option);
        value
            .map(|value| {
                value
                    .parse()
                    .map_err(|problem: T::Err| format!("{option}: {}", problem.to_string()))
            })
            .transpose()
    }

    fn none_left(&self) -> Result<(), String> {
        match self.0.first() {
            None => Ok(()),
            Some((option, _)) => Err(format!(
                "there is no option {option:?}; an agent of the kind builtin knows --tries and --first-wait-ms in `args`"
            )),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Arguments, String> {
        Arguments::read(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn what_is_not_given_has_a_sound_value() {
        let arguments = read("--model m").unwrap();
        assert_eq!(arguments.key_env, "OPENAI_API_KEY");
        assert_eq!(arguments.base_url.as_str(), "https://api.openai.com/v1/");
        assert_eq!((arguments.max_turns, arguments.tries), (TURNS, TRIES));
        assert_eq!(arguments.context, None);
    }

    #[test]
    fn both_forms_are_read_and_the_last_counts() {
        let arguments = read(
            "--provider anthropic --model=a --model b --context 9000 --tries=2 --first-wait-ms 1",
        )
        .unwrap();
        assert_eq!(arguments.model, "b");
        assert_eq!(arguments.context, Some(9000));
        assert_eq!(arguments.tries, 2);
        assert_eq!(arguments.key_env, "ANTHROPIC_API_KEY");
    }

    #[test]
    fn mistakes_are_named() {
        for (line, part) in [
            ("", "--model"),
            ("--model", "lacks its value"),
            ("--model m --wat 1", "--wat"),
            ("--model m --context 0", "--context"),
            ("--model m --provider gemini", "anthropic"),
            ("--model m --base-url localhost", "http://"),
        ] {
            let problem = read(line).unwrap_err();
            assert!(problem.contains(part), "{line}: {problem}");
        }
    }
}
