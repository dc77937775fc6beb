//! PROXY headers and forwarding headers, from proxies and from strangers.

use super::*;
use http::HeaderValue;
use proxy_header::{ProxiedAddress, Tlv};
use tieline_model::access::proxies::network;

fn proxies(protocol: ProxyProtocol) -> Proxies {
    Proxies::new(network("10.0.0.0/24"), protocol)
}

fn socket(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// What is made of these bytes, and how many of them are left.
async fn greeted(from: &str, bytes: &[u8]) -> (Option<Caller>, usize) {
    let mut rest = bytes;
    let caller = of_connection(&proxies(ProxyProtocol::V2), socket(from), &mut rest).await;
    (caller.ok(), rest.len())
}

fn header(source: &str) -> Vec<u8> {
    let address = ProxiedAddress::stream(socket(source), socket("10.0.0.1:443"));
    let mut bytes = Vec::new();
    ProxyHeader::with_address(address).encode_v2(&mut bytes).unwrap();
    bytes
}

#[tokio::test]
async fn a_header_of_version_2_is_read_to_its_last_byte() {
    let address = socket("203.0.113.9:4711");
    let client = Some(Caller { address, forwarded: true });
    let mut bytes = header("203.0.113.9:4711");
    bytes.extend(b"GET /");
    assert_eq!(greeted("10.0.0.5:1", &bytes).await, (client, 5));
    let tlvs = [Tlv::Authority("gateway.example".into()), Tlv::Noop(30)];
    let proxied = ProxiedAddress::stream(address, socket("10.0.0.1:443"));
    let mut bytes = Vec::new();
    ProxyHeader::with_tlvs(Some(proxied), tlvs).encode_v2(&mut bytes).unwrap();
    bytes.extend(b"GET /");
    assert_eq!(greeted("10.0.0.5:1", &bytes).await, (client, 5));
    // The proxy's own health check: its own address, and still not this machine.
    let mut bytes = Vec::new();
    ProxyHeader::with_local().encode_v2(&mut bytes).unwrap();
    // The command "local" of the standard.
    bytes[12] = 0x20;
    let itself = Caller { address: socket("10.0.0.5:1"), forwarded: true };
    assert_eq!(greeted("10.0.0.5:1", &bytes).await, (Some(itself), 0));
}

#[tokio::test]
async fn without_one_a_proxy_is_refused_and_others_are_not_read() {
    let good = header("203.0.113.9:4711");
    let mut long = good.clone();
    long[14..16].copy_from_slice(&5000u16.to_be_bytes());
    long.resize(6000, 0);
    let mut odd = good.clone();
    odd[12] = 0x31;
    for bytes in [&b"GET / HTTP/1.1\r\n"[..], b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n", &good[..20], b"", &long, &odd] {
        assert_eq!(greeted("10.0.0.5:1", bytes).await.0, None, "{:?}", &bytes[..bytes.len().min(20)]);
    }
    let itself = Caller { address: socket("192.0.2.1:1"), forwarded: false };
    assert_eq!(greeted("192.0.2.1:1", &good).await, (Some(itself), good.len()));
}

#[test]
fn forwarding_headers_are_believed_from_proxies_only_and_never_make_local() {
    let request = |protocol, from: &str, name: &'static str, value: &str| {
        let mut headers = HeaderMap::new();
        if !name.is_empty() {
            headers.insert(name, HeaderValue::from_str(value).unwrap());
        }
        let (proxies, from) = (proxies(protocol), socket(from));
        let connection = Caller { address: from, forwarded: proxies.includes(from.ip()) };
        let caller = of_request(&proxies, "caller", from, connection, &headers);
        (caller.address.to_string(), caller.is_local())
    };
    use ProxyProtocol::{Forwarded, None, V2};
    for (protocol, from, name, value, address, local) in [
        (None, "127.0.0.1:1", "", "", "127.0.0.1:1", true),
        (None, "127.0.0.1:1", "x-forwarded-for", "203.0.113.9", "127.0.0.1:1", false),
        (None, "127.0.0.1:1", "x-forwarded-for", "127.0.0.1", "127.0.0.1:1", false),
        (None, "127.0.0.1:1", "forwarded", "for=127.0.0.1", "127.0.0.1:1", false),
        (None, "127.0.0.1:1", "x-real-ip", "127.0.0.1", "127.0.0.1:1", false),
        (None, "127.0.0.1:1", "via", "1.1 nginx", "127.0.0.1:1", false),
        (Forwarded, "127.0.0.1:1", "x-forwarded-for", "203.0.113.9", "127.0.0.1:1", false),
        (Forwarded, "127.0.0.1:1", "", "", "127.0.0.1:1", true),
        (Forwarded, "10.0.0.5:1", "x-forwarded-for", "203.0.113.9", "203.0.113.9:0", false),
        (Forwarded, "10.0.0.5:1", "x-forwarded-for", "127.0.0.1", "127.0.0.1:0", false),
        (Forwarded, "10.0.0.5:1", "x-real-ip", "203.0.113.9", "10.0.0.5:1", false),
        (V2, "10.0.0.5:1", "x-forwarded-for", "203.0.113.9", "10.0.0.5:1", false),
        (V2, "192.0.2.1:1", "x-forwarded-for", "203.0.113.9", "192.0.2.1:1", false),
    ] {
        let found = request(protocol, from, name, value);
        assert_eq!(found, (address.to_owned(), local), "{protocol:?} {from} {name}: {value}");
    }
    // A proxy on this machine that says nothing is a proxy all the same.
    let proxies = Proxies::new(network("127.0.0.1"), None);
    let from = socket("127.0.0.1:1");
    let connection = Caller { address: from, forwarded: proxies.includes(from.ip()) };
    assert!(!of_request(&proxies, "caller", from, connection, &HeaderMap::new()).is_local());
}
