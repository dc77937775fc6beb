//! The settings table in `docs/dialects/opcua.md` is the one in the code.

#[test]
fn every_setting_stands_in_the_documentation() {
    let page = include_str!("../../../../../docs/dialects/opcua.md");
    for field in crate::OpcuaSettings::FIELDS {
        let row = format!("| `{}` | `{}` |", field.key, field.default);
        assert!(page.contains(&row), "docs/dialects/opcua.md needs a row `{row}`");
    }
}
