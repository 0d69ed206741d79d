//! The interface where the server speaks HTTPS itself.

use std::time::Duration;

use reqwest::Certificate;
use tokio_tungstenite::tungstenite::handshake::client::Response as Answer;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_tls_with_config};

use super::*;
use crate::blob::{BlobBody, Link as BlobLink};
use crate::cli::call::Trust;

/// Opens a WebSocket, encrypted where the server is.
pub(super) async fn dial(
    server: &Server,
    path: &str,
) -> tungstenite::Result<(WebSocketStream<MaybeTlsStream<TcpStream>>, Answer)> {
    let scheme = if server.app.tls.is_some() { "wss" } else { "ws" };
    let url = format!("{scheme}://{}{path}", server.address);
    let file = server.app.config.data_dir.join("tls/certificate.pem");
    let trust = Trust::of(server.app.tls.is_some().then_some(&*file)).unwrap();
    connect_async_tls_with_config(url, None, true, Some(trust.connector())).await
}

/// A server with a certificate of its own, and a client that trusts it.
async fn encrypted() -> Server {
    let given =
        ServeArgs { tls: Some("self".into()), sign_up: Some("open".into()), ..Default::default() };
    let mut server = Server::told(given, |_| None, |app| router(Arc::clone(app))).await;
    let pem = std::fs::read(server.app.config.data_dir.join("tls/certificate.pem")).unwrap();
    let trusted = [Certificate::from_pem(&pem).unwrap()];
    let client = reqwest::Client::builder().no_proxy().tls_certs_only(trusted);
    server.client = client.build().unwrap();
    server
}

impl Server {
    fn secure(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.client.request(method, format!("https://{}{path}", self.address))
    }
}

#[tokio::test]
async fn links_and_cookies_are_for_https() {
    let server = encrypted().await;
    assert_eq!(answer(server.secure("GET", "/api/health")).await.0, 200);
    let open = server.secure("POST", "/api/calls").bearer_auth(&server.rep.api_key);
    let (status, body) = answer(open.json(&json!({"scenario_id": "rachel"}))).await;
    assert_eq!(status, 201, "{body}");
    let (call, address) = (&body["call"], server.address);
    let id = call["id"].as_str().unwrap();
    assert_eq!(call["links"]["audio"], format!("wss://{address}/api/calls/{id}/audio"));
    assert_eq!(call["links"]["events"], format!("https://{address}/api/calls/{id}/events"));
    let set_up = server.secure("POST", "/api/auth/setup").json(&json!({
        "org_name": "Acme", "name": "A", "email": "a@example.com",
        "password": "correct horse battery staple",
    }));
    let response = set_up.send().await.unwrap();
    let cookie = response.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.ends_with("; HttpOnly; SameSite=Lax; Max-Age=2592000; Secure"), "{cookie}");
    let invitation = server.app.identity.base_url.http("/invitation");
    assert_eq!(invitation, format!("https://localhost:{}/invitation", address.port()));
}

#[tokio::test]
async fn plain_http_is_told_and_no_plain_link_is_given() {
    let server = encrypted().await;
    assert_eq!(error(server.request("GET", "/api/health")).await, (400, "https_required".into()));
    let stranger = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("https://{}/api/health", server.address);
    assert!(stranger.get(url).send().await.unwrap_err().is_connect(), "it is not trusted unasked");
}

#[tokio::test]
async fn the_embedded_store_is_reached_from_inside_and_by_signed_links() {
    let server = encrypted().await;
    let body = BlobBody::Bytes(bytes::Bytes::from_static(b"both legs"));
    server.app.blob.put("org/a", body, "text/plain").await.unwrap();
    assert_eq!(server.app.blob.get("org/a").await.unwrap(), "both legs");
    let endpoint = format!("https://{}", server.address);
    let link = BlobLink {
        key: "org/a",
        ttl: Duration::from_secs(60),
        content_disposition: None,
        endpoint: Some(&endpoint),
    };
    let link = server.app.blob.presign_get(link, clock::wall_now()).await.unwrap();
    assert!(link.starts_with(&endpoint), "{link}");
    let read = server.client.get(&link).send().await.unwrap().text().await.unwrap();
    assert_eq!(read, "both legs");
}

#[tokio::test]
async fn draining_ends_encrypted_connections_and_the_store_of_its_own() {
    let server = encrypted().await;
    answer(server.secure("GET", "/api/scenarios")).await;
    // One that has not said a word yet must not hold up the end either.
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    server.app.drain().await;
    assert!(server.app.connections.is_empty());
    let end = tokio::io::AsyncReadExt::read(&mut silent, &mut [0]).await;
    assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
}
