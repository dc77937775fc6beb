//! Dialects that exist for tests: the configuration's own tests and those of the command line use them, so that no change of a
//! real dialect changes a test. Behind the feature `testing`.

pub mod kitchen;
pub mod pantry;

use tieline_model::Entry;

/// An entry with these keys and nothing else.
pub(crate) const fn entry(
    name: &'static str,
    listen: &'static str,
    fields: &'static [tieline_model::settings::Field],
) -> Entry {
    Entry {
        name,
        title: "Dialect for tests",
        listen,
        site: None,
        backend: None,
        fields,
        build: |_, _| panic!("the configuration builds no dialect"),
        instruments: Vec::new,
        limits: &[],
        sample: ("alpha.one", "{}"),
    }
}
