//! The settings as their reference page shows them: the table of keys with the defaults.

use super::keys::{self, Meaning};
use super::{Config, Result};

/// A setting and what it says.
#[derive(Debug)]
pub struct Documented {
    /// The dotted key.
    pub key: &'static str,
    /// What holds where no file says anything; absent where nothing is assumed.
    pub default: Option<String>,
    /// What it says, in one line.
    pub says: &'static str,
}

/// Everything a settings file may hold.
#[derive(Debug)]
pub struct Reference {
    /// The settings.
    pub settings: Vec<Documented>,
    /// The keys of one agent below `agents:`.
    pub agent: &'static [(&'static str, &'static str)],
    /// Older names, each with the present one.
    pub older: Vec<(&'static str, &'static str)>,
    /// Keys that are understood and have no effect, with the reason.
    pub unused: Vec<(&'static str, &'static str)>,
}

impl Reference {
    /// Everything there is.
    pub fn of_all_keys() -> Result<Self> {
        let defaults = Config::merge(&[])?.values;
        let mut reference = Self {
            settings: Vec::new(),
            agent: keys::AGENT,
            older: Vec::new(),
            unused: Vec::new(),
        };
        for key in keys::ALL {
            match key.meaning {
                Meaning::Setting(says) => reference.settings.push(Documented {
                    key: key.name,
                    default: defaults
                        .iter()
                        .find(|value| value.key == key.name)
                        .and_then(|value| value.value.clone()),
                    says,
                }),
                Meaning::OlderNameOf(now) => reference.older.push((key.name, now)),
                Meaning::Unused(why) => reference.unused.push((key.name, why)),
            }
        }
        Ok(reference)
    }
}
