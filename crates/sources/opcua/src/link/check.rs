//! Whether the certificate a server shows is the one it should be.
//!
//! Promises: accepted by a person, within its time, and naming the application that was asked for. The library checks the
//! first of these too, and would check the others against the first name of the certificate only, which refuses honest
//! servers; so they are done here, against all names.

use super::trouble::Trouble;
use crate::trust::{Facts, Folder};
use chrono::{DateTime, Utc};
use tieline_model::safe;

/// Checks a server's certificate, as it stands in its endpoint. One that nobody has accepted is kept to be accepted.
pub(super) fn certificate(folder: &Folder, shown: &[u8], uri: &str, now: DateTime<Utc>) -> Result<(), Trouble> {
    let unreadable =
        || Trouble::person("certificate", "the server shows no certificate that can be read, or a chain of them");
    let facts = Facts::read(shown).ok_or_else(unreadable)?;
    let thumbprint = facts.thumbprint.safe();
    // In words of the operating system, which may name folders: the log says where to look instead.
    let files =
        |_| Trouble::person("store", "opcua/pki in the store cannot be read or written: see its rights and its disk");
    if !folder.trusts(&facts).map_err(files)? {
        folder.reject(&facts).map_err(files)?;
        let detail =
            safe!("its certificate is not trusted; if it is the right one: tieline opcua trust add {}", thumbprint);
        return Err(Trouble::Person { reason: "untrusted", detail, awaits: Some(facts.thumbprint) });
    }
    if now < facts.not_before || now > facts.not_after {
        let detail =
            safe!("its certificate {} is out of its time: renew it, or set the clock of this machine", thumbprint);
        return Err(Trouble::person("expired", detail));
    }
    if !facts.uris.iter().any(|named| named == uri) {
        let detail = safe!("its certificate {} names another application URI: see `application_uri`", thumbprint);
        return Err(Trouble::person("uri", detail));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair, SanType, date_time_ymd};

    fn shown(until: i32) -> Vec<u8> {
        let mut parameters = CertificateParams::default();
        parameters.subject_alt_names =
            vec![SanType::DnsName("plant".try_into().unwrap()), SanType::URI("urn:plant".try_into().unwrap())];
        parameters.not_before = date_time_ymd(2020, 1, 1);
        parameters.not_after = date_time_ymd(until, 1, 1);
        parameters.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    fn reason(checked: Result<(), Trouble>) -> &'static str {
        match checked {
            Ok(()) => "well",
            Err(Trouble::Person { reason, .. }) => reason,
            Err(Trouble::Passing(_)) => "passing",
        }
    }

    #[test]
    fn a_certificate_must_be_accepted_in_time_and_of_the_application() {
        let store = tempfile::tempdir().unwrap();
        let (folder, now) = (Folder::of(store.path()), Utc::now());
        let (good, old) = (shown(2200), shown(2021));
        let Err(trouble) = certificate(&folder, &good, "urn:plant", now) else { panic!("nobody accepted it") };
        let thumbprint = Facts::read(&good).unwrap().thumbprint.to_string();
        assert!(trouble.detail().as_str().ends_with(&format!(": tieline opcua trust add {thumbprint}")));
        crate::trust::add(store.path(), &thumbprint).unwrap();
        // Its URI is not the first of its names.
        assert_eq!(reason(certificate(&folder, &good, "urn:plant", now)), "well");
        assert_eq!(reason(certificate(&folder, &good, "urn:other", now)), "uri");
        assert_eq!(reason(certificate(&folder, &old, "urn:plant", now)), "untrusted");
        crate::trust::add(store.path(), &Facts::read(&old).unwrap().thumbprint.to_string()).unwrap();
        assert_eq!(reason(certificate(&folder, &old, "urn:plant", now)), "expired");
        assert_eq!(reason(certificate(&folder, b"nothing", "urn:plant", now)), "certificate");
    }
}
