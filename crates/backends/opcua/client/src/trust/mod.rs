//! Who is trusted: the certificates of servers that a person has accepted, those of issuers who vouch for others, those
//! that were turned away, and our own.
//!
//! Promises: nothing is trusted that nobody has accepted; what was accepted while the gateway runs counts at the next
//! attempt; a server's certificate is trusted or turned away, never both; a fault is allowed for exactly the certificate it
//! was allowed for. All of it lies in `<store>/opcua/pki` as plain files. Called by the link before it connects, and by the
//! command line.

mod certificate;
mod folder;
mod issuers;
mod own;
#[cfg(test)]
mod tests;

pub(crate) use certificate::chain;
pub use certificate::{Facts, Thumbprint};
pub use folder::Folder;
pub(crate) use issuers::Vouched;
pub use own::Own;

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
    /// Which of its faults do not matter.
    pub allowed: Vec<Fault>,
}

/// Which list a certificate is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// A person has accepted it.
    Trusted,
    /// It was shown by a server and nobody has accepted it yet.
    Rejected,
    /// A person trusts whatever it has signed.
    Issuer,
}

/// What may be wrong with a certificate that is the right one all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// It is out of its time, before or after.
    Expired,
    /// It names another application URI than the server's, or none.
    Uri,
    /// It names other hosts than the one that was dialled; asked only where its issuer vouches for it.
    Host,
}

impl Fault {
    /// All of them.
    pub const ALL: [Fault; 3] = [Fault::Expired, Fault::Uri, Fault::Host];

    /// The word for it on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Fault::Expired => "expired",
            Fault::Uri => "uri",
            Fault::Host => "host",
        }
    }

    /// The fault with this word.
    pub fn named(word: &str) -> Option<Fault> {
        Fault::ALL.into_iter().find(|fault| fault.word() == word)
    }
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
    /// A file that is called as a list of revoked certificates is, and is none.
    #[error("{0} holds no list of revoked certificates that can be read (PEM or DER); repair it, or take it away")]
    NoList(PathBuf),
    /// The folder cannot be read or written.
    #[error("{path}: {error}")]
    File {
        /// Which file or folder.
        path: PathBuf,
        /// What the operating system says.
        error: std::io::Error,
    },
}

/// All certificates: issuers first, then the trusted, each by subject.
pub fn list(store: &Path) -> Result<Vec<Certificate>, TrustError> {
    let folder = Folder::of(store);
    let mut all = Vec::new();
    for state in [State::Issuer, State::Trusted, State::Rejected] {
        let shown = |facts: Facts| {
            let allowed = if state == State::Trusted { folder.allowed(&facts)? } else { Vec::new() };
            Ok(facts.shown(state, allowed))
        };
        let some: Result<Vec<Certificate>, TrustError> =
            folder.read(state)?.into_iter().map(|(_, facts)| shown(facts)).collect();
        let mut some = some?;
        some.sort_by(|one, other| (&one.subject, &one.thumbprint).cmp(&(&other.subject, &other.thumbprint)));
        some.dedup_by(|one, other| one.thumbprint == other.thumbprint);
        all.extend(some);
    }
    Ok(all)
}

/// How many lists of revoked certificates there are.
pub fn lists(store: &Path) -> Result<usize, TrustError> {
    Folder::of(store).lists().map(|lists| lists.len())
}

/// Accepts a certificate: one that a server has shown, by its thumbprint (or 16 digits of it at least), or the
/// one in a file.
pub fn add(store: &Path, what: &str) -> Result<Certificate, TrustError> {
    add_allowing(store, what, &[])
}

/// The same with these faults, and no others.
pub fn add_allowing(store: &Path, what: &str, allowed: &[Fault]) -> Result<Certificate, TrustError> {
    let folder = Folder::of(store);
    let facts = match folder.find(what)? {
        Some(facts) => facts,
        None if Path::new(what).is_file() => from_file(Path::new(what))?,
        None => return Err(TrustError::Unknown(what.to_owned())),
    };
    folder.put(State::Trusted, &facts)?;
    folder.allow(&facts, allowed)?;
    folder.take(State::Rejected, &facts)?;
    Ok(facts.shown(State::Trusted, folder.allowed(&facts)?))
}

/// Trusts whatever the issuer in a file has signed.
pub fn add_issuer(store: &Path, file: &Path) -> Result<Certificate, TrustError> {
    let facts = from_file(file)?;
    Folder::of(store).put(State::Issuer, &facts)?;
    Ok(facts.shown(State::Issuer, Vec::new()))
}

/// Forgets a certificate in all lists; a server that shows it again is turned away again.
pub fn remove(store: &Path, what: &str) -> Result<Certificate, TrustError> {
    let folder = Folder::of(store);
    let facts = folder.find(what)?.ok_or_else(|| TrustError::Unknown(what.to_owned()))?;
    [State::Trusted, State::Rejected, State::Issuer].iter().try_for_each(|state| folder.take(*state, &facts))?;
    folder.allow(&facts, &[])?;
    Ok(facts.shown(State::Rejected, Vec::new()))
}

fn from_file(path: &Path) -> Result<Facts, TrustError> {
    let bytes = std::fs::read(path).map_err(|error| TrustError::File { path: path.to_owned(), error })?;
    Facts::read(&bytes).ok_or_else(|| TrustError::NoCertificate(path.to_owned()))
}
