//! The reader: a maintainer with a fork, a clone and an agent, who does what the pages say.
//!
//! `https://github.com/` is a folder here, so that cloning and pushing are real and need no network. The agent is a
//! stand-in (`agent/agent.sh`): it writes the files that lie beside it, where the reader's own agent would think.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use chant_testkit::{TestRepo, chant_bin};

use crate::compare::{ids, line_matches, lines_match, without_random};
use crate::page::{Page, Step};

const AGENT: &str = "---\nagents:\n  - name: stand-in\n    kind: command\n    command: [sh, AGENT]\ndefaults: {agent: stand-in}\n---\n";

pub(crate) struct Reader {
    home: TestRepo,
    here: PathBuf,
    now: String,
}

/// The folder of the guide.
pub(crate) fn guide() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides/oss-maintainer-workflow")
}

impl Reader {
    /// Somebody who has forked kvstore on GitHub.
    pub(crate) fn new() -> Self {
        Self::with_agent("agent")
    }

    /// The same for a page that stands alone: its agent has results of its own.
    pub(crate) fn alone(page: &str) -> Self {
        let reader = Self::with_agent("alone");
        let story = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guide/agent");
        reader.says(&format!(
            "cp -R {} stand-in/story; [ ! -d stand-in/{page} ] || mv stand-in/{page} stand-in/part",
            story.display()
        ));
        reader
    }

    /// What the reader did before the page begins, and where that ended.
    #[track_caller]
    pub(crate) fn prepare(&mut self, command: &str, folder: &str) {
        let output = self.sh(command);
        assert!(output.status.success(), "{}", text(&output));
        self.here = self.home.home().join(folder);
    }

    fn with_agent(folder: &str) -> Self {
        let home = TestRepo::folder_only();
        let forge = home.home().join("forge");
        let reader = Self {
            here: home.home(),
            home,
            now: "2026-02-09T09:00:00Z".to_owned(),
        };
        let agent = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/guide")
            .join(folder);
        reader.says(&format!("cp -R {} stand-in", agent.display()));
        let agent = reader.here.join("stand-in/agent.sh");
        reader.write(
            "config/chant/config.md",
            &AGENT.replace("AGENT", agent.to_str().unwrap()),
        );
        reader.write(
            "gitconfig",
            &format!(
                "[user]\n\tname = Ada Lovelace\n\temail = ada@example.com\n\
                 [init]\n\tdefaultBranch = main\n\
                 [url \"file://{}/\"]\n\tinsteadOf = https://github.com/\n",
                forge.display()
            ),
        );
        reader.publish(&forge);
        reader
    }

    /// The upstream project, and a fork of it.
    fn publish(&self, forge: &Path) {
        let source = guide().join("kvstore");
        let script = format!(
            "mkdir -p {forge}/kvstore {forge}/you && cp -R {source} first && rm -rf first/target && cd first \
             && git init -q && git add -A && git commit -qm 'kvstore 0.6.2' \
             && git clone -q --bare . {forge}/kvstore/kvstore.git \
             && git clone -q --bare . {forge}/you/kvstore.git && cd .. && rm -rf first",
            forge = forge.display(),
            source = source.display(),
        );
        let output = self.sh(&script);
        assert!(output.status.success(), "{}", text(&output));
    }

    /// The fork, as the world sees it.
    pub(crate) fn fork(&self) -> PathBuf {
        self.home.home().join("forge/you/kvstore.git")
    }

    /// What a command prints, on both streams, in the reader's home.
    pub(crate) fn says(&self, command: &str) -> String {
        text(&self.sh(command))
    }

    /// Does all that a page says. With `GUIDE_BLESS` set, what differs is written into the page instead: to be read
    /// through before it is committed.
    pub(crate) fn follow(&mut self, page: &Page) {
        let mut corrected: Vec<((usize, usize), Vec<String>)> = Vec::new();
        for step in page.steps() {
            match step {
                Step::Clock(time) => self.now = time,
                Step::Meanwhile(script) => {
                    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
                        .join("tests/guide")
                        .join(script);
                    let output = self.sh(&format!("cd ~ && sh {}", path.display()));
                    assert!(output.status.success(), "{}", text(&output));
                }
                Step::Writes { path, text } => self.write(&path, &self.with_real_ids(&text)),
                Step::Shows { path, text, lines } => {
                    let there = self.file(page, &path);
                    let shown: Vec<&str> = text.lines().collect();
                    let there: Vec<&str> = there.lines().collect();
                    if !lines_match(&shown, &there) {
                        must_bless(&page.place(lines.0), &shown, &there);
                        corrected.push((lines, there.iter().map(|line| made_up(line)).collect()));
                    }
                }
                Step::Command {
                    command,
                    output,
                    lines,
                    exits,
                } => {
                    let place = format!("{}: {command}", page.place(lines.0 - 1));
                    let said = self.type_in(&command, exits, &place);
                    let printed: Vec<&str> = said.lines().map(str::trim_end).collect();
                    let shown: Vec<&str> = output.iter().map(String::as_str).collect();
                    if lines_match(&shown, &printed) {
                        continue;
                    }
                    must_bless(&place, &shown, &printed);
                    corrected.push((lines, blessed(&shown, &printed)));
                }
            }
        }
        correct(page, corrected);
    }

