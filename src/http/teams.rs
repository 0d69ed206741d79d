//! Teams, and who is in them.

use axum::Json;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::body::Body;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::fields::Named;
use crate::http::page::{Cursor, Page, PageQuery};
use crate::http::signed_in::{RunsOrg, SignedIn};
use crate::identity::DisplayName;
use crate::model::{TeamId, UserId};
use crate::store::StoreError;
use crate::store::team::{self, LeadError, Team};

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OneTeam {
    team: Team,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Teams {
    teams: Vec<Team>,
    next_cursor: Option<Cursor>,
}

/// What a team is called.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TeamName {
    name: DisplayName,
}

/// Lists the teams you may see: those you are in or lead, else all.
#[utoipa::path(get, path = "/api/teams", tag = "people", params(PageQuery), responses(
    (status = 200, description = "The oldest first, with the people you may see", body = Teams),
    (status = 422, description = "The page does not fit", body = ErrorBody),
))]
pub(super) async fn list(
    SignedIn(principal): SignedIn,
    page: Page,
) -> Result<Json<Teams>, ApiError> {
    let found = team::list(&principal.scope, page.after(), page.rows()).await?;
    let (teams, next_cursor) = page.cut(found, |team| team.id);
    Ok(Json(Teams { teams, next_cursor }))
}

/// Makes a team.
#[utoipa::path(post, path = "/api/teams", tag = "people", request_body = TeamName, responses(
    (status = 201, description = "The team, with nobody in it", body = OneTeam),
    (status = 403, description = "You do not run the org", body = ErrorBody),
    (status = 409, description = "`name_taken`: another team has this name", body = ErrorBody),
    (status = 422, description = "A field does not fit", body = ErrorBody),
))]
pub(super) async fn create(
    RunsOrg(principal): RunsOrg,
    Body(wanted): Body<TeamName>,
) -> Result<(StatusCode, Json<OneTeam>), ApiError> {
    let made = team::insert(&principal.scope, TeamId::new(), wanted.name.as_str());
    let team = made.await.map_err(name_taken)?;
    Ok((StatusCode::CREATED, Json(OneTeam { team })))
}

/// Shows a team.
#[utoipa::path(get, path = "/api/teams/{id}", tag = "people", params(("id" = TeamId, Path)), responses(
    (status = 200, description = "The team, with the people you may see", body = OneTeam),
    (status = 404, description = "There is no such team, or none you may see", body = ErrorBody),
))]
pub(super) async fn show(
    SignedIn(principal): SignedIn,
    Named(id): Named<TeamId>,
) -> Result<Json<OneTeam>, ApiError> {
    Ok(Json(OneTeam { team: team::get(&principal.scope, id).await? }))
}

/// Gives a team another name.
#[utoipa::path(patch, path = "/api/teams/{id}", tag = "people", params(("id" = TeamId, Path)),
    request_body = TeamName, responses(
    (status = 200, description = "As it is now", body = OneTeam),
    (status = 403, description = "You do not run the org", body = ErrorBody),
    (status = 404, description = "There is no such team", body = ErrorBody),
    (status = 409, description = "`name_taken`: another team has this name", body = ErrorBody),
    (status = 422, description = "A field does not fit", body = ErrorBody),
))]
pub(super) async fn rename(
    RunsOrg(principal): RunsOrg,
    Named(id): Named<TeamId>,
    Body(wanted): Body<TeamName>,
) -> Result<Json<OneTeam>, ApiError> {
    let renamed = team::rename(&principal.scope, id, wanted.name.as_str()).await;
    Ok(Json(OneTeam { team: renamed.map_err(name_taken)? }))
}

/// Dissolves a team. Its people and their calls stay.
#[utoipa::path(delete, path = "/api/teams/{id}", tag = "people", params(("id" = TeamId, Path)), responses(
    (status = 204, description = "It is no more"),
    (status = 403, description = "You do not run the org", body = ErrorBody),
    (status = 404, description = "There is no such team", body = ErrorBody),
))]
pub(super) async fn dissolve(
    RunsOrg(principal): RunsOrg,
    Named(id): Named<TeamId>,
) -> Result<StatusCode, ApiError> {
    team::delete(&principal.scope, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes somebody into a team.
#[utoipa::path(put, path = "/api/teams/{id}/members/{user_id}", tag = "people",
    params(("id" = TeamId, Path), ("user_id" = UserId, Path)), responses(
    (status = 204, description = "They are in it"),
    (status = 403, description = "You do not run the org", body = ErrorBody),
    (status = 404, description = "There is no such team or person", body = ErrorBody),
))]
pub(super) async fn add_member(
    RunsOrg(principal): RunsOrg,
    Named((id, user)): Named<(TeamId, UserId)>,
) -> Result<StatusCode, ApiError> {
    team::add_member(&principal.scope, id, user).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes somebody out of a team.
#[utoipa::path(delete, path = "/api/teams/{id}/members/{user_id}", tag = "people",
    params(("id" = TeamId, Path), ("user_id" = UserId, Path)), responses(
    (status = 204, description = "They are not in it"),
    (status = 403, description = "You do not run the org", body = ErrorBody),
    (status = 404, description = "There is no such team", body = ErrorBody),
))]
pub(super) async fn remove_member(
    RunsOrg(principal): RunsOrg,
    Named((id, user)): Named<(TeamId, UserId)>,
) -> Result<StatusCode, ApiError> {
    team::remove_member(&principal.scope, id, user).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Has a manager or admin lead a team.
#[utoipa::path(put, path = "/api/teams/{id}/leads/{user_id}", tag = "people",
    params(("id" = TeamId, Path), ("user_id" = UserId, Path)), responses(
    (status = 204, description = "They lead it"),
    (status = 403, description = "You do not run the org", body = ErrorBody),
    (status = 404, description = "There is no such team or person", body = ErrorBody),
    (status = 422, description = "Their role leads nobody", body = ErrorBody),
))]
pub(super) async fn add_lead(
    RunsOrg(principal): RunsOrg,
    Named((id, user)): Named<(TeamId, UserId)>,
) -> Result<StatusCode, ApiError> {
    team::add_lead(&principal.scope, id, user).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Has somebody lead a team no more.
#[utoipa::path(delete, path = "/api/teams/{id}/leads/{user_id}", tag = "people",
    params(("id" = TeamId, Path), ("user_id" = UserId, Path)), responses(
    (status = 204, description = "They do not lead it"),
    (status = 403, description = "You do not run the org", body = ErrorBody),
    (status = 404, description = "There is no such team", body = ErrorBody),
))]
pub(super) async fn remove_lead(
    RunsOrg(principal): RunsOrg,
    Named((id, user)): Named<(TeamId, UserId)>,
) -> Result<StatusCode, ApiError> {
    team::remove_lead(&principal.scope, id, user).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn name_taken(error: StoreError) -> ApiError {
    if error.is_refused_by("team_name_key") {
        let message = "another team has this name";
        return ApiError::new(StatusCode::CONFLICT, "name_taken", message).field("name");
    }
    error.into()
}

impl From<LeadError> for ApiError {
    fn from(error: LeadError) -> Self {
        match error {
            LeadError::NoLead => Self::invalid("user_id", error.to_string()),
            LeadError::Store(error) => error.into(),
        }
    }
}
