//! What may go wrong with a call, done to the real server over real sockets.

// A test that panics has failed, which is what it is for.
#![allow(clippy::unwrap_used)]

mod client;
mod proxy;
mod database;
mod death;
mod disk;
mod nonsense;
mod privacy;
mod refusals;
mod silence;
mod typed;

#[path = "../support/server.rs"]
mod server;
