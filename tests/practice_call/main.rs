//! Whole practice calls: the real client speaks real speech to the real server, in real time.

// What was measured is shown with the result.
#![allow(clippy::print_stdout)]

mod artefacts;
mod barge_in;
mod client;
mod drain;
mod encrypted;
mod listened;
mod recognised;
mod six_turns;
mod sound;
mod stalls;
mod stored;
mod webrtc;

#[path = "../support/clips.rs"]
mod clips;
#[path = "../support/server.rs"]
mod server;
