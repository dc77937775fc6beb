//! `cargo xtask new dialect NAME`: the skeleton of a dialect, and the proof that one is its folder and a line.
//!
//! Promises: nothing that exists is written over; what it writes compiles, passes its tests and is tidy, which the step
//! `dialect` of `cargo xtask test` shows on a copy of the checkout.

mod edit;
mod prove;

pub(crate) use prove::prove;

use crate::process::run;
use anyhow::{Context, bail, ensure};
use std::path::Path;
use std::process::Command;

/// The skeleton: where each file goes, and its text. `acme` and `Acme` stand for the name.
const SKELETON: &[(&str, &str)] = &[
    ("crates/dialects/acme/Cargo.toml", include_str!("dialect/Cargo.toml.txt")),
    ("crates/dialects/acme/src/lib.rs", include_str!("dialect/lib.rs.txt")),
    ("crates/dialects/acme/src/settings.rs", include_str!("dialect/settings.rs.txt")),
    ("crates/dialects/acme/src/conversation.rs", include_str!("dialect/conversation.rs.txt")),
    ("crates/dialects/acme/src/encode.rs", include_str!("dialect/encode.rs.txt")),
    ("crates/dialects/acme/src/compose.rs", include_str!("dialect/compose.rs.txt")),
    ("crates/dialects/acme/src/tests.rs", include_str!("dialect/tests.rs.txt")),
    ("docs/dialects/acme.md", include_str!("dialect/page.md.txt")),
    ("tests/conformance/acme/relay.transcript", include_str!("dialect/relay.transcript.txt")),
];

/// Writes a dialect of this name into the checkout at `root`.
pub(crate) fn dialect(root: &Path, name: &str) -> anyhow::Result<()> {
    check_name(name)?;
    let folder = root.join("crates/dialects").join(name);
    ensure!(!folder.exists(), "{} is there already", folder.display());
    for (path, change) in edit::PLACES {
        let path = root.join(path);
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let text = change(&text, name).with_context(|| format!("cannot find the place in {}", path.display()))?;
        write(&path, &text)?;
    }
    for (path, text) in SKELETON {
        write(&root.join(named(path, name)), &named(text, name))?;
    }
    let mut lock = Command::new("cargo");
    run(lock.args(["update", "--workspace", "--offline", "--quiet"]).current_dir(root))?;
    let registry = root.join(edit::REGISTRY);
    run(Command::new("rustfmt").args(["--edition", "2024"]).arg(registry))?;
    let package = format!("tieline-{name}");
    run(Command::new("cargo").args(["fmt", "-p", package.as_str()]).current_dir(root))?;
    println!(
        "crates/dialects/{name} is there and in the registry. What is next:\n  \
         cargo test -p {package}\n  \
         cargo run -- config reference > docs/configuration.md\n  \
         then its protocol: crates/dialects/{name}/src/conversation.rs, and a transcript for each line of it\n  \
         cargo xtask test"
    );
    Ok(())
}

/// A name has to be a token of a topic, a key in TOML, a part of a crate's name and a word in Rust at once.
fn check_name(name: &str) -> anyhow::Result<()> {
    let is_word = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if !is_word {
        bail!("{name:?} is no name for a dialect: lower-case letters and digits, a letter first");
    }
    Ok(())
}

fn named(text: &str, name: &str) -> String {
    let (first, rest) = name.split_at(1);
    text.replace("acme", name).replace("Acme", &format!("{}{rest}", first.to_uppercase()))
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_put_in_wherever_it_stands() {
        assert_eq!(named("acme.all AcmeSettings tieline_acme", "mri2"), "mri2.all Mri2Settings tieline_mri2");
    }

    #[test]
    fn a_name_that_would_not_fit_everywhere_is_refused() {
        assert!(check_name("mri2").is_ok());
        for bad in ["", "2mr", "Mr", "m-r", "m_r", "m.r", "../x"] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
