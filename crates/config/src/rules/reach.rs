//! Who can reach a listener: two cannot share an address, and other machines come in only over TLS or by permission.
//!
//! Promises: with nothing configured nothing is open to other machines (contract `access`).

use super::origin;
use crate::Config;
use crate::catalog::Catalog;
use crate::problem::{Fault, Problem};
use crate::read::given::Given;
use std::net::SocketAddr;

/// One thing that will listen.
struct Port {
    section: &'static str,
    /// The key of the address.
    key: &'static str,
    listen: SocketAddr,
    encrypted: bool,
    /// The key that allows it without TLS, when one does.
    allowed: Option<String>,
    encryption: Encryption,
}

impl Port {
    fn path(&self) -> String {
        format!("{}.{}", self.section, self.key)
    }
}

/// What stands between a listener and TLS.
#[derive(Clone, Copy)]
enum Encryption {
    /// It has none.
    Impossible,
    /// There is no certificate.
    NotConfigured,
    /// Its own `tls` key.
    SwitchedOff,
}

/// Checks every listener and the console.
pub(super) fn check(catalog: &Catalog, config: &Config, given: &mut Given, warnings: &mut Vec<Problem>) {
    let mut ports: Vec<Port> = Vec::new();
    for listener in &config.listeners {
        let own = listener.insecure.then(|| format!("{}.insecure", listener.entry.name));
        let all = config.access.insecure.then(|| "access.insecure".to_owned());
        let allowed = own.or(all);
        ports.push(Port {
            section: listener.entry.name,
            key: "listen",
            listen: listener.listen,
            encrypted: listener.tls,
            allowed: allowed.clone(),
            encryption: if config.tls.is_some() { Encryption::SwitchedOff } else { Encryption::NotConfigured },
        });
        ports.extend(listener.http.map(|listen| Port {
            section: listener.entry.name,
            key: "http",
            listen,
            encrypted: false,
            allowed,
            encryption: Encryption::Impossible,
        }));
    }
    if let Some(console) = &config.console {
        let allowed = console.insecure.then(|| "console.insecure".to_owned());
        let encryption = Encryption::Impossible;
        let listen = console.listen;
        ports.push(Port { section: "console", key: "listen", listen, encrypted: false, allowed, encryption });
    }
    ports.retain(|port| !given.is_broken(&port.path()));
    for (at, port) in ports.iter().enumerate() {
        if let Some(other) = ports[..at].iter().find(|other| clash(other.listen, port.listen)) {
            given.problems.push(taken(catalog, given, port, other));
        }
        if port.encrypted || port.listen.ip().to_canonical().is_loopback() {
            continue;
        }
        match &port.allowed {
            Some(key) => warnings.push(open(catalog, given, port, key)),
            None if doubtful(given, port) => {}
            None => given.problems.push(exposed(catalog, given, port)),
        }
    }
}

/// Whether a key that could make it right is there but could not be read.
fn doubtful(given: &Given, port: &Port) -> bool {
    let own = ["insecure", "tls"].map(|key| format!("{}.{key}", port.section));
    let shared = ["access.insecure", "tls.cert"].map(str::to_owned);
    own.iter().chain(&shared).any(|key| given.is_broken(key))
}

fn clash(one: SocketAddr, other: SocketAddr) -> bool {
    let same_port = one.port() == other.port() && one.port() != 0;
    // `[::]` takes IPv4 as well on the systems we run on.
    let wide =
        |wide: SocketAddr, narrow: SocketAddr| wide.ip().is_unspecified() && (wide.is_ipv6() || narrow.is_ipv4());
    same_port && (one.ip() == other.ip() || wide(one, other) || wide(other, one))
}

fn taken(catalog: &Catalog, given: &Given, port: &Port, other: &Port) -> Problem {
    let path = port.path();
    let message = format!("{path} is {}, which {} has already", port.listen, other.section);
    let hint = format!("give {} or {} another port", port.section, other.section);
    let at = origin(catalog, given, port.section, port.key);
    Problem::new(Fault::Conflict, path, message, at, hint).with(&port.listen.to_string(), "taken")
}

fn exposed(catalog: &Catalog, given: &Given, port: &Port) -> Problem {
    let path = port.path();
    let message = format!("{path} = {} would let other machines in without encryption", port.listen);
    let local = SocketAddr::new(std::net::Ipv4Addr::LOCALHOST.into(), port.listen.port());
    let insecure = format!("{}.insecure = true if that is meant", port.section);
    let hint = match port.encryption {
        Encryption::NotConfigured => format!("set tls.cert and tls.key, or {insecure}, or listen on {local}"),
        Encryption::SwitchedOff => format!("leave {}.tls out, or set {insecure}, or listen on {local}", port.section),
        Encryption::Impossible => format!("set {insecure}, or listen on {local} behind a web server with TLS"),
    };
    let at = origin(catalog, given, port.section, port.key);
    Problem::new(Fault::Conflict, path, message, at, hint).with(&port.listen.to_string(), "beyond this machine")
}

fn open(catalog: &Catalog, given: &Given, port: &Port, key: &str) -> Problem {
    let path = port.path();
    let message = format!("{} is open to other machines without encryption at {}", port.section, port.listen);
    let hint = match port.encryption {
        Encryption::NotConfigured => format!("{key} allows it; with tls.cert and tls.key it would be encrypted"),
        Encryption::SwitchedOff => format!("{key} allows it; without {}.tls it would be encrypted", port.section),
        Encryption::Impossible => format!("{key} allows it; a web server with TLS in front would encrypt it"),
    };
    let at = origin(catalog, given, port.section, port.key);
    Problem::new(Fault::Warning, path, message, at, hint).with(&port.listen.to_string(), "")
}
