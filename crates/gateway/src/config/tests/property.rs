//! Any bytes are a configuration or have a problem with a line; nothing panics, and everything can be rendered.

use super::*;
use proptest::prelude::*;

/// Pieces that files are made of, so that random files come close to right ones.
const PIECES: &[&str] = &[
    "[alpha]",
    "[alpha.limits]",
    "[beta]",
    "[access]",
    "[access.limits]",
    "[console]",
    "[tls]",
    "[log]",
    "[[tie]]",
    "[inspect]",
    "\n",
    "\r\n",
    "listen",
    "echo",
    "idle",
    "json_depth",
    "origins",
    "cert",
    "level",
    "mode",
    " = ",
    "=",
    "\"127.0.0.1:1\"",
    "\"0.0.0.0:1\"",
    "\"10s\"",
    "true",
    "-1",
    "99999999999999999999",
    "0x1F",
    "1.5",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "'",
    "\"\"\"",
    "\\u00",
    ".",
    ",",
    "#",
    "1979-05-27",
    "é",
    "\u{1F600}",
    "\t",
    "\u{feff}",
    "\u{0}",
    "\u{202e}",
];

fn holds(bytes: Vec<u8>) -> Result<(), TestCaseError> {
    let lines = String::from_utf8_lossy(&bytes).lines().count().max(1) + 1;
    match load(&Input { bytes, ..input("") }, ENTRIES) {
        Ok(config) => {
            let _ = render(&config.source, &config.warnings, true);
            let again = load(&input(&config.effective.to_toml()), ENTRIES);
            prop_assert!(again.is_ok_and(|again| again.limits == config.limits && again.access == config.access));
        }
        Err(problems) => {
            prop_assert!(!problems.list.is_empty());
            for problem in &problems.list {
                let Origin::File(place) = &problem.origin else { panic!("no line: {problem:?}") };
                prop_assert!((1..=lines).contains(&place.line) && place.column >= 1);
                prop_assert!(!problem.message.is_empty() && !problem.hint.is_empty());
                let text = render(&problems.source, [problem], false);
                prop_assert!(text.contains(&format!("tieline.toml:{}:", place.line)), "{}", text);
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        holds(bytes)?;
    }

    #[test]
    fn any_text(text in any::<String>()) {
        holds(text.into_bytes())?;
    }

    #[test]
    fn any_arrangement_of_pieces(pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..40)) {
        holds(pieces.concat().into_bytes())?;
    }

    #[test]
    fn any_flag_and_variable(flag in any::<String>(), key in "[a-z.]{0,20}", text in any::<String>()) {
        let variables = vec![("TIELINE_ALPHA_LISTEN".to_owned(), text.clone()), (format!("TIELINE_{key}"), text.clone())];
        let flags = vec![flag, format!("{key}={text}"), format!("alpha.tone={text}")];
        let _ = said(&Input { variables, flags, ..input("[alpha]") });
    }
}

#[test]
fn the_deepest_nesting_is_told_and_not_followed() {
    holds(format!("[alpha]\nlisten = {}", "[".repeat(100_000)).into_bytes()).unwrap();
    holds(format!("{}alpha = 1", "a.".repeat(100_000)).into_bytes()).unwrap();
}
