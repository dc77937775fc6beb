//! The tables, as numbered steps: each runs once, in its own transaction, and `user_version` counts them.
//!
//! A step that was released is never changed; what comes later is a new step at the end.

use crate::StoreError;
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// The steps, oldest first.
const STEPS: &[&str] = &[
    // Templates. Names of columns that hold a parameter are the parameter's own name. `study_key` and `sequence_key`
    // are the folded names that lookups use; `identity`, `fingerprint` and `path` are keyed hashes.
    "CREATE TABLE hash_key (key BLOB NOT NULL);
     INSERT INTO hash_key VALUES (randomblob(16));
     CREATE TABLE parameter_set (
         id INTEGER PRIMARY KEY,
         study_key TEXT NOT NULL,
         sequence_key TEXT NOT NULL,
         fingerprint BLOB NOT NULL UNIQUE,
         is_ideal TEXT,
         Project TEXT, SequenceName TEXT, iPAT TEXT, Comments TEXT, SequenceType TEXT, PED_major TEXT, Phase TEXT,
         TR TEXT, TE TEXT, Matrix TEXT, PixelResol TEXT, BWP TEXT, BWPPE TEXT, FA TEXT, TA TEXT, FoV TEXT,
         SequenceFile TEXT
     );
     CREATE INDEX parameter_set_names ON parameter_set (study_key, sequence_key);
     CREATE TABLE acquisition (
         identity BLOB PRIMARY KEY,
         set_id INTEGER NOT NULL REFERENCES parameter_set (id),
         date TEXT,
         began TEXT NOT NULL
     ) WITHOUT ROWID;
     CREATE INDEX acquisition_set ON acquisition (set_id, date, began);
     CREATE TABLE indexed_file (
         path BLOB PRIMARY KEY,
         size INTEGER NOT NULL,
         modified INTEGER NOT NULL,
         was_read INTEGER NOT NULL
     ) WITHOUT ROWID;",
    // The record of variables. `source_time` counts steps of 100 ns since 1601; `sequence` tells values of one moment
    // apart. The values lie in the order they are read in; the totals are kept beside them, since counting takes long.
    "CREATE TABLE history_variable (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
     CREATE TABLE history_value (
         variable_id INTEGER NOT NULL,
         source_time INTEGER NOT NULL,
         sequence INTEGER NOT NULL,
         body BLOB NOT NULL,
         PRIMARY KEY (variable_id, source_time, sequence)
     ) WITHOUT ROWID;
     CREATE TABLE history_amount (\"values\" INTEGER NOT NULL, bytes INTEGER NOT NULL);
     INSERT INTO history_amount VALUES (0, 0);",
    // The project: measurement series with their images, stages with their elements, and the jobs that made them. Times
    // are milliseconds since 1970. A picture is what every copy of a file has in common. Stage 0 is the clipboard.
    "CREATE TABLE project_series (
         id INTEGER PRIMARY KEY,
         name TEXT NOT NULL UNIQUE,
         focal_length REAL NOT NULL,
         at INTEGER NOT NULL
     );
     CREATE TABLE project_picture (
         hash BLOB PRIMARY KEY,
         format TEXT NOT NULL,
         width INTEGER NOT NULL,
         height INTEGER NOT NULL,
         bits INTEGER NOT NULL,
         size INTEGER NOT NULL,
         camera TEXT,
         focal_length REAL,
         thumbnail_type TEXT NOT NULL,
         thumbnail BLOB NOT NULL
     );
     CREATE TABLE project_image (
         id INTEGER PRIMARY KEY,
         series_id INTEGER NOT NULL REFERENCES project_series (id),
         hash BLOB NOT NULL REFERENCES project_picture (hash),
         file TEXT NOT NULL,
         focal_length REAL NOT NULL,
         at INTEGER NOT NULL,
         UNIQUE (series_id, hash)
     );
     CREATE TABLE project_stage (
         id INTEGER PRIMARY KEY,
         number INTEGER NOT NULL UNIQUE,
         file TEXT NOT NULL,
         at INTEGER NOT NULL,
         elements INTEGER NOT NULL,
         bytes INTEGER NOT NULL
     );
     CREATE TABLE project_element (
         stage_id INTEGER NOT NULL REFERENCES project_stage (id),
         position INTEGER NOT NULL,
         kind TEXT NOT NULL,
         name TEXT,
         identity TEXT,
         x REAL, y REAL, z REAL,
         body TEXT NOT NULL,
         PRIMARY KEY (stage_id, position)
     );
     CREATE TABLE project_job (
         id INTEGER PRIMARY KEY AUTOINCREMENT,
         at INTEGER NOT NULL,
         peer TEXT NOT NULL,
         command TEXT NOT NULL,
         took INTEGER NOT NULL,
         result TEXT NOT NULL,
         detail TEXT NOT NULL
     );
     CREATE TABLE project_amount (bytes INTEGER NOT NULL);
     INSERT INTO project_amount VALUES (0);",
    // Templates by kind of image, and what varies within an acquisition. Sets from before have no kind: they serve where
    // none of the image's own kind is known. `varied` has what columns cannot: several values, or that it is free. `told` is
    // how often an import says that a set occurs. Files are read once more, so that the next index learns kinds and values.
    "ALTER TABLE parameter_set ADD COLUMN kind TEXT NOT NULL DEFAULT '';
     ALTER TABLE parameter_set ADD COLUMN varied TEXT;
     ALTER TABLE parameter_set ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
     ALTER TABLE parameter_set ADD COLUMN told_first TEXT;
     ALTER TABLE parameter_set ADD COLUMN told_last TEXT;
     ALTER TABLE acquisition ADD COLUMN session BLOB;
     CREATE TABLE acquisition_folder (
         identity BLOB NOT NULL,
         folder BLOB NOT NULL,
         images INTEGER NOT NULL,
         PRIMARY KEY (identity, folder)
     ) WITHOUT ROWID;
     DELETE FROM indexed_file;",
    // Series of MR scans: which files were judged, what was said of each series last, and what sessions lacked. Paths, UIDs
    // and images are keyed hashes; `content` holds what a header says. Times are milliseconds since 1970. `told` and `heard`
    // order what was said, by the clock beside them: the last verdict, and the last of anything. What changes with every
    // image is apart from what is long and seldom changes, so that little is written for an image.
    "CREATE TABLE series_file (
         id INTEGER PRIMARY KEY,
         path INTEGER NOT NULL UNIQUE,
         size INTEGER NOT NULL,
         modified INTEGER NOT NULL,
         was_judged INTEGER NOT NULL,
         series INTEGER,
         image INTEGER,
         differs INTEGER NOT NULL,
         at INTEGER NOT NULL
     );
     CREATE INDEX series_file_image ON series_file (series, image) WHERE image IS NOT NULL;
     CREATE TABLE series_state (
         id INTEGER PRIMARY KEY AUTOINCREMENT,
         station TEXT NOT NULL,
         uid INTEGER NOT NULL,
         began INTEGER NOT NULL,
         told INTEGER NOT NULL,
         content TEXT NOT NULL,
         UNIQUE (station, uid)
     );
     CREATE INDEX series_state_station ON series_state (station);
     CREATE INDEX series_state_told ON series_state (station, told);
     CREATE TABLE series_now (
         id INTEGER PRIMARY KEY REFERENCES series_state (id) ON DELETE CASCADE,
         at INTEGER NOT NULL,
         heard INTEGER NOT NULL,
         series TEXT NOT NULL,
         memory BLOB NOT NULL
     );
     CREATE TABLE series_clock (tick INTEGER NOT NULL);
     INSERT INTO series_clock VALUES (0);
     CREATE TABLE series_session (
         id INTEGER PRIMARY KEY AUTOINCREMENT,
         station TEXT NOT NULL,
         at INTEGER NOT NULL,
         content TEXT NOT NULL
     );
     CREATE INDEX series_session_station ON series_session (station);",
    // When files were marked for the first time: what had not changed since was there before.
    "ALTER TABLE series_clock ADD COLUMN began INTEGER;",
    // When a value arrived: what is kept is pruned by that, since a server's clock may be anywhere. Of older values it is taken
    // to be their source time, unless that is still to come. An index entry takes 40 bytes, about.
    "ALTER TABLE history_value ADD COLUMN arrived INTEGER;
     UPDATE history_value SET arrived = (unixepoch() + 11644473600) * 10000000
         WHERE source_time > (unixepoch() + 11644473600) * 10000000;
     CREATE INDEX history_value_arrived ON history_value (variable_id, coalesce(arrived, source_time));
     UPDATE history_amount SET bytes = bytes + 40 * \"values\";",
];

