//! What happens after a call. Every job may run twice: a process can die between any two steps.

pub mod worker;
pub mod after_call;
pub mod artefacts;
pub mod opus_file;
pub mod peaks;

pub use after_call::{AfterCall, AfterCallError, Outcome, Unwritten};
pub use artefacts::{SealError, SealInput, SealedKeys, seal};
pub use worker::Worker;
