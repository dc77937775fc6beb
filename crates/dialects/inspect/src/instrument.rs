//! A simulated measuring script for `tieline demo`: every few seconds it asks for a picture of a part to be imported, from
//! one camera and then the other, and every now and then for a file of measured elements.
//!
//! Promises: the same requests every time, for the files that the demo has below `C:/temp`: `part-1.png` to `part-6.png`
//! and `points.gxml`. Called by [`crate::ENTRY`].

use serde_json::json;
use std::time::Duration;
use tieline_model::{Beat, Instrument};

/// Between two requests.
const BEAT: Duration = Duration::from_secs(4);
/// One request in so many is for elements.
const ELEMENTS_EACH: u32 = 5;
/// How many pictures there are.
const PICTURES: u32 = 6;
/// The measurement series, with the focal length of each camera in millimetres.
const SERIES: [(&str, &str); 2] = [("Left camera", "50.0"), ("Right camera", "35.0")];

/// The script.
#[derive(Debug, Default)]
pub(crate) struct Script {
    /// Requests so far.
    asked: u32,
}

impl Script {
    fn request(&mut self) -> String {
        let at = self.asked;
        self.asked = self.asked.wrapping_add(1);
        // What came before it were pictures, so a stage has some to go with.
        if at % ELEMENTS_EACH == ELEMENTS_EACH - 1 {
            let mode = if at % (2 * ELEMENTS_EACH) == ELEMENTS_EACH - 1 { "new_stage" } else { "clipboard" };
            return json!({ "elements": { "file": "C:/temp/points.gxml", "import_mode": mode } }).to_string();
        }
        let (name, focal_length) = SERIES[at as usize % SERIES.len()];
        let file = format!("C:/temp/part-{}.png", at % PICTURES + 1);
        json!({ "image": { "file": file, "name": name, "focal_length": focal_length } }).to_string()
    }
}

impl Instrument for Script {
    fn name(&self) -> &'static str {
        "measuring script"
    }

    fn greet(&mut self) -> Vec<String> {
        vec![self.request()]
    }

    fn next(&mut self) -> Beat {
        Beat { after: BEAT, say: self.request() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::collections::BTreeSet;

    #[test]
    fn every_file_and_way_comes_in_turn() {
        let mut script = Script::default();
        let first = script.greet();
        let requests = first.into_iter().chain(std::iter::repeat_with(|| script.next().say)).take(60);
        let (mut files, mut series, mut modes) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for request in requests {
            let request: Value = serde_json::from_str(&request).unwrap();
            let of = |key: &str, name: &str| request[key][name].as_str().map(str::to_owned);
            files.extend(of("image", "file"));
            files.extend(of("elements", "file"));
            series.extend(of("image", "name"));
            modes.extend(of("elements", "import_mode"));
        }
        assert_eq!((files.len(), series.len(), modes.len()), (7, 2, 2), "{files:?}");
    }
}
