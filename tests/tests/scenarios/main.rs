//! The gateway from outside: what clients of all dialects see, in load, at limits and when something fails. One module for each scenario,
//! in a folder with those about the same thing.
//!
//! One program for all: each would hold the whole gateway once more, 200 MB on the disk and seconds of linking. Those that look
//! at the whole process (its memory, its panics) rely on a runner that gives each test its own; see `unit` of `cargo xtask test`.

mod admission;
mod delivery;
mod life;
mod pages;
mod products;
