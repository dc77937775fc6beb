//! The standard's structures that servers have in their properties and status (OPC UA part 3, 5 and 8): known without asking.

use super::types::{Enumeration, Field, Kind, Shape, Structure, Table};
use opcua::types::{DataTypeId, NodeId, ObjectId};
use std::sync::{Arc, LazyLock};

/// The names of a server's state, from 0.
const STATES: [&str; 8] =
    ["Running", "Failed", "NoConfiguration", "Suspended", "Shutdown", "Test", "CommunicationFault", "Unknown"];
const SCALES: [&str; 3] = ["Linear", "Log", "Ln"];

const BOOLEAN: Shape = Shape::Plain(1);
const INT16: Shape = Shape::Plain(4);
const INT32: Shape = Shape::Plain(6);
const UINT32: Shape = Shape::Plain(7);
const INT64: Shape = Shape::Plain(8);
const FLOAT: Shape = Shape::Plain(10);
const DOUBLE: Shape = Shape::Plain(11);
const STRING: Shape = Shape::Plain(12);
const TIME: Shape = Shape::Plain(13);
const NODE: Shape = Shape::Plain(17);
const TEXT: Shape = Shape::Plain(21);

/// The same for everybody.
pub(super) fn table() -> Arc<Table> {
    static TABLE: LazyLock<Arc<Table>> = LazyLock::new(|| Arc::new(all()));
    TABLE.clone()
}

fn all() -> Table {
    let names = |names: &[&str]| {
        let named = (0..).zip(names).map(|(number, name)| (number, (*name).to_owned()));
        Shape::Enumeration(Arc::new(Enumeration(named.collect())))
    };
    let structure = |id: DataTypeId| Shape::Structure(NodeId::from(id));
    use {DataTypeId as Type, ObjectId as Encoding};
    let list = [
        (Type::Range, Encoding::Range_Encoding_DefaultBinary, vec![("Low", DOUBLE), ("High", DOUBLE)]),
        (
            Type::EUInformation,
            Encoding::EUInformation_Encoding_DefaultBinary,
            vec![("NamespaceUri", STRING), ("UnitId", INT32), ("DisplayName", TEXT), ("Description", TEXT)],
        ),
        (
            Type::Argument,
            Encoding::Argument_Encoding_DefaultBinary,
            vec![
                ("Name", STRING),
                ("DataType", NODE),
                ("ValueRank", INT32),
                ("ArrayDimensions[]", UINT32),
                ("Description", TEXT),
            ],
        ),
        (
            Type::ServerStatusDataType,
            Encoding::ServerStatusDataType_Encoding_DefaultBinary,
            vec![
                ("StartTime", TIME),
                ("CurrentTime", TIME),
                ("State", names(&STATES)),
                ("BuildInfo", structure(Type::BuildInfo)),
                ("SecondsTillShutdown", UINT32),
                ("ShutdownReason", TEXT),
            ],
        ),
        (
            Type::BuildInfo,
            Encoding::BuildInfo_Encoding_DefaultBinary,
            vec![
                ("ProductUri", STRING),
                ("ManufacturerName", STRING),
                ("ProductName", STRING),
                ("SoftwareVersion", STRING),
                ("BuildNumber", STRING),
                ("BuildDate", TIME),
            ],
        ),
        (
            Type::AxisInformation,
            Encoding::AxisInformation_Encoding_DefaultBinary,
            vec![
                ("EngineeringUnits", structure(Type::EUInformation)),
                ("EURange", structure(Type::Range)),
                ("Title", TEXT),
                ("AxisScaleType", names(&SCALES)),
                ("AxisSteps[]", DOUBLE),
            ],
        ),
        (Type::XVType, Encoding::XVType_Encoding_DefaultBinary, vec![("X", DOUBLE), ("Value", FLOAT)]),
        (
            Type::ComplexNumberType,
            Encoding::ComplexNumberType_Encoding_DefaultBinary,
            vec![("Real", FLOAT), ("Imaginary", FLOAT)],
        ),
        (
            Type::DoubleComplexNumberType,
            Encoding::DoubleComplexNumberType_Encoding_DefaultBinary,
            vec![("Real", DOUBLE), ("Imaginary", DOUBLE)],
        ),
        (
            Type::TimeZoneDataType,
            Encoding::TimeZoneDataType_Encoding_DefaultBinary,
            vec![("Offset", INT16), ("DaylightSavingInOffset", BOOLEAN)],
        ),
        (
            Type::EnumValueType,
            Encoding::EnumValueType_Encoding_DefaultBinary,
            vec![("Value", INT64), ("DisplayName", TEXT), ("Description", TEXT)],
        ),
    ];
    let mut table = Table::default();
    for (data_type, encoding, fields) in list {
        let field = |(name, shape): (&str, Shape)| {
            let (name, rank) = name.strip_suffix("[]").map_or((name, 0), |name| (name, 1));
            Field { name: name.to_owned(), shape, rank, is_optional: false }
        };
        let fields = fields.into_iter().map(field).collect();
        table.insert(data_type.into(), Structure { encoding: encoding.into(), kind: Kind::Plain, fields });
    }
    table
}
