//! Who may knock: the checks of `Host` and `Origin` that every WebSocket handshake and every HTTP request goes through
//! (contract `access`, section "With nothing configured").
//!
//! A browser page of a stranger can open WebSockets to this machine; it cannot choose its `Origin`. A stranger's name
//! server can point its own name at this machine; the browser then sends that name as `Host`. Both are stopped here.
//! Pure text, no socket; called by transport's handshake and by the console.

use crate::access::origin::{Origin, Pattern, address, host_name, is_host_name, is_same_host};
use crate::{Proxies, Reason, Refusal, Safe, safe};
use std::sync::{Arc, PoisonError, RwLock};

/// Names and origins that are let in besides those that always are, and who speaks for others. They can be replaced while
/// the gateway runs.
#[derive(Debug, Default)]
pub struct OriginPolicy(RwLock<Names>);

#[derive(Debug, Default)]
struct Names {
    hosts: Vec<String>,
    origins: Vec<Pattern>,
    proxies: Arc<Proxies>,
}

impl OriginPolicy {
    /// `hosts` are host names without port; `origins` are as `access.origins` has them. What can never match is left out.
    pub fn new(hosts: impl IntoIterator<Item = String>, origins: impl IntoIterator<Item = String>) -> OriginPolicy {
        let plain = |text: String| host_name(text.trim().trim_end_matches('/'));
        // An empty name would let in whoever names nothing.
        let is_name = |text: &String| !text.is_empty();
        let hosts = hosts.into_iter().map(plain).filter(is_name).collect();
        let origins = origins.into_iter().filter_map(|text| Pattern::parse(&text)).collect();
        OriginPolicy(RwLock::new(Names { hosts, origins, proxies: Arc::default() }))
    }

    /// The same origin policy behind these proxies.
    pub fn behind(self, proxies: Proxies) -> OriginPolicy {
        let names = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        OriginPolicy(RwLock::new(Names { proxies: Arc::new(proxies), ..names }))
    }

    /// Takes over what another origin policy lets in; requests from now on are checked by it.
    pub fn replace(&self, other: OriginPolicy) {
        let names = other.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = names;
    }

    /// Who speaks for others.
    pub fn proxies(&self) -> Arc<Proxies> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).proxies.clone()
    }

    /// Checks one request's headers. A refusal says what to put into which key; it names the host or origin only when every
    /// character of it is one of a name's.
    pub fn check(&self, host: Option<&str>, origin: Option<&str>) -> Result<(), Refusal> {
        let refuse = |detail: Safe| Err(Refusal::new(Reason::NotPermitted, detail));
        let Some(host) = host.map(host_name) else {
            return refuse("the request has no Host header".into());
        };
        let names = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if !names.knows_host(&host) {
            return refuse(match Safe::name(&host).filter(|_| is_host_name(&host)) {
                Some(name) => safe!(
                    "the Host header names \"{}\", which is no address of this machine; add \"{}\" to access.hosts to \
                     allow it",
                    name,
                    name
                ),
                None => {
                    "the Host header is no host name; this machine's are its addresses and those in access.hosts".into()
                }
            });
        }
        let Some(text) = origin else { return Ok(()) };
        let is_null = text.trim().eq_ignore_ascii_case("null");
        let Some(origin) = Some(Origin::parse(text)).filter(|read| read.is_some() || is_null) else {
            return refuse("the Origin header is no origin; pages from elsewhere are listed in access.origins".into());
        };
        let same = origin.as_ref().is_some_and(|origin| is_same_host(&origin.host, &host));
        if same || names.origins.iter().any(|listed| listed.admits(origin.as_ref())) {
            return Ok(());
        }
        let written = origin.map_or_else(|| "null".to_owned(), |origin| origin.to_string());
        refuse(match (Safe::name(&written), is_null) {
            (Some(name), true) => safe!(
                "the page has no Origin of its own (it was opened from disk, or is in a sandbox); add \"{}\" to \
                 access.origins to allow it",
                name
            ),
            (Some(name), false) => {
                safe!("the page's Origin \"{}\" is not this host; add \"{}\" to access.origins to allow it", name, name)
            }
            (None, _) => "the page's Origin is not this host; pages from elsewhere are listed in access.origins".into(),
        })
    }
}

