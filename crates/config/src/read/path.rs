//! Paths of keys as they are written: `alpha.cup.0.mode`, and `alpha.shelf."a.b".mode` where names are a person's.
//!
//! Promises: a dot between quotes is a part of a name. Called wherever a path is followed outwards.

/// The path without its last part; `None` when that is all there is.
pub(crate) fn outer(path: &str) -> Option<&str> {
    let (mut is_quoted, mut is_escaped, mut last) = (false, false, None);
    for (at, byte) in path.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            b'.' if !is_quoted => last = Some(at),
            _ => {}
        }
    }
    last.and_then(|at| path.get(..at))
}

#[cfg(test)]
mod tests {
    use super::outer;
    use proptest::prelude::*;
    use tieline_model::settings::in_path;

    #[test]
    fn the_last_part_is_taken_away() {
        assert_eq!(outer("alpha.cup.0.mode"), Some("alpha.cup.0"));
        assert_eq!(outer(r#"alpha.shelf."a.b""#), Some("alpha.shelf"));
        assert_eq!(outer(r#"alpha.shelf."a\".b".mode"#), Some(r#"alpha.shelf."a\".b""#));
        assert_eq!(outer("alpha"), None);
    }

    proptest! {
        #[test]
        fn any_name_is_one_part(name in any::<String>()) {
            let table = format!("alpha.shelf.{}", in_path(&name));
            let inside = format!("{table}.mode");
            prop_assert_eq!(outer(&table), Some("alpha.shelf"));
            prop_assert_eq!(outer(&inside), Some(table.as_str()));
        }
    }
}
