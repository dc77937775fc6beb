//! Values and lines that cannot be read, and exactly what a person reads about it.

use super::*;

/// What it is, the file, and what is said about it.
const CASES: &[(&str, &str, &str)] = &[
    (
        "a number for a duration",
        "[access.limits]\nidle = 10\n",
        r#"
error: access.limits.idle must be a whole number and its unit (ms, s, m, h or d), as in "10s"
 --> tieline.toml:2:8
  |
2 | idle = 10
  |        ^^ a whole number
  |
  = help: for seconds write "10s"
"#,
    ),
    (
        "a duration without unit",
        "[access.limits]\nidle = \"10\"\n",
        r#"
error: access.limits.idle must be a whole number and its unit (ms, s, m, h or d), as in "10s"
 --> tieline.toml:2:8
  |
2 | idle = "10"
  |        ^^^^ does not fit
  |
  = help: add the unit, as in "10s"
"#,
    ),
    (
        "a size with a unit that means two things",
        "[access.limits]\nmemory = \"512 MB\"\n",
        r#"
error: access.limits.memory must be a whole number and its unit (KiB, MiB or GiB), as in "512MiB", or a number of bytes
 --> tieline.toml:2:10
  |
2 | memory = "512 MB"
  |          ^^^^^^^^ does not fit
  |
  = help: write "512MiB"
"#,
    ),
    (
        "a size below nothing",
        "[access.limits]\nmemory = -1\n",
        r#"
error: access.limits.memory is out of range
 --> tieline.toml:2:10
  |
2 | memory = -1
  |          ^^ out of range
  |
  = help: a whole number from 0 to 9223372036854775807
"#,
    ),
    (
        "a limit of the whole gateway at one listener",
        "[alpha]\n[alpha.limits]\nmemory = \"1GiB\"\n",
        r#"
error: there is no key memory in [alpha.limits]
 --> tieline.toml:3:1
  |
3 | memory = "1GiB"
  | ^^^^^^ unknown key
  |
  = help: memory holds for the whole gateway and belongs in [access.limits]
"#,
    ),
    (
        "a text for a number",
        "[access.limits]\nstreams = \"10\"\n",
        r#"
error: access.limits.streams must be a whole number from 0
 --> tieline.toml:2:11
  |
2 | streams = "10"
  |           ^^^^ a text
  |
  = help: write 10 without quotes
"#,
    ),
    (
        "a text for a truth",
        "[alpha]\necho = \"yes\"\n",
        r#"
error: alpha.echo must be true or false
 --> tieline.toml:2:8
  |
2 | echo = "yes"
  |        ^^^^^ a text
  |
  = help: for example: echo = false
"#,
    ),
    (
        "a number for a text",
        "[store]\npath = 5\n",
        r#"
error: store.path must be a text
 --> tieline.toml:2:8
  |
2 | path = 5
  |        ^ a whole number
  |
  = help: for example: path = "tieline-data"
"#,
    ),
    (
        "a fraction for a number",
        "[access.limits]\nstreams = 1.5\n",
        r#"
error: access.limits.streams must be a whole number from 0
 --> tieline.toml:2:11
  |
2 | streams = 1.5
  |           ^^^ a number with a fraction
  |
  = help: for example: streams = 1000
"#,
    ),
    (
        "a text for a list",
        "[access]\nhosts = \"a.example\"\n",
        r#"
error: access.hosts must be a list of texts, as in ["a", "b"]
 --> tieline.toml:2:9
  |
2 | hosts = "a.example"
  |         ^^^^^^^^^^^ a text
  |
  = help: write it in brackets: ["a.example"]
"#,
    ),
    (
        "a list with a number",
        "[access]\nhosts = [\"a.example\", 1]\n",
        r#"
error: access.hosts must be a list of texts, as in ["a", "b"]
 --> tieline.toml:2:9
  |
2 | hosts = ["a.example", 1]
  |         ^^^^^^^^^^^^^^^^ not only texts
  |
  = help: for example: hosts = []
"#,
    ),
    (
        "an unknown choice",
        "[alpha]\ntone = \"brsk\"\n",
        r#"
error: alpha.tone must be one of "calm", "brisk"
 --> tieline.toml:2:8
  |
2 | tone = "brsk"
  |        ^^^^^^ does not fit
  |
  = help: did you mean "brisk"?
"#,
    ),
    (
        "a negative number",
        "[access.limits]\nstreams = -1\n",
        r#"
error: access.limits.streams is out of range
 --> tieline.toml:2:11
  |
2 | streams = -1
  |           ^^ out of range
  |
  = help: a whole number from 0 to 9223372036854775807
"#,
    ),
    (
        "a number beyond its largest",
        "[alpha.limits]\njson_depth = 129\n",
        r#"
error: alpha.limits.json_depth is out of range
 --> tieline.toml:2:14
  |
2 | json_depth = 129
  |              ^^^ out of range
  |
  = help: a whole number from 0 to 128
"#,
    ),
    (
        "a host name for an address",
        "[alpha]\nlisten = \"localhost:4001\"\n",
        r#"
error: alpha.listen must be an IP address and a port, as in "127.0.0.1:8090"
 --> tieline.toml:2:10
  |
2 | listen = "localhost:4001"
  |          ^^^^^^^^^^^^^^^^ does not fit
  |
  = help: write the IP address: "127.0.0.1:4001"
"#,
    ),
    (
        "an address without port",
        "[alpha]\nlisten = \"127.0.0.1\"\n",
        r#"
error: alpha.listen must be an IP address and a port, as in "127.0.0.1:8090"
 --> tieline.toml:2:10
  |
2 | listen = "127.0.0.1"
  |          ^^^^^^^^^^^ does not fit
  |
  = help: add the port, as in "127.0.0.1:8090"
"#,
    ),
    (
        "a port without address",
        "[alpha]\nlisten = \":4001\"\n",
        r#"
error: alpha.listen must be an IP address and a port, as in "127.0.0.1:8090"
 --> tieline.toml:2:10
  |
2 | listen = ":4001"
  |          ^^^^^^^ does not fit
  |
  = help: for all addresses of this machine write "0.0.0.0:4001"
"#,
    ),
    (
        "a port beyond the last",
        "[alpha]\nlisten = \"127.0.0.1:70000\"\n",
        r#"
error: alpha.listen must be an IP address and a port, as in "127.0.0.1:8090"
 --> tieline.toml:2:10
  |
2 | listen = "127.0.0.1:70000"
  |          ^^^^^^^^^^^^^^^^^ does not fit
  |
  = help: for example: listen = "127.0.0.1:4001"
"#,
    ),
    (
        "an origin that could never match",
        "[access]\norigins = [\"https://a.example/page\", \"https://b.example/\", \"c.example\"]\n",
        r#"
error: access.origins has "https://a.example/page", which is not an origin
 --> tieline.toml:2:11
  |
2 | origins = ["https://a.example/page", "https://b.example/", "c.example"]
  |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ not an origin
  |
  = help: write it as browsers do: scheme, host and port only, as in "https://maps.example", or the host name alone
"#,
    ),
    (
        "a host that could never match",
        "[access]\nhosts = [\"a.example:80\"]\n",
        r#"
error: access.hosts has "a.example:80", which is not a host name
 --> tieline.toml:2:9
  |
2 | hosts = ["a.example:80"]
  |         ^^^^^^^^^^^^^^^^ not a host name
  |
  = help: write the name alone, without scheme, port and path, as in "tieline.example"
"#,
    ),
    (
        "a text that does not end",
        "[alpha]\nlisten = \"127.0.0.1:4001\n",
        r#"
error: this is not TOML: invalid basic string, expected `"`
 --> tieline.toml:2:25
  |
2 | listen = "127.0.0.1:4001
  |                         ^
  |
  = help: one `key = value` per line, texts in quotes, sections in [brackets]
"#,
    ),
    (
        "a key twice",
        "[alpha]\necho = true\necho = false\n",
        r#"
error: this is not TOML: duplicate key
 --> tieline.toml:3:1
  |
3 | echo = false
  | ^^^^
  |
  = help: it can be there once; delete one of the two
"#,
    ),
    (
        "several broken lines and a wrong one between",
        "[alpha\necho = maybe\n[beta]\nzebra = 1\nlisten = = 2\n",
        r#"
error: this is not TOML: unclosed table, expected `]`
 --> tieline.toml:1:7
  |
1 | [alpha
  |       ^
  |
  = help: one `key = value` per line, texts in quotes, sections in [brackets]

error: there is no key zebra in [beta]
 --> tieline.toml:4:1
  |
4 | zebra = 1
  | ^^^^^ unknown key
  |
  = help: keys of [beta] are listen, insecure, tls, compression

error: this is not TOML: extra `=`, expected nothing
 --> tieline.toml:5:10
  |
5 | listen = = 2
  |          ^
  |
  = help: one `key = value` per line, texts in quotes, sections in [brackets]
"#,
    ),
    (
        "wide characters and a tab before the place",
        "[access]\n\thosts = [ \"ü\", \"日本語\" ]; origins = 1\n",
        r#"
error: this is not TOML: unexpected key or value, expected newline, `#`
 --> tieline.toml:2:24
  |
2 |     hosts = [ "ü", "日本語" ]; origins = 1
  |                              ^
  |
  = help: one `key = value` per line, texts in quotes, sections in [brackets]
"#,
    ),
    (
        "several mistakes in the order of the file",
        "[log]\nlevel = \"loud\"\n[alpha]\necho = 1\nlisen = 2\n[access.limits]\nidle = \"soon\"\n",
        r#"
error: log.level must be one of "error", "warn", "info", "debug", "trace"
 --> tieline.toml:2:9
  |
2 | level = "loud"
  |         ^^^^^^ does not fit
  |
  = help: for example: level = "info"

error: alpha.echo must be true or false
 --> tieline.toml:4:8
  |
4 | echo = 1
  |        ^ a whole number
  |
  = help: for example: echo = false

error: there is no key lisen in [alpha]
 --> tieline.toml:5:1
  |
5 | lisen = 2
  | ^^^^^ unknown key
  |
  = help: did you mean listen?

error: access.limits.idle must be a whole number and its unit (ms, s, m, h or d), as in "10s"
 --> tieline.toml:7:8
  |
7 | idle = "soon"
  |        ^^^^^^ does not fit
  |
  = help: for example: idle = "10m"
"#,
    ),
];

#[test]
fn each_is_told_with_its_place_and_what_to_do() {
    expect_each(CASES);
}
