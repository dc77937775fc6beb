//! JSON as people write it: comments, and a comma behind the last member. The interface description's own examples have
//! both, so consoles and devices that were written by them may send both.
//!
//! Promises: called for text that is no JSON only, so what is JSON is never read differently; one pass, nothing nested. The
//! text is for reading alone: what is passed on is what came. Called by the conversation and by the event form.

/// The same without comments and needless commas; `None` when there are none, so that nothing would be gained.
pub(crate) fn to_strict(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // Where in `out` a comma stands behind which only blanks have come so far.
    let mut comma = None;
    let mut changed = false;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => text_length(rest),
            '/' => comment_length(rest)?,
            _ => first.len_utf8(),
        };
        let (piece, after) = rest.split_at(length);
        match first {
            // A blank in its place: places in refusals stay those of the text that came.
            '/' => {
                out.extend(piece.chars().map(|one| if matches!(one, '\n' | '\r') { one } else { ' ' }));
                changed = true;
            }
            ',' => {
                // Two commas in a row are a mistake of another kind, and stay one.
                comma = Some(out.len());
                out.push(',');
            }
            '}' | ']' => {
                if let Some(at) = comma.take()
                    && out[..at].trim_end().ends_with(|before: char| !matches!(before, '{' | '[' | ',' | ':'))
                {
                    out.replace_range(at..=at, " ");
                    changed = true;
                }
                out.push(first);
            }
            ' ' | '\t' | '\n' | '\r' => out.push(first),
            _ => {
                comma = None;
                out.push_str(piece);
            }
        }
        rest = after;
    }
    changed.then_some(out)
}

/// A text's length, quotes included; all that is left when it does not end.
fn text_length(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().enumerate().skip(1).find(|(_, byte)| {
        let is_end = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        is_end
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

/// A comment's length; `None` when this begins none, or one that does not end.
fn comment_length(text: &str) -> Option<usize> {
    match text.as_bytes().get(1) {
        Some(b'/') => Some(text.find(['\n', '\r']).unwrap_or(text.len())),
        Some(b'*') => text.get(2..)?.find("*/").map(|at| at + 4),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Option<serde_json::Value> {
        serde_json::from_str(&to_strict(text)?).ok()
    }

    #[test]
    fn comments_and_last_commas_are_read_over() {
        let cases = [
            (r#"{"a":1,}"#, r#"{"a":1}"#),
            (r#"{"a":[1,2, ] , }"#, r#"{"a":[1,2]}"#),
            ("{\"a\":1, // one\n \"b\":2 /* two, } */}", r#"{"a":1,"b":2}"#),
            ("// first\n{\"a\":\"// no, */ comment,}\", /**/}", r#"{"a":"// no, */ comment,}"}"#),
            (r#"{"a":"\",}\\",}"#, r#"{"a":"\",}\\"}"#),
            ("{} // end", "{}"),
        ];
        for (loose, strict) in cases {
            assert_eq!(read(loose), serde_json::from_str(strict).ok(), "{loose}");
        }
    }

    #[test]
    fn other_mistakes_stay_mistakes() {
        for text in ["{,}", "[,]", r#"{"a":1,,}"#, r#"{"a":,}"#, "{} /* no end", "{} / {}", "{'a':1,}", r#"{"a":1,"#] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(to_strict(r#"{"a": [1, 2]}"#), None, "nothing to change");
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in any::<String>()) {
            let _ = to_strict(&text);
        }

        /// What is JSON means the same afterwards, should anybody ask.
        #[test]
        fn json_is_never_read_differently(text in r#"[\[\]{}",:/* a1\\]{0,20}"#) {
            if let (Ok(value), Some(strict)) = (serde_json::from_str::<serde_json::Value>(&text), to_strict(&text)) {
                prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&strict).unwrap(), value);
            }
        }
    }
}
