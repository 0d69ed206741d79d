//! The call core: everything about a call that can be decided without performing anything.
//!
//! Nothing here knows a runtime, socket, file, database, clock, random source or environment. A
//! caller hands in one event and the time, drains the commands, and waits until the next deadline.
//! So an hour of conversation runs in a second in [`sim`], and a production log can be replayed.

pub mod units;
pub mod frame;
pub mod codec;
pub mod resample;
pub mod framer;
pub mod level;
pub mod vad;
pub mod jitter;
pub mod ingress;
pub mod playout;
pub mod tape;
pub mod wav;

pub mod turn;
pub mod chunker;
pub mod spoken;
pub mod call;
pub mod log;
pub mod record;

#[cfg(feature = "sim")]
pub mod sim;
