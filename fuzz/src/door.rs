//! The check of `Host` and `Origin`. Input: lines of text: host, origin, hosts and origins that are let in (with commas);
//! a lone `-` is an absent header.

use crate::talk;
use std::net::IpAddr;
use tieline_model::Door;

/// Who is let in names this machine or a listed host, and a page from elsewhere is listed.
pub(crate) fn run(data: &[u8]) {
    let text = talk::with_marker(data);
    let mut lines = text.split('\n');
    let mut header = || lines.next().filter(|line| *line != "-");
    let (host, origin) = (header(), header());
    let mut list = || -> Vec<String> { lines.next().unwrap_or_default().split(',').map(str::to_owned).collect() };
    let (hosts, origins) = (list(), list());
    let door = Door::new(hosts.clone(), origins.clone());
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
                let from = origin.split_once("://").map(|(_, rest)| name(rest));
                let is_listed = listed(&origins, &origin) || from.as_deref().is_some_and(|from| listed(&origins, from));
                assert!(from.as_deref() == Some(host.as_str()) || is_listed, "{origin} is a stranger");
            }
        }
    }
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
