//! The real agents: their own programs, as their makers publish them, driven by the real `chant` with real git against a scripted
//! model on loopback.
//!
//! `tests/clients/install` fetches the programs; where one is missing its tests are skipped and say so, and fail with `CI=true`.
#![allow(missing_docs, reason = "tests")]
#![allow(clippy::unwrap_used, reason = "tests")]
#![cfg(target_os = "linux")]

mod acp;
mod both;
mod builtin;
mod claude;
mod codex;
mod qwen;
mod scene;
