//! Linux: what an agent of root's does without.
//!
//! Landlock bounds files, and some of root's rights reach around it: reading another process's environment, opening files
//! by handle, raw disks, kernel modules, name spaces of others. What is left is what building and testing as root needs.
//! Somebody who is not root has none of these to begin with.

use rustix::thread::{
    CapabilitySet, capabilities, remove_capability_from_bounding_set, set_capabilities,
};

const LEFT: CapabilitySet = CapabilitySet::CHOWN
    .union(CapabilitySet::DAC_OVERRIDE)
    .union(CapabilitySet::FOWNER)
    .union(CapabilitySet::FSETID)
    .union(CapabilitySet::KILL)
    .union(CapabilitySet::SETGID)
    .union(CapabilitySet::SETUID)
    .union(CapabilitySet::SETFCAP)
    .union(CapabilitySet::NET_BIND_SERVICE)
    .union(CapabilitySet::NET_RAW);

/// Gives up all others. What can not be given up because it was never there is no error.
pub(super) fn give_up() {
    let Ok(mut sets) = capabilities(None) else {
        return;
    };
    // As long as there is the right to.
    for right in CapabilitySet::all().difference(LEFT).iter() {
        let _ = remove_capability_from_bounding_set(right);
    }
    sets.permitted &= LEFT;
    sets.effective &= LEFT;
    sets.inheritable &= LEFT;
    let _ = set_capabilities(None, sets);
}
