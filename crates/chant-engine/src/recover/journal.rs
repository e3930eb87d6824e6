//! A journal that was lost: made again from the runs' folders, then corrected by what git knows.
//!
//! Git knows what has landed. A run that the folders show at work may have landed just before everything ended: by its
//! trailer on the main branch it is recognised, and its landing is not repeated but finished.

use std::collections::HashMap;

use chant_git::{BranchName, Oid};
use serde::Serialize;

use crate::error::Result;
use crate::history::{self, History};
use crate::journal::lost::{self, Rebuilt};
use crate::journal::{Journal, Landing, Phase, RunRecord, RunState, Step, database};
use crate::project::Project;

/// What was found of a lost journal, and what was not.
#[derive(Debug, Clone, Serialize)]
pub struct Mended {
    /// Sentences without their ends, the first of them about the journal itself.
    pub says: Vec<String>,
}

/// Makes the journal again where it is gone or can be seen to be damaged. Costs a look at one file where it is well.
pub fn mend(project: &Project) -> Result<Option<Mended>> {
    let (state_dir, key) = (project.state_dir(), project.project_key());
    if lost::looks_damaged(&state_dir) {
        lost::set_aside(&state_dir, &key)?;
    }
    let is_there = database(&state_dir)
        .metadata()
        .is_ok_and(|found| found.len() > 0);
    if !is_there && lost::has_runs(&state_dir) {
        Journal::open(&state_dir, &key)?;
    }
    finish(project)
}

/// The same, where a command met damage that is not seen at a glance.
pub fn mend_damaged(project: &Project) -> Result<Option<Mended>> {
    let (state_dir, key) = (project.state_dir(), project.project_key());
    lost::set_aside(&state_dir, &key)?;
    Journal::open(&state_dir, &key)?;
    finish(project)
}

fn finish(project: &Project) -> Result<Option<Mended>> {
    let (state_dir, key) = (project.state_dir(), project.project_key());
    let Some(rebuilt) = lost::rebuilt(&state_dir).filter(|rebuilt| rebuilt.open.contains(&key))
    else {
        return Ok(None);
    };
    let journal = Journal::open(&state_dir, &key)?;
    let mut says = sentences(&rebuilt);
    says.extend(ask_git(project, &journal)?);
    lost::settled(&state_dir, &key)?;
    Ok(Some(Mended { says }))
}

fn sentences(rebuilt: &Rebuilt) -> Vec<String> {
    let first = match &rebuilt.broken {
        Some(broken) => format!(
            "the journal was damaged and has been made again; the damaged one is kept at {}",
            broken.display()
        ),
        None => "the journal was gone and has been made again".to_owned(),
    };
    let mut says = vec![
        first,
        format!("{} runs were found again in their folders", rebuilt.runs),
    ];
    if rebuilt.unknown > 0 {
        says.push(format!(
            "{} folders of runs tell nothing any more",
            rebuilt.unknown
        ));
    }
    says.push(
        "not known any more: what was asked for and had not begun, and what `chant undo` could bring back"
            .to_owned(),
    );
    says
}

/// Corrects the runs by the main branch, and names what belongs to none of them.
fn ask_git(project: &Project, journal: &Journal) -> Result<Vec<String>> {
    let Ok((main, tip)) = project.start_point() else {
        return Ok(Vec::new());
    };
    place_those_without_copy(project, journal, &main)?;
    let history = History::load(project, &tip)?;
    let landed: HashMap<&str, &history::Landing> = history
        .every()
        .map(|landing| (landing.run.as_str(), landing))
        .collect();
    let runs = journal.all()?;
    let mut says = Vec::new();
    for run in &runs {
        if let Some(landing) = landed.get(run.id.as_str())
            && let Some(mended) = landed_already(project, run, landing)?
        {
            journal.save(&mended)?;
            let commit = landing.commit.as_ref().map_or("main", Oid::short);
            says.push(format!(
                "{} had landed as {commit}; only what comes after is left to do",
                run.spec
            ));
        }
    }
    says.extend(unknown_results(project, &runs, &landed)?);
    Ok(says)
}

