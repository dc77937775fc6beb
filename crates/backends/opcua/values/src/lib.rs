//! OPC UA values and structures as JSON in the event form, and back (contract `opcua`, "Values").
//!
//! Promises: knows no session and asks nobody: what a server says of its data types is handed in. What is written is read back
//! as the same value; no text of a refusal holds one. Called by whatever of the backend reads, writes, watches and shows values.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod structures;
#[doc(hidden)]
pub mod trial;
mod value;

#[cfg(any(test, feature = "testing"))]
pub use structures::plain_field;
pub use structures::{
    Definitions, Enumeration, Field, Misfit, Said, Shape, Structure, Structures, Table, argument, fill, has_fields,
    in_dictionary, named_in, new_in, wanted,
};
pub use value::{
    Typed, data_type_id, data_type_name, fit, flat, nearest_data_type, quoted, read_data_value, read_time, status_code,
    write_data_value, write_time,
};
