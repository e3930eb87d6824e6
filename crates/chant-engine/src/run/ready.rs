//! A run's worktree is made ready for its agent: what the checkout lends, a block of ports, and the commands of
//! `worktree.setup`.
//!
//! What is lent is ignored or untracked in the checkout and never becomes part of a result: `collect` takes it out again.
//! The commands are from the settings, so a clone has to be trusted for them. They run in a process tree of their own, with
//! the limits of checks.

use std::path::{Path, PathBuf};
use std::time::Duration;

use chant_os::ports::Ports;
use chant_os::tree::{Job, Running, Stdin};
use chant_spec::Check;

use super::{Flow, Run};
use crate::bench::{self, Outcome};
use crate::claim::MARKER;
use crate::error::{Code, Error, Result};
use crate::event::Event;
use crate::journal::RunState;
use crate::project::Project;

/// How a path gets into the worktree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Copy,
    Link,
}

/// What became of a path that was to be lent.
enum Lent {
    /// It is there, from the repository's root.
    Yes(String),
    /// It is not, for this reason.
    No(String),
}

impl Run<'_, '_> {
    /// Repeatable: what is there already stays. `None` where the agent may begin.
    pub(super) fn make_ready(&mut self) -> Result<Option<Flow>> {
        let wanted = self.project.config().worktree.clone();
        let ways = [(Way::Copy, &wanted.copy), (Way::Link, &wanted.link)];
        let mut lent = Vec::new();
        let mut links = Vec::new();
        for (way, paths) in ways {
            for path in paths {
                match lend(self.project, &self.record.facts.worktree, way, path)? {
                    Lent::Yes(inside) => {
                        if way == Way::Link {
                            links.push(path.as_str());
                        }
                        lent.push(inside);
                    }
                    Lent::No(because) => self.note(format!("{path}: {because}"))?,
                }
            }
        }
        if !links.is_empty() {
            let links = links.join(", ");
            self.note(format!(
                "linked into your checkout, so what is changed there is changed for you too: {links}"
            ))?;
        }
        self.record.facts.lent = lent;
        if wanted.setup.is_empty() {
            return Ok(None);
        }
        crate::trust::check(self.project, &format!("the setup {:?}", wanted.setup[0]))?;
        for (number, command) in wanted.setup.iter().enumerate() {
            if let Some(flow) = self.set_up(number + 1, command)? {
                return Ok(Some(flow));
            }
        }
        self.warn_of_changes()?;
        Ok(None)
    }

    fn set_up(&mut self, number: usize, command: &str) -> Result<Option<Flow>> {
        let check = Check {
            run: command.to_owned(),
            ..Check::default()
        };
        let plan = bench::Plan::of(self.project, &check)?;
        let dir = self.dir();
        let mut env = chant_agent::base_environment();
        env.extend(self.check_environment());
        let job = Job {
            program: "/bin/sh".into(),
            args: vec!["-c".into(), command.into()],
            dir: self.record.facts.worktree.join(self.project.prefix_text()),
            env,
            stdin: Stdin::Null,
            marker: (MARKER.to_owned(), self.record.id.clone()),
            exit_file: dir.join(format!("setup-{number}.exit.json")),
            grace: Duration::from_secs(2),
            grace2: Duration::from_secs(2),
        };
        let running = Running::start(&self.outside.guard, &job)?;
        let most = self.project.config().limits.processes;
        let Ok(trial) = bench::attend(running, self.outside.control, plan.limit(), most) else {
            return Ok(Some(Flow::End(
                RunState::Paused,
                "interrupted; `chant work` goes on from here".to_owned(),
            )));
        };
        let outcome = Outcome::of(&plan, trial, false);
        let log = dir.join(format!("setup-{number}.log"));
        chant_os::file::replace_cache(&log, &outcome.output)?;
        self.emit(&Event::Check {
            name: format!("setup: {command}"),
            passed: outcome.passed,
            outcome: outcome.sentence.clone(),
        })?;
        Ok((!outcome.passed).then(|| {
            let (why, log) = (outcome.sentence, log.display());
            let reason =
                format!("the worktree could not be made ready: {command}: {why} (see {log})");
            Flow::End(RunState::Failed, reason)
        }))
    }

    /// What the commands changed that git does not ignore would look like the agent's work.
    fn warn_of_changes(&mut self) -> Result<()> {
        let facts = &self.record.facts;
        let there = self.project.repo().at(&facts.worktree);
        let own: Vec<&str> = facts
            .brought
            .iter()
            .map(|(path, _)| path.as_str())
            .chain(facts.lent.iter().map(String::as_str))
            .chain([facts.spec_path.as_str()])
            .collect();
        let changed: Vec<String> = there
            .is_dirty(&[])?
            .into_iter()
            .filter(|path| !own.iter().any(|own| is_at_or_below(path, own)))
            .take(5)
            .collect();
        if changed.is_empty() {
            return Ok(());
        }
        self.warn(format!(
            "worktree.setup changed files that git does not ignore, and they will be part of the result: {}",
            changed.join(", ")
        ))
    }

