//! Which images a table of the site is about: globs of study, sequence, station and kind.
//!
//! Promises: upper and lower case are the same, white space is folded, as wherever names are compared.

use globset::{GlobBuilder, GlobMatcher};
use tieline_store::templates::fold;

/// What an image is asked by.
#[derive(Debug, Clone, Copy, Default)]
pub struct Names<'a> {
    /// The study's name.
    pub project: &'a str,
    /// The sequence's name.
    pub sequence: &'a str,
    /// The scanner's name.
    pub station: &'a str,
    /// The kind's word.
    pub kind: &'a str,
}

/// Images by their names; what is not said is any.
#[derive(Debug, Clone)]
pub(crate) struct Wanted([Option<GlobMatcher>; 4]);

impl Wanted {
    /// Those of these four globs. An error is the place of the wrong one, and what is wrong.
    pub(crate) fn new(globs: [&str; 4]) -> Result<Wanted, (&'static str, String)> {
        const KEYS: [&str; 4] = ["project", "sequence", "station", "kind"];
        let mut wanted = [const { None }; 4];
        for ((text, place), key) in globs.into_iter().zip(&mut wanted).zip(KEYS) {
            if !text.is_empty() {
                *place = Some(glob(text).map_err(|error| (key, error))?);
            }
        }
        Ok(Wanted(wanted))
    }

    /// Whether this image is one of them; its names are folded already.
    pub(crate) fn is(&self, names: [&str; 4]) -> bool {
        self.0.iter().zip(names).all(|(glob, name)| glob.as_ref().is_none_or(|glob| glob.is_match(name)))
    }

    /// Whether a template can be of one of them; which scanners there are it does not say.
    pub(crate) fn is_template(&self, project: &str, sequence: &str, kind: &str) -> bool {
        let of = |at: usize, name: &str| self.0[at].as_ref().is_none_or(|glob| glob.is_match(name));
        of(0, project) && of(1, sequence) && (kind.is_empty() || of(3, &fold(kind)))
    }

    /// Whether the kind it asks for is none that there is.
    pub(crate) fn asks_for_no_kind(&self) -> bool {
        let kinds = tieline_dicom_read::SeriesKind::ALL;
        self.0[3].as_ref().is_some_and(|glob| !kinds.iter().any(|kind| glob.is_match(fold(kind.as_str()))))
    }
}

impl Names<'_> {
    /// As they are compared.
    pub(crate) fn folded(&self) -> [String; 4] {
        [self.project, self.sequence, self.station, self.kind].map(fold)
    }
}

/// A glob that is compared with folded names.
pub(crate) fn glob(text: &str) -> Result<GlobMatcher, String> {
    let built = GlobBuilder::new(&fold(text)).literal_separator(false).backslash_escape(true).build();
    built.map(|glob| glob.compile_matcher()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_as_everywhere() {
        let wanted = Wanted::new(["brain^*", "*REST*", "", "m"]).unwrap();
        let is = |project, sequence, kind| {
            let folded = Names { project, sequence, station: "x", kind }.folded();
            wanted.is(folded.each_ref().map(String::as_str))
        };
        assert!(is("Brain^X/Y", "task  rest_AP", "M"));
        assert!(!is("Brain", "rest", "M") && !is("Brain^X", "t1", "M") && !is("Brain^X", "rest", "MOCO"));
        assert!(wanted.is_template("brain^x", "rest", "") && !wanted.is_template("brain^x", "rest", "P"));
        assert!(!wanted.asks_for_no_kind() && Wanted::new(["", "", "", "MAG"]).unwrap().asks_for_no_kind());
        assert_eq!(Wanted::new(["", "[", "", ""]).unwrap_err().0, "sequence");
    }
}
