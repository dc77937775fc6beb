//! The dialect `opcua` with servers that we did not write: asyncua, node-opcua, open62541. One module each for what is asked of
//! them; `matrix` has every quirk that somebody has met.
//!
//! One program for all: each would hold the whole gateway once more, 200 MB on the disk and seconds of linking.

mod attempts;
mod clock;
mod crowds;
mod history;
mod link;
mod matrix;
mod model;
mod monitor;
mod rig;
mod security;
mod values;
