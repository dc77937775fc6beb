//! Who calls: the other end of the socket, or whom a proxy that may speak for others names (contract `access`).
//!
//! Promises: only those that `access.proxy.from` lists are believed; whoever else says that it speaks for somebody is not,
//! and is not taken for a program on this machine either. Called for every connection of every port.

use http::header::{FORWARDED, HeaderMap, HeaderName, VIA};
use proxy_header::{ParseConfig, ProxyHeader};
use std::io;
use std::net::SocketAddr;
use tieline_model::{Caller, Proxies, ProxyProtocol, Safe};
use tieline_telemetry::events::ForwardingIgnored;
use tokio::io::{AsyncRead, AsyncReadExt};

/// What version 2 of the PROXY protocol begins with.
pub(crate) const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");

/// The longest PROXY header that is read: addresses take 232 bytes, the rest is what a proxy adds.
const LONGEST: usize = 4096;

/// Who is at the other end, as far as the connection itself says: reads the PROXY header where there has to be one.
pub(crate) async fn of_connection(
    proxies: &Proxies,
    socket: SocketAddr,
    stream: &mut (impl AsyncRead + Unpin),
) -> Result<Caller, Safe> {
    let is_proxy = proxies.includes(socket.ip());
    let address = match proxies.protocol() {
        ProxyProtocol::V2 if is_proxy => {
            let missing = "no PROXY protocol header (version 2), which access.proxy.protocol says this proxy sends";
            read_header(stream).await.map_err(|_| Safe::from(missing))?.unwrap_or(socket)
        }
        _ => socket,
    };
    Ok(Caller { address, forwarded: is_proxy })
}

/// Who makes a request on that connection.
pub(crate) fn of_request(
    proxies: &Proxies,
    dialect: &'static str,
    socket: SocketAddr,
    connection: Caller,
    headers: &HeaderMap,
) -> Caller {
    let is_proxy = proxies.includes(socket.ip());
    if is_proxy && proxies.protocol() == ProxyProtocol::Forwarded {
        // What is no text names nobody: it ends the search where it stands.
        let values = headers.get_all(X_FORWARDED_FOR).iter().map(|value| value.to_str().unwrap_or("?"));
        return Caller { address: proxies.client(socket, values), forwarded: true };
    }
    let says_so = [X_FORWARDED_FOR, FORWARDED, X_REAL_IP, VIA].iter().any(|name| headers.contains_key(name));
    if says_so && !is_proxy {
        ForwardingIgnored { dialect, peer: socket }.emit();
    }
    Caller { forwarded: connection.forwarded || says_so, ..connection }
}

/// Reads a header of version 2, and not a byte more. `None`: the proxy speaks for itself.
async fn read_header(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<SocketAddr>> {
    let wrong = || io::Error::from(io::ErrorKind::InvalidData);
    let mut header = vec![0; 16];
    // The signature first, so that nobody waits for the rest of what was never meant to be one.
    stream.read_exact(&mut header[..SIGNATURE.len()]).await?;
    if !header.starts_with(SIGNATURE) {
        return Err(wrong());
    }
    stream.read_exact(&mut header[SIGNATURE.len()..]).await?;
    let length = usize::from(u16::from_be_bytes([header[14], header[15]]));
    if header.len() + length > LONGEST {
        return Err(wrong());
    }
    header.resize(16 + length, 0);
    stream.read_exact(&mut header[16..]).await?;
    let config = ParseConfig { include_tlvs: false, allow_v1: false, allow_v2: true };
    let (read, used) = ProxyHeader::parse(&header, config).map_err(|_| wrong())?;
    if used != header.len() {
        return Err(wrong());
    }
    Ok(read.proxied_address().map(|proxied| proxied.source))
}

#[cfg(test)]
mod tests;
