//! The list of calls.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Deserializer, Serialize, de};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::{IntoParams, ToSchema};

use super::summary::Summary;
use crate::app::App;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::page::{Cursor, Filter, Page, PageQuery};
use crate::http::signed_in::SignedIn;
use crate::model::{CallStatus, TeamId, UserId};
use crate::store::call::{self, CallFilter};

/// The longest text that is searched for, in characters.
const MAX_SEARCH_CHARS: usize = 200;

/// Which calls are asked for: those that fit all that is given.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct CallQuery {
    /// Of this person.
    #[param(inline)]
    user_id: Option<UserId>,
    /// Of the people who are in this team now.
    #[param(inline)]
    team_id: Option<TeamId>,
    /// Of this scenario.
    #[param(inline)]
    scenario_id: Option<Text>,
    /// That have come so far.
    #[param(inline)]
    status: Option<CallStatus>,
    /// Opened at this moment or later, in RFC 3339.
    #[param(inline)]
    from: Option<Moment>,
    /// Opened before this moment, in RFC 3339.
    #[param(inline)]
    to: Option<Moment>,
    /// Of people whose name contains this, whatever its case.
    #[param(inline)]
    q: Option<Text>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct CallList {
    calls: Vec<Summary>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<Cursor>,
}

/// Lists the calls you may see, the newest first.
///
/// A rep sees their own, a manager those of the teams they lead, hr and admin all of the org.
#[utoipa::path(get, path = "/api/calls", tag = "calls", params(PageQuery, CallQuery), responses(
    (status = 200, description = "A page of calls", body = CallList),
    (status = 422, description = "A parameter does not fit", body = ErrorBody),
))]
pub(in crate::http) async fn list(
    State(app): State<Arc<App>>,
    SignedIn(principal): SignedIn,
    page: Page,
    Filter(asked): Filter<CallQuery>,
) -> Result<Json<CallList>, ApiError> {
    let filter = CallFilter {
        user: asked.user_id,
        team: asked.team_id,
        scenario_id: asked.scenario_id.map(|text| text.0),
        status: asked.status,
        from: asked.from.map(|moment| moment.0),
        to: asked.to.map(|moment| moment.0),
        name: asked.q.map(|text| text.0),
    };
    let rows = call::list(&principal.scope, &filter, page.after(), page.rows()).await?;
    let (rows, next_cursor) = page.cut(rows, |row| row.id.0);
    let calls = rows.into_iter().map(|row| Summary::of(&app, row)).collect();
    Ok(Json(CallList { calls, next_cursor }))
}

/// A moment, in RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, format = DateTime)]
struct Moment(OffsetDateTime);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let read = OffsetDateTime::parse(&text, &Rfc3339);
        read.map(Self).map_err(|_| {
            de::Error::custom("a moment in RFC 3339, such as 2026-03-01T10:00:00Z; write + as %2B")
        })
    }
}

/// A text that the database can hold.
#[derive(Clone, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 200)]
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let fits = (1..=MAX_SEARCH_CHARS).contains(&text.chars().count());
        if fits && !text.contains('\0') {
            return Ok(Self(text));
        }
        Err(de::Error::custom(format_args!("a text of 1 to {MAX_SEARCH_CHARS} characters")))
    }
}
