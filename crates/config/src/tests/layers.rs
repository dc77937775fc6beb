//! What holds: defaults, limits of one listener over those of all, and the round trip through `config show`.

use super::*;
use std::time::Duration;
use tieline_model::settings::{Size, Value};

#[test]
fn an_empty_file_is_the_defaults_with_nothing_listening() {
    let config = good(&input(""));
    assert!(config.listeners.is_empty() && config.console.is_none() && config.tls.is_none());
    assert_eq!(config.store, StoreSettings::default());
    assert_eq!(config.limits, Limits::default());
    assert_eq!(config.effective.off, ["console", "alpha", "beta"]);
    expect(&input(""), "warning: no dialect is switched on\n |\n = help: add a section: [alpha] or [beta]");
}

#[test]
fn defaults_are_those_of_the_access_contract() {
    let limits = Limits::default();
    let bytes = (limits.header_bytes, limits.message_bytes, limits.inflated_bytes, limits.queue_bytes);
    assert_eq!(bytes, (16_384, 16_777_216, 16_777_216, 4_194_304));
    let times = [limits.handshake, limits.idle, limits.ping, limits.message_time, limits.drain];
    assert_eq!(times.map(|time| time.as_secs()), [5, 600, 30, 30, 10]);
    assert_eq!((limits.connections, limits.connections_per_address, limits.fragments), (10_000, 1000, 100_000));
    assert_eq!((limits.messages_per_second, limits.json_depth), (0, 64));
    assert_eq!((limits.streams, limits.history_rows), (1000, 100_000));
    assert_eq!(limits.queue_full, QueueFull::Disconnect);
    assert_eq!(limits.of_dialect(), tieline_model::DialectLimits::default());
}

#[test]
fn a_listeners_own_limits_win_over_those_of_all() {
    let file = "[alpha]\n[alpha.limits]\nidle = \"1m\"\n[beta]\n[access.limits]\nidle = \"2m\"\nstreams = 5\n";
    let config = good(&input(file));
    let [alpha, beta] = &config.listeners[..] else { panic!("both listen") };
    assert_eq!((alpha.limits.idle, alpha.limits.streams), (Duration::from_secs(60), 5));
    assert_eq!((beta.limits.idle, beta.limits.streams), (Duration::from_secs(120), 5));
    assert_eq!(config.limits.idle, Duration::from_secs(120));
}

#[test]
fn what_suits_a_dialect_is_its_limit_unless_a_person_says_otherwise() {
    let streams = |more: &str| {
        let config = good(&input(&format!("[alpha]\n[beta]\n{more}")));
        (config.listeners[0].limits.streams, config.listeners[1].limits.streams)
    };
    assert_eq!(streams(""), (1000, 77));
    assert_eq!(streams("[access.limits]\nstreams = 5\n"), (5, 5));
    assert_eq!(streams("[beta.limits]\nstreams = 6\n"), (1000, 6));
}

#[test]
fn limits_of_the_whole_gateway_are_a_size_and_a_time() {
    let whole = |file: &str| good(&input(file)).whole;
    assert_eq!((whole("").memory, whole("").lame_duck), (Size(512 << 20), Duration::ZERO));
    assert_eq!(whole("[access.limits]\nmemory = \"3GiB\"\nlame_duck = \"5s\"\n").memory, Size(3 << 30));
    // Whole numbers are bytes, quoted or not.
    assert_eq!(whole("[access.limits]\nmemory = 1_000_000\n").memory, Size(1_000_000));
    assert_eq!(whole("[access.limits]\nmemory = \"1000\"\n").memory, Size(1000));
    assert_eq!(whole("[access.limits]\nmemory = 0\n").memory, Size(0));
}

#[test]
fn a_listener_has_its_address_and_its_own_settings() {
    let config = good(&input("[alpha]\nlisten = \"[::1]:0\"\ntone = \"brisk\"\n[beta]\n"));
    let [alpha, beta] = &config.listeners[..] else { panic!("both listen") };
    assert_eq!(alpha.listen.to_string(), "[::1]:0");
    let settings = AlphaSettings::from_values(&alpha.values);
    assert_eq!((settings.echo, settings.tone), (false, Tone::Brisk));
    assert_eq!(beta.listen.to_string(), "127.0.0.1:4002");
    assert_eq!(beta.values.iter().count(), 0);
}

#[test]
fn what_is_shown_comes_out_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&cert, "certificate").unwrap();
    std::fs::write(&key, "key").unwrap();
    let file = format!(
        "[store]\npath = \"a \\\"b\\\" \\\\ c\\n\"\n[alpha]\nlisten = \"0.0.0.0:9\"\n[alpha.limits]\nping = \"90s\"\n\
         [console]\nlisten = \"0.0.0.0:1\"\ninsecure = true\n[tls]\ncert = {:?}\nkey = {:?}\n\
         [access]\nhosts = [\"a\", \"b\"]\norigins = [\"https://a:1\"]\n[log]\nformat = \"json\"\n",
        cert, key
    );
    let first = good(&input(&file));
    let second = good(&input(&first.effective.to_toml()));
    let values = |config: &Config| -> Vec<(String, &'static str, Value)> {
        config.effective.settings.iter().map(|one| (one.section.clone(), one.key, one.value.clone())).collect()
    };
    assert_eq!(values(&first), values(&second));
    assert_eq!(first.effective.off, second.effective.off);
    assert_eq!((&first.tls, &first.access, &first.store), (&second.tls, &second.access, &second.store));
    assert!(first.listeners[0].tls && second.listeners[0].tls);
    assert_eq!(first.listeners[0].limits, second.listeners[0].limits);
    assert_eq!(first.warnings.len(), second.warnings.len());
}

#[test]
fn every_value_says_where_it_came_from() {
    let mut input = input("[alpha]\necho = true\n");
    input.variables = vec![("TIELINE_LOG_LEVEL".to_owned(), "debug".to_owned())];
    input.flags = vec!["beta.listen=127.0.0.1:0".to_owned()];
    let shown = good(&input).effective.to_toml();
    for line in [
        "echo = true                                  # tieline.toml:2",
        "tone = \"calm\"                                # default",
        "level = \"debug\"                              # environment TIELINE_LOG_LEVEL",
        "listen = \"127.0.0.1:0\"                       # --set beta.listen=127.0.0.1:0",
        "# [console] is off",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line}\nnot in\n{shown}");
    }
}
