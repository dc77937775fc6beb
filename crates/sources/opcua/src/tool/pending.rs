//! Certificates and trust as the running source keeps them, until its own module for that is here.
//!
//! Promises: the folders are those that the running source uses, `opcua/pki` in the store. Called by the commands; each
//! function stands for one of the module that the link has, with the same name and outcome.

use chrono::{DateTime, Utc};
use opcua::client::ClientBuilder;
use opcua::crypto::{CertificateStore, X509};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Why a certificate is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Doubt {
    /// Nobody said yet that it is the right one.
    Unknown(Certificate),
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
    pub(super) not_after: DateTime<Utc>,
    /// Which list it is in.
    pub(super) state: State,
}

/// Which list a certificate is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// A person has accepted it.
    Trusted,
    /// It was shown by a server and nobody has accepted it yet.
    Rejected,
}

/// Our own certificate and key.
#[derive(Debug, Clone)]
pub(super) struct Own {
    /// DER.
    pub(super) certificate: PathBuf,
    /// PEM.
    pub(super) key: PathBuf,
    /// The application URI.
    pub(super) uri: String,
    /// What servers list it by.
    pub(super) thumbprint: String,
}

/// The folder of certificates.
pub(super) fn pki(store: &Path) -> PathBuf {
    store.join("opcua").join("pki")
}

/// The URI this application goes by.
const URI: &str = "urn:tieline";

/// Our own certificate and key, made when there are none.
pub(super) fn own(store: &Path) -> Result<Own, String> {
    let certificates = CertificateStore::new(&pki(store));
    if certificates.read_own_cert().is_err() || certificates.read_own_pkey().is_err() {
        let builder = ClientBuilder::new().application_name("Tieline").application_uri(URI);
        let made = builder.pki_dir(pki(store)).create_sample_keypair(true).client();
        made.map_err(|problems| format!("our own certificate cannot be made: {}", problems.join("; ")))?;
    }
    let key = certificates.own_private_key_path();
    let closed = fs::set_permissions(&key, Permissions::from_mode(0o600));
    closed.map_err(|error| format!("our own key {} cannot be made: {error}", key.display()))?;
    let thumbprint = certificates.read_own_cert()?.thumbprint().as_hex_string();
    Ok(Own { certificate: certificates.own_certificate_path(), key, uri: URI.to_owned(), thumbprint })
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
    Ok(Err(Doubt::Unknown(shown(&certificate, State::Rejected))))
}

/// Every certificate that is trusted or was refused.
pub(super) fn list(store: &Path) -> Result<Vec<Certificate>, String> {
    let certificates = CertificateStore::new(&pki(store));
    let mut found = Vec::new();
    for (folder, state) in
        [(certificates.trusted_certs_dir(), State::Trusted), (certificates.rejected_certs_dir(), State::Rejected)]
    {
        let Ok(files) = fs::read_dir(folder) else { continue };
        let read = files.flatten().filter_map(|file| CertificateStore::read_cert(&file.path()).ok());
        found.extend(read.map(|certificate| shown(&certificate, state)));
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
    Ok(shown(&certificate, State::Trusted))
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
    Ok(shown(&certificate, State::Rejected))
}

fn find(folder: &Path, thumbprint: &str) -> Option<PathBuf> {
    let files = fs::read_dir(folder).ok()?.flatten().map(|file| file.path());
    let is_it = |path: &PathBuf| {
        let read = CertificateStore::read_cert(path);
        read.is_ok_and(|certificate| certificate.thumbprint().as_hex_string().eq_ignore_ascii_case(thumbprint))
    };
    files.into_iter().find(is_it)
}

fn shown(certificate: &X509, state: State) -> Certificate {
    Certificate {
        thumbprint: certificate.thumbprint().as_hex_string(),
        subject: certificate.subject_name(),
        uri: String::new(),
        not_after: certificate.not_after().unwrap_or_default(),
        state,
    }
}
