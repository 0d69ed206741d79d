//! The page for developers where it is served.

use super::*;

#[tokio::test]
async fn the_page_of_a_call_is_served_with_its_policy() {
    let server = Server::start().await;
    let response = server.request("GET", "/dev/call").send().await.unwrap();
    assert_eq!(response.status(), 200);
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
    assert!(
        header("content-security-policy").starts_with("default-src 'none'; script-src 'sha256-")
    );
    assert_eq!(header("cache-control"), "no-store");
    assert!(response.text().await.unwrap().starts_with("<!doctype html>"));
}
