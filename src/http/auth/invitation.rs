//! How somebody comes in who was invited.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::gate::Admitted;
use super::{SessionAnswer, check_new, signed_in};
use crate::app::App;
use crate::http::body::Body;
use crate::http::error::{ApiError, ErrorBody};
use crate::identity::DisplayName;
use crate::identity::invitation::{self, LinkError};
use crate::identity::password::Password;

/// Which invitation.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct InvitationQuery {
    /// The token from the mail.
    token: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct InvitationAnswer {
    invitation: InvitationShown,
}

/// Whom an invitation is for.
#[derive(Debug, Serialize, ToSchema)]
struct InvitationShown {
    org_name: String,
    email: String,
    /// What whoever invited them called them.
    name: String,
}

/// Whoever accepts.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::http) struct AcceptRequest {
    token: String,
    name: DisplayName,
    password: Password,
}

/// Tells whom an invitation is for.
#[utoipa::path(get, path = "/api/auth/invitation", tag = "auth", security(()),
    params(InvitationQuery), responses(
        (status = 200, description = "It is good", body = InvitationAnswer),
        (status = 404, description = "It was used or is too old", body = ErrorBody),
        (status = 429, description = "Tried too often", body = ErrorBody),
    ))]
pub(in crate::http) async fn show(
    State(app): State<Arc<App>>,
    _: Admitted,
    query: Result<Query<InvitationQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<impl Serialize>, ApiError> {
    let token = query.ok().and_then(|Query(query)| query.token).ok_or(LinkError::Spent)?;
    let person = invitation::invited(&app.store, &token).await?;
    let (org_name, email, name) = (person.org_name, person.email, person.name);
    Ok(Json(InvitationAnswer { invitation: InvitationShown { org_name, email, name } }))
}

/// Accepts an invitation, and signs in.
#[utoipa::path(post, path = "/api/auth/invitation/accept", tag = "auth", security(()),
    request_body = AcceptRequest, responses(
        (status = 200, description = "Signed in", body = SessionAnswer),
        (status = 404, description = "It was used or is too old", body = ErrorBody),
        (status = 422, description = "A field is missing or does not fit", body = ErrorBody),
        (status = 429, description = "Tried too often", body = ErrorBody),
    ))]
pub(in crate::http) async fn accept(
    State(app): State<Arc<App>>,
    _: Admitted,
    Body(request): Body<AcceptRequest>,
) -> Result<Response, ApiError> {
    check_new(&request.password, "password")?;
    let place = app.identity.entrance.enter()?;
    let AcceptRequest { token, name, password } = request;
    let session = invitation::accept(&app.store, &token, &name, &password, place).await?;
    signed_in(&app, StatusCode::OK, session).await
}
