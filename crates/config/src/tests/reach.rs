//! Who can reach what: addresses, encryption and the names that may connect, and exactly what a person reads.

use super::*;

/// What it is, the file, and what is said about it.
const CASES: &[(&str, &str, &str)] = &[
    (
        "two listeners on one address",
        "[alpha]\nlisten = \"127.0.0.1:4002\"\n[beta]\n",
        r#"
error: beta.listen is 127.0.0.1:4002, which alpha has already
 --> tieline.toml:3:2
  |
3 | [beta]
  |  ^^^^ taken
  |
  = help: give beta or alpha another port
"#,
    ),
    (
        "the console where a dialect is",
        "[alpha]\n[console]\nlisten = \"127.0.0.1:4001\"\n",
        r#"
error: console.listen is 127.0.0.1:4001, which alpha has already
 --> tieline.toml:3:10
  |
3 | listen = "127.0.0.1:4001"
  |          ^^^^^^^^^^^^^^^^ taken
  |
  = help: give console or alpha another port
"#,
    ),
    (
        "all addresses take each one",
        "[alpha]\nlisten = \"[::]:4002\"\ninsecure = true\n[beta]\n",
        r#"
error: beta.listen is 127.0.0.1:4002, which alpha has already
 --> tieline.toml:4:2
  |
4 | [beta]
  |  ^^^^ taken
  |
  = help: give beta or alpha another port
"#,
    ),
    (
        "beyond this machine with nothing said",
        "[alpha]\nlisten = \"0.0.0.0:4001\"\n",
        r#"
error: alpha.listen = 0.0.0.0:4001 would let other machines in without encryption
 --> tieline.toml:2:10
  |
2 | listen = "0.0.0.0:4001"
  |          ^^^^^^^^^^^^^^ beyond this machine
  |
  = help: set tls.cert and tls.key, or alpha.insecure = true if that is meant, or listen on 127.0.0.1:4001
"#,
    ),
    (
        "beyond this machine by permission",
        "[alpha]\nlisten = \"0.0.0.0:4001\"\ninsecure = true\n",
        r#"
warning: alpha is open to other machines without encryption at 0.0.0.0:4001
 --> tieline.toml:2:10
  |
2 | listen = "0.0.0.0:4001"
  |          ^^^^^^^^^^^^^^
  |
  = help: alpha.insecure allows it; with tls.cert and tls.key it would be encrypted
"#,
    ),
    (
        "beyond this machine by permission for all",
        "[alpha]\nlisten = \"[2001:db8::1]:1\"\n[access]\ninsecure = true\n",
        r#"
warning: alpha is open to other machines without encryption at [2001:db8::1]:1
 --> tieline.toml:2:10
  |
2 | listen = "[2001:db8::1]:1"
  |          ^^^^^^^^^^^^^^^^^
  |
  = help: access.insecure allows it; with tls.cert and tls.key it would be encrypted
"#,
    ),
    ("an address of this machine in its long form", "[alpha]\nlisten = \"[::ffff:127.0.0.1]:1\"\n", ""),
    ("any free port does not clash", "[alpha]\nlisten = \"127.0.0.1:0\"\n[beta]\nlisten = \"127.0.0.1:0\"\n", ""),
    (
        "the console beyond this machine",
        "[alpha]\n[console]\nlisten = \"0.0.0.0:8090\"\n[access]\ninsecure = true\n",
        r#"
error: console.listen = 0.0.0.0:8090 would let other machines in without encryption
 --> tieline.toml:3:10
  |
3 | listen = "0.0.0.0:8090"
  |          ^^^^^^^^^^^^^^ beyond this machine
  |
  = help: set console.insecure = true if that is meant, or listen on 127.0.0.1:8090 behind a web server with TLS
"#,
    ),
    (
        "the console beyond this machine by permission",
        "[alpha]\n[console]\nlisten = \"0.0.0.0:8090\"\ninsecure = true\n",
        r#"
warning: console is open to other machines without encryption at 0.0.0.0:8090
 --> tieline.toml:3:10
  |
3 | listen = "0.0.0.0:8090"
  |          ^^^^^^^^^^^^^^
  |
  = help: console.insecure allows it; a web server with TLS in front would encrypt it
"#,
    ),
    (
        "a permission that cannot be read is not said to be missing",
        "[alpha]\nlisten = \"0.0.0.0:4001\"\ninsecure = 1\n",
        r#"
error: alpha.insecure must be true or false
 --> tieline.toml:3:12
  |
3 | insecure = 1
  |            ^ a whole number
  |
  = help: for example: insecure = false
"#,
    ),
    (
        "a certificate without key",
        "[alpha]\n[tls]\ncert = \"/dev/null\"\n",
        r#"
error: tls.cert is set, but tls.key is not
 --> tieline.toml:3:8
  |
3 | cert = "/dev/null"
  |        ^^^^^^^^^^^ needs the other
  |
  = help: set tls.key to the path of a PEM file, or leave tls.cert out
"#,
    ),
    (
        "a key without certificate",
        "[alpha]\n[tls]\nkey = \"/dev/null\"\n",
        r#"
error: tls.key is set, but tls.cert is not
 --> tieline.toml:3:7
  |
3 | key = "/dev/null"
  |       ^^^^^^^^^^^ needs the other
  |
  = help: set tls.cert to the path of a PEM file, or leave tls.key out
"#,
    ),
    (
        "authorities without certificate",
        "[alpha]\n[tls]\nclient_ca = \"/dev/null\"\n",
        r#"
error: tls.client_ca is set, but tls.cert is not
 --> tieline.toml:3:13
  |
3 | client_ca = "/dev/null"
  |             ^^^^^^^^^^^ needs the other
  |
  = help: set tls.cert to the path of a PEM file, or leave tls.client_ca out
"#,
    ),
    (
        "files that are not there",
        "[alpha]\n[tls]\ncert = \"/nowhere/cert.pem\"\nkey = \"/nowhere/key.pem\"\n",
        r#"
error: the file of tls.cert cannot be read: No such file or directory (os error 2)
 --> tieline.toml:3:8
  |
3 | cert = "/nowhere/cert.pem"
  |        ^^^^^^^^^^^^^^^^^^^ cannot be read
  |
  = help: paths are relative to the folder the program is started in; its user must be able to read the file

error: the file of tls.key cannot be read: No such file or directory (os error 2)
 --> tieline.toml:4:7
  |
4 | key = "/nowhere/key.pem"
  |       ^^^^^^^^^^^^^^^^^^ cannot be read
  |
  = help: paths are relative to the folder the program is started in; its user must be able to read the file
"#,
    ),
    (
        "TLS without certificate",
        "[alpha]\ntls = true\n",
        r#"
error: alpha.tls is true, but there is no certificate
 --> tieline.toml:2:7
  |
2 | tls = true
  |       ^^^^ needs [tls]
  |
  = help: set tls.cert and tls.key to the paths of PEM files
"#,
    ),
    (
        "TLS lets other machines in",
        "[alpha]\nlisten = \"0.0.0.0:4001\"\n[tls]\ncert = \"/dev/null\"\nkey = \"/dev/null\"\n",
        "",
    ),
    (
        "a listener that does without TLS by permission",
        "[alpha]\nlisten = \"0.0.0.0:4001\"\ntls = false\ninsecure = true\n[tls]\ncert = \"/dev/null\"\nkey = \"/dev/null\"\n",
        r#"
warning: alpha is open to other machines without encryption at 0.0.0.0:4001
 --> tieline.toml:2:10
  |
2 | listen = "0.0.0.0:4001"
  |          ^^^^^^^^^^^^^^
  |
  = help: alpha.insecure allows it; without alpha.tls it would be encrypted
"#,
    ),
    (
        "a listener that does without TLS",
        "[alpha]\nlisten = \"0.0.0.0:4001\"\ntls = false\n[tls]\ncert = \"/dev/null\"\nkey = \"/dev/null\"\n",
        r#"
error: alpha.listen = 0.0.0.0:4001 would let other machines in without encryption
 --> tieline.toml:2:10
  |
2 | listen = "0.0.0.0:4001"
  |          ^^^^^^^^^^^^^^ beyond this machine
  |
  = help: leave alpha.tls out, or set alpha.insecure = true if that is meant, or listen on 127.0.0.1:4001
"#,
    ),
];

#[test]
fn nothing_is_open_to_others_unless_it_was_said() {
    expect_each(CASES);
}
