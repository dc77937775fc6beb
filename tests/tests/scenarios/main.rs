//! The gateway from outside: what clients of all dialects see, in load, at limits and in trouble. One module for each scenario.
//!
//! One program for all: each would hold the whole gateway once more, 200 MB on the disk and seconds of linking. Those that look
//! at the whole process (its memory, its panics) rely on a runner that gives each test its own; see `unit` of `cargo xtask test`.

mod barrier;
mod commands;
mod compression;
mod conformance;
mod door;
mod garbage;
mod health;
mod idle;
mod inspect_http;
mod inspect_imports;
mod large;
mod limits;
mod long_answer;
mod many;
mod memory;
mod order;
mod panics;
mod patient;
mod ports;
mod pressure;
mod proxied;
mod scans;
mod service;
mod site_service;
mod slow_reader;
mod stop;
mod time;
mod tls;
mod vxvue_console;
mod vxvue_room;
