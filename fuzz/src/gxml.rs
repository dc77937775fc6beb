//! A file of measured elements. Input: the file.

/// It is refused in one line without the file's words, or it has elements: of a kind, with places that are numbers, and
/// with a content that is JSON and not much longer than the file.
pub(crate) fn run(data: &[u8]) {
    let elements = match tieline_measuring_project::trial::elements(data) {
        Ok(elements) => elements,
        Err(told) => {
            assert!(told.len() < 200 && !told.contains('\n') && !told.contains("MARKER"), "{told}");
            return;
        }
    };
    assert!(!elements.is_empty());
    // What is wrapped can become a thousand times longer.
    let is_wrapped = data.starts_with(b"PK") || data.starts_with(&[0x1F, 0x8B]);
    let kept: usize = elements.iter().map(|element| element.body.len()).sum();
    assert!(is_wrapped || kept <= 200 * data.len() + 200, "{kept} bytes of {}", data.len());
    for element in elements {
        assert!(!element.kind.is_empty() && element.kind.len() < 30, "{element:?}");
        assert!(element.position.is_none_or(|place| place.iter().all(|axis| axis.is_finite())), "{element:?}");
        assert!(element.name.is_none_or(|name| !name.is_empty() && name.chars().count() <= 256));
        let body: serde_json::Value = serde_json::from_str(&element.body).unwrap();
        assert!(body["tree"]["tag"].is_string() && body["numbers"].is_array(), "{body}");
    }
}
