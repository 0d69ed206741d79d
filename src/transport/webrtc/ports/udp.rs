//! Reads the UDP socket of all calls.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::net::UdpSocket;
use tokio::time::sleep;

use super::candidates::canonical;
use super::{MAX_PACKET, Shared};
use crate::clock;
use crate::transport::webrtc::{Datagram, Protocol, Route};

/// Memory that packets are cut from, in bytes: one allocation for 31 packets or more.
const BLOCK: usize = 64 * 1024;

/// How long a socket that fails is left alone.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

/// Serves the socket until the port is given back.
pub(super) async fn serve(socket: UdpSocket, shared: Arc<Shared>) {
    let mut block = BytesMut::with_capacity(BLOCK);
    let mut stopped = pin!(shared.stopping.cancelled());
    loop {
        // One byte more than a packet may have shows those that are longer.
        block.reserve(MAX_PACKET + 1);
        let read = tokio::select! {
            read = socket.recv_buf_from(&mut block) => read,
            () = &mut stopped => return,
        };
        match read {
            Ok((_, from)) => take(&shared, from, block.split()),
            Err(error) => {
                tracing::warn!(%error, "the UDP socket of WebRTC fails");
                tokio::select! {
                    () = sleep(AFTER_FAILURE) => {}
                    () = &mut stopped => return,
                }
            }
        }
    }
}

fn take(shared: &Shared, from: SocketAddr, bytes: BytesMut) {
    let at = clock::now();
    let peer = canonical(from);
    let local = shared.candidates.local_for(peer).filter(|_| bytes.len() <= MAX_PACKET);
    let Some(local) = local else { return shared.stranger() };
    let mut router = shared.router();
    match router.route(peer, &bytes) {
        Some(mailbox) => {
            let route = Route { protocol: Protocol::Udp, local, peer };
            shared.deliver(mailbox, Datagram { at, route, bytes });
        }
        None => shared.stranger(),
    }
}
