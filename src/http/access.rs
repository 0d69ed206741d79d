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
use crate::http::token::{CallClaims, TokenError};
use crate::model::CallId;

/// The call that a path names, opened by a token.
#[derive(Clone, Debug)]
pub(super) struct CallAccess(pub(super) CallClaims);

#[derive(Deserialize)]
struct TokenQuery {
    token: Option<String>,
}

impl FromRequestParts<Arc<App>> for CallAccess {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let token = token(parts).ok_or(TokenError::Missing)?;
        let Path(id) = Path::<String>::from_request_parts(parts, app)
            .await
            .map_err(|_| ApiError::no_call())?;
        let call: CallId = id.parse().map_err(|_| ApiError::no_call())?;
        Ok(Self(app.tokens.check(&token, call, clock::wall_now())?))
    }
}

/// The token in the header, else in the query where a browser's sockets cannot set headers.
fn token(parts: &Parts) -> Option<String> {
    if let Some(value) = parts.headers.get(header::AUTHORIZATION) {
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned());
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
        let asked = || {
            let host = parts.headers.get(header::HOST)?.to_str().ok()?;
            BaseUrl::from_host(host)
        };
        let listening = || BaseUrl::from_host(&app.config.listen.to_string());
        let base = configured.or_else(asked).or_else(listening);
        Ok(Self(base.expect("the address of a socket is an authority")))
    }
}
