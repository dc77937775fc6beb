//! Where a measuring program listens.

use http::Uri;

/// A `ws://` address, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    url: String,
    host: String,
    port: u16,
}

impl Address {
    /// Reads one; `Err`: what is wrong with it.
    pub(crate) fn read(url: &str) -> Result<Address, &'static str> {
        if url.is_empty() {
            return Err("there is no `url` of a measuring program");
        }
        let uri: Uri = url.parse().map_err(|_| "it is no address")?;
        match uri.scheme_str() {
            Some("ws") => {}
            Some("wss") => return Err("measuring programs do not speak TLS; only ws:// can be used"),
            _ => return Err("it does not begin with ws://"),
        }
        let authority = uri.authority().ok_or("it names no machine")?;
        if authority.as_str().contains('@') {
            return Err("it has a name or password in it, which would not be sent");
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let ends = authority.as_str().rsplit_once(']').map_or(authority.as_str(), |(_, behind)| behind);
        let port = match (authority.port_u16(), ends.contains(':')) {
            (Some(port), _) if port > 0 => port,
            (None, false) => 80,
            _ => return Err("its port is no number from 1 to 65535"),
        };
        if host.is_empty() {
            return Err("it names no machine");
        }
        Ok(Address { host: host.to_owned(), port, url: url.to_owned() })
    }

    /// As it was configured.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// A name or an IP address, without brackets.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The port; 80 when none is named.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_machine_and_a_port() {
        for (url, host, port) in [
            ("ws://10.0.0.5:40010/", "10.0.0.5", 40010),
            ("ws://localhost", "localhost", 80),
            ("ws://[::1]:40010/any/path", "::1", 40010),
            ("ws://[::1]", "::1", 80),
        ] {
            let address = Address::read(url).unwrap();
            assert_eq!((address.host(), address.port(), address.url()), (host, port, url));
        }
        for url in ["ws://h:0/", "ws://h:99999/", "ws://h:/", "ws:///", "h:40010", "/"] {
            assert!(Address::read(url).is_err(), "{url}");
        }
    }
}
