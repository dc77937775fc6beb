//! Tables that cannot be read, and exactly what a person reads about it.

use super::*;
use crate::testing::kitchen::{Drink, KITCHEN, KitchenSettings, cups};
use serde_json::json;

/// What it is, the file, and what is said about it.
const CASES: &[(&str, &str, &str)] = &[
    (
        "an unknown key, near a known one",
        "[[kitchen.cup]]\nnaem = \"a\"\n",
        r#"
error: there is no key naem in [[kitchen.cup]]
 --> tieline.toml:2:1
  |
2 | naem = "a"
  | ^^^^ unknown key
  |
  = help: did you mean name?
"#,
    ),
    (
        "an unknown key, near nothing",
        "[[kitchen.cup]]\nname = \"a\"\n[[kitchen.cup.spoon]]\nzebra = 1\n",
        r#"
error: there is no key zebra in [[kitchen.cup.spoon]]
 --> tieline.toml:4:1
  |
4 | zebra = 1
  | ^^^^^ unknown key
  |
  = help: keys of [[kitchen.cup.spoon]] are name, stir, hot
"#,
    ),
    (
        "a key of the section below a table",
        "[[kitchen.cup]]\nname = \"a\"\npatience = \"1m\"\n",
        r#"
error: there is no key patience in [[kitchen.cup]]
 --> tieline.toml:3:1
  |
3 | patience = "1m"
  | ^^^^^^^^ unknown key
  |
  = help: patience belongs in [kitchen], above its first [[kitchen.cup]]
"#,
    ),
    (
        "a key of a table below one of its own",
        "[[kitchen.cup]]\nname = \"a\"\n[[kitchen.cup.spoon]]\nsize = 1\n",
        r#"
error: there is no key size in [[kitchen.cup.spoon]]
 --> tieline.toml:4:1
  |
4 | size = 1
  | ^^^^ unknown key
  |
  = help: size belongs in [[kitchen.cup]], above its first [[kitchen.cup.spoon]]
"#,
    ),
    (
        "a key of a table in the section",
        "[kitchen]\nstir = \"1s\"\n",
        r#"
error: there is no key stir in [kitchen]
 --> tieline.toml:2:1
  |
2 | stir = "1s"
  | ^^^^ unknown key
  |
  = help: stir belongs in [[kitchen.cup.spoon]]
"#,
    ),
    (
        "one in single brackets",
        "[kitchen.cup]\nname = \"a\"\nsize = \"b\"\n",
        r#"
error: kitchen.cup must be tables, each begun with its name in double brackets
 --> tieline.toml:1:1
  |
1 | [kitchen.cup]
  | ^^^^^^^^^^^^^ one table
  |
  = help: begin each with a line [[kitchen.cup]] and write its keys on the lines below

error: kitchen.cup.size must be a whole number from 0
 --> tieline.toml:3:8
  |
3 | size = "b"
  |        ^^^ a text
  |
  = help: for example: size = 3
"#,
    ),
    (
        "one in a table in single brackets",
        "[[kitchen.cup]]\nname = \"a\"\n[kitchen.cup.spoon]\nhot = true\n",
        r#"
error: kitchen.cup.spoon must be tables, each begun with its name in double brackets
 --> tieline.toml:3:1
  |
3 | [kitchen.cup.spoon]
  | ^^^^^^^^^^^^^^^^^^^ one table
  |
  = help: begin each with a line [[kitchen.cup.spoon]] and write its keys on the lines below
"#,
    ),
    (
        "one in braces",
        "[kitchen]\ncup = { name = \"a\" }\n",
        r#"
error: kitchen.cup must be tables, each begun with its name in double brackets
 --> tieline.toml:2:7
  |
2 | cup = { name = "a" }
  |       ^^^^^^^^^^^^^^ one table
  |
  = help: begin each with a line [[kitchen.cup]] and write its keys on the lines below
"#,
    ),
    (
        "a value for tables",
        "[kitchen]\ncup = 5\n",
        r#"
error: kitchen.cup must be tables, each begun with its name in double brackets
 --> tieline.toml:2:7
  |
2 | cup = 5
  |       ^ a whole number
  |
  = help: begin each with a line [[kitchen.cup]] and write its keys on the lines below
"#,
    ),
    (
        "a list that has more than tables",
        "[kitchen]\ncup = [{ name = \"a\" }, \"b\", { name = 1 }]\n",
        r#"
error: kitchen.cup must be tables, each begun with its name in double brackets
 --> tieline.toml:2:24
  |
2 | cup = [{ name = "a" }, "b", { name = 1 }]
  |                        ^^^ a text
  |
  = help: begin each with a line [[kitchen.cup]] and write its keys on the lines below

error: kitchen.cup.name must be a text
 --> tieline.toml:2:38
  |
2 | cup = [{ name = "a" }, "b", { name = 1 }]
  |                                      ^ a whole number
  |
  = help: for example: name = ""
"#,
    ),
    (
        "every problem of every table, in the order of the file",
        "[[kitchen.cup]]\nname = 1\ndrink = \"tee\"\n[[kitchen.cup.spoon]]\n[[kitchen.cup.spoon]]\nstir = 10\n\
         [[kitchen.cup]]\nsize = -1\nlabels = \"x\"\n[kitchen.limits]\nidle = 1\n",
        r#"
error: kitchen.cup.name must be a text
 --> tieline.toml:2:8
  |
2 | name = 1
  |        ^ a whole number
  |
  = help: for example: name = ""

error: kitchen.cup.drink must be one of "tea", "coffee"
 --> tieline.toml:3:9
  |
3 | drink = "tee"
  |         ^^^^^ does not fit
  |
  = help: did you mean "tea"?

error: kitchen.cup.spoon.stir must be a whole number and its unit (ms, s, m, h or d), as in "10s"
 --> tieline.toml:6:8
  |
6 | stir = 10
  |        ^^ a whole number
  |
  = help: for seconds write "10s"

error: a cup has no name
 --> tieline.toml:7:1
  |
7 | [[kitchen.cup]]
  | ^^^^^^^^^^^^^^^
  |
  = help: give it one

error: kitchen.cup.size is out of range
 --> tieline.toml:8:8
  |
8 | size = -1
  |        ^^ out of range
  |
  = help: a whole number from 0 to 9223372036854775807

error: kitchen.cup.labels must be a list of texts, as in ["a", "b"]
 --> tieline.toml:9:10
  |
9 | labels = "x"
  |          ^^^ a text
  |
  = help: write it in brackets: ["x"]

error: kitchen.limits.idle must be a whole number and its unit (ms, s, m, h or d), as in "10s"
  --> tieline.toml:11:8
   |
11 | idle = 1
   |        ^ a whole number
   |
   = help: for seconds write "1s"
"#,
    ),
    (
        "a free table in double brackets",
        "[[kitchen.note]]\na = 1\n",
        r#"
error: kitchen.note must be a table, as in { Unit = "bar" }
 --> tieline.toml:1:1
  |
1 | [[kitchen.note]]
  | ^^^^^^^^^^^^^^^^ a list
  |
  = help: begin it with a line [kitchen.note], once, and write its keys on the lines below
"#,
    ),
    (
        "a value for a free table",
        "[[kitchen.cup]]\nname = \"a\"\nnotes = \"x\"\n",
        r#"
error: kitchen.cup.notes must be a table, as in { Unit = "bar" }
 --> tieline.toml:3:9
  |
3 | notes = "x"
  |         ^^^ a text
  |
  = help: for example: notes = {}
"#,
    ),
    (
        "numbers too long for a free table",
        "[kitchen]\nnote = { a = 99999999999999999999, b = [1e999] }\n",
        r#"
error: kitchen.note has a number that is out of range
 --> tieline.toml:2:14
  |
2 | note = { a = 99999999999999999999, b = [1e999] }
  |              ^^^^^^^^^^^^^^^^^^^^ out of range
  |
  = help: a number of at most 64 bits, or a text: "99999999999999999999"

error: kitchen.note has a number that is out of range
 --> tieline.toml:2:41
  |
2 | note = { a = 99999999999999999999, b = [1e999] }
  |                                         ^^^^^ out of range
  |
  = help: a number of at most 64 bits, or a text: "1e999"
"#,
    ),
    (
        "tables with a key twice",
        "[[kitchen.cup]]\nname = \"a\"\nname = \"b\"\n",
        r#"
error: this is not TOML: duplicate key
 --> tieline.toml:3:1
  |
3 | name = "b"
  | ^^^^
  |
  = help: it can be there once; delete one of the two
"#,
    ),
    (
        "a section in double brackets",
        "[[kitchen.limits]]\nidle = \"1m\"\n",
        r#"
error: kitchen.limits must be a section
 --> tieline.toml:1:11
  |
1 | [[kitchen.limits]]
  |           ^^^^^^ not a section
  |
  = help: begin it with a line [kitchen.limits], once, and write its keys on the lines below
"#,
    ),
    (
        "a table in a key that has none",
        "[[kitchen.cup]]\nname = \"a\"\n[[kitchen.cup.size]]\nx = 1\n",
        r#"
error: kitchen.cup.size must be a whole number from 0
 --> tieline.toml:3:1
  |
3 | [[kitchen.cup.size]]
  | ^^^^^^^^^^^^^^^^^^^^ a list
  |
  = help: for example: size = 3
"#,
    ),
];

