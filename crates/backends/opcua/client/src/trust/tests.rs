//! Tests of the lists: what is accepted, turned away, vouched for and taken back.

use super::*;

fn some(name: &str) -> Facts {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::new(Vec::new()).unwrap();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
    parameters.subject_alt_names.push(rcgen::SanType::DnsName("localhost".try_into().unwrap()));
    parameters.subject_alt_names.push(rcgen::SanType::URI("urn:plant".try_into().unwrap()));
    Facts::read(parameters.self_signed(&key).unwrap().der()).unwrap()
}

#[test]
fn what_a_server_has_shown_can_be_accepted_and_forgotten() {
    let store = tempfile::tempdir().unwrap();
    let (store, one, other) = (store.path(), some("one/../one"), some("other"));
    let folder = Folder::of(store);
    assert!(folder.trusts(&one).unwrap().is_none());
    folder.reject(&one).unwrap();
    folder.reject(&other).unwrap();
    let state = |thumbprint: &str| list(store).unwrap().into_iter().find(|c| c.thumbprint == thumbprint).unwrap().state;
    assert_eq!(state(&one.thumbprint.to_string()), State::Rejected);

    let short = one.thumbprint.to_string()[..15].to_owned();
    let told = add(store, &short).unwrap_err();
    assert!(matches!(told, TrustError::Short(_)) && told.to_string().contains("first 16 digits"), "{told}");
    assert!(matches!(remove(store, &short), Err(TrustError::Short(_))));
    assert!(folder.trusts(&one).unwrap().is_none());
    let added = add(store, &one.thumbprint.to_string()[..16].to_uppercase()).unwrap();
    assert_eq!((added.uri.as_str(), added.state), ("urn:plant", State::Trusted));
    assert!(folder.trusts(&one).unwrap().is_some() && folder.trusts(&other).unwrap().is_none());
    assert_eq!((state(&added.thumbprint), list(store).unwrap().len()), (State::Trusted, 2));
    // Shown again, it stays where a person has put it.
    folder.reject(&one).unwrap();
    assert_eq!(list(store).unwrap().len(), 2);

    remove(store, &added.thumbprint).unwrap();
    assert!(folder.trusts(&one).unwrap().is_none());
    assert!(matches!(remove(store, &added.thumbprint), Err(TrustError::Unknown(_))));
    assert!(matches!(add(store, "/no/such/file"), Err(TrustError::Unknown(_))));
}

#[test]
fn a_file_that_a_person_put_into_the_folder_counts_whatever_it_is_called() {
    let store = tempfile::tempdir().unwrap();
    let (facts, folder) = (some("one"), Folder::of(store.path()));
    folder.reject(&facts).unwrap();
    std::fs::write(store.path().join("opcua/pki/trusted/server.crt"), &facts.der).unwrap();
    assert!(folder.trusts(&facts).unwrap().is_some());
    assert_eq!(list(store.path()).unwrap().len(), 1, "in one list only, and once");
}

#[test]
fn files_are_accepted_as_pem_and_as_der() {
    let store = tempfile::tempdir().unwrap();
    let facts = some("one");
    let file = store.path().join("server.pem");
    let text = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, &facts.der);
    std::fs::write(&file, format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")).unwrap();
    assert_eq!(add(store.path(), file.to_str().unwrap()).unwrap().thumbprint, facts.thumbprint.to_string());
    std::fs::write(&file, "nothing").unwrap();
    assert!(matches!(add(store.path(), file.to_str().unwrap()), Err(TrustError::NoCertificate(_))));
}

/// What a list of revoked certificates would have said is not known: nobody is trusted meanwhile.
#[test]
fn a_list_that_cannot_be_taken_is_no_empty_list() {
    let store = tempfile::tempdir().unwrap();
    let folder = Folder::of(store.path());
    folder.prepare().unwrap();
    let path = store.path().join("opcua/pki/issuers/plant.crl");
    assert!(folder.lists().unwrap().is_empty());
    std::fs::File::create(&path).unwrap().set_len((8 << 20) + 1).unwrap();
    let told = folder.lists().unwrap_err().to_string();
    assert!(told.contains("plant.crl") && told.contains("more than 8388608 bytes"), "{told}");
    std::fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("/no/such/list", &path).unwrap();
    assert!(matches!(folder.lists(), Err(TrustError::File { .. })));
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    assert!(matches!(folder.lists(), Err(TrustError::File { .. })));
}

#[test]
fn faults_that_are_allowed_are_few_words() {
    let store = tempfile::tempdir().unwrap();
    let (facts, folder) = (some("one"), Folder::of(store.path()));
    folder.prepare().unwrap();
    assert_eq!(folder.allowed(&facts).unwrap(), []);
    folder.allow(&facts, &Fault::ALL).unwrap();
    assert_eq!(folder.allowed(&facts).unwrap(), Fault::ALL);
    let path = store.path().join("opcua/pki/allowed").join(facts.thumbprint.to_string());
    std::fs::write(path, "expired,".repeat(1000)).unwrap();
    assert!(matches!(folder.allowed(&facts), Err(TrustError::File { .. })));
}
