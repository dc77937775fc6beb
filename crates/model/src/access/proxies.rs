//! Who speaks for others: proxies in front of the gateway, and whom they speak for (contract `access`, Identities).
//!
//! Promises: pure text, no socket; only addresses that are listed are believed. Called by transport for every connection
//! and request.

use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

/// How a proxy says for whom it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProxyProtocol {
    /// It does not.
    #[default]
    None,
    /// `X-Forwarded-For`.
    Forwarded,
    /// The PROXY protocol, version 2, in front of everything else.
    V2,
}

/// The proxies of a gateway.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    from: Vec<IpNet>,
    protocol: ProxyProtocol,
}

/// A network as the configuration has it: `10.0.0.0/8`, or one address. IPv4-mapped IPv6 counts as IPv4.
pub fn network(text: &str) -> Option<IpNet> {
    let net: IpNet = match text.parse::<IpAddr>() {
        Ok(address) => address.into(),
        Err(_) => text.parse().ok()?,
    };
    let IpNet::V6(wide) = net else { return Some(net) };
    let mapped = wide.addr().to_ipv4_mapped().zip(wide.prefix_len().checked_sub(96));
    match mapped {
        Some((address, prefix)) => IpNet::new(address.into(), prefix).ok(),
        None => Some(net),
    }
}

impl Proxies {
    /// Those in these networks speak for others, in this way.
    pub fn new(from: impl IntoIterator<Item = IpNet>, protocol: ProxyProtocol) -> Proxies {
        Proxies { from: from.into_iter().collect(), protocol }
    }

    /// How they say for whom they speak.
    pub fn protocol(&self) -> ProxyProtocol {
        self.protocol
    }

    /// Whether this address is a proxy's.
    pub fn includes(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.from.iter().any(|net| net.contains(&address))
    }

    /// Whether whoever connects from this address will say who is behind it, so that the address itself says nothing.
    pub fn names_clients(&self, address: IpAddr) -> bool {
        self.protocol != ProxyProtocol::None && self.includes(address)
    }

    /// The client behind `proxy`, from its `X-Forwarded-For` headers in the order in which they came: read from the right,
    /// past those that are proxies themselves. What cannot be read ends the search at whoever said it.
    pub fn client<'a>(&self, proxy: SocketAddr, headers: impl DoubleEndedIterator<Item = &'a str>) -> SocketAddr {
        let mut client = proxy;
        for entry in headers.rev().flat_map(|header| header.rsplit(',')) {
            if !self.includes(client.ip()) {
                break;
            }
            let Some(said) = endpoint(entry.trim()) else { break };
            client = said;
        }
        client
    }
}

/// An address with or without a port, as proxies write it.
fn endpoint(text: &str) -> Option<SocketAddr> {
    let bare = |text: &str| text.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, 0));
    let bracketed = || bare(text.strip_prefix('[')?.strip_suffix(']')?);
    let read = text.parse::<SocketAddr>().ok().or_else(|| bare(text)).or_else(bracketed)?;
    Some(SocketAddr::new(read.ip().to_canonical(), read.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(from: &[&str]) -> Proxies {
        Proxies::new(from.iter().filter_map(|text| network(text)), ProxyProtocol::Forwarded)
    }

    #[test]
    fn networks_are_addresses_or_prefixes_and_mapped_ones_are_ipv4() {
        for (text, net) in [
            ("10.0.0.5", Some("10.0.0.5/32")),
            ("10.0.0.0/8", Some("10.0.0.0/8")),
            ("::ffff:10.0.0.5", Some("10.0.0.5/32")),
            ("::ffff:10.0.0.0/104", Some("10.0.0.0/8")),
            ("2001:db8::/32", Some("2001:db8::/32")),
            ("::1", Some("::1/128")),
            ("10.0.0.0/33", None),
            ("proxy.example", None),
            ("", None),
        ] {
            assert_eq!(network(text).map(|net| net.to_string()).as_deref(), net, "{text}");
        }
    }

    #[test]
    fn clients_are_found_from_the_right_past_proxies_only() {
        let proxies = proxies(&["10.0.0.0/24", "127.0.0.1", "2001:db8::1"]);
        let cases: &[(&str, &[&str], &str)] = &[
            ("10.0.0.1:9", &["203.0.113.9"], "203.0.113.9:0"),
            ("10.0.0.1:9", &[" 203.0.113.9:4711 "], "203.0.113.9:4711"),
            ("10.0.0.1:9", &["[2001:db8::9]:4711"], "[2001:db8::9]:4711"),
            ("10.0.0.1:9", &["[2001:db8::9]"], "[2001:db8::9]:0"),
            ("10.0.0.1:9", &["::ffff:203.0.113.9"], "203.0.113.9:0"),
            // What the client itself claims stands further left.
            ("10.0.0.1:9", &["127.0.0.1, 203.0.113.9"], "203.0.113.9:0"),
            ("10.0.0.1:9", &["127.0.0.1", "203.0.113.9"], "203.0.113.9:0"),
            ("10.0.0.1:9", &["198.51.100.7, 203.0.113.9, 10.0.0.2", "127.0.0.1"], "203.0.113.9:0"),
            ("[2001:db8::1]:9", &["203.0.113.9"], "203.0.113.9:0"),
            ("[::ffff:10.0.0.1]:9", &["203.0.113.9"], "203.0.113.9:0"),
            // Only proxies all the way.
            ("10.0.0.1:9", &["10.0.0.3, 10.0.0.2"], "10.0.0.3:0"),
            ("10.0.0.1:9", &[], "10.0.0.1:9"),
            ("10.0.0.1:9", &["unknown"], "10.0.0.1:9"),
            ("10.0.0.1:9", &["203.0.113.9, _hidden, 10.0.0.2"], "10.0.0.2:0"),
            ("10.0.0.1:9", &["203.0.113.9,"], "10.0.0.1:9"),
            // Whoever is no proxy is not believed.
            ("192.0.2.1:9", &["203.0.113.9"], "192.0.2.1:9"),
        ];
        for (socket, headers, client) in cases {
            let found = proxies.client(socket.parse().unwrap(), headers.iter().copied());
            assert_eq!(found.to_string(), *client, "{socket} {headers:?}");
        }
    }
}
