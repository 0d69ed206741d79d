//! Signing in and out.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::clock;
use crate::http::auth::gate::Admitted;
use crate::http::body::Body;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::me::Me;
use crate::http::signed_in::{AtHome, SESSION_COOKIE};
use crate::identity::invitation::LinkError;
use crate::identity::password::Password;
use crate::identity::{EmailAddress, NewSession, Principal, SignInError, Via, sign_in};
use crate::model::SessionId;
use crate::store::{profile, session};

pub(super) mod gate;
pub(super) mod invitation;
pub(super) mod password;
pub(super) mod setup;

/// Who wants to sign in.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct LoginRequest {
    email: EmailAddress,
    password: Password,
}

#[derive(Debug, Serialize, ToSchema)]
struct SessionAnswer {
    session: SessionShown,
}

/// A session that has begun. The same token is in the cookie.
#[derive(Debug, Serialize, ToSchema)]
struct SessionShown {
    token: String,
    /// When it ends if it is not used; use lengthens it, up to 30 days in all.
    expires_at: String,
    user: Me,
}

/// Signs somebody in.
///
/// The answer sets the session's cookie and holds the same token for programs. A wrong password and
/// an unknown address get the same answer. After 10 failures in a row an address is locked for 15
/// minutes.
#[utoipa::path(post, path = "/api/auth/login", tag = "auth", security(()), request_body = LoginRequest,
    responses(
        (status = 200, description = "Signed in", body = SessionAnswer),
        (status = 401, description = "The address or the password is wrong", body = ErrorBody),
        (status = 422, description = "A field is missing or does not fit", body = ErrorBody),
        (status = 429, description = "Tried too often", body = ErrorBody),
        (status = 503, description = "Too many are signing in", body = ErrorBody),
    ))]
pub(super) async fn login(
    State(app): State<Arc<App>>,
    _: Admitted,
    Body(request): Body<LoginRequest>,
) -> Result<Response, ApiError> {
    let place = app.identity.entrance.enter()?;
    let LoginRequest { email, password } = request;
    let session = sign_in::with_password(&app.store, &email, &password, place).await?;
    signed_in(&app, StatusCode::OK, session).await
}

/// Ends the session that asks.
#[utoipa::path(post, path = "/api/auth/logout", tag = "auth", responses(
    (status = 204, description = "Signed out; the cookie is cleared"),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "An API key has no session to end, or you act in another org", body = ErrorBody),
))]
pub(super) async fn logout(
    State(app): State<Arc<App>>,
    AtHome(principal): AtHome,
) -> Result<Response, ApiError> {
    session::end(&principal.scope, session_of(&principal)?).await?;
    Ok(signed_out(&app))
}

/// Ends every session of whoever asks, this one too. API keys stay.
#[utoipa::path(post, path = "/api/auth/logout_everywhere", tag = "auth", responses(
    (status = 204, description = "Signed out everywhere; the cookie is cleared"),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "An API key cannot do this, or you act in another org", body = ErrorBody),
))]
pub(super) async fn logout_everywhere(
    State(app): State<Arc<App>>,
    AtHome(principal): AtHome,
) -> Result<Response, ApiError> {
    session_of(&principal)?;
    session::end_all(&principal.scope, principal.user).await?;
    Ok(signed_out(&app))
}

/// Shows a session to whom it was given, and has their browser keep it.
async fn signed_in(
    app: &App,
    status: StatusCode,
    session: NewSession,
) -> Result<Response, ApiError> {
    let user = Me::from(profile::get(&session.scope, session.user).await?);
    let token = session.token.expose().to_owned();
    let cookie = cookie(app, &token, session::WHOLE_LIFE);
    let expires_at = clock::rfc3339(session.expires_at);
    let shown = SessionAnswer { session: SessionShown { token, expires_at, user } };
    let headers = [(header::SET_COOKIE, cookie), (header::CACHE_CONTROL, no_store())];
    Ok((status, headers, Json(shown)).into_response())
}

fn signed_out(app: &App) -> Response {
    let headers = [(header::SET_COOKIE, cookie(app, "", Duration::ZERO))];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// The cookie of a session. The browser keeps it for the session's whole life; the server knows when
/// it was not used for too long.
fn cookie(app: &App, token: &str, life: Duration) -> HeaderValue {
    let secure = if app.config.is_secure() { "; Secure" } else { "" };
    let life_s = life.as_secs();
    let text = format!(
        "{SESSION_COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={life_s}{secure}"
    );
    text.parse().expect("a token of base64url is fit for a header")
}

fn no_store() -> HeaderValue {
    HeaderValue::from_static("no-store")
}

/// The session that asks: what concerns sessions and passwords is not for programs.
fn session_of(principal: &Principal) -> Result<SessionId, ApiError> {
    match principal.via {
        Via::Session(id) => Ok(id),
        Via::ApiKey(_) => Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "session_required",
            "an API key cannot do this; sign in",
        )),
    }
}

/// Refuses what is no good as a new password, naming the field that holds it.
fn check_new(password: &Password, field: &'static str) -> Result<(), ApiError> {
    password.check().map_err(|error| ApiError::invalid(field, error.to_string()))
}

impl From<SignInError> for ApiError {
    fn from(error: SignInError) -> Self {
        let message = error.to_string();
        match error {
            SignInError::Wrong => Self::unauthorized("wrong_credentials", message),
            SignInError::Locked(left) => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", message)
                    .retry_after(left)
            }
            SignInError::Store(error) => error.into(),
        }
    }
}

impl From<LinkError> for ApiError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Spent => {
                Self::new(StatusCode::NOT_FOUND, "invalid_link", error.to_string()).field("token")
            }
            LinkError::Store(error) => error.into(),
        }
    }
}
