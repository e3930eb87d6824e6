//! One file for each verb: what a command does, without a word printed.

pub mod add;
pub mod approve;
pub mod archive;
pub mod attempts;
pub mod bundle;
pub mod cancel;
pub mod cleanup;
pub mod demo;
pub mod diagnose;
pub mod edit;
pub mod export;
pub mod init;
pub mod log;
pub mod merge;
pub mod prep;
pub mod reset;
pub mod run_one;
pub mod silent;
pub mod trial;
pub mod undo;
pub mod verify;
pub mod waive;
pub mod work;
pub mod workflow;
