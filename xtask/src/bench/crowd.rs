//! A repository with many specs, made anew, and an agent that does what a script says.

use std::{
    fmt::Write as _,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::Result;

use super::{Bench, timing::Case};

/// An agent that takes no time.
pub(super) const INSTANT: &str = r#"#!/bin/sh
set -eu
sed 's/- \[ \]/- [x]/' "$CHANT_SPEC_FILE" > ticked
cat ticked > "$CHANT_SPEC_FILE"
rm ticked
echo done > "out-$CHANT_SPEC_ID.txt"
"#;

/// What all specs are labelled with.
const LABEL: &str = "crowd";

/// A repository, and where everything around it lies.
pub(super) struct Crowd {
    pub(super) folder: PathBuf,
    pub(super) repository: PathBuf,
    pub(super) agent: PathBuf,
}

/// The id of a spec.
pub(super) fn id(number: usize) -> String {
    format!("spec-{number:05}")
}

impl Crowd {
    /// `count` specs; `before` names those that one depends on. The agent finds the folder for its marks as `$MARKS`.
    pub(super) fn prepare(
        bench: &Bench,
        name: &str,
        count: usize,
        agent: &str,
        before: impl Fn(usize) -> Vec<usize>,
    ) -> Result<Self> {
        let folder = bench.folder.join(name);
        for stale in [&folder, &bench.folder.join("worktrees")] {
            if stale.exists() {
                fs::remove_dir_all(stale)?;
            }
        }
        let crowd = Self {
            repository: folder.join("repository"),
            agent: folder.join("agent.sh"),
            folder,
        };
        fs::create_dir_all(crowd.marks())?;
        crowd.fill(bench, count, before)?;
        let marks = crowd.marks().display().to_string();
        script(&crowd.agent, &agent.replace("$MARKS", &marks))?;
        crowd.employ(bench)?;
        Ok(crowd)
    }

    /// Where its agents may leave a mark: beside their worktrees, the only other place that they can write to.
    pub(super) fn marks(&self) -> PathBuf {
        self.folder.join("marks")
    }

    fn fill(
        &self,
        bench: &Bench,
        count: usize,
        before: impl Fn(usize) -> Vec<usize>,
    ) -> Result<()> {
        let specs = self.repository.join(".chant/specs");
        fs::create_dir_all(&specs)?;
        fs::write(
            self.repository.join(".chant/config.md"),
            "---\nproject:\n  name: crowd\n---\n",
        )?;
        for number in 0..count {
            fs::write(
                specs.join(format!("{}.md", id(number))),
                spec(&before(number)),
            )?;
        }
        bench.git(&["init", "--quiet"], &self.repository)?;
        bench.git(&["add", "--all"], &self.repository)?;
        let commit = ["commit", "--quiet", "--message", "specs"];
        bench.git(&commit, &self.repository)
    }

    /// Makes the script the agent of the person who measures.
    fn employ(&self, bench: &Bench) -> Result<()> {
        let settings = format!(
            "---\ndefaults:\n  agent: scripted\nagents:\n- name: scripted\n  kind: command\n  command: ['{}']\n  prompt: file\n  max_concurrent: 512\n  write_allow: ['{}']\n---\n",
            self.agent.display(),
            self.marks().display()
        );
        fs::write(bench.home().join(".config/chant/config.md"), settings)?;
        Ok(())
    }

    /// `chant work` on all of it.
    pub(super) fn work(&self, bench: &Bench, parallel: usize, words: &[&str]) -> Case {
        let parallel = format!("--parallel={parallel}");
        let mut all = vec!["--no-input", "work", &parallel, "--label", LABEL];
        all.extend(words);
        bench.chant(&all, &self.repository)
    }

    /// How many specs the main branch says are completed.
    pub(super) fn landed(&self, bench: &Bench) -> Result<usize> {
        let words = ["ls-tree", "-r", "--name-only", "main"];
        let listed = bench
            .case("git", Path::new("git"), &words, &self.repository)
            .output()?;
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        Ok(listed
            .lines()
            .filter(|path| path.starts_with("out-"))
            .count())
    }
}

fn spec(before: &[usize]) -> String {
    let mut text = format!("---\ntype: code\nstatus: pending\nlabels: [{LABEL}]\n");
    if !before.is_empty() {
        text.push_str("depends_on:\n");
        for number in before {
            let _ = writeln!(text, "- {}", id(*number));
        }
    }
    text.push_str("---\n\n# A file more\n\n## Acceptance Criteria\n\n- [ ] It is there\n");
    text
}

/// A program.
pub(super) fn script(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    Ok(())
}
