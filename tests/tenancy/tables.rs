//! Every tenant table: how a row of somebody is written, found and changed.

use crate::world::Whose;

/// A tenant table.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// Of whom there are rows.
    of: Of,
    /// Writes a row; the words in braces are filled in by `world::fill`.
    pub(crate) insert: &'static str,
    /// Finds it.
    pub(crate) key: &'static str,
    /// Changes it.
    pub(crate) change: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Person,
    Team,
    Org,
}

impl Table {
    /// A row for each of these is there.
    pub(crate) fn rows(&self) -> Vec<Whose> {
        [self.in_org(), vec![Whose::OtherOrg]].concat()
    }

    /// Those that are of the org of who asks.
    pub(crate) fn in_org(&self) -> Vec<Whose> {
        match self.of {
            Of::Person => Whose::IN_ORG.to_vec(),
            Of::Team => Whose::IN_ORG[1..].to_vec(),
            Of::Org => vec![Whose::Own],
        }
    }

    /// The letter of a row in the matrix: what is the org's is everybody's.
    pub(crate) fn letter(&self, whose: Whose) -> char {
        match self.of {
            Of::Org => 'a',
            Of::Person | Of::Team => whose.letter(),
        }
    }
}

const BY_ID: &str = "id = '{row}'";
const BY_USER: &str = "user_id = '{user}'";
const BY_CALL: &str = "call_id = '{call}'";

macro_rules! table {
    ($name:literal, $of:ident, $key:expr, $insert:literal, $change:literal) => {
        Table { name: $name, of: Of::$of, key: $key, insert: $insert, change: $change }
    };
}

