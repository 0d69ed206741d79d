//! The people of an org.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::http::body::Body;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::fields::{Named, Wanted};
use crate::http::page::{Cursor, Filter, Page, PageQuery};
use crate::http::signed_in::{RunsOrg, SignedIn};
use crate::identity::{DisplayName, EmailAddress, Principal, invitation};
use crate::model::{Role, TeamId, UserId};
use crate::store::StoreError;
use crate::store::user::{
    self, ChangeUserError, NewUser, User, UserChange, UserFilter, UserStatus,
};

/// The most teams that somebody joins as they are invited.
const MAX_TEAMS: usize = 100;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OneUser {
    user: User,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Users {
    users: Vec<User>,
    next_cursor: Option<Cursor>,
}

/// Which people are listed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Who {
    /// Those of this role.
    #[param(inline)]
    role: Option<Role>,
    /// Those of this status.
    #[param(inline)]
    status: Option<UserStatus>,
    /// Those in this team.
    #[param(inline)]
    team_id: Option<TeamId>,
    /// Those with this in their name or address, whatever its case.
    #[param(inline)]
    q: Option<Wanted>,
}

/// Somebody to be invited.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct NewPerson {
    email: EmailAddress,
    name: DisplayName,
    role: GivenRole,
    /// The teams they join.
    #[serde(default)]
    #[schema(max_items = 100)]
    team_ids: Vec<TeamId>,
}

/// What is to become of somebody; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PersonChange {
    name: Option<DisplayName>,
    role: Option<GivenRole>,
    status: Option<GivenStatus>,
}

/// The roles that can be given. Superadmins are made on the command line.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum GivenRole {
    Rep,
    Manager,
    Hr,
    Admin,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum GivenStatus {
    Active,
    Disabled,
}

/// Lists the people you may see: as a rep yourself, as a manager those you lead, else everybody.
#[utoipa::path(get, path = "/api/users", tag = "people", params(Who, PageQuery), responses(
    (status = 200, description = "Those who came first, first", body = Users),
    (status = 422, description = "A filter or the page does not fit", body = ErrorBody),
))]
pub(super) async fn list(
    SignedIn(principal): SignedIn,
    page: Page,
    Filter(who): Filter<Who>,
) -> Result<Json<Users>, ApiError> {
    let filter = UserFilter {
        role: who.role,
        status: who.status,
        team: who.team_id,
        text: who.q.as_ref().map(Wanted::as_str),
    };
    let found = user::list(&principal.scope, filter, page.after(), page.rows()).await?;
    let (users, next_cursor) = page.cut(found, |user| user.id.0);
    Ok(Json(Users { users, next_cursor }))
}

/// Adds somebody and sends them an invitation, with which they come in.
#[utoipa::path(post, path = "/api/users", tag = "people", request_body = NewPerson, responses(
    (status = 201, description = "They are invited, and get mail", body = OneUser),
    (status = 403, description = "You do not run the org", body = ErrorBody),
    (status = 409, description = "Somebody has this address", body = ErrorBody),
    (status = 422, description = "A field does not fit", body = ErrorBody),
))]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    RunsOrg(principal): RunsOrg,
    Body(person): Body<NewPerson>,
) -> Result<(StatusCode, Json<OneUser>), ApiError> {
    if MAX_TEAMS < person.team_ids.len() {
        return Err(ApiError::invalid("team_ids", "at most 100 teams"));
    }
    let new = NewUser {
        id: UserId::new(),
        email: person.email.as_str(),
        name: person.name.as_str(),
        role: person.role.into(),
        status: UserStatus::Invited,
    };
    let user = user::invite(&principal.scope, new, &person.team_ids).await.map_err(|error| {
        if error.is_refused_by("app_user_email_key") {
            return ApiError::new(StatusCode::CONFLICT, "email_taken", "somebody has this address")
                .field("email");
        }
        if error.is_refused_by("team_member_team_fkey") {
            return ApiError::invalid("team_ids", "no team of the org has this id");
        }
        error.into()
    })?;
    send_invitation(&app, &principal, new.id).await?;
    Ok((StatusCode::CREATED, Json(OneUser { user })))
}

