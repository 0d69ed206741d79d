//! Tells Cargo what else is part of the program: the macros that embed these folders cannot.

#![allow(clippy::print_stdout, reason = "this is how a build script speaks to Cargo")]

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=prompts");
    println!("cargo::rerun-if-changed=migrations");
    // Other builds read the page from the disk. A path that is not there would count as changed
    // each time, so until there is a page its sources stand for it.
    if std::env::var_os("PROFILE").is_some_and(|profile| profile == "release") {
        let page = if Path::new("web/dist").exists() { "web/dist" } else { "web" };
        println!("cargo::rerun-if-changed={page}");
    }
}
