//! Our addresses as peers know them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use super::BindError;

/// Far away, so that the way there is the default route: a root name server. Nothing is sent.
const AFAR: [SocketAddr; 2] = [
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(198, 41, 0, 4)), 53),
    SocketAddr::new(IpAddr::V6(Ipv6Addr::new(0x2001, 0x503, 0xba3e, 0, 0, 0, 2, 0x30)), 53),
];

/// What we advertise, and how it goes with the socket's own address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidates {
    all: Vec<SocketAddr>,
    bound: SocketAddr,
}

impl Candidates {
    /// What is reached through a socket bound to `bound`: the public addresses where there are
    /// any, else those of this machine.
    pub(super) fn of(bound: SocketAddr, public: Vec<SocketAddr>) -> Result<Self, BindError> {
        if let Some(public) = public.iter().find(|public| !has_family(bound, public.ip())) {
            return Err(BindError::NotServed { public: *public, listen: bound });
        }
        let all = if public.is_empty() { own(bound, default_routes()) } else { public };
        Ok(Self { all, bound })
    }

    pub(super) fn all(&self) -> &[SocketAddr] {
        &self.all
    }

    /// Our end as this peer knows it: the first of the peer's family, and for loopback that of
    /// loopback where there is one. `None` when we advertise nothing that the peer could have used.
    pub(super) fn local_for(&self, peer: SocketAddr) -> Option<SocketAddr> {
        let of_family = || self.all.iter().filter(|local| local.is_ipv4() == peer.is_ipv4());
        let near = of_family().find(|local| local.ip().is_loopback() == peer.ip().is_loopback());
        near.or_else(|| of_family().next()).copied()
    }

    /// A peer's address as the socket writes it.
    pub(super) fn on_socket(&self, peer: SocketAddr) -> SocketAddr {
        match (self.bound, peer) {
            (SocketAddr::V6(_), SocketAddr::V4(peer)) => {
                SocketAddr::new(peer.ip().to_ipv6_mapped().into(), peer.port())
            }
            _ => peer,
        }
    }
}

/// A peer's address as everybody else writes it: a socket for both families maps IPv4 into IPv6.
pub(super) fn canonical(peer: SocketAddr) -> SocketAddr {
    SocketAddr::new(peer.ip().to_canonical(), peer.port())
}

fn has_family(bound: SocketAddr, ip: IpAddr) -> bool {
    let is_both = bound.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED);
    is_both || bound.is_ipv4() == ip.is_ipv4()
}

/// The addresses of this machine that the socket serves. Loopback comes last: it is of use to
/// nobody else.
fn own(bound: SocketAddr, routes: Vec<IpAddr>) -> Vec<SocketAddr> {
    let served: Vec<_> = if bound.ip().is_unspecified() {
        let loopback = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        routes.into_iter().chain(loopback).filter(|ip| has_family(bound, *ip)).collect()
    } else {
        vec![bound.ip()]
    };
    served.into_iter().map(|ip| SocketAddr::new(ip, bound.port())).collect()
}

/// Our addresses on the ways out of this machine, found by asking the system which it would use.
fn default_routes() -> Vec<IpAddr> {
    AFAR.iter().filter_map(source_towards).collect()
}

fn source_towards(afar: &SocketAddr) -> Option<IpAddr> {
    let any: IpAddr = match afar {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect(afar).ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_unspecified() && !ip.is_loopback()).then_some(ip)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn at(bound: &str, public: &[&str]) -> Candidates {
        Candidates::of(bound.parse().unwrap(), addresses(public)).unwrap()
    }

    fn own_at(bound: &str) -> Vec<SocketAddr> {
        let routes = ["10.0.0.7", "2001:db8::7"].map(|ip| ip.parse().unwrap());
        own(bound.parse().unwrap(), routes.to_vec())
    }

    #[test]
    fn what_the_socket_serves_is_advertised() {
        let table: [(&str, &[&str]); 6] = [
            ("0.0.0.0:4", &["10.0.0.7:4", "127.0.0.1:4"]),
            ("[::]:4", &["10.0.0.7:4", "[2001:db8::7]:4", "127.0.0.1:4", "[::1]:4"]),
            ("127.0.0.1:4", &["127.0.0.1:4"]),
            ("10.0.0.9:4", &["10.0.0.9:4"]),
            ("[::1]:4", &["[::1]:4"]),
            ("[2001:db8::9]:4", &["[2001:db8::9]:4"]),
        ];
        for (bound, expected) in table {
            assert_eq!(own_at(bound), addresses(expected), "{bound}");
        }
    }

    #[test]
    fn public_addresses_stand_in_for_our_own() {
        let public = ["203.0.113.7:41000", "203.0.113.8:4"];
        assert_eq!(at("0.0.0.0:4", &public).all(), addresses(&public));
        assert_eq!(at("10.0.0.9:4", &public).all(), addresses(&public));
        assert_eq!(at("[::]:4", &["[2001:db8::1]:4"]).all(), addresses(&["[2001:db8::1]:4"]));
    }

    #[test]
    fn a_public_address_that_nothing_serves_is_refused() {
        let refused = Candidates::of(
            "0.0.0.0:4".parse().unwrap(),
            addresses(&["203.0.113.7:4", "[2001:db8::1]:4"]),
        );
        assert_eq!(
            refused.unwrap_err().to_string(),
            "RINGCRAFT_RTC_PUBLIC has [2001:db8::1]:4, but 0.0.0.0:4 serves no IPv6; \
             set RINGCRAFT_RTC_LISTEN to [::]:4"
        );
    }

    #[test]
    fn a_peer_knows_us_by_the_address_of_its_family() {
        let both = at("[::]:4", &["203.0.113.7:4", "203.0.113.8:4", "[2001:db8::7]:4"]);
        let machine = Candidates { all: own_at("0.0.0.0:4"), bound: "0.0.0.0:4".parse().unwrap() };
        let table = [
            (&both, "198.51.100.1:9", Some("203.0.113.7:4")),
            (&both, "127.0.0.1:9", Some("203.0.113.7:4")),
            (&both, "[2001:db8::99]:9", Some("[2001:db8::7]:4")),
            (&machine, "198.51.100.1:9", Some("10.0.0.7:4")),
            (&machine, "127.0.0.1:9", Some("127.0.0.1:4")),
            (&machine, "[2001:db8::99]:9", None),
        ];
        for (candidates, peer, expected) in table {
            let expected = expected.map(|local| local.parse().unwrap());
            assert_eq!(candidates.local_for(peer.parse().unwrap()), expected, "{peer}");
        }
    }

    #[test]
    fn a_socket_for_both_families_maps_one_into_the_other() {
        let peer: SocketAddr = "198.51.100.1:9".parse().unwrap();
        let mapped: SocketAddr = "[::ffff:198.51.100.1]:9".parse().unwrap();
        assert_eq!(at("[::]:4", &["203.0.113.7:4"]).on_socket(peer), mapped);
        assert_eq!(at("0.0.0.0:4", &["203.0.113.7:4"]).on_socket(peer), peer);
        assert_eq!(canonical(mapped), peer);
        assert_eq!(canonical(peer), peer);
    }
}
