//! What kind of series an image belongs to: magnitude, phase, motion-corrected, derived, single-band reference
//! (contract `mr-verdicts`, "What is compared with what").
//!
//! Promises: every header has exactly one kind, which is that of all images of its series on every maker's scanners we
//! have files of; two series of one protocol that are different things get different kinds. Called by the reader; the
//! judge and the templates use it as part of a template's name.

/// The kind of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum SeriesKind {
    /// Magnitude.
    M,
    /// Phase.
    P,
    /// Corrected for motion by the scanner.
    Moco,
    /// Computed from other images.
    Derived,
    /// The single-band reference of a multi-band run.
    Sbref,
    /// The header does not say, or says something else (real part, velocity, ...).
    #[default]
    Other,
}

impl SeriesKind {
    /// All of them.
    pub const ALL: &'static [SeriesKind] =
        &[SeriesKind::M, SeriesKind::P, SeriesKind::Moco, SeriesKind::Derived, SeriesKind::Sbref, SeriesKind::Other];

    /// Its word in the contract, the store and rules.
    pub fn as_str(self) -> &'static str {
        match self {
            SeriesKind::M => "M",
            SeriesKind::P => "P",
            SeriesKind::Moco => "MOCO",
            SeriesKind::Derived => "DERIVED",
            SeriesKind::Sbref => "SBREF",
            SeriesKind::Other => "OTHER",
        }
    }

    /// The kind of this word, in capitals or not; none when there is no such kind.
    pub fn parse(word: &str) -> Option<SeriesKind> {
        SeriesKind::ALL.iter().copied().find(|kind| kind.as_str().eq_ignore_ascii_case(word))
    }
}

/// What a header has that tells the kind; empty where it has not.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Signs<'a> {
    /// Image Type (0008,0008), values between backslashes (PS3.3, C.7.6.1.1.2).
    pub(super) image_type: &'a [u8],
    /// Frame Type (0008,9007) of the first frame of an enhanced image (PS3.3, C.8.13.5.1).
    pub(super) frame_type: &'a [u8],
    /// Complex Image Component (0008,9208), MAGNITUDE, PHASE, REAL, IMAGINARY or MIXED.
    pub(super) component: &'a [u8],
    /// Series Description.
    pub(super) series: &'a str,
    /// Image Comments.
    pub(super) comments: &'a str,
}

impl Signs<'_> {
    /// The kind. Where several fit, the first of these: a single-band reference (Siemens calls it magnitude or phase as
    /// well), MoCo (Siemens calls that DERIVED or ORIGINAL, by software), derived (the first value says so; a maximum
    /// projection of magnitudes has an M as well), phase (before magnitude: nothing but phase images has such a word),
    /// magnitude. The words of Image Type and Frame Type beat Complex Image Component, which is MIXED at times.
    pub(super) fn kind(&self) -> SeriesKind {
        let values =
            || self.image_type.split(|byte| *byte == b'\\').chain(self.frame_type.split(|byte| *byte == b'\\'));
        let has = |words: &[&str]| values().any(|value| is_one_of(value, words));
        // The first two say original or derived, primary or secondary; what the image is follows them.
        let shows = |words: &[&str]| {
            let frames = self.frame_type.split(|byte| *byte == b'\\').skip(2);
            let mut further = self.image_type.split(|byte| *byte == b'\\').skip(2).chain(frames);
            further.any(|value| is_one_of(value, words))
        };
        let first = self.image_type.split(|byte| *byte == b'\\').next().unwrap_or_default();
        if has(&["SBREF"]) || ends_with(self.series, "_SBRef") || begins_with(self.comments, "Single-band reference") {
            SeriesKind::Sbref
        } else if has(&["MOCO"]) {
            SeriesKind::Moco
        } else if is_one_of(first, &["DERIVED"]) {
            SeriesKind::Derived
        } else if shows(PHASE) {
            SeriesKind::P
        } else if shows(MAGNITUDE) {
            SeriesKind::M
        } else {
            match self.component {
                component if is_one_of(component, &["PHASE"]) => SeriesKind::P,
                component if is_one_of(component, &["MAGNITUDE"]) => SeriesKind::M,
                _ => SeriesKind::Other,
            }
        }
    }
}

/// What makers call phase: Siemens P, Philips PHASE MAP with P, P_FFE and its like.
const PHASE: &[&str] = &["P", "PHASE", "PHASE MAP", "PHASE_MAP", "P_FFE", "P_SE", "P_IR", "P_PCA"];
/// What they call magnitude.
const MAGNITUDE: &[&str] = &["M", "MAGNITUDE", "M_FFE", "M_SE", "M_IR", "M_PCA"];

