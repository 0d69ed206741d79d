//! Which proxies are believed when they say for whom they ask.

use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// Addresses and networks of proxies of ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<Network>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    first: Ipv6Addr,
    mask: u128,
}

/// A text that lists no addresses and networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a list such as 10.0.0.7, 10.1.0.0/16, fd00::/8")]
pub struct NotProxies;

impl TrustedProxies {
    /// For whom a peer asks: the last address in the chain that is no proxy of ours. What stands
    /// before it, anybody could have written.
    pub fn client(&self, peer: IpAddr, forwarded_for: &[&str]) -> IpAddr {
        let mut client = peer.to_canonical();
        let hops = forwarded_for.iter().rev().flat_map(|line| line.rsplit(','));
        for hop in hops {
            if !self.contains(client) {
                break;
            }
            let Ok(before) = hop.trim().parse::<IpAddr>() else { break };
            client = before.to_canonical();
        }
        client
    }

    fn contains(&self, address: IpAddr) -> bool {
        let bits = u128::from(mapped(address));
        self.0.iter().any(|network| bits & network.mask == u128::from(network.first))
    }
}

impl FromStr for TrustedProxies {
    type Err = NotProxies;

    fn from_str(text: &str) -> Result<Self, NotProxies> {
        text.split(',').map(|part| part.trim().parse()).collect::<Result<_, _>>().map(Self)
    }
}

impl FromStr for Network {
    type Err = NotProxies;

    fn from_str(text: &str) -> Result<Self, NotProxies> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| NotProxies)?;
        let bits: u32 = if address.is_ipv4() { 32 } else { 128 };
        let length = match length {
            Some(length) => length.parse().map_err(|_| NotProxies)?,
            None => bits,
        };
        let host_bits = bits.checked_sub(length).ok_or(NotProxies)?;
        let mask = u128::MAX.checked_shl(host_bits).unwrap_or(0);
        let first = Ipv6Addr::from(u128::from(mapped(address)) & mask);
        Ok(Self { first, mask })
    }
}

fn mapped(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(proxies: &str, peer: &str, chain: &[&str]) -> String {
        let proxies: TrustedProxies = proxies.parse().unwrap();
        proxies.client(peer.parse().unwrap(), chain).to_string()
    }

    #[test]
    fn the_last_address_that_is_not_ours_is_the_client() {
        let ours = "10.0.0.7, 10.1.0.0/16, fd00::/8";
        let table: [(&str, &[&str], &str); 9] = [
            ("203.0.113.5", &["198.51.100.1"], "203.0.113.5"),
            ("10.0.0.7", &["198.51.100.1"], "198.51.100.1"),
            ("::ffff:10.0.0.7", &["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.8", &["198.51.100.1"], "10.0.0.8"),
            ("10.1.255.1", &["9.9.9.9, 198.51.100.1"], "198.51.100.1"),
            ("10.1.0.1", &["9.9.9.9", "198.51.100.1, 10.0.0.7"], "198.51.100.1"),
            ("10.0.0.7", &["unknown"], "10.0.0.7"),
            ("10.0.0.7", &[], "10.0.0.7"),
            ("fd12::1", &["2001:db8::1"], "2001:db8::1"),
        ];
        for (peer, chain, expected) in table {
            assert_eq!(client(ours, peer, chain), expected, "{peer} {chain:?}");
        }
        let nobody = TrustedProxies::default();
        assert_eq!(nobody.client([10, 0, 0, 7].into(), &["1.1.1.1"]), IpAddr::from([10, 0, 0, 7]));
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for text in ["", "proxy", "10.0.0.0/33", "10.0.0.0/x", "10.0.0.7,", "fd00::/129"] {
            assert_eq!(text.parse::<TrustedProxies>(), Err(NotProxies), "{text}");
        }
        assert_eq!(client("0.0.0.0/0", "192.0.2.1", &["198.51.100.1"]), "198.51.100.1");
    }
}
