//! The settings table in `docs/dialects/vxvue.md` is the one in the code.

#[test]
fn every_setting_stands_in_the_documentation() {
    let page = include_str!("../../../../../docs/dialects/vxvue.md");
    for field in crate::VxvueSettings::FIELDS {
        let row = format!("| `{}` | `{}` |", field.key, field.default);
        assert!(page.contains(&row), "docs/dialects/vxvue.md needs a row `{row}`");
    }
}
