//! Why a TLS handshake failed, in words that say what to do about it.
//!
//! Called when one has failed. What the client sent is not repeated.

use rustls::{AlertDescription, CertificateError, Error, InvalidMessage};
use std::io;
use tieline_model::Safe;

/// One line about the failure.
pub(crate) fn why(error: &io::Error) -> Safe {
    match error.get_ref().and_then(|source| source.downcast_ref::<Error>()) {
        Some(error) => of_rustls(error),
        None if error.kind() == io::ErrorKind::UnexpectedEof => {
            "the client hung up in the middle of the TLS handshake".into()
        }
        None => "the connection broke in the middle of the TLS handshake".into(),
    }
}

fn of_rustls(error: &Error) -> Safe {
    match error {
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "plain HTTP (or something else) was spoken to a port that speaks TLS; use wss:// or https://".into()
        }
        Error::PeerIncompatible(_) => {
            "no TLS version or cipher in common; the client has to speak TLS 1.2 or 1.3 with current ciphers".into()
        }
        Error::NoCertificatesPresented => "the client sent no certificate, and tls.client_ca asks for one".into(),
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            "the client's certificate is of no authority in tls.client_ca".into()
        }
        Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            "the client's certificate has expired".into()
        }
        Error::InvalidCertificate(CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }) => {
            "the client's certificate is not valid yet; is the clock right?".into()
        }
        Error::InvalidCertificate(_) => "the client's certificate cannot be used (tls.client_ca)".into(),
        Error::AlertReceived(alert) if is_distrust(*alert) => {
            "the client does not trust the certificate of tls.cert; it needs the authority, or another name in it"
                .into()
        }
        Error::AlertReceived(AlertDescription::ProtocolVersion) => {
            "no TLS version in common; TLS 1.2 and 1.3 are spoken here".into()
        }
        _ => "the TLS handshake failed; does the client use wss://?".into(),
    }
}

fn is_distrust(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::UnknownCA
            | AlertDescription::BadCertificate
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateExpired
            | AlertDescription::UnsupportedCertificate
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::PeerIncompatible;

    #[test]
    fn each_failure_says_which_it_is() {
        for (error, expected) in [
            (Error::InvalidMessage(InvalidMessage::InvalidContentType), "plain HTTP"),
            (Error::PeerIncompatible(PeerIncompatible::Tls12NotOfferedOrEnabled), "no TLS version"),
            (Error::NoCertificatesPresented, "sent no certificate"),
            (Error::InvalidCertificate(CertificateError::UnknownIssuer), "no authority in tls.client_ca"),
            (Error::InvalidCertificate(CertificateError::Expired), "has expired"),
            (Error::AlertReceived(AlertDescription::UnknownCA), "does not trust the certificate of tls.cert"),
            (Error::DecryptError, "failed"),
        ] {
            let told = why(&io::Error::new(io::ErrorKind::InvalidData, error.clone()));
            assert!(told.as_str().contains(expected), "{error:?}: {told}");
        }
        assert!(why(&io::ErrorKind::UnexpectedEof.into()).as_str().contains("hung up"));
    }
}
