//! Ringcraft: a real-time voice simulation server. `docs/ARCHITECTURE.md` is the map.

pub mod app;
pub mod config;
pub mod clock;
pub mod telemetry;
pub mod metrics;

pub mod http;
pub mod transport;
pub mod live;
pub mod spool;
pub mod provider;
pub mod persona;
pub mod buyer;
pub mod kpi;
pub mod store;
pub mod identity;
mod demo;
pub mod blob;
pub mod jobs;
pub mod model;

pub mod cli;

// What tests share is written for those outside of the crate and used by those inside too.
#[cfg(test)]
extern crate self as ringcraft;

#[cfg(test)]
#[path = "../tests/support/database.rs"]
mod test_database;
