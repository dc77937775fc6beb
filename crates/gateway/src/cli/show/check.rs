//! `tieline check`: every problem at once, or what would listen where.

use crate::cli::arguments::CheckArguments;
use crate::cli::load::{NoFile, load, read};
use crate::cli::{USAGE, WELL, World};
use serde_json::{Value as Json, json};
use tieline_config::Config;

/// Checks, prints, and returns the exit code.
pub(in crate::cli) fn check(arguments: &CheckArguments, world: &mut World<'_>) -> anyhow::Result<u8> {
    if arguments.json {
        let (report, code) = match read(&arguments.given, world) {
            Ok(Ok(config)) => (good(&config), WELL),
            Ok(Err(problems)) => {
                let list: Vec<Json> = problems.list.iter().map(|problem| problem.to_json()).collect();
                (json!({"good": false, "problems": list}), USAGE)
            }
            Err(NoFile) => {
                let hint = "tieline config example > tieline.toml";
                let problem = json!({"fault": "unreadable", "message": "there is no tieline.toml here", "hint": hint});
                (json!({"good": false, "problems": [problem]}), USAGE)
            }
        };
        writeln!(world.out, "{report:#}")?;
        return Ok(code);
    }
    let Some(config) = load(&arguments.given, world)? else { return Ok(USAGE) };
    write!(world.out, "{}", plan(&config))?;
    Ok(WELL)
}

/// What would listen where, in lines.
fn plan(config: &Config) -> String {
    let mut lines = vec![format!("{} is good", config.source.path), String::new()];
    let wide = config.listeners.iter().map(|one| one.entry.name.len()).chain(["console".len()]).max().unwrap_or(0);
    for listener in &config.listeners {
        let url = format!("{}://{}", scheme(listener.tls), listener.listen);
        lines.push(format!("{:wide$}  {url:<27}  {}", listener.entry.name, listener.entry.title));
        if let Some(http) = listener.http {
            lines.push(format!("{:wide$}  {:<27}  its web pages", "", format!("http://{http}")));
        }
    }
    match &config.console {
        Some(console) => {
            let url = format!("http://{}", console.listen);
            lines.push(format!("{:wide$}  {url:<27}  web pages, HTTP API, metrics", "console"));
        }
        None => lines.push(format!("{:wide$}  off", "console")),
    }
    lines.push(format!("{:wide$}  {}", "store", config.store.path));
    lines.join("\n") + "\n"
}

fn good(config: &Config) -> Json {
    let listeners = config.listeners.iter().map(|listener| {
        json!({
            "dialect": listener.entry.name,
            "title": listener.entry.title,
            "address": listener.listen.to_string(),
            "http": listener.http.map(|http| http.to_string()),
            "tls": listener.tls,
        })
    });
    json!({
        "good": true,
        "listeners": listeners.collect::<Vec<_>>(),
        "console": config.console.as_ref().map(|console| console.listen.to_string()),
        "warnings": config.warnings.iter().map(|problem| problem.to_json()).collect::<Vec<_>>(),
    })
}

fn scheme(tls: bool) -> &'static str {
    if tls { "wss" } else { "ws" }
}
