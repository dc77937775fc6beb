//! The settings table in `docs/dialects/fme.md` is the one in the code.

#[test]
fn every_setting_stands_in_the_documentation() {
    let page = include_str!("../../../../../docs/dialects/fme.md");
    for field in crate::FmeSettings::FIELDS {
        let row = format!("| `{}` | `{}` |", field.key, field.default);
        assert!(page.contains(&row), "docs/dialects/fme.md needs a row `{row}`");
    }
}
