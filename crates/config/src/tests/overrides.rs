//! The environment and `--set`.

use super::*;

fn with(file: &str, variables: &[(&str, &str)], flags: &[&str]) -> Input {
    Input {
        variables: variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect(),
        flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
        ..input(file)
    }
}

#[test]
fn flag_over_environment_over_file_over_default() {
    let file = "[alpha]\nlisten = \"127.0.0.1:1\"\n";
    let variable = [("TIELINE_ALPHA_LISTEN", "127.0.0.1:2")];
    let flag = ["alpha.listen=127.0.0.1:3"];
    let port = |input: &Input| good(input).listeners[0].listen.port();
    assert_eq!(port(&input("[alpha]")), 4001);
    assert_eq!(port(&with(file, &[], &[])), 1);
    assert_eq!(port(&with(file, &variable, &[])), 2);
    assert_eq!(port(&with(file, &variable, &flag)), 3);
    assert_eq!(port(&with(file, &[], &["alpha.listen=127.0.0.1:4", "alpha.listen=127.0.0.1:5"])), 5);
}

#[test]
fn naming_a_key_switches_its_section_on() {
    let config = good(&with("", &[("TIELINE_ALPHA_LIMITS_IDLE", "5m")], &["console.listen=127.0.0.1:0"]));
    assert_eq!(config.listeners[0].limits.idle.as_secs(), 300);
    assert_eq!(config.console.unwrap().listen.port(), 0);
}

#[test]
fn lists_are_separated_by_commas() {
    let config = good(&with("[alpha]", &[], &["access.hosts=a.example, b.example", "access.origins="]));
    assert_eq!(config.access.hosts, ["a.example", "b.example"]);
    assert!(config.access.origins.is_empty());
}

#[test]
fn every_key_has_a_variable_of_its_own() {
    let catalog = Catalog::new(ENTRIES);
    let mut names: Vec<String> = catalog.spots().map(|spot| variable(&catalog.path(spot))).collect();
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn a_variable_that_sets_nothing_is_a_warning() {
    let variables = [
        ("TIELINE_ALPHA_LISTN", "x"),
        ("TIELINE_BANANA", "x"),
        ("TIELINE_CONSOLE", "http://127.0.0.1:1"),
        ("PATH", "x"),
    ];
    expect(
        &with("[alpha]", &variables, &[]),
        "
warning: the environment variable TIELINE_ALPHA_LISTN sets nothing
 |
 = note: in the environment: TIELINE_ALPHA_LISTN
 = help: did you mean TIELINE_ALPHA_LISTEN?

warning: the environment variable TIELINE_BANANA sets nothing
 |
 = note: in the environment: TIELINE_BANANA
 = help: variables are TIELINE_<SECTION>_<KEY>; `tieline config reference` lists them",
    );
}

#[test]
fn what_does_not_fit_is_told_with_its_flag_or_variable() {
    let flags = ["alpha", "alpha.ecko=true", "gamma.x=1", "alpha.tone=brsk", "access.mode=report"];
    expect(
        &with("[alpha]", &[("TIELINE_ACCESS_LIMITS_IDLE", "10"), ("TIELINE_ALPHA_ECHO", "yes")], &flags),
        r#"
error: access.limits.idle must be a whole number and its unit (ms, s, m, h or d), as in "10s"
 |
 = note: in the environment: TIELINE_ACCESS_LIMITS_IDLE=10
 = help: add the unit, as in "10s"

error: alpha.echo must be true or false
 |
 = note: in the environment: TIELINE_ALPHA_ECHO=yes
 = help: for example: false

error: --set alpha has no value
 |
 = help: write it as in --set access.limits.idle=5m

error: there is no key ecko in [alpha]
 |
 = note: in --set alpha.ecko=true
 = help: did you mean echo?

error: there is no section [gamma]
 |
 = note: in --set gamma.x=1
 = help: sections are [store], [console], [alpha], [beta], [access], [tls], [log]

error: alpha.tone must be one of "calm", "brisk"
 |
 = note: in --set alpha.tone=brsk
 = help: did you mean "brisk"?

error: access.mode is not in this version of Tieline
 |
 = note: in --set access.mode=report
 = help: leave it out: limits, origins and hosts are enforced, and there are no roles yet to report on
"#,
    );
}

#[test]
fn a_file_that_is_not_text_is_told_with_its_line() {
    let bytes = b"[alpha]\necho = \xff\xfe\n".to_vec();
    expect(
        &Input { bytes, ..input("") },
        "
error: the file is not UTF-8 text
 --> tieline.toml:2:8
  |
2 | echo = \u{fffd}\u{fffd}
  |        ^
  |
  = help: save the file as UTF-8",
    );
}

#[test]
fn a_file_without_end_is_not_read_to_its_end() {
    let problems = Input::open(std::path::Path::new("/dev/zero"), Vec::new(), Vec::new()).unwrap_err();
    assert_eq!(problems.list[0].message, "cannot read /dev/zero: it is longer than 4 MiB");
}
