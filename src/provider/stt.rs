//! Speech to text: what a rep says becomes words with times.

mod child_protocol;
pub mod offline;
pub mod recogniser_child;
