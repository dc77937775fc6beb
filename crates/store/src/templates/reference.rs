//! An existing database of the reference, read in place of our own templates (contract `mr`, "Templates").
//!
//! Promises: it is never written to, not even its side files when its folder cannot be written; what the reference adds
//! or replaces while we run is seen; a column that an older version did not have is not compared. The same rules choose
//! the template as in the store: what the reference counted itself (`template_by_count`) is used only where its list of
//! acquisitions says nothing.

use super::names::{COMPARED, TE, fold};
use super::{EchoTimes, Expected, Template};
use crate::StoreError;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Row};
use std::cmp::Reverse;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a statement waits for the reference to finish writing: a verdict waits as long at most.
const BUSY: Duration = Duration::from_millis(500);

/// The column that later versions added: a set from before holds NULL there, which says nothing about its files.
const ADDED_LATER: &str = "SequenceFile";

/// More sets of one name are not asked: what a third of the files have cannot be so many.
const ALLOWED: usize = 64;

/// An open reference database.
pub struct Reference {
    connection: Connection,
    path: PathBuf,
    /// The queries, made for the tables and columns there are.
    sets: String,
    echoes: Option<String>,
    /// The file as it was when it was opened.
    stamp: Stamp,
    /// Whether SQLite was told that nobody writes: it then never looks at the file again by itself.
    frozen: bool,
    /// How often the file was opened anew.
    opened: u64,
}

/// What tells one state of a file from another without opening it.
#[derive(PartialEq, Eq, Clone, Copy)]
struct Stamp {
    file: (u64, u64),
    changed: [Option<std::time::SystemTime>; 2],
}

impl Reference {
    /// Opens the database for reading; `path` is what `templates` in the configuration says.
    pub fn open(path: &Path) -> Result<Reference, StoreError> {
        let wrong = |what: String| StoreError::Reference { path: path.to_path_buf(), what };
        if !path.is_file() {
            return Err(wrong("there is no such file".to_owned()));
        }
        let stamp = Stamp::of(path);
        let (connection, frozen) = match connect(path, false) {
            Ok(connection) => (connection, false),
            // A database with a write-ahead log in a folder that cannot be written opens in no other way.
            Err(error) => (connect(path, true).map_err(|_| wrong(error.to_string()))?, true),
        };
        let columns = |table| columns(&connection, table).map_err(|error| wrong(error.to_string()));
        let (params, acq, counted) = (columns("acq_param")?, columns("acq")?, columns("template_by_count")?);
        for needed in ["Project", "SequenceName"] {
            if !has(&params, needed) {
                return Err(wrong(format!("it has no table `acq_param` with a column `{needed}`")));
            }
        }
        let (sets, echoes) = (sets_query(&params, &acq, &counted), echoes_query(&params, &acq));
        Ok(Reference { connection, path: path.to_path_buf(), sets, echoes, stamp, frozen, opened: 0 })
    }

    /// The database's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A number that is another one after any change. The file may have been replaced by another: it is opened anew.
    pub fn version(&mut self) -> Result<[u64; 2], StoreError> {
        let stamp = Stamp::of(&self.path);
        let moved = stamp.file != self.stamp.file || (self.frozen && stamp != self.stamp);
        if moved {
            let opened = self.opened + 1;
            *self = Reference { opened, ..Reference::open(&self.path)? };
        }
        let version = self.connection.query_row("PRAGMA data_version", [], |row| row.get::<_, i64>(0));
        let version = version.map_err(StoreError::while_doing(&self.path, "asking for changes"))?;
        Ok([version.unsigned_abs(), self.opened])
    }

    /// Every set of this study and sequence, the template first. Names are compared folded, never as patterns.
    pub fn sets(&self, project: &str, sequence: &str) -> Result<Vec<Template>, StoreError> {
        let mut sets = self.rows(Some([&fold(project), &fold(sequence)]))?;
        sets.iter_mut().try_for_each(|set| self.gather(set))?;
        Ok(sets)
    }

    /// The sets of this study and sequence that an image may have, the template first. Two series of one protocol have one
    /// name here, such as magnitude and phase of a field map: so every set that is at least a third as frequent as the first
    /// is one of them. What an operator chose stands alone.
    pub fn allowed(&self, project: &str, sequence: &str) -> Result<Vec<Template>, StoreError> {
        let mut sets = self.rows(Some([&fold(project), &fold(sequence)]))?;
        let best = sets.first().map(|best| (best.chosen.is_some(), best.count)).unwrap_or_default();
        sets.retain(|set| if best.0 { set.chosen.is_some() } else { set.count.saturating_mul(3) >= best.1 });
        sets.truncate(ALLOWED);
        sets.iter_mut().try_for_each(|set| self.gather(set))?;
        Ok(sets)
    }

