//! The programs of the binary beside the server.

pub mod call;
