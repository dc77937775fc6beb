//! The two lists as folders of files.
//!
//! Promises: a certificate is trusted when a file in `trusted` holds exactly it, whatever the file is called; it then also
//! lies there under the name under which the library looks for it, and no more in `rejected`. Bounded: a server that shows
//! a new certificate with every attempt does not fill the disk.

use super::{Facts, State, TrustError};
use std::fs;
use std::path::{Path, PathBuf};

/// At most this many certificates that nobody has accepted are kept; the oldest go first.
const MOST_REJECTED: usize = 100;
/// So many digits of a thumbprint are asked for at least: 64 bits, which nobody hits by trying.
pub(super) const LEAST_DIGITS: usize = 16;
/// No certificate is larger; other files are not read.
const MOST_BYTES: u64 = 64 << 10;

/// `<store>/opcua/pki`.
#[derive(Debug, Clone)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn of(store: &Path) -> Folder {
        Folder(store.join("opcua").join("pki"))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Makes the folders, which the library expects to be there.
    pub(crate) fn prepare(&self) -> Result<(), TrustError> {
        [self.of_state(State::Trusted), self.of_state(State::Rejected)].iter().try_for_each(|path| {
            fs::create_dir_all(path).map_err(|error| TrustError::File { path: path.clone(), error })
        })
    }

    /// Whether a person has accepted exactly this certificate.
    pub(crate) fn trusts(&self, facts: &Facts) -> Result<bool, TrustError> {
        if !self.read(State::Trusted)?.iter().any(|(_, known)| known.der == facts.der) {
            return Ok(false);
        }
        self.put(State::Trusted, facts)?;
        self.take(State::Rejected, facts)?;
        Ok(true)
    }

    /// Keeps a certificate that was turned away, so that it can be accepted by its thumbprint.
    pub(crate) fn reject(&self, facts: &Facts) -> Result<(), TrustError> {
        if self.trusts(facts)? {
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
        let all = self.read(State::Trusted)?.into_iter().chain(self.read(State::Rejected)?);
        let mut found: Vec<Facts> =
            all.map(|(_, facts)| facts).filter(|facts| facts.thumbprint.to_string().starts_with(&wanted)).collect();
        found.dedup_by(|one, other| one.der == other.der);
        match found.len() {
            0 | 1 => Ok(found.pop()),
            _ => Err(TrustError::Ambiguous(wanted)),
        }
    }

    /// What is in one of the lists, with its file.
    pub(super) fn read(&self, state: State) -> Result<Vec<(PathBuf, Facts)>, TrustError> {
        let path = self.of_state(state);
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(TrustError::File { path, error }),
        };
        let files = entries.flatten().map(|entry| entry.path());
        let small =
            files.filter(|path| fs::metadata(path).is_ok_and(|about| about.is_file() && about.len() <= MOST_BYTES));
        Ok(small.filter_map(|path| Some((path.clone(), Facts::read(&fs::read(path).ok()?)?))).collect())
    }

    pub(super) fn put(&self, state: State, facts: &Facts) -> Result<(), TrustError> {
        self.prepare()?;
        let path = self.of_state(state).join(&facts.file_name);
        if fs::read(&path).is_ok_and(|there| there == facts.der) {
            return Ok(());
        }
        // Written beside and moved into place: somebody who looks meanwhile sees all of it or nothing.
        let beside = self.0.join(format!(".{}.{}", facts.thumbprint, std::process::id()));
        let written = fs::write(&beside, &facts.der).and_then(|()| fs::rename(&beside, &path));
        written.map_err(|error| TrustError::File { path, error })
    }

    pub(super) fn take(&self, state: State, facts: &Facts) -> Result<(), TrustError> {
        let have = self.read(state)?;
        have.iter().filter(|(_, known)| known.der == facts.der).try_for_each(|(path, _)| drop_file(path))
    }

    fn of_state(&self, state: State) -> PathBuf {
        self.0.join(match state {
            State::Trusted => "trusted",
            State::Rejected => "rejected",
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
