//! What the sandbox denied, found in what an agent's tools said, with the line that would allow it.
//!
//! The kernel tells only the program, and the program tells it in words of its own. So this looks for a path in a line
//! that speaks of a permission, and says something only where the user could do what the program could not.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chant_agent::AgentEvent;
use chant_os::confine::Confine;

/// Nobody reads more of these in one run.
const MOST: usize = 5;

/// How a refusal is told: by the C library, by interpreters, by runtimes.
const REFUSALS: [&str; 5] = [
    "permission denied",
    "operation not permitted",
    "eacces",
    "eperm",
    "errno 13",
];

/// What was denied so far in one run.
#[derive(Debug)]
pub(crate) struct Denials {
    agent: String,
    worktree: PathBuf,
    git: PathBuf,
    confine: Confine,
    told: BTreeSet<PathBuf>,
}

impl Denials {
    /// `git` is git's own folder, of which nobody should be given more.
    pub(crate) fn new(agent: &str, worktree: &Path, git: &Path, confine: Confine) -> Self {
        Self {
            agent: agent.to_owned(),
            worktree: real(worktree),
            git: real(git),
            confine,
            told: BTreeSet::new(),
        }
    }

    /// What to tell the user of an event: each path once.
    pub(crate) fn note(&mut self, event: &AgentEvent) -> Vec<String> {
        match event {
            AgentEvent::ToolResult { text, .. } | AgentEvent::Stderr { text } => self.in_text(text),
            _ => Vec::new(),
        }
    }

    /// The same of what a program wrote.
    pub(crate) fn in_text(&mut self, text: &str) -> Vec<String> {
        let mut sentences = Vec::new();
        for line in text.lines().filter(|line| speaks_of_a_refusal(line)) {
            // The program that speaks stands at the beginning, what it speaks of behind it.
            let path = self.last_path_in(line);
            sentences.extend(path.and_then(|path| self.sentence(&path)));
        }
        sentences
    }

    fn sentence(&mut self, path: &Path) -> Option<String> {
        let real = real(path);
        if self.told.len() >= MOST || self.is_written(&real) || !self.told.insert(real.clone()) {
            return None;
        }
        let hidden = self.confine.hidden.iter().flatten();
        let is_hidden = hidden
            .clone()
            .any(|hidden| real.starts_with(self::real(hidden)) || path.starts_with(hidden));
        let (cannot, key) = if is_hidden {
            ("read", "read_allow")
        } else if chant_os::file::may_write(&real) {
            ("write", "write_allow")
        } else {
            return None;
        };
        let (agent, path) = (&self.agent, path.display());
        if self.is_gits(&real) {
            // Git tries more than it needs, and goes on without it.
            return None;
        }
        if let Ok(inside) = real.strip_prefix(&self.worktree) {
            let file = inside.display();
            return Some(format!(
                "the sandbox does not let {agent} write {file}: specs of this type change only their target files; \
                 to allow it, in the spec: target_files: [{file}]"
            ));
        }
        Some(format!(
            "the sandbox does not let {agent} {cannot} {path}; to allow it, in .chant/agents.md: \
             agents: [{{name: {agent}, {key}: [{path}]}}]"
        ))
    }

    fn last_path_in(&self, line: &str) -> Option<PathBuf> {
        let is_narrow = !self.is_written(&self.worktree);
        // Where not all of the worktree may be written: programs name what is in their folder by its name alone.
        let own = |word: &str| {
            let path = self.worktree.join(word);
            (is_narrow && !word.is_empty() && path.is_file()).then_some(path)
        };
        let paths =
            words(line).filter_map(|word| own(word).or_else(|| absolute(word).map(Path::to_owned)));
        paths.last()
    }

    fn is_gits(&self, path: &Path) -> bool {
        path.starts_with(&self.git)
    }

