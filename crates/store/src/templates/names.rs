//! The compared parameters' names, and how names of studies and sequences are looked up.

/// The compared parameters in the contract's order: names in frames and columns of the databases.
pub const COMPARED: [&str; 17] = [
    "Project",
    "SequenceName",
    "iPAT",
    "Comments",
    "SequenceType",
    "PED_major",
    "Phase",
    "TR",
    "TE",
    "Matrix",
    "PixelResol",
    "BWP",
    "BWPPE",
    "FA",
    "TA",
    "FoV",
    "SequenceFile",
];

/// Where the study's name is in [`COMPARED`].
pub const PROJECT: usize = 0;
/// Where the sequence's name is in [`COMPARED`].
pub const SEQUENCE_NAME: usize = 1;
/// Where the comments are in [`COMPARED`].
pub const COMMENTS: usize = 3;
/// Where the echo time is in [`COMPARED`].
pub const TE: usize = 8;
/// Where those are in [`COMPARED`] that belong together: a localizer has other ones for each of its planes.
pub const PLANE: [usize; 3] = [5, 9, 10];

/// How a text is compared: white space folded, trimmed, case folded.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        // Down, up and down again: then letters that share a capital fold alike, as ς and σ, or ẞ, ß and SS.
        let up = word.chars().flat_map(char::to_lowercase).flat_map(char::to_uppercase);
        folded.extend(up.flat_map(char::to_lowercase));
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_folds_alike() {
        for (a, b) in [
            ("Brain^WPC", "brain^wpc"),
            (" a \t b\n", "A B"),
            ("MÜLLER", "müller"),
            ("ΣΑΣ", "σας"),
            ("ẞ", "ss"),
            ("", "  "),
        ] {
            assert_eq!(fold(a), fold(b));
        }
        for (a, b) in [("a%", "ab"), ("a_c", "abc"), ("a b", "ab"), ("a*", "ab")] {
            assert_ne!(fold(a), fold(b));
        }
    }

    #[test]
    fn the_places_have_names() {
        let names = [PROJECT, SEQUENCE_NAME, COMMENTS, TE].map(|at| COMPARED[at]);
        assert_eq!(names, ["Project", "SequenceName", "Comments", "TE"]);
        assert_eq!(PLANE.map(|at| COMPARED[at]), ["PED_major", "Matrix", "PixelResol"]);
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text: String) {
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }
    }
}
