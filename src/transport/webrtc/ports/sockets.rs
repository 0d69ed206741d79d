//! The same port twice: of UDP and of TCP.

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::os::fd::AsFd;

use rustix::net::sockopt;

/// What may wait in the system for the reading task, in bytes: 100 calls' packets of half a second.
const UDP_BUFFER: usize = 4 * 1024 * 1024;

/// What may wait in the system for a slow TCP peer, in bytes: late sound is worse than lost sound.
const TCP_SEND_BUFFER: usize = 16 * 1024;

/// How many ports are tried when any will do.
const TRIES: usize = 16;

/// Why there is no port for WebRTC.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another program has the port.
    #[error("{protocol} port {port} is in use; stop the other program or set RINGCRAFT_RTC_LISTEN")]
    PortInUse {
        /// UDP or TCP.
        protocol: &'static str,
        /// The port.
        port: u16,
    },
    /// The port is kept for root.
    #[error("port {0} needs privileges; set RINGCRAFT_RTC_LISTEN to a port above 1023")]
    PortIsPrivileged(u16),
    /// The address is not of this machine, or something rarer.
    #[error("listen on {0}: {1}; set RINGCRAFT_RTC_LISTEN to an address of this machine")]
    Other(SocketAddr, io::Error),
    /// A public address is of a family that the listening address is not of.
    #[error(
        "RINGCRAFT_RTC_PUBLIC has {public}, but {listen} serves no {}; \
         set RINGCRAFT_RTC_LISTEN to [::]:{}",
        family(public), listen.port()
    )]
    NotServed {
        /// The public address.
        public: SocketAddr,
        /// Where we listen.
        listen: SocketAddr,
    },
}

fn family(address: &SocketAddr) -> &'static str {
    if address.is_ipv4() { "IPv4" } else { "IPv6" }
}

impl BindError {
    /// Wraps what is no matter of the port.
    pub(super) fn other(address: SocketAddr) -> impl Fn(io::Error) -> Self + Copy {
        move |error| Self::Other(address, error)
    }

    fn of(protocol: &'static str, address: SocketAddr, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::AddrInUse => Self::PortInUse { protocol, port: address.port() },
            io::ErrorKind::PermissionDenied => Self::PortIsPrivileged(address.port()),
            _ => Self::Other(address, error),
        }
    }
}

/// Both sockets, not served yet.
#[derive(Debug)]
pub(super) struct Sockets {
    /// Where they are bound.
    pub(super) address: SocketAddr,
    udp: UdpSocket,
    tcp: TcpListener,
}

/// Both sockets as the tasks of a runtime serve them, and a second way into UDP that never waits.
pub(super) type Served = (tokio::net::UdpSocket, tokio::net::TcpListener, UdpSocket);

/// Takes the port of both protocols.
pub(super) fn bind(listen: SocketAddr) -> Result<Sockets, BindError> {
    let mut tries = 1;
    loop {
        let udp = UdpSocket::bind(listen).map_err(|error| BindError::of("UDP", listen, error))?;
        let address = udp.local_addr().map_err(BindError::other(listen))?;
        match TcpListener::bind(address) {
            Ok(tcp) => return Ok(Sockets { address, udp, tcp }),
            Err(_) if listen.port() == 0 && tries < TRIES => tries += 1,
            Err(error) => return Err(BindError::of("TCP", address, error)),
        }
    }
}

impl Sockets {
    /// Hands them to the runtime that the caller is in.
    pub(super) fn served(self) -> io::Result<Served> {
        self.udp.set_nonblocking(true)?;
        self.tcp.set_nonblocking(true)?;
        buffer_more(&self.udp);
        // Accepted connections inherit it.
        sockopt::set_socket_send_buffer_size(&self.tcp, TCP_SEND_BUFFER)?;
        let sender = self.udp.try_clone()?;
        let udp = tokio::net::UdpSocket::from_std(self.udp)?;
        let tcp = tokio::net::TcpListener::from_std(self.tcp)?;
        Ok((udp, tcp, sender))
    }
}

/// Asks for large buffers. The system gives what its administrator allows, and that will do.
fn buffer_more(udp: impl AsFd + Copy) {
    if sockopt::set_socket_recv_buffer_size_force(udp, UDP_BUFFER).is_err() {
        let _ = sockopt::set_socket_recv_buffer_size(udp, UDP_BUFFER);
    }
    if sockopt::set_socket_send_buffer_size_force(udp, UDP_BUFFER).is_err() {
        let _ = sockopt::set_socket_send_buffer_size(udp, UDP_BUFFER);
    }
}
