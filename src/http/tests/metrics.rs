//! Who may read what the server counts of itself.

use super::*;

#[tokio::test]
async fn metrics_are_for_this_machine_and_superadmins() {
    let server = Server::start().await;
    let root = test_database::org_with(&server.app.store, Role::Superadmin).await;
    let admin = test_database::person_in(&server.app.store, server.rep.org, Role::Admin).await;
    let ask = || server.request("GET", "/metrics");
    let here = ask().send().await.unwrap();
    assert_eq!(here.status(), 200);
    let kind = here.headers()["content-type"].to_str().unwrap().to_owned();
    assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
    let text = here.text().await.unwrap();
    assert!(text.contains("\nringcraft_calls_live 0\n"), "{text}");
    assert!(text.ends_with("# EOF\n"), "{text}");
    // A proxy on this machine asks for somebody else.
    for header in ["x-forwarded-for", "forwarded", "x-real-ip", "via"] {
        let proxied = || ask().header(header, "127.0.0.1");
        assert_eq!(error(proxied()).await, (401, "not_signed_in".into()), "{header}");
        for person in [&server.rep, &admin] {
            let refused = error(proxied().bearer_auth(&person.api_key)).await;
            assert_eq!(refused, (403, "forbidden".into()), "{header}");
        }
        let told = proxied().bearer_auth(&root.api_key).send().await.unwrap();
        assert_eq!(told.status(), 200, "{header}");
    }
    for path in ["/metrics/x", "/api/metrics"] {
        assert_eq!(error(server.request("GET", path)).await, (404, "not_found".into()), "{path}");
    }
}