/// A run that is known by its events alone has a branch, but not where it began nor its worktree: git tells both.
fn place_those_without_copy(project: &Project, journal: &Journal, main: &BranchName) -> Result<()> {
    let repo = project.repo();
    let own = project.worktrees()?;
    for mut run in journal.all()? {
        let is_bare = run.facts.base.is_empty() && run.facts.worktree.as_os_str().is_empty();
        let Ok(branch) = run.facts.branch.parse::<BranchName>() else {
            continue;
        };
        if !is_bare {
            continue;
        }
        let worktree = repo.worktrees()?.into_iter().find(|worktree| {
            worktree.branch.as_ref() == Some(&branch) && worktree.path.starts_with(&own)
        });
        if let Some(worktree) = worktree {
            run.facts.worktree = worktree.path;
        }
        run.facts.main = main.to_string();
        if let (Some(at), Some(main)) = (repo.branch_oid(&branch)?, repo.branch_oid(main)?) {
            let base = repo.merge_base(&at, &main)?;
            run.facts.base = base.map_or_else(String::new, |base| base.to_string());
        }
        journal.save(&run)?;
    }
    Ok(())
}

/// The run as it stands after its landing; `None` where the journal knows of that.
fn landed_already(
    project: &Project,
    run: &RunRecord,
    landing: &history::Landing,
) -> Result<Option<RunRecord>> {
    let knows = run.state.is_over() || (run.step as usize) > Step::Land as usize;
    let (Some(commit), false) = (&landing.commit, knows) else {
        return Ok(None);
    };
    let repo = project.repo();
    let mut run = run.clone();
    let tree = repo.tree_of(commit)?.to_string();
    let parent = repo.parent_of(commit)?;
    let onto = landing
        .base
        .clone()
        .or(parent)
        .unwrap_or_else(|| commit.clone());
    let mut line = repo.log(&onto, commit)?.into_iter();
    let parents = line.next().map_or_else(Vec::new, |landing| landing.parents);
    let mut commits: Vec<Oid> = line.map(|own| own.oid).collect();
    commits.reverse();
    let text = |oids: Vec<Oid>| oids.iter().map(Oid::to_string).collect();
    run.facts.landing = Some(Landing {
        onto: onto.to_string(),
        tree: tree.clone(),
        full_tree: tree,
        commit: Some(commit.to_string()),
        parents: text(parents),
        commits: text(commits),
        remark: None,
    });
    run.state = RunState::Landing;
    run.step = Step::Checkout;
    run.phase = Phase::Waiting;
    run.reason = String::new();
    Ok(Some(run))
}

/// Results and branches that look like chant's and belong to no run that is known. They are left as they are.
fn unknown_results(
    project: &Project,
    runs: &[RunRecord],
    landed: &HashMap<&str, &history::Landing>,
) -> Result<Vec<String>> {
    let repo = project.repo();
    let mut says = Vec::new();
    for (name, at) in repo.refs_below("refs/chant/runs/")? {
        let run = name.trim_start_matches("refs/chant/runs/");
        if !runs.iter().any(|known| known.id == run) && !landed.contains_key(run) {
            says.push(format!(
                "{name} holds a result of a run that nothing else is known of: git log {}",
                at.short()
            ));
        }
    }
    let prefix = format!("refs/heads/{}", project.config().defaults.branch_prefix);
    for (name, _) in repo.refs_below(&prefix)? {
        let Some(branch) = BranchName::of_ref(&name) else {
            continue;
        };
        if !runs.iter().any(|run| run.facts.branch == branch.as_str()) {
            says.push(format!(
                "the branch {branch} belongs to no run that is known; it is left as it is"
            ));
        }
    }
    Ok(says)
}
