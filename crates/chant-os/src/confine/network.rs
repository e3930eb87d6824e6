//! Linux: a network namespace in which there is nothing but a loopback of its own.
//!
//! With the rights of root a namespace can be made directly. Without them it is made in a user namespace, in which the
//! user stays who it is. Files, processes and sockets with a path stay as they are.

use std::{fs, io};

use rustix::{
    net::{AddressFamily, RecvFlags, SendFlags, SocketType},
    process::{getegid, geteuid},
    thread::UnshareFlags,
};

/// Leaves the network for the rest of this process's life. Only for a process with one thread.
pub(super) fn leave() -> io::Result<()> {
    if unshare(UnshareFlags::NEWNET).is_err() {
        let (user, group) = (geteuid().as_raw(), getegid().as_raw());
        unshare(UnshareFlags::NEWUSER | UnshareFlags::NEWNET)?;
        // The kernel takes a group's map from an unprivileged process only after this.
        fs::write("/proc/self/setgroups", "deny")?;
        fs::write("/proc/self/uid_map", format!("{user} {user} 1"))?;
        fs::write("/proc/self/gid_map", format!("{group} {group} 1"))?;
    }
    raise_loopback()
}

#[expect(
    deprecated,
    reason = "its successor needs unsafe code for flags about open files, which are not used here"
)]
fn unshare(flags: UnshareFlags) -> io::Result<()> {
    rustix::thread::unshare(flags).map_err(io::Error::from)
}

/// A netlink message that sets the loopback, which is always the first interface, up.
fn raise_loopback() -> io::Result<()> {
    const RTM_NEWLINK: u16 = 16;
    const NLM_F_REQUEST_ACK: u16 = 1 | 4;
    const LOOPBACK: i32 = 1;
    const IFF_UP: u32 = 1;
    let mut message: Vec<u8> = Vec::with_capacity(32);
    message.extend(32_u32.to_ne_bytes());
    message.extend(RTM_NEWLINK.to_ne_bytes());
    message.extend(NLM_F_REQUEST_ACK.to_ne_bytes());
    // Sequence and port, then family and type: none of them matters here.
    message.extend([0; 12]);
    message.extend(LOOPBACK.to_ne_bytes());
    message.extend(IFF_UP.to_ne_bytes());
    message.extend(IFF_UP.to_ne_bytes());
    // No protocol is the first one of this family: that of routes and interfaces.
    let socket = rustix::net::socket(AddressFamily::NETLINK, SocketType::RAW, None)?;
    rustix::net::send(&socket, &message, SendFlags::empty())?;
    let mut answer = [0_u8; 64];
    let (count, _) = rustix::net::recv(&socket, &mut answer[..], RecvFlags::empty())?;
    // After a header of 16 bytes: 0, or the error's number below zero.
    let code = answer[..count]
        .get(16..20)
        .and_then(|code| code.try_into().ok());
    match code.map(i32::from_ne_bytes) {
        Some(0) => Ok(()),
        Some(code) => Err(io::Error::from_raw_os_error(-code)),
        None => Err(io::Error::other("the kernel's answer is too short")),
    }
}
