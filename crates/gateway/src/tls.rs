//! Certificates from files to what transport needs. Called at start, and when the configuration is read again.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, ServerConfig};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use tieline_config::TlsSettings;

/// Why TLS cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is not what its key says.
    #[error("{key}: {path} cannot be used: {why}")]
    File {
        /// The key in the configuration.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Certificate and key do not fit together, or an authority is no authority.
    #[error("tls.cert and tls.key cannot be used together: {0}")]
    Pair(#[source] rustls::Error),
}

/// The certificate in use; it can be replaced while the gateway runs, and clients that connect from then on see it.
#[derive(Debug)]
pub(crate) struct Certificate(RwLock<Arc<CertifiedKey>>);

impl Certificate {
    pub(crate) fn read(settings: &TlsSettings) -> Result<Certificate, TlsError> {
        Ok(Certificate(RwLock::new(certified_key(settings)?)))
    }

    /// Reads the files again; what is wrong with them is told, and the certificate in use stays.
    pub(crate) fn read_again(&self, settings: &TlsSettings) -> Result<(), TlsError> {
        let key = certified_key(settings)?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = key;
        Ok(())
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

/// What transport needs for listeners with this certificate.
pub(crate) fn server_config(
    settings: &TlsSettings,
    certificate: Arc<Certificate>,
) -> Result<Arc<ServerConfig>, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Pair)?;
    let builder = match &settings.client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let mut roots = RootCertStore::empty();
            for authority in certificates("tls.client_ca", path)? {
                roots.add(authority).map_err(|error| wrong("tls.client_ca", path, error))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider)
                .build()
                .map_err(|error| wrong("tls.client_ca", path, error))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let mut config = builder.with_cert_resolver(certificate);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn certified_key(settings: &TlsSettings) -> Result<Arc<CertifiedKey>, TlsError> {
    let chain = certificates("tls.cert", &settings.cert)?;
    let key = PrivateKeyDer::from_pem_file(&settings.key).map_err(|error| wrong("tls.key", &settings.key, error))?;
    let provider = rustls::crypto::ring::default_provider();
    // Says so when they are not of one pair.
    CertifiedKey::from_der(chain, key, &provider).map(Arc::new).map_err(TlsError::Pair)
}

fn certificates(key: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match read {
        Ok(list) if list.is_empty() => Err(wrong(key, path, "there is no certificate in it (PEM is expected)")),
        Ok(list) => Ok(list),
        Err(error) => Err(wrong(key, path, error)),
    }
}

fn wrong(key: &'static str, path: &Path, why: impl std::fmt::Display) -> TlsError {
    TlsError::File { key, path: path.to_owned(), why: why.to_string() }
}
