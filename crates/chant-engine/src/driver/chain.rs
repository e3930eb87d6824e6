//! The commits that complete drivers: each driver's file with its status, and what it was completed by as trailers.

use chant_git::{BranchName, Oid, RepoPath, TreeEdit};
use chant_spec::{Document, Status};

use super::Completed;
use super::complete::{finished, spec_path};
use crate::error::Result;
use crate::journal::{CheckRecord, Facts, Journal, RunState};
use crate::landing::{self, Move};
use crate::order::new_id;
use crate::project::Project;

/// The commits that complete some drivers, made and not landed yet.
pub(super) struct Chain {
    pub(super) tip: Oid,
    /// The drivers' files as only the checkout has them: what is known to be in the record then.
    pub(super) replaces: Vec<(RepoPath, Oid)>,
}

impl Chain {
    /// A driver that the main branch says is completed gets no commit.
    pub(super) fn build(project: &Project, tip: &Oid, drivers: &mut [Completed]) -> Result<Self> {
        let repo = project.repo();
        let mut chain = Self {
            tip: tip.clone(),
            replaces: Vec::new(),
        };
        for driver in drivers {
            let path = spec_path(project, &driver.id)?;
            let in_repo = project.path_from_repo(&path);
            let bytes = if let Some(entry) = repo.read_file(tip, &in_repo)? {
                repo.blob(&entry.oid)?
            } else {
                let bytes = project.read_spec_at(&path)?;
                let here = repo.hash_object(&bytes)?;
                chain.replaces.push((in_repo.parse()?, here));
                bytes
            };
            let document = Document::parse(bytes)?;
            if document.frontmatter().status == Status::Completed {
                continue;
            }
            let message = message(project, &document, driver);
            let blob = repo.hash_object(&finished(&document)?)?;
            let edit = TreeEdit::put(in_repo.parse()?, "100644", blob);
            let tree = repo.write_tree(Some(&repo.tree_of(&chain.tip)?), &[edit])?;
            chain.tip = repo.commit_tree(&tree, std::slice::from_ref(&chain.tip), &message)?;
            driver.commit = Some(chain.tip.to_string());
        }
        Ok(chain)
    }

    /// The move of the main branch that the checkout follows.
    pub(super) fn coming(&self, main: &BranchName, tip: &Oid) -> Move {
        let replaces = self.replaces.iter();
        Move {
            branch: main.clone(),
            from: tip.clone(),
            to: self.tip.clone(),
            may_replace: replaces
                .map(|(path, oid)| (path.to_string(), oid.clone()))
                .collect(),
        }
    }

    /// Where the checkout is of another branch, this clone remembers that the drivers are completed.
    pub(super) fn remember(
        &self,
        project: &Project,
        main: &BranchName,
        drivers: &[Completed],
    ) -> Result<()> {
        for driver in drivers {
            let path = spec_path(project, &driver.id)?;
            let bytes = project.read_spec_at(&path)?;
            if Document::parse(bytes.clone())?.frontmatter().status == Status::Completed {
                continue;
            }
            let facts = Facts {
                base: self.tip.to_string(),
                main: main.to_string(),
                spec_path: project.path_from_repo(&path),
                spec_oid: project.repo().hash_object(&bytes)?.to_string(),
                agent: "chant".to_owned(),
                ..Facts::default()
            };
            let mut journal = Journal::open(&project.state_dir(), &project.project_key())?;
            let mut run = journal.begin(&new_id(), &driver.id, &facts)?;
            run.state = RunState::Completed;
            run.ended_at = Some(chant_os::clock::now().to_string());
            journal.save(&run)?;
        }
        Ok(())
    }
}

fn message(project: &Project, document: &Document, driver: &Completed) -> String {
    let title = landing::title(document, &driver.id);
    let subject = landing::subject(&format!("chant({}): {title}", driver.id));
    let key = project.project_key();
    let mut trailers = vec![("Chant-Spec", driver.id.as_str())];
    if !key.is_empty() {
        trailers.push(("Chant-Project", key.as_str()));
    }
    trailers.extend(
        driver
            .members
            .iter()
            .map(|id| ("Chant-Member", id.as_str())),
    );
    let cancelled = driver.cancelled.iter();
    trailers.extend(cancelled.map(|id| ("Chant-Member-Cancelled", id.as_str())));
    let checks: Vec<String> = driver.checks.iter().map(CheckRecord::trailer).collect();
    trailers.extend(checks.iter().map(|check| ("Chant-Check", check.as_str())));
    chant_git::with_trailers(&subject, &trailers)
}
