//! The check of `Host` and `Origin`. Input: lines of text: host, origin, hosts and origins that are let in (with commas);
//! a lone `-` is an absent header.

use crate::talk;
use std::net::IpAddr;
use tieline_model::OriginPolicy;

/// Who is let in names this machine or a listed host, and a page from elsewhere is listed.
pub(crate) fn run(data: &[u8]) {
    let text = talk::with_marker(data);
    let mut lines = text.split('\n');
    let mut header = || lines.next().filter(|line| *line != "-");
    let (host, origin) = (header(), header());
    let mut list = || -> Vec<String> { lines.next().unwrap_or_default().split(',').map(str::to_owned).collect() };
    let (hosts, origins) = (list(), list());
    let door = OriginPolicy::new(hosts.clone(), origins.clone());
    let checked = door.check(host, origin);
    assert_eq!(checked, door.check(host, origin));
    match checked {
        Err(refusal) => talk::refusal(&refusal),
        Ok(()) => {
            let host = name(host.expect("a request without Host is never let in"));
            let bare = host.trim_start_matches('[').trim_end_matches(']');
            let listed =
                |list: &[String], wanted: &str| !wanted.is_empty() && list.iter().any(|item| plain(item) == wanted);
            let here = host == "localhost" || bare.parse::<IpAddr>().is_ok() || listed(&hosts, &host);
            assert!(here, "{host} is not this machine");
            if let Some(origin) = origin.map(|origin| origin.trim().to_ascii_lowercase()) {
                let from = origin.split_once("://").map(|(_, rest)| name(before_path(rest)));
                let is_here =
                    from.as_deref().is_some_and(|from| from == host || (is_loopback(from) && is_loopback(&host)));
                assert!(
                    is_here || origins.iter().any(|item| names(item, &origin, from.as_deref())),
                    "{origin} is a stranger"
                );
            }
        }
    }
}

/// Whether an item of the list names this origin: itself, its host, those below a name, or all of a scheme.
fn names(item: &str, origin: &str, from: Option<&str>) -> bool {
    let item = item.trim().to_ascii_lowercase();
    if item == "null" {
        return origin == "null";
    }
    let (scheme, rest) = item.split_once("://").map_or((None, item.as_str()), |(scheme, rest)| (Some(scheme), rest));
    let has_scheme =
        scheme.is_none_or(|scheme| origin.strip_prefix(scheme).is_some_and(|rest| rest.starts_with("://")));
    let listed = name(before_path(rest));
    let is_host = match listed.strip_prefix('*') {
        Some(below) => below.starts_with('.') && from.is_some_and(|from| from.ends_with(below)),
        None if listed.is_empty() => scheme.is_some(),
        None => from == Some(listed.as_str()),
    };
    has_scheme && is_host
}

/// All names of this machine's loopback are one host.
fn is_loopback(name: &str) -> bool {
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

fn before_path(text: &str) -> &str {
    text.split(['/', '?', '#']).next().unwrap_or_default()
}

/// As the configuration's names are read: small, no blanks around, no slash at the end.
fn plain(text: &str) -> String {
    text.trim().trim_end_matches('/').to_ascii_lowercase()
}

/// The name without port and final dots.
fn name(authority: &str) -> String {
    let authority = authority.trim();
    let port = authority.rsplit_once(':').filter(|(_, port)| port.chars().all(|c| c.is_ascii_digit()));
    let name = port.map_or(authority, |(name, _)| name);
    name.trim_end_matches('.').to_ascii_lowercase()
}
