//! A crew: many specs at once, each with an agent that does what is planned for it, and how each must end.
//!
//! The plan comes from a seed alone. The agents are the fake agent with a folder of scripts, and keep a ledger outside the
//! repository: a line when one begins and one when it has done its part, so that a test can count what was paid for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::{TestRepo, chance::Chance, fake_agent_bin};

/// The label that every spec of a crew has.
pub const LABEL: &str = "crew";

/// The file whose lines several specs change.
pub const SHARED: &str = "shared.txt";

/// What a spec's agent does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Writes its own file.
    Honest,
    /// Adds its word to a line that others change too, and joins the words where they meet.
    Shares(usize),
    /// The same, and fails when it is asked to resolve a conflict.
    Quarrels(usize),
    /// Fails on every attempt.
    Fails,
    /// Fails on the first attempt.
    FailsOnce,
    /// Does its work; its check finds it wrong.
    Refuted,
    /// Hangs for ever, on every attempt.
    Hangs,
    /// Is told once that the plan is used up and renewed in two seconds; then does its work.
    Limited,
}

/// How a spec must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// On main, once.
    Lands,
    /// On main once, or in conflict with its reason.
    LandsOrQuarrels,
    /// Not on main: failed, with its reason.
    Stands,
    /// Not on main: failed with its reason, or waiting for one in conflict.
    StandsOrWaits,
    /// Not on main: it waits for one that stands.
    Waits,
}

/// One spec of a crew.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its id.
    pub id: String,
    /// What its agent does.
    pub part: Part,
    /// The specs it builds on.
    pub after: Vec<String>,
    /// How long its agent takes, in milliseconds.
    pub takes: usize,
}

/// All of them.
#[derive(Debug, Clone)]
pub struct Crew {
    /// In the order of their ids.
    pub members: Vec<Member>,
    /// How many lines the shared file has.
    pub lines: usize,
}

/// A line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// `begins`, `ends`, `resolves`.
    pub word: String,
    /// The spec.
    pub spec: String,
    /// The run.
    pub run: String,
    /// The attempt.
    pub attempt: u32,
    /// The agent's process.
    pub pid: u32,
    /// Microseconds since 1970.
    pub at: u128,
}

impl Crew {
    /// A crew of so many, by a seed. About one in twelve fails, one fails once, one in three shares a line with others.
    pub fn planned(chance: &mut Chance, size: usize) -> Self {
        let lines = (size / 6).max(1);
        let mut members: Vec<Member> = Vec::new();
        for number in 1..=size {
            let part = match chance.below(100) {
                0..=51 => Part::Honest,
                52..=75 => Part::Shares(chance.below(lines)),
                76..=82 => Part::Quarrels(chance.below(lines)),
                83..=88 => Part::Fails,
                89..=94 => Part::FailsOnce,
                _ => Part::Refuted,
            };
            let mut after = BTreeSet::new();
            for _ in 0..chance.one_of(&[0, 0, 1, 1, 2]) {
                if let Some(earlier) = members.get(chance.below(members.len())) {
                    after.insert(earlier.id.clone());
                }
            }
            members.push(Member {
                id: format!("{number:03}-task"),
                part,
                after: after.into_iter().collect(),
                takes: chance.below(40),
            });
        }
        Self { members, lines }
    }

    /// A crew for a night in which much goes wrong, as it does: of a hundred, ten fail, five hang, five meet others on the
    /// same line, and one meets the limit of its plan. Every fifth builds on an earlier one.
    pub fn overnight(chance: &mut Chance, size: usize) -> Self {
        let share = |hundredth: usize| (size * hundredth / 100).max(1);
        let parts = [
            (Part::Fails, share(10)),
            (Part::Hangs, share(5)),
            (Part::Shares(0), share(3).max(2)),
            (Part::Quarrels(0), share(2)),
            (Part::Limited, 1),
        ];
        let mut parts: Vec<Part> = parts
            .into_iter()
            .flat_map(|(part, times)| std::iter::repeat_n(part, times))
            .collect();
        parts.resize(size, Part::Honest);
        for at in (1..size).rev() {
            parts.swap(at, chance.below(at + 1));
        }
        let mut members: Vec<Member> = Vec::new();
        for (at, part) in parts.into_iter().enumerate() {
            let builds = at > 0
                && chance.percent(20)
                && !matches!(part, Part::Shares(_) | Part::Quarrels(_));
            let after = builds.then(|| members[chance.below(at)].id.clone());
            members.push(Member {
                id: format!("{:03}-task", at + 1),
                part,
                after: after.into_iter().collect(),
                takes: chance.below(200),
            });
        }
        Self { members, lines: 1 }
    }

    /// How each must end. Those that were `cut_short` while they brought two changes together may stand in conflict.
    pub fn fates(&self, cut_short: &BTreeSet<String>) -> BTreeMap<String, Fate> {
        let mut fates: BTreeMap<String, Fate> = BTreeMap::new();
        for member in &self.members {
            let before: Vec<Fate> = member.after.iter().map(|id| fates[id]).collect();
            let never =
                |fate: &Fate| matches!(fate, Fate::Stands | Fate::StandsOrWaits | Fate::Waits);
            // Where what it builds on may be in conflict, it may wait for that.
            let unsure = before.contains(&Fate::LandsOrQuarrels);
            let fate = match member.part {
                _ if before.iter().any(never) => Fate::Waits,
                Part::Fails | Part::Refuted | Part::Hangs if unsure => Fate::StandsOrWaits,
                Part::Fails | Part::Refuted | Part::Hangs => Fate::Stands,
                Part::Quarrels(_) => Fate::LandsOrQuarrels,
                _ if cut_short.contains(&member.id) => Fate::LandsOrQuarrels,
                _ if unsure => Fate::LandsOrQuarrels,
                _ => Fate::Lands,
            };
            fates.insert(member.id.clone(), fate);
        }
        fates
    }

