//! Host names and origins as browsers write them, and what a list of allowed ones may say.
//!
//! Promises: pure text; what `access.origins` and `access.hosts` accept and what is then let in is decided by the same
//! functions. Called by the origin policy, and by the configuration, which checks both lists.

use std::fmt;
use std::net::IpAddr;

/// An origin without path: lower case, without its scheme's own port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    scheme: String,
    /// Empty for those that have none, as `file://`.
    pub(crate) host: String,
    port: Option<u16>,
}

impl Origin {
    /// Reads `scheme://host:port`; what follows (a path, a slash) does not count.
    pub(crate) fn parse(text: &str) -> Option<Origin> {
        let (scheme, rest) = text.trim().split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (host, port) = split_port(authority)?;
        let host = name(host);
        let usual = usual_port(&scheme);
        if !is_scheme || !is_plain(&host) || (host.is_empty() && (usual.is_some() || port.is_some())) {
            return None;
        }
        Some(Origin { scheme, host, port: port.filter(|port| usual != Some(*port)) })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// What an entry of `access.origins` lets in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// `null`: pages without an origin, as those opened from disk.
    Null,
    /// `maps.example`: every scheme and port of the host; `*.maps.example`: of all below it.
    Host(String),
    /// `https://maps.example`, and `https://*.maps.example` for all below it.
    Origin(Origin),
    /// `app://`: every origin of the scheme.
    Scheme(String),
}

impl Pattern {
    /// Reads an entry; `None` when it could never match.
    pub(crate) fn parse(text: &str) -> Option<Pattern> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("null") {
            return Some(Pattern::Null);
        }
        if !text.contains("://") {
            let host = name(text.trim_end_matches('/'));
            return (is_host_name(&host) || is_below(&host)).then_some(Pattern::Host(host));
        }
        let origin = Origin::parse(text)?;
        if origin.host.is_empty() {
            return Some(Pattern::Scheme(origin.scheme));
        }
        (!origin.host.contains('*') || is_below(&origin.host)).then_some(Pattern::Origin(origin))
    }

    /// Whether it lets this in; `None` is `null`.
    pub(crate) fn admits(&self, origin: Option<&Origin>) -> bool {
        match (self, origin) {
            (Pattern::Null, None) => true,
            (Pattern::Host(host), Some(origin)) => host_matches(host, &origin.host),
            (Pattern::Scheme(scheme), Some(origin)) => *scheme == origin.scheme,
            (Pattern::Origin(listed), Some(origin)) => {
                listed.scheme == origin.scheme && listed.port == origin.port && host_matches(&listed.host, &origin.host)
            }
            _ => false,
        }
    }
}

/// Whether `access.origins` can hold this: an origin or a host name, both also with `*.` in front of the name, a scheme
/// (`app://`), or `null`.
pub fn is_origin_pattern(text: &str) -> bool {
    // A path would be no mistake in a request, but here somebody may think that it counts.
    let tail = text.split_once("://").map_or("", |(_, rest)| rest.trim_start_matches('/'));
    let is_bare = !tail.trim_end_matches('/').contains(['/', '?', '#']) && !text.contains(char::is_whitespace);
    is_bare && Pattern::parse(text).is_some()
}

/// Whether `access.hosts` can hold this: a name alone.
pub fn is_host_name(text: &str) -> bool {
    !text.trim_end_matches('.').is_empty() && is_plain(text) && !text.contains([':', '*', '[', ']'])
}

/// The name in `name:port`, lower case, without a final dot; brackets of IPv6 addresses stay.
pub(crate) fn host_name(authority: &str) -> String {
    let authority = authority.trim();
    match split_port(authority) {
        Some((host, _)) => name(host),
        None => name(authority),
    }
}

/// Whether two names are one host: the same text, the same address, or both this machine's loopback.
pub(crate) fn is_same_host(one: &str, other: &str) -> bool {
    is_same_text_or_address(one, other) || (is_loopback_name(one) && is_loopback_name(other))
}

/// The address that a name is, brackets or not.
pub(crate) fn address(name: &str) -> Option<IpAddr> {
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    bare.parse().ok().map(|ip: IpAddr| ip.to_canonical())
}

fn is_loopback_name(name: &str) -> bool {
    name == "localhost" || address(name).is_some_and(|ip| ip.is_loopback())
}

fn name(host: &str) -> String {
    host.trim_end_matches('.').to_ascii_lowercase()
}

