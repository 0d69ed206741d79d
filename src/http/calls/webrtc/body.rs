//! Bodies of WHIP: descriptions and fragments of them, judged as they come in.

use axum::extract::{FromRequest, Request};

use crate::http::body;
use crate::http::error::ApiError;
use crate::transport::webrtc::fragment::{self, FRAGMENT_TYPE};
use crate::transport::webrtc::handle::Fragment;
use crate::transport::webrtc::offer::{Offer, SDP_TYPE};

/// An offer that may become a call.
#[derive(Clone, Debug)]
pub(in crate::http) struct OfferBody {
    /// What we read of it.
    pub(super) offer: Offer,
    /// All of it.
    pub(in crate::http) text: String,
}

/// What a peer says of its ICE.
#[derive(Clone, Debug)]
pub(in crate::http) struct FragmentBody(pub(super) Fragment);

impl<S: Send + Sync> FromRequest<S> for OfferBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let text = body::text(request, state, SDP_TYPE).await?;
        Ok(Self { offer: Offer::read(&text)?, text })
    }
}

impl<S: Send + Sync> FromRequest<S> for FragmentBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let text = body::text(request, state, FRAGMENT_TYPE).await?;
        Ok(Self(fragment::read(&text)?))
    }
}