#[test]
fn each_is_told_with_its_place_and_what_to_do() {
    expect_each_for(KITCHEN, CASES);
}
#[test]
fn tables_are_read_to_any_depth_and_in_either_form() {
    let long = r#"
[kitchen]
patience = "1m"
[[kitchen.cup]]
name = "a"
labels = ["x", "y"]
notes = { Unit = "ml" }
[[kitchen.cup.spoon]]
stir = "0"
[[kitchen.cup.spoon]]
name = "big"
hot = true
[kitchen.limits]
idle = "1m"
[[kitchen.cup]]
name = "b"
size = 5
drink = "coffee"
notes.Unit = "ml"
"#;
    let short = r#"
[kitchen]
patience = "1m"
cup = [
    { name = "a", labels = ["x", "y"], notes = { Unit = "ml" }, spoon = [{ stir = "0" }, { name = "big", hot = true }] },
    { size = 5, drink = "coffee", name = "b", notes.Unit = "ml" },
]
[kitchen.limits]
idle = "1m"
"#;
    let [long, short] = [long, short].map(|file| good_for(KITCHEN, &input(file)).listeners.remove(0));
    let [a, b] = &cups(&long.values)[..] else { panic!("two cups: {:?}", long.values) };
    assert_eq!((a.name.as_str(), a.size, &a.labels[..]), ("a", 3, &["x".to_owned(), "y".to_owned()][..]));
    let spoons: Vec<_> = a.spoon.iter().map(|one| (one.name.as_str(), one.stir.as_secs(), one.hot)).collect();
    assert_eq!(spoons, [("small", 0, false), ("big", 10, true)]);
    assert_eq!((b.name.as_str(), b.size, b.drink, b.spoon.len()), ("b", 5, Drink::Coffee, 0));
    assert_eq!((json!(a.notes), json!(b.notes)), (json!({"Unit": "ml"}), json!({"Unit": "ml"})));
    // Key by key the same, so that a reload sees no change in a file that was only written otherwise.
    assert_eq!((long.values, long.limits), (short.values, short.limits));
}

