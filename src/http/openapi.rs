//! The description of the interface for programs, made from the handlers and their types.

use axum::Json;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::http::error::ErrorBody;
use crate::http::signed_in::SESSION_COOKIE;
use crate::model::{ApiKeyId, CallId, CallShareId, TeamId, UserId};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Ringcraft",
        description = "A real-time voice simulation server: practise a sales call with an AI buyer. \
                       Times are RFC 3339 in UTC; durations and offsets end in `_ms`."
    ),
    components(schemas(ErrorBody, ApiKeyId, CallId, CallShareId, TeamId, UserId)),
    modifiers(&Security),
    security(("bearer" = []), ("cookie" = []))
)]
pub(super) struct Description;

struct Security;

impl Modify for Security {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A session's token, an API key, or for one call its own token"));
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer.build()));
        let cookie = ApiKey::Cookie(ApiKeyValue::new(SESSION_COOKIE));
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(cookie));
    }
}

/// Describes this interface.
#[utoipa::path(get, path = "/api/openapi.json", tag = "server", security(()),
    responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
pub(super) async fn show() -> Json<utoipa::openapi::OpenApi> {
    Json(description())
}

/// What this interface is, for programs that make clients.
pub fn description() -> utoipa::openapi::OpenApi {
    // Made when it is asked for, which is rarely: it is a few hundred kilobytes in memory.
    let (_, mut description) = super::routes().split_for_parts();
    name_operations(&mut description);
    description
}

/// Generators of clients name functions after operations, so no two may be called alike: each gets
/// its resource before its own name.
fn name_operations(description: &mut utoipa::openapi::OpenApi) {
    for (at, path) in &mut description.paths.paths {
        // "/api/api_keys/{id}" is of api_keys.
        let resource = at.split('/').nth(2).unwrap_or_default().replace(['.', '-'], "_");
        let operations = [
            &mut path.get,
            &mut path.post,
            &mut path.put,
            &mut path.patch,
            &mut path.delete,
            &mut path.head,
            &mut path.options,
            &mut path.trace,
        ];
        for operation in operations.into_iter().flatten() {
            if let Some(name) = &operation.operation_id {
                operation.operation_id = Some(format!("{resource}_{name}"));
            }
        }
    }
}
