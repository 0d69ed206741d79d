//! A client's connection, plain or encrypted, that can go from one runtime to another.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// A connection that a client opened, served by the runtime it was made on.
#[derive(Debug)]
pub enum Socket {
    /// Bare TCP.
    Plain(TcpStream),
    /// TCP with TLS over it.
    Tls(Box<TlsStream<Place>>),
}

/// Where a TLS session has its TCP connection: empty while that is moved, because the session
/// cannot be taken apart and put together again.
#[derive(Debug)]
pub struct Place(Option<TcpStream>);

/// A connection that no runtime serves.
#[derive(Debug)]
pub struct Unserved {
    tcp: std::net::TcpStream,
    session: Option<Box<TlsStream<Place>>>,
}

impl Socket {
    /// Shakes hands as the server of a TLS connection.
    ///
    /// # Errors
    /// When the client does not agree or goes away.
    pub async fn encrypted(tcp: TcpStream, acceptor: &TlsAcceptor) -> io::Result<Self> {
        Ok(Self::Tls(Box::new(acceptor.accept(Place(Some(tcp))).await?)))
    }

    /// Takes the connection off its runtime.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn leave(self) -> io::Result<Unserved> {
        match self {
            Self::Plain(tcp) => Ok(Unserved { tcp: tcp.into_std()?, session: None }),
            Self::Tls(mut session) => {
                let tcp = session.get_mut().0.0.take().ok_or_else(moved)?;
                Ok(Unserved { tcp: tcp.into_std()?, session: Some(session) })
            }
        }
    }
}

impl Unserved {
    /// Has the system hold no more than so many bytes, twice over, that the far side has not taken.
    /// What is sent to a slow one then waits here, where its age is known.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn holding_at_most(self, bytes: usize) -> io::Result<Self> {
        rustix::net::sockopt::set_socket_send_buffer_size(&self.tcp, bytes)?;
        Ok(self)
    }

    /// Has the current runtime serve the connection.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn serve(self) -> io::Result<Socket> {
        let tcp = TcpStream::from_std(self.tcp)?;
        match self.session {
            None => Ok(Socket::Plain(tcp)),
            Some(mut session) => {
                session.get_mut().0.0 = Some(tcp);
                Ok(Socket::Tls(session))
            }
        }
    }
}

fn moved() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "the connection is elsewhere")
}

impl Place {
    fn tcp(self: Pin<&mut Self>) -> io::Result<Pin<&mut TcpStream>> {
        self.get_mut().0.as_mut().map(Pin::new).ok_or_else(moved)
    }
}

impl AsyncRead for Place {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.tcp()?.poll_read(context, buffer)
    }
}

impl AsyncWrite for Place {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.tcp()?.poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tcp()?.poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tcp()?.poll_shutdown(context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.tcp()?.poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(context, buffer),
            Self::Tls(session) => Pin::new(session).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write(context, bytes),
            Self::Tls(session) => Pin::new(session).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_flush(context),
            Self::Tls(session) => Pin::new(session).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_shutdown(context),
            Self::Tls(session) => Pin::new(session).poll_shutdown(context),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write_vectored(context, slices),
            Self::Tls(session) => Pin::new(session).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(tcp) => tcp.is_write_vectored(),
            Self::Tls(session) => session.is_write_vectored(),
        }
    }
}
