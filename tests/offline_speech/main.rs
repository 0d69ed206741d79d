//! The speech engines that need no set-up, as they are: PocketSphinx and Flite, no stand-ins.

mod clips;
mod recogniser;
mod voice;
