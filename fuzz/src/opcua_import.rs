//! A configuration file of the OPC UA reference. Input: the file.

/// It is refused, or becomes a server that can be put into a configuration; what is told of it fits a terminal's lines, and
/// a password is neither in the one nor in the other.
pub(crate) fn run(data: &[u8]) {
    let Some((server, told)) = tieline_opcua_client::trial::import(data) else { return };
    assert!(told.len() <= 101, "{} things told", told.len());
    let Some(text) = server else { return };
    let read: toml::Table = text.parse().unwrap_or_else(|error| panic!("{error} in\n{text}"));
    let servers = read["opcua"]["server"].as_array().unwrap();
    assert_eq!(servers.len(), 1, "{text}");
    assert!(servers[0]["name"].is_str(), "{text}");
    // The corpus has this one for a password, and nowhere else.
    let file = String::from_utf8_lossy(data);
    let marked = "<Password>MARKER</Password>";
    if file.matches("MARKER").count() == 1 && file.contains(marked) && file.contains("</Password>\n") {
        assert!(!text.contains("MARKER"), "{text}");
        assert!(told.iter().all(|line| !line.contains("MARKER")), "{told:?}");
    }
}
