//! Tables with names that cannot be read, and exactly what a person reads about it.

use super::*;
use crate::testing::pantry::PANTRY;

/// What it is, the file, and what is said about it.
const CASES: &[(&str, &str, &str)] = &[
    (
        "an unknown key, near a known one",
        "[pantry.shelf.top]\nhieght = 1\n",
        r#"
error: there is no key hieght in [pantry.shelf.top]
 --> tieline.toml:2:1
  |
2 | hieght = 1
  | ^^^^^^ unknown key
  |
  = help: did you mean height?
"#,
    ),
    (
        "an unknown key, near nothing",
        "[pantry.shelf.top]\nzebra = 1\n",
        r#"
error: there is no key zebra in [pantry.shelf.top]
 --> tieline.toml:2:1
  |
2 | zebra = 1
  | ^^^^^ unknown key
  |
  = help: keys of [pantry.shelf.top] are height, wood, holds, jar, hook
"#,
    ),
    (
        "a key of the section below a table",
        "[pantry.shelf.top]\npatience = \"1m\"\n",
        r#"
error: there is no key patience in [pantry.shelf.top]
 --> tieline.toml:2:1
  |
2 | patience = "1m"
  | ^^^^^^^^ unknown key
  |
  = help: patience belongs in [pantry], above its first [pantry.shelf.NAME]
"#,
    ),
    (
        "a key of a table below one of its own",
        "[[pantry.shelf.top.jar]]\n[pantry.shelf.top.jar.label.a]\ntext = \"a\"\nsize = 1\n",
        r#"
error: there is no key size in [pantry.shelf.top.jar.label.a]
 --> tieline.toml:4:1
  |
4 | size = 1
  | ^^^^ unknown key
  |
  = help: size belongs in [[pantry.shelf.top.jar]], above its first [pantry.shelf.top.jar.label.NAME]
"#,
    ),
    (
        "a key of a table in the section, of two possible ones",
        "[pantry]\nglued = true\n",
        r#"
error: there is no key glued in [pantry]
 --> tieline.toml:2:1
  |
2 | glued = true
  | ^^^^^ unknown key
  |
  = help: glued belongs in [pantry.shelf.NAME.jar.label.NAME] or [pantry.jar.label.NAME]
"#,
    ),
    (
        "a key of a table in the section",
        "[pantry]\nstrong = true\n",
        r#"
error: there is no key strong in [pantry]
 --> tieline.toml:2:1
  |
2 | strong = true
  | ^^^^^^ unknown key
  |
  = help: strong belongs in [pantry.shelf.NAME.hook.NAME]
"#,
    ),
    (
        "a value for tables with names",
        "[pantry]\nshelf = 1\n",
        r#"
error: pantry.shelf must be tables, each with a name of its own
 --> tieline.toml:2:9
  |
2 | shelf = 1
  |         ^ a whole number
  |
  = help: begin each with a line [pantry.shelf.NAME] and write its keys on the lines below; NAME is yours to choose
"#,
    ),
    (
        "a list for tables with names",
        "[pantry]\nshelf = []\n",
        r#"
error: pantry.shelf must be tables, each with a name of its own
 --> tieline.toml:2:9
  |
2 | shelf = []
  |         ^^ a list
  |
  = help: begin each with a line [pantry.shelf.NAME] and write its keys on the lines below; NAME is yours to choose
"#,
    ),
    (
        "tables without names",
        "[[pantry.shelf]]\nheight = \"a\"\nhigth = 1\n",
        r#"
error: pantry.shelf must be tables, each with a name of its own
 --> tieline.toml:1:1
  |
1 | [[pantry.shelf]]
  | ^^^^^^^^^^^^^^^^ tables without names
  |
  = help: begin each with a line [pantry.shelf.NAME] and write its keys on the lines below; NAME is yours to choose

error: pantry.shelf.NAME.height must be a whole number from 0
 --> tieline.toml:2:10
  |
2 | height = "a"
  |          ^^^ a text
  |
  = help: for example: height = 3

error: there is no key higth in [pantry.shelf.NAME]
 --> tieline.toml:3:1
  |
3 | higth = 1
  | ^^^^^ unknown key
  |
  = help: did you mean height?
"#,
    ),
    (
        "a name in double brackets",
        "[[pantry.shelf.top]]\nheight = \"a\"\n",
        r#"
error: pantry.shelf.top must be a table
 --> tieline.toml:1:1
  |
1 | [[pantry.shelf.top]]
  | ^^^^^^^^^^^^^^^^^^^^ a list
  |
  = help: begin it with a line [pantry.shelf.top], once, and write its keys on the lines below

error: pantry.shelf.top.height must be a whole number from 0
 --> tieline.toml:2:10
  |
2 | height = "a"
  |          ^^^ a text
  |
  = help: for example: height = 3
"#,
    ),
    (
        "a key of a table without the table's name",
        "[pantry.shelf]\nheight = 1\n",
        r#"
error: pantry.shelf.height must be a table
 --> tieline.toml:2:10
  |
2 | height = 1
  |          ^ a whole number
  |
  = help: height belongs below a line [pantry.shelf.NAME]; NAME is yours to choose
"#,
    ),
    (
        "a value for one table",
        "[pantry.shelf]\ntop = 1\n",
        r#"
error: pantry.shelf.top must be a table
 --> tieline.toml:2:7
  |
2 | top = 1
  |       ^ a whole number
  |
  = help: begin it with a line [pantry.shelf.top] and write its keys on the lines below
"#,
    ),
    (
        "a name of nothing",
        "[pantry.shelf.\"\"]\nheight = true\n[pantry.shelf.a]\nheight = 0\n",
        r#"
error: pantry.shelf has a table without a name
 --> tieline.toml:1:15
  |
1 | [pantry.shelf.""]
  |               ^^ no name
  |
  = help: write a name between the quotes

error: pantry.shelf."".height must be a whole number from 0
 --> tieline.toml:2:10
  |
2 | height = true
  |          ^^^^ a truth value
  |
  = help: for example: height = 3

error: a shelf lies on the floor
 --> tieline.toml:4:10
  |
4 | height = 0
  |          ^
  |
  = help: raise it
"#,
    ),
    (
        "a name with a dot, and tables that are one",
        "[pantry.shelf.\"a.b\".jar]\nsize = 1\n",
        r#"
error: pantry.shelf."a.b".jar must be tables, each begun with its name in double brackets
 --> tieline.toml:1:1
  |
1 | [pantry.shelf."a.b".jar]
  | ^^^^^^^^^^^^^^^^^^^^^^^^ one table
  |
  = help: begin each with a line [[pantry.shelf."a.b".jar]] and write its keys on the lines below
"#,
    ),
    (
        "what a source says of names with and without dots, and what cannot be read",
        "[pantry.shelf.\"a.b\"]\nheight = 0\n[pantry.shelf.\"a.b\".hook.c]\nstrong = 1\n[pantry.shelf.d]\nheight = 0\n",
        r#"
error: a shelf lies on the floor
 --> tieline.toml:2:10
  |
2 | height = 0
  |          ^
  |
  = help: raise it

error: pantry.shelf."a.b".hook.c.strong must be true or false
 --> tieline.toml:4:10
  |
4 | strong = 1
  |          ^ a whole number
  |
  = help: for example: strong = false

error: a shelf lies on the floor
 --> tieline.toml:6:10
  |
6 | height = 0
  |          ^
  |
  = help: raise it
"#,
    ),
    (
        "a key that is missing, at its table, and one in a table in a list",
        "[pantry.shelf.a]\n[[pantry.shelf.a.jar]]\n[pantry.shelf.a.jar.label.\"x y\"]\nglued = true\n[[pantry.jar]]\nlabel.b.text = \"\"\n",
        r#"
error: nothing stands on a label
 --> tieline.toml:3:1
  |
3 | [pantry.shelf.a.jar.label."x y"]
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: write something

error: nothing stands on a label
 --> tieline.toml:6:16
  |
6 | label.b.text = ""
  |                ^^
  |
  = help: write something
"#,
    ),
    (
        "a name twice",
        "[pantry.shelf.a]\n[pantry.shelf.a]\n",
        r#"
error: this is not TOML: duplicate key
 --> tieline.toml:2:15
  |
2 | [pantry.shelf.a]
  |               ^
  |
  = help: it can be there once; delete one of the two
"#,
    ),
    (
        "the key itself, near a known one",
        "[pantry.shelv.a]\nheight = 1\n",
        r#"
error: there is no key shelv in [pantry]
 --> tieline.toml:1:9
  |
1 | [pantry.shelv.a]
  |         ^^^^^ unknown key
  |
  = help: did you mean shelf?
"#,
    ),
];

#[test]
fn each_is_told_with_its_place_and_what_to_do() {
    expect_each_for(PANTRY, CASES);
}
