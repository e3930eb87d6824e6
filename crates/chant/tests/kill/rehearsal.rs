//! The overnight rehearsal: many specs, a planned share of them going wrong, a usage limit, a `kill -9` of the command and a full
//! disk. Nobody is asked anything; in the morning the report says of each spec what was planned for it.
//!
//! What a timer would do in the night is done here: the same command is given again when it has ended and something is left.
//! `cargo xtask rehearsal --specs 200` is the whole one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chant_testkit::chance::Chance;
use chant_testkit::crew::{self, Crew, Fate, LABEL, Part};
use chant_testkit::family::{self, Role};
use chant_testkit::{TestRepo, chant_bin};

use crate::blow::Struck;
use crate::scene::Scene;
use crate::{check, checkout, ledger};

/// How long an agent may say nothing. Much longer than any of these needs, even on a busy machine.
const IDLE: &str = "4s";

/// How often the command is given in one night, at most.
const TIMES: usize = 8;

/// A command that takes longer hangs: all of them together take three minutes with 200 specs.
const LONGEST: Duration = Duration::from_mins(10);

/// What a full disk is in kilobytes: enough for 200 specs, soon filled.
const DISK: u32 = 400_000;

#[test]
fn a_small_one() {
    let help = TestRepo::folder_only().chant(&["work", "--help"]).stdout;
    if !help.contains("--parallel") {
        return;
    }
    let output = in_own_disk(20);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
}

#[test]
#[ignore = "its size is in CHANT_REHEARSAL_SPECS; started by the other test and by cargo xtask rehearsal"]
fn rehearse() {
    let specs = std::env::var("CHANT_REHEARSAL_SPECS")
        .unwrap()
        .parse()
        .unwrap();
    if std::env::var_os("CHANT_REHEARSAL_DISK").is_none() {
        let output = in_own_disk(specs);
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success());
        return;
    }
    let mut rehearsal = Rehearsal::begin(specs);
    rehearsal.night();
    let found = rehearsal.findings();
    eprintln!("{}", rehearsal.report());
    assert!(
        found.is_empty(),
        "{} findings:\n* {}",
        found.len(),
        found.join("\n* ")
    );
}

/// Starts the rehearsal with a small disk of its own below it; on the machine's own where mounting is not allowed.
fn in_own_disk(specs: usize) -> std::process::Output {
    let folder = tempfile_dir();
    let words = [
        "rehearsal::rehearse",
        "--exact",
        "--ignored",
        "--nocapture",
        "-q",
    ];
    let mount = format!("mount -t tmpfs -o size={DISK}k tmpfs \"$TMPDIR\" || exit 99; exec \"$@\"");
    let with = |command: &mut Command, disk: &str| {
        command
            .env("TMPDIR", &folder)
            .env("CHANT_REHEARSAL_DISK", disk)
            .env("CHANT_REHEARSAL_SPECS", specs.to_string())
            .stdin(Stdio::null())
            .output()
    };
    let exe = std::env::current_exe().unwrap();
    let mut command = Command::new("unshare");
    command
        .args(["-m", "sh", "-c", &mount, "sh"])
        .arg(&exe)
        .args(words);
    let small = with(&mut command, "small").ok();
    let small = small.filter(|output| {
        output.status.code() != Some(99) && !output.stderr.starts_with(b"unshare:")
    });
    let output = small.unwrap_or_else(|| {
        eprintln!("the full disk is left out: mounting needs root");
        with(Command::new(&exe).args(words), "none").unwrap()
    });
    fs::remove_dir_all(folder).ok();
    output
}

