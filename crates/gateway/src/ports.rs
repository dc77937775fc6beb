//! Addresses that cannot be had: why, who has them, and which key to change.
//!
//! Promises: all of them are told at once, whatever they are for; looking for who holds one is bounded, and finding nobody
//! only leaves the name out. Called by the gateway when it starts.

use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

/// Processes and descriptors that are looked at, at most.
const LOOKED: usize = 200_000;
/// Bytes of a table of the kernel's that are read, at most: some hundred thousand sockets.
const TABLE: u64 = 16 << 20;

/// An address that could not be bound.
#[derive(Debug)]
pub struct PortProblem {
    /// What it is for: a dialect, or `console`.
    pub section: &'static str,
    /// The key in that section.
    pub key: &'static str,
    /// The address.
    pub address: SocketAddr,
    /// What the system said.
    pub source: io::Error,
}

impl fmt::Display for PortProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PortProblem { section, key, address, source } = self;
        let named = if *key == "listen" { (*section).to_owned() } else { format!("{section}.{key}") };
        write!(f, "{named}: cannot listen on {address}: ")?;
        let change = format!("[{section}] {key}");
        let other = |address: SocketAddr| format!("{change} (--set {section}.{key}={address})");
        match source.kind() {
            ErrorKind::AddrInUse => {
                let holder = holder(*address).map(|who| format!(" by {who}")).unwrap_or_default();
                let free = SocketAddr::new(address.ip(), 0);
                write!(f, "it is held{holder}; stop that, or change {}", other(free))
            }
            ErrorKind::AddrNotAvailable => {
                let here = SocketAddr::new(loopback(address.ip()), address.port());
                write!(f, "this machine has no such address; see `ip address`, and change {}", other(here))
            }
            ErrorKind::PermissionDenied if address.port() < 1024 => {
                let high = SocketAddr::new(address.ip(), address.port() + 8000);
                write!(
                    f,
                    "ports below 1024 need a right (AmbientCapabilities=CAP_NET_BIND_SERVICE in a systemd unit, or \
                     `setcap cap_net_bind_service=+ep` on the program); give it, or change {}",
                    other(high)
                )
            }
            _ => write!(f, "{source}; change {change}"),
        }
    }
}

fn loopback(ip: IpAddr) -> IpAddr {
    if ip.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() }
}

/// Who listens at an address, or at the same port of all addresses, as `NAME (pid N)`.
fn holder(address: SocketAddr) -> Option<String> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| beginning(Path::new(table), TABLE));
    let inodes: Vec<String> = tables.iter().flat_map(|table| listening(table, address)).collect();
    let links: Vec<String> = inodes.iter().map(|inode| format!("socket:[{inode}]")).collect();
    if links.is_empty() {
        return None;
    }
    let mut looked = 0;
    for process in std::fs::read_dir("/proc").ok()?.flatten() {
        let Some(pid) = process.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        // Another user's cannot be looked into.
        for descriptor in std::fs::read_dir(process.path().join("fd")).into_iter().flatten().flatten() {
            looked += 1;
            if looked > LOOKED {
                return None;
            }
            let Ok(target) = std::fs::read_link(descriptor.path()) else { continue };
            if links.iter().any(|link| Path::new(link) == target) {
                return Some(if pid == std::process::id() {
                    "this gateway itself".to_owned()
                } else {
                    format!("{} (pid {pid})", name(&process.path()))
                });
            }
        }
    }
    None
}

/// A process's name; it may hold anything, so only what prints stays.
fn name(process: &Path) -> String {
    let name = beginning(&process.join("comm"), 64);
    let name: String = name.trim().chars().filter(|c| c.is_ascii_graphic() || *c == ' ').collect();
    if name.is_empty() { "a program".to_owned() } else { name }
}

