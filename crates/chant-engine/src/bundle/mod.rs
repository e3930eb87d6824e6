//! A proof that travels: one file from which anybody with a clone of the repository can replay the proof.
//!
//! [`make`](make::make) packs the base commit's id, the tests, the change, the checks and what was found.
//! Reading one believes nothing: names, sizes, digests and paths are checked, nothing is unpacked by name, and the
//! user's repository is never written to: the commits go to a scratch repository that borrows its objects.

mod archive;
mod make;
mod manifest;
mod receive;
mod replay;
mod scratch;

pub use archive::Bundle;
pub(crate) use make::{Ingredients, make};
pub(crate) use manifest::folder;
pub use manifest::{About, CheckCommand, Expected, FORMAT, Manifest, Point, Proof};
pub use replay::{Replay, Replayed, Row, Surroundings, read};

/// The clone that holds `folder`; it needs no project of chant's.
pub fn clone_at(folder: &std::path::Path) -> crate::Result<chant_git::Repo> {
    let repo = chant_git::Repo::discover(folder)?;
    repo.check_version()?;
    Ok(repo)
}
