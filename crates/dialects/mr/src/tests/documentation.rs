//! The settings table in `docs/dialects/mr.md` is the one in the code.

#[test]
fn every_setting_stands_in_the_documentation() {
    let page = include_str!("../../../../../docs/dialects/mr.md");
    for field in crate::MrSettings::FIELDS {
        let row = format!("| `{}` | `{}` |", field.key, field.default);
        assert!(page.contains(&row), "docs/dialects/mr.md needs a row `{row}`");
    }
}
