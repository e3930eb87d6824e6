//! The members that an agent proposes for a spec that is too large: how they are written down, and what is wrong with them.
//!
//! They stand in the section `Proposed Members`, in its first block of YAML (the shape is in `.chant/prompts/split.md`).
//! Reading is strict where a mistake would make another spec than was meant, and names every mistake at once.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::compose::NewSpec;
use crate::document::Document;
use crate::frontmatter::Kind;
use crate::graph::{self, Node};
use crate::path::repo_path;
use crate::yaml::{self, Map, Value};

/// The heading of the section.
pub const HEADING: &str = "Proposed Members";

/// More are no split of one spec.
const MOST: usize = 50;

/// What is proposed.
#[derive(Debug, Clone, Default)]
pub struct Proposal {
    /// The members, in the order in which they are worked.
    pub members: Vec<Proposed>,
    /// What a person should know before they agree, each as a sentence.
    pub warnings: Vec<String>,
    /// What stands below the block.
    pub words: String,
}

/// One proposed member.
#[derive(Debug, Clone, Default)]
pub struct Proposed {
    /// Its number: 1 for the first.
    pub number: u32,
    /// The title, one line.
    pub title: String,
    /// Its type.
    pub kind: Kind,
    /// What has to be done.
    pub description: String,
    /// How one will know, each one line.
    pub criteria: Vec<String>,
    /// The files it is about.
    pub target_files: Vec<String>,
    /// The numbers of the members that come first.
    pub depends_on: Vec<u32>,
    /// Inputs.
    pub informed_by: Vec<String>,
    /// Commands that must succeed.
    pub verify: Vec<String>,
}

/// What is wrong with a proposal: each a sentence.
pub type Flaws = Vec<String>;

/// Reads the proposal in a section's text. `of` is the spec that is split.
pub fn read(section: &str, of: &Document) -> Result<Proposal, Flaws> {
    let (block, words) = fenced(section).ok_or_else(|| one("it has no block of YAML"))?;
    let root = yaml::parse(block, 0..block.len())
        .map_err(|diagnostic| one(format!("its YAML can not be read: {}", diagnostic.message)))?;
    let Some(root) = root.as_map() else {
        return Err(one("its YAML holds no `members:`"));
    };
    let mut reader = Reader::default();
    let members = match root.get("members").map(|entry| &entry.value.value) {
        Some(Value::List(list)) => list
            .items
            .iter()
            .enumerate()
            .map(|(at, item)| reader.member(at + 1, item.as_map()))
            .collect(),
        Some(Value::Null) => Vec::new(),
        _ => return Err(one("its YAML holds no list `members:`")),
    };
    reader.check(&members);
    if !reader.flaws.is_empty() {
        return Err(reader.flaws);
    }
    let mut warnings = overlaps(&members);
    warnings.extend(uncovered(root, of, &members));
    Ok(Proposal {
        members,
        warnings,
        words: words.trim().to_owned(),
    })
}

impl Proposed {
    /// The text of the member's file, and whether it can be read back as what was meant.
    pub fn render(&self, new: NewSpec) -> Result<String, String> {
        let mut body = self.description.trim().to_owned();
        body.push_str("\n\n## Acceptance Criteria\n\n");
        for criterion in &self.criteria {
            body.push_str("- [ ] ");
            body.push_str(criterion);
            body.push('\n');
        }
        let new = NewSpec {
            kind: self.kind.clone(),
            title: self.title.clone(),
            target_files: self.target_files.clone(),
            verify: self.verify.clone(),
            body: Some(body),
            ..new
        };
        let text = new.render();
        let number = self.number;
        let document = Document::parse(text.clone().into_bytes())
            .map_err(|error| format!("member {number} makes no valid spec: {error}"))?;
        let same = document.criteria().len() == self.criteria.len()
            && document.criteria().iter().all(|item| !item.checked);
        if same {
            Ok(text)
        } else {
            Err(format!(
                "the description of member {number} hides its criteria (an open code block, or a heading of that name)"
            ))
        }
    }
}