fn is_one_of(value: &[u8], words: &[&str]) -> bool {
    let value = value.trim_ascii();
    let value = value.strip_suffix(b"\0").unwrap_or(value);
    words.iter().any(|word| value.eq_ignore_ascii_case(word.as_bytes()))
}

fn begins_with(text: &str, start: &str) -> bool {
    text.as_bytes().get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start.as_bytes()))
}

fn ends_with(text: &str, end: &str) -> bool {
    let from = text.len().checked_sub(end.len());
    from.and_then(|from| text.as_bytes().get(from..)).is_some_and(|tail| tail.eq_ignore_ascii_case(end.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(image_type: &str) -> SeriesKind {
        Signs { image_type: image_type.as_bytes(), ..Signs::default() }.kind()
    }

    #[test]
    fn every_maker_s_image_types_have_a_kind() {
        let cases = [
            (r"ORIGINAL\PRIMARY\M\ND\NORM", SeriesKind::M),
            (r"ORIGINAL\PRIMARY\M\ND\MOSAIC ", SeriesKind::M),
            (r"ORIGINAL\PRIMARY\P\ND", SeriesKind::P),
            (r"ORIGINAL\PRIMARY\P\ND\PHASE", SeriesKind::P),
            (r"ORIGINAL\PRIMARY\M_FFE\M\FFE", SeriesKind::M),
            (r"ORIGINAL\PRIMARY\PHASE MAP\P\FFE", SeriesKind::P),
            (r"ORIGINAL\PRIMARY\R_IR\R\IR", SeriesKind::Other),
            (r"ORIGINAL\PRIMARY\M\ND\MOCO", SeriesKind::Moco),
            (r"DERIVED\PRIMARY\M\ND\MOCO", SeriesKind::Moco),
            (r"DERIVED\PRIMARY\DIFFUSION\FA\ND", SeriesKind::Derived),
            (r"DERIVED\PRIMARY\M\ND", SeriesKind::Derived),
            (r"DERIVED\SECONDARY\P", SeriesKind::Derived),
            (r"ORIGINAL\PRIMARY\OTHER", SeriesKind::Other),
            (r"original\primary\m", SeriesKind::M),
            (r"M\PRIMARY", SeriesKind::Other),
            (r"ORIGINAL\PRIMARY\FMRI\NONE\SBREF", SeriesKind::Sbref),
            ("", SeriesKind::Other),
        ];
        for (image_type, kind) in cases {
            assert_eq!(of(image_type), kind, "{image_type}");
        }
    }

    #[test]
    fn a_single_band_reference_is_told_by_its_name_or_comment() {
        let magnitude = Signs { image_type: br"ORIGINAL\PRIMARY\M\ND", ..Signs::default() };
        for (series, comments, kind) in [
            ("rest_AP_SBRef", "", SeriesKind::Sbref),
            ("rest_ap_sbref", "", SeriesKind::Sbref),
            ("rest_AP", "Single-band reference", SeriesKind::Sbref),
            ("rest_AP", "single-band reference SENSE1", SeriesKind::Sbref),
            ("rest_SBRef_AP", "no Single-band reference", SeriesKind::M),
            ("é", "é", SeriesKind::M),
        ] {
            assert_eq!(Signs { series, comments, ..magnitude }.kind(), kind, "{series} {comments}");
        }
    }

    #[test]
    fn enhanced_images_tell_by_their_frames_and_component() {
        let mixed = Signs { image_type: br"ORIGINAL\PRIMARY\FMRI\NONE", ..Signs::default() };
        assert_eq!(mixed.kind(), SeriesKind::Other);
        assert_eq!(Signs { frame_type: br"ORIGINAL\PRIMARY\P\NONE", ..mixed }.kind(), SeriesKind::P);
        assert_eq!(Signs { component: b"PHASE ", ..mixed }.kind(), SeriesKind::P);
        assert_eq!(Signs { component: b"MAGNITUDE\0", ..mixed }.kind(), SeriesKind::M);
        assert_eq!(Signs { component: b"MIXED", ..mixed }.kind(), SeriesKind::Other);
    }

    #[test]
    fn words_are_read_back() {
        for kind in SeriesKind::ALL {
            assert_eq!(SeriesKind::parse(kind.as_str()), Some(*kind));
        }
        assert_eq!(SeriesKind::parse("moco"), Some(SeriesKind::Moco));
        assert_eq!(SeriesKind::parse("any"), None);
    }
}
