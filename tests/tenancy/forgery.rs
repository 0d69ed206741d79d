//! What somebody might write who has found a way to write SQL of their own into our transaction, or a
//! bug that does it for them.

use sqlx::{AssertSqlSafe, Executor};
use uuid::Uuid;

use crate::tables::TABLES;
use crate::world::{ASKERS, Asker, Attempt, Whose, World, fill, row_id};
use Refusal::{Constraint, Denied, NoSuchRow, Permitted};

enum Refusal {
    /// An error: row security or a missing grant.
    Denied,
    /// There is no such row, as far as they can tell.
    NoSuchRow,
    /// A constraint that holds for everybody.
    Constraint(&'static str),
    /// It is theirs to do: what shows that the refusals beside it are not for another reason.
    Permitted,
}

const PEOPLE: &[&str] = &["rep", "manager", "manager_all", "hr", "admin", "superadmin"];
const NOT_ADMINS: &[&str] = &["rep", "manager", "manager_all", "hr"];
const ALL: &[&str] = &["rep", "manager", "manager_all", "hr", "admin", "superadmin", "system"];

/// Who tries, what, and what stops them. `{mate}` is a colleague, `{boss}` a superadmin of the same
/// org; `{other_*}` is another org's.
const FORGERIES: &[(&[&str], &str, Refusal)] = &[
    // References into another org.
    (
        &["system"],
        "insert into call
           (org_id, id, user_id, scenario_id, scenario_title, scenario_hash, channel, status)
         values ('{org}', '{row}', '{other_user}', 's', 'S', 'h', 'voice', 'waiting')",
        Constraint("call_user_fkey"),
    ),
    (
        &["admin", "superadmin", "system"],
        "insert into team_member values ('{org}', '{other_team}', '{user}')",
        Constraint("team_member_team_fkey"),
    ),
    (
        &["admin", "superadmin", "system"],
        "insert into team_member values ('{org}', '{team}', '{other_user}')",
        Constraint("team_member_user_fkey"),
    ),
    (
        &["system"],
        "insert into recording values ('{org}', '{other_call}', 'org/', 1)",
        Constraint("recording_call_fkey"),
    ),
    (
        &["system"],
        "update feedback set author_user_id = '{other_user}' where author_user_id = '{user}'",
        Constraint("feedback_author_fkey"),
    ),
    // Hidden rows that are in the way. An address is known to the whole platform: that it is taken
    // is told to those who add people, and nothing else of it.
    (
        &["admin", "superadmin", "system"],
        "insert into app_user
         values ('{org}', '{row}', '{other_user}@EXAMPLE.com', 'R', 'rep', 'active')",
        Constraint("app_user_email_key"),
    ),
    (
        &["admin", "superadmin", "system"],
        "insert into app_user
         values ('{org}', '{row}', '{other_user}@example.com', 'R', 'rep', 'active')
         on conflict do nothing",
        NoSuchRow,
    ),
    (
        &["admin", "superadmin", "system"],
        "insert into app_user
         values ('{org}', '{row}', '{other_user}@example.com', 'R', 'rep', 'active')
         on conflict (lower(email)) do update set name = 'Mine now'",
        Denied,
    ),
    (
        &["admin"],
        "insert into app_user
         values ('{org}', '{other_user}', '{row}@example.com', 'R', 'rep', 'active')
         on conflict (org_id, id) do update set name = 'Mine now'",
        Permitted,
    ),
    // Raising oneself.
    (NOT_ADMINS, "update app_user set role = 'admin' where id = '{user}'", NoSuchRow),
    (&["admin"], "update app_user set role = 'superadmin' where id = '{user}'", Denied),
    (&["admin"], "update app_user set role = 'superadmin' where id = '{mate}'", Denied),
    (
        &["admin", "superadmin"],
        "insert into app_user
         values ('{org}', '{row}', 'new@example.com', 'R', 'superadmin', 'active')",
        Denied,
    ),
    (&["admin"], "update app_user set email = 'mine@example.com' where id = '{boss}'", NoSuchRow),
    (&["superadmin"], "update app_user set name = 'Boss' where id = '{boss}'", Permitted),
    (&["system"], "update app_user set role = 'superadmin' where id = '{mate}'", Permitted),
    (NOT_ADMINS, "insert into team_lead values ('{org}', '{team}', '{user}')", Denied),
    (NOT_ADMINS, "update org set managers_see_all = true", NoSuchRow),
    (ALL, "update team_lead set team_id = '{team}'", Denied),
    // Secrets.
    (ALL, "select token_hash from session", Denied),
    (ALL, "select token_hash from api_key", Denied),
    (ALL, "select token_hash from account_token", Denied),
    (ALL, "select * from session", Denied),
    (PEOPLE, "select password_hash from credential", NoSuchRow),
    (PEOPLE, "select body from mail", NoSuchRow),
    (PEOPLE, "update session set expires_at = now() + '1 year'", NoSuchRow),
    (ALL, "select histogram_bounds from pg_stats where tablename = 'app_user'", NoSuchRow),
    // Keys.
    (ALL, "update api_key set token_hash = '\\x01' where user_id = '{user}'", Denied),
    (ALL, "update api_key set user_id = '{mate}' where user_id = '{user}'", Denied),
    (PEOPLE, "update api_key set revoked_at = null where user_id = '{mate}'", NoSuchRow),
    (
        &["admin", "superadmin"],
        "insert into api_key (org_id, id, user_id, name, prefix, token_hash)
         values ('{org}', '{row}', '{boss}', 'key', 'rk_1', '\\x02')",
        Denied,
    ),
    // The audit.
    (
        PEOPLE,
        "insert into audit_entry values ('{org}', '{row}', now(), '{mate}', '{role}', 'x')",
        Denied,
    ),
    (
        PEOPLE,
        "insert into audit_entry values ('{org}', '{row}', now(), null, '{role}', 'x')",
        Denied,
    ),
    (
        PEOPLE,
        "insert into audit_entry values ('{org}', '{row}', now(), '{user}', 'system', 'x')",
        Denied,
    ),
    (
        ALL,
        "insert into audit_entry
         values ('{org}', '{row}', now() - interval '1 day', '{user}', '{role}', 'x')",
        Denied,
    ),
    (
        ALL,
        "insert into audit_entry values ('{org}', '{row}', now(), '{user}', '{role}', 'x')",
        Permitted,
    ),
    (ALL, "update audit_entry set details = '{}'", Denied),
    (ALL, "delete from audit_entry", Denied),
    // The outcome of one's own call.
    (
        PEOPLE,
        "insert into call
           (org_id, id, user_id, scenario_id, scenario_title, scenario_hash, channel, status)
         values ('{org}', '{row}', '{user}', 's', 'S', 'h', 'voice', 'completed')",
        Denied,
    ),
    (
        PEOPLE,
        "insert into call
           (org_id, id, user_id, scenario_id, scenario_title, scenario_hash, channel, status,
            duration_ms)
         values ('{org}', '{row}', '{user}', 's', 'S', 'h', 'voice', 'waiting', 600000)",
        Denied,
    ),
    (PEOPLE, "update call set status = 'completed' where user_id = '{user}'", NoSuchRow),
    (
        &["manager", "admin", "superadmin"],
        "insert into feedback values ('{org}', '{row}', '{call}', '{mate}', 'Well done.')",
        Denied,
    ),
    // Links to calls: in another's name, longer or to another call than they were made, good again.
    (ALL, "select token_hash from call_share", Denied),
    (ALL, "update call_share set expires_at = expires_at + '1 day'", Denied),
    (ALL, "update call_share set call_id = '{call}'", Denied),
    (
        &["manager", "admin", "superadmin"],
        "insert into call_share (org_id, id, call_id, user_id, token_hash, expires_at)
         values ('{org}', '{row}', '{call}', '{mate}', '\\x03', now() + '1 hour')",
        Denied,
    ),
    (
        &["rep", "manager", "admin"],
        "insert into call_share (org_id, id, call_id, user_id, token_hash, expires_at, opened)
         values ('{org}', '{row}', '{call}', '{user}', '\\x03', now() + '1 hour', -1)",
        Denied,
    ),
    (
        &["rep", "manager", "admin"],
        "insert into call_share (org_id, id, call_id, user_id, token_hash, expires_at)
         values ('{org}', '{row}', '{call}', '{user}', '\\x03', now() + '2161 hours')",
        Constraint("call_share_life"),
    ),
    (
        &["system"],
        "insert into call_share (org_id, id, call_id, user_id, token_hash, expires_at)
         values ('{org}', '{row}', '{other_call}', '{user}', '\\x03', now() + '1 hour')",
        Constraint("call_share_call_fkey"),
    ),
    (
        &["rep", "manager", "admin"],
        "update call_share set revoked_at = null, opened = 0 where call_id = '{call}'",
        Denied,
    ),
    (
        &["admin", "superadmin"],
        "update call_share set revoked_at = now() where user_id = '{boss}'",
        NoSuchRow,
    ),
    // Consent.
    (
        PEOPLE,
        "insert into consent values ('{org}', '{row}', '{user}', 'recording', '1', '2020-01-01')",
        Denied,
    ),
    (ALL, "update consent set given_at = '2020-01-01' where user_id = '{user}'", Denied),
    (PEOPLE, "update consent set withdrawn_at = null where user_id = '{user}'", NoSuchRow),
    // Getting out of the policies.
    (ALL, "alter table call disable row level security", Denied),
    (ALL, "create policy mine on call to ringcraft_app using (true)", Denied),
    (ALL, "create table mine (id uuid)", Denied),
    (ALL, "set row_security = off; select id from call", Denied),
    (ALL, "update _sqlx_migrations set success = false", Denied),
];

#[tokio::test]
async fn forgeries_are_refused() {
    let mut world = World::new().await;
    prepare(&mut world).await;
    let mut wrong = Vec::new();
    for asker in ASKERS {
        world.begin(asker).await;
        for (askers, statement, refusal) in FORGERIES {
            if !askers.contains(&asker.column) {
                continue;
            }
            let statement = written_by(asker, statement);
            let found = world.attempt(&statement).await;
            let as_expected = match refusal {
                Denied => found == Attempt::Denied,
                NoSuchRow => found == Attempt::Rows(0),
                Permitted => found == Attempt::Rows(1),
                Constraint(name) => found == Attempt::Constraint((*name).to_owned()),
            };
            if !as_expected {
                wrong.push(format!("{} got {found:?}: {statement}", asker.column));
            }
        }
        world.end().await;
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Keys that were revoked, a consent that was withdrawn, and a superadmin.
async fn prepare(world: &mut World) {
    let (own, mate) = (Whose::Own.user(), Whose::OwnTeam.user());
    let (boss, boss_call) = (Whose::OtherTeam.user(), Whose::OtherTeam.call());
    let statement = format!(
        "update api_key set revoked_at = now() where user_id = '{mate}';
         update consent set withdrawn_at = now() where user_id = '{own}';
         update app_user set role = 'superadmin' where id = '{boss}';
         update call_share set user_id = '{boss}', revoked_at = now()
         where call_id = '{boss_call}';
         analyze app_user;"
    );
    world.owner.execute(AssertSqlSafe(statement)).await.unwrap();
}

fn written_by(asker: Asker, statement: &str) -> String {
    let role = asker.actor().map_or("", |actor| match actor {
        ringcraft::store::Actor::User { role, .. } => role.as_str(),
        ringcraft::store::Actor::System => "system",
    });
    let statement = statement
        .replace("{mate}", &Whose::OwnTeam.user().to_string())
        .replace("{boss}", &Whose::OtherTeam.user().to_string())
        .replace("{other_user}", &Whose::OtherOrg.user().to_string())
        .replace("{other_team}", &Whose::OtherOrg.team().to_string())
        .replace("{other_call}", &Whose::OtherOrg.call().to_string());
    fill(&statement, Whose::Own, Uuid::now_v7(), role)
}

#[tokio::test]
async fn no_row_moves_to_another_org() {
    let mut world = World::new().await;
    let (mut attempts, mut moved) = (0, Vec::new());
    for asker in ASKERS {
        world.begin(asker).await;
        for table in &TABLES {
            let column = if table.name == "org" { "id" } else { "org_id" };
            let other = Whose::OtherOrg.org();
            let change =
                format!("update {} set {column} = '{other}' where {}", table.name, table.key);
            for whose in table.in_org() {
                attempts += 1;
                let change = fill(&change, whose, row_id(table.name, whose), "");
                if world.attempt(&change).await.passed() {
                    moved.push(format!("{} as {}", table.name, asker.column));
                }
            }
        }
        world.end().await;
    }
    assert_eq!(moved, Vec::<String>::new());
    assert_eq!(attempts, 9 * 86);
}

/// Policies do not bind `truncate`, so only its missing grant does.
#[tokio::test]
async fn nobody_empties_a_table() {
    let mut world = World::new().await;
    for asker in ASKERS {
        world.begin(asker).await;
        for table in &TABLES {
            let truncate = format!("truncate {} cascade", table.name);
            assert_eq!(world.attempt(&truncate).await, Attempt::Denied, "{truncate}");
        }
        world.end().await;
    }
}
