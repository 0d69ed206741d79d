//! The STUN and TURN servers that a call's client is told of, with what opens them.

use std::time::SystemTime;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use serde::Serialize;
use utoipa::ToSchema;

use crate::clock;
use crate::config::{Ice, TurnAccess};
use crate::http::token::TOKEN_LIFE;
use crate::model::CallId;

/// STUN or TURN servers, as the constructor of a browser's `RTCPeerConnection` takes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(in crate::http) struct IceServer {
    urls: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<String>,
}

/// The servers for a call's client, from now on for as long as its token is good.
pub(in crate::http) fn for_call(ice: &Ice, call: CallId, now: SystemTime) -> Vec<IceServer> {
    let owned = |urls: Vec<&str>| urls.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let stun = owned(ice.servers.stun().collect());
    let turn = owned(ice.servers.turn().collect());
    let stun = IceServer { urls: stun, username: None, credential: None };
    let relay = ice.turn.as_ref().map(|access| {
        let (username, credential) = match access {
            TurnAccess::Shared(secret) => short_lived(secret.expose(), call, now + TOKEN_LIFE),
            TurnAccess::Fixed { username, credential } => {
                (username.clone(), credential.expose().to_owned())
            }
        };
        IceServer { urls: turn, username: Some(username), credential: Some(credential) }
    });
    [Some(stun), relay].into_iter().flatten().filter(|server| !server.urls.is_empty()).collect()
}

/// A user name and its password, made so that a TURN server which knows the secret needs no list
/// of users: draft-uberti-behave-turn-rest-00, section 2.2, which coturn calls `use-auth-secret`.
fn short_lived(secret: &str, call: CallId, until: SystemTime) -> (String, String) {
    let username = format!("{}:{call}", clock::unix_ms(until) / 1_000);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.as_bytes());
    let credential = STANDARD.encode(hmac::sign(&key, username.as_bytes()));
    (username, credential)
}

/// The same as `Link` headers, one for each server (RFC 9725, section 4.6).
pub(in crate::http) fn links(servers: &[IceServer]) -> Vec<HeaderValue> {
    let mut links = Vec::new();
    for server in servers {
        let mut opened_by = String::new();
        if let (Some(username), Some(credential)) = (&server.username, &server.credential) {
            let (username, credential) = (quoted(username), quoted(credential));
            opened_by = format!(
                "; username={username}; credential={credential}; credential-type=\"password\""
            );
        }
        let texts = server.urls.iter().map(|url| format!("<{url}>; rel=\"ice-server\"{opened_by}"));
        // Settings that no header can hold are refused at the start.
        links.extend(texts.filter_map(|text| HeaderValue::from_str(&text).ok()));
    }
    links
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::config::Secret;

    const SERVERS: &str = "stun:stun.example.com,turn:turn.example.com?transport=udp,\
                           turns:turn.example.com:5349,stun:192.0.2.1:3478";

    /// 2026-01-01T00:00:00Z; a token is good until 1767232800.
    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600)
    }

    fn servers(turn: Option<TurnAccess>) -> Vec<IceServer> {
        let ice = Ice { servers: SERVERS.parse().unwrap(), turn };
        for_call(&ice, "0190f3a0-0000-7000-8000-000000000001".parse().unwrap(), now())
    }

    #[test]
    fn each_call_has_credentials_of_its_own() {
        let secret = Secret::new("hemligt-nyckel-32-tecken-minst-xx");
        let servers = servers(Some(TurnAccess::Shared(secret)));
        // printf %s "$username" | openssl dgst -sha1 -hmac "$secret" -binary | base64
        let expected = json!([
            { "urls": ["stun:stun.example.com", "stun:192.0.2.1:3478"] },
            { "urls": ["turn:turn.example.com?transport=udp", "turns:turn.example.com:5349"],
              "username": "1767232800:0190f3a0-0000-7000-8000-000000000001",
              "credential": "W1ME/jVnlzq7l4NczmRbxF67DoE=" },
        ]);
        assert_eq!(serde_json::to_value(&servers).unwrap(), expected);
    }

    #[test]
    fn a_link_header_says_the_same() {
        let access =
            TurnAccess::Fixed { username: r#"o"ne"#.into(), credential: Secret::new(r"t\wo") };
        let links = links(&servers(Some(access)));
        let opened_by = r#"username="o\"ne"; credential="t\\wo"; credential-type="password""#;
        let relay = |url: &str| format!("<{url}>; rel=\"ice-server\"; {opened_by}");
        assert_eq!(
            links,
            [
                "<stun:stun.example.com>; rel=\"ice-server\"".to_owned(),
                "<stun:192.0.2.1:3478>; rel=\"ice-server\"".to_owned(),
                relay("turn:turn.example.com?transport=udp"),
                relay("turns:turn.example.com:5349"),
            ]
        );
    }

    #[test]
    fn nothing_configured_is_nothing_told() {
        let call = "0190f3a0-0000-7000-8000-000000000001".parse().unwrap();
        assert_eq!(for_call(&Ice::default(), call, now()), []);
        let secret = Some(TurnAccess::Shared(Secret::new("x")));
        let stun_only = Ice { servers: "stun:a".parse().unwrap(), turn: secret };
        assert_eq!(for_call(&stun_only, call, now()).len(), 1);
    }
}
