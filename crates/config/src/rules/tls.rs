//! Encryption: certificate and key go together, their files can be read, and whoever speaks TLS has them.

use super::origin;
use crate::catalog::Catalog;
use crate::problem::{Fault, Problem};
use crate::read::given::Given;
use crate::sections::{TlsKeys, TlsSettings};
use crate::{Config, Origin};
use std::io::Read;

/// The TLS settings, when there are any, after checking them.
pub(super) fn check(catalog: &Catalog, given: &mut Given) -> Option<TlsSettings> {
    let section = catalog.section("tls")?;
    let keys = TlsKeys::from_values(&given.values(catalog, section));
    let pairs = [
        ("cert", &keys.cert, "key", &keys.key),
        ("key", &keys.key, "cert", &keys.cert),
        ("client_ca", &keys.client_ca, "cert", &keys.cert),
    ];
    for (have, value, other, missing) in pairs {
        let needed = format!("tls.{other}");
        // Without a certificate, cert itself is the missing half of key; client_ca need not say so again.
        let is_told = have == "client_ca" && !keys.key.is_empty();
        if !value.is_empty() && missing.is_empty() && !given.is_broken(&needed) && !is_told {
            let message = format!("tls.{have} is set, but {needed} is not");
            let hint = format!("set {needed} to the path of a PEM file, or leave tls.{have} out");
            let at = origin(catalog, given, "tls", have);
            given.problems.push(
                Problem::new(Fault::Conflict, format!("tls.{have}"), message, at, hint).with(value, "needs the other"),
            );
        }
    }
    for (key, path) in [("cert", &keys.cert), ("key", &keys.key), ("client_ca", &keys.client_ca)] {
        if !path.is_empty()
            && let Err(error) = std::fs::File::open(path).and_then(|mut file| file.read(&mut [0; 1]))
        {
            let message = format!("the file of tls.{key} cannot be read: {error}");
            let hint =
                "paths are relative to the folder the program is started in; its user must be able to read the file";
            let at = origin(catalog, given, "tls", key);
            let problem = Problem::new(Fault::Unreadable, format!("tls.{key}"), message, at, hint.to_owned());
            given.problems.push(problem.with(path, "cannot be read"));
        }
    }
    TlsSettings::from_keys(&keys)
}

/// A listener that is told to speak TLS needs a certificate.
pub(super) fn listeners(catalog: &Catalog, config: &Config, given: &mut Given) {
    let broken = ["tls.cert", "tls.key"].iter().any(|key| given.is_broken(key));
    for listener in config.listeners.iter().filter(|listener| listener.tls && config.tls.is_none() && !broken) {
        let path = format!("{}.tls", listener.entry.name);
        let at: Origin = origin(catalog, given, listener.entry.name, "tls");
        let message = format!("{path} is true, but there is no certificate");
        let hint = "set tls.cert and tls.key to the paths of PEM files".to_owned();
        given.problems.push(Problem::new(Fault::Conflict, path, message, at, hint).with("true", "needs [tls]"));
    }
}
