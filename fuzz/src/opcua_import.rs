//! A configuration file of the OPC UA reference. Input: the file.

/// It is refused, or becomes one server that can be put into a configuration as it is printed; what is told of it is bounded.
pub(crate) fn run(data: &[u8]) {
    let Some((server, told)) = tieline_opcua_settings::trial::import(data) else { return };
    assert!(told.len() <= 101, "{} things told", told.len());
    let Some(text) = server else { return };
    let read: toml::Table = text.parse().unwrap_or_else(|error| panic!("{error} in\n{text}"));
    let servers = read["opcua"]["server"].as_array().unwrap();
    assert_eq!(servers.len(), 1, "{text}");
    assert!(servers[0]["name"].is_str(), "{text}");
}
