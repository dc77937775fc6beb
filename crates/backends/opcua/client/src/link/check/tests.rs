//! Tests of the check: what passes and what does not, of certificates that a person has accepted and of those that an
//! issuer vouches for.

use super::*;
use crate::trust;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, IsCa, KeyIdMethod, KeyPair,
    KeyUsagePurpose, RevokedCertParams, SanType, SerialNumber, date_time_ymd,
};
use std::path::Path;
use tempfile::TempDir;

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn parameters(until: i32) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.subject_alt_names =
        vec![SanType::DnsName("plant".try_into().unwrap()), SanType::URI("urn:plant".try_into().unwrap())];
    parameters.not_before = date_time_ymd(2020, 1, 1);
    parameters.not_after = date_time_ymd(until, 1, 1);
    parameters.serial_number = Some(SerialNumber::from(7u64));
    parameters
}

fn shown(until: i32) -> Vec<u8> {
    parameters(until).self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
}

fn issuer(name: &str, by: Option<&Issuer>) -> Issuer {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate().unwrap();
    match by {
        Some(by) => CertifiedIssuer::signed_by(parameters, key, by).unwrap(),
        None => CertifiedIssuer::self_signed(parameters, key).unwrap(),
    }
}

/// A certificate of the plant by this issuer, with a fault.
fn signed(by: &Issuer, change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
    let mut parameters = parameters(2200);
    change(&mut parameters);
    parameters.signed_by(&KeyPair::generate().unwrap(), by).unwrap().der().to_vec()
}

struct Site {
    store: TempDir,
    folder: Folder,
}

impl Site {
    fn new() -> Site {
        let store = tempfile::tempdir().unwrap();
        Site { folder: Folder::of(store.path()), store }
    }

    fn trusting(issuer: &Issuer) -> Site {
        let site = Site::new();
        let file = site.store.path().join("ca.der");
        std::fs::write(&file, issuer.der()).unwrap();
        trust::add_issuer(site.store.path(), &file).unwrap();
        site
    }

    fn check(&self, shown: &[u8], uri: &str) -> Result<(), LinkError> {
        certificate(&self.folder, shown, &Expected { uri: uri.to_owned(), host: "PLANT".to_owned() }, Utc::now())
    }

    fn reason(&self, shown: &[u8]) -> &'static str {
        self.reason_at(shown, "urn:plant")
    }

    fn reason_at(&self, shown: &[u8], uri: &str) -> &'static str {
        match self.check(shown, uri) {
            Ok(()) => "well",
            Err(LinkError::Person { reason, .. }) => reason,
            Err(LinkError::Passing(_)) => "passing",
        }
    }

    /// Does what the error says.
    fn obey(&self, link_error: &LinkError) {
        let detail = link_error.detail().as_str();
        let command = detail.split_once("tieline opcua trust add ").unwrap_or_else(|| panic!("{detail}")).1;
        let (thumbprint, words) = command.split_once(" --allow ").unwrap_or((command, ""));
        let allowed: Vec<Fault> = words.split(',').filter_map(Fault::named).collect();
        trust::add_allowing(self.store.path(), thumbprint, &allowed).unwrap();
    }
}

#[test]
fn a_certificate_must_be_accepted_in_time_and_of_the_application() {
    let site = Site::new();
    let (good, old) = (shown(2200), shown(2021));
    let link_error = site.check(&good, "urn:plant").unwrap_err();
    let thumbprint = Facts::read(&good).unwrap().thumbprint.to_string();
    assert!(link_error.detail().as_str().ends_with(&format!(": tieline opcua trust add {thumbprint}")));
    site.obey(&link_error);
    // Its URI is not the first of its names.
    assert_eq!(site.reason(&good), "well");
    assert_eq!(site.reason_at(&good, "urn:other"), "uri");
    assert_eq!(site.reason(&old), "untrusted");
    trust::add(site.store.path(), &Facts::read(&old).unwrap().thumbprint.to_string()).unwrap();
    assert_eq!(site.reason(&old), "expired");
    assert_eq!(site.reason(b"nothing"), "certificate");
}

#[test]
fn a_chain_is_its_first_certificate() {
    let site = Site::new();
    let between = issuer("between", None);
    let whole = [signed(&between, |_| {}), between.der().to_vec()].concat();
    site.obey(&site.check(&whole, "urn:plant").unwrap_err());
    assert_eq!(site.reason(&whole), "well");
    assert_eq!(site.reason(&signed(&between, |_| {})), "untrusted", "another of the same issuer");
}

