//! `tieline tail`: messages of a running gateway as they come.

use super::http;
use crate::cli::arguments::TailArguments;
use std::io::{BufRead, BufReader, Write};

/// Prints messages to `out`, one JSON object per line, until the gateway ends or `out` is closed.
pub(in crate::cli) fn tail(
    arguments: &TailArguments,
    out: &mut dyn Write,
    diagnostics: &mut dyn Write,
) -> anyhow::Result<()> {
    let url = format!("{}/api/tail", arguments.console.trim_end_matches('/'));
    let mut request = http::agent().get(&url);
    for filter in &arguments.filters {
        request = request.query("topic", filter.as_str());
    }
    let answer = http::checked(request.call(), &arguments.console)?;
    let mut event = String::new();
    let mut left = arguments.count;
    for line in BufReader::new(answer.into_body().into_reader()).lines() {
        let Ok(line) = line else { break };
        if let Some(name) = line.strip_prefix("event:") {
            event = name.trim().to_owned();
        } else if let Some(data) = line.strip_prefix("data:") {
            match event.as_str() {
                "message" => {
                    writeln!(out, "{}", data.trim_start())?;
                    out.flush()?;
                    if let Some(count) = &mut left {
                        *count -= 1;
                        if *count == 0 {
                            return Ok(());
                        }
                    }
                }
                "lost" => writeln!(
                    diagnostics,
                    "warning: messages came faster than they were read here; lost: {}",
                    data.trim()
                )?,
                _ => {}
            }
        }
    }
    anyhow::bail!("the gateway at {} has ended the connection", arguments.console)
}