    /// Every set there is, those of one study and sequence together, their template first; echo times are not gathered.
    pub fn all(&self) -> Result<Vec<Template>, StoreError> {
        self.rows(None)
    }

    fn rows(&self, names: Option<[&str; 2]>) -> Result<Vec<Template>, StoreError> {
        let failed = StoreError::while_doing(&self.path, "looking for a template");
        let found = self.connection.prepare_cached(&self.sets).and_then(|mut query| {
            let [project, sequence] = names.map_or([None, None], |names| names.map(Some));
            query.query_map([project, sequence], |row| Ok((read(row)?, newest(row)?)))?.collect()
        });
        let mut found: Vec<(Template, String)> = found.map_err(failed)?;
        // The best comes first: chosen, then most frequent, then newest.
        let rank = |(one, newest): &(Template, String)| (one.chosen.clone(), one.count, newest.clone(), one.set);
        found.sort_by_cached_key(|one| (one.0.names(), Reverse(rank(one))));
        Ok(found.into_iter().map(|(template, _)| template).collect())
    }

    /// Adds the echo times of the other files of the set's acquisitions: in this database each echo is a set of its own.
    /// All stay as the database spells them.
    fn gather(&self, template: &mut Template) -> Result<(), StoreError> {
        let Some(mut times) = template.expected[TE].text().and_then(EchoTimes::parse) else { return Ok(()) };
        let alone = times.len();
        if let Some(sql) = &self.echoes {
            let found = self.connection.prepare_cached(sql).and_then(|mut query| {
                let rows = query.query_map([template.set], |row| text(row, 0))?;
                rows.collect::<rusqlite::Result<Vec<_>>>()
            });
            let found = found.map_err(StoreError::while_doing(&self.path, "looking for echo times"))?;
            let more = found.iter().flatten().filter_map(|text| EchoTimes::parse(text));
            more.for_each(|more| times.extend(&more));
        }
        // Without acquisitions to ask, the reference's own list is all there is.
        if times.len() > alone || template.echo_times.is_none() {
            template.echo_times = times.text();
        }
        Ok(())
    }
}

impl Stamp {
    fn of(path: &Path) -> Stamp {
        use std::os::unix::fs::MetadataExt;
        let meta = std::fs::metadata(path).ok();
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        let changed = |meta: Option<std::fs::Metadata>| meta.and_then(|meta| meta.modified().ok());
        let file = meta.as_ref().map_or((0, 0), |meta| (meta.dev(), meta.ino()));
        Stamp { file, changed: [changed(meta), changed(std::fs::metadata(log).ok())] }
    }
}

/// Opens and reads a little: only then does SQLite find out what it has before it.
fn connect(path: &Path, frozen: bool) -> rusqlite::Result<Connection> {
    let mut uri = "file:".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => uri.push(char::from(*byte)),
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri.push_str(if frozen { "?mode=ro&immutable=1" } else { "?mode=ro" });
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(uri, flags)?;
    connection.busy_timeout(BUSY)?;
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("folded", 1, flags, |context| {
        Ok(printed(context.get_raw(0)).map(|text| fold(&text)).unwrap_or_default())
    })?;
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(connection)
}

fn columns(connection: &Connection, table: &str) -> rusqlite::Result<HashSet<String>> {
    let mut query = connection.prepare("SELECT lower(name) FROM pragma_table_info(?)")?;
    query.query_map([table], |row| row.get(0))?.collect()
}

fn has(columns: &HashSet<String>, name: &str) -> bool {
    columns.contains(&name.to_ascii_lowercase())
}

/// A column, or NULL where this version of the database does not have it.
fn column(columns: &HashSet<String>, table: &str, name: &str) -> String {
    if has(columns, name) { format!("{table}.{name}") } else { "NULL".to_owned() }
}