#[test]
fn a_fault_passes_where_a_person_says_so_and_only_there() {
    let site = Site::new();
    let nameless = |until| {
        let mut parameters = parameters(until);
        parameters.subject_alt_names.clear();
        parameters.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    };
    let (one, other) = (nameless(2021), nameless(2021));
    for shown in [&one, &other] {
        site.obey(&site.check(shown, "urn:plant").unwrap_err());
    }
    let link_error = site.check(&one, "urn:plant").unwrap_err();
    assert!(link_error.detail().as_str().ends_with("--allow expired,uri"), "all at once: {}", link_error.detail());
    site.obey(&link_error);
    assert_eq!(site.reason(&one), "well");
    assert_eq!(site.reason(&other), "expired");
    let listed = trust::list(site.store.path()).unwrap();
    let allowed: Vec<usize> = listed.iter().map(|one| one.allowed.len()).collect();
    assert!(allowed.contains(&2) && allowed.contains(&0), "{listed:?}");
    // What may pass already stays in the command.
    let thumbprint = Facts::read(&one).unwrap().thumbprint.to_string();
    trust::add_allowing(site.store.path(), &thumbprint, &[Fault::Uri]).unwrap();
    site.obey(&site.check(&one, "urn:plant").unwrap_err());
    assert_eq!(site.reason(&one), "well");
    trust::remove(site.store.path(), &thumbprint).unwrap();
    trust::add(site.store.path(), &write(site.store.path(), &one)).unwrap();
    assert_eq!(site.reason(&one), "expired", "what was forgotten is forgotten");
}

fn write(folder: &Path, der: &[u8]) -> String {
    let file = folder.join("one.der");
    std::fs::write(&file, der).unwrap();
    file.display().to_string()
}

#[test]
fn an_issuer_vouches_for_whatever_it_has_signed() {
    let root = issuer("root", None);
    let between = issuer("between", Some(&root));
    let site = Site::trusting(&root);
    for _ in 0..2 {
        assert_eq!(site.reason(&signed(&root, |_| {})), "well", "each new one");
    }
    let leaf = signed(&between, |_| {});
    assert_eq!(site.reason(&leaf), "untrusted", "nobody knows who is between");
    assert_eq!(site.reason(&[leaf, between.der().to_vec()].concat()), "well");
    let stranger = issuer("root", None);
    assert_eq!(site.reason(&signed(&stranger, |_| {})), "untrusted", "the name is no proof");
    let pretender = signed(&root, |_| {});
    let key = KeyPair::generate().unwrap();
    let ends = rcgen::Issuer::new(parameters(2200), key);
    let forged = parameters(2200).signed_by(&KeyPair::generate().unwrap(), &ends).unwrap().der().to_vec();
    assert_eq!(site.reason(&[forged, pretender].concat()), "untrusted", "who is vouched for vouches for nobody");
}

#[test]
fn who_is_only_vouched_for_has_to_be_right_in_everything() {
    let root = issuer("root", None);
    let site = Site::trusting(&root);
    let elsewhere = signed(&root, |parameters| {
        parameters.subject_alt_names =
            vec![SanType::DnsName("elsewhere".try_into().unwrap()), SanType::URI("urn:plant".try_into().unwrap())];
    });
    assert_eq!(site.reason(&elsewhere), "host");
    site.obey(&site.check(&elsewhere, "urn:plant").unwrap_err());
    assert_eq!(site.reason(&elsewhere), "well");
    let old = signed(&root, |parameters| parameters.not_after = date_time_ymd(2021, 1, 1));
    assert_eq!(site.reason(&old), "expired");
    let future = signed(&root, |parameters| parameters.not_before = date_time_ymd(2190, 1, 1));
    assert_eq!(site.reason(&future), "expired");
    let mut parameters = CertificateParams::default();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.not_after = date_time_ymd(2021, 1, 1);
    let gone = CertifiedIssuer::signed_by(parameters, KeyPair::generate().unwrap(), &root).unwrap();
    let whole = [signed(&gone, |_| {}), gone.der().to_vec()].concat();
    assert_eq!(site.reason(&whole), "expired", "one between is out of its time");
}

#[test]
fn what_an_issuer_has_taken_back_is_not_trusted() {
    let root = issuer("root", None);
    let site = Site::trusting(&root);
    let leaf = signed(&root, |_| {});
    assert_eq!(site.reason(&leaf), "well");
    let revoked = RevokedCertParams {
        serial_number: SerialNumber::from(7u64),
        revocation_time: date_time_ymd(2024, 1, 1),
        reason_code: None,
        invalidity_date: None,
    };
    let list = CertificateRevocationListParams {
        this_update: date_time_ymd(2024, 1, 1),
        next_update: date_time_ymd(2024, 2, 1),
        crl_number: SerialNumber::from(1u64),
        issuing_distribution_point: None,
        revoked_certs: vec![revoked],
        key_identifier_method: KeyIdMethod::Sha256,
    };
    let issuers = site.folder.path().join("issuers");
    std::fs::write(issuers.join("plant.crl"), list.signed_by(&root).unwrap().pem().unwrap()).unwrap();
    assert_eq!(site.reason(&leaf), "revoked");
    assert_eq!(site.reason(&signed(&root, |other| other.serial_number = Some(8u64.into()))), "well");
    std::fs::write(issuers.join("other.CRL"), "nothing").unwrap();
    assert_eq!(site.reason(&leaf), "store", "a list that cannot be read is no reason to trust");
}
