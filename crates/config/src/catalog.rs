//! The catalog: every section and key there is, from the gateway's own sections and the registry.
//!
//! Promises: reading, checking, `config show`, the example, the schema and the reference page all walk this one list.

use super::limits::{self, Limits, WholeLimits};
use super::sections::{
    AccessSettings, Compression, ConsoleSettings, LogSettings, ProxySettings, StoreSettings, TlsKeys,
};
use tieline_model::Entry;
use tieline_model::settings::{Field, Kind, Setting, Value, prose};

/// What stands for the name in the path of a table whose name a person chooses.
pub const ANY: &str = "NAME";

/// One key of a section.
#[derive(Debug)]
pub struct Key {
    /// The key.
    pub name: &'static str,
    /// What it does, in sentences.
    pub doc: String,
    /// What fits.
    pub kind: Kind,
    /// Its default.
    pub default: Value,
    /// When the default depends on something else: on what, as "as in …" or "true when …".
    pub depends: Option<String>,
    /// The largest number that is allowed.
    pub largest: Option<u64>,
    /// The keys of each table, when it stands for tables.
    pub inner: Vec<Key>,
}

impl Key {
    fn new(name: &'static str, doc: String, kind: Kind, default: Value) -> Key {
        Key { name, doc, kind, default, depends: None, largest: None, inner: Vec::new() }
    }

    /// Whether it can be set in the file only: on one line there is no way to write it that anyone would remember.
    pub fn is_for_the_file(&self) -> bool {
        self.is_tables() || self.kind == Kind::Free
    }

    /// Whether it stands for tables with keys of their own, in `inner`.
    pub fn is_tables(&self) -> bool {
        matches!(self.kind, Kind::Tables(_) | Kind::Named(_))
    }

    /// The path of one of its tables, from its own: those with names have theirs behind it.
    pub fn each(&self, path: &str, name: &str) -> String {
        match self.kind {
            Kind::Named(_) => format!("{path}.{name}"),
            _ => path.to_owned(),
        }
    }

    /// The line with which a table begins, from the table's path.
    pub fn heading(&self, each: &str) -> String {
        match self.kind {
            Kind::Tables(_) => format!("[[{each}]]"),
            _ => format!("[{each}]"),
        }
    }

    /// The end of a sentence in which the line stands with which any of its tables begins: what to do about its name.
    pub(super) fn naming(&self) -> &'static str {
        match self.kind {
            Kind::Named(_) => "; NAME is yours to choose",
            _ => "",
        }
    }
}

/// What a section is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The gateway's own.
    Own,
    /// The listener of the registry's entry with this index.
    Listener(usize),
    /// Limits of that listener.
    ListenerLimits(usize),
}

/// A section: `[name]` in the file.
#[derive(Debug)]
pub struct Section {
    /// Its name, with a dot when it is inside another.
    pub name: String,
    /// What it is for, in sentences.
    pub doc: String,
    /// Whose it is.
    pub role: Role,
    /// Its keys in the order they are shown.
    pub keys: Vec<Key>,
}

/// Every section, in the order they are shown.
#[derive(Debug)]
pub struct Catalog {
    /// The sections.
    pub sections: Vec<Section>,
}

/// One key of the catalog: the index of its section, and its own in there.
pub(super) type Spot = (usize, usize);

impl Catalog {
    /// The catalog of a gateway with these dialects.
    pub fn new(entries: &[Entry]) -> Catalog {
        let mut sections = vec![
            own("store", StoreSettings::DOC, StoreSettings::FIELDS),
            own("console", ConsoleSettings::DOC, ConsoleSettings::FIELDS),
        ];
        for (index, entry) in entries.iter().enumerate() {
            sections.push(listener(index, entry));
            sections.push(listener_limits(index, entry));
        }
        sections.push(own("access", AccessSettings::DOC, AccessSettings::FIELDS));
        sections.push(own("access.proxy", ProxySettings::DOC, ProxySettings::FIELDS));
        let keys = Limits::FIELDS.iter().chain(WholeLimits::FIELDS).map(limit).collect();
        sections.push(Section { keys, ..own("access.limits", Limits::DOC, &[]) });
        sections.push(own("tls", TlsKeys::DOC, TlsKeys::FIELDS));
        sections.push(own("log", LogSettings::DOC, LogSettings::FIELDS));
        Catalog { sections }
    }

