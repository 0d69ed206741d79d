//! Being built.

/// A persona in a situation.
#[derive(Clone, Debug)]
pub struct Scenario {}
