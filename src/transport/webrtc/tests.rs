//! Peers and sessions on a simulated network and clock, in one thread.

mod caller;
mod check;
mod connection;
mod hour;
mod link;
mod meeting;
mod wire;