    /// Writes specs, scripts and the agent's settings into a repository with `chant init` done, and commits them.
    pub fn settle(&self, repo: &TestRepo, settings: &str) {
        let scripts = scripts(repo);
        std::fs::create_dir_all(&scripts).expect("a folder");
        for member in &self.members {
            let script = member.script(repo).to_string();
            std::fs::write(scripts.join(format!("{}.json", member.id)), script)
                .expect("the script is written");
            repo.write(&format!(".chant/specs/{}.md", member.id), &member.spec());
        }
        // Far enough apart that changes of two lines are no conflict.
        let shared: Vec<String> = (0..self.lines).map(line_name).collect();
        repo.write(SHARED, &format!("{}\n", shared.join("\n\n\n\n")));
        let command = json!([fake_agent_bin(), scripts]);
        repo.write(
            ".chant/agents.md",
            &format!(
                "---\nagents:\n  - name: fake\n    kind: command\n    command: {command}\ndefaults:\n  agent: fake\n{settings}---\n"
            ),
        );
        repo.commit("a crew of specs");
    }

    /// What a spec's landing puts on main, as words that `git show` must find: the file, and the text in it.
    pub fn change_of(&self, id: &str) -> Option<(String, String)> {
        let member = self.members.iter().find(|member| member.id == id)?;
        Some(match member.part {
            Part::Shares(_) | Part::Quarrels(_) => (SHARED.to_owned(), format!(" {id}")),
            _ => (format!("out/{id}.txt"), format!("made for {id}\n")),
        })
    }
}

/// How the lines of the shared file begin.
pub fn line_name(line: usize) -> String {
    format!("line-{line}:")
}

/// The folder of the agents' scripts.
pub fn scripts(repo: &TestRepo) -> PathBuf {
    repo.home().join("scripts")
}

/// The ledger's file.
pub fn ledger_file(repo: &TestRepo) -> PathBuf {
    repo.home().join("ledger.txt")
}

/// What the agents have written down so far.
pub fn ledger(repo: &TestRepo) -> Vec<Entry> {
    let text = std::fs::read_to_string(ledger_file(repo)).unwrap_or_default();
    text.lines().filter_map(entry).collect()
}

fn entry(line: &str) -> Option<Entry> {
    let mut words = line.split(' ').map(str::to_owned);
    Some(Entry {
        word: words.next()?,
        spec: words.next()?,
        run: words.next()?,
        attempt: words.next()?.parse().ok()?,
        pid: words.next()?.parse().ok()?,
        at: words.next()?.parse().ok()?,
    })
}

impl Member {
    fn script(&self, repo: &TestRepo) -> Value {
        let log = |word: &str| json!({"log": [word, ledger_file(repo)]});
        let id = &self.id;
        let own = json!({"write": {format!("out/{id}.txt"): format!("made for {id}\n")}});
        let join = |line: usize| json!({"join": {"path": SHARED, "line": line_name(line), "text": format!(" {id}")}});
        let mut script = vec![log("begins")];
        match self.part {
            Part::Shares(_) => script.push(
                json!({"on_conflict": [log("resolves"), "resolve", "tick_all", log("ends")]}),
            ),
            Part::Quarrels(_) => {
                script.push(json!({"on_conflict": [log("resolves"), {"exit": 7}]}));
            }
            Part::Hangs => script.push(json!("hang")),
            Part::Limited => {
                let told = repo.home().join(format!("{id}.limited"));
                let refusal = "usage limit reached, try again in 2 seconds";
                script.push(
                    json!({"once": [told, [{"stderr": refusal}, log("limited"), {"exit": 1}]]}),
                );
            }
            Part::FailsOnce => {
                script.push(json!({"up_to": [1, [{"stderr": "not today"}, {"exit": 6}]]}));
            }
            _ => {}
        }
        script.push(json!({"say": format!("working on {id}")}));
        script.push(json!({"take": self.takes / 2}));
        match self.part {
            Part::Shares(line) | Part::Quarrels(line) => script.push(join(line)),
            _ => script.push(own),
        }
        script.push(json!({"take": self.takes / 2}));
        if self.part == Part::Fails {
            script.push(json!({"stderr": "it cannot be done"}));
            script.push(json!({"exit": 5}));
        }
        script.push(json!("tick_all"));
        // Half of them leave it to chant to commit.
        if self.takes % 2 == 1 {
            script.push(json!({"commit": format!("{id}: done")}));
        }
        script.push(log("ends"));
        Value::Array(script)
    }

    fn spec(&self) -> String {
        let id = &self.id;
        let after = match self.after.as_slice() {
            [] => String::new(),
            after => format!("depends_on: [{}]\n", after.join(", ")),
        };
        let check = match self.part {
            Part::Refuted => {
                "verify:\n  - run: grep -q impossible README.md\n    name: impossible\n"
            }
            _ => "",
        };
        format!(
            "---\ntype: code\nstatus: pending\n{after}labels: [{LABEL}]\n{check}---\n\n# Do {id}\n\n## Acceptance Criteria\n\n- [ ] It is there\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_crew_again_with_every_part_somewhere() {
        let crew = |seed| Crew::planned(&mut Chance::of(seed), 24);
        assert_eq!(format!("{:?}", crew(3)), format!("{:?}", crew(3)));
        let mut seen = BTreeSet::new();
        for seed in 0..200 {
            for (_, fate) in crew(seed).fates(&BTreeSet::new()) {
                seen.insert(format!("{fate:?}"));
            }
        }
        assert_eq!(seen.len(), 5, "{seen:?}");
    }
}
