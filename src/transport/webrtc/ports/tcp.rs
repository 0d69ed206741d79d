//! TCP connections of peers whose network lets no UDP through: ours is the passive end of ICE over
//! TCP (RFC 6544).

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{sleep, timeout};

use super::candidates::canonical;
use super::framing::{Unframer, frame};
use super::router::{ConnectionId, LaneId};
use super::stun::{self, Class};
use super::{MAX_PACKET, Mailbox, Shared};
use crate::clock;
use crate::transport::webrtc::{Datagram, Protocol, Route};

/// Connections that have not yet said for which lane they are. More are closed at once.
pub(super) const MAX_UNNAMED: usize = 512;

/// How long a connection may take to say it.
pub(super) const NAMED_WITHIN: Duration = Duration::from_secs(5);

/// Packets waiting for a connection. When full the newest is lost and counted: media must not pile
/// up before a slow peer.
const CONNECTION_OUTBOUND: usize = 64;

/// How long a listener that fails is left alone; it does where the process has no more files.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

/// Takes connections until the port is given back.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let unnamed = Arc::new(Semaphore::new(MAX_UNNAMED));
    let mut stopped = pin!(shared.stopping.cancelled());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stopped => return,
        };
        match accepted {
            Ok((stream, from)) => match Arc::clone(&unnamed).try_acquire_owned() {
                Ok(permit) => {
                    let connection = connection(stream, canonical(from), permit, shared.clone());
                    shared.tasks.spawn(connection);
                }
                Err(_) => shared.stranger(),
            },
            Err(error) => {
                tracing::warn!(%error, "the TCP listener of WebRTC fails");
                tokio::select! {
                    () = sleep(AFTER_FAILURE) => {}
                    () = &mut stopped => return,
                }
            }
        }
    }
}

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
enum Ended {
    /// It never said for which lane it is.
    #[error("a stranger")]
    Stranger,
    /// Its lane or its peer closed it.
    #[error("closed")]
    Closed,
    /// What came were no packets.
    #[error(transparent)]
    NotPackets(#[from] super::framing::FramingError),
    /// The network failed.
    #[error(transparent)]
    Broken(#[from] io::Error),
}

async fn connection(
    mut stream: TcpStream,
    peer: SocketAddr,
    permit: OwnedSemaphorePermit,
    shared: Arc<Shared>,
) {
    let ended = tokio::select! {
        ended = carry(&mut stream, peer, permit, &shared) => ended,
        () = shared.stopping.cancelled() => return,
    };
    let Err(ended) = ended;
    if matches!(ended, Ended::Stranger) {
        shared.stranger();
    }
    tracing::debug!(%ended, "a TCP connection of WebRTC ended");
}

/// Carries packets both ways until either side is done.
async fn carry(
    stream: &mut TcpStream,
    peer: SocketAddr,
    permit: OwnedSemaphorePermit,
    shared: &Shared,
) -> Result<std::convert::Infallible, Ended> {
    stream.set_nodelay(true)?;
    let local = shared.candidates.local_for(peer).ok_or(Ended::Stranger)?;
    let route = Route { protocol: Protocol::Tcp, local, peer };
    let (reader, writer) = stream.split();
    let mut packets = Packets { reader, unframer: Unframer::default() };
    let first = timeout(NAMED_WITHIN, packets.next()).await.map_err(|_| Ended::Stranger)??;
    let (outbox, queue) = mpsc::channel(CONNECTION_OUTBOUND);
    let (connected, mailbox) = {
        let mut router = shared.router();
        let (lane, id, mailbox) = router.connect(peer, &first, outbox).ok_or(Ended::Stranger)?;
        (Connected { shared, lane, id }, mailbox.clone())
    };
    drop(permit);
    let ended = tokio::select! {
        ended = read(packets, first, route, (shared, &mailbox)) => ended,
        ended = write(writer, queue) => ended,
    };
    drop(connected);
    ended
}

/// A connection in the router's table, until it is dropped.
struct Connected<'a> {
    shared: &'a Shared,
    lane: LaneId,
    id: ConnectionId,
}

impl Drop for Connected<'_> {
    fn drop(&mut self) {
        self.shared.router().disconnect(self.lane, self.id);
    }
}

struct Packets<'a> {
    reader: ReadHalf<'a>,
    unframer: Unframer,
}

impl Packets<'_> {
    async fn next(&mut self) -> Result<BytesMut, Ended> {
        loop {
            if let Some(packet) = self.unframer.packet()? {
                return Ok(packet);
            }
            if self.reader.read_buf(self.unframer.room()).await? == 0 {
                self.unframer.end()?;
                return Err(Ended::Closed);
            }
        }
    }
}

async fn read(
    mut packets: Packets<'_>,
    first: BytesMut,
    route: Route,
    (shared, mailbox): (&Shared, &Mailbox),
) -> Result<std::convert::Infallible, Ended> {
    let mut bytes = first;
    loop {
        if stun::classify(&bytes) == Class::Rubbish {
            shared.stranger();
        } else if !shared.deliver(mailbox, Datagram { at: clock::now(), route, bytes }) {
            return Err(Ended::Closed);
        }
        bytes = packets.next().await?;
    }
}

async fn write(
    mut writer: WriteHalf<'_>,
    mut queue: mpsc::Receiver<Bytes>,
) -> Result<std::convert::Infallible, Ended> {
    let mut framed = BytesMut::with_capacity(2 + MAX_PACKET);
    // It ends when the lane lets go of it.
    while let Some(packet) = queue.recv().await {
        framed.clear();
        frame(&packet, &mut framed);
        writer.write_all(&framed).await?;
    }
    Err(Ended::Closed)
}
