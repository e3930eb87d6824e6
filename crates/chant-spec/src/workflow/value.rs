//! What was said for each variable, checked.

use std::collections::BTreeMap;

use super::{Refused, Variable, Workflow, slots};

/// More is not a value but a file.
const MOST_BYTES: usize = 64 * 1024;

/// A value for each variable that has one.
#[derive(Debug, Clone, Default)]
pub struct Values(BTreeMap<String, String>);

impl Values {
    /// The value of a variable, where it has one.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl Workflow {
    /// Checks what was given, and adds what the file says where nothing was. An empty value is none.
    pub fn values(&self, given: &[(String, String)]) -> Result<Values, Refused> {
        for (name, value) in given {
            let Some(variable) = self.variables.iter().find(|known| known.name == *name) else {
                return Err(self.unknown(name));
            };
            if !value.trim().is_empty() {
                variable.check(value)?;
            }
        }
        let mut values = Values::default();
        let mut missing = Vec::new();
        for variable in &self.variables {
            // The last word counts, as everywhere on a command line.
            let said = given.iter().rev().find(|(name, _)| *name == variable.name);
            let said = said.map(|(_, value)| value.clone());
            let value = match said {
                Some(value) => Some(value),
                None => variable.default_with(&values)?,
            };
            match value.filter(|value| !value.trim().is_empty()) {
                Some(value) => {
                    values.0.insert(variable.name.clone(), value);
                }
                None if variable.required => {
                    missing.push((variable.name.clone(), variable.help.clone()));
                }
                None => {}
            }
        }
        if missing.is_empty() {
            Ok(values)
        } else {
            Err(Refused::Missing(missing))
        }
    }

    fn unknown(&self, name: &str) -> Refused {
        let known = || self.variables.iter().map(|variable| variable.name.as_str());
        Refused::Unknown {
            name: name.to_owned(),
            near: crate::nearest(name, known()).map(str::to_owned),
            known: known().map(str::to_owned).collect(),
        }
    }
}

impl Variable {
    fn default_with(&self, values: &Values) -> Result<Option<String>, Refused> {
        let Some(default) = &self.default else {
            return Ok(None);
        };
        slots::fill(default, values, |_, value, _| Ok(value.to_owned()))
    }

    fn check(&self, value: &str) -> Result<(), Refused> {
        let refused = |why: String| {
            Err(Refused::Value {
                names: vec![self.name.clone()],
                why,
            })
        };
        if value.len() > MOST_BYTES {
            return refused("the value is longer than 64 KiB".to_owned());
        }
        let control = |c: &char| c.is_control() && !matches!(c, '\n' | '\t');
        if let Some(bad) = value.chars().find(control) {
            return refused(format!(
                "the value holds the control character U+{:04X}",
                u32::from(bad)
            ));
        }
        match &self.pattern {
            Some(pattern) if !pattern.matches(value) => {
                let help = &self.help;
                let shown = value.escape_debug();
                refused(format!("\"{shown}\" is not what is wanted: {help}"))
            }
            _ => Ok(()),
        }
    }
}
