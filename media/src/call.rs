//! One call: an event and the time in, commands and the next deadline out.

mod event;

pub use event::*;
