//! The Rust types a setting may have, and the kind of value behind each.
//!
//! Promises: a type and its `Kind` always agree. Called by the code that `section!` writes; `choice!` adds types.

use super::{Field, Kind, Value, Values};
use std::net::SocketAddr;
use std::time::Duration;

/// A type that a field of a section may have.
pub trait Setting: Sized {
    /// What values it takes.
    const KIND: Kind;

    /// The value as this type; `None` when it is of another kind.
    fn from_value(value: &Value) -> Option<Self>;

    /// What stands for a value that is of another kind; it keeps the code free of panics and is never used as long as
    /// values are checked against `KIND`.
    fn blank() -> Self;

    /// The value that `values` has for `field`, or its default.
    fn take(field: &Field, values: &Values) -> Self {
        let given = values.get(field.key).and_then(Self::from_value);
        given.or_else(|| Self::from_value(&field.default_value())).unwrap_or_else(Self::blank)
    }
}

macro_rules! setting {
    ($($type:ty, $kind:ident, $value:ident => $read:expr, $blank:expr;)*) => { $(
        impl Setting for $type {
            const KIND: Kind = Kind::$kind;
            fn from_value(value: &Value) -> Option<$type> {
                match value {
                    Value::$kind($value) => $read,
                    _ => None,
                }
            }
            fn blank() -> $type {
                $blank
            }
        }
    )* };
}
setting! {
    bool, Bool, value => Some(*value), false;
    u64, Count, value => Some(*value), 0;
    usize, Count, value => Some(usize::try_from(*value).unwrap_or(usize::MAX)), 0;
    String, Text, value => Some(value.clone()), String::new();
    Vec<String>, Texts, value => Some(value.clone()), Vec::new();
    Duration, Duration, value => Some(*value), Duration::ZERO;
    serde_json::Map<String, serde_json::Value>, Free, value => Some(value.clone()), serde_json::Map::new();
    SocketAddr, Address, value => Some(*value), SocketAddr::from(([127, 0, 0, 1], 0));
}

/// What `section!` declares: a struct of settings that is made from its values.
pub trait Section: Sized {
    /// Its keys.
    const FIELDS: &'static [Field];

    /// The section with these values; what is missing there has its default.
    fn from_values(values: &Values) -> Self;
}

impl<T: Section> Setting for Vec<T> {
    const KIND: Kind = Kind::Tables(T::FIELDS);

    fn from_value(value: &Value) -> Option<Vec<T>> {
        match value {
            Value::Tables(tables) => Some(tables.iter().map(T::from_values).collect()),
            _ => None,
        }
    }

    fn blank() -> Vec<T> {
        Vec::new()
    }
}
