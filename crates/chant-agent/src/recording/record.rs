//! Making a recording of a live run: events as they come, tree changes at the end, from git.

use std::path::Path;

use chant_os::{clock, clock::Stopwatch, file};

use super::{
    Change, Commit, Entry, Header, Leave, Mode, RecordedAgent, RecordedPath, Recording,
    RecordingError, Scope, SpecEdit, VERSION,
    base::Listing,
    git::{Git, remove_if_there},
};
use crate::{AgentEvent, redact::Redactor};

/// The most bytes of event text that are kept.
const EVENTS_CAP: usize = 32 * 1024 * 1024;

/// The spec that is worked, as the agent finds it.
#[derive(Debug, Clone)]
pub struct RecordedSpec {
    /// Its id.
    pub id: String,
    /// Its path in the worktree.
    pub file: RecordedPath,
    /// Its text before the agent starts.
    pub text: String,
}

/// A recording in the making.
#[derive(Debug)]
pub struct Recorder {
    spec: RecordedSpec,
    agent: RecordedAgent,
    clock: Stopwatch,
    events: Vec<Entry>,
    end: Option<Entry>,
    room: usize,
}

impl Recorder {
    /// Starts the recording's clock.
    pub fn start(spec: RecordedSpec, agent: RecordedAgent) -> Self {
        let clock = Stopwatch::start();
        Self {
            spec,
            agent,
            clock,
            events: Vec::new(),
            end: None,
            room: EVENTS_CAP,
        }
    }

    /// Adds an event. When a run says too much, the rest is left out and the recording says so.
    pub fn event(&mut self, event: &AgentEvent) {
        let at_ms = u64::try_from(self.clock.elapsed().as_millis()).unwrap_or(u64::MAX);
        if let AgentEvent::Model { name } = event {
            self.agent.model = Some(name.clone());
        }
        let entry = Entry::Event {
            at_ms,
            event: event.clone(),
        };
        if matches!(event, AgentEvent::End { .. }) {
            self.end = Some(entry);
            return;
        }
        let size = serde_json::to_string(event).map_or(usize::MAX, |text| text.len());
        if size <= self.room {
            self.room -= size;
            self.events.push(entry);
        } else if self.room > 0 {
            self.room = 0;
            let event = AgentEvent::Warning {
                text: "the recording leaves out what follows: it is too much".into(),
            };
            self.events.push(Entry::Event { at_ms, event });
        }
    }

    /// The recording of everything between the commit `base` and the commit `tip` in `worktree`, and what lies there uncommitted.
    pub fn finish(
        self,
        worktree: &Path,
        base: &str,
        tip: &str,
    ) -> Result<Recording, RecordingError> {
        let git = Git::new(worktree);
        let (base, tip) = (&git.commit(base)?, &git.commit(tip)?);
        let listing = Listing::read(&git, base)?;
        let mut differ = Differ {
            git: &git,
            file: &self.spec.file,
            text: self.spec.text,
        };
        let mut entries = self.events;
        for (parent, commit) in first_parents(&git, base, tip)? {
            let commit = Commit {
                message: git.line(&["log", "-1", "--format=%B", "--end-of-options", &commit])?
                    + "\n",
                changes: differ.changes(&parent, &commit)?,
            };
            entries.push(Entry::Commit { commit });
        }
        let changes = differ.uncommitted(worktree, tip)?;
        if !changes.is_empty() {
            entries.push(Entry::Leave {
                leave: Leave { changes },
            });
        }
        entries.iter_mut().for_each(without_secrets);
        entries.extend(self.end);
        let created = clock::now().to_string();
        let base = listing.base();
        let header = Header {
            chant_recording: VERSION,
            spec: self.spec.id,
            agent: self.agent,
            scope: Scope::Repository,
            base,
            created,
        };
        Ok(Recording { header, entries })
    }
}

/// A recording is given away, so it holds no secret that is known. Events have come without any.
fn without_secrets(entry: &mut Entry) {
    let redactor = Redactor::of_user();
    let changes = match entry {
        Entry::Event { .. } => return,
        Entry::Commit { commit } => {
            redactor.clean(&mut commit.message);
            &mut commit.changes
        }
        Entry::Leave { leave } => &mut leave.changes,
    };
    for change in changes {
        match change {
            Change::Write { content, .. } => redactor.clean_values(content),
            Change::Spec(edit) => redactor.clean(&mut edit.append),
            Change::Delete { .. } => {}
        }
    }
}