    fn is_written(&self, path: &Path) -> bool {
        let mut own = self.confine.write.iter();
        own.any(|folder| path.starts_with(real(folder)))
    }
}

fn speaks_of_a_refusal(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    REFUSALS.iter().any(|words| line.contains(words))
}

/// The words of a line, of which some are paths, as far as their ends can be told.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let ends = |letter: char| {
        letter.is_whitespace()
            || matches!(letter, '\'' | '"' | '`' | '(' | ')' | ',' | ';' | '<' | '>')
    };
    line.split(ends)
        .map(|word| word.trim_end_matches([':', '.', '!']))
}

/// The absolute path in a word: a program's own name may stand before it, as in `tool:/etc/x`.
fn absolute(word: &str) -> Option<&Path> {
    let path = word.get(word.find('/')?..)?;
    let is_one = path.len() > 1
        && !path.starts_with("//")
        && Path::new(path).parent().is_some_and(Path::exists);
    is_one.then(|| Path::new(path))
}

/// Links resolved as far as the path exists.
fn real(path: &Path) -> PathBuf {
    let nearest = path
        .ancestors()
        .find_map(|folder| Some((folder, folder.canonicalize().ok()?)));
    match nearest {
        Some((folder, real)) => match path.strip_prefix(folder) {
            Ok(rest) if rest.as_os_str().is_empty() => real,
            Ok(rest) => real.join(rest),
            Err(_) => real,
        },
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn check(line: &str, expect: &[&str]) {
        let found: Vec<&Path> = words(line).filter_map(absolute).collect();
        let expect: Vec<&Path> = expect.iter().map(Path::new).collect();
        assert!(speaks_of_a_refusal(line), "{line}");
        assert_eq!(found, expect, "{line}");
    }

    #[test]
    fn paths_are_found_in_what_programs_say() {
        check(
            "sh: 1: cannot create /etc/x: Permission denied",
            &["/etc/x"],
        );
        check("bash: /etc/x: Permission denied", &["/etc/x"]);
        check(
            "touch: cannot touch '/etc/x': Permission denied",
            &["/etc/x"],
        );
        check(
            "PermissionError: [Errno 13] Permission denied: '/etc/x'",
            &["/etc/x"],
        );
        check(
            "Error: EACCES: permission denied, open '/etc/x'",
            &["/etc/x"],
        );
        check(
            "error: could not lock config file /etc/x: Permission denied",
            &["/etc/x"],
        );
        check("git@host: Permission denied (publickey).", &[]);
    }

    #[test]
    fn each_is_told_once_with_the_line_to_add() {
        let folder = tempfile::tempdir().unwrap();
        let [tree, keys, _] = ["tree", "keys", "git"].map(|name| {
            let path = folder.path().join(name);
            std::fs::create_dir(&path).unwrap();
            path
        });
        let confine = Confine {
            write: vec![tree.join("own")],
            hidden: Some(vec![keys.clone()]),
            ..Confine::default()
        };
        let mut denials = Denials::new("main", &tree, &folder.path().join("git"), confine);
        let mut told = |path: &Path| {
            let text = format!("sh: {}: Permission denied", path.display());
            denials.note(&AgentEvent::Stderr { text })
        };
        let other = folder.path().join("other");
        let sentence = told(&other).pop().unwrap();
        assert!(sentence.contains("does not let main write"), "{sentence}");
        assert!(
            sentence.contains(&format!("write_allow: [{}]", other.display())),
            "{sentence}"
        );
        assert!(told(&other).is_empty());
        assert!(told(&tree.join("own")).is_empty());
        let sentence = told(&tree.join("src")).pop().unwrap();
        assert!(sentence.ends_with("target_files: [src]"), "{sentence}");
        assert!(told(&folder.path().join("git/packed-refs.lock")).is_empty());
        let sentence = told(&keys.join("id")).pop().unwrap();
        assert!(sentence.contains("read_allow: ["), "{sentence}");
    }
}
