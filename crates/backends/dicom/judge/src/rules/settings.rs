//! The tables in which a site says what it expects: `[[mr.rule]]`, `[[mr.skip]]`, `[[mr.session]]` (contract `mr-verdicts`,
//! "Rules of the site").
//!
//! Promises: the doc comments are what people read in the reference of the configuration. Read by the settings' check, the
//! judge and the command line.

use tieline_model::settings::{Kind, Setting, Value, section};

/// Values by parameter or by sequence, as a person wrote them.
pub type ByName = serde_json::Map<String, serde_json::Value>;

/// How many images sequences have; empty where all is learnt.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Images(pub ByName);

impl Setting for Images {
    const KIND: Kind = Kind::FreeOr("learn");

    fn from_value(value: &Value) -> Option<Images> {
        match value {
            Value::Free(map) => Some(Images(map.clone())),
            _ => None,
        }
    }

    fn blank() -> Images {
        Images::default()
    }
}

section! {
    /// What is expected otherwise than the templates say. Rules apply in their order, later ones add.
    pub struct RuleSettings {
        /// Which studies, with `*` and `?`, upper and lower case the same. Empty: all.
        project: String = "\"\"",
        /// Which sequences, by Series Description. Empty: all.
        sequence: String = "\"\"",
        /// Which scanners, by Station Name. Empty: all.
        station: String = "\"\"",
        /// Which kind of image: `M`, `P`, `MOCO`, `DERIVED`, `SBREF` or `OTHER`. Empty: all.
        kind: String = "\"\"",
        /// Parameters that are not compared.
        ignore: Vec<String> = "[]",
        /// How far numbers may be off, as in `{ TE = 0.05, BWP = "1%" }`.
        tolerance: ByName = "{}",
        /// What is right besides the template's own values, as in `{ FA = [52, 60], TE = { min = 20, max = 40 } }`.
        allow: ByName = "{}",
        /// Parameters that have to be there: absent is a difference.
        require: Vec<String> = "[]",
    }
}

section! {
    /// Images that are not judged, but counted.
    pub struct SkipSettings {
        /// Which studies, with `*` and `?`, upper and lower case the same. Empty: all.
        project: String = "\"\"",
        /// Which sequences, by Series Description. Empty: all.
        sequence: String = "\"\"",
        /// Which scanners, by Station Name. Empty: all.
        station: String = "\"\"",
        /// Which kind of image: `M`, `P`, `MOCO`, `DERIVED`, `SBREF` or `OTHER`. Empty: all.
        kind: String = "\"\"",
    }
}

section! {
    /// What a session of a study has to hold.
    pub struct SessionSettings {
        /// Which studies, with `*` and `?`, upper and lower case the same. Empty: all.
        project: String = "\"\"",
        /// The sequences, with `*` and `?`. Empty: learnt, those that nine of ten indexed sessions hold.
        sequences: Vec<String> = "[]",
        /// How many images sequences have, as in `{ "rest_AP" = 220 }`; of all others, and with `"learn"` of all, it is learnt from the
        /// indexed sessions.
        images: Images = "\"learn\"",
    }
}
