//! Not Linux: Seatbelt on macOS, else nothing.

use std::{ffi::OsStr, io, process::Command};

use super::{Confine, seatbelt};

pub(super) fn is_supported() -> bool {
    cfg!(target_os = "macos") && std::path::Path::new(seatbelt::PROGRAM).exists()
}

pub(super) fn keeps_signals() -> bool {
    is_supported()
}

/// The program is started through the system's own, which is given the profile.
pub(super) fn restrict(confine: &Confine, program: &OsStr) -> io::Result<Option<Command>> {
    if !is_supported() {
        return Err(io::Error::other(
            "this system has no way for it that chant knows",
        ));
    }
    let mut command = Command::new(seatbelt::PROGRAM);
    command
        .arg("-p")
        .arg(seatbelt::profile(confine))
        .arg(program);
    Ok(Some(command))
}
