//! Ringcraft: a real-time voice simulation server. `docs/ARCHITECTURE.md` is the map.

pub mod config;
pub mod app;
pub mod clock;
pub mod telemetry;

pub mod model;
pub mod buyer;
pub mod transport;
pub mod provider;
pub mod persona;
pub mod live;
pub mod kpi;
pub mod blob;
pub mod jobs;
pub mod http;
pub mod cli;
