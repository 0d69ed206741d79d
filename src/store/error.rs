//! What can go wrong between us and the database.

use std::borrow::Cow;

/// Why a store function did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database does not answer; it may again.
    #[error("the database does not answer: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// There is no such row, or none that the actor may know of.
    #[error("no such row")]
    NotFound,
    /// A named constraint of the schema refused the row.
    #[error("refused by {constraint}")]
    Refused {
        /// The constraint or unique index.
        constraint: Cow<'static, str>,
    },
    /// The actor may not write this.
    #[error("not allowed by row security")]
    Denied,
    /// A query that cannot work: a bug.
    #[error("query: {0}")]
    Query(#[source] sqlx::Error),
}

/// Row security, or a missing grant.
const INSUFFICIENT_PRIVILEGE: &str = "42501";

/// A transaction waited for its next statement for too long, and its connection was closed.
const IDLE_IN_TRANSACTION: &str = "25P03";

impl StoreError {
    /// Whether the same request may work later.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// Whether this constraint refused the row.
    pub fn is_refused_by(&self, name: &str) -> bool {
        matches!(self, Self::Refused { constraint } if constraint == name)
    }
}

/// Whether the database does not answer, as opposed to answering with an error.
pub(super) fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(inner) => is_passing(&inner.code().unwrap_or_default()),
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        // A connection that breaks in mid-answer.
        sqlx::Error::Protocol(_) => true,
        _ => false,
    }
}

/// Whether an error of Postgres is about the state it is in, and not about what was asked
/// (PostgreSQL 15, appendix A): the same may work later.
fn is_passing(code: &str) -> bool {
    // The server only reads, as a standby does that is about to take over.
    const READ_ONLY: &str = "25006";
    // 08 is the connection, 40 a rollback for the sake of others, 53 resources, 55 something is in
    // use or not ready, 57 the operator stepped in, 58 the machine.
    let class = &code[..code.len().min(2)];
    [READ_ONLY, IDLE_IN_TRANSACTION].contains(&code)
        || matches!(class, "08" | "40" | "53" | "55" | "57" | "58")
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            _ if is_away(&error) => Self::Unavailable(error),
            sqlx::Error::RowNotFound => Self::NotFound,
            sqlx::Error::Database(inner) => {
                let code = inner.code();
                let code = code.as_deref().unwrap_or_default();
                if code == INSUFFICIENT_PRIVILEGE {
                    return Self::Denied;
                }
                // Class 23 is integrity.
                match (&code[..code.len().min(2)], inner.constraint()) {
                    ("23", Some(constraint)) => {
                        Self::Refused { constraint: constraint.to_owned().into() }
                    }
                    _ => Self::Query(error),
                }
            }
            _ => Self::Query(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_told_from_what_stays() {
        // Of each class one, and of 25 the one that passes.
        for code in ["08006", "25006", "40P01", "53300", "55P03", "57P01", "58030"] {
            assert!(is_passing(code), "{code}");
        }
        for code in ["", "2", "22021", "23505", "25001", "25P02", "42501", "42P01", "XX000"] {
            assert!(!is_passing(code), "{code}");
        }
    }
}
