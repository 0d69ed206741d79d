//! Being built.

/// What the buyer does with its next reply.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Direction {}
