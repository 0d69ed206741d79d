//! The STUN and TURN servers that clients are told of.

use std::net::Ipv6Addr;
use std::num::NonZeroU16;
use std::str::FromStr;

use super::Secret;

/// How clients find a way through the networks between.
#[derive(Clone, Debug, Default)]
pub struct Ice {
    /// The servers that help.
    pub servers: IceUrls,
    /// What opens those of them that relay.
    pub turn: Option<TurnAccess>,
}

/// What opens a TURN server.
#[derive(Clone, Debug)]
pub enum TurnAccess {
    /// A secret that the TURN server knows too: each call gets credentials of its own.
    Shared(Secret),
    /// The same for everybody.
    Fixed {
        /// The user name.
        username: String,
        /// The password.
        credential: Secret,
    },
}

/// Addresses of STUN and TURN servers, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IceUrls(Vec<IceUrl>);

/// The address of a server as RFC 7064 and RFC 7065 write it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct IceUrl {
    text: String,
    relays: bool,
}

/// A text that lists no such servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a list such as stun:stun.example.com, turn:turn.example.com:3478?transport=udp")]
pub struct NotIceUrls;

impl IceUrls {
    /// The servers that only tell a client its own address; they need no credentials.
    pub fn stun(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|url| !url.relays).map(|url| url.text.as_str())
    }

    /// The servers that relay.
    pub fn turn(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|url| url.relays).map(|url| url.text.as_str())
    }
}

impl FromStr for IceUrls {
    type Err = NotIceUrls;

    fn from_str(text: &str) -> Result<Self, NotIceUrls> {
        text.split(',').map(|part| part.trim().parse()).collect::<Result<_, _>>().map(Self)
    }
}

impl FromStr for IceUrl {
    type Err = NotIceUrls;

    fn from_str(text: &str) -> Result<Self, NotIceUrls> {
        let (scheme, rest) = text.split_once(':').ok_or(NotIceUrls)?;
        let relays = match scheme {
            "stun" | "stuns" => false,
            "turn" | "turns" => true,
            _ => return Err(NotIceUrls),
        };
        let (place, transport) = match rest.split_once("?transport=") {
            Some((place, transport)) => (place, Some(transport)),
            None => (rest, None),
        };
        let transport_fits = match transport {
            None => true,
            Some(transport) => relays && ["udp", "tcp"].contains(&transport),
        };
        if !transport_fits || !is_host_and_port(place) {
            return Err(NotIceUrls);
        }
        Ok(Self { text: text.to_owned(), relays })
    }
}

fn is_host_and_port(text: &str) -> bool {
    let is_port = |port: &str| port.parse::<NonZeroU16>().is_ok() && !port.starts_with('+');
    if let Some(bracketed) = text.strip_prefix('[') {
        let Some((host, port)) = bracketed.split_once(']') else { return false };
        let port_fits = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        return port_fits && host.parse::<Ipv6Addr>().is_ok();
    }
    let (host, port_fits) = match text.split_once(':') {
        Some((host, port)) => (host, is_port(port)),
        None => (text, true),
    };
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    port_fits && !host.is_empty() && host.bytes().all(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_told_apart_by_what_they_do() {
        let text = "stun:stun.example.com:3478, turn:turn.example.com?transport=udp,\
                    turns:[2001:db8::1]:5349?transport=tcp, stuns:192.0.2.1";
        let urls: IceUrls = text.parse().unwrap();
        assert_eq!(
            urls.stun().collect::<Vec<_>>(),
            ["stun:stun.example.com:3478", "stuns:192.0.2.1"]
        );
        assert_eq!(
            urls.turn().collect::<Vec<_>>(),
            ["turn:turn.example.com?transport=udp", "turns:[2001:db8::1]:5349?transport=tcp"]
        );
    }

    #[test]
    fn what_is_no_server_is_refused() {
        for text in [
            "",
            "stun:",
            "turn.example.com",
            "https://turn.example.com",
            "turn://turn.example.com",
            "stun:a b",
            "stun:a:0",
            "stun:a:65536",
            "stun:a:+1",
            "stun:a?transport=udp",
            "turn:a?transport=tls",
            "turn:a?transport=",
            "turn:[::1",
            "turn:[::x]",
            "turn:[::1]3478",
            "turn:user@a",
            "stun:a,",
        ] {
            assert_eq!(text.parse::<IceUrls>(), Err(NotIceUrls), "{text}");
        }
    }
}
