//! One night: a crew of specs, blows, and the command repeated until nothing changes any more.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use chant_testkit::chance::Chance;
use chant_testkit::crew::{Crew, LABEL};
use chant_testkit::family::{self, Member};
use chant_testkit::{TestRepo, chant_bin};

use crate::blow::{Aim, Blow, Struck, all_at_once};
use crate::scene::Scene;
use crate::{check, checkout, ledger};

/// How many specs a night has.
const SPECS: usize = 24;

/// A command that takes longer hangs: all of them together take two seconds on an idle machine.
const LONGEST: Duration = Duration::from_mins(2);

/// How often the command is repeated with nobody killed, before what is missing counts as lost.
const CALM_ROUNDS: usize = 6;

/// Everything of one seed.
pub(crate) struct Night {
    seed: u64,
    chance: Chance,
    pub(crate) scene: Scene,
    /// The blows to come, the next one last.
    blows: Vec<Blow>,
    pub(crate) struck: Vec<Struck>,
    /// The processes that were seen since the last blow.
    seen: HashSet<u32>,
    rounds: usize,
    began: Instant,
    /// What went wrong on the way.
    trouble: Vec<String>,
}

/// How a command ended.
enum Ended {
    /// By itself, with this code.
    Code(i32),
    /// Killed.
    Killed,
    /// It was ended because it hung.
    Hung,
}

impl Night {
    /// A repository with the seed's crew and the user's own work lying about.
    pub(crate) fn begin(seed: u64) -> Self {
        family::adopt();
        let mut chance = Chance::of(seed);
        let crew = Crew::planned(&mut chance, SPECS);
        let settings = "limits: {idle: 20s, total: 60s}\n";
        let scene = Scene::set(TestRepo::new(), crew, &mut chance, settings);
        let blows = (0..3 + chance.below(6))
            .map(|_| Blow::planned(&mut chance))
            .collect();
        Self {
            seed,
            chance,
            scene,
            blows,
            struck: Vec::new(),
            seen: HashSet::new(),
            rounds: 0,
            began: Instant::now(),
            trouble: Vec::new(),
        }
    }

    /// Rounds with blows, then calm ones until everything is as it must be.
    pub(crate) fn pass(&mut self) {
        while !self.blows.is_empty() && self.rounds < 30 {
            let left = self.blows.len();
            self.round();
            if self.blows.len() == left {
                // It ended before the blow was due: nothing is left to be killed.
                self.blows.pop();
            }
            if self.chance.percent(50) {
                self.wait_for_quiet();
            }
        }
        self.blows.clear();
        for _ in 0..CALM_ROUNDS {
            self.round();
            if check::fates(&self.scene).is_empty() {
                break;
            }
        }
        self.wait_for_quiet();
    }

    /// The command once, with the blows that fall due.
    fn round(&mut self) {
        self.rounds += 1;
        for words in self.commands() {
            match self.command(&words) {
                Ended::Hung => self.trouble.push(format!(
                    "round {}: chant {} hung",
                    self.rounds,
                    words.join(" ")
                )),
                Ended::Code(code @ (2 | 3 | 5)) => self.trouble.push(format!(
                    "round {}: chant {} ended with {code}:\n{}",
                    self.rounds,
                    words.join(" "),
                    self.said(self.rounds)
                )),
                Ended::Code(_) | Ended::Killed => {}
            }
        }
    }

    fn commands(&self) -> Vec<Vec<String>> {
        let own = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        if !self.scene.parallel {
            let members = self.scene.crew.members.iter();
            return members.map(|member| own(&["work", &member.id])).collect();
        }
        vec![own(&["work", "--parallel=6", "--label", LABEL])]
    }

    fn command(&mut self, words: &[String]) -> Ended {
        let point = self.blows.last().and_then(Blow::crash_at);
        let mut command = self.scene.repo.command(chant_bin());
        command.args(words);
        if let Some(point) = &point {
            command.env("CHANT_CRASH_AT", point);
        }
        let child = self.spawn(&mut command);
        let pid = child.id();
        let ended = self.watch(child);
        if let (Some(point), Ended::Killed) = (point, &ended) {
            self.struck.push(Struck::at_point(point, pid));
            self.blows.pop();
        }
        ended
    }