#[test]
fn a_free_table_holds_whatever_toml_can_say() {
    let file = r#"
[kitchen.note]
zulu = 1979-05-27T07:32:00Z
alpha = [0x1F, -7, 1.5, 1_000.0, true, 18446744073709551615]
"a b".c.d = 'x'
inf = [inf, -inf, +inf, nan]
[kitchen.note.deep]
times = [1979-05-27, 07:32:00]
[[kitchen.note.list]]
[[kitchen.note.list]]
a = 1
"#;
    let config = good_for(KITCHEN, &input(file));
    let note = KitchenSettings::from_values(&config.listeners[0].values).note;
    // Compared as texts, which shows the order as well: it is the file's.
    let expected = json!({
        "zulu": "1979-05-27T07:32:00Z",
        "alpha": [31, -7, 1.5, 1000.0, true, 18446744073709551615_u64],
        "a b": {"c": {"d": "x"}},
        "inf": ["inf", "-inf", "inf", "nan"],
        "deep": {"times": ["1979-05-27", "07:32:00"]},
        "list": [{}, {"a": 1}],
    });
    assert_eq!(json!(note).to_string(), expected.to_string());
}

#[test]
fn a_free_table_is_followed_to_its_32nd_level() {
    let nested =
        |depth: usize| format!("[kitchen]\nnote = {}{}\n", "{ a = ".repeat(depth), "1".to_owned() + &"}".repeat(depth));
    good_for(KITCHEN, &input(&nested(32)));
    let lists = |depth: usize| format!("[kitchen]\nnote.a = {}{}\n", "[".repeat(depth), "]".repeat(depth));
    good_for(KITCHEN, &input(&lists(31)));
    for file in [nested(33), lists(32)] {
        let said = said_for(KITCHEN, &input(&file));
        assert!(
            said.contains("error: kitchen.note is more than 32 tables or lists deep\n --> tieline.toml:2:"),
            "{said}"
        );
    }
    // Headers make tables as deep as braces do.
    let header = format!("[kitchen.note{}]\n", ".a".repeat(32));
    assert!(said_for(KITCHEN, &input(&header)).contains("more than 32 tables or lists deep"));
}

