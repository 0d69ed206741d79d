//! The self-check at start: a server that could show one tenant's rows to another does not serve.

use sqlx::PgPool;

use super::{OpenError, StoreError, migrate};

/// How a database fails to keep tenants apart.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnsafeDatabase {
    /// The role would see everything.
    #[error(
        "the database role {role} {why}, so row security would not hold; the server will not serve"
    )]
    Role {
        /// The role that queries run as.
        role: String,
        /// "is a superuser", "bypasses row security", "is a member of another role".
        why: &'static str,
    },
    /// The role owns tables, so it could lift their policies.
    #[error("the database role {role} owns {tables}; tables belong to the owner of the database")]
    Owns {
        /// The role that queries run as.
        role: String,
        /// The tables.
        tables: String,
    },
    /// Functions that look across orgs run with the rights of somebody else.
    #[error("these functions belong to the wrong role: {functions}; run `ringcraft migrate`")]
    Misowned {
        /// The functions.
        functions: String,
    },
    /// Tables of tenants without forced row security, or without the policy that binds every other
    /// to one org.
    #[error(
        "these tables lack forced row security or the policy of their org: {tables}; run \
         `ringcraft migrate`"
    )]
    Unprotected {
        /// The tables.
        tables: String,
    },
}

/// Refuses a database whose role or tables would let a tenant see another.
pub(super) async fn check(pool: &PgPool) -> Result<(), OpenError> {
    let failed = |error: sqlx::Error| OpenError::Unreachable(StoreError::from(error));
    let role = sqlx::query!(
        r#"select rolname as "name!", rolsuper as "superuser!", rolbypassrls as "bypasses!",
                  exists (select from pg_auth_members m where m.member = r.oid)
                    as "becomes_another!"
           from pg_roles r where rolname = current_user"#
    )
    .fetch_one(pool)
    .await
    .map_err(failed)?;
    let why = match (role.superuser, role.bypasses, role.becomes_another) {
        (true, _, _) => Some("is a superuser"),
        (_, true, _) => Some("bypasses row security"),
        (_, _, true) => Some("is a member of another role"),
        _ => None,
    };
    if let Some(why) = why {
        return Err(UnsafeDatabase::Role { role: role.name, why }.into());
    }
    if !is_up_to_date(pool).await? {
        return Err(OpenError::NotMigrated);
    }
    let owned = sqlx::query_scalar!(
        r#"select string_agg(c.relname, ', ' order by c.relname)
           from pg_class c
           where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
             and pg_has_role(current_user, c.relowner, 'member')"#
    )
    .fetch_one(pool)
    .await
    .map_err(failed)?;
    if let Some(tables) = owned {
        return Err(UnsafeDatabase::Owns { role: role.name, tables }.into());
    }
    let bare = sqlx::query_scalar!(
        r#"select string_agg(c.relname, ', ' order by c.relname)
           from pg_class c
           where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
             and (c.relname = 'org' or exists (
               select from pg_attribute a
               where a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped))
             and not (c.relrowsecurity and c.relforcerowsecurity
               and exists (
                 select from pg_policy p
                 where p.polrelid = c.oid and not p.polpermissive and p.polcmd = '*'
                   and p.polroles = array[current_user::regrole::oid]))"#
    )
    .fetch_one(pool)
    .await
    .map_err(failed)?;
    if let Some(tables) = bare {
        return Err(UnsafeDatabase::Unprotected { tables }.into());
    }
    let misowned = sqlx::query_scalar!(
        r#"select string_agg(p.proname, ', ' order by p.proname)
           from pg_proc p
           where p.pronamespace = 'public'::regnamespace and p.prosecdef
             and p.proowner::regrole::text not in ('ringcraft_lookup', 'ringcraft_jobs')"#
    )
    .fetch_one(pool)
    .await
    .map_err(failed)?;
    match misowned {
        Some(functions) => Err(UnsafeDatabase::Misowned { functions }.into()),
        None => Ok(()),
    }
}

async fn is_up_to_date(pool: &PgPool) -> Result<bool, OpenError> {
    let applied = sqlx::query_scalar!(
        r#"select coalesce(max(version), 0) as "version!" from _sqlx_migrations where success"#
    )
    .fetch_one(pool)
    .await;
    match applied {
        Ok(version) => Ok(migrate::newest_version() <= version),
        // 42P01: there is no such table.
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42P01") => Ok(false),
        Err(error) => Err(OpenError::Unreachable(error.into())),
    }
}
