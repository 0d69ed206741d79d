//! Every error that a client of the HTTP interface can see, made in one place.

use std::borrow::Cow;
use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::blob::BlobError;
use crate::live::listeners::ListenError;
use crate::live::{AttachError, OpenError};
use crate::store::StoreError;
use crate::transport::websocket::upgrade::NotAnUpgrade;

/// An answer that is an error: a status, a word for programs, a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: Cow<'static, str>,
    field: Option<String>,
    retry_after: Option<Duration>,
}

/// Every answer that is an error.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ErrorBody {
    error: ErrorDetail,
}

#[derive(Debug, Serialize, ToSchema)]
struct ErrorDetail {
    /// For programs.
    code: String,
    /// For people.
    message: String,
    /// The field of the request that is at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
}

/// After how many seconds a client that was turned away for lack of room may ask again.
const RETRY_AFTER_S: u16 = 30;

impl ApiError {
    /// An error with its status and its code.
    pub fn new(
        status: StatusCode,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { status, code, message: message.into(), field: None, retry_after: None }
    }

    /// Names the field of the request that is at fault.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Tells when the same may work.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// No token, or one that does not open the call.
    pub fn unauthorized(code: &'static str, message: String) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, message)
    }

    /// A request that a cookie alone allows came from another site.
    pub fn cross_origin() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "cross_origin",
            "with a cookie, this must come from the server's own page; programs send the token as \
             a bearer token",
        )
    }

    /// The role does not allow it, and that it exists is no secret.
    pub fn forbidden() -> Self {
        Self::forbidden_as("your role does not allow this")
    }

    /// It is not allowed here, whatever the role; the message says why.
    pub fn forbidden_as(message: &'static str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    /// A field of the request does not fit; the message says what does.
    pub fn invalid(field: &str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field", message).field(field)
    }

    /// Nothing is at this address.
    pub fn no_route() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "nothing is at this address")
    }

    /// The call never was, or is not of this server.
    pub fn no_call() -> Self {
        Self::new(StatusCode::NOT_FOUND, "unknown_call", "no call has this id")
    }

    /// The address takes other methods.
    pub fn wrong_method() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "this address does not take this method; see the Allow header",
        )
    }

    /// A bug; its details are in the log.
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "the server made a mistake; it is in its log",
        )
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

impl From<OpenError> for ApiError {
    fn from(error: OpenError) -> Self {
        let (status, code) = match error {
            OpenError::UnknownScenario => (StatusCode::NOT_FOUND, "unknown_scenario"),
            OpenError::Full => (StatusCode::SERVICE_UNAVAILABLE, "no_free_slot"),
            OpenError::TooManyWaiting => (StatusCode::SERVICE_UNAVAILABLE, "too_many_waiting"),
            OpenError::DiskFull => (StatusCode::SERVICE_UNAVAILABLE, "disk_full"),
            OpenError::Draining => (StatusCode::SERVICE_UNAVAILABLE, "shutting_down"),
        };
        let made = Self::new(status, code, error.to_string());
        if error == OpenError::UnknownScenario { made.field("scenario_id") } else { made }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(error) => {
                tracing::warn!(%error, "the database does not answer");
                let message = "the database does not answer; try again in a moment";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "database_unavailable", message)
            }
            StoreError::NotFound => Self::new(StatusCode::NOT_FOUND, "not_found", "no such thing"),
            StoreError::Denied => Self::forbidden(),
            error @ (StoreError::Refused { .. } | StoreError::Query(_)) => {
                tracing::error!(%error, "a query failed");
                Self::internal()
            }
        }
    }
}

impl From<BlobError> for ApiError {
    fn from(error: BlobError) -> Self {
        tracing::error!(%error, "the object store did not answer");
        let message = "the object store does not answer; try again in a moment";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "store_unavailable", message)
    }
}

impl From<AttachError> for ApiError {
    fn from(error: AttachError) -> Self {
        let (status, code) = match error {
            AttachError::Unknown => (StatusCode::NOT_FOUND, "unknown_call"),
            AttachError::AlreadyConnected => (StatusCode::CONFLICT, "already_connected"),
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<ListenError> for ApiError {
    fn from(error: ListenError) -> Self {
        let (status, code) = match error {
            ListenError::Unknown => (StatusCode::NOT_FOUND, "unknown_call"),
            ListenError::NotLive => (StatusCode::CONFLICT, "not_live"),
            ListenError::Over => (StatusCode::CONFLICT, "call_over"),
            ListenError::Full => (StatusCode::CONFLICT, "too_many_listeners"),
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<NotAnUpgrade> for ApiError {
    fn from(error: NotAnUpgrade) -> Self {
        let (status, code) = match error {
            NotAnUpgrade::OtherRequest | NotAnUpgrade::Version => {
                (StatusCode::UPGRADE_REQUIRED, "upgrade_required")
            }
            NotAnUpgrade::Key => (StatusCode::BAD_REQUEST, "bad_upgrade"),
        };
        Self::new(status, code, error.to_string())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let error = ErrorDetail {
            code: self.code.to_owned(),
            message: self.message.into_owned(),
            field: self.field,
        };
        let mut response = (self.status, Json(ErrorBody { error })).into_response();
        let headers = response.headers_mut();
        match self.status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, RETRY_AFTER_S.into());
            }
            StatusCode::UPGRADE_REQUIRED => {
                headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
                headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
                headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
            }
            _ => {}
        }
        if let Some(wait) = self.retry_after {
            // Up to the next second: a client that comes at the time it was told must not be early.
            let wait_s = wait.as_secs() + u64::from(wait.subsec_nanos() != 0);
            headers.insert(header::RETRY_AFTER, wait_s.into());
        }
        response
    }
}
