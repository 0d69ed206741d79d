//! Tells Cargo that the prompts are part of the program: the macro that embeds them cannot.

#![allow(clippy::print_stdout, reason = "this is how a build script speaks to Cargo")]

fn main() {
    println!("cargo::rerun-if-changed=prompts");
}
