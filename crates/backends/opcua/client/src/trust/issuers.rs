//! Whether a trusted issuer, a CA, vouches for a certificate.
//!
//! Promises: each signature from the certificate up to the issuer is verified, each time and each purpose looked at, and
//! what an issuer has revoked is not trusted. Lists of revoked certificates count whatever their age: an old one is better
//! than none. Called by the folder, with what lies in its files.

use chrono::{DateTime, Utc};
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use std::time::Duration;
use webpki::{
    ALL_VERIFICATION_ALGS, CertRevocationList, EndEntityCert, Error, ExpirationPolicy, KeyUsage,
    OwnedCertRevocationList, RevocationOptionsBuilder, UnknownStatusPolicy, anchor_from_trusted_cert,
};

/// What the issuers say of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Vouched {
    /// One of them has signed it, or one who is signed by them.
    For,
    /// None of them knows it.
    Not,
    /// It was taken back.
    Revoked,
    /// It was signed, but it or one between is out of its time.
    OutOfTime,
}

/// Asks the issuers; `chain`: certificates that may lie between, in any order.
pub(super) fn vouched(
    certificate: &[u8],
    chain: &[&[u8]],
    issuers: &[Vec<u8>],
    lists: &[Vec<u8>],
    now: DateTime<Utc>,
) -> Vouched {
    let issuers: Vec<CertificateDer<'_>> = issuers.iter().map(|issuer| issuer.as_slice().into()).collect();
    let anchors: Vec<TrustAnchor<'_>> =
        issuers.iter().filter_map(|issuer| anchor_from_trusted_cert(issuer).ok()).collect();
    let between: Vec<CertificateDer<'_>> = chain.iter().map(|one| CertificateDer::from(*one)).collect();
    let lists: Vec<CertRevocationList<'_>> =
        lists.iter().filter_map(|list| Some(OwnedCertRevocationList::from_der(list).ok()?.into())).collect();
    let lists: Vec<&CertRevocationList<'_>> = lists.iter().collect();
    // Not every issuer has a list.
    let revocation = RevocationOptionsBuilder::new(&lists).ok().map(|options| {
        options.with_status_policy(UnknownStatusPolicy::Allow).with_expiration_policy(ExpirationPolicy::Ignore).build()
    });
    let certificate = CertificateDer::from(certificate);
    let Ok(certificate) = EndEntityCert::try_from(&certificate) else { return Vouched::Not };
    let now = UnixTime::since_unix_epoch(Duration::from_secs(now.timestamp().try_into().unwrap_or_default()));
    let path = certificate.verify_for_usage(
        ALL_VERIFICATION_ALGS,
        &anchors,
        &between,
        now,
        KeyUsage::server_auth(),
        revocation,
        None,
    );
    match path.map(|_| ()) {
        Ok(()) => Vouched::For,
        Err(Error::CertRevoked) => Vouched::Revoked,
        Err(Error::CertExpired { .. } | Error::CertNotValidYet { .. }) => Vouched::OutOfTime,
        Err(_) => Vouched::Not,
    }
}

/// Whether these bytes are a list of revoked certificates.
pub(super) fn is_list(der: &[u8]) -> bool {
    OwnedCertRevocationList::from_der(der).is_ok()
}
