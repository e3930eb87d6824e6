//! Linux: Landlock.
//!
//! A kernel that knows less than is asked for gives what it has; [`is_supported`] asks for the least that is of use.

use std::{ffi::OsStr, process::Command};

use landlock::{
    ABI, Access, AccessFs, BitFlags, CompatLevel, Compatible, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetError, Scope, path_beneath_rules,
};

use super::{Confine, rights, visible};

/// Version 3 is the first that also covers `truncate`.
const FILES: ABI = ABI::V3;

/// The first version with scopes: signals and abstract sockets reach only those inside.
const SCOPES: ABI = ABI::V6;

pub(super) fn is_supported() -> bool {
    Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V1))
        .and_then(Ruleset::create)
        .is_ok()
}

pub(super) fn keeps_signals() -> bool {
    Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .scope(Scope::from_all(SCOPES))
        .and_then(Ruleset::create)
        .is_ok()
}

/// Restricts this process. The program needs no other to be started through.
pub(super) fn restrict(confine: &Confine, _: &OsStr) -> Result<Option<Command>, RulesetError> {
    let (handled, rest) = match &confine.hidden {
        None => (AccessFs::from_all(FILES), Vec::new()),
        // A right to list a folder reaches all below it, and the folders above what is hidden have to be listed. So names
        // may be seen everywhere, contents may not.
        Some(hidden) => (
            AccessFs::from_all(FILES) & !BitFlags::from(AccessFs::ReadDir),
            visible::all_but(hidden),
        ),
    };
    let reading = AccessFs::from_read(FILES) & handled;
    // A device file that root makes is the disk itself.
    let writing = handled & !(AccessFs::MakeBlock | AccessFs::MakeChar);
    rights::give_up();
    Ruleset::default()
        .handle_access(handled)?
        .scope(Scope::from_all(SCOPES))?
        .create()?
        .add_rules(path_beneath_rules(&confine.read, reading))?
        .add_rules(path_beneath_rules(&rest, reading))?
        .add_rules(path_beneath_rules(&confine.write, writing))?
        .restrict_self()
        .map(|_| None)
}
