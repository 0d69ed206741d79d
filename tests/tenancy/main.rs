//! Tenants are kept apart, and people within a tenant see what their role gives them: the promise is
//! `matrix.txt`, and it is tried in full on a real Postgres, as the role that the server works as.

// A test that panics has failed, which is what it is for.
#![allow(clippy::unwrap_used)]

#[path = "../support/database.rs"]
mod test_database;

mod world;
mod tables;
mod promise;
mod matrix;
mod store_functions;
mod forgery;
mod catalogue;
mod self_check;
mod owner;
mod plan;
mod restore;
