//! The gate before the routes that are open to everybody.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::StatusCode;
use http::request::Parts;

use crate::app::App;
use crate::http::error::ApiError;
use crate::http::listener::Peer;
use crate::identity::TurnedAway;

/// The header in which a proxy says for whom it asks.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// A client that has not asked too often.
#[derive(Clone, Copy, Debug)]
pub(in crate::http) struct Admitted;

impl FromRequestParts<Arc<App>> for Admitted {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        app.identity.entrance.knock(client(parts, app))?;
        Ok(Self)
    }
}

fn client(parts: &Parts, app: &App) -> IpAddr {
    // Without a listener of ours every request is of one client.
    let unknown = IpAddr::from(Ipv4Addr::UNSPECIFIED);
    let peer = parts.extensions.get::<Peer>().map_or(unknown, |peer| peer.0.ip());
    let lines = parts.headers.get_all(FORWARDED_FOR).iter();
    let chain: Vec<&str> = lines.filter_map(|line| line.to_str().ok()).collect();
    app.config.trusted_proxies.client(peer, &chain)
}

impl From<TurnedAway> for ApiError {
    fn from(error: TurnedAway) -> Self {
        let message = error.to_string();
        match error {
            TurnedAway::TooOften { retry_after } => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", message)
                    .retry_after(retry_after)
            }
            TurnedAway::Full => Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message),
        }
    }
}
