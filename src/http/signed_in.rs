//! Who makes a request: a session or an API key, as a bearer token or as a browser's cookie.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, Method, header};
use serde_json::json;

use crate::app::App;
use crate::config::BaseUrl;
use crate::http::error::ApiError;
use crate::identity::{BearerToken, NotSignedIn, Principal};
use crate::model::{OrgId, Role};
use crate::store::audit::{self, Entry};
use crate::store::org;

/// The cookie of a session.
pub(super) const SESSION_COOKIE: &str = "ringcraft_session";

/// The header in which a superadmin names the org to act in.
pub(super) const ORG_HEADER: &str = "ringcraft-org";

/// Where a superadmin is seen even when they only read: calls, people, and what people did.
const WATCHED: [&str; 5] =
    ["/api/calls", "/api/users", "/api/teams", "/api/api_keys", "/api/audit_entries"];

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub(super) struct SignedIn(pub(super) Principal);

/// Somebody who is signed in and opens a WebSocket: with a cookie, from our own page alone.
#[derive(Clone, Debug)]
pub(super) struct SocketOfPerson(pub(super) Principal);

/// Somebody who is signed in and runs the org.
#[derive(Clone, Debug)]
pub(super) struct RunsOrg(pub(super) Principal);

/// Somebody who is signed in and acts in the org they belong to.
#[derive(Clone, Debug)]
pub(super) struct AtHome(pub(super) Principal);

impl FromRequestParts<Arc<App>> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        // Extractors build on one another; a request is let in, and noted, once.
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(known.clone());
        }
        let token = match bearer(&parts.headers) {
            Some(token) => token,
            None => {
                let token = cookie(&parts.headers).ok_or_else(not_signed_in)?;
                check_origin(parts, app.config.public_url.as_ref())?;
                token
            }
        };
        let principal = Principal::of(&app.store, &BearerToken::presented(&token)).await?;
        app.identity.note_use(&principal);
        let signed_in = Self(in_named_org(principal, parts, app).await?);
        parts.extensions.insert(signed_in.clone());
        Ok(signed_in)
    }
}

impl FromRequestParts<Arc<App>> for SocketOfPerson {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        // What a WebSocket brings, a page of another site could read.
        if bearer(&parts.headers).is_none() && cookie(&parts.headers).is_some() {
            from_own_page(parts, app.config.public_url.as_ref())?;
        }
        let SignedIn(principal) = SignedIn::from_request_parts(parts, app).await?;
        Ok(Self(principal))
    }
}

impl FromRequestParts<Arc<App>> for RunsOrg {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let SignedIn(principal) = SignedIn::from_request_parts(parts, app).await?;
        if !principal.role.runs_org() {
            return Err(ApiError::forbidden());
        }
        Ok(Self(principal))
    }
}

impl FromRequestParts<Arc<App>> for AtHome {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let SignedIn(principal) = SignedIn::from_request_parts(parts, app).await?;
        if principal.home != principal.org() {
            let message = "this is for the people of the org; leave out Ringcraft-Org";
            return Err(ApiError::forbidden_as(message));
        }
        Ok(Self(principal))
    }
}

/// Takes a superadmin to the org that the request names, and leaves a note there.
async fn in_named_org(
    principal: Principal,
    parts: &Parts,
    app: &App,
) -> Result<Principal, ApiError> {
    let Some(named) = parts.headers.get(ORG_HEADER) else {
        return Ok(principal);
    };
    if principal.role != Role::Superadmin {
        return Err(ApiError::forbidden());
    }
    let unknown = || ApiError::invalid(ORG_HEADER, "no org has this id");
    let org: OrgId = named.to_str().ok().and_then(|id| id.parse().ok()).ok_or_else(unknown)?;
    if org == principal.home {
        return Ok(principal);
    }
    let principal = principal.acting_in(&app.store, org);
    if !org::exists(&principal.scope).await? {
        return Err(unknown());
    }
    let path = parts.uri.path();
    if !only_reads(&parts.method) || WATCHED.iter().any(|watched| path.starts_with(watched)) {
        let entry = Entry {
            action: "superadmin.acted",
            subject_kind: None,
            subject_id: None,
            details: json!({"method": parts.method.as_str(), "path": path}),
        };
        audit::insert(&principal.scope, entry).await?;
    }
    Ok(principal)
}

