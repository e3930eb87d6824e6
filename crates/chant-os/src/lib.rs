//! The floor: everything chant asks of the operating system.
//!
//! Owns durable files ([`mod@file`]), locks ([`lock`]), blocks of network ports ([`ports`]), short commands
//! ([`process`]), programs that are spoken with ([`crew`]), an agent's whole process tree ([`tree`],
//! [`guard`], kept in bounds by [`confine`]), signals ([`signal`]), the clock ([`clock`]), the user's directories ([`dirs`]) and crash points ([`crash`]).
//!
//! Deliberately not here: anything that knows what a spec, an agent or git is, and anything that prints. The floor decides
//! nothing; it does what it is asked, completely or not at all, and says precisely what went wrong.

pub mod clock;
pub mod confine;
pub mod crash;
pub mod crew;
pub mod dirs;
pub mod file;
pub mod guard;
pub mod lock;
pub mod ports;
pub mod process;
pub mod signal;
pub mod tree;

#[cfg(not(unix))]
compile_error!("chant needs a unix: file locks, process groups and signals are what it stands on");
