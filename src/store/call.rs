//! Calls.

use sqlx::{Postgres, Transaction};
use time::OffsetDateTime;
use uuid::Uuid;

use super::idempotency::{self, Claim, Claimed, Key};
use super::{Actor, OrgScope, StoreError};
use crate::model::{CallId, CallStatus, OrgId, Role, TeamId, UserId};

/// A call that is opened.
#[derive(Clone, Copy, Debug)]
pub struct NewCall<'a> {
    /// Its id.
    pub id: CallId,
    /// What is practised.
    pub scenario_id: &'a str,
    /// Its name for people.
    pub scenario_title: &'a str,
    /// The version of it.
    pub scenario_hash: &'a str,
    /// "voice" or "chat".
    pub channel: &'a str,
}

/// A call as lists show it.
#[derive(Clone, Debug, PartialEq)]
pub struct CallRow {
    /// Its id.
    pub id: CallId,
    /// How far it has come, as far as the database knows.
    pub status: CallStatus,
    /// "voice" or "chat".
    pub channel: String,
    /// What is practised.
    pub scenario_id: String,
    /// Its name for people.
    pub scenario_title: String,
    /// Who practises.
    pub user: UserId,
    /// What they are called.
    pub user_name: String,
    /// When it was opened.
    pub created_at: OffsetDateTime,
    /// When its media began to flow.
    pub connected_at: Option<OffsetDateTime>,
    /// When it ended.
    pub ended_at: Option<OffsetDateTime>,
    /// How long it was.
    pub duration_ms: Option<u64>,
    /// Why it ended.
    pub end_reason: Option<String>,
    /// Which engines served it.
    pub served_by: Option<serde_json::Value>,
}

/// Which calls a list shows: those that fit all that is given.
#[derive(Clone, Debug, Default)]
pub struct CallFilter {
    /// Of this person.
    pub user: Option<UserId>,
    /// Of the people in this team.
    pub team: Option<TeamId>,
    /// Of this scenario.
    pub scenario_id: Option<String>,
    /// That have come so far.
    pub status: Option<CallStatus>,
    /// Opened at this moment or later.
    pub from: Option<OffsetDateTime>,
    /// Opened before this moment.
    pub to: Option<OffsetDateTime>,
    /// Of people whose name contains this, whatever its case.
    pub name: Option<String>,
}

/// Begins to open a call. Where the key of the claim was used before, nothing is opened.
///
/// # Errors
/// When the database does not answer.
pub async fn begin<'a>(
    scope: &OrgScope,
    user: UserId,
    claim: Option<Claim<'a>>,
) -> Result<Begun<'a>, StoreError> {
    let mut tx = scope.begin().await?;
    if let Some(claim) = claim
        && let Key::Used(before) = idempotency::claim(&mut tx, scope.org(), user, claim).await?
    {
        tx.commit().await?;
        return Ok(Begun::Before(before));
    }
    Ok(Begun::Opening(Opening { tx, org: scope.org(), user, key: claim.map(|claim| claim.key) }))
}

/// What became of the wish to open a call.
#[derive(Debug)]
pub enum Begun<'a> {
    /// It is being opened.
    Opening(Opening<'a>),
    /// It was, by an earlier request with the same key.
    Before(Claimed),
}

/// A call that is being opened: it is noted with its key, or neither is. Others with the same key
/// wait for it.
#[derive(Debug)]
pub struct Opening<'a> {
    tx: Transaction<'static, Postgres>,
    org: OrgId,
    user: UserId,
    key: Option<&'a str>,
}

impl Opening<'_> {
    /// Notes the call, which waits for its first connection.
    ///
    /// # Errors
    /// When the actor may not open calls for this person.
    pub async fn note(mut self, new: NewCall<'_>) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into call
               (org_id, id, user_id, scenario_id, scenario_title, scenario_hash, channel, status)
             values ($1, $2, $3, $4, $5, $6, $7, 'waiting')",
            self.org.0,
            new.id.0,
            self.user.0,
            new.scenario_id,
            new.scenario_title,
            new.scenario_hash,
            new.channel,
        )
        .execute(&mut *self.tx)
        .await?;
        if let Some(key) = self.key {
            idempotency::note(&mut self.tx, self.org, self.user, key, new.id.0).await?;
        }
        Ok(self.tx.commit().await?)
    }
}

/// Notes that a call which still waited was given up: nobody will connect to it.
///
/// # Errors
/// When the actor is not the system.
pub async fn give_up(scope: &OrgScope, id: CallId) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    sqlx::query!(
        "update call set status = 'never_connected', ended_at = now()
         where org_id = $1 and id = $2 and status = 'waiting'",
        scope.org().0,
        id.0,
    )
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

