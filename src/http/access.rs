//! Who may do what to which call, read from a request.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Path, Query};
use http::header;
use http::request::Parts;
use serde::Deserialize;

use crate::app::App;
use crate::clock;
use crate::config::BaseUrl;
use crate::http::error::ApiError;
use crate::http::signed_in::{ORG_HEADER, SignedIn, SocketOfPerson, bearer};
use crate::http::token::{CallClaims, TokenError};
use crate::identity::{BearerToken, Principal};
use crate::model::{CallId, Role};
use crate::store::call::{self, CallRow};
use crate::store::{Actor, OrgScope, StoreError, user};

/// The call that a path names, opened by its own token: what carries its media.
#[derive(Clone, Debug)]
pub(super) struct MediaAccess(pub(super) CallClaims);

/// The call that a path names, opened by its own token or by somebody who may see it.
#[derive(Clone, Debug)]
pub(super) struct CallAccess {
    /// The call.
    pub(super) call: CallId,
    /// The rows of it that may be seen.
    pub(super) scope: OrgScope,
}

/// The call that a path names, opened by somebody who may know what was said in it.
#[derive(Clone, Debug)]
pub(super) struct ContentAccess(pub(super) CallAccess);

/// The live call that a path names, for somebody who may know what is said in it and takes no part.
#[derive(Clone, Debug)]
pub(super) struct ListenerAccess {
    /// The call.
    pub(super) call: CallRow,
    /// Who listens.
    pub(super) listener: Principal,
}

impl CallAccess {
    /// Whether whoever asks may know what was said in the call, and what it was worth.
    pub(super) fn tells_content(&self) -> bool {
        !matches!(self.scope.actor(), Actor::User { role: Role::Hr, .. })
    }
}

/// What names a call; a path may name more.
#[derive(Deserialize)]
struct CallPath {
    id: String,
}

#[derive(Deserialize)]
struct TokenQuery {
    token: Option<String>,
}

impl FromRequestParts<Arc<App>> for MediaAccess {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let token = token(parts).ok_or(TokenError::Missing)?;
        let claims = opened_by(&token, parts, app).await?;
        match role_of(&claims, app).await {
            Ok(Role::Hr) => Err(ApiError::no_call()),
            Ok(_) => Ok(Self(claims)),
            Err(Opens::Nothing) => Err(TokenError::Invalid.into()),
            // A call outlives its database, so its rep must come back to it without one.
            Err(Opens::Unknown(error)) if error.is_unavailable() => Ok(Self(claims)),
            Err(Opens::Unknown(error)) => Err(error.into()),
        }
    }
}

impl FromRequestParts<Arc<App>> for CallAccess {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let token = token(parts);
        let is_of_person = |token: &String| BearerToken::presented(token).kind().is_some();
        if let Some(token) = token.filter(|token| !is_of_person(token)) {
            let claims = opened_by(&token, parts, app).await?;
            let role = role_of(&claims, app).await.map_err(|why| match why {
                Opens::Nothing => TokenError::Invalid.into(),
                Opens::Unknown(error) => ApiError::from(error),
            })?;
            let actor = Actor::User { id: claims.user, role };
            return Ok(Self { call: claims.call, scope: app.store.scope(claims.org, actor) });
        }
        let SignedIn(principal) = SignedIn::from_request_parts(parts, app).await?;
        let call = named_call(parts, app).await?;
        if !call::is_visible(&principal.scope, call).await? {
            return Err(ApiError::no_call());
        }
        Ok(Self { call, scope: principal.scope })
    }
}

impl FromRequestParts<Arc<App>> for ContentAccess {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let access = CallAccess::from_request_parts(parts, app).await?;
        if access.tells_content() { Ok(Self(access)) } else { Err(ApiError::no_call()) }
    }
}

impl FromRequestParts<Arc<App>> for ListenerAccess {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let SocketOfPerson(listener) = SocketOfPerson::from_request_parts(parts, app).await?;
        let id = named_call(parts, app).await?;
        let call = call::find(&listener.scope, id).await?.ok_or_else(ApiError::no_call)?;
        match listener.role {
            Role::Hr => Err(ApiError::no_call()),
            _ if call.user == listener.user => {
                Err(ApiError::forbidden_as("you take part in this call; others may listen to it"))
            }
            Role::Rep => Err(ApiError::forbidden()),
            Role::Manager | Role::Admin | Role::Superadmin => Ok(Self { call, listener }),
        }
    }
}

/// What a call's own token says, where it opens the call that the path names.
async fn opened_by(token: &str, parts: &mut Parts, app: &Arc<App>) -> Result<CallClaims, ApiError> {
    let call = named_call(parts, app).await?;
    let claims = app.tokens.check(token, call, clock::wall_now())?;
    // To ignore it would answer of one org whoever asked for another.
    if parts.headers.contains_key(ORG_HEADER) {
        let message = "a call's token acts in the org of its call; leave out Ringcraft-Org";
        return Err(ApiError::forbidden_as(message));
    }
    Ok(claims)
}

/// Why it is not known what a call's token opens now.
enum Opens {
    /// Whoever practised may not come in any more: it opens nothing.
    Nothing,
    /// They could not be looked up.
    Unknown(StoreError),
}

/// What whoever practises may do now: a token says what they could when it was signed.
async fn role_of(claims: &CallClaims, app: &App) -> Result<Role, Opens> {
    let system = app.store.scope(claims.org, Actor::System);
    let role = user::active_role(&system, claims.user).await.map_err(Opens::Unknown)?;
    role.ok_or(Opens::Nothing)
}

async fn named_call(parts: &mut Parts, app: &Arc<App>) -> Result<CallId, ApiError> {
    let path = Path::<CallPath>::from_request_parts(parts, app).await;
    let Path(CallPath { id }) = path.map_err(|_| ApiError::no_call())?;
    id.parse().map_err(|_| ApiError::no_call())
}

/// The token in the header, else in the query where a browser's sockets cannot set headers.
fn token(parts: &Parts) -> Option<String> {
    if parts.headers.contains_key(header::AUTHORIZATION) {
        return bearer(&parts.headers);
    }
    let query = Query::<TokenQuery>::try_from_uri(&parts.uri).ok()?;
    query.0.token.filter(|token| !token.is_empty())
}

impl From<TokenError> for ApiError {
    fn from(error: TokenError) -> Self {
        Self::unauthorized(
            match error {
                TokenError::Missing => "missing_token",
                TokenError::Invalid => "invalid_token",
                TokenError::Expired => "expired_token",
            },
            error.to_string(),
        )
    }
}

/// Where the client of a request reaches this server.
#[derive(Clone, Debug)]
pub(super) struct LinkBase(pub(super) BaseUrl);

impl FromRequestParts<Arc<App>> for LinkBase {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let configured = app.config.public_url.clone();
        let scheme = app.config.tls.scheme();
        let asked = || {
            let host = parts.headers.get(header::HOST)?.to_str().ok()?;
            BaseUrl::from_host(&scheme, host)
        };
        let listening = || BaseUrl::from_host(&scheme, &app.config.listen.to_string());
        let base = configured.or_else(asked).or_else(listening);
        Ok(Self(base.expect("the address of a socket is an authority")))
    }
}
