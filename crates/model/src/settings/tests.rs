//! Tests of declared sections: documentation, defaults and values arrive where they belong.

use super::*;
use proptest::prelude::*;

section! {
    /// A section
    /// of two lines.
    struct Sample {
        /// Whether.
        flag: bool = "true",
        /// How many.
        /// In bytes.
        size: usize = "4096",
        /// Who.
        name: String = "\"nobody\"",
        /// Whose.
        names: Vec<String> = r#"["a", "b"]"#,
        /// How long.
        wait: Duration = "\"1500ms\"",
        /// Where.
        listen: SocketAddr = "\"127.0.0.1:7078\"",
        /// Which.
        mode: Mode = "\"slow\"",
        /// A word of Rust.
        r#static: u64 = "7",
        /// Several.
        cup: Vec<Cup> = "[]",
        /// Several with names.
        shelf: Named<Cup> = "{}",
    }
}
section! {
    /// One of several.
    struct Cup {
        /// What is in it.
        mode: Mode = "\"fast\"",
        /// What is written on it.
        notes: serde_json::Map<String, serde_json::Value> = "{}",
    }
}
choice! {
    /// How it runs.
    enum Mode {
        /// At once.
        Fast = "fast",
        /// Later.
        Slow = "slow",
    }
}

#[test]
fn defaults_and_documentation_come_from_the_declaration() {
    let sample = Sample::default();
    assert!(sample.flag);
    assert_eq!((sample.size, sample.name.as_str()), (4096, "nobody"));
    assert_eq!(sample.names, ["a", "b"]);
    assert_eq!(sample.wait, Duration::from_millis(1500));
    assert_eq!(sample.listen.port(), 7078);
    assert_eq!(sample.mode, Mode::Slow);
    assert_eq!((Sample::FIELDS[7].key, sample.r#static), ("static", 7));
    assert_eq!(prose(Sample::DOC), "A section of two lines.");
    assert_eq!(prose(Sample::FIELDS[1].doc), "How many. In bytes.");
    assert_eq!(Sample::from_values(&Values::defaults(Sample::FIELDS)), sample);
}

#[test]
fn given_values_win_over_defaults() {
    let mut values = Values::default();
    values.set("mode", Value::Text("fast".to_owned()));
    values.set("size", Value::Count(1));
    values.set("size", Value::Count(2));
    let sample = Sample::from_values(&values);
    assert_eq!((sample.mode, sample.size), (Mode::Fast, 2));
    assert_eq!(Mode::Fast.as_str(), "fast");
}

#[test]
fn tables_have_sections_of_their_own() {
    assert_eq!(Sample::default().cup, []);
    assert_eq!(Sample::FIELDS[8].kind, Kind::Tables(Cup::FIELDS));
    let notes = serde_json::Map::from_iter([("For".to_owned(), "nobody".into())]);
    let mut cup = Values::default();
    cup.set("mode", Value::Text("slow".to_owned()));
    cup.set("notes", Value::Free(notes.clone()));
    let mut values = Values::default();
    values.set("cup", Value::Tables(vec![Values::default(), cup]));
    assert_eq!(Sample::from_values(&values).cup, [Cup::default(), Cup { mode: Mode::Slow, notes }]);
}

#[test]
fn tables_with_names_have_sections_of_their_own_and_keep_their_order() {
    assert_eq!(Sample::default().shelf, Named(Vec::new()));
    assert_eq!(Sample::FIELDS[9].kind, Kind::Named(Cup::FIELDS));
    let mut slow = Values::default();
    slow.set("mode", Value::Text("slow".to_owned()));
    let mut values = Values::default();
    values.set("shelf", Value::Named(vec![("z".to_owned(), slow), ("a b".to_owned(), Values::default())]));
    let shelf = Sample::from_values(&values).shelf;
    assert_eq!(shelf.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["z", "a b"]);
    assert_eq!(shelf.get("z").map(|cup| cup.mode), Some(Mode::Slow));
    assert_eq!((shelf.get("a b"), shelf.get("b")), (Some(&Cup::default()), None));
}

#[test]
fn a_name_is_written_as_toml_needs_it() {
    let cases = [("weld", "weld"), ("a-b_1", "a-b_1"), ("a.b", r#""a.b""#), ("", "\"\""), ("é\n\"", r#""é\n\"""#)];
    for (name, written) in cases {
        assert_eq!(in_path(name), written);
    }
}

#[test]
fn durations_have_a_unit() {
    let cases = [
        ("0", Some(0)),
        ("10", None),
        ("10s", Some(10_000)),
        ("2d", Some(172_800_000)),
        ("5 s", None),
        ("-1s", None),
        ("1.5s", None),
        ("s", None),
        ("99999999999999999999s", None),
        ("9999999999999999d", None),
    ];
    for (text, expected) in cases {
        assert_eq!(Kind::Duration.read(text), expected.map(Duration::from_millis).map(Value::Duration), "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        for kind in [Kind::Bool, Kind::Count, Kind::Duration, Kind::Address, Kind::Texts, Kind::Choice(Mode::CHOICES)] {
            let _ = (kind.read(&text), default::read(kind, &text));
        }
        prop_assert_eq!(Kind::Text.read(&text), Some(Value::Text(text)));
    }
}