/// Notes that the calls of somebody which still wait were given up for a later one.
///
/// # Errors
/// When the actor is not the system.
pub async fn give_up_before(scope: &OrgScope, user: UserId, id: CallId) -> Result<(), StoreError> {
    let mut tx = scope.begin().await?;
    // Nobody noted the end of those that waited for too long.
    sqlx::query!(
        "update call
         set status = 'never_connected', ended_at = least(now(), created_at + interval '10 minutes')
         where org_id = $1 and user_id = $2 and status = 'waiting' and id < $3",
        scope.org().0,
        user.0,
        id.0,
    )
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

/// Whether the actor may know of a call.
///
/// # Errors
/// When the database does not answer.
pub async fn is_visible(scope: &OrgScope, id: CallId) -> Result<bool, StoreError> {
    let mut tx = scope.begin().await?;
    let found = sqlx::query_scalar!(
        r#"select exists (select from call where org_id = $1 and id = $2) as "found!""#,
        scope.org().0,
        id.0,
    )
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(found)
}

/// A call, where the actor may know of it.
///
/// # Errors
/// When the database does not answer.
pub async fn find(scope: &OrgScope, id: CallId) -> Result<Option<CallRow>, StoreError> {
    let mut tx = scope.begin().await?;
    let found = sqlx::query_as!(
        Columns,
        r#"select c.id as "id!", call_status(c.status, c.created_at) as "status!", c.channel as "channel!",
             c.scenario_id as "scenario_id!", c.scenario_title as "scenario_title!",
             c.user_id as "user_id!", u.name as "user_name?", c.created_at as "created_at!",
             c.connected_at as "connected_at?", c.ended_at as "ended_at?",
             c.duration_ms as "duration_ms?", c.end_reason as "end_reason?",
             c.served_by as "served_by?"
           from call c
           left join app_user u on u.org_id = c.org_id and u.id = c.user_id
           where c.org_id = $1 and c.id = $2"#,
        scope.org().0,
        id.0,
    )
    .fetch_optional(&mut *tx)
    .await?;
    tx.commit().await?;
    found.map(CallRow::try_from).transpose()
}

/// The calls that the actor may know of and the filter names: the newest first, at most `most`,
/// those before `after`.
///
/// # Errors
/// When the database does not answer.
pub async fn list(
    scope: &OrgScope,
    filter: &CallFilter,
    after: Option<Uuid>,
    most: i64,
) -> Result<Vec<CallRow>, StoreError> {
    let mut tx = scope.begin().await?;
    // A plan that is good for any filter would read every call of the org.
    sqlx::query_scalar!(
        r#"select set_config('plan_cache_mode', 'force_custom_plan', true) as "mode!""#
    )
    .fetch_one(&mut *tx)
    .await?;
    let people = people(&mut tx, scope, filter).await?;
    if people.as_ref().is_some_and(Vec::is_empty) {
        tx.commit().await?;
        return Ok(Vec::new());
    }
    let rows = sqlx::query_as!(
        Columns,
        r#"select c.id as "id!", call_status(c.status, c.created_at) as "status!", c.channel as "channel!",
             c.scenario_id as "scenario_id!", c.scenario_title as "scenario_title!",
             c.user_id as "user_id!", u.name as "user_name?", c.created_at as "created_at!",
             c.connected_at as "connected_at?", c.ended_at as "ended_at?",
             c.duration_ms as "duration_ms?", c.end_reason as "end_reason?",
             c.served_by as "served_by?"
           from call c
           left join app_user u on u.org_id = c.org_id and u.id = c.user_id
           where c.org_id = $1
             and ($2::uuid is null or c.id < $2)
             and ($3::uuid[] is null or c.user_id = any($3))
             and ($4::text is null or c.scenario_id = $4)
             and ($5::text[] is null or c.status = any($5))
             and ($11::text is null or call_status(c.status, c.created_at) = $11)
             and ($6::timestamptz is null or ($6 <= c.created_at and $7 <= c.id))
             and ($8::timestamptz is null or (c.created_at < $8 and c.id < $9))
           order by c.id desc
           limit $10"#,
        scope.org().0,
        after,
        people.as_deref(),
        filter.scenario_id,
        filter.status.map(kept_as) as _,
        filter.from,
        filter.from.map(|from| first_id_at(from.saturating_sub(CLOCKS_DIFFER))),
        filter.to,
        filter.to.map(|to| first_id_at(to.saturating_add(CLOCKS_DIFFER))),
        most,
        filter.status.map(CallStatus::as_str),
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    rows.into_iter().map(CallRow::try_from).collect()
}

/// As what a status may stand in its row: a call that nobody connected to in time still waits there.
fn kept_as(status: CallStatus) -> Vec<&'static str> {
    match status {
        CallStatus::NeverConnected => vec![status.as_str(), CallStatus::Waiting.as_str()],
        _ => vec![status.as_str()],
    }
}

/// Whose calls are meant, where that is not everybody's. Row security would leave out the same
/// calls, but only after it has read them: for a few people, the index by person is the short way.
/// Who may see a person may see their calls, so none is missed.
async fn people(
    tx: &mut Transaction<'static, Postgres>,
    scope: &OrgScope,
    filter: &CallFilter,
) -> Result<Option<Vec<Uuid>>, StoreError> {
    let sees_few = matches!(scope.actor(), Actor::User { role: Role::Rep | Role::Manager, .. });
    let names_few = filter.user.is_some() || filter.team.is_some() || filter.name.is_some();
    if !sees_few && !names_few {
        return Ok(None);
    }
    let people = sqlx::query_scalar!(
        "select u.id from app_user u
         where u.org_id = $1
           and ($2::uuid is null or u.id = $2)
           and ($3::uuid is null or u.id in (
             select m.user_id from team_member m where m.org_id = $1 and m.team_id = $3))
           and ($4::text is null or strpos(lower(u.name), lower($4)) > 0)",
        scope.org().0,
        filter.user.map(|user| user.0),
        filter.team.map(|team| team.0),
        filter.name,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(Some(people))
}

/// Ids are made by the clocks of servers, times by that of the database.
const CLOCKS_DIFFER: time::Duration = time::Duration::DAY;

/// The smallest id that is made at a moment: lists run along ids, and by these bounds a range of
/// time is a short piece of one.
fn first_id_at(at: OffsetDateTime) -> Uuid {
    /// The time of an id has 48 bits, in milliseconds.
    const LATEST_MS: i128 = (1 << 48) - 1;
    let unix_ms = (at.unix_timestamp_nanos() / 1_000_000).clamp(0, LATEST_MS);
    Uuid::from_u128(unix_ms.unsigned_abs() << 80)
}

/// A row of `call`, with who practised.
struct Columns {
    id: Uuid,
    status: String,
    channel: String,
    scenario_id: String,
    scenario_title: String,
    user_id: Uuid,
    user_name: Option<String>,
    created_at: OffsetDateTime,
    connected_at: Option<OffsetDateTime>,
    ended_at: Option<OffsetDateTime>,
    duration_ms: Option<i64>,
    end_reason: Option<String>,
    served_by: Option<serde_json::Value>,
}

impl TryFrom<Columns> for CallRow {
    type Error = StoreError;

    fn try_from(row: Columns) -> Result<Self, StoreError> {
        let status =
            row.status.parse().map_err(|error| StoreError::Query(sqlx::Error::decode(error)))?;
        Ok(Self {
            id: CallId(row.id),
            status,
            channel: row.channel,
            scenario_id: row.scenario_id,
            scenario_title: row.scenario_title,
            user: UserId(row.user_id),
            user_name: row.user_name.unwrap_or_default(),
            created_at: row.created_at,
            connected_at: row.connected_at,
            ended_at: row.ended_at,
            // The schema allows nothing below 0.
            duration_ms: row.duration_ms.map(i64::unsigned_abs),
            end_reason: row.end_reason,
            served_by: row.served_by,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_is_made_at_a_moment_is_not_below_its_bound() {
        // 2026-01-01T00:00:00Z is 1_767_225_600_000 ms, 0x19b7_6daa_c00.
        let at = OffsetDateTime::from_unix_timestamp(1_767_225_600).unwrap();
        let bound = first_id_at(at);
        assert_eq!(
            bound.to_string(),
            format!(
                "{:08x}-{:04x}-0000-0000-000000000000",
                1_767_225_600_000_u64 >> 16,
                1_767_225_600_000_u64 & 0xffff
            )
        );
        let made = |seconds, nanos| {
            let context = uuid::ContextV7::new();
            Uuid::new_v7(uuid::Timestamp::from_unix(&context, seconds, nanos))
        };
        assert!(bound <= made(1_767_225_600, 0));
        assert!(made(1_767_225_599, 999_000_000) < bound);
        let before_1970 = OffsetDateTime::UNIX_EPOCH - time::Duration::DAY;
        assert_eq!(first_id_at(before_1970), Uuid::nil());
    }
}