/// The first so many bytes of a file, as text; nothing of one that cannot be read.
fn beginning(path: &Path, most: u64) -> String {
    let mut bytes = Vec::new();
    if let Ok(file) = File::open(path) {
        // What was read before a failure is still worth a look.
        let _ = file.take(most).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The sockets that listen at an address or at its port of all addresses, in a table of the kernel's.
fn listening(table: &str, address: SocketAddr) -> Vec<String> {
    let lines = table.lines().skip(1).filter_map(|line| {
        let mut fields = line.split_ascii_whitespace().skip(1);
        let (local, state) = (fields.next()?, fields.nth(1)?);
        let inode = fields.nth(5)?;
        let (ip, port) = local.split_once(':')?;
        let is_there = state == "0A" && u16::from_str_radix(port, 16).ok()? == address.port();
        let ip = read_ip(ip)?;
        let wanted = address.ip().to_canonical();
        let overlaps = ip == wanted || ip.is_unspecified() || wanted.is_unspecified();
        (is_there && overlaps).then(|| inode.to_owned())
    });
    lines.collect()
}

/// The kernel prints addresses as words of 32 bits, each in the machine's own order.
fn read_ip(text: &str) -> Option<IpAddr> {
    let words = text.as_bytes().chunks(8).map(|word| u32::from_str_radix(std::str::from_utf8(word).ok()?, 16).ok());
    let bytes: Vec<u8> = words.collect::<Option<Vec<u32>>>()?.into_iter().flat_map(u32::to_ne_bytes).collect();
    match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(bytes) => Some(Ipv4Addr::from(bytes).into()),
        Err(_) => Some(IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?).to_canonical()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn problem(address: SocketAddr, kind: ErrorKind) -> String {
        PortProblem { section: "fme", key: "listen", address, source: kind.into() }.to_string()
    }

    #[test]
    fn who_holds_a_port_is_found() {
        for (bind, ask) in [("127.0.0.1:0", "127.0.0.1"), ("0.0.0.0:0", "127.0.0.1"), ("[::]:0", "::1")] {
            let Ok(held) = TcpListener::bind(bind) else { continue };
            let ask = SocketAddr::new(ask.parse().unwrap(), held.local_addr().unwrap().port());
            assert_eq!(holder(ask).as_deref(), Some("this gateway itself"), "{bind}");
            drop(held);
            assert_eq!(holder(ask), None, "{bind}");
        }
    }

    #[test]
    fn each_kind_says_what_to_do() {
        let held = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = held.local_addr().unwrap();
        let text = problem(address, ErrorKind::AddrInUse);
        let expected = format!(
            "fme: cannot listen on {address}: it is held by this gateway itself; stop that, or change [fme] listen \
             (--set fme.listen=127.0.0.1:0)"
        );
        assert_eq!(text, expected);
        let text = problem("192.0.2.1:7078".parse().unwrap(), ErrorKind::AddrNotAvailable);
        assert!(text.contains("no such address") && text.contains("--set fme.listen=127.0.0.1:7078"), "{text}");
        let text = problem("127.0.0.1:80".parse().unwrap(), ErrorKind::PermissionDenied);
        assert!(text.contains("ports below 1024 need a right") && text.contains("=127.0.0.1:8080"), "{text}");
        let text = problem("127.0.0.1:8080".parse().unwrap(), ErrorKind::PermissionDenied);
        assert!(text.ends_with("; change [fme] listen"), "{text}");
        let site = PortProblem { section: "mr", key: "http", address, source: ErrorKind::AddrInUse.into() }.to_string();
        assert!(site.starts_with("mr.http: cannot listen on") && site.contains("[mr] http"), "{site}");
    }

    #[test]
    fn the_kernels_tables_are_read() {
        let tcp = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
            \x20  0: 0100007F:1BA6 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 34567 1 0 100 0 0 10 0\n\
            \x20  1: 0100007F:1BA6 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 34568 1 0 100 0 0 10 0\n\
            \x20  2: garbage\n";
        if cfg!(target_endian = "little") {
            assert_eq!(listening(tcp, "127.0.0.1:7078".parse().unwrap()), ["34567"]);
            assert_eq!(listening(tcp, "0.0.0.0:7078".parse().unwrap()), ["34567"]);
            assert_eq!(listening(tcp, "127.0.0.2:7078".parse().unwrap()), [""; 0]);
        }
    }
}
