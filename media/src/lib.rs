//! The call core: everything about a call that can be decided without performing anything.
//!
//! Nothing here knows a runtime, socket, file, database, clock, random source or environment. A
//! caller hands in one event and the time, drains the commands, and waits until the next deadline.
//! So an hour of conversation runs in a second in [`sim`], and a production log can be replayed.

pub mod codec;
pub mod frame;
pub mod framer;
pub mod ingress;
pub mod level;
pub mod playout;
pub mod resample;
pub mod tape;
pub mod units;
pub mod vad;
pub mod wav;

pub mod call;
pub mod chunker;
pub mod log;
pub mod record;
pub mod spoken;
pub mod turn;

#[cfg(feature = "sim")]
pub mod sim;
