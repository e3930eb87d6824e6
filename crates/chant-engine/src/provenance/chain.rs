//! From a landing back: what it was made from, who wrote that, and so on to what no spec wrote.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use chant_git::Oid;
use chant_spec::{Document, SpecId};

use super::{ApprovalTold, InputTold, Origin, PromptTold, Told};
use crate::error::Result;
use crate::history::{History, Input, InputKind, Landing};
use crate::index::Index;
use crate::project::Project;

/// The landing that wrote an input.
#[derive(Clone, Copy)]
struct Writer<'h> {
    landing: &'h Landing,
    /// Whether what was read is not what was written.
    edited: bool,
}

/// All landings, by what they wrote.
struct Writers<'h> {
    history: &'h History,
    by_path: HashMap<&'h str, Vec<(&'h str, &'h Landing)>>,
}

impl<'h> Writers<'h> {
    fn new(history: &'h History) -> Self {
        let mut by_path: HashMap<&str, Vec<(&str, &Landing)>> = HashMap::new();
        for landing in history.landings() {
            for output in &landing.outputs {
                if let Some(oid) = &output.oid {
                    let wrote = by_path.entry(output.path.as_str()).or_default();
                    wrote.push((oid, landing));
                }
            }
        }
        Self { history, by_path }
    }

    /// Who wrote what `reader` was given. Content decides; where it was changed since, the last one who wrote that file
    /// before `reader` landed.
    fn of(&self, input: &Input, reader: &Landing) -> Option<Writer<'h>> {
        if input.kind == InputKind::Spec {
            let id = crate::inputs::spec_of_path(&input.name)?;
            let landing = self.history.latest(id.as_str())?;
            return Some(Writer {
                landing,
                edited: false,
            });
        }
        let wrote = self.by_path.get(input.name.as_str())?;
        let others = wrote
            .iter()
            .filter(|(_, landing)| key(landing) != key(reader));
        // A landing's place says how many came after it: a reader's writers have higher ones.
        let earlier = others.filter(|(_, landing)| landing.place > reader.place);
        let last = |(_, landing): &&(&str, &'h Landing)| landing.place;
        let exact = earlier
            .clone()
            .filter(|(oid, _)| Some(*oid) == input.oid.as_deref());
        let edited = |edited| move |(_, landing): &(&str, &'h Landing)| Writer { landing, edited };
        exact
            .min_by_key(last)
            .map(edited(false))
            .or_else(|| earlier.min_by_key(last).map(edited(true)))
    }
}

/// What tells landings apart. Those from before runs were recorded have none.
type Key<'h> = (&'h str, &'h str);

fn key(landing: &Landing) -> Key<'_> {
    (&landing.spec, &landing.run)
}

/// The landings behind `begins`, each once and after all that used what it wrote, and where they begin.
pub(super) fn walk(
    project: &Project,
    history: &History,
    begins: &[&Landing],
) -> Result<(Vec<Told>, Vec<Origin>)> {
    let writers = Writers::new(history);
    let mut chain = Vec::new();
    let mut origins: Vec<Origin> = Vec::new();
    let mut used_by: HashMap<Key<'_>, Vec<String>> = HashMap::new();
    let order = order(&writers, begins);
    let people = People::read(project, &order)?;
    let attested = crate::attest::statements(project, &order)?;
    for (landing, attested) in order.into_iter().zip(attested) {
        let mut inputs = Vec::new();
        for input in &landing.inputs {
            let writer = writers.of(input, landing);
            match writer {
                Some(writer) => push(used_by.entry(key(writer.landing)), &landing.spec),
                None => begin(&mut origins, input, &landing.spec),
            }
            inputs.push(InputTold {
                name: input.name.clone(),
                oid: input.oid.clone(),
                written_by: writer.map(|writer| writer.landing.spec.clone()),
                edited: writer.is_some_and(|writer| writer.edited),
            });
        }
        let mut told = told(landing, &people);
        told.inputs = inputs;
        let proof = attested.and_then(|statement| statement.predicate.proof);
        told.proof = proof.map(|proof| proof.summary());
        chain.push((landing, told));
    }
    title(project, &mut origins)?;
    // What people wrote for people comes first: most often it is the issue.
    origins.sort_by_key(|origin| origin.oid.is_some() && origin.title.is_none());
    let chain = chain.into_iter().map(|(landing, mut told)| {
        told.used_by = used_by.remove(&key(landing)).unwrap_or_default();
        told
    });
    Ok((chain.collect(), origins))
}

fn push(entry: Entry<'_, Key<'_>, Vec<String>>, spec: &str) {
    let specs = entry.or_default();
    if !specs.iter().any(|known| known == spec) {
        specs.push(spec.to_owned());
    }
}

fn begin(origins: &mut Vec<Origin>, input: &Input, spec: &str) {
    let known = |origin: &&mut Origin| origin.name == input.name && origin.oid == input.oid;
    match origins.iter_mut().find(known) {
        Some(origin) if origin.used_by.iter().any(|known| known == spec) => {}
        Some(origin) => origin.used_by.push(spec.to_owned()),
        None => origins.push(Origin {
            name: input.name.clone(),
            oid: input.oid.clone(),
            title: None,
            used_by: vec![spec.to_owned()],
        }),
    }
}

