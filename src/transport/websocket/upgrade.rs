//! From an HTTP request to the bare connection under it (RFC 6455, section 4.2).

use std::io;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::transport::socket::{Socket, Unserved};

/// A request that asks for a WebSocket, not yet answered.
#[derive(Debug)]
pub struct Upgrade {
    accept: HeaderValue,
    connection: OnUpgrade,
}

/// Why a request does not open a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnUpgrade {
    /// It asks for something else.
    #[error("this address opens a WebSocket; send an upgrade request")]
    OtherRequest,
    /// It asks for another version than 13.
    #[error("only version 13 of the WebSocket protocol is spoken")]
    Version,
    /// Its key is missing or malformed.
    #[error("Sec-WebSocket-Key must be 16 bytes in base64")]
    Key,
}

impl Upgrade {
    /// Takes the upgrade out of a request.
    ///
    /// # Errors
    /// When the request does not ask for a WebSocket.
    pub fn take<B>(request: &mut Request<B>) -> Result<Self, NotAnUpgrade> {
        let headers = request.headers();
        let asks = request.method() == Method::GET
            && lists(headers, header::CONNECTION, "upgrade")
            && lists(headers, header::UPGRADE, "websocket");
        if !asks {
            return Err(NotAnUpgrade::OtherRequest);
        }
        if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
            return Err(NotAnUpgrade::Version);
        }
        let key = headers.get(header::SEC_WEBSOCKET_KEY).ok_or(NotAnUpgrade::Key)?.as_bytes();
        // 16 bytes are 24 characters of base64, the last two of them padding.
        if key.len() != 24 || !key.ends_with(b"==") {
            return Err(NotAnUpgrade::Key);
        }
        let accept = HeaderValue::try_from(derive_accept_key(key))
            .expect("base64 is always a valid header value");
        let connection = hyper::upgrade::on(request);
        Ok(Self { accept, connection })
    }

    /// The answer that must be sent before the connection becomes free.
    pub fn response(&self) -> Response<()> {
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, self.accept.clone());
        response
    }

    /// Waits until the answer was sent, then gives the connection away: off this runtime, so that
    /// another may take it up, and with it what was already read of it.
    ///
    /// # Errors
    /// When the connection broke before.
    pub async fn into_socket(self) -> io::Result<(Unserved, Bytes)> {
        let upgraded = self.connection.await.map_err(io::Error::other)?;
        let parts = upgraded
            .downcast::<TokioIo<Socket>>()
            .map_err(|_| io::Error::other("the connection is none of our listener's"))?;
        Ok((parts.io.into_inner().leave()?, parts.read_buf))
    }
}

fn lists(headers: &HeaderMap, name: HeaderName, wanted: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|token| token.trim().eq_ignore_ascii_case(wanted))
}