/// Set, count, first, last, choice, echo times, newest, then for each compared parameter whether it is recorded, and it.
fn sets_query(params: &HashSet<String>, acq: &HashSet<String>, counted: &HashSet<String>) -> String {
    let date = |name| format!("nullif(nullif({}, 'null'), 'None')", column(acq, "acq", name));
    let (date, time) = (date("AcqDate"), date("AcqTime"));
    let counts = match has(acq, "param_id") {
        true => format!(
            "SELECT param_id AS id, count(*) AS n, min({date}) AS first, max({date}) AS last,
                    max(coalesce({date}, '') || ' ' || coalesce({time}, '')) AS newest
             FROM acq WHERE param_id IN (SELECT id FROM wanted) GROUP BY param_id"
        ),
        false => "SELECT NULL AS id, 0 AS n, NULL AS first, NULL AS last, NULL AS newest WHERE 0".to_owned(),
    };
    let table = |name| column(counted, "template_by_count", name);
    let by_count = match has(counted, "param_id") {
        true => format!(
            "SELECT param_id AS id, max({}) AS n, max({}) AS first, max({}) AS last, max({}) AS echoes, max({}) AS chosen
             FROM template_by_count GROUP BY param_id",
            table("n"), table("first"), table("last"), table("multiecho_tes"), table("is_ideal")
        ),
        false => "SELECT NULL AS id, 0 AS n, NULL AS first, NULL AS last, NULL AS echoes, NULL AS chosen WHERE 0".to_owned(),
    };
    let recorded = COMPARED.map(|name| format!("{}, {}", has(params, name), column(params, "acq_param", name)));
    format!(
        "WITH wanted AS (
             SELECT rowid AS id, folded(Project) AS study, folded(SequenceName) AS sequence FROM acq_param
             WHERE ?1 IS NULL OR (folded(Project) = ?1 AND folded(SequenceName) = ?2)),
         counts AS ({counts}),
         told AS ({by_count}),
         known AS (SELECT DISTINCT study, sequence FROM wanted JOIN counts USING (id))
         SELECT wanted.id, coalesce(counts.n, told.n, 0), coalesce(counts.first, told.first),
                coalesce(counts.last, told.last), coalesce({chosen}, told.chosen), told.echoes, counts.newest, {recorded}
         FROM wanted JOIN acq_param ON acq_param.rowid = wanted.id
         LEFT JOIN counts ON counts.id = wanted.id
         LEFT JOIN told ON told.id = wanted.id
         WHERE counts.id IS NOT NULL OR {chosen} IS NOT NULL OR told.chosen IS NOT NULL
            OR (told.id IS NOT NULL AND (study, sequence) NOT IN known)",
        chosen = format_args!("nullif(nullif({}, 'null'), '')", column(params, "acq_param", "is_ideal")),
        recorded = recorded.join(", "),
    )
}

/// The echo times of the other files of a set's acquisitions, where the columns that name an acquisition are there.
fn echoes_query(params: &HashSet<String>, acq: &HashSet<String>) -> Option<String> {
    let needed = ["param_id", "SubID", "SeriesNumber", "AcqDate"];
    if !has(params, "TE") || needed.iter().any(|name| !has(acq, name)) {
        return None;
    }
    let station = if has(acq, "Station") { "coalesce(Station, '')" } else { "''" };
    let names = format!("SubID, SeriesNumber, AcqDate, {station}");
    Some(format!(
        "SELECT DISTINCT param.TE FROM acq
         JOIN acq_param AS param ON param.rowid = acq.param_id
         JOIN acq_param AS own ON own.rowid = ?1
         WHERE ({names}) IN (
                 SELECT {names} FROM acq
                 WHERE param_id = ?1 AND SubID NOT IN ('null', '') AND SeriesNumber NOT IN ('null', ''))
           AND folded(param.Project) = folded(own.Project) AND folded(param.SequenceName) = folded(own.SequenceName)
         ORDER BY param.TE"
    ))
}

fn read(row: &Row<'_>) -> rusqlite::Result<Template> {
    let mut expected: [Expected; COMPARED.len()] = Default::default();
    for (at, expected) in expected.iter_mut().enumerate() {
        let recorded: bool = row.get(7 + 2 * at)?;
        let late = COMPARED[at] == ADDED_LATER && matches!(row.get_ref(8 + 2 * at)?, ValueRef::Null);
        if recorded && !late {
            *expected = text(row, 8 + 2 * at)?.into();
        }
    }
    let count = text(row, 1)?.and_then(|text| text.parse().ok()).unwrap_or_default();
    let (set, first, last) = (row.get(0)?, text(row, 2)?, text(row, 3)?);
    let (chosen, echo_times) = (text(row, 4)?, text(row, 5)?);
    Ok(Template { set, count, first, last, chosen, echo_times, expected, ..Template::default() })
}

fn newest(row: &Row<'_>) -> rusqlite::Result<String> {
    Ok(text(row, 6)?.unwrap_or_default())
}

fn text(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<String>> {
    row.get_ref(at).map(printed)
}

/// A value as the reference would print it, whatever type it was stored with; how it writes "nothing" is `None`.
fn printed(value: ValueRef<'_>) -> Option<String> {
    let text = match value {
        ValueRef::Null => return None,
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => format!("{number:?}"),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    };
    (!matches!(text.as_str(), "null" | "None")).then_some(text)
}