#[test]
fn they_cannot_be_set_but_in_the_file() {
    let variables = ["TIELINE_KITCHEN_CUP", "TIELINE_KITCHEN_CUP_0_NAME", "TIELINE_KITCHEN_NOTE"];
    let flags =
        ["kitchen.cup=[]", "kitchen.cup.0.name=a", "kitchen.cup.spoon.hot=true", "kitchen.note.a=1", "kitchen.cupp=1"];
    let with = |variables: &[&str], flags: &[&str]| Input {
        variables: variables.iter().map(|name| ((*name).to_owned(), "a".to_owned())).collect(),
        flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
        ..input("[kitchen]\n")
    };
    let refused = r#"
error: kitchen.cup cannot be set in the environment
 |
 = note: in the environment: TIELINE_KITCHEN_CUP=a
 = help: write [[kitchen.cup]] in the file, and its keys on the lines below

error: kitchen.note cannot be set in the environment
 |
 = note: in the environment: TIELINE_KITCHEN_NOTE=a
 = help: write [kitchen.note] in the file, and its keys on the lines below

error: kitchen.cup cannot be set with --set
 |
 = note: in --set kitchen.cup=[]
 = help: write [[kitchen.cup]] in the file, and its keys on the lines below

error: kitchen.cup cannot be set with --set
 |
 = note: in --set kitchen.cup.0.name=a
 = help: write [[kitchen.cup]] in the file, and its keys on the lines below

error: kitchen.cup cannot be set with --set
 |
 = note: in --set kitchen.cup.spoon.hot=true
 = help: write [[kitchen.cup]] in the file, and its keys on the lines below

error: kitchen.note cannot be set with --set
 |
 = note: in --set kitchen.note.a=1
 = help: write [kitchen.note] in the file, and its keys on the lines below

error: there is no key cupp in [kitchen]
 |
 = note: in --set kitchen.cupp=1
 = help: did you mean cup?
"#;
    assert_eq!(said_for(KITCHEN, &with(&variables, &flags)).trim(), refused.trim());
    // A variable that is nobody's may be meant for another program.
    let inside = said_for(KITCHEN, &with(&variables[1..2], &[]));
    let warning = "
warning: the environment variable TIELINE_KITCHEN_CUP_0_NAME sets nothing
 |
 = note: in the environment: TIELINE_KITCHEN_CUP_0_NAME
 = help: kitchen.cup can stand in the file only
";
    assert_eq!(inside.trim(), warning.trim());
}
