//! Ringcraft: a real-time voice simulation server. `docs/ARCHITECTURE.md` is the map.

pub mod app;
pub mod config;
pub mod clock;
pub mod telemetry;

pub mod http;
pub mod transport;
pub mod live;
pub mod spool;
pub mod provider;
pub mod persona;
pub mod buyer;
pub mod kpi;
pub mod blob;
pub mod jobs;
pub mod model;

pub mod cli;
