//! `ringcraft openapi`: what the HTTP interface is, for programs that make clients.

use std::io::{self, Write};

use crate::http::openapi;

/// Prints the description, in lines that tools can compare.
///
/// # Errors
/// When `out` cannot be written.
pub fn run(out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &openapi::description())?;
    writeln!(out)?;
    out.flush()
}
