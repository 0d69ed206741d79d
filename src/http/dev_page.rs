//! A bare page that talks to a buyer, for developers: builds for production do not have it.

use std::sync::LazyLock;

use axum::response::{Html, IntoResponse};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderValue, header};
use sha2::{Digest, Sha256};

const CALL: &str = include_str!("dev_page/call.html");

/// Nothing runs on the page, and nothing is loaded by it, but what is in the file.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let policy = format!(
        "default-src 'none'; script-src {}; style-src {}; connect-src 'self'; img-src data:; \
         media-src mediastream: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        source("<script type=\"module\">", "</script>"),
        source("<style>", "</style>"),
    );
    HeaderValue::from_str(&policy).expect("a policy is ASCII")
});

/// Shows the page of a call.
pub(super) async fn call() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY.clone()),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, Html(CALL))
}

/// The one element between two tags as a policy names it (CSP Level 3, section 2.3.1).
fn source(open: &str, close: &str) -> String {
    let rest = CALL.split_once(open).expect("the page has the element").1;
    let text = rest.split_once(close).expect("the element ends").0;
    format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_policy_names_what_is_in_the_page() {
        let response = call().await.into_response();
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert_eq!(policy.matches("'sha256-").count(), 2, "{policy}");
        // A second one would not run.
        assert_eq!(CALL.matches("<script").count(), 1);
        assert_eq!(CALL.matches("<style").count(), 1);
        assert!(!CALL.contains(" style="), "styles in attributes are refused");
        assert!(!policy.contains("unsafe"), "{policy}");
    }
}
