//! Who failed to sign in, by the hash of the address that was tried: no tenant's, and known or not.
//! The database lowers the address, as it does to find whose it is: by any other rule one person
//! would have several counts.

use std::time::Duration;

use super::{Store, StoreError};

/// Failures in a row after which an address is locked.
pub const FAILURES_UNTIL_LOCKED: i32 = 10;

/// How long an address is locked.
pub const LOCKED_FOR: Duration = Duration::from_secs(15 * 60);

/// Whether an address may be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It may, and this counts as a failure until [`forget`] says otherwise.
    Counted {
        /// Whether the next one will be refused.
        locks: bool,
    },
    /// It is locked for so long.
    Locked(Duration),
}

/// Counts an attempt before it is known how it ends, so that many at the same time are no way
/// around the count.
///
/// # Errors
/// When the database does not answer.
pub async fn count(store: &Store, email: &str) -> Result<Attempt, StoreError> {
    let counted = sqlx::query_scalar!(
        r#"insert into login_failure as f (email_hash, failures, last_at) values
             (sha256(convert_to(lower($1::text), 'UTF8')), 1, now())
           on conflict on constraint login_failure_pkey do update set
             last_at = now(),
             failures = case
               when f.locked_until is not null or f.last_at < now() - interval '1 day' then 1
               else f.failures + 1 end,
             locked_until = case
               when f.locked_until is null and f.last_at >= now() - interval '1 day'
                 and $2 <= f.failures + 1 then now() + make_interval(secs => $3) end
           where f.locked_until is null or f.locked_until <= now()
           returning locked_until is not null as "locks!""#,
        email,
        FAILURES_UNTIL_LOCKED,
        LOCKED_FOR.as_secs_f64(),
    )
    .fetch_optional(&store.pool)
    .await?;
    if let Some(locks) = counted {
        return Ok(Attempt::Counted { locks });
    }
    let left_s = sqlx::query_scalar!(
        r#"select extract(epoch from locked_until - now())::float8 as "left_s!"
           from login_failure where email_hash = sha256(convert_to(lower($1::text), 'UTF8'))
             and locked_until is not null"#,
        email,
    )
    .fetch_optional(&store.pool)
    .await?;
    // The lock may have ended between the two statements.
    Ok(Attempt::Locked(Duration::try_from_secs_f64(left_s.unwrap_or(1.0)).unwrap_or_default()))
}

/// Forgets the failures of an address whose owner came in, and those of others after a day.
///
/// # Errors
/// When the database does not answer.
pub async fn forget(store: &Store, email: &str) -> Result<(), StoreError> {
    sqlx::query!(
        "delete from login_failure
         where email_hash = sha256(convert_to(lower($1::text), 'UTF8'))
           or last_at < now() - interval '1 day'",
        email,
    )
    .execute(&store.pool)
    .await?;
    Ok(())
}
