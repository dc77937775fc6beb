//! The key of a database's hashes: what identifies a person is kept as a keyed hash, never as itself.

use rusqlite::Connection;
use siphasher::sip128::{Hasher128, SipHasher24};
use std::hash::{BuildHasher, Hasher, RandomState};

/// A random key, made with the database and kept in it.
#[derive(Clone, Copy)]
pub struct Key([u8; 16]);

impl Key {
    /// Reads the key that the migrations made.
    pub(crate) fn of(connection: &Connection) -> rusqlite::Result<Key> {
        connection.query_row("SELECT key FROM hash_key", [], |row| row.get(0)).map(Key)
    }

    /// Another one each time, for hashes that nobody keeps.
    pub fn random() -> Key {
        // The standard library's own keys of hash tables are random.
        let half = || RandomState::new().hash_one(0u8).to_ne_bytes();
        let mut key = [0; 16];
        key[..8].copy_from_slice(&half());
        key[8..].copy_from_slice(&half());
        Key(key)
    }

    /// A short hash of these parts, for what is remembered for a while only.
    pub fn short<'a>(self, parts: impl IntoIterator<Item = &'a [u8]>) -> u64 {
        let mut short = [0; 8];
        short.copy_from_slice(&self.hash(parts)[..8]);
        u64::from_ne_bytes(short)
    }

    /// Hashes these parts; where one ends and the next begins makes a difference.
    pub fn hash<'a>(self, parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 16] {
        let mut hasher = SipHasher24::new_with_key(&self.0);
        for part in parts {
            hasher.write_u64(part.len() as u64);
            hasher.write(part);
        }
        hasher.finish128().as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_together() {
        let hash = |parts: &[&str]| Key([7; 16]).hash(parts.iter().map(|part| part.as_bytes()));
        assert_eq!(hash(&["ab", "c"]), hash(&["ab", "c"]));
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
        assert_ne!(hash(&["ab"]), hash(&["ab", ""]));
        assert_ne!(Key([8; 16]).hash([b"ab".as_slice()]), hash(&["ab"]));
    }
}