fn one(flaw: impl Into<String>) -> Flaws {
    vec![flaw.into()]
}

/// The first block of YAML, and what stands after it. A block may be indented, as in the prompt that asks for it.
fn fenced(section: &str) -> Option<(&str, &str)> {
    let mut start = None;
    let mut at = 0;
    for line in section.split_inclusive('\n') {
        let text = line.trim();
        match start {
            None if matches!(text, "```yaml" | "```yml" | "~~~yaml" | "~~~yml") => {
                start = Some((at + line.len(), &text[..3], indent(line)));
            }
            // One that stands deeper is part of a text in the block.
            Some((start, fence, outer)) if text == fence && indent(line) <= outer + 3 => {
                return Some((&section[start..at], &section[at + line.len()..]));
            }
            _ => {}
        }
        at += line.len();
    }
    None
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

#[derive(Default)]
struct Reader {
    flaws: Flaws,
}

impl Reader {
    fn member(&mut self, at: usize, map: Option<&Map>) -> Proposed {
        let Some(map) = map else {
            self.flaws.push(format!("member {at} is no map"));
            return Proposed::default();
        };
        let number = self.text(at, map, "number");
        let number = number.trim().parse().unwrap_or_else(|_| {
            let flaw = format!("member {at} has no `number:`, or one that is not a whole number");
            self.flaws.push(flaw);
            0
        });
        let kind = Kind::parse(&self.text(at, map, "type"));
        let member = Proposed {
            number,
            title: one_line(&self.text(at, map, "title")),
            description: self.text(at, map, "description"),
            criteria: self.texts(at, map, "criteria"),
            target_files: self.texts(at, map, "target_files"),
            depends_on: self.numbers(at, map),
            informed_by: self.texts(at, map, "informed_by"),
            verify: self.texts(at, map, "verify"),
            kind,
        };
        self.check_one(at, &member);
        member
    }

    fn check_one(&mut self, at: usize, member: &Proposed) {
        if member.title.is_empty() {
            self.flaws.push(format!("member {at} has no title"));
        }
        if member.criteria.is_empty() {
            self.flaws.push(format!("member {at} has no criteria"));
        }
        if matches!(member.kind, Kind::Unknown(_) | Kind::Driver) {
            let kind = member.kind.as_str();
            let flaw = format!("member {at} can not be of the type {kind:?}");
            self.flaws.push(flaw);
        }
        for criterion in &member.criteria {
            if criterion.trim().is_empty() || criterion.contains(char::is_control) {
                let flaw = format!("member {at} has a criterion that is not one line of text");
                self.flaws.push(flaw);
            }
        }
        for target in &member.target_files {
            if let Err(error) = repo_path(target) {
                let flaw = format!("member {at} can not have the target {target:?}: {error}");
                self.flaws.push(flaw);
            }
        }
    }

    fn text(&mut self, at: usize, map: &Map, key: &str) -> String {
        match map.get(key).map(|entry| &entry.value) {
            None => String::new(),
            Some(node) if node.is_null() => String::new(),
            Some(node) => node.as_str().map_or_else(
                || {
                    self.flaws
                        .push(format!("`{key}:` of member {at} is no text"));
                    String::new()
                },
                str::to_owned,
            ),
        }
    }

    fn texts(&mut self, at: usize, map: &Map, key: &str) -> Vec<String> {
        let items = match map.get(key).map(|entry| &entry.value.value) {
            None | Some(Value::Null) => return Vec::new(),
            Some(Value::List(list)) => &list.items,
            Some(_) => {
                self.flaws
                    .push(format!("`{key}:` of member {at} is no list"));
                return Vec::new();
            }
        };
        let texts: Option<Vec<String>> = items
            .iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect();
        texts.unwrap_or_else(|| {
            let flaw =
                format!("`{key}:` of member {at} is no list of texts (quote what holds `: `)");
            self.flaws.push(flaw);
            Vec::new()
        })
    }

    fn numbers(&mut self, at: usize, map: &Map) -> Vec<u32> {
        let texts = self.texts(at, map, "depends_on");
        let numbers: Option<Vec<u32>> = texts.iter().map(|text| text.parse().ok()).collect();
        numbers.unwrap_or_else(|| {
            let flaw = format!("`depends_on:` of member {at} is no list of the numbers of members");
            self.flaws.push(flaw);
            Vec::new()
        })
    }

    /// What can be wrong between members.
    fn check(&mut self, members: &[Proposed]) {
        if members.len() > MOST {
            self.flaws.push(format!(
                "it has {} members; {MOST} are the most",
                members.len()
            ));
        }
        let numbers: BTreeSet<u32> = members.iter().map(|member| member.number).collect();
        let wanted = (1..).take(members.len());
        if self.flaws.is_empty() && !numbers.iter().copied().eq(wanted) {
            let flaw = format!("its members are not numbered from 1 to {}", members.len());
            self.flaws.push(flaw);
        }
        for member in members {
            for number in &member.depends_on {
                if !numbers.contains(number) {
                    self.flaws.push(format!(
                        "member {} depends on {number}, which is no member",
                        member.number
                    ));
                }
            }
        }
        for cycle in graph::cycles(&nodes(members)) {
            self.flaws.push(format!(
                "members wait for each other: {}",
                cycle.join(" → ")
            ));
        }
    }
}

fn nodes(members: &[Proposed]) -> Vec<Node> {
    let node = |member: &Proposed| Node {
        id: member.number.to_string(),
        depends_on: member.depends_on.iter().map(u32::to_string).collect(),
        ..Node::default()
    };
    members.iter().map(node).collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Files that two members change which may be worked at the same time.
fn overlaps(members: &[Proposed]) -> Vec<String> {
    let before = before(members);
    let mut warnings = Vec::new();
    for (at, one) in members.iter().enumerate() {
        for other in &members[at + 1..] {
            let ordered = before[&one.number].contains(&other.number)
                || before[&other.number].contains(&one.number);
            let shared: Vec<&str> = one
                .target_files
                .iter()
                .filter(|file| other.target_files.contains(file))
                .map(String::as_str)
                .collect();
            if !ordered && !shared.is_empty() {
                warnings.push(format!(
                    "members {} and {} both change {}, and neither waits for the other",
                    one.number,
                    other.number,
                    shared.join(", ")
                ));
            }
        }
    }
    warnings
}

/// Of each member everything that is done before it: what it depends on, and else every earlier one.
fn before(members: &[Proposed]) -> HashMap<u32, HashSet<u32>> {
    let waits_for: HashMap<u32, Vec<u32>> = members
        .iter()
        .map(|member| {
            let earlier = (1..member.number).collect();
            let named = member.depends_on.clone();
            let first = if named.is_empty() { earlier } else { named };
            (member.number, first)
        })
        .collect();
    let all = |number: u32| {
        let mut found = HashSet::new();
        let mut next = waits_for[&number].clone();
        while let Some(other) = next.pop() {
            if found.insert(other) {
                next.extend(waits_for.get(&other).into_iter().flatten());
            }
        }
        (number, found)
    };
    members.iter().map(|member| all(member.number)).collect()
}

/// The criteria of the spec that nobody says they take over.
fn uncovered(root: &Map, of: &Document, members: &[Proposed]) -> Vec<String> {
    let mut covered: HashSet<String> = members
        .iter()
        .flat_map(|member| member.criteria.iter().map(|text| one_line(text)))
        .collect();
    if let Some(Value::List(list)) = root.get("coverage").map(|entry| &entry.value.value) {
        for item in list.items.iter().filter_map(|item| item.as_map()) {
            let text = item.get("criterion").and_then(|entry| entry.value.as_str());
            let by = item.get("members").map(|entry| &entry.value.value);
            let somebody = matches!(by, Some(Value::List(list)) if !list.items.is_empty());
            covered.extend(text.filter(|_| somebody).map(one_line));
        }
    }
    of.criteria()
        .iter()
        .filter(|item| !covered.contains(&one_line(&item.text)))
        .map(|item| format!("no member takes over the criterion {:?}", item.text))
        .collect()
}
