//! A simulated X-ray console for `tieline demo`: one exam after another, for ever.
//!
//! Promises: the same script every time, and names nobody can mistake for a person's. Called by [`crate::ENTRY`].

use serde_json::json;
use std::time::Duration;
use tieline_model::{Beat, Instrument};

/// Body part and the projections that are usually taken of it.
const STUDIES: [(&str, &[&str]); 8] = [
    ("CHEST", &["PA", "LAT"]),
    ("HAND", &["PA", "OBL", "LAT"]),
    ("L-SPINE", &["AP", "LAT", "OBL"]),
    ("KNEE", &["AP", "LAT"]),
    ("ABDOMEN", &["SUPINE AP", "ERECT AP"]),
    ("SHOULDER", &["AP", "Y-VIEW", "AXIAL"]),
    ("FOOT", &["AP", "OBL", "LAT"]),
    ("SKULL", &["PA", "LAT", "TOWNE"]),
];

/// How many different patients there are before the first one comes again.
const PATIENTS: u32 = 12;

/// The console: which exam it is at and what comes next in it.
pub(crate) struct Console {
    exam: u32,
    next: Next,
    chance: u32,
}

enum Next {
    Patient,
    Start,
    Step(usize),
    Complete,
}

impl Console {
    /// A console whose next step is the first patient.
    pub(crate) fn new() -> Console {
        Console { exam: 0, next: Next::Patient, chance: 2_463_534_242 }
    }

    /// A number below `bound` (xorshift: even enough for pauses and dates, and the same in every run).
    fn below(&mut self, bound: u32) -> u32 {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 17;
        self.chance ^= self.chance << 5;
        self.chance % bound
    }

    fn patient(&self) -> String {
        let number = self.exam % PATIENTS + 1;
        let (year, month, day) = (1938 + number * 37 % 70, number % 12 + 1, number * 5 % 28 + 1);
        say(
            101,
            json!({
                "patientId": format!("DEMO-{number:04}"),
                "patientName": format!("DEMO^PATIENT {number:02}"),
                "patientBirth": format!("{year:04}-{month:02}-{day:02}"),
            }),
        )
    }
}

fn say(command: u32, data: serde_json::Value) -> String {
    json!({ "sender": 2, "receiver": 106, "command": command, "data": data }).to_string()
}

impl Instrument for Console {
    fn name(&self) -> &'static str {
        "X-ray console"
    }

    fn greet(&mut self) -> Vec<String> {
        // A new connection begins a new exam: what was said before it was lost may not have arrived.
        self.next = Next::Patient;
        vec![json!({ "sender": 2, "command": 11 }).to_string()]
    }

    fn next(&mut self) -> Beat {
        let (bodypart, projections) = STUDIES[self.exam as usize % STUDIES.len()];
        let between_exams = matches!(self.next, Next::Patient);
        let (say, next) = match self.next {
            Next::Patient => (self.patient(), Next::Start),
            Next::Start => (say(1001, serde_json::Value::Null), Next::Step(0)),
            Next::Step(step) => {
                let data = json!({ "bodypartAlias": bodypart, "projectionAlias": projections[step] });
                (say(601, data), if step + 1 < projections.len() { Next::Step(step + 1) } else { Next::Complete })
            }
            Next::Complete => {
                self.exam = self.exam.wrapping_add(1);
                (say(1002, serde_json::Value::Null), Next::Patient)
            }
        };
        self.next = next;
        let milliseconds = if between_exams { 6000 } else { 2000 + self.below(4000) };
        Beat { after: Duration::from_millis(milliseconds.into()), say }
    }
}
