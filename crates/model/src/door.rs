//! Who may knock: the checks of `Host` and `Origin` that every WebSocket handshake and every HTTP request goes through
//! (contract `access`, section "With nothing configured").
//!
//! A browser page of a stranger can open WebSockets to this machine; it cannot choose its `Origin`. A stranger's name
//! server can point its own name at this machine; the browser then sends that name as `Host`. Both are stopped here.
//! Pure text, no socket; called by transport's handshake and by the console.

use crate::{Reason, Refusal};
use std::sync::{PoisonError, RwLock};

/// Names and origins that are let in besides those that always are. They can be replaced while the gateway runs.
#[derive(Debug, Default)]
pub struct Door(RwLock<Names>);

#[derive(Debug, Default)]
struct Names {
    hosts: Vec<String>,
    origins: Vec<String>,
}

impl Door {
    /// `hosts` are host names without port, `origins` are whole origins (`https://page.example:8443`) or host names.
    pub fn new(hosts: impl IntoIterator<Item = String>, origins: impl IntoIterator<Item = String>) -> Door {
        let plain = |text: String| text.trim().trim_end_matches('/').to_ascii_lowercase();
        // An empty name would let in whoever names nothing.
        let is_name = |text: &String| !text.is_empty();
        let hosts = hosts.into_iter().map(plain).filter(is_name).collect();
        let origins = origins.into_iter().map(plain).filter(is_name).collect();
        Door(RwLock::new(Names { hosts, origins }))
    }

    /// Takes over what another door lets in; requests from now on are checked by it.
    pub fn replace(&self, other: Door) {
        let names = other.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = names;
    }

    /// Checks one request's headers.
    pub fn check(&self, host: Option<&str>, origin: Option<&str>) -> Result<(), Refusal> {
        let refuse = |detail: &'static str| Err(Refusal::new(Reason::NotPermitted, detail));
        let Some(host) = host.map(host_name) else {
            return refuse("the request has no Host header");
        };
        let names = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if !names.knows_host(&host) {
            return refuse(
                "the Host header names no address of this machine; add the name to access.hosts to allow it",
            );
        }
        let Some(origin) = origin else { return Ok(()) };
        let origin = origin.trim().to_ascii_lowercase();
        let origin_host = origin.split_once("://").map(|(_, authority)| host_name(authority));
        let same = origin_host.as_ref() == Some(&host);
        let listed = names.origins.iter().any(|listed| *listed == origin || origin_host.as_ref() == Some(listed));
        if same || listed {
            return Ok(());
        }
        refuse("the page's Origin is not this host; add it to access.origins to allow it")
    }
}

impl Names {
    fn knows_host(&self, name: &str) -> bool {
        let address = name.trim_start_matches('[').trim_end_matches(']');
        name == "localhost"
            || address.parse::<std::net::IpAddr>().is_ok()
            || self.hosts.iter().any(|known| known == name)
    }
}

/// The name in `name:port`, lower case, without a final dot; brackets of IPv6 addresses stay.
fn host_name(authority: &str) -> String {
    let authority = authority.trim();
    let name = match authority.rfind(':') {
        Some(colon)
            if authority[colon + 1..].bytes().all(|b| b.is_ascii_digit()) && !authority[colon..].contains(']') =>
        {
            &authority[..colon]
        }
        _ => authority,
    };
    name.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_can_be_replaced() {
        let door = Door::default();
        assert!(door.check(Some("other.example"), None).is_err());
        door.replace(Door::new(["other.example".into()], []));
        assert!(door.check(Some("other.example"), None).is_ok());
    }

    #[test]
    fn nothing_is_no_name() {
        let door = Door::new(["".into(), " // ".into()], ["".into(), "/".into()]);
        for (host, origin) in [("", None), ("//", None), ("127.0.0.1", Some("")), ("127.0.0.1", Some("x://"))] {
            assert!(door.check(Some(host), origin).is_err(), "Host {host:?}, Origin {origin:?}");
        }
    }

    #[test]
    fn lets_in_and_keeps_out_as_the_contract_says() {
        let door = Door::new(["Gateway.example".into()], ["https://pages.example".into(), "trusted.example".into()]);
        let cases = [
            (Some("127.0.0.1:8090"), None, true),
            (Some("[::1]:8090"), None, true),
            (Some("localhost"), None, true),
            (Some("localhost."), None, true),
            (Some("gateway.example:1"), None, true),
            (Some("attacker.example:8090"), None, false),
            (None, None, false),
            (Some(""), None, false),
            (Some("127.0.0.1:8090"), Some("http://127.0.0.1:8090"), true),
            (Some("127.0.0.1:55111"), Some("http://127.0.0.1:8090"), true),
            (Some("[::1]:55111"), Some("http://[::1]:8090"), true),
            (Some("[::1]:55111"), Some("http://[::1]"), true),
            (Some("127.0.0.1:1"), Some("http://localhost:1"), false),
            (Some("127.0.0.1:1"), Some("null"), false),
            (Some("127.0.0.1:1"), Some(""), false),
            (Some("127.0.0.1:1"), Some("http://attacker.example"), false),
            (Some("127.0.0.1:1"), Some("http://127.0.0.1.attacker.example"), false),
            (Some("127.0.0.1:1"), Some("https://pages.example"), true),
            (Some("127.0.0.1:1"), Some("http://pages.example"), false),
            (Some("127.0.0.1:1"), Some("http://trusted.example:81"), true),
        ];
        for (host, origin, allowed) in cases {
            assert_eq!(door.check(host, origin).is_ok(), allowed, "Host {host:?}, Origin {origin:?}");
        }
    }
}
