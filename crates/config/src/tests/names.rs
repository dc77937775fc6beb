//! Sections and keys that are not there, and exactly what a person reads about them.

use super::*;

/// What it is, the file, and what is said about it.
const CASES: &[(&str, &str, &str)] = &[
    (
        "an unknown section, near a known one",
        "[alhpa]\n",
        r#"
error: there is no section [alhpa]
 --> tieline.toml:1:2
  |
1 | [alhpa]
  |  ^^^^^ unknown section
  |
  = help: did you mean [alpha]?
"#,
    ),
    (
        "an unknown section, near nothing",
        "[zebra]\n",
        r#"
error: there is no section [zebra]
 --> tieline.toml:1:2
  |
1 | [zebra]
  |  ^^^^^ unknown section
  |
  = help: sections are [store], [console], [alpha], [beta], [access], [tls], [log]
"#,
    ),
    (
        "a key outside of any section",
        "echo = true\n",
        r#"
error: there is no section [echo]
 --> tieline.toml:1:1
  |
1 | echo = true
  | ^^^^ unknown section
  |
  = help: the key echo belongs in [alpha]
"#,
    ),
    (
        "an unknown key, near a known one",
        "[alpha]\nlisen = \"127.0.0.1:1\"\n",
        r#"
error: there is no key lisen in [alpha]
 --> tieline.toml:2:1
  |
2 | lisen = "127.0.0.1:1"
  | ^^^^^ unknown key
  |
  = help: did you mean listen?
"#,
    ),
    (
        "an unknown key, near nothing",
        "[beta]\nzebra = 1\n",
        r#"
error: there is no key zebra in [beta]
 --> tieline.toml:2:1
  |
2 | zebra = 1
  | ^^^^^ unknown key
  |
  = help: keys of [beta] are listen, insecure, tls, compression
"#,
    ),
    (
        "a key of another section",
        "[alpha]\nidle = \"5m\"\n",
        r#"
error: there is no key idle in [alpha]
 --> tieline.toml:2:1
  |
2 | idle = "5m"
  | ^^^^ unknown key
  |
  = help: idle belongs in [alpha.limits] or [beta.limits] or [access.limits]
"#,
    ),
    (
        "a key with a dot in quotes",
        "[\"alpha.limits\"]\nidle = \"5m\"\n",
        r#"
error: there is no section [alpha.limits]
 --> tieline.toml:1:2
  |
1 | ["alpha.limits"]
  |  ^^^^^^^^^^^^^^ unknown section
  |
  = help: sections are [store], [console], [alpha], [beta], [access], [tls], [log]
"#,
    ),
    (
        "ties of a later version",
        "[alpha]\n\n[[tie]]\nname = \"x\"\n",
        r#"
error: tie is not in this version of Tieline
 --> tieline.toml:3:3
  |
3 | [[tie]]
  |   ^^^ not in this version
  |
  = help: leave it out: ties are not in this version; a program of your own can carry messages between two dialects
"#,
    ),
    (
        "keys of a later version",
        "[access]\nmode = \"report\"\n[[access.address]]\nnet = \"10.1.2.0/24\"\n",
        r#"
error: access.mode is not in this version of Tieline
 --> tieline.toml:2:1
  |
2 | mode = "report"
  | ^^^^ not in this version
  |
  = help: leave it out: limits, origins and hosts are enforced, and there are no roles yet to report on

error: access.address is not in this version of Tieline
 --> tieline.toml:3:10
  |
3 | [[access.address]]
  |          ^^^^^^^ not in this version
  |
  = help: leave it out: rights by network are not in this version; every client may do what its dialect allows
"#,
    ),
    (
        "a section that is a value",
        "alpha = 1\n",
        r#"
error: alpha must be a section
 --> tieline.toml:1:1
  |
1 | alpha = 1
  | ^^^^^ not a section
  |
  = help: begin it with a line [alpha], once, and write its keys on the lines below
"#,
    ),
    (
        "a section that is there several times",
        "[[alpha]]\n[[alpha]]\n",
        r#"
error: alpha must be a section
 --> tieline.toml:1:3
  |
1 | [[alpha]]
  |   ^^^^^ not a section
  |
  = help: begin it with a line [alpha], once, and write its keys on the lines below
"#,
    ),
];

#[test]
fn each_has_a_hint_that_leads_on() {
    expect_each(CASES);
}
