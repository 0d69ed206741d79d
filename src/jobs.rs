//! What happens after a call. Every job may run twice: a process can die between any two steps.

pub mod artefacts;
pub mod opus_file;
pub mod peaks;

pub use artefacts::{SealError, SealInput, SealedKeys, seal};
