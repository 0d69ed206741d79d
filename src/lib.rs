//! Ringcraft: a real-time voice simulation server. `docs/ARCHITECTURE.md` is the map.

pub mod app;
pub mod clock;
pub mod config;
pub mod telemetry;

pub mod blob;
pub mod buyer;
pub mod cli;
pub mod http;
pub mod jobs;
pub mod kpi;
pub mod live;
pub mod spool;
pub mod model;
pub mod persona;
pub mod provider;
pub mod transport;
