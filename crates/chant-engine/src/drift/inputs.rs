//! The inputs of each spec: what was recorded against what is there now.

use std::collections::{BTreeSet, HashMap};

use chant_git::Oid;
use chant_spec::Document;

use super::Examination;
use super::chain::declared;
use super::report::{Judgement, Look};
use super::state::Thing;
use crate::error::Result;
use crate::history::{Input, InputKind, Landing};
use crate::inputs::{is_url, spec_of_path};

/// An input that is not what was recorded.
#[derive(Debug, Clone)]
pub(super) struct Difference {
    /// The spec whose input it is.
    pub(super) spec: usize,
    /// The path.
    pub(super) name: String,
    /// What was recorded; `None` where it was no input then.
    pub(super) recorded: Option<String>,
    /// The last value that was no drift: what was recorded, or what the chain made of it.
    pub(super) expected: Option<String>,
    /// What is there now.
    pub(super) now: Thing,
}

/// The inputs of a spec, sorted by how they stand.
#[derive(Debug, Default)]
pub(super) struct Compared {
    pub(super) differences: Vec<Difference>,
    /// Everything that is not a difference.
    pub(super) looks: Vec<Look>,
}

/// A spec as an input: the object id of its file, and of what it asks for.
struct SpecNow {
    file: String,
    intent: String,
}

/// The specs that are inputs, as they are now.
pub(super) struct SpecsNow(HashMap<String, SpecNow>);

impl SpecsNow {
    /// Reads every spec that is an input of a landing. One process, or none.
    pub(super) fn read(exam: &Examination<'_>) -> Result<Self> {
        let wanted: BTreeSet<String> = exam
            .landings
            .iter()
            .flatten()
            .flat_map(|landing| &landing.inputs)
            .filter_map(|input| spec_of_path(&input.name))
            .map(|id| id.to_string())
            .collect();
        let mut now = HashMap::new();
        let mut unread = Vec::new();
        for id in wanted {
            match exam.state.spec(&id) {
                Some((_, oid)) => match known_intent(exam, &id, oid) {
                    Some(spec) => drop(now.insert(id, spec)),
                    None => unread.push((id, oid.to_owned())),
                },
                // Git does not know it; the work tree does.
                None if exam.state.in_work_tree() => {
                    if let Some(spec) = on_disk(exam, &id) {
                        now.insert(id, spec);
                    }
                }
                None => {}
            }
        }
        let oids: Vec<String> = unread.iter().map(|(_, oid)| oid.clone()).collect();
        for ((id, file), bytes) in unread.into_iter().zip(exam.project.repo().contents(&oids)?) {
            let intent = bytes.map_or_else(|| file.clone(), |bytes| intent_id(exam, &bytes));
            now.insert(id, SpecNow { file, intent });
        }
        Ok(Self(now))
    }
}

/// What the index knows already.
fn known_intent(exam: &Examination<'_>, id: &str, oid: &str) -> Option<SpecNow> {
    let summary = exam.entries[exam.names.id(id)?].content.as_ref().ok()?;
    (crate::hex(&summary.blob) == oid).then(|| SpecNow {
        file: oid.to_owned(),
        intent: crate::hex(&summary.intent),
    })
}

fn on_disk(exam: &Examination<'_>, id: &str) -> Option<SpecNow> {
    let path = &exam.entries[exam.names.id(id)?].path;
    let bytes = exam.project.read_spec_at(path).ok()?;
    Some(SpecNow {
        file: crate::blob_id(&bytes, exam.state.digits()),
        intent: intent_id(exam, &bytes),
    })
}

/// By what a spec's text counts; text that is no spec counts as it is.
fn intent_id(exam: &Examination<'_>, bytes: &[u8]) -> String {
    let digits = exam.state.digits();
    match Document::parse(bytes.to_owned()) {
        Ok(document) => crate::blob_id(&chant_spec::intent_as_input(&document), digits),
        Err(_) => crate::blob_id(bytes, digits),
    }
}

/// Compares the inputs of one landing.
pub(super) fn compare(
    exam: &Examination<'_>,
    specs: &SpecsNow,
    at: usize,
    landing: &Landing,
) -> Compared {
    let mut compared = Compared::default();
    for input in &landing.inputs {
        let now = match judge(exam, specs, input) {
            Ok(now) => now,
            Err(look) => {
                compared.looks.push(look);
                continue;
            }
        };
        compared.differences.push(Difference {
            spec: at,
            name: input.name.clone(),
            recorded: input.oid.clone(),
            expected: input.oid.clone(),
            now,
        });
    }
    for name in added(exam, at, landing) {
        compared.differences.push(Difference {
            spec: at,
            now: exam.state.find(&name),
            name,
            recorded: None,
            expected: None,
        });
    }
    compared
}

