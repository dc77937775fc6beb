//! The 24 parameters of an acquisition, in the contract's order, and what each may hold (contract `mr`, "The 24
//! parameters").
//!
//! Promises: no formatting shows a value, since some of them identify a person; JSON is what a client is meant to see.
//! Made by the reader, compared by the judge, counted by the templates.

use std::fmt;
use tieline_model::patient::REDACTED;

macro_rules! parameters {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal,)*) => {
        /// One of the 24, in the contract's order.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Parameter { $($(#[doc = $doc])+ $name,)* }

        impl Parameter {
            /// All of them, in the contract's order.
            pub const ALL: &'static [Parameter] = &[$(Parameter::$name),*];

            /// Its name on the wire and in the templates.
            pub fn name(self) -> &'static str {
                match self { $(Parameter::$name => $text,)* }
            }
        }
    };
}
parameters! {
    /// Image CSA `PhaseEncodingDirectionPositive`: integer.
    Phase = "Phase",
    /// Image CSA `ImaPATModeText`: text.
    Ipat = "iPAT",
    /// Acquisition Time (0008,0032).
    AcqTime = "AcqTime",
    /// Acquisition Date (0008,0022).
    AcqDate = "AcqDate",
    /// Series Number (0020,0011): integer.
    SeriesNumber = "SeriesNumber",
    /// Patient's Name (0010,0010).
    SubId = "SubID",
    /// Image Comments (0020,4000).
    Comments = "Comments",
    /// Operators' Name (0008,1070).
    Operator = "Operator",
    /// Station Name (0008,1010).
    Station = "Station",
    /// Study Description (0008,1030).
    Project = "Project",
    /// Series Description (0008,103E).
    SequenceName = "SequenceName",
    /// Sequence Name (0018,0024).
    SequenceType = "SequenceType",
    /// In-plane Phase Encoding Direction (0018,1312).
    PedMajor = "PED_major",
    /// Repetition Time (0018,0080): milliseconds.
    Tr = "TR",
    /// Echo Time (0018,0081): milliseconds.
    Te = "TE",
    /// Acquisition Matrix (0018,1310): integers.
    Matrix = "Matrix",
    /// Pixel Spacing (0028,0030): millimetres.
    PixelResol = "PixelResol",
    /// Pixel Bandwidth (0018,0095): hertz per pixel.
    Bwp = "BWP",
    /// Siemens' Bandwidth per Pixel, Phase Encode (0019,1028): hertz per pixel.
    BwpPe = "BWPPE",
    /// Flip Angle (0018,1314): degrees.
    Fa = "FA",
    /// Siemens' acquisition duration (0051,100A), as text.
    Ta = "TA",
    /// Siemens' field of view (0051,100C), as text.
    FoV = "FoV",
    /// Shim settings of the protocol text, joined by commas.
    Shims = "Shims",
    /// The sequence's file in the protocol text.
    SequenceFile = "SequenceFile",
}

impl Parameter {
    /// The one of this name, exactly as it is written.
    pub fn named(name: &str) -> Option<Parameter> {
        Parameter::ALL.iter().copied().find(|parameter| parameter.name() == name)
    }

    /// Whether it is a number or a list of numbers, so that it can be a little off.
    pub fn is_number(self) -> bool {
        use Parameter::{Bwp, BwpPe, Fa, Matrix, Phase, PixelResol, SeriesNumber, Te, Tr};
        matches!(self, Phase | SeriesNumber | Tr | Te | Matrix | PixelResol | Bwp | BwpPe | Fa)
    }

    /// Whether it may identify a person or tell of one (contract `access`, patient data).
    pub fn is_patient_data(self) -> bool {
        matches!(self, Parameter::SubId | Parameter::Comments | Parameter::Operator | Parameter::Project)
    }
}

/// What a header says about one parameter.
#[derive(Clone, PartialEq, Default)]
pub enum Value {
    /// The header does not have it: the text `null` on the wire.
    #[default]
    Absent,
    /// A text, empty or not.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number; always finite.
    Number(f64),
    /// Whole numbers.
    Integers(Vec<i64>),
    /// Several numbers; always finite.
    Numbers(Vec<f64>),
    /// It is a number's place, but empty or no number: JSON null.
    Nothing,
}

impl fmt::Debug for Value {
    /// Only whether there is something: a value may identify a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Value::Absent { "absent" } else { REDACTED })
    }
}

/// What a header says about all 24.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parameters([Value; 24]);

impl Parameters {
    /// What it says about this one.
    pub fn get(&self, parameter: Parameter) -> &Value {
        &self.0[parameter as usize]
    }

    /// Notes what it says about this one.
    pub fn set(&mut self, parameter: Parameter, value: Value) {
        self.0[parameter as usize] = value;
    }

    /// All 24 in order.
    pub fn iter(&self) -> impl Iterator<Item = (Parameter, &Value)> {
        Parameter::ALL.iter().copied().zip(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_24_in_the_contracts_order() {
        let names: Vec<_> = Parameter::ALL.iter().map(|parameter| parameter.name()).collect();
        let contract = "Phase iPAT AcqTime AcqDate SeriesNumber SubID Comments Operator Station Project SequenceName \
                        SequenceType PED_major TR TE Matrix PixelResol BWP BWPPE FA TA FoV Shims SequenceFile";
        assert_eq!(names.join(" "), contract);
    }

    #[test]
    fn no_formatting_shows_a_value() {
        let mut parameters = Parameters::default();
        parameters.set(Parameter::SubId, Value::Text("MARKER".to_owned()));
        assert_eq!(*parameters.get(Parameter::SubId), Value::Text("MARKER".to_owned()));
        assert!(!format!("{parameters:?} {parameters:#?}").contains("MARKER"));
    }
}
