//! One spec from `work` to landed with an agent that takes no time: what chant adds to the git commands that anyone
//! would have to type, how many processes it starts, and how much memory a loud agent costs.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::{
    Bench,
    timing::{self, Case},
};

const AGENT: &str = r#"#!/bin/sh
set -eu
sed 's/- \[ \]/- [x]/' "$CHANT_SPEC_FILE" > ticked
cat ticked > "$CHANT_SPEC_FILE"
rm ticked
echo done > "out-$CHANT_SPEC_ID.txt"
"#;

const BY_HAND: &str = r#"#!/bin/sh
set -eu
worktree="$WORKTREES/$1"
base=$(git rev-parse main)
git worktree add --quiet -b "chant/$1" "$worktree" "$base"
echo done > "$worktree/out-$1.txt"
git -C "$worktree" add --all
git -C "$worktree" commit --quiet --message "chant($1): by hand"
tip=$(git rev-parse "chant/$1")
tree=$(git merge-tree --write-tree "$base" "$tip")
landed=$(git commit-tree "$tree" -p "$base" -p "$tip" -m "chant($1): landed")
git update-ref refs/heads/main "$landed" "$base"
git read-tree -m -u "$base" "$landed"
git worktree remove --force "$worktree"
git branch --quiet -D "chant/$1"
"#;

/// Everything of this measurement, made anew each time.
struct Scene {
    folder: PathBuf,
    repository: PathBuf,
    by_hand: PathBuf,
    agent: PathBuf,
}

/// Times a run, and what it consists of.
pub(super) fn measure(bench: &Bench) -> Result<()> {
    let scene = Scene::prepare(bench)?;
    scene.work(bench, "warm-up").succeed()?;
    let timings = timing::alternate(bench.runs, |round| scene.cases(bench, &name(round)))?;
    timing::print("one spec, from work to landed", &timings);
    if let [work, by_hand, agent] = timings.as_slice() {
        let own = work.median() - by_hand.median() - agent.median();
        println!("chant's own share: {own:.1} ms (the first, less the two others)");
    }
    scene.count_processes(bench)?;
    let loud = scene.work(bench, "loud").peak_memory()?;
    let peak = loud.map_or_else(
        || "not known here".to_owned(),
        |kib| timing::megabytes(kib) + " MB",
    );
    println!("peak memory of chant with 100 MB of agent output: {peak}");
    Ok(())
}

fn name(round: usize) -> String {
    format!("run-{round:03}")
}

impl Scene {
    fn prepare(bench: &Bench) -> Result<Self> {
        let folder = bench.folder.join("run");
        for stale in [&folder, &bench.folder.join("worktrees")] {
            if stale.exists() {
                fs::remove_dir_all(stale)?;
            }
        }
        let scene = Self {
            repository: folder.join("repository"),
            by_hand: folder.join("by-hand"),
            agent: folder.join("agent.sh"),
            folder,
        };
        for repository in [&scene.repository, &scene.by_hand] {
            fill(bench, repository)?;
        }
        script(&scene.agent, AGENT)?;
        script(&scene.folder.join("by-hand.sh"), BY_HAND)?;
        let settings = format!(
            "---\ndefaults:\n  agent: instant\nagents:\n- name: instant\n  kind: command\n  command: ['{}']\n  prompt: file\n---\n",
            scene.agent.display()
        );
        fs::write(bench.home().join(".config/chant/config.md"), settings)?;
        Ok(scene)
    }

    fn work(&self, bench: &Bench, id: &str) -> Case {
        bench
            .chant(&["--no-input", "work", id], &self.repository)
            .named("chant work")
    }

    fn cases(&self, bench: &Bench, id: &str) -> Vec<Case> {
        let spec = self.by_hand.join(format!(".chant/specs/{id}.md"));
        let script = self.folder.join("by-hand.sh");
        let by_hand = bench
            .case(
                "the same git commands from a script",
                &script,
                &[id],
                &self.by_hand,
            )
            .with("WORKTREES", self.folder.join("worktrees-by-hand").display());
        let agent = bench
            .case("the agent alone", &self.agent, &[], &self.folder)
            .with("CHANT_SPEC_ID", id)
            .with("CHANT_SPEC_FILE", spec.display());
        vec![self.work(bench, id), by_hand, agent]
    }

    /// Counts calls of git by standing in front of it.
    fn count_processes(&self, bench: &Bench) -> Result<()> {
        let path = std::env::var("PATH").unwrap_or_default();
        let git = std::env::split_paths(&path)
            .map(|folder| folder.join("git"))
            .find(|git| git.is_file())
            .context("git is not on PATH")?;
        let front = self.folder.join("bin");
        let calls = self.folder.join("calls");
        fs::create_dir_all(&front)?;
        let text = format!(
            "#!/bin/sh\nprintf '%s\\n' \"$*\" >> '{}'\nexec '{}' \"$@\"\n",
            calls.display(),
            git.display()
        );
        script(&front.join("git"), &text)?;
        let path = format!("{}:{path}", front.display());
        self.work(bench, "counted").with("PATH", path).succeed()?;
        let calls = fs::read_to_string(&calls)
            .unwrap_or_default()
            .lines()
            .count();
        println!("processes: chant, its guard, the agent, and {calls} of git");
        Ok(())
    }
}

fn script(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

/// A repository with one spec for each run.
fn fill(bench: &Bench, repository: &Path) -> Result<()> {
    let specs = repository.join(".chant/specs");
    fs::create_dir_all(&specs)?;
    fs::write(
        repository.join(".chant/config.md"),
        "---\nproject:\n  name: run\n---\n",
    )?;
    let rounds = (0..=bench.runs).map(name);
    for id in rounds.chain(["warm-up", "counted", "loud"].map(str::to_owned)) {
        let text = "---\ntype: code\nstatus: pending\n---\n\n# A file more\n\n## Acceptance Criteria\n\n- [ ] It is there\n";
        fs::write(specs.join(format!("{id}.md")), text)?;
    }
    bench.git(&["init", "--quiet"], repository)?;
    bench.git(&["add", "--all"], repository)?;
    bench.git(&["commit", "--quiet", "--message", "specs"], repository)
}
