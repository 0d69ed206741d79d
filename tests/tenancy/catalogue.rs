//! What must hold for every table, whatever it is for: asked of the catalogue, so that a table, an
//! index or a function that a later migration adds is held to it too.

use sqlx::{Connection, PgConnection};

use crate::tables::TABLES;
use crate::test_database::TestDatabase;

/// The closed list: what is found before it is known whose it is, and with whose rights.
const DEFINERS: [&str; 14] = [
    "ringcraft_lookup platform_account_token(bytea,text)",
    "ringcraft_lookup platform_api_key(bytea)",
    "ringcraft_lookup platform_call_share(bytea)",
    "ringcraft_lookup platform_has_orgs()",
    "ringcraft_lookup platform_orgs(uuid,integer)",
    "ringcraft_lookup platform_session(bytea)",
    "ringcraft_lookup platform_user_by_email(text)",
    "ringcraft_jobs queue_add(text,uuid,uuid)",
    "ringcraft_jobs queue_counts()",
    "ringcraft_jobs queue_due(uuid)",
    "ringcraft_jobs queue_forget_node(uuid)",
    "ringcraft_jobs queue_jobs(bigint,text,integer)",
    "ringcraft_jobs queue_retry(bigint)",
    "ringcraft_jobs queue_take_up(uuid)",
];

/// What a transaction says of itself, as policies read it.
const READERS: [&str; 8] = [
    "app_has_role()",
    "app_managers_see_all()",
    "app_org_id()",
    "app_role()",
    "app_runs_org()",
    "app_user_id()",
    "call_status(text,timestamp with time zone)",
    "queue_grant()",
];

/// Tables of the platform. Whoever adds one says so here, and nothing of a tenant is in it.
const PLATFORM_TABLES: [&str; 3] = ["_sqlx_migrations", "login_failure", "node"];

/// Unique on the whole platform, since they are looked for before the org is known.
const PLATFORM_KEYS: [&str; 5] = [
    "account_token_token_key",
    "api_key_token_key",
    "app_user_email_key",
    "call_share_token_key",
    "session_token_key",
];

/// A view of the catalogue that each query here begins with.
const TENANT_TABLES: &str = "with tenant as (
    select c.oid, c.relname::text as name, c.relrowsecurity, c.relforcerowsecurity,
           case c.relname when 'org' then 'id' else 'org_id' end as org_column
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'f')
      and (c.relname = 'org' or exists (
        select from pg_attribute a
        where a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped)))
  ";

struct Catalogue {
    _database: TestDatabase,
    connection: PgConnection,
}

impl Catalogue {
    async fn new() -> Self {
        let database = TestDatabase::new().await;
        let connection = PgConnection::connect(&database.url).await.unwrap();
        Self { _database: database, connection }
    }

    /// The first column of a query.
    async fn list(&mut self, query: &str) -> Vec<String> {
        let query = sqlx::AssertSqlSafe(format!("{TENANT_TABLES} {query}"));
        sqlx::query_scalar(query).fetch_all(&mut self.connection).await.unwrap()
    }

