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
struct Ear {
    section: &'static str,
    /// The key of the address.
    key: &'static str,
    listen: SocketAddr,
    encrypted: bool,
    /// The key that allows it without TLS, when one does.
    allowed: Option<String>,
    encryption: Encryption,
}

impl Ear {
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
    let mut ears: Vec<Ear> = Vec::new();
    for listener in &config.listeners {
        let own = listener.insecure.then(|| format!("{}.insecure", listener.entry.name));
        let all = config.access.insecure.then(|| "access.insecure".to_owned());
        let allowed = own.or(all);
        ears.push(Ear {
            section: listener.entry.name,
            key: "listen",
            listen: listener.listen,
            encrypted: listener.tls,
            allowed: allowed.clone(),
            encryption: if config.tls.is_some() { Encryption::SwitchedOff } else { Encryption::NotConfigured },
        });
        ears.extend(listener.http.map(|listen| Ear {
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
        ears.push(Ear { section: "console", key: "listen", listen, encrypted: false, allowed, encryption });
    }
    ears.retain(|ear| !given.is_broken(&ear.path()));
    for (at, ear) in ears.iter().enumerate() {
        if let Some(other) = ears[..at].iter().find(|other| clash(other.listen, ear.listen)) {
            given.problems.push(taken(catalog, given, ear, other));
        }
        if ear.encrypted || ear.listen.ip().to_canonical().is_loopback() {
            continue;
        }
        match &ear.allowed {
            Some(key) => warnings.push(open(catalog, given, ear, key)),
            None if doubtful(given, ear) => {}
            None => given.problems.push(exposed(catalog, given, ear)),
        }
    }
}

/// Whether a key that could make it right is there but could not be read.
fn doubtful(given: &Given, ear: &Ear) -> bool {
    let own = ["insecure", "tls"].map(|key| format!("{}.{key}", ear.section));
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

fn taken(catalog: &Catalog, given: &Given, ear: &Ear, other: &Ear) -> Problem {
    let path = ear.path();
    let message = format!("{path} is {}, which {} has already", ear.listen, other.section);
    let hint = format!("give {} or {} another port", ear.section, other.section);
    let at = origin(catalog, given, ear.section, ear.key);
    Problem::new(Fault::Conflict, path, message, at, hint).with(&ear.listen.to_string(), "taken")
}

fn exposed(catalog: &Catalog, given: &Given, ear: &Ear) -> Problem {
    let path = ear.path();
    let message = format!("{path} = {} would let other machines in without encryption", ear.listen);
    let local = SocketAddr::new(std::net::Ipv4Addr::LOCALHOST.into(), ear.listen.port());
    let insecure = format!("{}.insecure = true if that is meant", ear.section);
    let hint = match ear.encryption {
        Encryption::NotConfigured => format!("set tls.cert and tls.key, or {insecure}, or listen on {local}"),
        Encryption::SwitchedOff => format!("leave {}.tls out, or set {insecure}, or listen on {local}", ear.section),
        Encryption::Impossible => format!("set {insecure}, or listen on {local} behind a web server with TLS"),
    };
    let at = origin(catalog, given, ear.section, ear.key);
    Problem::new(Fault::Conflict, path, message, at, hint).with(&ear.listen.to_string(), "beyond this machine")
}

fn open(catalog: &Catalog, given: &Given, ear: &Ear, key: &str) -> Problem {
    let path = ear.path();
    let message = format!("{} is open to other machines without encryption at {}", ear.section, ear.listen);
    let hint = match ear.encryption {
        Encryption::NotConfigured => format!("{key} allows it; with tls.cert and tls.key it would be encrypted"),
        Encryption::SwitchedOff => format!("{key} allows it; without {}.tls it would be encrypted", ear.section),
        Encryption::Impossible => format!("{key} allows it; a web server with TLS in front would encrypt it"),
    };
    let at = origin(catalog, given, ear.section, ear.key);
    Problem::new(Fault::Warning, path, message, at, hint).with(&ear.listen.to_string(), "")
}
