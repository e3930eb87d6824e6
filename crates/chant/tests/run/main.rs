//! Runs, driven through the real binary with real git and real agent processes.
#![allow(missing_docs, reason = "tests")]
#![allow(clippy::print_stderr, reason = "a test says why it is skipped")]
#![allow(clippy::unwrap_used, reason = "tests")]

mod acp;
mod again;
mod approval;
mod attempts;
mod attest;
mod budget;
mod bundle;
mod by_git;
mod by_hand;
mod checks;
mod choosing;
mod conflict;
mod cost;
mod crash;
mod criteria;
mod disks;
mod drift;
mod driver;
mod example;
mod faults;
mod gates;
mod git_shapes;
mod inputs;
mod journal_lost;
mod labels;
mod landing;
mod landing_queue;
mod landing_strategy;
mod limits;
mod monorepo;
mod permissions;
mod prompts;
mod proof;
mod recover;
mod run_one;
mod secrets;
mod several;
mod signed;
mod silent;
mod split;
mod steer;
mod stop;
mod suite;
mod support;
mod tidy;
mod trust;
mod verbs;
mod verify;
mod watch;
mod why;
mod worktree_reuse;
mod worktree_setup;
