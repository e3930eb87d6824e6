//! One blow: when it falls and whom it hits.

use std::time::{Duration, Instant};

use chant_testkit::chance::Chance;
use chant_testkit::family::{self, Member, Role};
use rustix::process::Signal;

/// Whom a blow is meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aim {
    /// Some process of this role.
    At(Role),
    /// The command and everything below it in one instant, as when the power fails.
    All,
    /// Whoever comes by a crash point: the command is started with it.
    Point(&'static str, usize),
}

/// A planned blow.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Blow {
    /// How many new processes are seen before it falls, since the command began or the last blow.
    pub(crate) after: usize,
    /// How much later still.
    pub(crate) delay: Duration,
    pub(crate) aim: Aim,
}

/// A blow that has fallen.
#[derive(Debug, Clone)]
pub(crate) struct Struck {
    /// Microseconds since 1970.
    pub(crate) at: u128,
    /// A role, all of them, or a crash point.
    pub(crate) what: String,
    pub(crate) members: Vec<Member>,
}

impl Struck {
    /// A command that has just died at a crash point.
    pub(crate) fn at_point(what: String, pid: u32) -> Self {
        let (at, role, line) = (now(), Role::Command, String::new());
        let parent = std::process::id();
        let members = vec![Member {
            pid,
            parent,
            role,
            line,
        }];
        Self { at, what, members }
    }
}

const POINTS: [&str; 28] = [
    "finish:ref",
    "place:held",
    "bring-along:noted",
    "bring-along:settled",
    "bring-along:replaced",
    "bring-along:merged",
    "guard.exit-file",
    "worktree:before",
    "worktree:after",
    "provision:before",
    "provision:after",
    "agent:before",
    "agent:after",
    "collect:before",
    "collect:after",
    "judge:before",
    "judge:after",
    "verify:before",
    "verify:after",
    "land:before",
    "land:after",
    "land:committed",
    "checkout:before",
    "checkout:after",
    "record:before",
    "record:after",
    "clean:before",
    "clean:after",
];

/// How long a blow waits for somebody of its role to come by.
const PATIENCE: Duration = Duration::from_millis(400);

impl Blow {
    /// By chance: one in four is the power failing or a crash point, the rest a single process.
    pub(crate) fn planned(chance: &mut Chance) -> Self {
        let aim = match chance.below(20) {
            0..=4 => Aim::At(Role::Command),
            5..=7 => Aim::At(Role::RunOne),
            8..=10 => Aim::At(Role::Guard),
            11..=12 => Aim::At(Role::Agent),
            13..=15 => Aim::At(Role::Git),
            16..=17 => Aim::All,
            _ => Aim::Point(chance.one_of(&POINTS), 1 + chance.below(3)),
        };
        Self {
            after: 3 + chance.below(220),
            delay: Duration::from_micros(chance.next() % 15_000),
            aim,
        }
    }

    /// What the command's environment needs for it.
    pub(crate) fn crash_at(&self) -> Option<String> {
        match self.aim {
            Aim::Point(point, visit) => Some(format!("{point}#{visit}")),
            _ => None,
        }
    }

    /// Strikes, if somebody of the role is there; `since` is when the blow was due.
    pub(crate) fn strike(
        &self,
        chance: &mut Chance,
        family: &[Member],
        since: Instant,
    ) -> Option<Struck> {
        let members: Vec<Member> = match self.aim {
            Aim::Point(..) => return None,
            Aim::All => all_at_once(),
            Aim::At(role) => {
                let mut of_role: Vec<&Member> =
                    family.iter().filter(|member| member.role == role).collect();
                if of_role.is_empty() && since.elapsed() > PATIENCE {
                    of_role = family.iter().collect();
                }
                let chosen = *of_role.get(chance.below(of_role.len()))?;
                if !family::kill(chosen.pid) {
                    return None;
                }
                vec![chosen.clone()]
            }
        };
        let what = match (self.aim, members.first()?) {
            (Aim::All, _) => "All".to_owned(),
            (_, first) => format!("{:?}", first.role),
        };
        let at = now();
        Some(Struck { at, what, members })
    }
}

/// All are stopped before one is killed, so that nobody sees another die.
pub(crate) fn all_at_once() -> Vec<Member> {
    let mut stopped: Vec<Member> = Vec::new();
    loop {
        let more: Vec<Member> = family::now()
            .into_iter()
            .filter(|member| stopped.iter().all(|known| known.pid != member.pid))
            .collect();
        if more.is_empty() {
            break;
        }
        for member in more {
            family::signal(member.pid, Signal::STOP);
            stopped.push(member);
        }
    }
    for member in &stopped {
        family::kill(member.pid);
    }
    stopped
}

fn now() -> u128 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_micros()
}