/// Sends somebody who has not come yet another invitation; the one before is void.
#[utoipa::path(post, path = "/api/users/{id}/invite", tag = "people", params(("id" = UserId, Path)), responses(
    (status = 202, description = "They get mail"),
    (status = 403, description = "You do not run the org", body = ErrorBody),
    (status = 404, description = "There is nobody such", body = ErrorBody),
    (status = 409, description = "`not_invited`: they came already, or are disabled", body = ErrorBody),
))]
pub(super) async fn invite(
    State(app): State<Arc<App>>,
    RunsOrg(principal): RunsOrg,
    Named(id): Named<UserId>,
) -> Result<StatusCode, ApiError> {
    user::get(&principal.scope, id).await?;
    let sent = send_invitation(&app, &principal, id).await;
    sent.map_err(|error| match error {
        StoreError::NotFound => {
            let message = "only those are invited again who have yet to come";
            ApiError::new(StatusCode::CONFLICT, "not_invited", message)
        }
        error => error.into(),
    })?;
    Ok(StatusCode::ACCEPTED)
}

/// Shows somebody.
#[utoipa::path(get, path = "/api/users/{id}", tag = "people", params(("id" = UserId, Path)), responses(
    (status = 200, description = "The person", body = OneUser),
    (status = 404, description = "There is nobody such, or nobody you may see", body = ErrorBody),
))]
pub(super) async fn show(
    SignedIn(principal): SignedIn,
    Named(id): Named<UserId>,
) -> Result<Json<OneUser>, ApiError> {
    Ok(Json(OneUser { user: user::get(&principal.scope, id).await? }))
}

/// Changes somebody's name, role or status. Whoever is disabled is signed out everywhere and their
/// API keys are revoked.
#[utoipa::path(patch, path = "/api/users/{id}", tag = "people", params(("id" = UserId, Path)),
    request_body = PersonChange, responses(
    (status = 200, description = "As they are now", body = OneUser),
    (status = 403, description = "You do not run the org", body = ErrorBody),
    (status = 404, description = "There is nobody such", body = ErrorBody),
    (status = 409, description = "`own_account`, `last_admin` or `invitation`: a rule forbids it", body = ErrorBody),
    (status = 422, description = "A field does not fit", body = ErrorBody),
))]
pub(super) async fn change(
    RunsOrg(principal): RunsOrg,
    Named(id): Named<UserId>,
    Body(wanted): Body<PersonChange>,
) -> Result<Json<OneUser>, ApiError> {
    let change = UserChange {
        name: wanted.name.as_ref().map(DisplayName::as_str),
        role: wanted.role.map(Role::from),
        status: wanted.status.map(UserStatus::from),
    };
    Ok(Json(OneUser { user: user::update(&principal.scope, id, change).await? }))
}

/// Disables somebody. They stay on record, since calls refer to them.
#[utoipa::path(delete, path = "/api/users/{id}", tag = "people", params(("id" = UserId, Path)), responses(
    (status = 204, description = "They cannot come in any more"),
    (status = 403, description = "You do not run the org", body = ErrorBody),
    (status = 404, description = "There is nobody such", body = ErrorBody),
    (status = 409, description = "`own_account` or `last_admin`: a rule forbids it", body = ErrorBody),
))]
pub(super) async fn disable(
    RunsOrg(principal): RunsOrg,
    Named(id): Named<UserId>,
) -> Result<StatusCode, ApiError> {
    let change = UserChange { status: Some(UserStatus::Disabled), ..UserChange::default() };
    user::update(&principal.scope, id, change).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn send_invitation(app: &App, principal: &Principal, to: UserId) -> Result<(), StoreError> {
    let identity = &app.identity;
    invitation::invite(&principal.scope, &identity.mailer, to, &identity.base_url).await
}

impl From<GivenRole> for Role {
    fn from(role: GivenRole) -> Self {
        match role {
            GivenRole::Rep => Self::Rep,
            GivenRole::Manager => Self::Manager,
            GivenRole::Hr => Self::Hr,
            GivenRole::Admin => Self::Admin,
        }
    }
}

impl From<GivenStatus> for UserStatus {
    fn from(status: GivenStatus) -> Self {
        match status {
            GivenStatus::Active => Self::Active,
            GivenStatus::Disabled => Self::Disabled,
        }
    }
}

impl From<ChangeUserError> for ApiError {
    fn from(error: ChangeUserError) -> Self {
        let (status, code) = match error {
            ChangeUserError::OwnAccount => (StatusCode::CONFLICT, "own_account"),
            ChangeUserError::LastAdmin => (StatusCode::CONFLICT, "last_admin"),
            ChangeUserError::Invitation => (StatusCode::CONFLICT, "invitation"),
            ChangeUserError::NotAccepted => (StatusCode::CONFLICT, "not_accepted"),
            ChangeUserError::Superadmin => (StatusCode::FORBIDDEN, "forbidden"),
            ChangeUserError::Store(error) => return error.into(),
        };
        Self::new(status, code, error.to_string())
    }
}