/// What is there in place of an input; `Err` where there is no difference.
fn judge(
    exam: &Examination<'_>,
    specs: &SpecsNow,
    input: &Input,
) -> std::result::Result<Thing, Look> {
    let look = |verdict, because: Option<&str>| Look {
        name: input.name.clone(),
        verdict,
        because: because.map(str::to_owned),
    };
    match input.kind {
        InputKind::Url => Err(look(
            Judgement::Unknown,
            Some("what is at an address is never read"),
        )),
        InputKind::File
            if input.oid.is_none() && exam.state.find(&input.name) == Thing::Nothing =>
        {
            Err(look(Judgement::Same, Some("it is not there, as then")))
        }
        InputKind::Spec => {
            let id = spec_of_path(&input.name).map_or_else(String::new, |id| id.to_string());
            match specs.0.get(&id) {
                Some(now) if input.oid.as_deref() == Some(now.intent.as_str()) => {
                    Err(look(Judgement::Same, Some("it asks for the same")))
                }
                // Recorded by its whole file, as the first landings did.
                Some(now) if input.oid.as_deref() == Some(now.file.as_str()) => {
                    Err(look(Judgement::Same, None))
                }
                Some(now) => Ok(Thing::File(now.intent.clone())),
                None if input.oid.is_none() => {
                    Err(look(Judgement::Same, Some("it is not there, as then")))
                }
                None => Ok(Thing::Nothing),
            }
        }
        InputKind::File => {
            let now = exam.state.find(&input.name);
            if input.oid.as_deref() == now.oid() && now.oid().is_some() {
                Err(look(Judgement::Same, None))
            } else {
                Ok(now)
            }
        }
    }
}

/// Files that the spec's entries name now, and that were no inputs then.
fn added(exam: &Examination<'_>, at: usize, landing: &Landing) -> BTreeSet<String> {
    let recorded = |name: &str| landing.inputs.iter().any(|input| input.name == name);
    let mut added = BTreeSet::new();
    let entry = &exam.entries[at];
    for name in declared(entry).into_iter().flat_map(|(_, list)| list) {
        if recorded(name) || is_url(name) {
            continue;
        }
        if let Some(spec) = exam.names.spec(name) {
            let targets = exam.entries[spec].content.iter();
            added.extend(
                targets
                    .flat_map(|summary| &summary.target_files)
                    .filter(|target| !recorded(target) && exam.state.find(target).oid().is_some())
                    .cloned(),
            );
            continue;
        }
        added.extend(
            exam.state
                .named_by(name)
                .iter()
                .filter(|name| !recorded(name))
                .cloned(),
        );
    }
    added
}

/// Landings from before specs were recorded by what they ask for hold the object id of the whole file. Where that file
/// can still be read, what it asked for is compared. One process, or none.
pub(super) fn drop_bookkeeping(
    exam: &Examination<'_>,
    differences: Vec<Difference>,
) -> Result<Vec<Difference>> {
    let is_spec = |difference: &Difference| {
        spec_of_path(&difference.name).is_some() && difference.now.oid().is_some()
    };
    let recorded: BTreeSet<String> = differences
        .iter()
        .filter(|difference| is_spec(difference))
        .filter_map(|difference| difference.recorded.clone())
        .collect();
    let recorded: Vec<String> = recorded.into_iter().collect();
    let contents = exam.project.repo().contents(&recorded)?;
    let intents: HashMap<String, String> = recorded
        .into_iter()
        .zip(contents)
        .filter_map(|(oid, bytes)| Some((oid, intent_id(exam, &bytes?))))
        .collect();
    let same = |difference: &Difference| {
        let then = difference
            .recorded
            .as_ref()
            .and_then(|oid| intents.get(oid));
        is_spec(difference) && then.map(String::as_str) == difference.now.oid()
    };
    Ok(differences
        .into_iter()
        .filter(|difference| !same(difference))
        .collect())
}

/// Inputs that are gone and that git never had: of these this clone can know nothing. One process, or none.
pub(super) fn never_in_git(
    exam: &Examination<'_>,
    differences: &[Difference],
) -> Result<Vec<bool>> {
    let mut questions: Vec<(Oid, String)> = Vec::new();
    let mut asked = Vec::with_capacity(differences.len());
    for difference in differences {
        let landing = exam.landings[difference.spec].as_ref();
        let places: Vec<&Oid> = match (&difference.now, landing) {
            (Thing::Nothing, Some(landing)) if !landing.silent => {
                landing.base.iter().chain(&landing.commit).collect()
            }
            _ => Vec::new(),
        };
        let from = questions.len();
        let path = exam.project.path_from_repo(&difference.name);
        questions.extend(
            places
                .into_iter()
                .map(|place| (place.clone(), path.clone())),
        );
        asked.push(from..questions.len());
    }
    let answers = exam.project.repo().ids_at(&questions)?;
    Ok(asked
        .into_iter()
        .map(|range| !range.is_empty() && answers[range].iter().all(Option::is_none))
        .collect())
}