    async fn none(&mut self, query: &str) {
        assert_eq!(self.list(query).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn the_matrix_has_every_table() {
    let mut catalogue = Catalogue::new().await;
    let mut known = TABLES.map(|table| table.name);
    known.sort_unstable();
    assert_eq!(catalogue.list("select name from tenant order by name collate \"C\"").await, known);
    let others = "select relname::text from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'f')
          and c.oid not in (select oid from tenant)
        order by relname collate \"C\"";
    assert_eq!(catalogue.list(others).await, PLATFORM_TABLES);
}

#[tokio::test]
async fn every_table_has_forced_row_security_and_the_policy_of_its_org() {
    let mut catalogue = Catalogue::new().await;
    catalogue
        .none("select name from tenant where not (relrowsecurity and relforcerowsecurity)")
        .await;
    let bound = "select t.name from tenant t
        join pg_policies p on p.schemaname = 'public' and p.tablename = t.name
        where p.permissive = 'RESTRICTIVE' and p.cmd = 'ALL' and p.roles = '{ringcraft_app}'
          and p.with_check is null
          and p.qual = '((' || t.org_column || ' = ( SELECT app_org_id() AS app_org_id)) AND '
            || '( SELECT app_has_role() AS app_has_role))'
        order by t.name collate \"C\"";
    let tables = catalogue.list("select name from tenant order by name collate \"C\"").await;
    assert_eq!(catalogue.list(bound).await, tables);
}

/// A grant without a policy is refused in silence, a policy without a grant is never asked: each is a
/// mistake.
#[tokio::test]
async fn each_verb_that_is_granted_has_a_policy_and_the_other_way_round() {
    let mut catalogue = Catalogue::new().await;
    let verbs = "cross join unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE']) v(verb)
        cross join lateral (
          select case v.verb
            when 'DELETE' then has_table_privilege('ringcraft_app', t.oid, 'DELETE')
            else has_any_column_privilege('ringcraft_app', t.oid, v.verb)
          end as granted,
          exists (
            select from pg_policies p
            where p.schemaname = 'public' and p.tablename = t.name
              and p.permissive = 'PERMISSIVE' and 'ringcraft_app' = any (p.roles)
              and p.cmd = v.verb
          ) as by_verb,
          exists (
            select from pg_policies p
            where p.schemaname = 'public' and p.tablename = t.name
              and p.permissive = 'PERMISSIVE' and 'ringcraft_app' = any (p.roles)
              and p.cmd = 'ALL'
          ) as by_all
        ) found";
    let tables = catalogue.list("select name from tenant").await.len();
    let asked = catalogue.list(&format!("select name from tenant t {verbs}")).await.len();
    assert_eq!(asked, 4 * tables);
    catalogue
        .none(&format!("select name || ' ' || verb from tenant t {verbs} where granted and not (by_verb or by_all)"))
        .await;
    catalogue
        .none(&format!(
            "select name || ' ' || verb from tenant t {verbs} where by_verb and not granted"
        ))
        .await;
}

/// Outside of a scalar sub-select a function would run for every row.
#[tokio::test]
async fn policies_call_functions_in_sub_selects_only() {
    let mut catalogue = Catalogue::new().await;
    let policies = "select tablename || ' ' || policyname from pg_policies
        cross join lateral (select concat(qual, ' ', with_check) as text) as said
        where schemaname = 'public'";
    let calling = format!("{policies} and text ~ 'SELECT app_[a-z_]+\\(\\)'");
    assert!(60 < catalogue.list(&calling).await.len());
    catalogue
        .none(&format!(
            "{policies} and regexp_replace(text, 'SELECT app_[a-z_]+\\(\\)', '', 'g') ~ 'app_[a-z_]+\\('"
        ))
        .await;
}

#[tokio::test]
async fn keys_and_indexes_begin_with_the_org() {
    let mut catalogue = Catalogue::new().await;
    let others = "select i.relname::text from tenant t
        join pg_index x on x.indrelid = t.oid
        join pg_class i on i.oid = x.indexrelid
        where pg_get_indexdef(x.indexrelid, 1, false) <> t.org_column
        order by i.relname collate \"C\"";
    assert_eq!(catalogue.list(others).await, PLATFORM_KEYS);
    catalogue
        .none(
            "select name from tenant t
             where not exists (select from pg_index x where x.indrelid = t.oid and x.indisprimary)",
        )
        .await;
}

/// Foreign keys see hidden rows, so one that does not name the org could point into another.
#[tokio::test]
async fn references_between_tables_name_the_org_on_both_sides() {
    let mut catalogue = Catalogue::new().await;
    let references = "join pg_constraint k on k.conrelid = t.oid and k.contype = 'f'
        join tenant parent on parent.oid = k.confrelid";
    let all = catalogue.list(&format!("select k.conname::text from tenant t {references}")).await;
    assert!(20 < all.len(), "{all:?}");
    catalogue
        .none(&format!(
            "select k.conname::text from tenant t {references}
             where not exists (
               select from unnest(k.conkey, k.confkey) as pair(child, parent_number)
               join pg_attribute a on a.attrelid = t.oid and a.attnum = pair.child
               join pg_attribute b on b.attrelid = parent.oid and b.attnum = pair.parent_number
               where a.attname = t.org_column and b.attname = parent.org_column)"
        ))
        .await;
    // Its columns are what a tenant may choose; a table of the platform has no ids of theirs.
    catalogue
        .none(
            "select k.conname::text from pg_constraint k
             where k.contype = 'f'
               and (k.conrelid in (select oid from tenant)) <> (k.confrelid in (select oid from tenant))",
        )
        .await;
}

/// A view works with its owner's rights, and a materialised one holds everybody's rows.
#[tokio::test]
async fn there_are_no_views_sequences_rules_or_triggers() {
    let mut catalogue = Catalogue::new().await;
    catalogue
        .none(
            "select relname::text from pg_class
             where relnamespace = 'public'::regnamespace and relkind in ('v', 'm', 'S')",
        )
        .await;
    catalogue
        .none(
            "select t.tgname::text from pg_trigger t join pg_class c on c.oid = t.tgrelid
             where not t.tgisinternal and c.relnamespace = 'public'::regnamespace",
        )
        .await;
    catalogue.none("select rulename::text from pg_rules where schemaname = 'public'").await;
}

#[tokio::test]
async fn functions_with_other_rights_are_the_closed_list_and_return_ids() {
    let mut catalogue = Catalogue::new().await;
    let all = "from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname not in ('pg_catalog', 'information_schema', 'graphile_worker')";
    let order = "order by p.oid::regprocedure::text collate \"C\"";
    let functions = format!("select p.oid::regprocedure::text {all}");
    let definers =
        format!("select p.proowner::regrole || ' ' || p.oid::regprocedure {all} and p.prosecdef");
    assert_eq!(catalogue.list(&format!("{definers} {order}")).await, DEFINERS);
    assert_eq!(catalogue.list(&format!("{functions} and not p.prosecdef {order}")).await, READERS);
    catalogue
        .none(&format!(
            "{functions} and p.prosecdef and p.proconfig is distinct from array['search_path=\"\"']"
        ))
        .await;
    // Columns that are returned have mode 't'; a function without any returns one value.
    catalogue
        .none(
            "select p.oid::regprocedure::text || ' ' || returned.type::regtype
             from pg_proc p
             cross join lateral (
               select type from unnest(p.proallargtypes, p.proargmodes) as a(type, mode)
               where mode = 't'
               union all select p.prorettype where p.proargmodes is null
             ) returned
             where p.prosecdef and p.proowner = 'ringcraft_lookup'::regrole
               and returned.type not in ('uuid'::regtype, 'boolean'::regtype)",
        )
        .await;
}

#[tokio::test]
async fn the_lookup_role_sees_what_it_looks_for_and_no_content() {
    let mut catalogue = Catalogue::new().await;
    let columns = "select c.relname || '.' || a.attname as name from pg_class c
        join pg_attribute a on a.attrelid = c.oid and 0 < a.attnum and not a.attisdropped
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'f', 'v', 'm')
          and has_column_privilege('ringcraft_lookup', c.oid, a.attnum, 'SELECT')
          and a.attname not in ('org_id', 'id', 'user_id')
        order by c.relname collate \"C\", a.attname collate \"C\"";
    let expected = [
        "account_token.expires_at",
        "account_token.kind",
        "account_token.token_hash",
        "account_token.used_at",
        "api_key.expires_at",
        "api_key.revoked_at",
        "api_key.token_hash",
        "app_user.email",
        "call_share.expires_at",
        "call_share.revoked_at",
        "call_share.token_hash",
        "session.expires_at",
        "session.token_hash",
    ];
    assert_eq!(catalogue.list(columns).await, expected);
    catalogue
        .none(
            "select c.relname::text from pg_class c
             where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'f')
               and (has_any_column_privilege('ringcraft_lookup', c.oid, 'INSERT, UPDATE, REFERENCES')
                 or has_table_privilege('ringcraft_lookup', c.oid, 'DELETE, TRUNCATE, TRIGGER'))",
        )
        .await;
    catalogue
        .none("select 'creates in public' where has_schema_privilege('ringcraft_lookup', 'public', 'CREATE')")
        .await;
}

#[tokio::test]
async fn roles_have_no_power_of_their_own() {
    let mut catalogue = Catalogue::new().await;
    catalogue
        .none(
            "select rolname::text from pg_roles
             where rolname in ('ringcraft_app', 'ringcraft_lookup', 'ringcraft_jobs')
               and (rolsuper or rolbypassrls or rolcanlogin or rolcreaterole or rolcreatedb
                 or rolreplication)",
        )
        .await;
    // They are members of nothing; and of whom can make roles alone are there members of the lookup.
    catalogue
        .none(
            "select m.member::regrole || ' in ' || m.roleid::regrole from pg_auth_members m
             join pg_roles member on member.oid = m.member
             where member.rolname in ('ringcraft_app', 'ringcraft_lookup', 'ringcraft_jobs')",
        )
        .await;
    catalogue
        .none(
            "select c.relname::text from pg_class c
             where c.relnamespace = 'public'::regnamespace
               and c.relowner in ('ringcraft_app'::regrole, 'ringcraft_lookup'::regrole, 'ringcraft_jobs'::regrole)",
        )
        .await;
    // Policies do not bind `truncate`; who may refer to a table, or put a trigger on it, sees its rows.
    catalogue
        .none(
            "select name from tenant
             where has_table_privilege('ringcraft_app', oid, 'TRUNCATE, TRIGGER')
               or has_any_column_privilege('ringcraft_app', oid, 'REFERENCES')",
        )
        .await;
}

#[tokio::test]
async fn the_public_has_nothing() {
    let mut catalogue = Catalogue::new().await;
    let granted = "select c.relname || ' ' || (aclexplode(c.relacl)).grantee as item
          from pg_class c where c.relnamespace = 'public'::regnamespace
        union all
        select c.relname || '.' || a.attname || ' ' || (aclexplode(a.attacl)).grantee
          from pg_attribute a join pg_class c on c.oid = a.attrelid
          where c.relnamespace = 'public'::regnamespace
        union all
        select p.proname || ' ' || (aclexplode(coalesce(p.proacl, acldefault('f', p.proowner)))).grantee
          from pg_proc p where p.pronamespace = 'public'::regnamespace
        union all
        select n.nspname || ' ' || (aclexplode(n.nspacl)).grantee
          from pg_namespace n where n.nspname = 'public'";
    let all = catalogue.list(&format!("select item from ({granted}) granted")).await;
    assert!(100 < all.len(), "grants are looked at");
    catalogue.none(&format!("select item from ({granted}) granted where item like '% 0'")).await;
}
