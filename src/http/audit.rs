//! What was done in the org, and by whom.

use axum::Json;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use crate::http::error::{ApiError, ErrorBody};
use crate::http::fields::Wanted;
use crate::http::page::{Cursor, Filter, Page, PageQuery};
use crate::http::signed_in::RunsOrg;
use crate::model::UserId;
use crate::store::audit::{self, AuditEntry, AuditFilter};

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AuditEntries {
    audit_entries: Vec<AuditEntry>,
    next_cursor: Option<Cursor>,
}

/// Which entries are listed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Those of this action, as `user.created`.
    #[param(inline)]
    action: Option<Wanted>,
    /// Those of what this person did.
    #[param(inline)]
    actor: Option<UserId>,
    /// Those no earlier than this.
    #[serde(default, with = "time::serde::rfc3339::option")]
    from: Option<OffsetDateTime>,
    /// Those earlier than this.
    #[serde(default, with = "time::serde::rfc3339::option")]
    to: Option<OffsetDateTime>,
}

/// Lists what was done in the org.
#[utoipa::path(get, path = "/api/audit_entries", tag = "orgs", params(Which, PageQuery), responses(
    (status = 200, description = "The newest first", body = AuditEntries),
    (status = 403, description = "You do not run the org", body = ErrorBody),
    (status = 422, description = "A filter or the page does not fit", body = ErrorBody),
))]
pub(super) async fn list(
    RunsOrg(principal): RunsOrg,
    page: Page,
    Filter(which): Filter<Which>,
) -> Result<Json<AuditEntries>, ApiError> {
    let filter = AuditFilter {
        action: which.action.as_ref().map(Wanted::as_str),
        actor: which.actor,
        from: which.from,
        to: which.to,
    };
    let found = audit::list(&principal.scope, filter, page.after(), page.rows()).await?;
    let (audit_entries, next_cursor) = page.cut(found, |entry| entry.id);
    Ok(Json(AuditEntries { audit_entries, next_cursor }))
}
