//! The products' clients as they speak: transcripts, whole stories, and patient data that goes astray nowhere.

mod conformance;
mod inspect_http;
mod inspect_imports;
mod patient;
mod scans;
mod vxvue_console;
mod vxvue_room;
