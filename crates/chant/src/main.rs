//! The chant command line.
fn main() {}
