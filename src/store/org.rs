//! The orgs themselves.

use super::{OrgScope, StoreError};

/// Makes the org that the scope is for.
///
/// # Errors
/// When it exists, or the actor is not the system.
pub async fn insert(scope: &OrgScope, name: &str) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    sqlx::query!("insert into org (id, name) values ($1, $2)", scope.org().0, name)
        .execute(&mut *tx)
        .await?;
    Ok(tx.commit().await?)
}
