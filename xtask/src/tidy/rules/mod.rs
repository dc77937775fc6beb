//! The rules, one a file, each with good and bad samples.

pub(super) mod banned;
pub(super) mod dependencies;
pub(super) mod dialect_names;
pub(super) mod libraries;
pub(super) mod map;
pub(super) mod openings;
pub(super) mod paths;
pub(super) mod private_words;
pub(super) mod size;
pub(super) mod symbols;
pub(super) mod walks;
pub(super) mod words;
