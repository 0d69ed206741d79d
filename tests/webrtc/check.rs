//! The check of a connection, as a page does it before a call.

use reqwest::{Client, RequestBuilder};
use serde_json::Value;

use crate::rep::{Rep, Transport};
use crate::server::Server;

fn offered(server: &Server, offer: String) -> RequestBuilder {
    let client = Client::builder().no_proxy().build().unwrap();
    let request = client.post(format!("{}/api/connection-check/webrtc", server.url()));
    request.bearer_auth(server.api_key()).header("content-type", "application/sdp").body(offer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_learns_by_which_way_it_reaches_the_server() {
    let server = Server::start(&[]);
    for (transport, protocol, logged) in
        [(Transport::Udp, "udp", "protocol: Udp"), (Transport::Tcp, "tcp", "protocol: Tcp")]
    {
        let (mut rep, offer) = Rep::offer_over(transport).await;
        let answer = offered(&server, offer).send().await.unwrap();
        assert_eq!(answer.status(), 201, "{}", server.log());
        rep.connect(answer.text().await.unwrap()).await;
        let told = rep.until("connection.checked").await;
        assert_eq!(told["protocol"], protocol);
        assert!(told["rtt_ms"].as_u64().is_some_and(|rtt_ms| rtt_ms < 5_000), "{told}");
        rep.close().await;
        let line = server.logged(logged);
        assert!(line.contains("a connection by WebRTC was checked"), "{line}");
        assert!(line.contains("ClientLeft"), "it is gone when the page is: {line}");
    }
    // Nothing of it was a call.
    let client = Client::builder().no_proxy().build().unwrap();
    let list = client.get(format!("{}/api/calls", server.url())).bearer_auth(server.api_key());
    let list: Value = list.send().await.unwrap().json().await.unwrap();
    assert_eq!(list["calls"], Value::Array(Vec::new()));
}
