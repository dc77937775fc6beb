//! What a refused client is told to put into which key is a good value there, and lets that client in.

use super::*;
use proptest::prelude::*;
use tieline_model::{OriginPolicy, ProxyProtocol, access::proxies::network};

/// The entry and the key that a line proposes: `… add "x" to access.hosts to allow it`.
fn proposed(line: &str) -> Option<(&str, &str)> {
    let (_, rest) = line.split_once("; add \"")?;
    let (entry, rest) = rest.split_once("\" to access.")?;
    Some((entry, rest.split(' ').next()?))
}

/// Does what the lines say until the request is let in; says whether it was.
fn follow(host: &str, origin: Option<&str>) -> bool {
    let (mut hosts, mut origins) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let file = format!("[alpha]\n[access]\nhosts = {hosts:?}\norigins = {origins:?}\n");
        let config = good(&input(&file));
        let origin_policy = OriginPolicy::new(config.access.hosts, config.access.origins);
        let Err(refusal) = origin_policy.check(Some(host), origin) else { return true };
        let line = refusal.to_string();
        match proposed(&line) {
            Some((entry, "hosts")) => hosts.push(entry.to_owned()),
            Some((entry, "origins")) => origins.push(entry.to_owned()),
            _ => return false,
        }
    }
    panic!("what the lines say does not let in {host:?} {origin:?}");
}

#[test]
fn following_the_line_lets_in() {
    for (host, origin) in [
        ("gateway.example:8090", None),
        ("Gateway.Example.", Some("https://Maps.example:8443/page")),
        ("localhost", Some("null")),
        ("localhost", Some("file:///home/page.html")),
        ("localhost", Some("qrc://")),
        ("localhost", Some("app://bundle")),
        ("192.0.2.1", Some("http://[2001:db8::1]:80")),
        ("gateway_1.example", Some("chrome-extension://abcdefgh")),
    ] {
        assert!(follow(host, origin), "{host} {origin:?}");
    }
    assert!(!follow("no host", None));
}

proptest! {
    #[test]
    fn whatever_a_line_proposes_is_right(
        host in prop_oneof!["[ -~]{0,30}", "[a-zA-Z0-9._-]{1,20}(:[0-9]{1,6})?", any::<String>()],
        origin in prop_oneof![
            Just(None),
            "[a-z+]{1,8}://[a-zA-Z0-9._-]{0,20}(:[0-9]{1,6})?(/[a-z]{0,5})?".prop_map(Some),
            "[ -~]{0,30}".prop_map(Some),
            any::<String>().prop_map(Some),
        ],
    ) {
        follow(&host, origin.as_deref());
    }
}

#[test]
fn proxies_are_read_and_mistakes_told() {
    let config = good(&input("[alpha]\n[access.proxy]\nfrom = [\"10.0.0.5\", \"2001:db8::/32\"]\nprotocol = \"v2\"\n"));
    assert_eq!((config.proxy.from.len(), config.proxy.protocol), (2, super::super::ProxyProtocol::V2));
    assert!(network(&config.proxy.from[1]).is_some() && ProxyProtocol::default() == ProxyProtocol::None);
    for (file, told) in [
        (
            "[access.proxy]\nfrom = [\"proxy.example\"]\n",
            "access.proxy.from has \"proxy.example\", which is no address",
        ),
        ("[access.proxy]\nprotocol = \"forwarded\"\n", "access.proxy.protocol = \"forwarded\" needs access.proxy.from"),
        ("[access.proxy]\nuser_header = \"X-User\"\n", "access.proxy.user_header is not in this version"),
        ("[access.proxy]\ngroups_header = \"\"\n", "access.proxy.groups_header is not in this version"),
    ] {
        let said = said(&input(&format!("[alpha]\n{file}")));
        assert!(said.contains(told), "{said}");
    }
}
