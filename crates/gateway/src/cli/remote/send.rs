//! `tieline send`: one message, published through a running gateway.

use super::http;
use crate::cli::arguments::SendArguments;
use std::io::Write;

/// Publishes the message and prints, as JSON, how many groups it reached.
pub(in crate::cli) fn send(arguments: &SendArguments, out: &mut dyn Write) -> anyhow::Result<()> {
    let url = format!("{}/api/send", arguments.console.trim_end_matches('/'));
    let request = http::agent().post(&url).query("topic", arguments.topic.as_str());
    let sent = request.content_type("application/json").send(arguments.json.as_str());
    let answer = http::checked(sent, &arguments.console)?;
    writeln!(out, "{}", http::text(answer)?.trim_end())?;
    Ok(())
}
