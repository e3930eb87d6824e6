//! The variables a template may use. This list is the whole of it; docs and the error for an unknown
//! variable are made from it.

use std::path::Path;

use chant_spec::Document;
use minijinja::{Value, context};

use super::list::{Criteria, Lines};
use crate::feedback::Feedback;
use crate::fence::Fence;
use crate::fence::visible;

/// Every variable, as written in a template.
pub(super) const KNOWN: &[&str] = &[
    "spec.id",
    "spec.title",
    "spec.description",
    "spec.body",
    "spec.type",
    "spec.labels",
    "spec.target_files",
    "spec.criteria",
    "spec.path",
    "project.name",
    "worktree.path",
    "worktree.branch",
    "worktree.base",
    "inputs",
    "inputs_budget",
    "verify",
    "proof",
    "attempt",
    "previous_failure",
    "feedback",
    "conflict",
    "fence",
    "silent",
];

/// Names that templates have by the language, not by us.
const LANGUAGE: &[&str] = &[
    "loop",
    "self",
    "super",
    "range",
    "dict",
    "namespace",
    "true",
    "false",
    "none",
];

/// Whether a variable exists. `spec`, `project` and `worktree` alone are known too (for `is defined`).
pub(super) fn is_known(name: &str) -> bool {
    LANGUAGE.contains(&name)
        || KNOWN.contains(&name)
        || KNOWN.iter().any(|known| {
            let under =
                |a: &str, b: &str| a.strip_prefix(b).is_some_and(|rest| rest.starts_with('.'));
            // Fields of a value whose inside is not fixed here, and the heads of the dotted names.
            under(known, name) || (!known.contains('.') && under(name, known))
        })
}

/// An input as a template sees it.
#[derive(Debug, Clone)]
pub struct Input {
    /// The path from the project's root, or the URL.
    pub name: String,
    /// `file`, `spec` or `url`.
    pub kind: String,
    /// The git object id, or empty.
    pub oid: String,
    /// What was cut, or empty.
    pub note: String,
    /// The content, fenced as data.
    pub text: String,
}

/// What stands against each other, for the prompt that brings it together.
#[derive(Debug, Clone)]
pub struct Contradiction {
    /// The main branch's name.
    pub main: String,
    /// Its tip.
    pub onto: String,
    /// The files that both sides changed.
    pub files: Vec<String>,
    /// The specs whose landings changed them on the main branch.
    pub with: Vec<OtherSide>,
}

/// A spec of the other side.
#[derive(Debug, Clone)]
pub struct OtherSide {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: String,
}

/// The values of one rendering.
#[derive(Debug)]
pub struct Variables<'a> {
    /// The spec.
    pub document: &'a Document,
    /// Its id.
    pub id: &'a str,
    /// Its path from the project's root.
    pub path: &'a str,
    /// The project's name.
    pub project: &'a str,
    /// Where the agent works.
    pub worktree: &'a Path,
    /// The run's branch.
    pub branch: &'a str,
    /// The commit the run begins from.
    pub base: &'a str,
    /// The inputs.
    pub inputs: &'a [Input],
    /// How much of the inputs is shown, in words.
    pub inputs_budget: &'a str,
    /// What has to be proven from red to green.
    pub proof: Option<&'a crate::proof::Plan>,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// Why the last attempt failed, or empty.
    pub previous_failure: &'a str,
    /// What people have said to the next attempt.
    pub feedback: &'a [Feedback],
    /// What the result contradicts, where that is the task.
    pub conflict: Option<&'a Contradiction>,
    /// What marks the lines between which text is quoted.
    pub(crate) fence: &'a Fence,
    /// Whether git must know nothing of chant.
    pub silent: bool,
}

impl Variables<'_> {
    pub(super) fn context(&self) -> Value {
        let front = self.document.frontmatter();
        let lines = |items: &[String]| Value::from_object(Lines(items.to_vec()));
        let criteria = self
            .document
            .criteria()
            .iter()
            .map(|c| (c.checked, c.text.clone()))
            .collect();
        context! {
            spec => context! {
                id => self.id,
                title => self.document.title().unwrap_or(self.id),
                description => visible(self.document.description().trim()),
                body => visible(self.document.body().trim()),
                type => front.kind.to_string(),
                labels => lines(&front.labels),
                target_files => lines(&front.target_files),
                criteria => Value::from_object(Criteria(criteria)),
                path => self.path,
            },
            project => context! { name => self.project },
            worktree => context! {
                path => self.worktree.display().to_string(),
                branch => self.branch,
                base => self.base,
            },
            inputs => self.inputs.iter().map(input).collect::<Vec<_>>(),
            inputs_budget => self.inputs_budget,
            verify => front.verify.iter().map(|check| context! {
                name => check.name.as_deref().unwrap_or(&check.run),
                run => check.run.as_str(),
                expect => expectation(check.expect),
            }).collect::<Vec<_>>(),
            proof => self.proof.map(|plan| context! {
                stage => plan.stage.as_str(),
                from => plan.from.as_deref(),
                run => plan.run.as_str(),
                tests => lines(&plan.tests),
                fails_with => plan.fails_with.as_deref(),
                repeat => plan.repeat,
            }),
            attempt => self.attempt,
            previous_failure => visible(self.previous_failure),
            feedback => self.feedback.iter().map(|told| context! {
                by => crate::one_line(&told.by),
                at => told.day(),
                text => visible(&told.text),
                quoted => told.quoted(self.fence),
            }).collect::<Vec<_>>(),
            conflict => self.conflict.map(contradiction),
            fence => self.fence.mark(),
            silent => self.silent,
        }
    }
}

fn contradiction(conflict: &Contradiction) -> Value {
    let side = |side: &OtherSide| {
        context! {
            id => side.id.as_str(),
            title => crate::one_line(&side.title),
            text => visible(&side.text),
        }
    };
    context! {
        main => conflict.main.as_str(),
        onto => conflict.onto.as_str(),
        files => Value::from_object(Lines(conflict.files.clone())),
        with => conflict.with.iter().map(side).collect::<Vec<_>>(),
    }
}

fn input(input: &Input) -> Value {
    context! {
        name => input.name.as_str(),
        kind => input.kind.as_str(),
        oid => input.oid.as_str(),
        note => input.note.as_str(),
        text => input.text.as_str(),
    }
}

fn expectation(expect: chant_spec::Expect) -> String {
    match expect {
        chant_spec::Expect::Pass => "pass".to_owned(),
        chant_spec::Expect::Fail => "fail".to_owned(),
        chant_spec::Expect::Exit(code) => format!("exit with {code}"),
    }
}
