//! Settings as data: a section of the configuration is a struct whose fields carry their key, kind, default and
//! documentation, so that reading, checking, the example, the schema and the reference page all come from one place.
//!
//! Promises: knows no file format. Called by dialects (which declare sections with the `section!` macro) and by the
//! gateway's configuration (which fills, checks and prints them).

use std::net::SocketAddr;
use std::time::Duration;

/// What a value may be; the gateway checks a file's values against it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Any text.
    Text,
    /// `true` or `false`.
    Bool,
    /// A whole number from 0.
    Count,
    /// `"10m"`: a whole number and one of `ms`, `s`, `m`, `h`, `d`; `"0"` is none.
    Duration,
    /// `"127.0.0.1:55111"` or `"[::1]:55111"`.
    Address,
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// Texts.
    Texts,
}

/// One key of a section.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Field {
    /// The key.
    pub key: &'static str,
    /// What it does, what follows from it, its unit: one or more sentences.
    pub doc: &'static str,
    /// What values it takes.
    pub kind: Kind,
    /// Its default as it would stand in a TOML file.
    pub default: &'static str,
}

/// A value as a configuration gives it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A whole number.
    Count(u64),
    /// A truth.
    Bool(bool),
    /// Texts.
    Texts(Vec<String>),
}

/// The values of one section, each checked against its field's kind, defaults filled in.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Values(Vec<(&'static str, Value)>);
