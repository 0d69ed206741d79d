//! How refusals of WebRTC are told over HTTP.

use std::time::Duration;

use http::StatusCode;

use crate::http::error::ApiError;
use crate::transport::webrtc::OfferError;
use crate::transport::webrtc::fragment::FragmentError;
use crate::transport::webrtc::handle::PatchError;
use crate::transport::webrtc::offer::Unanswerable;
use crate::transport::webrtc::sessions::{NoSeat, NotApplied, NotEnded};

/// A connection that comes to nothing is gone by then.
const CONNECTS_WITHIN: Duration = Duration::from_secs(10);

/// A session has done all it was asked by then.
const FREE_AGAIN_WITHIN: Duration = Duration::from_secs(1);

impl ApiError {
    pub(super) fn no_session() -> Self {
        NotApplied::Unknown.into()
    }
}

impl From<Unanswerable> for ApiError {
    fn from(why: Unanswerable) -> Self {
        let (status, code) = match why {
            Unanswerable::TooLong => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            Unanswerable::NotSdp => (StatusCode::BAD_REQUEST, "malformed_sdp"),
            _ => (StatusCode::UNPROCESSABLE_ENTITY, "unusable_offer"),
        };
        Self::new(status, code, why.to_string())
    }
}

impl From<OfferError> for ApiError {
    fn from(error: OfferError) -> Self {
        let (status, code) = match error {
            OfferError::Unusable => (StatusCode::UNPROCESSABLE_ENTITY, "unusable_offer"),
            OfferError::NoLane(_) => (StatusCode::SERVICE_UNAVAILABLE, "too_many_connections"),
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<NoSeat> for ApiError {
    fn from(why: NoSeat) -> Self {
        let status = match why {
            NoSeat::Call => StatusCode::TOO_MANY_REQUESTS,
            NoSeat::Server => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, "too_many_connections", why.to_string()).retry_after(CONNECTS_WITHIN)
    }
}

impl From<FragmentError> for ApiError {
    fn from(error: FragmentError) -> Self {
        let (status, code) = match error {
            FragmentError::TooLong => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            FragmentError::NoCredentials | FragmentError::TooManyCandidates => {
                (StatusCode::BAD_REQUEST, "malformed_fragment")
            }
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<NotApplied> for ApiError {
    fn from(why: NotApplied) -> Self {
        let (status, code) = match &why {
            NotApplied::Unknown | NotApplied::Session(PatchError::Gone) => {
                (StatusCode::NOT_FOUND, "unknown_session")
            }
            NotApplied::NoCondition => (StatusCode::PRECONDITION_REQUIRED, "if_match_required"),
            NotApplied::OtherTag => (StatusCode::PRECONDITION_FAILED, "other_ice_session"),
            NotApplied::Restarting => (StatusCode::CONFLICT, "restarting"),
            NotApplied::Session(PatchError::Busy) => return busy(why.to_string()),
            NotApplied::Session(PatchError::Unusable(_)) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "unusable_fragment")
            }
        };
        Self::new(status, code, why.to_string())
    }
}

impl From<NotEnded> for ApiError {
    fn from(why: NotEnded) -> Self {
        match why {
            NotEnded::Unknown => Self::no_session(),
            NotEnded::Busy => busy(why.to_string()),
        }
    }
}

fn busy(message: String) -> ApiError {
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message).retry_after(FREE_AGAIN_WITHIN)
}
