//! `ringcraft call`.

mod clip;
mod rep;
mod speaker;
pub mod wire;
