//! From a commit's trailers to a landing. The other direction is `landing/message.rs`.

use chant_git::{Logged, Oid};
use chant_spec::SpecId;

use super::{Input, InputKind, Landing, Output};

/// Whether a commit says that it is a landing, or what a person said. Only chant may say so: a run's own commits must not.
pub(crate) fn claims_to_land(message: &str) -> bool {
    chant_git::trailers_of(message).iter().any(|(key, _)| {
        matches!(
            key.as_str(),
            "Chant-Spec" | "Chant-Run" | "Chant-Approval" | "Chant-Rejection"
        )
    })
}

/// The landing that a commit is, in the project of this key; `None` for every other commit.
pub(super) fn landing(commit: &Logged, project: &str) -> Option<Landing> {
    let trailers = Trailers(&commit.trailers);
    let (spec, run) = (trailers.only("Chant-Spec")?, trailers.only("Chant-Run")?);
    let fits = SpecId::parse(spec).is_ok()
        && ulid::Ulid::from_string(run).is_ok()
        && is_subject_of(spec, &commit.subject)
        && trailers.only("Chant-Project").unwrap_or_default() == project;
    fits.then(|| Landing {
        spec: spec.to_owned(),
        run: run.to_owned(),
        commit: Some(commit.oid.clone()),
        base: trailers
            .only("Chant-Base")
            .and_then(|base| base.parse().ok()),
        at: commit.at.clone(),
        agent: trailers.only("Chant-Agent").unwrap_or_default().to_owned(),
        model: trailers.only("Chant-Model").map(str::to_owned),
        prompt: trailers.only("Chant-Prompt").and_then(prompt),
        inputs: trailers.all("Chant-Input").filter_map(input).collect(),
        outputs: trailers.all("Chant-Output").filter_map(output).collect(),
        checks: trailers.all("Chant-Check").map(str::to_owned).collect(),
        silent: false,
        place: 0,
        inferred: false,
    })
}

/// `chant(<id>): …`, or as much of it as fits a subject.
fn is_subject_of(spec: &str, subject: &str) -> bool {
    let begin = format!("chant({spec}): ");
    match subject.strip_suffix('…') {
        Some(cut) if cut.len() < begin.len() => begin.starts_with(cut),
        _ => subject.starts_with(begin.trim_end()),
    }
}

struct Trailers<'a>(&'a [(String, String)]);

impl<'a> Trailers<'a> {
    fn all(&self, key: &'static str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.0
            .iter()
            .filter(move |(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }

    /// The value of a key that is there once.
    fn only(&self, key: &'static str) -> Option<&'a str> {
        let mut all = self.all(key);
        all.next().filter(|_| all.next().is_none())
    }
}

/// `<object id> <name>`, with `-` for an id that is not there.
fn named(value: &str) -> Option<(Option<Oid>, &str)> {
    let (oid, name) = value.split_once(' ')?;
    let oid = match oid {
        "-" => None,
        oid => Some(oid.parse().ok()?),
    };
    (!name.is_empty()).then_some((oid, name))
}

fn prompt(value: &str) -> Option<(Oid, String)> {
    let (oid, name) = named(value)?;
    Some((oid?, name.to_owned()))
}

fn input(value: &str) -> Option<Input> {
    let (oid, name) = named(value)?;
    Some(Input {
        name: name.to_owned(),
        kind: InputKind::of(name),
        oid: oid.map(|oid| oid.to_string()),
    })
}

fn output(value: &str) -> Option<Output> {
    let (oid, path) = named(value)?;
    Some(Output {
        path: path.to_owned(),
        oid: oid.map(|oid| oid.to_string()),
    })
}
