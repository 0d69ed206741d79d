//! The first org, and those that sign themselves up.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::gate::Admitted;
use super::{SessionAnswer, check_new, signed_in};
use crate::app::App;
use crate::config::SignUpChoice;
use crate::http::body::Body;
use crate::http::error::{ApiError, ErrorBody};
use crate::identity::password::Password;
use crate::identity::{DisplayName, EmailAddress, sign_in};
use crate::model::{OrgId, Role, UserId};
use crate::store::sign_up::{self, NewOrg, SignUp, SignUpError};
use crate::store::user::{NewUser, UserStatus};
use crate::store::{Actor, platform};

/// A new org and who runs it.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::http) struct SetupRequest {
    org_name: DisplayName,
    /// What the admin is called.
    name: DisplayName,
    email: EmailAddress,
    password: Password,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct SetupAnswer {
    setup: SetupShown,
}

/// Whether somebody may make an org here.
#[derive(Debug, Serialize, ToSchema)]
struct SetupShown {
    /// There is no org yet: whoever comes first makes it.
    is_first: bool,
    /// Making one is allowed now.
    is_open: bool,
}

/// Tells whether an org may be made, which a page asks before it offers that or the sign-in.
#[utoipa::path(get, path = "/api/auth/setup", tag = "auth", security(()), responses(
    (status = 200, description = "Whether an org may be made", body = SetupAnswer),
))]
pub(in crate::http) async fn may_set_up(
    State(app): State<Arc<App>>,
) -> Result<Json<SetupAnswer>, ApiError> {
    let is_first = !platform::has_orgs(&app.store).await?;
    let is_open = is_first || app.config.sign_up == SignUpChoice::Open;
    Ok(Json(SetupAnswer { setup: SetupShown { is_first, is_open } }))
}

/// Makes an org with its admin, and signs them in.
///
/// Open while there is no org; later only where the server allows sign-up.
#[utoipa::path(post, path = "/api/auth/setup", tag = "auth", security(()),
    request_body = SetupRequest, responses(
        (status = 201, description = "Made, and signed in", body = SessionAnswer),
        (status = 403, description = "There is an org, and sign-up is closed", body = ErrorBody),
        (status = 409, description = "The address is taken", body = ErrorBody),
        (status = 422, description = "A field is missing or does not fit", body = ErrorBody),
        (status = 429, description = "Tried too often", body = ErrorBody),
    ))]
pub(in crate::http) async fn set_up(
    State(app): State<Arc<App>>,
    _: Admitted,
    Body(request): Body<SetupRequest>,
) -> Result<Response, ApiError> {
    let allowed = match app.config.sign_up {
        SignUpChoice::Closed => SignUp::FirstOnly,
        SignUpChoice::Open => SignUp::Anybody,
    };
    // Asked again where two cannot come between; here it spares the hash.
    if allowed == SignUp::FirstOnly && platform::has_orgs(&app.store).await? {
        return Err(SignUpError::Closed.into());
    }
    check_new(&request.password, "password")?;
    let place = app.identity.entrance.enter()?;
    let hash = request.password.hash_in(place).await;
    let (org, admin) = (OrgId::new(), UserId::new());
    let system = app.store.scope(org, Actor::System);
    let new = NewOrg {
        name: request.org_name.as_str(),
        admin: NewUser {
            id: admin,
            email: request.email.as_str(),
            name: request.name.as_str(),
            role: Role::Admin,
            status: UserStatus::Active,
        },
        password_hash: &hash,
    };
    sign_up::set_up(&system, new, allowed).await?;
    tracing::info!(%org, "an org was set up");
    let session = sign_in::begin(&system, admin, &hash).await?;
    signed_in(&app, StatusCode::CREATED, session).await
}

impl From<SignUpError> for ApiError {
    fn from(error: SignUpError) -> Self {
        let message = error.to_string();
        match error {
            SignUpError::Closed => Self::new(StatusCode::FORBIDDEN, "sign_up_closed", message),
            // This tells that somebody has the address. Only where sign-up is open does it tell
            // anybody, and there a person who forgot their account must learn of it.
            SignUpError::Store(error) if error.is_refused_by("app_user_email_key") => {
                let message = "somebody has this e-mail address; sign in, or set a new password";
                Self::new(StatusCode::CONFLICT, "email_taken", message).field("email")
            }
            SignUpError::Store(error) => error.into(),
        }
    }
}
