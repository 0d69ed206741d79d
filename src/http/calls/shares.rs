//! Links by which anybody sees one call: made, listed, revoked.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::completed;
use crate::http::access::{ContentAccess, LinkBase};
use crate::http::body::Body;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::fields::Named;
use crate::http::signed_in::{AtHome, SignedIn};
use crate::identity::{BearerToken, TokenKind};
use crate::model::{CallId, CallShareId};
use crate::store::call_share::{self, CallShare, NewCallShare, ShareError};

/// What a link opens is never kept by a cache: it may be revoked at any moment.
pub(in crate::http) const NOT_KEPT: (header::HeaderName, HeaderValue) =
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));

/// How a call is to be shared.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::http) struct NewShare {
    /// How long the link is good: 7 days where nothing is said.
    #[serde(default)]
    expires_in_days: ShareDays,
}

/// Days that a link is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(try_from = "u8")]
#[schema(value_type = u8, minimum = 1, maximum = 90, default = 7)]
struct ShareDays(u8);

/// A number of days that no link is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a link is good for 1 to 90 days")]
struct BadShareDays;

impl Default for ShareDays {
    fn default() -> Self {
        Self(7)
    }
}

impl TryFrom<u8> for ShareDays {
    type Error = BadShareDays;

    fn try_from(days: u8) -> Result<Self, BadShareDays> {
        if (1..=90).contains(&days) { Ok(Self(days)) } else { Err(BadShareDays) }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct OneShare {
    share: MadeShare,
}

/// A link that was just made.
#[derive(Serialize, ToSchema)]
struct MadeShare {
    #[serde(flatten)]
    shown: CallShare,
    /// The link itself, which is never told again.
    url: String,
}

impl std::fmt::Debug for MadeShare {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MadeShare").field("shown", &self.shown).finish_non_exhaustive()
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Shares {
    shares: Vec<CallShare>,
}

/// Makes a link by which anybody sees and hears this call. It is told this once.
///
/// Whoever may know what was said in a completed call may share it. The link shows what its maker
/// may see when it is opened, so it ends with their right to see the call.
#[utoipa::path(post, path = "/api/calls/{id}/shares", tag = "calls", request_body = NewShare,
    params(("id" = CallId, Path)), responses(
        (status = 201, description = "The link", body = OneShare),
        (status = 403, description = "You act in another org", body = ErrorBody),
        (status = 404, description = "There is no such call, or none you may see", body = ErrorBody),
        (status = 409, description = "The call is not completed, or `too_many_links`: it has 20 that are good", body = ErrorBody),
        (status = 422, description = "A field does not fit", body = ErrorBody),
    ))]
pub(in crate::http) async fn share(
    LinkBase(base): LinkBase,
    AtHome(principal): AtHome,
    ContentAccess(access): ContentAccess,
    Body(wanted): Body<NewShare>,
) -> Result<Response, ApiError> {
    completed(&access).await?;
    let token = BearerToken::new(TokenKind::Share);
    let new = NewCallShare {
        id: CallShareId::new(),
        call: access.call,
        user: principal.user,
        token_hash: &token.hash(),
        days: wanted.expires_in_days.0,
    };
    let shown = call_share::insert(&principal.scope, new).await?;
    let url = base.http(&format!("/shared/{}", token.expose()));
    let answer = Json(OneShare { share: MadeShare { shown, url } });
    Ok((StatusCode::CREATED, [NOT_KEPT], answer).into_response())
}

/// Lists the links of a call, the newest first; never the links themselves.
#[utoipa::path(get, path = "/api/calls/{id}/shares", tag = "calls", params(("id" = CallId, Path)), responses(
    (status = 200, description = "Those that are good, or ended within the last 30 days", body = Shares),
    (status = 404, description = "There is no such call, or none you may see", body = ErrorBody),
))]
pub(in crate::http) async fn shares(
    _: SignedIn,
    ContentAccess(access): ContentAccess,
) -> Result<Json<Shares>, ApiError> {
    let shares = call_share::list(&access.scope, access.call).await?;
    Ok(Json(Shares { shares }))
}

/// Which link; the path names its call as well.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(in crate::http) struct SharePath {
    share_id: CallShareId,
}

/// Revokes a link of a call, whoever made it.
#[utoipa::path(delete, path = "/api/calls/{id}/shares/{share_id}", tag = "calls",
    params(("id" = CallId, Path), ("share_id" = CallShareId, Path)), responses(
        (status = 204, description = "It opens nothing any more"),
        (status = 404, description = "There is no such call or link, or none you may see", body = ErrorBody),
    ))]
pub(in crate::http) async fn revoke_share(
    _: SignedIn,
    ContentAccess(access): ContentAccess,
    Named(path): Named<SharePath>,
) -> Result<StatusCode, ApiError> {
    call_share::revoke(&access.scope, access.call, path.share_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<ShareError> for ApiError {
    fn from(error: ShareError) -> Self {
        match error {
            ShareError::TooMany => {
                Self::new(StatusCode::CONFLICT, "too_many_links", error.to_string())
            }
            ShareError::Store(error) => error.into(),
        }
    }
}
