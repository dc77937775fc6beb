//! The lines outside its folder that a new dialect needs: two in manifests, one in the registry.
//!
//! Called by `scaffold::dialect`. Pure text in, text out; `None` when the place is not there.

/// How a file's text changes for a dialect of this name.
type Change = fn(&str, &str) -> Option<String>;

/// The list of dialects.
pub(super) const REGISTRY: &str = "crates/gateway/src/registry.rs";

/// Which files are changed, and how.
pub(super) const PLACES: &[(&str, Change)] = &[
    ("Cargo.toml", |text, name| {
        let line = format!("tieline-{name} = {{ path = \"crates/dialects/{name}\" }}\n");
        before_line(text, "tieline-console = ", &line)
    }),
    ("crates/gateway/Cargo.toml", |text, name| {
        let line = format!("tieline-{name}.workspace = true\n");
        let dependencies = text.find("\n[dependencies]")?;
        let (head, tail) = text.split_at(dependencies);
        Some(format!("{head}{}", before_line(tail, "tieline-model", &line)?))
    }),
    (REGISTRY, |text, name| {
        let list = text.find("DIALECTS: &[Entry] =")?;
        let end = list + text[list..].find("];")?;
        let (head, tail) = text.split_at(end);
        let comma = if head.trim_end().ends_with(',') { "" } else { "," };
        Some(format!("{head}{comma} tieline_{name}::ENTRY{tail}"))
    }),
];

/// Puts a line before the first one that begins so.
fn before_line(text: &str, begins: &str, line: &str) -> Option<String> {
    let at = text.find(&format!("\n{begins}"))? + 1;
    let (head, tail) = text.split_at(at);
    Some(format!("{head}{line}{tail}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(path: &str, text: &str) -> Option<String> {
        let (_, change) = PLACES.iter().find(|(place, _)| *place == path).unwrap();
        change(text, "acme")
    }

    #[test]
    fn each_place_gets_its_line() {
        let root = "[workspace.dependencies]\ntieline-fme = 1\ntieline-console = 2\n";
        let expected = "[workspace.dependencies]\ntieline-fme = 1\n\
                        tieline-acme = { path = \"crates/dialects/acme\" }\ntieline-console = 2\n";
        assert_eq!(changed("Cargo.toml", root).unwrap(), expected);
        let gateway = "[x]\ntieline-model\n[dependencies]\na = 1\ntieline-model.workspace = true\n";
        let expected = "[x]\ntieline-model\n[dependencies]\na = 1\ntieline-acme.workspace = true\ntieline-model.workspace = true\n";
        assert_eq!(changed("crates/gateway/Cargo.toml", gateway).unwrap(), expected);
    }

    #[test]
    fn the_registry_may_stand_on_one_line_or_on_many() {
        let change = |text| changed(REGISTRY, text).unwrap();
        let one = "pub const DIALECTS: &[Entry] = &[tieline_fme::ENTRY];\nconst X: &[u8] = &[1];";
        let expected =
            "pub const DIALECTS: &[Entry] = &[tieline_fme::ENTRY, tieline_acme::ENTRY];\nconst X: &[u8] = &[1];";
        assert_eq!(change(one), expected);
        let wrapped = change("pub const DIALECTS: &[Entry] =\n    &[tieline_fme::ENTRY];");
        assert_eq!(wrapped, "pub const DIALECTS: &[Entry] =\n    &[tieline_fme::ENTRY, tieline_acme::ENTRY];");
        let many = "pub const DIALECTS: &[Entry] = &[\n    tieline_fme::ENTRY,\n];";
        assert_eq!(change(many), "pub const DIALECTS: &[Entry] = &[\n    tieline_fme::ENTRY,\n tieline_acme::ENTRY];");
    }

    #[test]
    fn a_place_that_is_gone_is_no_place() {
        for (path, _) in PLACES {
            assert_eq!(changed(path, "nothing"), None);
        }
    }
}
