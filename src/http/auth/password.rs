//! Passwords: changed by who knows them, set anew by who forgot them.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::gate::Admitted;
use super::{check_new, session_of};
use crate::app::App;
use crate::http::body::Body;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::signed_in::AtHome;
use crate::identity::password::Password;
use crate::identity::{EmailAddress, SignInError, recovery, sign_in};
use crate::store::credential::{self, Replaced};
use crate::store::{StoreError, profile};

/// A password in place of the one that was.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::http) struct ChangeRequest {
    current_password: Password,
    new_password: Password,
}

/// Whose password is forgotten.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::http) struct ResetRequest {
    email: EmailAddress,
}

/// A new password, with the token that came by mail.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::http) struct ConfirmRequest {
    token: String,
    password: Password,
}

/// Changes the password of whoever asks, and ends their other sessions.
#[utoipa::path(post, path = "/api/auth/password", tag = "auth", request_body = ChangeRequest,
    responses(
        (status = 204, description = "Changed; other sessions have ended"),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "The current password is wrong, or you act in another org", body = ErrorBody),
        (status = 422, description = "A field is missing or does not fit", body = ErrorBody),
        (status = 429, description = "Tried too often", body = ErrorBody),
    ))]
pub(in crate::http) async fn change(
    State(app): State<Arc<App>>,
    _: Admitted,
    AtHome(principal): AtHome,
    Body(request): Body<ChangeRequest>,
) -> Result<StatusCode, ApiError> {
    let kept = session_of(&principal)?;
    check_new(&request.new_password, "new_password")?;
    let person = profile::get(&principal.scope, principal.user).await?;
    let email = EmailAddress::try_from(person.email).map_err(|error| {
        tracing::error!(user = %principal.user, %error, "an address on record is none");
        ApiError::internal()
    })?;
    let place = app.identity.entrance.enter()?;
    // Whoever holds a stolen session may guess no more often than who has none.
    let verified = sign_in::check(&app.store, &email, &request.current_password, place.clone());
    let from = verified.await.map_err(wrong_current)?.password_hash;
    let hash = Replaced { from: &from, to: &request.new_password.hash_in(place).await };
    let system = principal.scope.as_system();
    match credential::change(&system, &principal.scope, principal.user, hash, kept).await {
        Err(StoreError::NotFound) => Err(wrong_current(SignInError::Wrong)),
        changed => Ok(changed.map(|()| StatusCode::NO_CONTENT)?),
    }
}

/// Sends a link to set a new password, where somebody has this address.
///
/// The answer is the same where nobody has it.
#[utoipa::path(post, path = "/api/auth/password_reset", tag = "auth", security(()),
    request_body = ResetRequest, responses(
        (status = 202, description = "If somebody has the address, they get mail"),
        (status = 422, description = "The address is missing or none", body = ErrorBody),
        (status = 429, description = "Tried too often", body = ErrorBody),
        (status = 503, description = "Too many are signing in", body = ErrorBody),
    ))]
pub(in crate::http) async fn ask_reset(
    State(app): State<Arc<App>>,
    _: Admitted,
    Body(request): Body<ResetRequest>,
) -> Result<StatusCode, ApiError> {
    let place = app.identity.entrance.enter()?;
    // Beside the request, so that the time of the answer does not tell whether there was work.
    app.identity.clone().beside.spawn(async move {
        let _place = place;
        let identity = &app.identity;
        let asked =
            recovery::ask(&app.store, &identity.mailer, &request.email, &identity.base_url).await;
        if let Err(error) = asked {
            tracing::error!(%error, "no link to set a password was sent");
        }
    });
    Ok(StatusCode::ACCEPTED)
}

/// Sets a new password with the token from the mail, and ends every session of its owner.
#[utoipa::path(post, path = "/api/auth/password_reset/confirm", tag = "auth", security(()),
    request_body = ConfirmRequest, responses(
        (status = 204, description = "Set; sign in with it"),
        (status = 404, description = "The token was used or is too old", body = ErrorBody),
        (status = 422, description = "A field is missing or does not fit", body = ErrorBody),
        (status = 429, description = "Tried too often", body = ErrorBody),
    ))]
pub(in crate::http) async fn confirm_reset(
    State(app): State<Arc<App>>,
    _: Admitted,
    Body(request): Body<ConfirmRequest>,
) -> Result<StatusCode, ApiError> {
    check_new(&request.password, "password")?;
    let place = app.identity.entrance.enter()?;
    recovery::confirm(&app.store, &request.token, &request.password, place).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Not 401: whoever asks is signed in, and a page must not send them to sign in again.
fn wrong_current(error: SignInError) -> ApiError {
    match error {
        SignInError::Wrong => {
            let message = "the current password is wrong";
            ApiError::new(StatusCode::FORBIDDEN, "wrong_password", message)
                .field("current_password")
        }
        error => error.into(),
    }
}
