//! The reference's own configuration files, read as if their servers stood in ours (contract `opcua`, "Configuration").
//!
//! Promises: what can be understood is taken over and every oddity is told; a password is never taken out of its file; a
//! secured server never becomes a less secured one. Called by the gateway before it checks the section, and by
//! `tieline opcua import`.

mod client;
mod file;
mod meta;
mod secret;
mod toml;
mod tree;

pub use secret::{Secret, SecretFault, password};
pub use toml::to_toml;

use std::path::{Path, PathBuf};
use tieline_model::BadValue;
use tieline_model::settings::{Value, Values};
use tree::Element;

/// The most client files that one list may name.
const FILES: usize = 100;
/// The most oddities that are told of one file of `import`, and of those it names.
const TOLD: usize = 100;

/// Appends the servers of the files that `import` names to `server`.
pub fn expand(values: &mut Values) -> Vec<BadValue> {
    let Some(Value::Texts(paths)) = values.get("import") else { return Vec::new() };
    let (mut servers, mut told) = (Vec::new(), Vec::new());
    for path in paths {
        let read = read(Path::new(path));
        servers.extend(read.servers);
        told.extend(read.told);
    }
    if !servers.is_empty() {
        let mut all = match values.get("server") {
            Some(Value::Tables(own)) => own.clone(),
            _ => Vec::new(),
        };
        all.extend(servers);
        values.set("server", Value::Tables(all));
    }
    told
}

/// What a file amounts to.
#[derive(Debug, Default)]
pub struct Import {
    /// The values of each server, shaped as a table of `server`.
    pub servers: Vec<Values>,
    /// What is odd or wrong, at the key `import`.
    pub told: Vec<BadValue>,
    /// How many further oddities were found.
    untold: usize,
}

impl Import {
    fn warn(&mut self, path: &Path, message: String, hint: &str) {
        match self.told.len() < TOLD {
            true => self.tell(path, message, hint, true),
            false => self.untold += 1,
        }
    }

    fn fail(&mut self, path: &Path, message: String, hint: &str) {
        self.tell(path, message, hint, false);
    }

    fn tell(&mut self, path: &Path, message: String, hint: &str, is_usable: bool) {
        let message = format!("{}: {message}", path.display());
        self.told.push(BadValue { key: "import".to_owned(), message, hint: hint.to_owned(), is_usable });
    }

    /// The tree of a file with its oddities told, or why there is none.
    fn tree(&mut self, path: &Path) -> Option<Element> {
        let text = match file::read(path) {
            Ok((text, None)) => text,
            Ok((text, Some(odd))) => {
                self.warn(path, odd.to_owned(), "save it as UTF-8, so that every program reads the same in it");
                text
            }
            Err(wrong) => {
                self.fail(path, wrong, "name an existing file of the reference in `import`, or leave it out");
                return None;
            }
        };
        match tree::parse(&text) {
            Ok(parsed) => {
                for odd in parsed.oddities {
                    self.warn(path, odd, "it was read as it is most likely meant: look at what came out of it");
                }
                Some(parsed.root)
            }
            Err(wrong) => {
                self.fail(path, wrong, "repair the file, or leave it out of `import`");
                None
            }
        }
    }
}

/// Reads a client's file, or those that a model file names.
pub fn read(path: &Path) -> Import {
    let mut import = Import::default();
    if let Some(root) = import.tree(path) {
        match client::is_client(&root) {
            true => client::server(&root, path, &mut import),
            false => model(&root, path, &mut import),
        }
    }
    if import.untold > 0 {
        let message = format!("and {} more oddities", import.untold);
        import.tell(path, message, "repair those above first", true);
    }
    import
}

fn model(root: &Element, path: &Path, import: &mut Import) {
    let mut names = Vec::new();
    client_files(root, &mut names);
    if names.is_empty() {
        let hint = "name a file whose root is `OpcUaClient`, or a model file that names such files";
        import.fail(path, "it has no server and names no file that has one".to_owned(), hint);
    }
    if names.len() > FILES {
        let message = format!("it names {} files: those after the first {FILES} are left out", names.len());
        import.fail(path, message, "split it into several model files");
    }
    for name in names.into_iter().take(FILES) {
        let file = beside(path, &name);
        let Some(root) = import.tree(&file) else { continue };
        match client::is_client(&root) {
            true => client::server(&root, &file, import),
            false => {
                let hint = "name files whose root is `OpcUaClient`";
                import.fail(&file, "it has no server".to_owned(), hint);
            }
        }
    }
}

/// Reads a client's file that is in memory already; `None` when it is no XML.
pub(crate) fn read_client(bytes: &[u8]) -> Option<Import> {
    let (text, _) = file::decoded(bytes.to_vec());
    let root = tree::parse(&text).ok()?.root;
    let mut import = Import::default();
    client::server(&root, Path::new("client.xml"), &mut import);
    Some(import)
}

/// Every text that looks like the name of a client's file. What is switched off with `Disable` is passed over.
fn client_files(element: &Element, names: &mut Vec<String>) {
    if element.attribute("Disable").is_some() {
        return;
    }
    let texts = element.attributes.iter().map(|(_, value)| value).chain([&element.text]);
    let named = texts.filter(|text| text.to_ascii_lowercase().ends_with(".xml"));
    names.extend(named.filter(|text| !text.contains("://")).cloned());
    element.children.iter().for_each(|child| client_files(child, names));
}

/// The file of this name in the folder of the model file, which the reference's own files call `@CONF_DIR@`.
fn beside(model: &Path, name: &str) -> PathBuf {
    let name = name.strip_prefix("@CONF_DIR@").map_or(name, |rest| rest.trim_start_matches('/'));
    model.parent().unwrap_or(Path::new("")).join(name)
}

#[cfg(test)]
mod tests;
