//! The certificate and key that Tieline itself has towards servers: one for all of them.
//!
//! Promises: made once, when it is first needed, whoever comes first (a lock file keeps two processes from making two);
//! the key is readable by its owner only from its first byte on; made anew before it ends. Called by the link before it
//! connects to a server that wants one, and by the command line.

use super::{Facts, Folder};
use chrono::{Datelike, Days, Utc};
use opcua::crypto::PrivateKey;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, SanType};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use tieline_model::safe;
use tieline_telemetry::events::CertificateMade;

/// How long it holds. Servers trust it by name, so a new one is work for a person.
const YEARS: i32 = 10;
/// Made anew when it ends within these many days.
const NEAR_ITS_END: Days = Days::new(30);
/// Bits of the key: what every policy accepts.
const BITS: u32 = 2048;

/// What our certificate calls us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// The application URI.
    pub(crate) uri: String,
    /// What servers list it by.
    pub(crate) thumbprint: super::Thumbprint,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
#[error("the own certificate in {path}: {what}")]
pub(crate) struct OwnError {
    path: PathBuf,
    what: String,
}

impl Own {
    /// Where the certificate is in the folder, DER.
    pub const CERTIFICATE: &str = "own/cert.der";
    /// Where its key is, PEM.
    pub(crate) const KEY: &str = "own/key.pem";

    /// The one there is, or a new one. Takes a second when one is made.
    pub(crate) fn ensure(folder: &Folder) -> Result<Own, OwnError> {
        let at = folder.path().join("own");
        let fail = |what: String| OwnError { path: at.clone(), what };
        fs::create_dir_all(&at).map_err(|error| fail(error.to_string()))?;
        let lock = File::create(at.join("lock")).map_err(|error| fail(error.to_string()))?;
        lock.lock().map_err(|error| fail(error.to_string()))?;
        if let Some(own) = Own::there(folder.path()) {
            return Ok(own);
        }
        make(folder.path()).map_err(fail)?;
        let own = Own::there(folder.path()).ok_or_else(|| fail("what was just written cannot be read".to_owned()))?;
        let (thumbprint, where_it_is) = (own.thumbprint.safe(), "opcua/pki/own/cert.der in the store");
        CertificateMade { source: crate::NAME, detail: safe!("{}, thumbprint {}", where_it_is, thumbprint) }.emit();
        Ok(own)
    }

    fn there(at: &Path) -> Option<Own> {
        let facts = Facts::read(&fs::read(at.join(Own::CERTIFICATE)).ok()?)?;
        PrivateKey::read_pem_file(&at.join(Own::KEY)).ok()?;
        let lasts = Utc::now().checked_add_days(NEAR_ITS_END).is_some_and(|soon| facts.not_after > soon);
        let uri = facts.uris.first()?.clone();
        lasts.then_some(Own { uri, thumbprint: facts.thumbprint })
    }
}

fn make(at: &Path) -> Result<(), String> {
    let host = gethostname::gethostname().to_string_lossy().into_owned();
    let key = PrivateKey::new(BITS).map_err(|error| error.to_string())?;
    let der = key.to_der().map_err(|error| error.to_string())?;
    let der = rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&der.as_bytes().into(), &rcgen::PKCS_RSA_SHA256);
    let key = der.map_err(|error| error.to_string())?;
    let certificate =
        parameters(&host).and_then(|parameters| parameters.self_signed(&key)).map_err(|error| error.to_string())?;
    // The key first: a certificate without its key would be taken for a whole.
    write(&at.join(Own::KEY), key.serialize_pem().as_bytes(), 0o600).map_err(|error| error.to_string())?;
    write(&at.join(Own::CERTIFICATE), certificate.der(), 0o644).map_err(|error| error.to_string())
}

/// As OPC UA part 6 wants an application's certificate; the URI is the first of its names, where some look for it.
fn parameters(host: &str) -> Result<CertificateParams, rcgen::Error> {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, format!("Tieline on {host}"));
    parameters.distinguished_name.push(DnType::OrganizationName, "Tieline");
    let plain: String = host.chars().filter(|c| c.is_ascii_alphanumeric() || "-._".contains(*c)).collect();
    parameters.subject_alt_names = vec![SanType::URI(format!("urn:{plain}:tieline").try_into()?)];
    if !plain.is_empty() {
        parameters.subject_alt_names.push(SanType::DnsName(plain.try_into()?));
    }
    let today = Utc::now().date_naive();
    let date = |year: i32| rcgen::date_time_ymd(year, today.month() as u8, today.day().min(28) as u8);
    // A server whose clock is behind accepts it too.
    parameters.not_before = date(today.year() - 1);
    parameters.not_after = date(today.year() + YEARS);
    parameters.is_ca = IsCa::ExplicitNoCa;
    parameters.use_authority_key_identifier_extension = true;
    parameters.key_usages = vec![
        KeyUsagePurpose::DigitalSignature,
        KeyUsagePurpose::ContentCommitment,
        KeyUsagePurpose::KeyEncipherment,
        KeyUsagePurpose::DataEncipherment,
        KeyUsagePurpose::KeyCertSign,
    ];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    Ok(parameters)
}

fn write(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let beside = path.with_extension("new");
    let _ = fs::remove_file(&beside);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn one_is_made_and_stays_whoever_comes_first() {
        let store = tempfile::tempdir().unwrap();
        let folder = Folder::of(store.path());
        let made: Vec<Own> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..3).map(|_| scope.spawn(|| Own::ensure(&folder).unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(made.iter().all(|own| *own == made[0]));
        assert!(made[0].uri.starts_with("urn:") && made[0].uri.ends_with(":tieline"), "{}", made[0].uri);
        let mode = fs::metadata(folder.path().join(Own::KEY)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let facts = Facts::read(&fs::read(folder.path().join(Own::CERTIFICATE)).unwrap()).unwrap();
        assert!(facts.not_after.year() >= Utc::now().year() + 9);

        fs::remove_file(folder.path().join(Own::KEY)).unwrap();
        assert_ne!(Own::ensure(&folder).unwrap().thumbprint, made[0].thumbprint, "without its key it is none");
    }
}