    fn spawn(&self, command: &mut Command) -> Child {
        let path = self.scene.repo.home().join(format!("said-{}", self.rounds));
        let said = File::options()
            .create(true)
            .append(true)
            .open(path)
            .unwrap();
        command.stdout(said.try_clone().unwrap()).stderr(said);
        command.spawn().unwrap()
    }

    fn said(&self, round: usize) -> String {
        let path = self.scene.repo.home().join(format!("said-{round}"));
        std::fs::read_to_string(path).unwrap_or_default()
    }

    fn watch(&mut self, mut child: Child) -> Ended {
        let began = Instant::now();
        let mut due: Option<Instant> = None;
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return status.code().map_or(Ended::Killed, Ended::Code);
            }
            if began.elapsed() > LONGEST {
                self.describe_family("when it hung");
                all_at_once();
                child.wait().unwrap();
                return Ended::Hung;
            }
            if let Some(blow) = self.blows.last().copied()
                && !matches!(blow.aim, Aim::Point(..))
            {
                let family = family::now();
                self.seen.extend(family.iter().map(|member| member.pid));
                if self.seen.len() >= blow.after {
                    let since = *due.get_or_insert_with(|| Instant::now() + blow.delay);
                    if Instant::now() >= since
                        && let Some(struck) = blow.strike(&mut self.chance, &family, since)
                    {
                        self.struck.push(struck);
                        self.blows.pop();
                        self.seen.clear();
                        due = None;
                    }
                }
                // Git lives for a few milliseconds: who is due is looked for more often than who is not.
                let pause = if due.is_some() { 300 } else { 4000 };
                std::thread::sleep(Duration::from_micros(pause));
            } else {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
    }

    /// Nothing may outlive the commands for long.
    fn wait_for_quiet(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while !living().is_empty() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(2));
        }
        if !living().is_empty() {
            self.describe_family("left running with no command");
            all_at_once();
        }
    }

    fn describe_family(&mut self, when: &str) {
        let lines: Vec<String> = living()
            .into_iter()
            .map(|member| {
                format!(
                    "  {} (parent {}) {:?}: {}",
                    member.pid, member.parent, member.role, member.line
                )
            })
            .collect();
        self.trouble.push(format!(
            "round {}: {when}:\n{}",
            self.rounds,
            lines.join("\n")
        ));
    }

    /// Everything that is not as promised.
    pub(crate) fn findings(&self) -> Vec<String> {
        let mut found = self.trouble.clone();
        found.extend(check::fates(&self.scene));
        found.extend(check::history(&self.scene));
        found.extend(check::leftovers(&self.scene));
        found.extend(checkout::changed(&self.scene.repo, &self.scene.before));
        found.extend(ledger::paid_twice(&self.scene, &self.struck));
        found
    }

    /// One line: how much happened.
    pub(crate) fn summary(&self) -> String {
        let mut whom: BTreeMap<&str, usize> = BTreeMap::new();
        for struck in &self.struck {
            *whom.entry(&struck.what).or_default() += 1;
        }
        let whom: Vec<String> = whom
            .into_iter()
            .map(|(what, times)| format!("{times} {what}"))
            .collect();
        let killed = self.struck.len();
        format!(
            "{killed} killed ({}) in {} rounds, {:.1} s",
            whom.join(", "),
            self.rounds,
            self.began.elapsed().as_secs_f64()
        )
    }

    /// What was found, what had been done, and how to do it again.
    pub(crate) fn tell(&mut self, found: &[String]) -> String {
        let mut lines: Vec<String> = found.iter().map(|one| format!("* {one}")).collect();
        for struck in &self.struck {
            let whom = struck
                .members
                .iter()
                .map(|member| format!("{:?} {} ({})", member.role, member.pid, member.line));
            lines.push(format!(
                "{} killed at {}: {}",
                struck.what,
                struck.at,
                whom.collect::<Vec<_>>().join("; ")
            ));
        }
        if std::env::var_os("CHANT_KILL_KEEP").is_some() {
            let place = self.scene.repo.keep().display().to_string();
            lines.push(format!("its folder is kept: {place}"));
        }
        lines.push(format!(
            "repeat it: cargo xtask kill --seeds 1 --from {}",
            self.seed
        ));
        lines.join("\n")
    }
}

fn living() -> Vec<Member> {
    family::bury();
    family::now()
}
