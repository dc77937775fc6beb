//! `tieline opcua trust`: the certificates of servers, and which of them are trusted.
//!
//! Promises: nothing is trusted that was not named; it works while the gateway runs, which sees it at its next attempt.

use super::arguments::{Trust, TrustAdd, TrustList, TrustRemove};
use super::configured;
use serde_json::json;
use tieline_commandline::{Failure, Plain, WELL, printable};
use tieline_model::ToolContext;
use tieline_opcua_client::trust::{self, Certificate, State, TrustError};

/// Does what is asked and returns the exit code.
pub(super) fn trust(command: &Trust, context: &mut ToolContext<'_>) -> Result<u8, Failure> {
    match command {
        Trust::List(arguments) => list(arguments, context),
        Trust::Add(arguments) => add(arguments, context),
        Trust::Remove(arguments) => remove(arguments, context),
    }
}

fn list(arguments: &TrustList, context: &mut ToolContext<'_>) -> Result<u8, Failure> {
    let store = configured(context, &arguments.given)?.store;
    let all = trust::list(&store).map_err(failed)?;
    if arguments.json {
        for one in &all {
            let line = json!({
                "thumbprint": one.thumbprint, "subject": one.subject, "uri": one.uri, "valid_until": day(one),
                "trusted": one.state != State::Rejected, "issuer": one.state == State::Issuer, "allowed": words(one),
            });
            writeln!(context.out, "{line}")?;
        }
    } else if all.is_empty() {
        writeln!(
            context.diagnostics,
            "There is no certificate yet: the first attempt to reach a secured server leaves its own here."
        )?;
    } else {
        write!(context.out, "{}", shown(&all))?;
    }
    if all.iter().any(|one| one.state == State::Issuer) {
        let lists = trust::lists(&store).map_err(failed)?;
        writeln!(context.diagnostics, "Lists of revoked certificates beside the issuers: {lists}.")?;
    }
    Ok(WELL)
}

fn add(arguments: &TrustAdd, context: &mut ToolContext<'_>) -> Result<u8, Failure> {
    let store = configured(context, &arguments.given)?.store;
    let added = match (&arguments.ca, &arguments.which) {
        (Some(file), _) => trust::add_issuer(&store, file),
        (None, which) => trust::add_allowing(&store, which.as_deref().unwrap_or_default(), &arguments.allow),
    };
    let one = added.map_err(failed)?;
    let subject = printable(&one.subject);
    let what = match (one.state, words(&one).join(", ")) {
        (State::Issuer, _) => format!("Whatever {subject} has signed is trusted from now on"),
        (_, allowed) if allowed.is_empty() => format!("{subject} is trusted from now on"),
        (_, allowed) => format!("{subject} is trusted from now on, whatever there is with its {allowed}"),
    };
    writeln!(context.diagnostics, "{what} (thumbprint {}, valid until {}).", one.thumbprint, day(&one))?;
    Ok(WELL)
}

fn remove(arguments: &TrustRemove, context: &mut ToolContext<'_>) -> Result<u8, Failure> {
    let store = configured(context, &arguments.given)?.store;
    let one = trust::remove(&store, &arguments.which).map_err(failed)?;
    writeln!(
        context.diagnostics,
        "{} is not trusted any more. A session that is open stays open until it is made anew.",
        printable(&one.subject)
    )?;
    Ok(WELL)
}

fn failed(error: TrustError) -> Failure {
    Failure::Failed(match error {
        TrustError::Unknown(_) | TrustError::Short(_) => format!("{error}; `tieline opcua trust list` shows them"),
        error => error.to_string(),
    })
}

/// The last day that it holds.
pub(super) fn day(one: &Certificate) -> String {
    one.not_after.format("%Y-%m-%d").to_string()
}

fn words(one: &Certificate) -> Vec<&'static str> {
    one.allowed.iter().map(|fault| fault.word()).collect()
}

fn shown(all: &[Certificate]) -> String {
    let mut table = Plain::new(&["thumbprint", "state", "valid until", "allowed", "subject", "application"]);
    for one in all {
        let state = match one.state {
            State::Trusted => "trusted",
            State::Rejected => "refused",
            State::Issuer => "issuer",
        };
        let allowed = words(one).join(",");
        table.add([one.thumbprint.as_str(), state, &day(one), &allowed, &one.subject, &one.uri]);
    }
    table.text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_shown_as_a_table() {
        let one = Certificate {
            thumbprint: "ab12".to_owned(),
            subject: "CN=plc\u{1b}[2J".to_owned(),
            uri: "urn:plc".to_owned(),
            not_after: "2030-01-02T03:04:05Z".parse().unwrap(),
            state: State::Rejected,
            allowed: Vec::new(),
        };
        let other = Certificate {
            thumbprint: "cd34".to_owned(),
            subject: "CN=x".to_owned(),
            state: State::Trusted,
            allowed: vec![trust::Fault::Expired, trust::Fault::Host],
            ..one.clone()
        };
        let text = [
            " thumbprint  state    valid until  allowed       subject     application",
            " ab12        refused  2030-01-02                 CN=plc\u{fffd}[2J  urn:plc",
            " cd34        trusted  2030-01-02   expired,host  CN=x        urn:plc",
            "",
        ];
        assert_eq!(shown(&[one, other]), text.join("\n"));
    }
}
