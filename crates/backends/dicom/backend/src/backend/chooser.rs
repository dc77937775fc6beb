//! "This is right from now on": a series that was judged becomes the template of its study, sequence and kind.
//!
//! Promises: what the template says is read from the series' own files as `tieline mr index` reads them, so that what varies
//! within the series is known as such; nothing is chosen when they are not there any more, or when the series is not the one
//! that was asked for; bounded work. Called by [`crate::http`].

use crate::http::{Choose, NotChosen};
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use tieline_dicom_judge::templates::acquisition;
use tieline_dicom_judge::{Naming, series_uid};
use tieline_dicom_read::{ReadLimits, read};
use tieline_model::safe;
use tieline_store::series::Remembered;
use tieline_store::templates::{Acquisition, Told};
use tieline_store::{Key, Store};

/// Entries of the folder that are looked at.
const ENTRIES: usize = 20_000;
/// Files of the series that are read.
const FILES: usize = 4_000;

/// Chooses in the store.
pub(super) struct Chooser {
    pub(super) naming: Naming,
    pub(super) limits: ReadLimits,
    /// Whether templates are those of a reference database.
    pub(super) is_reference: bool,
}

impl Choose for Chooser {
    fn choose(&mut self, store: &mut Store, series: &Remembered) -> Result<(), NotChosen> {
        if self.is_reference {
            let line = safe!("templates come from a reference database, which is only read: choose there");
            return Err(NotChosen::Refused(line));
        }
        let content: Json = serde_json::from_str(&series.content).unwrap_or_default();
        let path = content["input"]["dcm_path"].as_str().map(PathBuf::from);
        let found = path.and_then(|path| self.read(store.key(), &path, series.uid));
        let Some(Acquisition { kind, values, date, .. }) = found else {
            let line = safe!(
                "the files of this series are not where they were, or do not name their study and sequence; have their folder \
                 counted with `tieline mr index` and use `tieline mr templates choose`"
            );
            return Err(NotChosen::Refused(line));
        };
        let (first, last) = (date.clone(), date);
        let told = Told { kind: kind.to_owned(), values, count: 1, first, last, is_chosen: true };
        Ok(store.templates().import(&[told])?)
    }
}

impl Chooser {
    /// What all files of a series say that lie beside this one.
    fn read(&self, key: Key, path: &Path, uid: u64) -> Option<Acquisition> {
        let beside = std::fs::read_dir(path.parent()?).ok()?;
        let beside = beside.filter_map(Result::ok).take(ENTRIES).map(|entry| entry.path());
        let (mut whole, mut left): (Option<Acquisition>, usize) = (None, FILES);
        for path in std::iter::once(path.to_path_buf()).chain(beside.filter(|other| other != path)) {
            let Ok(mut header) = read(&path, &self.limits) else { continue };
            self.naming.name(&mut header, &path);
            let Some(one) = acquisition(key, &header).filter(|_| series_uid(key, &header) == uid) else { continue };
            match &mut whole {
                None => whole = Some(one),
                // Images of several kinds in one series are several templates; this is that of the image that was told last.
                Some(whole) if whole.identity == one.identity => whole.absorb(one),
                Some(_) => continue,
            }
            left -= 1;
            if left == 0 {
                break;
            }
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dicom_core::VR;
    use serde_json::json;
    use tieline_dicom_read::write::{Element, file};
    use tieline_store::templates::{Expected, TE};

    fn image(number: u32, te: &str, series: &str) -> Vec<u8> {
        let text = Element::text;
        file(&[
            text((0x0008, 0x0018), VR::UI, &format!("1.2.{number}")),
            text((0x0008, 0x1010), VR::SH, "AWP1"),
            text((0x0008, 0x1030), VR::LO, "Brain^X"),
            text((0x0008, 0x103E), VR::LO, "rest"),
            text((0x0018, 0x0081), VR::DS, te),
            text((0x0020, 0x000E), VR::UI, series),
            text((0x0020, 0x4000), VR::LT, &format!("volume {number}")),
        ])
    }

    fn chooser(is_reference: bool) -> Chooser {
        Chooser { naming: Naming::default(), limits: ReadLimits::default(), is_reference }
    }

    #[test]
    fn the_whole_series_becomes_the_template_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("store")).unwrap();
        for (name, number, te, series) in [("a", 1, "31", "1.2"), ("b", 2, "31", "1.2"), ("c", 3, "45", "1.3")] {
            std::fs::write(folder.path().join(name), image(number, te, series)).unwrap();
        }
        let path = folder.path().join("a");
        let uid = series_uid(store.key(), &read(&path, &ReadLimits::default()).unwrap());
        let mut remembered = Remembered {
            id: 1,
            station: "AWP1".to_owned(),
            uid,
            began: 0,
            at: 0,
            content: json!({"input": {"dcm_path": path}}).to_string(),
            series: String::new(),
            memory: Vec::new(),
        };
        assert!(matches!(chooser(true).choose(&mut store, &remembered), Err(NotChosen::Refused(_))));
        chooser(false).choose(&mut store, &remembered).unwrap();
        let sets = store.templates().sets("Brain^X", "rest").unwrap();
        assert_eq!(sets.len(), 1);
        assert!(sets[0].chosen.is_some());
        assert_eq!(sets[0].expected[TE], Expected::Text("31.0".to_owned()));
        assert!(!matches!(sets[0].expected("Comments"), Expected::Text(_)), "it varies within the series");
        // Of another series nothing is taken.
        remembered.uid ^= 1;
        assert!(matches!(chooser(false).choose(&mut store, &remembered), Err(NotChosen::Refused(_))));
        assert_eq!(store.templates().sets("Brain^X", "rest").unwrap().len(), 1);
    }
}
