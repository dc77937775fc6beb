//! The demo's plant, in a program that was built with it; else there is none.
//!
//! Promises: nothing listens unless the gateway runs as a demo. Called when the backend starts.

#[cfg(not(feature = "plant"))]
mod none;

#[cfg(not(feature = "plant"))]
pub(crate) use none::{Plant, begin, offer};
#[cfg(feature = "plant")]
pub(crate) use tieline_opcua_plant::{Plant, offer};

/// Starts it, with its certificate in `folder`.
#[cfg(feature = "plant")]
pub(crate) fn begin(folder: &std::path::Path) -> Option<std::io::Result<Plant>> {
    Some(Plant::start(&folder.join("plant")))
}