/// The newest format this program knows.
const KNOWN: i64 = STEPS.len() as i64;

/// Brings the database's tables up to date; one that is newer than this program is left as it is.
pub(crate) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let opening = |source| StoreError::Open { path: path.to_path_buf(), source };
    // Who finds nothing to do has not asked for the right to write: most who open a store only read.
    let version = |connection: &Connection| connection.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0));
    let found = version(connection).map_err(opening)?;
    if found == KNOWN {
        return Ok(());
    }
    loop {
        // Looked at inside the transaction: another process may be doing the same at this moment.
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(opening)?;
        let found = version(&transaction).map_err(opening)?;
        if found > KNOWN {
            return Err(StoreError::Newer { path: path.to_path_buf(), found, known: KNOWN });
        }
        let Some(step) = usize::try_from(found).ok().and_then(|done| STEPS.get(done)) else { return Ok(()) };
        transaction.execute_batch(step).map_err(opening)?;
        transaction.pragma_update(None, "user_version", found + 1).map_err(opening)?;
        transaction.commit().map_err(opening)?;
    }
}

/// So many steps there were before it was kept when a value arrived.
#[cfg(test)]
pub(crate) const BEFORE_ARRIVALS: usize = STEPS.len() - 1;

/// The tables as a program that knew so many steps has left them.
#[cfg(test)]
pub(crate) fn migrate_to(connection: &mut Connection, steps: usize) {
    for step in &STEPS[..steps] {
        connection.execute_batch(step).unwrap();
    }
    connection.pragma_update(None, "user_version", steps as i64).unwrap();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FILE, Store};

    #[test]
    fn a_newer_store_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let version =
            |store: &Store| -> i64 { store.connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap() };
        let store = Store::open(folder.path()).unwrap();
        assert_eq!(version(&store), KNOWN);
        store.connection.pragma_update(None, "user_version", KNOWN + 1).unwrap();
        drop(store);
        let error = Store::open(folder.path()).err().unwrap();
        assert!(matches!(error, StoreError::Newer { found, known, .. } if found == KNOWN + 1 && known == KNOWN));
        let text = error.to_string();
        assert!(text.contains(FILE) && text.contains("newer program") && text.contains("store.path"), "{text}");
    }

    #[test]
    fn two_may_open_a_new_store_at_once() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            let opened: Vec<_> = (0..8).map(|_| scope.spawn(|| Store::open(folder.path()).map(drop))).collect();
            for one in opened {
                one.join().unwrap().unwrap();
            }
        });
    }

    #[test]
    fn a_store_of_any_earlier_format_is_brought_up_to_date() {
        for done in 0..STEPS.len() {
            let folder = tempfile::tempdir().unwrap();
            let old = Connection::open(folder.path().join(FILE)).unwrap();
            STEPS[..done].iter().for_each(|step| old.execute_batch(step).unwrap());
            old.pragma_update(None, "user_version", done as i64).unwrap();
            drop(old);
            let mut store = Store::open(folder.path()).unwrap();
            assert!(store.series().is_empty().unwrap() && store.templates().all().unwrap().is_empty(), "{done}");
        }
    }
}
