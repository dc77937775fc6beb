//! Tests of the configuration with dialects of their own, so that no change of a real one changes them.

mod brought;
mod layers;
mod named;
mod named_held;
mod names;
mod origin_policy;
mod overrides;
mod problems;
mod property;
mod reach;
mod tables;

use super::*;
use crate::testing::entry;
use tieline_model::settings::{choice, section};

section! {
    /// Settings of a dialect made for tests.
    struct AlphaSettings {
        /// Whether it says everything back.
        echo: bool = "false",
        /// How it speaks.
        tone: Tone = "\"calm\"",
    }
}
choice! {
    /// How something speaks.
    enum Tone {
        /// Slowly.
        Calm = "calm",
        /// Fast.
        Brisk = "brisk",
    }
}

pub(crate) const ENTRIES: &[Entry] = &[
    entry("alpha", "127.0.0.1:4001", AlphaSettings::FIELDS),
    Entry { limits: &[("streams", 77)], ..entry("beta", "127.0.0.1:4002", &[]) },
];

fn input(file: &str) -> Input {
    Input { path: "tieline.toml".to_owned(), bytes: file.as_bytes().to_vec(), ..Input::default() }
}

fn good(input: &Input) -> Config {
    good_for(ENTRIES, input)
}

fn good_for(entries: &'static [Entry], input: &Input) -> Config {
    load(input, entries).unwrap_or_else(|problems| panic!("{}", render(&problems.source, &problems.list, false)))
}

/// Everything that is said about a configuration: its problems, or else its warnings.
fn said(input: &Input) -> String {
    said_for(ENTRIES, input)
}

fn said_for(entries: &'static [Entry], input: &Input) -> String {
    match load(input, entries) {
        Ok(config) => render(&config.source, &config.warnings, false),
        Err(problems) => render(&problems.source, &problems.list, false),
    }
}

/// Holds what is said about each file against what is expected: title, file, expected.
fn expect_each(cases: &[(&str, &str, &str)]) {
    expect_each_for(ENTRIES, cases);
}

fn expect_each_for(entries: &'static [Entry], cases: &[(&str, &str, &str)]) {
    for (title, file, expected) in cases {
        let said = said_for(entries, &input(file));
        assert_eq!(said.trim(), expected.trim(), "\n{title}; said:\n{said}\nexpected:\n{expected}");
    }
}

/// Holds what is said about a configuration against `expected`, both without empty lines around.
fn expect(input: &Input, expected: &str) {
    let said = said(input);
    assert_eq!(said.trim(), expected.trim(), "\nsaid:\n{said}\nexpected:\n{expected}");
}
