//! The guard: the process between chant and an agent.

/// What `chant __guard` runs; returns its exit code.
pub fn main() -> i32 {
    2
}
