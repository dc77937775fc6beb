//! Who gets in and with what: handshakes, bytes of any kind, limits, ports, proxies, TLS.

mod garbage;
mod limits;
mod origin_policy;
mod ports;
mod proxied;
mod tls;