/// In the order in which rows refer to one another.
pub(crate) const TABLES: [Table; 27] = [
    table!("org", Org, BY_ID, "insert into org (id, name) values ('{org}', 'Acme')", "name = 'B'"),
    table!(
        "app_user",
        Person,
        BY_ID,
        "insert into app_user (org_id, id, email, name, role, status)
         values ('{org}', '{row}', '{row}@example.com', 'Robin', 'rep', 'active')",
        "name = 'Sam'"
    ),
    table!(
        "credential",
        Person,
        BY_USER,
        "insert into credential (org_id, user_id, password_hash) values ('{org}', '{user}', '$')",
        "password_hash = '!'"
    ),
    table!(
        "team",
        Team,
        BY_ID,
        "insert into team (org_id, id, name) values ('{org}', '{row}', 'team {row}')",
        "name = 'North'"
    ),
    table!(
        "team_member",
        Person,
        BY_USER,
        "insert into team_member (org_id, team_id, user_id) values ('{org}', '{team}', '{user}')",
        "team_id = '{lead_team}'"
    ),
    table!(
        "team_lead",
        Person,
        BY_USER,
        "insert into team_lead (org_id, team_id, user_id)
         values ('{org}', '{lead_team}', '{user}')",
        "team_id = '{team}'"
    ),
    table!(
        "session",
        Person,
        BY_ID,
        "insert into session (org_id, id, user_id, token_hash, expires_at)
         values ('{org}', '{row}', '{user}', decode(md5('{row}'), 'hex'), now() + '1 hour')",
        "last_used_at = now()"
    ),
    table!(
        "api_key",
        Person,
        BY_ID,
        "insert into api_key (org_id, id, user_id, name, prefix, token_hash)
         values ('{org}', '{row}', '{user}', 'key', 'rk_1', decode(md5('{row}'), 'hex'))",
        "revoked_at = now()"
    ),
    table!(
        "account_token",
        Person,
        BY_ID,
        "insert into account_token (org_id, id, user_id, kind, token_hash, expires_at)
         values ('{org}', '{row}', '{user}', 'invitation', decode(md5('{row}'), 'hex'), now())",
        "used_at = now()"
    ),
    table!(
        "audit_entry",
        Person,
        BY_ID,
        "insert into audit_entry (org_id, id, actor_user_id, actor_role, action)
         values ('{org}', '{row}', '{user}', '{role}', 'test')",
        "action = 'other'"
    ),
    table!(
        "consent",
        Person,
        BY_ID,
        "insert into consent (org_id, id, user_id, kind, text_version)
         values ('{org}', '{row}', '{user}', 'recording', '1')",
        "withdrawn_at = now()"
    ),
    table!(
        "mail",
        Org,
        BY_ID,
        "insert into mail (org_id, id, to_address, subject, body)
         values ('{org}', '{row}', 'robin@example.com', 'Welcome', 'Hello')",
        "sent_at = now()"
    ),
    table!(
        "idempotency_key",
        Person,
        BY_USER,
        "insert into idempotency_key (org_id, user_id, key, request_hash, resource_id)
         values ('{org}', '{user}', 'key {row}', '', '{row}')",
        "resource_id = '{row}'"
    ),
    table!(
        "persona",
        Org,
        BY_ID,
        "insert into persona (org_id, id, name, content) values ('{org}', '{row}', 'Ray', '{}')",
        "name = 'Roy'"
    ),
    table!(
        "scenario",
        Org,
        BY_ID,
        "insert into scenario (org_id, id, slug) values ('{org}', '{row}', 's-{row}')",
        "slug = 'other'"
    ),
    table!(
        "scenario_version",
        Org,
        BY_ID,
        "insert into scenario_version
           (org_id, id, scenario_id, version, content, content_hash)
         values ('{org}', '{row}', '{scenario}', 1, '{}', 'hash')",
        "content_hash = 'other'"
    ),
    table!(
        "call",
        Person,
        BY_ID,
        "insert into call
           (org_id, id, user_id, scenario_id, scenario_title, scenario_hash, channel, status)
         values ('{org}', '{row}', '{user}', 's', 'S', 'hash', 'voice', 'waiting')",
        "status = 'failed'"
    ),
    table!(
        "call_log",
        Person,
        BY_CALL,
        "insert into call_log (org_id, call_id, first_line, line_count, lines)
         values ('{org}', '{call}', 0, 1, '{}')",
        "lines = '{\"other\": true}'"
    ),
    table!(
        "utterance",
        Person,
        BY_CALL,
        "insert into utterance
           (org_id, call_id, transcript_version, seq, speaker, start_ms, end_ms, text, interrupted)
         values ('{org}', '{call}', 1, 1, 'rep', 0, 900, 'Good morning.', false)",
        "text = 'Good evening.'"
    ),
    table!(
        "kpi_result",
        Person,
        BY_CALL,
        "insert into kpi_result (org_id, call_id, kpi_version, transcript_version, result)
         values ('{org}', '{call}', '1', 1, '{}')",
        "result = '[]'"
    ),
    table!(
        "recording",
        Person,
        BY_CALL,
        "insert into recording (org_id, call_id, object_prefix, duration_ms)
         values ('{org}', '{call}', 'org/', 1000)",
        "duration_ms = 0"
    ),
    table!(
        "score",
        Person,
        BY_ID,
        "insert into score (org_id, id, call_id, rubric_version, judged_by, total, result)
         values ('{org}', '{row}', '{call}', '1', 'model', 80, '{}')",
        "total = 100"
    ),
    table!(
        "feedback",
        Person,
        BY_ID,
        "insert into feedback (org_id, id, call_id, author_user_id, body)
         values ('{org}', '{row}', '{call}', '{author}', 'Well asked.')",
        "body = 'Badly asked.'"
    ),
    table!(
        "ai_exchange",
        Person,
        BY_ID,
        "insert into ai_exchange (org_id, id, call_id, purpose, model, prompt_hash, outcome)
         values ('{org}', '{row}', '{call}', 'reply', 'claude', 'hash', 'ok')",
        "model = 'other'"
    ),
    table!(
        "call_share",
        Person,
        BY_ID,
        "insert into call_share (org_id, id, call_id, user_id, token_hash, expires_at)
         values ('{org}', '{row}', '{call}', '{author}', decode(md5('{row}'), 'hex'),
           now() + '1 hour')",
        "revoked_at = now()"
    ),
    table!(
        "webhook_endpoint",
        Org,
        BY_ID,
        "insert into webhook_endpoint (org_id, id, url, secret, events)
         values ('{org}', '{row}', 'https://example.com', '', '{}')",
        "disabled_at = now()"
    ),
    table!(
        "webhook_delivery",
        Org,
        BY_ID,
        "insert into webhook_delivery (org_id, id, endpoint_id, event, payload)
         values ('{org}', '{row}', '{endpoint}', 'call.ended', '{}')",
        "attempts = 1"
    ),
];
