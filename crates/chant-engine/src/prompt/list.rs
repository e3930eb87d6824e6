//! A list as a template value: it can be looped over, and printed bare it is its items, a line each.

use std::fmt;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Enumerator, Object, ObjectRepr};

/// A list of strings for templates.
#[derive(Debug)]
pub(super) struct Lines(pub Vec<String>);

impl Object for Lines {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0.get(key.as_usize()?).map(Value::from)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.len())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

/// Criteria: each has `text` and `checked`; printed bare, a task list.
#[derive(Debug)]
pub(super) struct Criteria(pub Vec<(bool, String)>);

impl Object for Criteria {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let (checked, text) = self.0.get(key.as_usize()?)?;
        Some(minijinja::context! { checked => checked, text => text })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.len())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (checked, text) in &self.0 {
            writeln!(f, "- [{}] {text}", if *checked { 'x' } else { ' ' })?;
        }
        Ok(())
    }
}
