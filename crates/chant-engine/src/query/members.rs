//! What a driver consists of.

use chant_spec::SpecId;
use chant_spec::members::Family;

use crate::error::Result;
use crate::index::entries;
use crate::project::Project;

/// What there is to work below a driver, at any depth, in the order in which it is worked: every member that is no driver
/// itself. Empty of a spec that is no driver, and of a driver without members.
pub fn members_of(project: &Project, driver: &SpecId) -> Result<Vec<SpecId>> {
    let entries = entries(project)?;
    let family = Family::of(entries.iter().map(|entry| &entry.node));
    let leaves = family.leaves(driver.as_str());
    Ok(leaves
        .into_iter()
        .filter_map(|id| SpecId::parse(id).ok())
        .collect())
}

/// The ids of a driver's own members, in the order in which they are worked; drivers among them are not opened.
pub(crate) fn own_members(project: &Project, driver: &SpecId) -> Result<Vec<String>> {
    let entries = entries(project)?;
    let family = Family::of(entries.iter().map(|entry| &entry.node));
    let members = family.members(driver.as_str()).iter();
    Ok(members.map(|id| (*id).to_owned()).collect())
}
