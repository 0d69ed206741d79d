//! Accepts connections and answers requests on them until told to stop.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::tls::Tls;
use crate::transport::socket::Socket;

/// How long a client may take for the head of a request, and may idle between two.
const HEAD_WITHIN: Duration = Duration::from_secs(30);

/// How long to wait when the system has no room for another connection.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// Who is at the other end of the connection that a request came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Peer(pub(super) SocketAddr);

/// Serves until `stop`: then takes no more connections and ends each after its current answer.
/// Where there is `tls`, every connection is encrypted.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Tls>,
    router: Router,
    connections: TaskTracker,
    stop: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return,
        };
        match accepted {
            Ok((stream, address)) => {
                let (tls, router, stop) = (tls.clone(), router.clone(), stop.clone());
                connections.spawn(meet(stream, Peer(address), tls, router, stop));
            }
            Err(error) => {
                tracing::warn!(%error, "accept a connection");
                sleep(ACCEPT_AGAIN_AFTER).await;
            }
        }
    }
}

/// Agrees with a client how to speak, then answers it.
async fn meet(
    stream: TcpStream,
    peer: Peer,
    tls: Option<Tls>,
    router: Router,
    stop: CancellationToken,
) {
    // Audio frames are small and must not wait for one another.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection broke before its first request");
        return;
    }
    let Some(tls) = tls else {
        return answer(Socket::Plain(stream), peer, router, stop).await;
    };
    let accepted = tokio::select! {
        accepted = tls.accept(stream) => accepted,
        () = stop.cancelled() => return,
    };
    match accepted {
        Ok(socket) => answer(socket, peer, router, stop).await,
        Err(error) => tracing::debug!(%error, "a connection was not encrypted"),
    }
}

async fn answer(socket: Socket, peer: Peer, router: Router, stop: CancellationToken) {
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        router.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .serve_connection(TokioIo::new(socket), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}