    fn type_in(&mut self, command: &str, exits: i32, place: &str) -> String {
        if let Some(folder) = command.strip_prefix("cd ") {
            self.here = match folder.strip_prefix('~') {
                Some(rest) => self.home.home().join(rest.trim_start_matches('/')),
                None => self.here.join(folder),
            };
            return String::new();
        }
        let output = self.sh(&self.with_real_ids(command));
        let said = text(&output).replace(self.home.home().to_str().unwrap(), "~");
        assert_eq!(output.status.code(), Some(exits), "{place}\n{said}");
        said
    }

    fn sh(&self, command: &str) -> Output {
        let tools = Path::new(env!("CARGO")).parent().unwrap();
        let bin = chant_bin();
        let path = chant_testkit::path::without_agents(&self.home.home());
        let path = format!(
            "{}:{}:{}",
            bin.parent().unwrap().display(),
            tools.display(),
            path.to_str().unwrap()
        );
        let mut shell: Command = self.home.command("sh");
        shell
            .args(["-c", &format!("exec 2>&1\n{command}")])
            .current_dir(&self.here)
            .env("PATH", path)
            .env("EDITOR", "true")
            .env("CARGO_HOME", self.home.home().join("cargo"))
            .env("CARGO_NET_OFFLINE", "true")
            .env("CHANT_NOW", &self.now)
            .env("GIT_AUTHOR_DATE", &self.now)
            .env("GIT_COMMITTER_DATE", &self.now);
        shell.output().unwrap()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.here.join(self.with_real_ids(path));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn file(&self, page: &Page, path: &str) -> String {
        let file = self.here.join(self.with_real_ids(path));
        std::fs::read_to_string(&file)
            .unwrap_or_else(|error| panic!("{} shows {path}: {error}", page.path.display()))
    }

    /// The pages' ids end in made-up characters; the reader's end in others.
    fn with_real_ids(&self, text: &str) -> String {
        let mut real = text.to_owned();
        for id in ids(text) {
            let head = &id[..id.len() - 3];
            let specs = std::fs::read_dir(self.here.join(".chant/specs"));
            let name = specs
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.file_name().to_string_lossy().into_owned())
                .find(|name| name.starts_with(head));
            if let Some(name) = name {
                real = real.replace(id, name.trim_end_matches(".md"));
            }
        }
        real
    }
}

/// Ends the test, unless it was asked to correct the pages.
#[track_caller]
fn must_bless(place: &str, shown: &[&str], there: &[&str]) {
    assert!(
        std::env::var_os("GUIDE_BLESS").is_some(),
        "{place}\nshown:\n{}\n\nthere is:\n{}",
        shown.join("\n"),
        there.join("\n")
    );
}

/// A line with ids as the pages have them.
fn made_up(line: &str) -> String {
    without_random(line).replace("-xxx", "-k3x")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What was printed, with the wildcards of what is shown where they still fit, and the ids of objects and runs as
/// wildcards.
fn blessed(shown: &[&str], printed: &[&str]) -> Vec<String> {
    let mut rest = shown;
    printed
        .iter()
        .map(|line| {
            if let Some(at) = rest.iter().position(|shown| line_matches(shown, line)) {
                let kept = rest[at].to_owned();
                rest = &rest[at + 1..];
                return kept;
            }
            let is_run = |word: &str| word.len() == 26 && word.starts_with("01");
            let is_oid = |word: &str| {
                let has = |kind: fn(&u8) -> bool| word.as_bytes().iter().any(kind);
                let is_run = word.len() == 26 && word.starts_with("01");
                is_run
                    || word.len() >= 7
                        && word.bytes().all(|byte| byte.is_ascii_hexdigit())
                        && has(u8::is_ascii_digit)
                        && has(u8::is_ascii_alphabetic)
            };
            let mut words = made_up(line);
            for word in line.split(|c: char| !c.is_ascii_alphanumeric()) {
                if is_oid(word) || is_run(word) {
                    words = words.replace(word, "[..]");
                }
            }
            words
        })
        .collect()
}

fn correct(page: &Page, corrected: Vec<((usize, usize), Vec<String>)>) {
    if corrected.is_empty() {
        return;
    }
    let mut lines: Vec<String> = page.text.lines().map(str::to_owned).collect();
    for ((from, to), output) in corrected.into_iter().rev() {
        lines.splice(from - 1..to - 1, output);
    }
    std::fs::write(&page.path, lines.join("\n") + "\n").unwrap();
}
