//! The participant types of contract `vxvue`. Called by whoever names a participant to a person.

/// No type: not registered as a sender, everybody as a receiver.
pub(crate) const NOBODY: u32 = 0;
/// This server itself.
pub(crate) const SERVER: u32 = 1;
/// The X-ray console, VXvue (VSS).
pub(crate) const CONSOLE: u32 = 2;

/// What a type is, for people; types the contract does not name are devices.
pub(crate) fn name(participant: u32) -> &'static str {
    match participant {
        NOBODY => "not registered",
        SERVER => "server",
        CONSOLE => "VXvue",
        101 => "generator",
        102 => "DAP meter",
        103 => "collimator",
        104 => "battery",
        105 => "barcode reader",
        106 => "display",
        107 => "equipment",
        1000 => "exposure control",
        10000 => "total system",
        10001 => "2D camera",
        _ => "device",
    }
}
