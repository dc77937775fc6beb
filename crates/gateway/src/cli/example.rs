//! `tieline config example`: a complete file to begin with, written from the catalog.
//!
//! Promises: the file is accepted as it is, and also when every `#` before a key is taken away.

use crate::config::{Catalog, Key, Role, literal};
use tieline_model::settings::Kind;

/// The width at which prose is broken.
const WIDTH: usize = 100;

/// The file.
pub(super) fn example(catalog: &Catalog) -> String {
    let mut text = String::from(
        "# Configuration of Tieline. Every key is here with its default; take away the `#` before a key to change it.\n\
         # A dialect is on when its section is there: delete the sections of those you do not need.\n\
         # Check it with `tieline check`, see what holds with `tieline config show`.\n",
    );
    for section in &catalog.sections {
        text.push('\n');
        prose(&mut text, &section.doc);
        text.push_str(&format!("[{}]\n", section.name));
        for key in &section.keys {
            // The limits of one listener are those of all, which are explained once.
            if !matches!(section.role, Role::ListenerLimits(_)) {
                prose(&mut text, &describe(key));
            }
            text.push_str(&format!("#{} = {}\n", key.name, literal::toml(&key.default)));
        }
    }
    text
}

/// What a key does, with its choices.
fn describe(key: &Key) -> String {
    let mut doc = key.doc.clone();
    if let Kind::Choice(choices) = key.kind {
        for choice in choices {
            doc.push_str(&format!(" \"{}\": {}", choice.name, tieline_model::settings::prose(choice.doc)));
        }
    }
    if let Some(depends) = &key.depends {
        doc.push_str(&format!(" Default: {depends}."));
    }
    doc
}

/// Adds `doc` as comment lines.
fn prose(text: &mut String, doc: &str) {
    let mut line = String::from("#");
    for word in doc.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            text.push_str(&line);
            text.push('\n');
            line.truncate(1);
        }
        line.push(' ');
        line.push_str(word);
    }
    text.push_str(&line);
    text.push('\n');
}
