//! The scene of a night: a repository with a crew of specs, and the user's own work lying about in it.

use chant_testkit::TestRepo;
use chant_testkit::chance::Chance;
use chant_testkit::crew::Crew;

use crate::checkout::{self, Before};

/// Where it all happens.
pub(crate) struct Scene {
    pub(crate) repo: TestRepo,
    pub(crate) crew: Crew,
    pub(crate) before: Before,
    /// Whether all are worked by one command, or one after the other as a shell loop would.
    pub(crate) parallel: bool,
}

impl Scene {
    /// Sets everything up in a repository that is there.
    pub(crate) fn set(repo: TestRepo, crew: Crew, chance: &mut Chance, settings: &str) -> Self {
        repo.chant(&["init", "--name", "sample"]).ok();
        crew.settle(&repo, settings);
        let before = checkout::occupy(&repo, chance);
        let help = repo.chant(&["work", "--help"]).stdout;
        Self {
            parallel: help.contains("--parallel"),
            repo,
            crew,
            before,
        }
    }
}
