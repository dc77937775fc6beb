//! Passwords: read from their file at the moment they are needed, and shown to nobody.

use super::{file, tree};
use std::fmt;
use std::path::Path;

/// A text that no formatting shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text, for whom it is meant; every place that uses it can be found by this word.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// Why there is no password; no text of the file is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the password file {path}: {what}")]
pub struct SecretFault {
    /// The file.
    pub path: String,
    /// What is wrong with it.
    pub what: String,
}

/// Reads a password: the first line of a plain file, or the element `Password` of a configuration file of the reference.
pub fn password(path: &Path) -> Result<Secret, SecretFault> {
    let fault = |what: String| SecretFault { path: path.display().to_string(), what };
    let (text, _) = file::read(path).map_err(fault)?;
    if !is_xml(&text) {
        return Ok(Secret(text.lines().next().unwrap_or_default().to_owned()));
    }
    let parsed = tree::parse(&text).map_err(fault)?;
    let endpoint = parsed.root.child("Endpoint");
    let user = endpoint.and_then(|endpoint| endpoint.child("Authentication").or(endpoint.child("UserAuth")));
    let password = user.and_then(|user| user.child("Password"));
    let password =
        password.ok_or_else(|| fault("it has no element `Password` in `Endpoint`, `Authentication`".to_owned()))?;
    Ok(Secret(password.text.clone()))
}

/// Whether a text begins as XML does, and no password should: with an element or a declaration, behind any comments.
fn is_xml(text: &str) -> bool {
    let mut rest = text.trim_start();
    while let Some(comment) = rest.strip_prefix("<!--") {
        let Some((_, behind)) = comment.split_once("-->") else { return false };
        rest = behind.trim_start();
    }
    if rest.starts_with("<?xml") || rest.starts_with("<!DOCTYPE") {
        return true;
    }
    // A password may begin with this sign too: it is an element only with a name, and an end somewhere.
    let begins = rest.strip_prefix('<').is_some_and(|rest| rest.starts_with(|c: char| c.is_alphabetic() || c == '_'));
    begins && rest.contains("</") && rest.contains('>')
}
