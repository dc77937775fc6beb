//! OPC UA values as JSON in the event form, and back (contract `opcua`, "Values").
//!
//! Promises: what is written is read back as the same value, to the bit for numbers and to 100 ns for times; a value that
//! has no JSON form is told as its status; a structure is an object where its type is known; no text of a refusal holds a value. Whole arrays, every built-in type, nothing
//! of a value is ever rounded or cut. Called by whatever reads, writes and watches variables.

mod fit;
mod kind;
mod read;
mod time;
mod write;

#[cfg(test)]
mod tests;

pub use fit::fit;
pub use kind::{data_type_id, data_type_name, nearest_data_type};
pub(crate) use read::read_body;
pub use read::{Typed, read_data_value};
pub use time::{read_time, write_time};
pub(crate) use write::body;
pub use write::{flat, quoted, status_code, write_data_value};

/// How deep Variants may lie in Variants, and structures in structures.
pub(crate) const DEPTH: usize = 16;
