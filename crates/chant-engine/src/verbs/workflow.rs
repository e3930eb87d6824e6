//! `chant workflow new`: the specs of a workflow, all of them or none.

use chant_os::file::Created;
use chant_spec::workflow::{Made, Refused};
use serde::Serialize;

use super::add;
use crate::error::{Code, Error, Result};
use crate::project::Project;
use crate::prompt::Prompt;
use crate::workflow::{self, Found};

/// What is wanted.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// The workflow's name.
    pub name: String,
    /// What is said for its variables.
    pub values: Vec<(String, String)>,
    /// Labels that every spec gets.
    pub labels: Vec<String>,
}

/// What was made, or would be.
#[derive(Debug, Clone, Serialize)]
pub struct Specs {
    /// The workflow.
    pub workflow: String,
    /// Its specs, in order.
    pub specs: Vec<Spec>,
    /// Whether the files are there now.
    pub created: bool,
}

/// One spec.
#[derive(Debug, Clone, Serialize)]
pub struct Spec {
    /// Its id.
    pub id: String,
    /// Its file, from the project's root.
    pub path: String,
    /// Its title.
    pub title: String,
    /// The file's text.
    pub text: String,
}

/// The specs that a workflow would make, with everything checked and nothing written.
pub fn plan(project: &Project, wish: &Wish) -> Result<Specs> {
    let found = workflow::find(project, &wish.name)?;
    let made = found
        .workflow
        .values(&wish.values)
        .and_then(|values| found.workflow.make(&values, &wish.labels))
        .map_err(|refused| tell(&found, &refused))?;
    check(project, &made)?;
    let specs = made.iter().map(|one| Spec {
        id: one.id.to_string(),
        path: project.spec_path_from_root(&one.id),
        title: one.document.title().unwrap_or_default().to_owned(),
        text: one.document.text().to_owned(),
    });
    Ok(Specs {
        workflow: found.name,
        specs: specs.collect(),
        created: false,
    })
}

/// Makes the specs of a workflow. If one of the names is taken, none is made.
pub fn new(project: &Project, wish: &Wish) -> Result<Specs> {
    let mut planned = plan(project, wish)?;
    chant_os::file::create_dir_all(&project.dot_chant().join("specs"))?;
    let _turn = add::take_turn(project)?;
    // Asked again: somebody may have been quicker.
    free(project, planned.specs.iter().map(|spec| spec.id.as_str()))?;
    for (done, spec) in planned.specs.iter().enumerate() {
        let path = project.root().join(&spec.path);
        let created = chant_os::file::create_new(&path, spec.text.as_bytes());
        if !matches!(created, Ok(Created::Yes)) {
            for made in &planned.specs[..done] {
                chant_os::file::remove_file(&project.root().join(&made.path))?;
            }
            created?;
            return Err(taken(std::slice::from_ref(&spec.id)));
        }
    }
    planned.created = true;
    Ok(planned)
}

/// What the specs name has to be there, and their own names have to be free.
fn check(project: &Project, made: &[Made]) -> Result<()> {
    for one in made {
        let front = one.document.frontmatter();
        if let Some(name) = &front.prompt {
            Prompt::find(&project.dot_chant().join("prompts"), name)?;
        }
        for target in &front.target_files {
            add::check_target(target)?;
        }
        for name in &front.depends_on {
            if !made.iter().any(|other| other.id.as_str() == name) {
                project.resolve_id(name)?;
            }
        }
    }
    free(project, made.iter().map(|one| one.id.as_str()))
}

fn free<'a>(project: &Project, ids: impl Iterator<Item = &'a str>) -> Result<()> {
    let names = crate::index::names(project)?;
    let there: Vec<String> = ids
        .filter(|id| names.iter().any(|name| name.id == *id))
        .map(str::to_owned)
        .collect();
    if there.is_empty() {
        Ok(())
    } else {
        Err(taken(&there))
    }
}

fn taken(ids: &[String]) -> Error {
    let verb = if ids.len() == 1 { "exists" } else { "exist" };
    Error::new(
        Code::Exists,
        format!("{} {verb} already; nothing was made", ids.join(", ")),
    )
    .hint(format!("look at it: chant show {}", ids[0]))
    .detail("specs", ids.to_vec())
}

/// A refusal, with what can be said instead.
fn tell(found: &Found, refused: &Refused) -> Error {
    let name = &found.name;
    let see = format!("see chant workflow show {name}");
    match refused {
        Refused::Missing(missing) => {
            let wanted: Vec<String> = missing
                .iter()
                .map(|(name, help)| {
                    let help = if help.is_empty() { "a value" } else { help };
                    format!("--var {name}=… ({help})")
                })
                .collect();
            let names: Vec<&str> = missing.iter().map(|(name, _)| name.as_str()).collect();
            Error::new(Code::Usage, format!("workflow {name}: {refused}"))
                .hint(format!("add {}", wanted.join(" ")))
                .detail("missing", names)
        }
        Refused::Unknown { near, known, .. } => {
            let hint = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it has: {}", known.join(", ")),
            };
            Error::new(Code::Usage, format!("workflow {name}: {refused}")).hint(hint)
        }
        Refused::Value { names, .. } if names.is_empty() => {
            Error::new(Code::WorkflowInvalid, format!("workflow {name}: {refused}")).hint(see)
        }
        Refused::Value { names, .. } => {
            Error::new(Code::Usage, format!("workflow {name}: {refused}"))
                .hint(see)
                .detail("variables", names.clone())
        }
    }
}