fn tempfile_dir() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("rehearsal-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

struct Rehearsal {
    scene: Scene,
    struck: Vec<Struck>,
    /// How each command ended, in order.
    ended: Vec<String>,
    trouble: Vec<String>,
    filled: bool,
    began: Instant,
}

impl Rehearsal {
    fn begin(specs: usize) -> Self {
        family::adopt();
        let mut chance = Chance::of(specs as u64);
        let crew = Crew::overnight(&mut chance, specs);
        let settings = format!("limits: {{idle: {IDLE}, total: 5m}}\n");
        Self {
            scene: Scene::set(TestRepo::new(), crew, &mut chance, &settings),
            struck: Vec::new(),
            ended: Vec::new(),
            trouble: Vec::new(),
            filled: false,
            began: Instant::now(),
        }
    }

    /// The command, given again by a timer until the plan is fulfilled.
    fn night(&mut self) {
        for time in 1..=TIMES {
            self.command(time);
            if !self.trouble.is_empty() {
                return;
            }
            if self.struck.len() == 1 && self.filled && check::fates(&self.scene).is_empty() {
                return;
            }
        }
    }

    fn command(&mut self, time: usize) {
        let said = File::create(self.said(time)).unwrap();
        let mut command = self.scene.repo.command(chant_bin());
        command.args(["work", "--parallel=6", "--label", LABEL]);
        command.stdout(said.try_clone().unwrap()).stderr(said);
        let mut child = command.spawn().unwrap();
        let began = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if began.elapsed() > LONGEST {
                self.hung(time);
                break child.wait().unwrap();
            }
            self.incidents(child.id());
            std::thread::sleep(Duration::from_millis(5));
        };
        self.ended.push(status.to_string());
    }

    /// Ends everything, and says what was running.
    fn hung(&mut self, time: usize) {
        let said = fs::read_to_string(self.said(time)).unwrap_or_default();
        let members = crate::blow::all_at_once();
        let lines = members
            .iter()
            .map(|member| format!("  {} {:?}: {}\n", member.pid, member.role, member.line));
        self.trouble.push(format!(
            "command {time} hung with these processes:\n{}it had said:\n{said}",
            lines.collect::<String>()
        ));
    }

    /// After a third of the work the command is killed; after two thirds the disk is full for a while.
    fn incidents(&mut self, command: u32) {
        let done = crew::ledger(&self.scene.repo)
            .iter()
            .filter(|entry| entry.word == "ends")
            .count();
        let of = self.scene.crew.members.len();
        if self.struck.is_empty() && done * 3 > of {
            let members: Vec<_> = family::now()
                .into_iter()
                .filter(|member| member.pid == command)
                .collect();
            debug_assert!(members.iter().all(|member| member.role == Role::Command));
            family::kill(command);
            let at = std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .unwrap();
            self.struck.push(Struck {
                at: at.as_micros(),
                what: "the command".to_owned(),
                members,
            });
        } else if !self.filled && self.struck.len() == 1 && done * 2 > of {
            self.filled = true;
            if std::env::var("CHANT_REHEARSAL_DISK").is_ok_and(|disk| disk == "small") {
                fill_for(Duration::from_millis(1500));
            }
        }
    }

    fn said(&self, time: usize) -> PathBuf {
        self.scene.repo.home().join(format!("said-{time}"))
    }

    /// What the last command printed.
    fn report(&self) -> String {
        let said = fs::read_to_string(self.said(self.ended.len())).unwrap_or_default();
        let status = self.scene.repo.chant(&["status"]).stdout;
        let seconds = self.began.elapsed().as_secs();
        format!(
            "{}\n\n{said}\n{status}\n{} commands in {seconds} s: {}",
            self.planned(),
            self.ended.len(),
            self.ended.join("; ")
        )
    }

    /// How many were to end in which way.
    fn planned(&self) -> String {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for (_, fate) in self.scene.crew.fates(&BTreeSet::new()) {
            *counts.entry(format!("{fate:?}")).or_default() += 1;
        }
        let disk = std::env::var("CHANT_REHEARSAL_DISK").unwrap_or_default();
        let of = self.scene.crew.members.len();
        format!("{of} specs, planned: {counts:?}; a usage limit, a kill, a full disk ({disk})")
    }

    fn findings(&mut self) -> Vec<String> {
        family::bury();
        let mut found = std::mem::take(&mut self.trouble);
        found.extend(
            family::now()
                .into_iter()
                .map(|member| format!("left running: {}", member.line)),
        );
        found.extend(check::fates(&self.scene));
        found.extend(check::history(&self.scene));
        found.extend(check::leftovers(&self.scene));
        found.extend(checkout::changed(&self.scene.repo, &self.scene.before));
        found.extend(ledger::paid_twice(&self.scene, &self.struck));
        found.extend(self.unreported());
        found
    }

    /// What the report should say of the plan and does not.
    fn unreported(&self) -> Vec<String> {
        let report = self.report();
        let fates = self.scene.crew.fates(&BTreeSet::new());
        let mut found = Vec::new();
        for member in &self.scene.crew.members {
            let why = match (fates[&member.id], member.part) {
                (Fate::Stands, Part::Fails) => "it cannot be done",
                (Fate::Stands, Part::Hangs) => "no output",
                (Fate::Waits, _) => "depends on",
                _ => continue,
            };
            let told = report
                .lines()
                .any(|line| line.contains(&member.id) && line.contains(why));
            if !told {
                found.push(format!(
                    "the report does not say of {} that {why:?}",
                    member.id
                ));
            }
        }
        found
    }
}

/// Fills the disk to the last byte, and gives the space back after a while.
fn fill_for(time: Duration) {
    let path = std::env::temp_dir().join("filler");
    let mut file = File::create(&path).unwrap();
    let mut size = u64::from(DISK) * 1024;
    let mut from = 0;
    while size >= 4096 {
        match rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), from, size) {
            Ok(()) => from += size,
            Err(_) => size /= 2,
        }
    }
    file.seek(SeekFrom::End(0)).unwrap();
    let until = Instant::now() + time;
    let mut was_full = false;
    while Instant::now() < until {
        // What the others give back is taken, too.
        was_full |= file.write_all(&[1; 4096]).is_err();
        std::thread::sleep(Duration::from_millis(1));
    }
    fs::remove_file(path).unwrap();
    assert!(was_full, "the disk was full");
}
