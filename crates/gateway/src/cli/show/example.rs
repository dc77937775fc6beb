//! `tieline config example`: a complete file to begin with, written from the catalog.
//!
//! Promises: the file is accepted as it is, and also when every `#` before a key of a section is taken away. Of tables
//! there is one of each kind, to be filled in, named `example` where a
//! person chooses the name: with the `#` before its name and its keys taken away all of it is known and
//! fits, but what has no default (a name, an address) its owner asks for, unless the key's documentation gives an example.

use tieline_config::{Catalog, Key, Role};
use tieline_model::settings::{Kind, Value, toml};

/// The width at which prose is broken.
const WIDTH: usize = 100;

/// The file.
pub(in crate::cli) fn example(catalog: &Catalog) -> String {
    let mut text = String::from(
        "# Configuration of Tieline. Every key is here with its default; take away the `#` before a key to change it.\n\
         # A dialect is on when its section is there: delete the sections of those you do not need.\n\
         # Check it with `tieline check`, see what holds with `tieline config show`.\n",
    );
    for section in &catalog.sections {
        text.push('\n');
        prose(&mut text, &section.doc);
        text.push_str(&format!("[{}]\n", section.name));
        // The limits of one listener are those of all, which are explained once.
        let is_explained = !matches!(section.role, Role::ListenerLimits(_));
        for key in section.keys.iter().filter(|key| !key.is_tables()) {
            if is_explained {
                prose(&mut text, &describe(key));
            }
            text.push_str(&format!("#{} = {}\n", key.name, toml(&key.default)));
        }
        tables(&mut text, &section.name, &section.keys);
    }
    text
}

/// One of each table among the keys, behind the others: what follows a table's name belongs to that table.
fn tables(text: &mut String, path: &str, keys: &[Key]) {
    for key in keys.iter().filter(|key| key.is_tables()) {
        let path = key.each(&format!("{path}.{}", key.name), "example");
        text.push('\n');
        let each = match key.kind {
            Kind::Named(_) => "Each has a table of its own, and a name that you choose:",
            _ => "Each has a table of its own:",
        };
        prose(text, &format!("{} {each}", describe(key)));
        text.push_str(&format!("#{}\n", key.heading(&path)));
        for key in key.inner.iter().filter(|key| !key.is_tables()) {
            prose(text, &describe(key));
            text.push_str(&format!("#{} = {}\n", key.name, toml(&sample(key))));
        }
        tables(text, &path, &key.inner);
    }
}

/// What a table of the example has for a key: its default, or for an empty text the one that its documentation gives,
/// "as in" this.
fn sample(key: &Key) -> Value {
    let given = key.doc.split_once("as in `").and_then(|(_, rest)| rest.split_once('`'));
    match (&key.default, given) {
        (Value::Text(text), Some((example, _))) if text.is_empty() => Value::Text(example.to_owned()),
        (default, _) => default.clone(),
    }
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
