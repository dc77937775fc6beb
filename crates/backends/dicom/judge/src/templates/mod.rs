//! Where templates come from: the store, or an existing database of the reference; the last used are kept in memory.
//!
//! Promises: what is in memory is never older than the database, but for a reference database's last second; memory is
//! bounded; a database that does not answer for a moment costs a refresh, not a verdict. Called by the judge and the
//! command line.

mod texts;

pub use texts::{COMPARED, acquisition, text, texts};

use lru::LruCache;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tieline_store::templates::{Planned, Reference, Template, fold};
use tieline_store::{Key, Store, StoreError};

/// Of how many studies' sequences, by kind, templates are kept in memory.
const KEPT: NonZeroUsize = NonZeroUsize::new(1000).unwrap();

/// How often a reference database is asked whether it has changed.
const ASK: Duration = Duration::from_secs(1);

/// The two places templates can be in.
pub enum Origin {
    /// Our own store.
    Store(Store),
    /// A reference database, which is only read.
    Reference(Reference),
}

/// Templates by study, sequence and kind.
pub struct Templates {
    origin: Origin,
    key: Key,
    kept: LruCache<(String, String, String), Kept>,
    version: [u64; 2],
    asked: Option<Instant>,
    /// How often the database is asked whether it has changed.
    every: Duration,
    stale: u64,
}

/// A template as it was looked up last; studies without one are kept too.
struct Kept {
    templates: Arc<[Arc<Template>]>,
    /// The database's version then.
    version: [u64; 2],
}

impl Origin {
    /// Opens what `templates` in the configuration names: a reference database, or when it is empty the store.
    pub fn open(store: &Path, templates: &str) -> Result<Origin, StoreError> {
        match templates {
            "" => Store::open(store).map(Origin::Store),
            path => Reference::open(&PathBuf::from(path)).map(Origin::Reference),
        }
    }

    /// The database's file.
    pub fn path(&self) -> &Path {
        match self {
            Origin::Store(store) => store.path(),
            Origin::Reference(reference) => reference.path(),
        }
    }

    /// What an image of this study, sequence and kind is compared with: it has to conform to one of them. In the store that is
    /// the template of its kind; a reference database knows no kinds and may have several, the template first.
    pub fn allowed(&mut self, project: &str, sequence: &str, kind: &str) -> Result<Vec<Template>, StoreError> {
        match self {
            Origin::Store(store) => Ok(store.templates().template(project, sequence, kind)?.into_iter().collect()),
            Origin::Reference(reference) => reference.allowed(project, sequence),
        }
    }

    /// What a session of this study holds; of a reference database nothing is known.
    pub fn session(&mut self, project: &str) -> Result<Vec<Planned>, StoreError> {
        match self {
            Origin::Store(store) => store.templates().session(project),
            Origin::Reference(_) => Ok(Vec::new()),
        }
    }

    /// Every set of this study and sequence, those of one kind together, their template first.
    pub fn sets(&mut self, project: &str, sequence: &str) -> Result<Vec<Template>, StoreError> {
        match self {
            Origin::Store(store) => store.templates().sets(project, sequence),
            Origin::Reference(reference) => reference.sets(project, sequence),
        }
    }

    /// Every set there is, those of one study, sequence and kind together, their template first.
    pub fn all(&mut self) -> Result<Vec<Template>, StoreError> {
        match self {
            Origin::Store(store) => store.templates().all(),
            Origin::Reference(reference) => reference.all(),
        }
    }

    fn version(&mut self) -> Result<[u64; 2], StoreError> {
        match self {
            Origin::Store(store) => store.templates().version(),
            Origin::Reference(reference) => reference.version(),
        }
    }
}

impl Templates {
    /// Templates from there, with nothing in memory yet.
    pub fn new(origin: Origin) -> Templates {
        // To ask the store costs nothing worth saving; a reference database may be on another machine.
        let every = match origin {
            Origin::Store(_) => Duration::ZERO,
            Origin::Reference(_) => ASK,
        };
        // Of a reference database there is no key: then hashes are another's with each start.
        let key = match &origin {
            Origin::Store(store) => store.key(),
            Origin::Reference(_) => Key::random(),
        };
        Templates { origin, key, kept: LruCache::new(KEPT), version: [0; 2], asked: None, every, stale: 0 }
    }

    /// What an image of this study, sequence and kind is compared with, empty when there is no template. When the database
    /// does not answer, what is in memory goes on to hold.
    pub fn allowed(&mut self, project: &str, sequence: &str, kind: &str) -> Result<Arc<[Arc<Template>]>, StoreError> {
        let asked = self.ask();
        let names = (fold(project), fold(sequence), kind.to_owned());
        let is_fresh = self.kept.peek(&names).is_some_and(|kept| asked.is_ok() && kept.version == self.version);
        if !is_fresh {
            let found = asked.and_then(|()| self.origin.allowed(&names.0, &names.1, kind));
            match found {
                Ok(templates) => {
                    let templates = templates.into_iter().map(Arc::new).collect();
                    let _ = self.kept.put(names.clone(), Kept { templates, version: self.version });
                }
                Err(error) if !self.kept.contains(&names) => return Err(error),
                Err(_) => self.stale += 1,
            }
        }
        Ok(self.kept.get(&names).map(|kept| kept.templates.clone()).unwrap_or_default())
    }

    /// What a session of this study holds, asked anew each time.
    pub fn session(&mut self, project: &str) -> Result<Vec<Planned>, StoreError> {
        self.origin.session(project)
    }

    /// The store they are in; none when they are in a reference database.
    pub fn store(&mut self) -> Option<&mut Store> {
        match &mut self.origin {
            Origin::Store(store) => Some(store),
            Origin::Reference(_) => None,
        }
    }

    /// The key of hashes that are kept beside these templates.
    pub fn key(&self) -> Key {
        self.key
    }

    /// How often a template from memory had to do because the database did not answer.
    pub fn stale(&self) -> u64 {
        self.stale
    }

    /// Finds out whether the database has changed.
    fn ask(&mut self) -> Result<(), StoreError> {
        if self.asked.is_none_or(|asked| asked.elapsed() >= self.every) {
            // One that does not answer is left alone for as long as one that does.
            self.asked = Some(Instant::now());
            self.version = self.origin.version()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
