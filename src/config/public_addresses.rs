//! Where clients reach a port of ours, when that is elsewhere than this machine knows.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

/// Addresses of ours as the outside knows them. Empty where nothing was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublicAddresses(Vec<PublicAddress>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PublicAddress {
    /// The port is the one we listen on.
    SamePort(IpAddr),
    /// A NAT leads from this port to ours.
    Mapped(SocketAddr),
}

/// A text that lists no addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a list such as 203.0.113.7, 203.0.113.8:41000")]
pub struct NotPublicAddresses;

impl PublicAddresses {
    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The addresses, for a server that listens on `port`, in the order given.
    pub fn on(&self, port: u16) -> impl Iterator<Item = SocketAddr> {
        self.0.iter().map(move |address| match *address {
            PublicAddress::SamePort(ip) => SocketAddr::new(ip, port),
            PublicAddress::Mapped(address) => address,
        })
    }
}

impl FromStr for PublicAddresses {
    type Err = NotPublicAddresses;

    fn from_str(text: &str) -> Result<Self, NotPublicAddresses> {
        text.split(',').map(|part| part.trim().parse()).collect::<Result<_, _>>().map(Self)
    }
}

impl FromStr for PublicAddress {
    type Err = NotPublicAddresses;

    fn from_str(text: &str) -> Result<Self, NotPublicAddresses> {
        let address = match text.parse() {
            Ok(ip) => Self::SamePort(ip),
            Err(_) => Self::Mapped(text.parse().map_err(|_| NotPublicAddresses)?),
        };
        address.is_reachable().then_some(address).ok_or(NotPublicAddresses)
    }
}

impl PublicAddress {
    /// Whether somebody could send there: an address that stands for any is no address.
    fn is_reachable(self) -> bool {
        match self {
            Self::SamePort(ip) => !ip.is_unspecified(),
            Self::Mapped(address) => !address.ip().is_unspecified() && address.port() != 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_of_its_own_is_kept_and_ours_is_filled_in() {
        let text = "203.0.113.7, 203.0.113.8:41000,2001:db8::7 ,[2001:db8::8]:41000";
        let addresses: PublicAddresses = text.parse().unwrap();
        let on_50000: Vec<_> = addresses.on(50_000).map(|address| address.to_string()).collect();
        assert_eq!(
            on_50000,
            [
                "203.0.113.7:50000",
                "203.0.113.8:41000",
                "[2001:db8::7]:50000",
                "[2001:db8::8]:41000"
            ]
        );
        assert!(!addresses.is_empty());
        assert!(PublicAddresses::default().is_empty());
    }

    #[test]
    fn what_is_no_list_of_addresses_is_refused() {
        let table = [
            "",
            ",",
            "203.0.113.7,",
            "calls.example.com",
            "203.0.113.7:",
            "203.0.113.7:70000",
            "203.0.113.7:0",
            "0.0.0.0",
            "::",
            "0.0.0.0:40000",
            "[2001:db8::7]",
            "10.0.0.0/8",
        ];
        for text in table {
            assert_eq!(text.parse::<PublicAddresses>(), Err(NotPublicAddresses), "{text}");
        }
    }
}
