//! The lists as folders of files.
//!
//! Promises: a certificate is trusted when a file in `trusted` holds exactly it, whatever the file is called, and is then no
//! more in `rejected`; or when a certificate in `issuers` vouches for it. Bounded: a server that shows a new certificate with
//! every attempt does not fill the disk.

use super::certificate::unpack;
use super::issuers::{self, Vouched};
use super::{Facts, Fault, State, TrustError};
use chrono::{DateTime, Utc};
use std::fs;
use std::io::{Error, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// At most this many certificates that nobody has accepted are kept; the oldest go first.
const MOST_REJECTED: usize = 100;
/// So many digits of a thumbprint are asked for at least: 64 bits, which nobody hits by trying.
pub(super) const LEAST_DIGITS: usize = 16;
/// No certificate is larger; other files are not read.
const MOST_BYTES: u64 = 64 << 10;
/// Nor is a list of revoked ones: it is read with every attempt to connect.
const MOST_LIST: u64 = 8 << 20;
/// Nor are the words for all faults longer.
const MOST_FAULTS: u64 = 1024;
/// What a list of revoked certificates is called at its end.
const LIST: &str = "crl";

/// `<store>/opcua/pki`.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// That of this store.
    pub fn of(store: &Path) -> Folder {
        Folder(store.join("opcua").join("pki"))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where the library looks for a certificate that was checked: it has its own idea of what a person has accepted.
    pub(crate) fn of_library(&self) -> PathBuf {
        self.0.join("library")
    }

    /// Makes the folders.
    pub(crate) fn prepare(&self) -> Result<(), TrustError> {
        let own = [State::Trusted, State::Rejected, State::Issuer].map(|state| self.of_state(state));
        let library = ["trusted", "rejected"].map(|name| self.of_library().join(name));
        own.iter().chain(&library).chain([&self.allowances()]).try_for_each(|path| {
            fs::create_dir_all(path).map_err(|error| TrustError::File { path: path.clone(), error })
        })
    }

    /// Whether a person has accepted exactly this certificate, and with which faults.
    pub(crate) fn trusts(&self, facts: &Facts) -> Result<Option<Vec<Fault>>, TrustError> {
        if !self.read(State::Trusted)?.iter().any(|(_, known)| known.der == facts.der) {
            return Ok(None);
        }
        self.take(State::Rejected, facts)?;
        self.allowed(facts).map(Some)
    }

    /// Whether one of the trusted issuers vouches for a certificate; `chain`: what its owner showed with it.
    pub(crate) fn vouched(&self, facts: &Facts, chain: &[&[u8]], now: DateTime<Utc>) -> Result<Vouched, TrustError> {
        let issuers = self.read(State::Issuer)?;
        if issuers.is_empty() {
            return Ok(Vouched::Not);
        }
        let issuers: Vec<Vec<u8>> = issuers.into_iter().map(|(_, issuer)| issuer.der).collect();
        Ok(issuers::vouched(&facts.der, chain, &issuers, &self.lists()?, now))
    }

    /// Lets the library find a certificate that was checked here.
    pub(crate) fn hand_over(&self, facts: &Facts) -> Result<(), TrustError> {
        self.write(&self.of_library().join("trusted").join(&facts.file_name), &facts.der)
    }

    /// The lists of revoked certificates. One that cannot be read, or is too large, is a mistake: nobody is to be trusted
    /// because of it.
    pub(super) fn lists(&self) -> Result<Vec<Vec<u8>>, TrustError> {
        let files = self.entries(State::Issuer)?.into_iter();
        let named = files.filter(|path| path.extension().is_some_and(|end| end.eq_ignore_ascii_case(LIST)));
        named
            .map(|path| {
                let bytes =
                    bounded(&path, MOST_LIST).map_err(|error| TrustError::File { path: path.clone(), error })?;
                let der = unpack(&bytes, "X509 CRL").unwrap_or(bytes);
                if issuers::is_list(&der) { Ok(der) } else { Err(TrustError::NoList(path)) }
            })
            .collect()
    }

    /// Says which faults of a trusted certificate do not matter.
    pub(super) fn allow(&self, facts: &Facts, faults: &[Fault]) -> Result<(), TrustError> {
        let path = self.allowance(facts);
        if faults.is_empty() {
            return drop_file(&path);
        }
        let words: Vec<&str> = faults.iter().map(|fault| fault.word()).collect();
        self.write(&path, format!("{}\n", words.join(",")).as_bytes())
    }

    pub(super) fn allowed(&self, facts: &Facts) -> Result<Vec<Fault>, TrustError> {
        let path = self.allowance(facts);
        match bounded(&path, MOST_FAULTS) {
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).trim().split(',').filter_map(Fault::named).collect()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(TrustError::File { path, error }),
        }
    }

    fn allowances(&self) -> PathBuf {
        self.0.join("allowed")
    }

    fn allowance(&self, facts: &Facts) -> PathBuf {
        self.allowances().join(facts.thumbprint.to_string())
    }

    /// Keeps a certificate that was turned away, so that it can be accepted by its thumbprint.
    pub(crate) fn reject(&self, facts: &Facts) -> Result<(), TrustError> {
        if self.trusts(facts)?.is_some() {
            return Ok(());
        }
        let mut kept = self.read(State::Rejected)?;
        if kept.iter().any(|(_, known)| known.der == facts.der) {
            return Ok(());
        }
        kept.sort_by_key(|(path, _)| fs::metadata(path).and_then(|about| about.modified()).ok());
        let beyond = (kept.len() + 1).saturating_sub(MOST_REJECTED);
        kept.iter().take(beyond).try_for_each(|(path, _)| drop_file(path))?;
        self.put(State::Rejected, facts)
    }

    /// The certificate whose thumbprint begins so; fewer than [`LEAST_DIGITS`] name none, since another's can be made to
    /// begin like a known one.
    pub(super) fn find(&self, thumbprint: &str) -> Result<Option<Facts>, TrustError> {
        let wanted: String = thumbprint.chars().filter(|c| !matches!(c, ':' | ' ')).collect::<String>().to_lowercase();
        if wanted.is_empty() || !wanted.chars().all(|c| c.is_ascii_hexdigit()) {
            return Ok(None);
        }
        if wanted.len() < LEAST_DIGITS {
            // Something called so may be a file.
            return if Path::new(thumbprint).is_file() { Ok(None) } else { Err(TrustError::Short(wanted)) };
        }
        let all = [State::Trusted, State::Rejected, State::Issuer].map(|state| self.read(state));
        let all: Vec<(PathBuf, Facts)> =
            all.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
        let mut found: Vec<Facts> = all
            .into_iter()
            .map(|(_, facts)| facts)
            .filter(|facts| facts.thumbprint.to_string().starts_with(&wanted))
            .collect();
        found.dedup_by(|one, other| one.der == other.der);
        match found.len() {
            0 | 1 => Ok(found.pop()),
            _ => Err(TrustError::Ambiguous(wanted)),
        }
    }

    /// What is in one of the lists, with its file.
    pub(super) fn read(&self, state: State) -> Result<Vec<(PathBuf, Facts)>, TrustError> {
        let small = self.files(state, MOST_BYTES)?.into_iter();
        Ok(small.filter_map(|path| Some((path.clone(), Facts::read(&fs::read(path).ok()?)?))).collect())
    }

    /// The files of a list that are not longer than this.
    fn entries(&self, state: State) -> Result<Vec<PathBuf>, TrustError> {
        let path = self.of_state(state);
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(TrustError::File { path, error }),
        };
        Ok(entries.flatten().map(|entry| entry.path()).collect())
    }

    fn files(&self, state: State, most: u64) -> Result<Vec<PathBuf>, TrustError> {
        let files = self.entries(state)?.into_iter();
        Ok(files.filter(|path| fs::metadata(path).is_ok_and(|about| about.is_file() && about.len() <= most)).collect())
    }

    pub(super) fn put(&self, state: State, facts: &Facts) -> Result<(), TrustError> {
        self.write(&self.of_state(state).join(&facts.file_name), &facts.der)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), TrustError> {
        self.prepare()?;
        if fs::read(path).is_ok_and(|there| there == bytes) {
            return Ok(());
        }
        // Written beside and moved into place: somebody who looks meanwhile sees all of it or nothing.
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let beside = self.0.join(format!(".{name}.{}", std::process::id()));
        let written = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
        written.map_err(|error| TrustError::File { path: path.to_owned(), error })
    }

    pub(super) fn take(&self, state: State, facts: &Facts) -> Result<(), TrustError> {
        let have = self.read(state)?;
        have.iter().filter(|(_, known)| known.der == facts.der).try_for_each(|(path, _)| drop_file(path))
    }

    fn of_state(&self, state: State) -> PathBuf {
        self.0.join(match state {
            State::Trusted => "trusted",
            State::Rejected => "rejected",
            State::Issuer => "issuers",
        })
    }
}

fn drop_file(path: &Path) -> Result<(), TrustError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(TrustError::File { path: path.to_owned(), error })
        }
        _ => Ok(()),
    }
}

/// What an ordinary file holds, when that is no more than `most` bytes.
fn bounded(path: &Path, most: u64) -> std::io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(Error::new(ErrorKind::InvalidInput, "it is no ordinary file"));
    }
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(Error::new(ErrorKind::FileTooLarge, format!("it has more than {most} bytes")));
    }
    Ok(bytes)
}
