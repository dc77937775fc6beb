//! Who is trusted: the certificates of servers that a person has accepted, those that were turned away, and our own.
//!
//! Promises: nothing is trusted that nobody has accepted; what was accepted while the gateway runs counts at the next
//! attempt; a certificate is in one of the two lists, never in both. All of it lies in `<store>/opcua/pki` as plain files.
//! Called by the link before it connects, and by the command line.

mod certificate;
mod folder;
mod own;

pub(crate) use certificate::{Facts, Thumbprint};
pub(crate) use folder::Folder;
pub(crate) use own::Own;

use std::path::{Path, PathBuf};

/// One certificate as the command line shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// What it is called by: SHA-1 over the whole, 40 hexadecimal digits.
    pub thumbprint: String,
    /// Whom it names, for people; without control characters.
    pub subject: String,
    /// The application URI it names; empty when it has none.
    pub uri: String,
    /// Until when it holds, in UTC.
    pub not_after: chrono::DateTime<chrono::Utc>,
    /// Whether it is trusted.
    pub state: State,
}

/// Which list a certificate is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// A person has accepted it.
    Trusted,
    /// It was shown by a server and nobody has accepted it yet.
    Rejected,
}

/// Why a list was not changed or read.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// Neither a file nor a certificate in the lists.
    #[error("{0} is neither a file nor the thumbprint of a certificate that a server has shown")]
    Unknown(String),
    /// Too little of a thumbprint to be sure.
    #[error("{0} is too little of a thumbprint: write at least its first {least} digits", least = folder::LEAST_DIGITS)]
    Short(String),
    /// More than one certificate begins so.
    #[error("more than one certificate begins with {0}: write more of the thumbprint")]
    Ambiguous(String),
    /// A file that holds no certificate.
    #[error("{0} holds no certificate that can be read (PEM or DER)")]
    NoCertificate(PathBuf),
    /// The folder cannot be read or written.
    #[error("{path}: {error}")]
    File {
        /// Which file or folder.
        path: PathBuf,
        /// What the operating system says.
        error: std::io::Error,
    },
}

/// All certificates of both lists, the trusted first, each by subject.
pub fn list(store: &Path) -> Result<Vec<Certificate>, TrustError> {
    let folder = Folder::of(store);
    let mut all = Vec::new();
    for state in [State::Trusted, State::Rejected] {
        let mut some: Vec<Certificate> = folder.read(state)?.into_iter().map(|(_, facts)| facts.shown(state)).collect();
        some.sort_by(|one, other| (&one.subject, &one.thumbprint).cmp(&(&other.subject, &other.thumbprint)));
        some.dedup_by(|one, other| one.thumbprint == other.thumbprint);
        all.extend(some);
    }
    Ok(all)
}

/// Accepts a certificate: one that a server has shown, by its thumbprint (or 16 digits of it at least), or the
/// one in a file.
pub fn add(store: &Path, what: &str) -> Result<Certificate, TrustError> {
    let folder = Folder::of(store);
    let facts = match folder.find(what)? {
        Some(facts) => facts,
        None if Path::new(what).is_file() => {
            let path = Path::new(what);
            let bytes = std::fs::read(path).map_err(|error| TrustError::File { path: path.to_owned(), error })?;
            Facts::read(&bytes).ok_or_else(|| TrustError::NoCertificate(path.to_owned()))?
        }
        None => return Err(TrustError::Unknown(what.to_owned())),
    };
    folder.put(State::Trusted, &facts)?;
    folder.take(State::Rejected, &facts)?;
    Ok(facts.shown(State::Trusted))
}

/// Forgets a certificate in both lists; a server that shows it again is turned away again.
pub fn remove(store: &Path, what: &str) -> Result<Certificate, TrustError> {
    let folder = Folder::of(store);
    let facts = folder.find(what)?.ok_or_else(|| TrustError::Unknown(what.to_owned()))?;
    folder.take(State::Trusted, &facts)?;
    folder.take(State::Rejected, &facts)?;
    Ok(facts.shown(State::Rejected))
}

#[cfg(test)]
mod tests {
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
        assert!(!folder.trusts(&one).unwrap());
        folder.reject(&one).unwrap();
        folder.reject(&other).unwrap();
        let state =
            |thumbprint: &str| list(store).unwrap().into_iter().find(|c| c.thumbprint == thumbprint).unwrap().state;
        assert_eq!(state(&one.thumbprint.to_string()), State::Rejected);

        let short = one.thumbprint.to_string()[..15].to_owned();
        let told = add(store, &short).unwrap_err();
        assert!(matches!(told, TrustError::Short(_)) && told.to_string().contains("first 16 digits"), "{told}");
        assert!(matches!(remove(store, &short), Err(TrustError::Short(_))));
        assert!(!folder.trusts(&one).unwrap());
        let added = add(store, &one.thumbprint.to_string()[..16].to_uppercase()).unwrap();
        assert_eq!((added.uri.as_str(), added.state), ("urn:plant", State::Trusted));
        assert!(folder.trusts(&one).unwrap() && !folder.trusts(&other).unwrap());
        assert_eq!((state(&added.thumbprint), list(store).unwrap().len()), (State::Trusted, 2));
        // Shown again, it stays where a person has put it.
        folder.reject(&one).unwrap();
        assert_eq!(list(store).unwrap().len(), 2);

        remove(store, &added.thumbprint).unwrap();
        assert!(!folder.trusts(&one).unwrap());
        assert!(matches!(remove(store, &added.thumbprint), Err(TrustError::Unknown(_))));
        assert!(matches!(add(store, "/no/such/file"), Err(TrustError::Unknown(_))));
    }

    #[test]
    fn a_file_that_a_person_put_into_the_folder_counts_whatever_it_is_called() {
        let store = tempfile::tempdir().unwrap();
        let (facts, folder) = (some("one"), Folder::of(store.path()));
        folder.reject(&facts).unwrap();
        std::fs::write(store.path().join("opcua/pki/trusted/server.crt"), &facts.der).unwrap();
        assert!(folder.trusts(&facts).unwrap());
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
}