    /// The index of a section by its name.
    pub(super) fn section(&self, name: &str) -> Option<usize> {
        self.sections.iter().position(|section| section.name == name)
    }

    /// Where `section.key` is.
    pub(super) fn spot(&self, section: &str, key: &str) -> Option<Spot> {
        let section = self.section(section)?;
        Some((section, self.sections[section].keys.iter().position(|have| have.name == key)?))
    }

    /// The key there.
    pub(super) fn key(&self, (section, key): Spot) -> &Key {
        &self.sections[section].keys[key]
    }

    /// Its full name, `section.key`.
    pub(super) fn path(&self, (section, key): Spot) -> String {
        let section = &self.sections[section];
        format!("{}.{}", section.name, section.keys[key].name)
    }

    /// Every key with its place.
    pub(super) fn spots(&self) -> impl Iterator<Item = Spot> {
        self.sections.iter().enumerate().flat_map(|(at, section)| (0..section.keys.len()).map(move |key| (at, key)))
    }
}

impl Section {
    /// Whether the section switches something on by being there.
    pub fn is_switch(&self) -> bool {
        self.name == "console" || matches!(self.role, Role::Listener(_))
    }
}

/// The environment variable of a key.
pub fn variable(path: &str) -> String {
    format!("TIELINE_{}", path.to_ascii_uppercase().replace('.', "_"))
}

fn own(name: &str, doc: &[&str], fields: &[Field]) -> Section {
    Section { name: name.to_owned(), doc: prose(doc), role: Role::Own, keys: fields.iter().map(key).collect() }
}

fn key(field: &Field) -> Key {
    let inner = match field.kind {
        Kind::Tables(fields) | Kind::Named(fields) => fields.iter().map(key).collect(),
        _ => Vec::new(),
    };
    Key { inner, ..Key::new(field.key, prose(field.doc), field.kind, field.default_value()) }
}

fn limit(field: &Field) -> Key {
    Key { largest: limits::largest(field.key), ..key(field) }
}

fn listener(index: usize, entry: &Entry) -> Section {
    let address = |name, doc: &str, default: &str| {
        let read = Kind::Address.read(default).unwrap_or_else(|| Value::Text(default.to_owned()));
        Key::new(name, doc.to_owned(), Kind::Address, read)
    };
    let truth = |name, doc: &str| Key::new(name, doc.to_owned(), Kind::Bool, Value::Bool(false));
    let listen = address(
        "listen",
        "The address of the listener; port 0 takes any free one. Another address than this machine's own needs \
         TLS or `insecure = true`.",
        entry.listen,
    );
    let insecure = truth(
        "insecure",
        "Whether it may be reached from other machines without TLS. A warning says so at every start.",
    );
    let tls = Key {
        depends: Some("true when `[tls]` has a certificate".to_owned()),
        ..truth("tls", "Whether it speaks TLS, with the files of `[tls]`.")
    };
    let http = entry.site.map(|default| {
        let doc = "The address of its web pages; port 0 takes any free one. They are plain HTTP, so another address \
                   than this machine's own needs `insecure = true`, or a web server with TLS in front.";
        address("http", doc, default)
    });
    let compression = Key::new(
        "compression",
        "Whether messages are compressed for clients that offer it, which takes work on both ends.".to_owned(),
        Compression::KIND,
        Value::Text(Compression::Auto.as_str().to_owned()),
    );
    let mut keys = vec![listen, insecure, tls, compression];
    keys.extend(http);
    keys.extend(entry.all_fields().map(key));
    let doc = format!("{}. Without this section it is off.", entry.title);
    Section { name: entry.name.to_owned(), doc, role: Role::Listener(index), keys }
}

fn listener_limits(index: usize, entry: &Entry) -> Section {
    let keys = Limits::FIELDS.iter().map(|field| {
        let own = entry.limits.iter().find(|(key, _)| *key == field.key);
        let depends = Some(match own {
            Some((key, number)) => format!("{number}, or as in `access.limits.{key}` where that is set"),
            None => format!("as in `access.limits.{}`", field.key),
        });
        let key = Key { depends, ..limit(field) };
        match own {
            Some((_, number)) => Key { default: Value::Count(*number), ..key },
            None => key,
        }
    });
    Section {
        name: format!("{}.limits", entry.name),
        doc: format!(
            "Limits of the `{}` listener alone. A key that is not here holds as in `[access.limits]`.",
            entry.name
        ),
        role: Role::ListenerLimits(index),
        keys: keys.collect(),
    }
}