    /// Takes a block of ports where the settings ask for one; the same as before, where that is still free.
    pub(super) fn take_ports(&mut self) -> Result<()> {
        let count = self.project.config().worktree.ports;
        if count == 0 || self.ports.is_some() {
            return Ok(());
        }
        let folder = chant_os::dirs::cache_dir()?.join("ports");
        let before = self.record.facts.port;
        let Some(ports) = Ports::take(&folder, count, before)? else {
            let none = format!("no block of {count} network ports is free");
            return Err(Error::new(Code::InTheWay, none)
                .hint("wait until other runs have ended, or lower `worktree.ports`"));
        };
        if before.is_some_and(|before| before != ports.first()) {
            self.warn("other ports than before: those are in use now")?;
        }
        self.record.facts.port = Some(ports.first());
        self.ports = Some(ports);
        Ok(())
    }

    /// What a process of the run finds of its ports in its environment.
    pub(super) fn port_environment(&self) -> Vec<(String, String)> {
        let Some(ports) = &self.ports else {
            return Vec::new();
        };
        let (first, last) = (ports.first(), ports.last());
        vec![
            ("CHANT_PORT".to_owned(), first.to_string()),
            ("CHANT_PORTS".to_owned(), format!("{first}-{last}")),
        ]
    }
}

/// Whether a path is what was lent, or lies in it.
pub(super) fn is_at_or_below(path: &str, lent: &str) -> bool {
    path.strip_prefix(lent)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Refuses settings that name a path outside of the project, before anything has begun.
pub(super) fn can_be_lent(project: &Project) -> Result<()> {
    let wanted = &project.config().worktree;
    let copied = wanted.copy.iter().map(|path| (Way::Copy, path));
    let linked = wanted.link.iter().map(|path| (Way::Link, path));
    copied
        .chain(linked)
        .try_for_each(|(way, path)| place_of(project, way, path).map(drop))
}

/// The path from the repository's root.
fn place_of(project: &Project, way: Way, path: &str) -> Result<chant_spec::RepoPath> {
    let key = if way == Way::Copy { "copy" } else { "link" };
    let inside = project.path_from_repo(path.trim_end_matches('/'));
    let problem = match chant_spec::repo_path(&inside) {
        Ok(place) if !path.starts_with('/') => return Ok(place),
        Ok(_) => "the path is absolute".to_owned(),
        Err(error) => error.to_string(),
    };
    let wrong = format!("worktree.{key}: {path:?}: {problem}");
    Err(Error::new(Code::ConfigInvalid, wrong)
        .hint("name a file or folder of the project, relative to its root"))
}

fn lend(project: &Project, worktree: &Path, way: Way, path: &str) -> Result<Lent> {
    let no = |because: &str| Ok(Lent::No(because.to_owned()));
    let inside = place_of(project, way, path)?;
    let inside = inside.as_str();
    let repository = project.repo().root();
    let source = repository.join(inside);
    let Ok(kind) = source.symlink_metadata() else {
        return no("is not in your checkout, so the worktree does not get it");
    };
    if !kind.is_file() && !kind.is_dir() {
        return no("is neither a file nor a folder, so the worktree does not get it");
    }
    if leads_out(repository, &source) {
        return no("leads out of the repository, so the worktree does not get it");
    }
    if project.repo().is_in_index(inside)? {
        return no("is tracked by git, so the worktree has its own");
    }
    let target = worktree.join(inside);
    if target.symlink_metadata().is_ok() {
        return Ok(Lent::Yes(inside.to_owned()));
    }
    let parent = target.parent().unwrap_or(worktree);
    chant_os::file::create_dir_all(parent)?;
    if leads_out(worktree, parent) {
        return no("would be written through a link that leads elsewhere");
    }
    match way {
        Way::Copy => chant_os::file::copy_tree(&source, &target)?,
        Way::Link => chant_os::file::point_to(&source, &target)?,
    }
    Ok(Lent::Yes(inside.to_owned()))
}

fn leads_out(folder: &Path, path: &Path) -> bool {
    let real = |path: &Path| -> Option<PathBuf> { path.canonicalize().ok() };
    match (real(folder), real(path)) {
        (Some(folder), Some(path)) => !path.starts_with(folder),
        _ => true,
    }
}
