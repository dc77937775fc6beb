//! The built-in types by name and number (OPC UA part 6, table "Built-in types").

/// The names, from number 1.
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

/// The number of the built-in type with this name.
pub fn data_type_id(name: &str) -> Option<u8> {
    let at = NAMES.iter().position(|known| *known == name)?;
    u8::try_from(at + 1).ok()
}

/// The name of the built-in type with this number.
pub fn data_type_name(id: u8) -> Option<&'static str> {
    NAMES.get(usize::from(id).checked_sub(1)?).copied()
}

/// The name that somebody most likely meant, when there is one that is near.
pub fn nearest_data_type(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let known = match lower.as_str() {
        "bool" => "Boolean",
        "int" | "integer" | "enumeration" => "Int32",
        "real" | "float32" => "Float",
        "number" | "float64" => "Double",
        "text" => "String",
        "basedatatype" | "any" => "Variant",
        "structure" => "ExtensionObject",
        "uint8" => "Byte",
        "int8" => "SByte",
        "utctime" | "date" | "time" => "DateTime",
        _ => {
            let ranked = NAMES.iter().map(|known| (strsim::damerau_levenshtein(&lower, &known.to_lowercase()), *known));
            let (distance, best) = ranked.min_by_key(|(distance, _)| *distance)?;
            return (distance <= 1 + name.chars().count() / 4).then_some(best);
        }
    };
    Some(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_belong_together() {
        for id in 1..=25 {
            assert_eq!(data_type_name(id).and_then(data_type_id), Some(id));
        }
        assert_eq!(
            (data_type_id("Double"), data_type_id("UInt64"), data_type_id("Variant")),
            (Some(11), Some(9), Some(24))
        );
        assert_eq!((data_type_name(0), data_type_name(26), data_type_id("double")), (None, None, None));
    }

    #[test]
    fn a_name_that_is_near_is_found() {
        assert_eq!(nearest_data_type("double"), Some("Double"));
        assert_eq!(nearest_data_type("Uint16"), Some("UInt16"));
        assert_eq!(nearest_data_type("bool"), Some("Boolean"));
        assert_eq!(nearest_data_type("banana"), None);
        assert_eq!(nearest_data_type(""), None);
    }
}
