//! A value that a client wants written. Input: the JSON.

/// It is refused, or is written again as JSON that means the same.
pub(crate) fn run(data: &[u8]) {
    let Some((text, is_same)) = tieline_opcua_values::trial::value(data) else { return };
    assert!(is_same, "written as {text}");
    let written: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(written["Value"]["Type"].is_u64() && written["Value"].get("Body").is_some(), "{text}");
}
