//! `tieline config reference`: the page docs/configuration.md, written from the catalog.
//!
//! Promises: a test compares the committed page with this one, so that it is never out of date.

use tieline_config::{ANY, Catalog, Key, Role, variable};
use tieline_model::settings::{Kind, prose, toml};

/// The page.
pub(in crate::cli) fn reference(catalog: &Catalog) -> String {
    let mut page = format!(
        "# Configuration

<!-- Written by `tieline config reference`; change the doc comments of the settings, not this page. -->

Tieline reads one TOML file, `tieline.toml` in the folder it is started in or the one named by `--config`. An unknown key
is an error. `tieline config example` prints a complete file, `tieline check` tells every problem at once, and
`tieline config show` prints every value with where it came from.

Each key can also be set by an environment variable and by a flag; a flag wins over the environment, the environment
over the file, and the file over the default:

| | for `access.limits.idle` |
|---|---|
| file | `idle = \"10m\"` under `[access.limits]` |
| environment | `{}=10m` |
| flag | `--set access.limits.idle=10m` |

In environment and flags texts have no quotes, and lists are separated by commas. Setting a key of a dialect or of the
console switches it on, as its section in the file does. A duration is a whole number and one of `ms`, `s`, `m`, `h`,
`d`, or `0`.
",
        variable("access.limits.idle")
    );
    for section in &catalog.sections {
        page.push_str(&format!("\n## `[{}]`\n\n{}\n", section.name, section.doc));
        match section.role {
            Role::ListenerLimits(_) => page.push_str("\nThe keys are those of `[access.limits]`.\n"),
            _ => keys(&mut page, &section.name, &section.keys),
        }
    }
    page
}

/// The table of keys, then a part for each key that stands for tables of its own.
fn keys(page: &mut String, path: &str, keys: &[Key]) {
    page.push_str(&table(keys));
    for key in keys.iter().filter(|key| key.is_tables()) {
        let path = key.each(&format!("{path}.{}", key.name), ANY);
        let (heading, doc) = (key.heading(&path), &key.doc);
        page.push_str(&format!("\n### `{heading}`\n\n{doc} Each begins with a line `{heading}` in the file"));
        if let Kind::Named(_) = key.kind {
            page.push_str(&format!(", where `{ANY}` is yours to choose"));
        }
        page.push_str("; environment and flags cannot set them.\n");
        self::keys(page, &path, &key.inner);
    }
}

fn table(keys: &[Key]) -> String {
    let mut rows = String::from("\n| Key | Value | Default | |\n|---|---|---|---|\n");
    for key in keys {
        let default = match &key.depends {
            Some(depends) => depends.clone(),
            None => format!("`{}`", toml(&key.default)),
        };
        rows.push_str(&format!("| `{}` | {} | {default} | {} |\n", key.name, values(key), describe(key)));
    }
    rows
}

fn values(key: &Key) -> &'static str {
    match key.kind {
        Kind::Text => "text",
        Kind::Bool => "`true` or `false`",
        Kind::Count => "whole number",
        Kind::Size => "size",
        Kind::Duration => "duration",
        Kind::Address => "IP address and port",
        Kind::Choice(_) => "choice",
        Kind::Texts => "list of texts",
        Kind::Tables(_) => "tables",
        Kind::Named(_) => "tables with names",
        Kind::Free => "table, in the file only",
        Kind::FreeOr(_) => "one word, or in the file a table",
    }
}

fn describe(key: &Key) -> String {
    let mut doc = key.doc.clone();
    if let Kind::Choice(choices) = key.kind {
        for choice in choices {
            doc.push_str(&format!("<br>`\"{}\"`: {}", choice.name, prose(choice.doc)));
        }
    }
    // A bar would end the cell.
    doc.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::DIALECTS;

    #[test]
    fn the_committed_page_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            committed == reference(&Catalog::new(DIALECTS)),
            "docs/configuration.md is out of date; repair it with\n\
             cargo run -p tieline-gateway --no-default-features -- config reference > docs/configuration.md"
        );
    }
}
