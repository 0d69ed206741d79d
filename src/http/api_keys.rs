//! API keys: one's own, and for those who run the org everybody's.

use std::sync::Arc;

use axum::Json;
use axum::extract::FromRequestParts;
use http::StatusCode;
use http::request::Parts;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::clock;
use crate::http::body::Body;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::fields::Named;
use crate::http::page::{Cursor, Filter, Page, PageQuery};
use crate::http::signed_in::{AtHome, SignedIn};
use crate::identity::{BearerToken, DisplayName, Principal, TokenKind, Via};
use crate::model::{ApiKeyId, UserId};
use crate::store::api_key::{self, ApiKey, NewApiKey};

/// How much of a key is shown again: its kind and 8 characters of the 43 that are random.
const PREFIX_CHARS: usize = 12;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OneApiKey {
    api_key: MadeApiKey,
}

/// A key that was just made.
#[derive(Serialize, ToSchema)]
struct MadeApiKey {
    #[serde(flatten)]
    shown: ApiKey,
    /// The key itself, which is never told again.
    key: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ApiKeys {
    api_keys: Vec<ApiKey>,
    next_cursor: Option<Cursor>,
}

/// Whose keys are listed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Whose {
    /// Those of this person.
    #[param(inline)]
    user_id: Option<UserId>,
}

/// What a key is for.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct NewKey {
    name: DisplayName,
    /// When it ends by itself; nothing is never.
    #[serde(default, with = "time::serde::rfc3339::option")]
    expires_at: Option<OffsetDateTime>,
}

/// Lists your API keys; those of everybody where you run the org.
#[utoipa::path(get, path = "/api/api_keys", tag = "people", params(Whose, PageQuery), responses(
    (status = 200, description = "The oldest first, revoked ones too; never the keys themselves", body = ApiKeys),
    (status = 422, description = "A filter or the page does not fit", body = ErrorBody),
))]
pub(super) async fn list(
    SignedIn(principal): SignedIn,
    page: Page,
    Filter(whose): Filter<Whose>,
) -> Result<Json<ApiKeys>, ApiError> {
    let rows = page.rows();
    let found = api_key::list(&principal.scope, whose.user_id, page.after(), rows).await?;
    let (api_keys, next_cursor) = page.cut(found, |key| key.id);
    Ok(Json(ApiKeys { api_keys, next_cursor }))
}

/// Makes an API key that acts for you. It is told this once.
#[utoipa::path(post, path = "/api/api_keys", tag = "people", request_body = NewKey, responses(
    (status = 201, description = "The key", body = OneApiKey),
    (status = 403, description = "You came by an API key, or act in another org", body = ErrorBody),
    (status = 422, description = "A field does not fit", body = ErrorBody),
))]
pub(super) async fn create(
    Owner(principal): Owner,
    Body(wanted): Body<NewKey>,
) -> Result<(StatusCode, Json<OneApiKey>), ApiError> {
    if wanted.expires_at.is_some_and(|end| end <= OffsetDateTime::from(clock::wall_now())) {
        return Err(ApiError::invalid("expires_at", "a key ends in the future"));
    }
    let key = BearerToken::new(TokenKind::ApiKey);
    let new = NewApiKey {
        id: ApiKeyId::new(),
        user: principal.user,
        name: wanted.name.as_str(),
        prefix: &key.expose()[..PREFIX_CHARS],
        token_hash: &key.hash(),
        expires_at: wanted.expires_at,
    };
    let shown = api_key::insert(&principal.scope, new).await?;
    let api_key = MadeApiKey { shown, key: key.expose().to_owned() };
    Ok((StatusCode::CREATED, Json(OneApiKey { api_key })))
}

/// Revokes a key of yours, or of anybody where you run the org.
#[utoipa::path(delete, path = "/api/api_keys/{id}", tag = "people", params(("id" = ApiKeyId, Path)), responses(
    (status = 204, description = "It opens nothing any more"),
    (status = 404, description = "There is no such key, or none you may see", body = ErrorBody),
))]
pub(super) async fn revoke(
    SignedIn(principal): SignedIn,
    Named(id): Named<ApiKeyId>,
) -> Result<StatusCode, ApiError> {
    api_key::revoke(&principal.scope, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Somebody who may have keys made: they signed in themself, to their own org.
#[derive(Clone, Debug)]
pub(super) struct Owner(Principal);

impl FromRequestParts<Arc<App>> for Owner {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let AtHome(principal) = AtHome::from_request_parts(parts, app).await?;
        if matches!(principal.via, Via::ApiKey(_)) {
            return Err(ApiError::forbidden_as("an API key makes no API keys; sign in"));
        }
        Ok(Self(principal))
    }
}

/// The key stays out of logs.
impl std::fmt::Debug for MadeApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MadeApiKey").field("shown", &self.shown).finish_non_exhaustive()
    }
}
