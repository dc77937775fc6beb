//! What a certificate says, and the certificates of a chain one by one.
//!
//! Promises: reads what anybody sends without panicking; what cannot be read is no certificate. Called by the lists, by
//! the check of a server, and by the way to it.

use super::{Certificate, Fault, State};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use opcua::crypto::X509;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use tieline_model::{Safe, safe};
use x509_cert::der::{Decode, Encode, Reader, SliceReader};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

/// SHA-1 over a certificate: what people and OPC UA call it by. It names, it does not prove: certificates are compared whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thumbprint([u32; 5]);

impl Thumbprint {
    /// The same for a log line.
    pub(crate) fn safe(self) -> Safe {
        let [a, b, c, d, e] = self.0;
        safe!("{:08x}{:08x}{:08x}{:08x}{:08x}", a, b, c, d, e)
    }
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| write!(f, "{part:08x}"))
    }
}

/// A certificate and what it says.
#[derive(Clone)]
pub struct Facts {
    pub(crate) der: Vec<u8>,
    /// What it is called by.
    pub thumbprint: Thumbprint,
    pub(crate) subject: String,
    /// All URIs it names; a server's application URI has to be one of them.
    pub(crate) uris: Vec<String>,
    /// All hosts it names, by name or address.
    hosts: Vec<String>,
    pub(crate) not_before: DateTime<Utc>,
    pub(crate) not_after: DateTime<Utc>,
    /// What the library calls its file.
    pub(super) file_name: String,
}

impl Facts {
    /// Reads a certificate, DER or PEM; of a chain the first, which is its owner's.
    pub fn read(bytes: &[u8]) -> Option<Facts> {
        let unpacked = unpack(bytes, CERTIFICATE);
        let first = chain(unpacked.as_deref().unwrap_or(bytes)).into_iter().next()?;
        let parsed = x509_cert::Certificate::from_der(first).ok()?;
        let der = parsed.to_der().ok()?;
        let library = X509::from_der(&der).ok()?;
        let moment = |time: x509_cert::time::Time| {
            DateTime::from_timestamp(time.to_unix_duration().as_secs().try_into().ok()?, 0)
        };
        let validity = &parsed.tbs_certificate.validity;
        let names =
            parsed.tbs_certificate.get::<SubjectAltName>().ok().flatten().map(|(_, names)| names.0).unwrap_or_default();
        let uris = names.iter().filter_map(|name| match name {
            GeneralName::UniformResourceIdentifier(uri) => Some(uri.to_string()),
            _ => None,
        });
        let hosts = names.iter().filter_map(|name| match name {
            GeneralName::DnsName(host) => Some(host.to_string()),
            GeneralName::IpAddress(address) => address_of(address.as_bytes()),
            _ => None,
        });
        let thumbprint = library.thumbprint();
        let (parts, _) = thumbprint.value().as_chunks::<4>();
        Some(Facts {
            thumbprint: Thumbprint(std::array::from_fn(|at| parts.get(at).map_or(0, |part| u32::from_be_bytes(*part)))),
            subject: parsed.tbs_certificate.subject.to_string(),
            uris: uris.collect(),
            hosts: hosts.collect(),
            not_before: moment(validity.not_before)?,
            not_after: moment(validity.not_after)?,
            file_name: opcua::crypto::CertificateStore::cert_file_name(&library),
            der,
        })
    }

    /// Whether it names this host, as it stands in a URL.
    pub(crate) fn names(&self, host: &str) -> bool {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        self.hosts.iter().any(|known| known.eq_ignore_ascii_case(host))
    }

    /// For the command line.
    pub(super) fn shown(&self, state: State, allowed: Vec<Fault>) -> Certificate {
        let plain = |text: &str| text.chars().filter(|c| !c.is_control()).collect();
        Certificate {
            thumbprint: self.thumbprint.to_string(),
            subject: plain(&self.subject),
            uri: self.uris.first().map(|uri| plain(uri)).unwrap_or_default(),
            not_after: self.not_after,
            state,
            allowed,
        }
    }
}

fn address_of(bytes: &[u8]) -> Option<String> {
    let four = <[u8; 4]>::try_from(bytes).map(|bytes| Ipv4Addr::from(bytes).to_string());
    four.or_else(|_| <[u8; 16]>::try_from(bytes).map(|bytes| Ipv6Addr::from(bytes).to_string())).ok()
}

/// No chain is longer.
const LONGEST: usize = 10;

/// The certificates of a chain, which servers send one behind the other: the server's own first. What is behind a broken
/// one is not read.
pub(crate) fn chain(der: &[u8]) -> Vec<&[u8]> {
    let Ok(mut reader) = SliceReader::new(der) else { return Vec::new() };
    std::iter::from_fn(|| reader.tlv_bytes().ok()).take(LONGEST).collect()
}

pub(super) const CERTIFICATE: &str = "CERTIFICATE";

/// The first part of this kind in a PEM file, however its lines are broken.
pub(super) fn unpack(bytes: &[u8], kind: &str) -> Option<Vec<u8>> {
    let (_, inside) = std::str::from_utf8(bytes).ok()?.split_once(&format!("-----BEGIN {kind}-----"))?;
    let (inside, _) = inside.split_once(&format!("-----END {kind}-----"))?;
    STANDARD.decode(inside.split_whitespace().collect::<String>()).ok()
}