fn only_reads(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// The token of an `Authorization: Bearer` header.
pub(super) fn bearer(headers: &HeaderMap) -> Option<String> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

/// The token of a session's cookie.
pub(super) fn cookie(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';'));
    pairs.find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == SESSION_COOKIE && !value.is_empty()).then(|| value.to_owned())
    })
}

/// A browser sends cookies with what other sites ask for too, so a request that changes something
/// must say that it comes from our own page. What reads is safe: its answer stays in the browser.
fn check_origin(parts: &Parts, public_url: Option<&BaseUrl>) -> Result<(), ApiError> {
    if only_reads(&parts.method) { Ok(()) } else { from_own_page(parts, public_url) }
}

/// Lets through what comes from our own page.
fn from_own_page(parts: &Parts, public_url: Option<&BaseUrl>) -> Result<(), ApiError> {
    let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let same_site = text(header::HeaderName::from_static("sec-fetch-site"));
    let own = match (same_site, text(header::ORIGIN)) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => is_own(origin, text(header::HOST), public_url),
        (None, None) => false,
    };
    if own { Ok(()) } else { Err(ApiError::cross_origin()) }
}

fn is_own(origin: &str, host: Option<&str>, public_url: Option<&BaseUrl>) -> bool {
    match public_url {
        Some(public) => public.origin() == origin,
        None => origin.split_once("://").map(|(_, host)| host) == host,
    }
}

fn not_signed_in() -> ApiError {
    ApiError::unauthorized(
        "not_signed_in",
        "sign in with POST /api/auth/login, or send an API key as a bearer token".to_owned(),
    )
}

impl From<NotSignedIn> for ApiError {
    fn from(error: NotSignedIn) -> Self {
        match error {
            NotSignedIn::Refused => Self::unauthorized("invalid_token", error.to_string()),
            NotSignedIn::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[test]
    fn the_cookie_is_found_among_others() {
        let table = [
            ("ringcraft_session=rcs_x", Some("rcs_x")),
            ("a=b; ringcraft_session=rcs_x; c=d", Some("rcs_x")),
            ("ringcraft_session=", None),
            ("not_ringcraft_session=rcs_x", None),
            ("ringcraft_session", None),
        ];
        for (line, token) in table {
            let headers = HeaderMap::from_iter([(header::COOKIE, line.parse().unwrap())]);
            assert_eq!(cookie(&headers).as_deref(), token, "{line}");
        }
    }

    #[test]
    fn a_cookie_changes_things_from_our_own_page_only() {
        let public: BaseUrl = "https://calls.example.com".parse().unwrap();
        let table = [
            ("GET", &[][..], None, true),
            ("POST", &[], None, false),
            ("POST", &[("origin", "http://a:8080")], None, true),
            ("POST", &[("origin", "http://a:9090")], None, false),
            ("POST", &[("origin", "https://evil.example")], None, false),
            ("POST", &[("origin", "null")], None, false),
            ("POST", &[("sec-fetch-site", "same-origin")], None, true),
            ("POST", &[("sec-fetch-site", "same-site"), ("origin", "http://a:8080")], None, false),
            ("DELETE", &[("sec-fetch-site", "cross-site")], None, false),
            ("POST", &[("origin", "https://calls.example.com")], Some(&public), true),
            ("POST", &[("origin", "http://calls.example.com")], Some(&public), false),
            ("POST", &[("origin", "http://a:8080")], Some(&public), false),
        ];
        for (method, headers, public, allowed) in table {
            let mut request = Request::builder().method(method).header("host", "a:8080");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let (parts, ()) = request.body(()).unwrap().into_parts();
            assert_eq!(check_origin(&parts, public).is_ok(), allowed, "{method} {headers:?}");
        }
    }
}
