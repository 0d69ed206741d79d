//! A call as lists show it: who, what and when, and nothing that was said.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::app::App;
use crate::model::{CallId, CallStatus, UserId};
use crate::store::call::CallRow;

/// How a call is held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum Channel {
    /// Spoken.
    #[default]
    Voice,
    /// Written.
    Chat,
}

impl Channel {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Voice => "voice",
            Self::Chat => "chat",
        }
    }
}

/// Who called whom, when, and how far it has come.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Summary {
    id: CallId,
    status: CallStatus,
    /// `voice` or `chat`.
    channel: String,
    scenario: ScenarioOfCall,
    user: UserOfCall,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// When its media began to flow.
    #[serde(with = "time::serde::rfc3339::option")]
    connected_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    ended_at: Option<OffsetDateTime>,
    duration_ms: Option<u64>,
    /// Why it ended, as docs/PROTOCOL.md lists it.
    end_reason: Option<String>,
}

/// What is practised.
#[derive(Debug, Serialize, ToSchema)]
struct ScenarioOfCall {
    id: String,
    title: String,
}

/// Who practises.
#[derive(Debug, Serialize, ToSchema)]
struct UserOfCall {
    id: UserId,
    name: String,
}

impl Summary {
    /// Shows a row, with what this node knows of the call.
    pub(super) fn of(app: &App, row: CallRow) -> Self {
        let status = status(app, &row);
        Self {
            id: row.id,
            status,
            channel: row.channel,
            scenario: ScenarioOfCall { id: row.scenario_id, title: row.scenario_title },
            user: UserOfCall { id: row.user, name: row.user_name },
            created_at: row.created_at,
            connected_at: row.connected_at,
            ended_at: row.ended_at,
            duration_ms: row.duration_ms,
            end_reason: row.end_reason,
        }
    }
}

/// How far a call has come: the node that holds it knows first.
pub(super) fn status(app: &App, row: &CallRow) -> CallStatus {
    latest(row.status, app.live.status(row.id))
}

/// What came of a call is shown from the database, so only its row says that it is there.
fn latest(stored: CallStatus, live: Option<CallStatus>) -> CallStatus {
    match (stored, live) {
        (CallStatus::Waiting | CallStatus::Live | CallStatus::Sealing, Some(live)) => match live {
            CallStatus::Completed => CallStatus::Sealing,
            live => live,
        },
        // It connected at the last moment, and the note of that comes late.
        (CallStatus::NeverConnected, Some(live @ (CallStatus::Live | CallStatus::Sealing))) => live,
        (stored, _) => stored,
    }
}

#[cfg(test)]
mod tests {
    use super::CallStatus::{Completed, Failed, Live, NeverConnected, Sealing, Waiting};
    use super::*;

    #[test]
    fn the_node_knows_first_and_the_row_knows_last() {
        let table = [
            (Waiting, None, Waiting),
            (Waiting, Some(Live), Live),
            (Live, Some(Sealing), Sealing),
            (Live, None, Live),
            (Sealing, Some(Completed), Sealing),
            (Live, Some(Failed), Failed),
            (Completed, Some(Sealing), Completed),
            (Completed, None, Completed),
            (Failed, Some(Sealing), Failed),
            (NeverConnected, Some(Waiting), NeverConnected),
            (NeverConnected, Some(Live), Live),
            (NeverConnected, Some(Sealing), Sealing),
            (NeverConnected, None, NeverConnected),
        ];
        for (stored, live, shown) in table {
            assert_eq!(latest(stored, live), shown, "{stored:?} {live:?}");
        }
    }
}
