//! WHIP as clients and those who are none use it.

use reqwest::Response as Answer;
use reqwest::header::HeaderMap;

use super::calls::opening::open;
use super::*;

mod refusals;
mod sessions;

const SDP: &str = "application/sdp";
const FRAGMENT: &str = "application/trickle-ice-sdpfrag";

/// What a browser offers: audio both ways and a data channel.
pub(super) const OFFER: &str = "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n\
    a=group:BUNDLE 0 1\r\na=msid-semantic: WMS x\r\n\
    m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n\
    a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\na=ice-options:trickle\r\n\
    a=fingerprint:sha-256 D2:FA:0E:C3:22:59:5E:14:95:69:92:3D:13:B4:84:24:2C:C2:A2:C0:3E:FD:34:8E:5E:EA:6F:AF:52:CE:E6:0F\r\n\
    a=setup:actpass\r\na=mid:0\r\na=sendrecv\r\na=msid:x y\r\na=rtcp-mux\r\na=rtcp-rsize\r\n\
    a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\n\
    a=fmtp:111 minptime=10;useinbandfec=1\r\na=ssrc:3735928559 cname:z\r\n\
    m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n\
    a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\na=ice-options:trickle\r\n\
    a=fingerprint:sha-256 D2:FA:0E:C3:22:59:5E:14:95:69:92:3D:13:B4:84:24:2C:C2:A2:C0:3E:FD:34:8E:5E:EA:6F:AF:52:CE:E6:0F\r\n\
    a=setup:actpass\r\na=mid:1\r\na=sctp-port:5000\r\na=max-message-size:262144\r\n";

/// A call that waits, and where its offers go.
struct Waiting {
    server: Server,
    call: CallId,
    token: String,
    endpoint: String,
}

impl Waiting {
    async fn new() -> Self {
        Self::on(Server::start().await).await
    }

    async fn on(server: Server) -> Self {
        let (status, body) =
            answer(open(&server, &server.rep, &CallId::new().to_string(), "rachel")).await;
        assert_eq!(status, 201, "{body}");
        let (call, token) = (&body["call"], body["call"]["token"].as_str().unwrap().to_owned());
        let endpoint = call["links"]["webrtc"].as_str().unwrap();
        let endpoint = endpoint.strip_prefix(&format!("http://{}", server.address)).unwrap();
        let (call, endpoint) = (call["id"].as_str().unwrap().parse().unwrap(), endpoint.to_owned());
        Self { server, call, token, endpoint }
    }

    fn ask(&self, method: &str, path: &str) -> RequestBuilder {
        self.server.request(method, path).bearer_auth(&self.token)
    }

    fn offer(&self, text: impl Into<String>) -> RequestBuilder {
        self.ask("POST", &self.endpoint).header("content-type", SDP).body(text.into())
    }

    fn patch(&self, session: &str, text: impl Into<String>) -> RequestBuilder {
        self.ask("PATCH", session).header("content-type", FRAGMENT).body(text.into())
    }
}

/// A header as text.
fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

fn is_for_every_site(answer: &Answer) -> bool {
    let exposed = header(answer.headers(), "access-control-expose-headers");
    header(answer.headers(), "access-control-allow-origin") == "*"
        && ["Location", "ETag", "Link", "Accept-Patch"].iter().all(|name| exposed.contains(name))
}
