//! Asking a running gateway's console over HTTP, for the commands that do.

use anyhow::Context;
use ureq::http::Response;
use ureq::{Agent, Body};

/// An answer's text is at most this many bytes.
const ANSWER_BYTES: u64 = 1 << 20;

pub(in crate::cli) fn agent() -> Agent {
    Agent::config_builder().http_status_as_error(false).proxy(None).build().into()
}

/// The answer, or what the console said about why not.
pub(in crate::cli) fn checked(
    answer: Result<Response<Body>, ureq::Error>,
    console: &str,
) -> anyhow::Result<Response<Body>> {
    let answer = answer.with_context(|| {
        format!(
            "no gateway's console answers at {console}; is `tieline run` or `tieline demo` running, with [console]?"
        )
    })?;
    match answer.status().is_success() {
        true => Ok(answer),
        false => anyhow::bail!("{}", text(answer)?.trim_end().trim_start_matches("Tieline: ")),
    }
}

pub(in crate::cli) fn text(answer: Response<Body>) -> anyhow::Result<String> {
    Ok(answer.into_body().with_config().limit(ANSWER_BYTES).read_to_string()?)
}
