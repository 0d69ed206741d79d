//! One's own org, and for superadmins all of them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::http::body::Body;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::page::{Cursor, Page, PageQuery};
use crate::http::signed_in::{RunsOrg, SignedIn};
use crate::identity::DisplayName;
use crate::model::Role;
use crate::store::org::{self, Org, OrgChange, OrgSummary};
use crate::store::{Actor, platform};

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OneOrg {
    org: Org,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Orgs {
    orgs: Vec<OrgSummary>,
    next_cursor: Option<Cursor>,
}

/// What is to become of the org; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wish {
    name: Option<DisplayName>,
    /// Whether a manager sees every call of the org, not only those of the teams they lead.
    managers_see_all: Option<bool>,
}

/// Shows your org.
#[utoipa::path(get, path = "/api/org", tag = "orgs", responses(
    (status = 200, description = "The org", body = OneOrg),
    (status = 403, description = "You do not run it", body = ErrorBody),
))]
pub(super) async fn show(RunsOrg(principal): RunsOrg) -> Result<Json<OneOrg>, ApiError> {
    Ok(Json(OneOrg { org: org::get(&principal.scope).await? }))
}

/// Changes your org.
#[utoipa::path(patch, path = "/api/org", tag = "orgs", request_body = Wish, responses(
    (status = 200, description = "As it is now", body = OneOrg),
    (status = 403, description = "You do not run it", body = ErrorBody),
    (status = 422, description = "A field does not fit", body = ErrorBody),
))]
pub(super) async fn change(
    RunsOrg(principal): RunsOrg,
    Body(wish): Body<Wish>,
) -> Result<Json<OneOrg>, ApiError> {
    let name = wish.name.as_ref().map(DisplayName::as_str);
    let change = OrgChange { name, managers_see_all: wish.managers_see_all };
    Ok(Json(OneOrg { org: org::update(&principal.scope, change).await? }))
}

/// Lists every org, for superadmins. With the header `Ringcraft-Org: <id>` they act in one of them,
/// but open no calls and make no API keys there; the org's audit entries tell.
#[utoipa::path(get, path = "/api/orgs", tag = "orgs", params(PageQuery), responses(
    (status = 200, description = "The oldest first", body = Orgs),
    (status = 403, description = "You are no superadmin", body = ErrorBody),
    (status = 422, description = "The page does not fit", body = ErrorBody),
))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    SignedIn(principal): SignedIn,
    page: Page,
) -> Result<Json<Orgs>, ApiError> {
    if principal.role != Role::Superadmin {
        return Err(ApiError::forbidden());
    }
    let found = platform::orgs(&app.store, page.after(), page.rows()).await?;
    let (ids, next_cursor) = page.cut(found, |org| org.0);
    let mut orgs = Vec::with_capacity(ids.len());
    for id in ids {
        orgs.push(org::summary(&app.store.scope(id, Actor::System)).await?);
    }
    Ok(Json(Orgs { orgs, next_cursor }))
}