/// The landings that can be reached, no writer before its readers. A circle, which two specs that name each other could
/// make, is cut where it closes.
fn order<'h>(writers: &Writers<'h>, begins: &[&'h Landing]) -> Vec<&'h Landing> {
    let mut seen: HashSet<Key<'h>> = HashSet::new();
    let mut order = Vec::new();
    for begin in begins.iter().rev() {
        let mut path: Vec<(&Landing, usize)> = Vec::new();
        if seen.insert(key(begin)) {
            path.push((begin, 0));
        }
        while let Some((landing, next)) = path.last_mut() {
            let Some(input) = landing.inputs.get(*next) else {
                order.push(*landing);
                path.pop();
                continue;
            };
            *next += 1;
            let writer = writers.of(input, landing);
            if let Some(writer) = writer.filter(|writer| seen.insert(key(writer.landing))) {
                path.push((writer.landing, 0));
            }
        }
    }
    order.reverse();
    order
}

/// What the files of specs say of the landings in a chain.
struct People {
    documents: HashMap<String, Document>,
    gates: Vec<(String, ApprovalTold)>,
}

impl People {
    fn read(project: &Project, chain: &[&Landing]) -> Result<Self> {
        let mut documents = HashMap::new();
        for landing in chain {
            let found = SpecId::parse(&landing.spec)
                .ok()
                .and_then(|id| project.locate(&id).ok().flatten());
            // A spec whose file is gone or broken is told by its id alone.
            if let Some(document) = found.and_then(|found| project.document(&found.path).ok()) {
                documents.insert(landing.spec.clone(), document);
            }
        }
        Ok(Self {
            documents,
            gates: gates(project)?,
        })
    }

    /// What people said to a spec, and at the gates that come right after it.
    fn said(&self, spec: &str) -> Vec<ApprovalTold> {
        let own = self.documents.get(spec).and_then(|document| {
            let approval = document.frontmatter().approval.as_ref()?;
            let status = approval.status.clone();
            Some(ApprovalTold {
                spec: spec.to_owned(),
                status: status.or_else(|| approval.required.then(|| "pending".to_owned()))?,
                by: approval.by.clone(),
                at: approval.at.clone(),
            })
        });
        let gates = self.gates.iter().filter(|(after, _)| after == spec);
        own.into_iter()
            .chain(gates.map(|(_, said)| said.clone()))
            .collect()
    }
}

/// Every gate at which somebody said something, with each spec it comes after.
fn gates(project: &Project) -> Result<Vec<(String, ApprovalTold)>> {
    let mut gates = Vec::new();
    for entry in Index::load(project)?.into_entries() {
        let node = entry.node;
        let (Some(_), Some(approval)) = (node.gate, node.approval) else {
            continue;
        };
        for after in node.depends_on {
            let said = ApprovalTold {
                spec: node.id.clone(),
                status: approval
                    .status
                    .clone()
                    .unwrap_or_else(|| "pending".to_owned()),
                by: approval.by.clone(),
                at: approval.at.clone(),
            };
            gates.push((after, said));
        }
    }
    Ok(gates)
}

fn told(landing: &Landing, people: &People) -> Told {
    let document = people.documents.get(&landing.spec);
    let title = document.map(|document| crate::landing::title(document, &landing.spec));
    let kind = document.map(|document| document.frontmatter().kind.to_string());
    Told {
        spec: landing.spec.clone(),
        title: title.unwrap_or_default(),
        kind: kind.unwrap_or_default(),
        run: landing.run.clone(),
        commit: landing.commit.as_ref().map(ToString::to_string),
        at: landing.at.clone(),
        agent: landing.agent.clone(),
        model: landing.model.clone(),
        prompt: landing.prompt.as_ref().map(|(oid, name)| PromptTold {
            name: name.clone(),
            oid: oid.to_string(),
        }),
        checks: landing.checks.clone(),
        proof: None,
        approvals: people.said(&landing.spec),
        inputs: Vec::new(),
        outputs: landing
            .outputs
            .iter()
            .map(|output| output.path.clone())
            .collect(),
        used_by: Vec::new(),
    }
}

/// Gives documents their first heading, as they were when they were read. One process, or none.
fn title(project: &Project, origins: &mut [Origin]) -> Result<()> {
    let documents: Vec<&mut Origin> = origins
        .iter_mut()
        .filter(|origin| {
            let is = |end: &str| origin.name.to_ascii_lowercase().ends_with(end);
            is(".md") || is(".markdown")
        })
        .filter(|origin| {
            origin
                .oid
                .as_ref()
                .is_some_and(|oid| oid.parse::<Oid>().is_ok())
        })
        .collect();
    let names: Vec<String> = documents
        .iter()
        .filter_map(|origin| origin.oid.clone())
        .collect();
    let contents = project.repo().contents(&names)?;
    for (origin, content) in documents.into_iter().zip(contents) {
        let text = content.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        origin.title = text.as_deref().and_then(heading);
    }
    Ok(())
}

fn heading(text: &str) -> Option<String> {
    text.lines()
        .take(50)
        .find_map(|line| line.strip_prefix("# "))
        .map(|title| crate::one_line(title.trim()))
}