/// The commits of the branch, oldest first, each with its first parent. A merge counts as one change.
fn first_parents(
    git: &Git,
    base: &str,
    tip: &str,
) -> Result<Vec<(String, String)>, RecordingError> {
    let exclude = format!("^{base}");
    let listed = git.line(&[
        "rev-list",
        "--first-parent",
        "--reverse",
        "--parents",
        "--end-of-options",
        tip,
        &exclude,
    ])?;
    let mut expected = base.to_owned();
    let mut pairs = Vec::new();
    for line in listed.lines() {
        let mut ids = line.split(' ');
        let (Some(commit), parent) = (ids.next(), ids.next()) else {
            continue;
        };
        if parent != Some(expected.as_str()) {
            return Err(RecordingError::Unrecordable(
                "the agent rewrote history".into(),
            ));
        }
        pairs.push((
            std::mem::replace(&mut expected, commit.to_owned()),
            commit.to_owned(),
        ));
    }
    Ok(pairs)
}

/// Turns differences of trees into changes, following the spec's text along.
struct Differ<'a> {
    git: &'a Git,
    file: &'a RecordedPath,
    text: String,
}

impl Differ<'_> {
    fn changes(&mut self, from: &str, to: &str) -> Result<Vec<Change>, RecordingError> {
        let args = [
            "diff-tree",
            "-r",
            "-z",
            "--no-renames",
            "--no-commit-id",
            "--end-of-options",
            from,
            to,
        ];
        let raw = self.git.run(&args, b"")?;
        let mut fields = raw.split(|byte| *byte == 0);
        let mut changes = Vec::new();
        while let (Some(head), Some(path)) = (fields.next(), fields.next()) {
            changes.push(self.change(&String::from_utf8_lossy(head), path)?);
        }
        Ok(changes)
    }

    /// One entry: `:100644 100755 1f2e… 3d4c… M` and a path.
    fn change(&mut self, head: &str, path: &[u8]) -> Result<Change, RecordingError> {
        let path = std::str::from_utf8(path).map_err(|_| {
            let path = String::from_utf8_lossy(path);
            RecordingError::Unrecordable(format!("the path `{path}` is not valid UTF-8"))
        })?;
        let path = RecordedPath::new(path).map_err(RecordingError::Unrecordable)?;
        let fields: Vec<&str> = head.trim_start_matches(':').split(' ').collect();
        let [old_mode, new_mode, old, new, _] = fields[..] else {
            return Err(RecordingError::Git {
                what: "diff-tree".into(),
                problem: format!("unexpected line {head:?}"),
            });
        };
        let from = Mode::parse(old_mode).map(|_| old.to_owned());
        match Mode::parse(new_mode) {
            Some(_) if path == *self.file => self.spec(&self.git.blob(new)?),
            Some(mode) => Ok(Change::Write {
                path,
                mode,
                content: self.git.blob(new)?,
                from,
            }),
            None if path == *self.file => Err(RecordingError::Unrecordable(
                "the agent deleted its spec".into(),
            )),
            None => match from {
                Some(from) if new_mode == "000000" => Ok(Change::Delete { path, from }),
                _ => Err(RecordingError::Unrecordable(format!(
                    "`{path}` is a submodule"
                ))),
            },
        }
    }

    fn spec(&mut self, new: &[u8]) -> Result<Change, RecordingError> {
        let new = String::from_utf8_lossy(new).into_owned();
        let edit = SpecEdit::between(&self.text, &new).ok_or_else(|| {
            let problem = format!(
                "the agent changed {} other than by ticking criteria and appending text",
                self.file
            );
            RecordingError::Unrecordable(problem)
        })?;
        self.text = new;
        Ok(Change::Spec(edit))
    }

    /// What differs between `tip` and the files, ignored files aside; found with a private index.
    fn uncommitted(&mut self, worktree: &Path, tip: &str) -> Result<Vec<Change>, RecordingError> {
        let (private, index) = self.git.with_private_index()?;
        let tree = private
            .run(&["read-tree", tip], b"")
            .and_then(|_| private.run(&["add", "--all", "--", "."], b""))
            .and_then(|_| private.line(&["write-tree"]));
        remove_if_there(&index)?;
        let mut changes = self.changes(tip, &tree?)?;
        // A spec that git does not see (silent mode) is in no difference of trees, so the file itself is asked as well.
        let now = file::read_regular(&worktree.join(self.file.as_str()), super::LARGEST)?;
        changes.push(self.spec(&now)?);
        // What was only committed or provisioned as it is, was not changed.
        changes.retain(|change| !matches!(change, Change::Spec(edit) if edit.is_empty()));
        Ok(changes)
    }
}
