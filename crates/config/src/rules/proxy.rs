//! `access.proxy`: who speaks for others has to be named, by address.
//!
//! Promises: a mistake never ends in believing more than was meant: what cannot be read is told, not left out.

use super::origin;
use crate::catalog::Catalog;
use crate::problem::{Fault, Problem, shortened};
use crate::read::given::Given;
use crate::sections::{ProxyProtocol, ProxySettings};
use tieline_model::access::proxies::network;

/// Checks the section.
pub(super) fn check(catalog: &Catalog, proxy: &ProxySettings, given: &mut Given) {
    for text in proxy.from.iter().filter(|text| network(text).is_none()) {
        let message = format!("access.proxy.from has {:?}, which is no address and no network", shortened(text));
        let hint = "write an address or a network, as in \"10.0.0.5\" or \"10.0.0.0/24\"; names are not looked up";
        let at = origin(catalog, given, "access.proxy", "from");
        let problem = Problem::new(Fault::WrongType, "access.proxy.from", message, at, hint.to_owned());
        given.problems.push(problem.with(text, "not a network"));
    }
    let says_nothing = proxy.from.is_empty() && !given.is_broken("access.proxy.from");
    if proxy.protocol != ProxyProtocol::None && says_nothing {
        let message = format!("access.proxy.protocol = {:?} needs access.proxy.from", proxy.protocol.as_str());
        let hint =
            "list the addresses of your proxies in access.proxy.from, as in [\"127.0.0.1\"]; only they are believed";
        let at = origin(catalog, given, "access.proxy", "protocol");
        let problem = Problem::new(Fault::Conflict, "access.proxy.protocol", message, at, hint.to_owned());
        given.problems.push(problem.with(proxy.protocol.as_str(), "nobody is named"));
    }
}
