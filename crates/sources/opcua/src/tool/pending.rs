//! What belongs elsewhere in this crate and is not there yet: certificates and trust.
//!
//! Promises: the folders are those that the running source uses. Called by the commands; each function here is one call
//! of its real owner once that is there.

use opcua::client::ClientBuilder;
use opcua::crypto::{CertificateStore, X509};
use std::fs;
use std::path::{Path, PathBuf};

/// Why a certificate is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Doubt {
    /// Nobody said yet that it is the right one.
    Unknown {
        /// What it is known by.
        thumbprint: String,
        /// Whose it says it is.
        subject: String,
        /// When it ends.
        not_after: String,
    },
    /// It is of no use, whoever trusts it.
    Unfit {
        /// Why.
        why: String,
    },
}

/// One certificate of the trust list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Certificate {
    /// What it is known by: SHA-1 of the whole, as hexadecimal digits.
    pub(super) thumbprint: String,
    /// Whose it says it is.
    pub(super) subject: String,
    /// The application it is for; empty when it does not say.
    pub(super) uri: String,
    /// When it ends.
    pub(super) not_after: String,
    /// Whether it is trusted; else it was refused.
    pub(super) is_trusted: bool,
}

/// The folder of certificates.
pub(super) fn pki(store: &Path) -> PathBuf {
    store.join("opcua").join("pki")
}

/// The URI this application goes by.
pub(super) fn application_uri() -> String {
    "urn:tieline".to_owned()
}

/// Makes our own certificate and key when there is none.
pub(super) fn own_certificate(store: &Path) -> Result<(), String> {
    let certificates = CertificateStore::new(&pki(store));
    if certificates.read_own_cert().is_ok() && certificates.read_own_pkey().is_ok() {
        return Ok(());
    }
    let made = ClientBuilder::new()
        .application_name("Tieline")
        .application_uri(application_uri())
        .pki_dir(pki(store))
        .create_sample_keypair(true)
        .client();
    made.map(drop).map_err(|problems| format!("our own certificate cannot be made: {}", problems.join("; ")))
}

/// Our own certificate's file and thumbprint.
pub(super) fn own_certificate_shown(store: &Path) -> (String, String) {
    let certificates = CertificateStore::new(&pki(store));
    let thumbprint = certificates.read_own_cert().map(|own| own.thumbprint().as_hex_string());
    (certificates.own_certificate_path().display().to_string(), thumbprint.unwrap_or_else(|why| why))
}

/// Whether this certificate of a server is trusted for that application; one that nobody knows is kept as refused.
pub(super) fn is_trusted(store: &Path, der: &[u8], _uri: &str) -> Result<Result<(), Doubt>, String> {
    let certificates = CertificateStore::new(&pki(store));
    certificates.ensure_pki_path()?;
    let Ok(certificate) = X509::from_der(der) else {
        return Ok(Err(Doubt::Unfit { why: "it cannot be read".to_owned() }));
    };
    if let Err(error) = certificate.is_time_valid(&std::time::SystemTime::now().into()) {
        return Ok(Err(Doubt::Unfit { why: error.to_string() }));
    }
    let name = CertificateStore::cert_file_name(&certificate);
    let known = certificates.trusted_certs_dir().join(&name);
    if fs::read(known).is_ok_and(|trusted| trusted == der) {
        return Ok(Ok(()));
    }
    certificates.store_rejected_cert(&certificate)?;
    let one = shown(&certificate, false);
    Ok(Err(Doubt::Unknown { thumbprint: one.thumbprint, subject: one.subject, not_after: one.not_after }))
}

/// Every certificate that is trusted or was refused.
pub(super) fn list(store: &Path) -> Result<Vec<Certificate>, String> {
    let certificates = CertificateStore::new(&pki(store));
    let mut found = Vec::new();
    for (folder, is_trusted) in [(certificates.trusted_certs_dir(), true), (certificates.rejected_certs_dir(), false)] {
        let Ok(files) = fs::read_dir(folder) else { continue };
        let read = files.flatten().filter_map(|file| CertificateStore::read_cert(&file.path()).ok());
        found.extend(read.map(|certificate| shown(&certificate, is_trusted)));
    }
    found.sort_by(|one, other| (&one.subject, &one.thumbprint).cmp(&(&other.subject, &other.thumbprint)));
    Ok(found)
}

/// Trusts the refused certificate with this thumbprint, or the one in this file.
pub(super) fn add(store: &Path, which: &str) -> Result<Certificate, String> {
    let certificates = CertificateStore::new(&pki(store));
    certificates.ensure_pki_path()?;
    let rejected = find(&certificates.rejected_certs_dir(), which);
    let path = rejected.clone().or_else(|| Some(PathBuf::from(which)).filter(|path| path.is_file()));
    let Some(path) = path else {
        return Err(format!(
            "{which} is neither the thumbprint of a refused certificate nor a file; `tieline opcua trust list` shows them"
        ));
    };
    let certificate = CertificateStore::read_cert(&path)?;
    let der = certificate.to_der().map_err(|_| format!("{} cannot be read", path.display()))?;
    let target = certificates.trusted_certs_dir().join(CertificateStore::cert_file_name(&certificate));
    fs::write(&target, der).map_err(|error| format!("{}: {error}", target.display()))?;
    if let Some(path) = rejected {
        fs::remove_file(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(shown(&certificate, true))
}

/// Forgets the certificate with this thumbprint.
pub(super) fn remove(store: &Path, which: &str) -> Result<Certificate, String> {
    let certificates = CertificateStore::new(&pki(store));
    let found = [certificates.trusted_certs_dir(), certificates.rejected_certs_dir()];
    let Some(path) = found.iter().find_map(|folder| find(folder, which)) else {
        return Err(format!("there is no certificate {which}; `tieline opcua trust list` shows them"));
    };
    let certificate = CertificateStore::read_cert(&path)?;
    fs::remove_file(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(shown(&certificate, false))
}

fn find(folder: &Path, thumbprint: &str) -> Option<PathBuf> {
    let files = fs::read_dir(folder).ok()?.flatten().map(|file| file.path());
    let is_it = |path: &PathBuf| {
        let read = CertificateStore::read_cert(path);
        read.is_ok_and(|certificate| certificate.thumbprint().as_hex_string().eq_ignore_ascii_case(thumbprint))
    };
    files.into_iter().find(is_it)
}

fn shown(certificate: &X509, is_trusted: bool) -> Certificate {
    Certificate {
        thumbprint: certificate.thumbprint().as_hex_string(),
        subject: certificate.subject_name(),
        uri: String::new(),
        not_after: certificate.not_after().map(|time| time.to_rfc3339()).unwrap_or_default(),
        is_trusted,
    }
}
