//! Tells Cargo what else is part of the program: the macros that embed these folders cannot.

#![allow(clippy::print_stdout, reason = "this is how a build script speaks to Cargo")]

fn main() {
    println!("cargo::rerun-if-changed=prompts");
    println!("cargo::rerun-if-changed=migrations");
}
