//! The sections that belong to the gateway itself, apart from limits.
//!
//! Promises: the doc comments here are what people read in the example, the schema and the reference. Filled by
//! `config`; read by whoever starts the parts.

use std::net::SocketAddr;
use std::path::PathBuf;
use tieline_model::settings::{choice, section};

section! {
    /// What lasts longer than the program.
    pub struct StoreSettings {
        /// The folder that holds everything that lasts. It is made when it is missing. A relative path starts in the
        /// folder the program was started in.
        path: String = "\"tieline-data\"",
    }
}

section! {
    /// The web pages, the HTTP API, health and metrics. Without this section there are none.
    pub struct ConsoleSettings {
        /// The address of the pages. The console speaks plain HTTP, so another address than this machine's own needs
        /// `insecure = true`, or a web server with TLS in front.
        listen: SocketAddr = "\"127.0.0.1:8090\"",
        /// Whether the console may be reached from other machines without encryption. A warning says so at every start.
        insecure: bool = "false",
    }
}

section! {
    /// Who may connect, to all listeners.
    pub struct AccessSettings {
        /// Whether every listener may be reached from other machines without TLS. A warning says so at every start.
        insecure: bool = "false",
        /// Pages from elsewhere that may connect, as a browser writes them in `Origin` (`https://maps.example`), or
        /// as a host name alone for every scheme and port; `https://*.maps.example` for all below it, `app://` for a whole
        /// scheme, `null` for pages opened from disk. Pages from the host they connect to may always.
        origins: Vec<String> = "[]",
        /// Names under which this machine is reached, without port. IP addresses, `localhost` and the machine's own name
        /// are always accepted.
        hosts: Vec<String> = "[]",
    }
}

section! {
    /// Web servers and balancers in front, which speak for others. Without them a header that names another client is
    /// ignored, and a client that brings one is not taken for a program on this machine.
    pub struct ProxySettings {
        /// Addresses and networks they connect from, as in `10.0.0.5` or `10.0.0.0/24`. Whoever connects from there is never
        /// taken for a program on this machine.
        from: Vec<String> = "[]",
        /// How they name the client, which limits, logs and rights then go by.
        protocol: ProxyProtocol = "\"none\"",
    }
}

choice! {
    /// How a proxy names its client.
    pub enum ProxyProtocol {
        /// Not at all.
        None = "none",
        /// By `X-Forwarded-For`, read from the right past other proxies.
        Forwarded = "forwarded",
        /// By the PROXY protocol, version 2, before TLS; a connection from them without it is refused.
        V2 = "v2",
    }
}

section! {
    /// What the program says while it runs, on standard error.
    pub struct LogSettings {
        /// How lines are written.
        format: LogFormat = "\"text\"",
        /// The least important lines that are still written.
        level: LogLevel = "\"info\"",
    }
}

choice! {
    /// How log lines are written.
    pub enum LogFormat {
        /// For people: one line per event.
        Text = "text",
        /// For programs: one JSON object per line.
        Json = "json",
    }
}

choice! {
    /// How important a log line is, from the most to the least.
    pub enum LogLevel {
        /// What failed.
        Error = "error",
        /// What needs a look.
        Warn = "warn",
        /// What happened.
        Info = "info",
        /// What was decided and why.
        Debug = "debug",
        /// Every step.
        Trace = "trace",
    }
}

choice! {
    /// Whether a listener's clients may compress, and are sent compressed messages (permessage-deflate).
    pub enum Compression {
        /// Clients that offer it do.
        Auto = "auto",
        /// Nobody does.
        Off = "off",
    }
}

section! {
    /// Encryption. With `cert` and `key` set, every dialect's listener speaks TLS unless it says `tls = false`. Paths
    /// are relative to the folder the program was started in; an empty text is none.
    pub struct TlsKeys {
        /// The file with the certificate and its chain, PEM.
        cert: String = "\"\"",
        /// The file with the certificate's private key, PEM.
        key: String = "\"\"",
        /// The file with the authorities whose client certificates are required, PEM (mutual TLS).
        client_ca: String = "\"\"",
    }
}

/// Encryption as it is configured: files that could be read when the configuration was.
#[derive(Debug, Clone, PartialEq)]
pub struct TlsSettings {
    /// The certificate and its chain, PEM.
    pub cert: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
    /// Authorities of client certificates, PEM; when set, a client without such a certificate is refused.
    pub client_ca: Option<PathBuf>,
}

impl TlsSettings {
    /// TLS with these keys, when they name at least a certificate.
    pub(super) fn from_keys(keys: &TlsKeys) -> Option<TlsSettings> {
        let client_ca = Some(&keys.client_ca).filter(|path| !path.is_empty()).map(PathBuf::from);
        (!keys.cert.is_empty()).then(|| TlsSettings { cert: (&keys.cert).into(), key: (&keys.key).into(), client_ca })
    }
}
