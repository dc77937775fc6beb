//! A certificate for one test, and clients that trust it.

use crate::{Done, Stream, patience::failed, within};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::net::SocketAddr;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// A certificate for 127.0.0.1 that signs itself, with its files.
pub struct Certificate {
    folder: TempDir,
    der: CertificateDer<'static>,
}

impl Certificate {
    /// Makes one and writes its files.
    pub fn new() -> Certificate {
        let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).expect("a certificate");
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("cert.pem"), made.cert.pem()).expect("a file");
        std::fs::write(folder.path().join("key.pem"), made.signing_key.serialize_pem()).expect("a file");
        Certificate { folder, der: made.cert.der().clone() }
    }

    /// The `[tls]` section that names the files.
    pub fn section(&self) -> String {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        format!("[tls]\ncert = {:?}\nkey = {:?}\n", path("cert.pem"), path("key.pem"))
    }

    /// A connection by TLS, and the port it comes from.
    pub async fn connect(&self, address: SocketAddr) -> Done<(Box<dyn Stream>, SocketAddr)> {
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone()).expect("a certificate that can be trusted");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.expect("TLS versions").with_root_certificates(roots).with_no_client_auth();
        let tcp = within("connecting", TcpStream::connect(address)).await?.map_err(failed("connecting"))?;
        let local = tcp.local_addr().map_err(failed("the socket's own address"))?;
        let name = ServerName::from(address.ip());
        let tls = within("the TLS handshake", TlsConnector::from(Arc::new(config)).connect(name, tcp)).await?;
        Ok((Box::new(tls.map_err(failed("the TLS handshake"))?), local))
    }
}

impl Default for Certificate {
    fn default() -> Certificate {
        Certificate::new()
    }
}
