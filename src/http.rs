//! The HTTP interface. Every route is in one list; every resource has a file of its own.

use std::any::Any;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use rust_embed::Embed;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::blob::EmbeddedS3;
use crate::clock;
use error::ApiError;

mod access;
mod auth;
mod body;
mod fields;
pub mod calls;
#[cfg(debug_assertions)]
mod dev_page;
pub mod error;
mod health;
mod jobs;
mod idempotency;
mod me;
mod metrics;
mod signed_in;
pub mod listener;
pub mod tls;
pub mod openapi;
mod page;
mod web;
pub mod scenarios;
mod users;
mod teams;
mod api_keys;
mod org;
mod audit;
mod shared;
pub mod connection_check;
pub mod token;

/// Every route of the interface, with its description.
fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(openapi::Description::openapi())
        .routes(routes!(calls::open, calls::list::list))
        .routes(routes!(calls::show))
        .routes(routes!(calls::end))
        .routes(routes!(calls::artefacts::record))
        .routes(routes!(calls::transcript::transcript))
        .routes(routes!(calls::transcript::transcript_txt))
        .routes(routes!(calls::transcript::transcript_vtt))
        .routes(routes!(calls::kpis::kpis))
        .routes(routes!(calls::artefacts::recording))
        .routes(routes!(calls::artefacts::waveform))
        .routes(routes!(calls::shares::share, calls::shares::shares))
        .routes(routes!(calls::shares::revoke_share))
        .routes(routes!(calls::events::follow))
        .routes(routes!(calls::audio::connect))
        .routes(routes!(calls::listen::listen))
        .merge(shared_with_every_site())
        .routes(routes!(auth::setup::may_set_up, auth::setup::set_up))
        .routes(routes!(auth::login))
        .routes(routes!(auth::logout))
        .routes(routes!(auth::logout_everywhere))
        .routes(routes!(auth::password::change))
        .routes(routes!(auth::password::ask_reset))
        .routes(routes!(auth::password::confirm_reset))
        .routes(routes!(auth::invitation::show))
        .routes(routes!(auth::invitation::accept))
        .routes(routes!(me::show, me::change))
        .routes(routes!(scenarios::list))
        .routes(routes!(users::list, users::create))
        .routes(routes!(users::show, users::change, users::disable))
        .routes(routes!(users::invite))
        .routes(routes!(teams::list, teams::create))
        .routes(routes!(teams::show, teams::rename, teams::dissolve))
        .routes(routes!(teams::add_member, teams::remove_member))
        .routes(routes!(teams::add_lead, teams::remove_lead))
        .routes(routes!(api_keys::list, api_keys::create))
        .routes(routes!(api_keys::revoke))
        .routes(routes!(org::show, org::change))
        .routes(routes!(org::list))
        .routes(routes!(audit::list))
        .routes(routes!(shared::show))
        .routes(routes!(shared::waveform))
        .routes(routes!(connection_check::ice_servers, connection_check::answer_offer))
        .routes(routes!(connection_check::echo))
        .routes(routes!(jobs::list))
        .routes(routes!(jobs::retry))
        .routes(routes!(scenarios::show))
        .routes(routes!(health::show))
        .routes(routes!(openapi::show))
}

/// Routes that pages of other sites may use.
fn shared_with_every_site() -> OpenApiRouter<Arc<App>> {
    use calls::webrtc;
    OpenApiRouter::new()
        .routes(routes!(webrtc::answer_offer, webrtc::find_endpoint, webrtc::allow_offer))
        .routes(routes!(
            webrtc::patch_session,
            webrtc::hang_up,
            webrtc::find_session,
            webrtc::allow_patch
        ))
        .layer(from_fn(webrtc::share))
}

/// The server's whole HTTP interface, and the page.
pub fn router(app: Arc<App>) -> Router {
    router_with::<web::Built>(app)
}

fn router_with<Page: Embed + 'static>(app: Arc<App>) -> Router {
    // Recordings are as long as they are: no limit of ours lies over them.
    let objects = app.embedded.as_ref().map(EmbeddedS3::router).unwrap_or_default();
    let (router, _) = routes().split_for_parts();
    #[cfg(debug_assertions)]
    let router = router.route("/dev/call", get(dev_page::call));
    router
        // For monitoring, which looks for it there; it is no part of the interface for programs.
        .route("/metrics", get(metrics::show))
        // The fallback is the page, so what is not a route under /api ends here.
        .route("/api", any(no_route))
        .route("/api/{*rest}", any(no_route))
        .fallback(web::serve::<Page>)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(body::MAX_BODY))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(log))
        .with_state(app)
        .merge(objects)
}

async fn no_route() -> ApiError {
    ApiError::no_route()
}

async fn wrong_method() -> ApiError {
    ApiError::wrong_method()
}

fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a request handler panicked");
    ApiError::internal().into_response()
}

/// Logs each request with its path and without what may be a token in it: the query, and what names
/// a shared call.
async fn log(request: Request, next: Next) -> Response {
    let path = without_token(request.uri().path()).to_owned();
    let span = tracing::info_span!("request", method = %request.method(), path);
    let begun = clock::now();
    async {
        let response = next.run(request).await;
        let status = response.status().as_u16();
        let latency_ms = (clock::now() - begun).as_millis();
        // Probes, and objects where they are served here, would drown what people do.
        if path.starts_with("/api/") && path != "/api/health" {
            tracing::info!(status, latency_ms, "answered");
        } else {
            tracing::debug!(status, latency_ms, "answered");
        }
        response
    }
    .instrument(span)
    .await
}

/// What of a path may be told: behind the first part of a link to a call is its token.
fn without_token(path: &str) -> &str {
    let shared = ["/api/shared/", "/shared/"].into_iter().find(|prefix| path.starts_with(prefix));
    shared.unwrap_or(path)
}

#[cfg(test)]
mod tests;
