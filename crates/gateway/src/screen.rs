//! The first screen: what listens where, and one line to paste to see a message arrive.

use crate::gateway::Gateway;
use std::fmt::Write;
use tieline_config::Config;

/// The text, for standard error. `program` is how the program was called.
pub(crate) fn first_screen(gateway: &Gateway, config: &Config, demo: bool, program: &str) -> String {
    let mut text = format!("Tieline {}\n\n", env!("CARGO_PKG_VERSION"));
    let mut row = |name: &str, url: String, title: &str| {
        // Writing into a String cannot fail.
        let _ = writeln!(text, "  {name:<8} {url:<28} {title}");
    };
    for (listener, config) in gateway.listeners().iter().zip(&config.listeners) {
        let scheme = if listener.is_tls() { "wss" } else { "ws" };
        row(config.entry.name, format!("{scheme}://{}", listener.address()), config.entry.title);
        if let Some(site) = gateway.site(config.entry.name) {
            row("", format!("http://{site}"), "its pages; open this in a browser");
        }
    }
    if let Some(console) = gateway.console() {
        let what = if demo { "open this in a browser; the room display is at /display" } else { "pages, API, metrics" };
        row("console", format!("http://{console}"), what);
        if let Some(first) = config.listeners.last() {
            let (topic, json) = first.entry.sample;
            let elsewhere = match console.port() {
                8090 => String::new(),
                _ => format!(" --console http://{console}"),
            };
            let tail = format!("{program} tail '{}.>'{elsewhere}", first.entry.name);
            let send = format!("{program} send {topic} '{json}'{elsewhere}");
            let _ = write!(text, "\nSee a message arrive:\n  {tail} & sleep 1; {send}\n");
        }
    }
    text.push_str(if demo { "\nEverything here is simulated. Ctrl-C ends it.\n" } else { "\nCtrl-C stops it.\n" });
    text
}
