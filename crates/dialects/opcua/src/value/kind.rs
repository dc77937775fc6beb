//! A variable's own type, as it is configured: what a value that is written flat becomes (contract `opcua`, second part).
//!
//! Called when the variables are read, and by the reading of values.

/// The names of the built-in types, from number 1 (OPC UA part 6, table "Built-in types").
const NAMES: [&str; 25] = [
    "Boolean",
    "SByte",
    "Byte",
    "Int16",
    "UInt16",
    "Int32",
    "UInt32",
    "Int64",
    "UInt64",
    "Float",
    "Double",
    "String",
    "DateTime",
    "Guid",
    "ByteString",
    "XmlElement",
    "NodeId",
    "ExpandedNodeId",
    "StatusCode",
    "QualifiedName",
    "LocalizedText",
    "ExtensionObject",
    "DataValue",
    "Variant",
    "DiagnosticInfo",
];

/// The type of a variable's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Own {
    /// The number of a built-in type; none when it is not known, or each value says its own (Variant).
    pub(crate) kind: Option<i128>,
    pub(crate) is_array: bool,
}

impl Own {
    /// The type with this name.
    pub(crate) fn named(name: &str, is_array: bool) -> Own {
        let place = NAMES.iter().position(|known| *known == name && *known != "Variant");
        Own { kind: place.map(|place| place as i128 + 1), is_array }
    }

    /// Whether its values are structures.
    pub(crate) fn is_structure(self) -> bool {
        self.kind == Some(22)
    }
}
