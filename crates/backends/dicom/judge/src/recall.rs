//! What earlier lives knew: series are gone on with as if there had been one life.
//!
//! Promises: a memory that does not answer costs what it knows, never a verdict. Called by the backend at its start, and by
//! the judge for a series and an image that it does not know.

use super::series::Series;
use super::{Judge, NULL};
use crate::templates::text;
use std::time::Duration;
use tieline_dicom_read::{Header, Parameter};
use tieline_store::{Key, Store};

impl Judge {
    /// The same with a memory of earlier lives, which stands in the templates' store, or in this one `beside` a reference
    /// database. To be called last. What is to be kept then stands in each report.
    pub fn remembering(mut self, beside: Option<Store>) -> Judge {
        self.beside = beside;
        self.remembers = self.store().is_some();
        self.series = Series::new(self.key(), self.series.end);
        self
    }

    /// The store in which the memory stands, by the same connection as the templates: what is written through it does not make
    /// them look again.
    pub fn store(&mut self) -> Option<&mut Store> {
        match &mut self.beside {
            Some(store) => Some(store),
            None => self.templates.store(),
        }
    }

    /// Goes on with what an earlier life knew: of each series the time of its last image, on the clock that is passed in. In
    /// the order in which they began. `is_open`: whether the session it belongs to has not been told of.
    pub fn recall(&mut self, uid: u64, memory: &[u8], last: Duration, is_open: bool) {
        let known = self.series.recall(memory, uid, last, &mut self.templates);
        if let Some(known) = known.filter(|_| is_open) {
            self.sessions.recall(&mut self.templates, known);
        }
    }

    /// What another life needs to go on with this series, as it is now: asked for once for all that is kept together. Empty when
    /// the series is forgotten, which is read as not known.
    pub fn memory(&self, uid: u64) -> Vec<u8> {
        self.series.memory(uid).unwrap_or_default()
    }

    pub(super) fn key(&self) -> Key {
        self.beside.as_ref().map_or_else(|| self.templates.key(), Store::key)
    }

    /// Asks the memory of earlier lives for a series that is not known here, and for an image. When it does not answer they
    /// are taken for new: a verdict is not held up.
    pub(super) fn ask(&mut self, header: &Header, names: (u64, u64), now: Duration) {
        let (series, image) = names;
        let mut asks = self.series.asks(names);
        if asks.is_none() {
            let station = text(header.parameters.get(Parameter::Station)).unwrap_or_else(|| NULL.to_owned());
            let found = self.store().and_then(|store| store.series().state(&station, series).ok().flatten());
            if let Some(found) = found {
                let _ = self.series.recall(&found.memory, series, now, &mut self.templates);
                asks = self.series.asks(names);
            }
        }
        if asks == Some(true)
            && let Some(differs) = self.store().and_then(|store| store.series().image(series, image).ok().flatten())
        {
            self.series.counted(image, differs);
        }
    }
}
