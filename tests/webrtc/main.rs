//! WebRTC against the real server: a peer that shares no code with it connects, loses its network,
//! is loaded anew, and gives way to other links.

#![allow(clippy::unwrap_used, reason = "what is not as it must be fails the test")]

mod call;
mod check;
mod held;
mod rep;

#[path = "../support/server.rs"]
mod server;
