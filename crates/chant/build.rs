//! Links the program at a fixed address on Linux.
//!
//! A program that the loader may put anywhere has its tables of addresses written anew in every process: 0.7 MB each, twice for
//! every agent that works. The price is that the program's own code lies where it can be foreseen, as that of Go's programs does
//! by default; stack, heap and libraries do not, and the code is not of a kind that is led astray by what it reads.

use std::env::var;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |key: &str| var(format!("CARGO_CFG_TARGET_{key}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
