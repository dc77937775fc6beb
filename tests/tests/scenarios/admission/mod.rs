//! Who gets in and with what: handshakes, bytes of any kind, limits, ports, proxies, TLS.

mod door;
mod garbage;
mod limits;
mod ports;
mod proxied;
mod tls;