impl Names {
    fn knows_host(&self, name: &str) -> bool {
        name == "localhost" || address(name).is_some() || self.hosts.iter().any(|known| known == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_can_be_replaced() {
        let origin_policy = OriginPolicy::default();
        assert!(origin_policy.check(Some("other.example"), None).is_err());
        origin_policy.replace(OriginPolicy::new(["other.example".into()], []));
        assert!(origin_policy.check(Some("other.example"), None).is_ok());
    }

    #[test]
    fn nothing_is_no_name() {
        let origin_policy = OriginPolicy::new(["".into(), " // ".into()], ["".into(), "/".into()]);
        for (host, origin) in [("", None), ("//", None), ("127.0.0.1", Some("")), ("127.0.0.1", Some("x://"))] {
            assert!(origin_policy.check(Some(host), origin).is_err(), "Host {host:?}, Origin {origin:?}");
        }
    }

    #[test]
    fn lets_in_and_keeps_out_as_the_contract_says() {
        let origin_policy =
            OriginPolicy::new(["Gateway.example".into()], ["https://pages.example".into(), "trusted.example".into()]);
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
            (Some("127.0.0.1:1"), Some("http://localhost:1"), true),
            (Some("localhost:1"), Some("http://127.0.0.5:8090/"), true),
            (Some("[::1]:1"), Some("HTTPS://LocalHost:443/page"), true),
            (Some("localhost"), Some("http://localhost.attacker.example"), false),
            (Some("localhost"), Some("http://192.0.2.1"), false),
            (Some("192.0.2.1"), Some("http://localhost"), false),
            (Some("127.0.0.1"), Some("http://127.0.0.1@attacker.example"), false),
            (Some("127.0.0.1:1"), Some("https://pages.example:443/map"), true),
            (Some("127.0.0.1:1"), Some("null"), false),
            (Some("127.0.0.1:1"), Some(""), false),
            (Some("127.0.0.1:1"), Some("http://attacker.example"), false),
            (Some("127.0.0.1:1"), Some("http://127.0.0.1.attacker.example"), false),
            (Some("127.0.0.1:1"), Some("https://pages.example"), true),
            (Some("127.0.0.1:1"), Some("http://pages.example"), false),
            (Some("127.0.0.1:1"), Some("http://trusted.example:81"), true),
        ];
        for (host, origin, allowed) in cases {
            assert_eq!(origin_policy.check(host, origin).is_ok(), allowed, "Host {host:?}, Origin {origin:?}");
        }
    }

    #[test]
    fn what_is_refused_is_named_and_can_be_listed() {
        let told = |host: &str, origin: Option<&str>| {
            OriginPolicy::default()
                .check(Some(host), origin)
                .map_err(|refusal| refusal.to_string())
                .err()
                .unwrap_or_default()
        };
        assert_eq!(
            told("Gateway.example.:8090", None),
            "the Host header names \"gateway.example\", which is no address of this machine; add \"gateway.example\" to \
             access.hosts to allow it"
        );
        assert_eq!(
            told("localhost", Some("https://Maps.example:443/x")),
            "the page's Origin \"https://maps.example\" is not this host; add \"https://maps.example\" to access.origins to \
             allow it"
        );
        assert!(told("localhost", Some("null")).contains("add \"null\" to access.origins"));
        // Nothing but names is repeated, and nothing long.
        for host in ["a b", "<script>", "a\u{202e}b", "\u{e4}.example", "a%20b", &"x".repeat(200)] {
            let line = told(host, None);
            assert!(line.contains("access.hosts") && !line.contains(host), "{line}");
            let line = told("localhost", Some(&format!("http://{host}")));
            assert!(line.contains("access.origins") && !line.contains(host), "{line}");
        }
    }
}
