//! The server's own TLS: the handshake with a client, and the certificate it is done with.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{Error as RustlsError, ServerConfig};
use tokio_util::sync::CancellationToken;

use crate::config::{self, Config};
use crate::transport::socket::Socket;
pub use certificate::Unfit;
use keeper::Keeper;
pub use keeper::TlsError;
pub use self_signed::SelfSignedError;

mod certificate;
mod keeper;
mod self_signed;

/// How long a client may take from its connection to the end of the handshake.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);

/// Handshakes at the same time. A client beyond is turned away: it comes again, and those that
/// were there before are not held up by it.
const HANDSHAKES: usize = 1_024;

/// What the first byte of a TLS connection is (RFC 8446, section 5.1: a record of type handshake).
const HANDSHAKE_RECORD: u8 = 22;

/// What somebody is told who speaks plain HTTP.
const PLAIN_ANSWER: &str = "HTTP/1.1 400 Bad Request\r\n\
    content-type: application/json\r\n\
    content-length: 101\r\n\
    connection: close\r\n\r\n\
    {\"error\":{\"code\":\"https_required\",\"message\":\
    \"this port speaks HTTPS; use an address with https://\"}}\n";

/// Makes connections encrypted. Cheap to clone.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    keeper: Arc<Keeper>,
    turns: Arc<Semaphore>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("keeper", &self.keeper).finish_non_exhaustive()
    }
}

/// Why a connection did not become an encrypted one.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotEncrypted {
    /// The client was too slow, or said nothing.
    #[error("the TLS handshake took too long")]
    Late,
    /// It speaks something else.
    #[error("the client does not speak TLS")]
    NotTls,
    /// Too many clients shake hands.
    #[error("{HANDSHAKES} other clients shake hands")]
    TooMany,
    /// The handshake went wrong, or the connection broke.
    #[error("the TLS handshake went wrong: {0}")]
    Handshake(#[from] io::Error),
}

impl Tls {
    /// Prepares what the settings ask for; nothing where that is plain HTTP.
    ///
    /// # Errors
    /// When there is no certificate, or none that can be used.
    pub fn of(config: &Config, listening: SocketAddr) -> Result<Option<Self>, TlsError> {
        if config.tls == config::Tls::Off {
            return Ok(None);
        }
        let keeper = Arc::new(Keeper::of(config, listening)?);
        let acceptor = server_config(&keeper)?.into();
        let turns = Arc::new(Semaphore::new(HANDSHAKES));
        Ok(Some(Self { acceptor, keeper, turns }))
    }

    /// Keeps the certificate as it shall be, and says what is wrong with it, until it is told to
    /// stop.
    pub async fn keep_up(self, stop: CancellationToken) {
        self.keeper.run(stop).await;
    }

    /// Shakes hands with a client.
    ///
    /// # Errors
    /// When it speaks no TLS, not in time, or too many do so at once.
    pub(super) async fn accept(&self, tcp: TcpStream) -> Result<Socket, NotEncrypted> {
        let accepted = timeout(HANDSHAKE_WITHIN, self.shake_hands(tcp)).await;
        accepted.map_err(|_| NotEncrypted::Late)?
    }

    async fn shake_hands(&self, tcp: TcpStream) -> Result<Socket, NotEncrypted> {
        let mut first = [0];
        // A client that says nothing holds nobody up.
        if tcp.peek(&mut first).await? == 0 {
            return Err(NotEncrypted::NotTls);
        }
        let [first] = first;
        if first != HANDSHAKE_RECORD {
            // A method of HTTP is in capital letters.
            if first.is_ascii_uppercase() {
                answer_plain(tcp).await?;
            }
            return Err(NotEncrypted::NotTls);
        }
        let _turn = self.turns.try_acquire().map_err(|_| NotEncrypted::TooMany)?;
        Ok(Socket::encrypted(tcp, &self.acceptor).await?)
    }
}

fn server_config(keeper: &Arc<Keeper>) -> Result<Arc<ServerConfig>, RustlsError> {
    let mut config = ServerConfig::builder_with_provider(certificate::provider())
        .with_protocol_versions(&[&TLS13, &TLS12])?
        .with_no_client_auth()
        .with_cert_resolver(Arc::<Keeper>::clone(keeper));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

async fn answer_plain(mut tcp: TcpStream) -> io::Result<()> {
    tcp.write_all(PLAIN_ANSWER.as_bytes()).await?;
    tcp.shutdown().await?;
    // Closing over what was not read would reset the connection, and the answer would be lost.
    let mut scrap = [0; 4_096];
    while tcp.read(&mut scrap).await? != 0 {}
    Ok(())
}

#[cfg(test)]
mod tests;
