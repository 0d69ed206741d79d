//! What somebody sees and changes of themself.

use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::body::Body;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::signed_in::AtHome;
use crate::identity::{DisplayName, Principal};
use crate::model::{OrgId, Role, UserId};
use crate::store::profile::{self, Profile};

#[derive(Debug, Serialize, ToSchema)]
struct MeAnswer {
    me: Me,
}

/// Somebody, as they see themself.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Me {
    id: UserId,
    name: String,
    email: String,
    role: Role,
    org: OwnOrg,
    /// The teams they belong to or lead.
    teams: Vec<OwnTeam>,
}

#[derive(Debug, Serialize, ToSchema)]
struct OwnOrg {
    id: OrgId,
    name: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct OwnTeam {
    id: Uuid,
    name: String,
    /// Whether they lead it.
    leads: bool,
}

/// What is to change.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct MeChange {
    name: DisplayName,
}

/// Shows who asks.
#[utoipa::path(get, path = "/api/me", tag = "auth", responses(
    (status = 200, description = "Who asks", body = MeAnswer),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "You act in another org", body = ErrorBody),
))]
pub(super) async fn show(AtHome(principal): AtHome) -> Result<Json<impl Serialize>, ApiError> {
    of(&principal).await
}

/// Changes what whoever asks is called.
#[utoipa::path(patch, path = "/api/me", tag = "auth", request_body = MeChange, responses(
    (status = 200, description = "Changed", body = MeAnswer),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "You act in another org", body = ErrorBody),
    (status = 422, description = "The name does not fit", body = ErrorBody),
))]
pub(super) async fn change(
    AtHome(principal): AtHome,
    Body(change): Body<MeChange>,
) -> Result<Json<impl Serialize>, ApiError> {
    profile::rename(&principal.scope, change.name.as_str()).await?;
    of(&principal).await
}

async fn of(principal: &Principal) -> Result<Json<MeAnswer>, ApiError> {
    let me = profile::get(&principal.scope, principal.user).await?.into();
    Ok(Json(MeAnswer { me }))
}

impl From<Profile> for Me {
    fn from(person: Profile) -> Self {
        let teams = person.teams.into_iter();
        Self {
            id: person.id,
            name: person.name,
            email: person.email,
            role: person.role,
            org: OwnOrg { id: person.org, name: person.org_name },
            teams: teams
                .map(|team| OwnTeam { id: team.id, name: team.name, leads: team.leads })
                .collect(),
        }
    }
}