/// Host and port; `None` when what should be the port is none.
fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    match authority.rfind(':') {
        Some(colon) if !authority[colon..].contains(']') => match &authority[colon + 1..] {
            // A colon with nothing behind it is allowed by RFC 3986.
            "" => Some((&authority[..colon], None)),
            port if port.bytes().all(|b| b.is_ascii_digit()) => Some((&authority[..colon], Some(port.parse().ok()?))),
            _ => None,
        },
        _ => Some((authority, None)),
    }
}

fn usual_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        _ => None,
    }
}

/// `*.` and a name.
fn is_below(text: &str) -> bool {
    text.strip_prefix("*.").is_some_and(|name| is_host_name(name) && !name.starts_with('.'))
}

fn host_matches(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(suffix) => host.strip_suffix(suffix).is_some_and(|below| !below.is_empty() && !below.starts_with('.')),
        None => is_same_text_or_address(pattern, host),
    }
}

fn is_same_text_or_address(one: &str, other: &str) -> bool {
    one == other || address(one).is_some_and(|one| address(other) == Some(one))
}

fn is_plain(text: &str) -> bool {
    !text.contains(['/', '?', '#', '@', '\\', '"', ',']) && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_read_as_browsers_and_others_write_them() {
        for (text, read) in [
            ("https://maps.example", Some("https://maps.example")),
            ("HTTPS://Maps.Example.:443/", Some("https://maps.example")),
            ("http://maps.example:80/a/path?x#y", Some("http://maps.example")),
            ("http://maps.example:443", Some("http://maps.example:443")),
            ("http://[::1]:8090", Some("http://[::1]:8090")),
            ("file://", Some("file://")),
            ("file:///C:/page.html", Some("file://")),
            ("qrc://", Some("qrc://")),
            ("app://bundle", Some("app://bundle")),
            ("null", None),
            ("", None),
            ("http://", None),
            ("http://:80", None),
            ("http://maps.example@other.example", None),
            ("http://maps.example:99999", None),
            ("http://maps.example:8o", None),
            ("://maps.example", None),
        ] {
            assert_eq!(Origin::parse(text).map(|origin| origin.to_string()).as_deref(), read, "{text}");
        }
    }

    #[test]
    fn a_list_lets_in_what_it_says_and_nothing_near_it() {
        for (entry, origin, expected) in [
            ("https://*.rad.example", "https://a.rad.example", true),
            ("https://*.rad.example", "https://a.b.rad.example:443/", true),
            ("https://*.rad.example", "https://rad.example", false),
            ("https://*.rad.example", "https://.rad.example", false),
            ("https://*.rad.example", "https://evilrad.example", false),
            ("https://*.rad.example", "http://a.rad.example", false),
            ("https://*.rad.example", "https://a.rad.example:8443", false),
            ("https://*.rad.example", "https://a.rad.example.evil.example", false),
            ("*.rad.example", "http://a.rad.example:8443", true),
            ("rad.example", "http://rad.example:8443", true),
            ("rad.example", "http://a.rad.example", false),
            ("file://", "file://", true),
            ("file://", "file:///home/page.html", true),
            ("file://", "http://file", false),
            ("qrc://", "qrc:///page.html", true),
            ("app://", "app://bundle", true),
            ("app://bundle", "app://other", false),
            ("https://rad.example/", "https://RAD.example:443", true),
        ] {
            let read = Origin::parse(origin).ok_or(origin).unwrap();
            let admits = Pattern::parse(entry).is_some_and(|entry| entry.admits(Some(&read)));
            assert_eq!(admits, expected, "{entry} and {origin}");
            assert!(is_origin_pattern(entry), "{entry}");
        }
        assert_eq!(Pattern::parse("null").map(|null| null.admits(None)), Some(true));
        assert_eq!(Pattern::parse("rad.example").map(|host| host.admits(None)), Some(false));
    }

    #[test]
    fn what_could_never_match_is_no_entry() {
        for text in
            ["", "*", "*.", "https://", "https://*", "https://a*.x", "https://x/path", "a b", "https://x y", "x:1"]
        {
            assert!(!is_origin_pattern(text), "{text}");
        }
        for text in ["", ".", "x:1", "https://x", "x/", "*.x", "a b", "[::1]"] {
            assert!(!is_host_name(text), "{text}");
        }
    }
}
