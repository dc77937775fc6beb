//! One request of each kind, and whether its answer is among those that are expected and true.
//!
//! Promises: waits for each answer, at most [`LIMIT`]; nothing is asked of a server that the answer does not need. Called by
//! `bench.rs` and `chance.rs`.

use super::table::{AWAY, Expect};
use serde_json::{Value, json};
use std::time::Duration;
use tieline_opcua_tests::{Web, scalar, tool};
use tieline_testkit::{Done, Failure};

/// How long an answer or an update may take, on a busy machine; the gateway's own limits are far below.
pub(crate) const LIMIT: Duration = Duration::from_secs(40);

/// Waits for an answer or an update.
pub(crate) async fn soon<T>(what: &str, work: impl Future<Output = Done<T>>) -> Done<T> {
    let late = |_| Failure(format!("{what}: nothing within {} s", LIMIT.as_secs()));
    tokio::time::timeout(LIMIT, work).await.map_err(late)?.map_err(|failure| Failure(format!("{what}: {failure}")))
}

/// The status code of an answer or an update, from header or body.
pub(crate) fn code(message: &Value) -> Option<String> {
    let code = message["Header"].get("StatusCode").or_else(|| message["Body"].get("StatusCode"));
    code.map(scalar)
}

impl Expect {
    /// Whether an answer with this code, or without one, is expected.
    pub(crate) fn fits(self, code: Option<&str>) -> bool {
        match (self, code) {
            (Expect::Served | Expect::Learned | Expect::Polled | Expect::Answered(_) | Expect::Left, None) => true,
            (Expect::Served | Expect::Learned | Expect::Polled, Some(_)) | (Expect::Told(_), None) => false,
            (Expect::Told(codes), Some(code)) => codes.contains(&code),
            (Expect::Answered(codes), Some(code)) => AWAY.contains(&code) || codes.contains(&code),
            (Expect::Left, Some(_)) => true,
        }
    }

    /// Passes an answer on that is expected.
    pub(crate) fn of(self, what: &str, answer: Value) -> Done<Value> {
        match self.fits(code(&answer).as_deref()) {
            true => Ok(answer),
            false => Err(Failure(format!("{what}: expected {self:?}, got {answer}"))),
        }
    }
}

/// Reads these variables, all at once; the bodies of the answers.
pub(crate) async fn read(web: &mut Web, variables: &[String]) -> Done<Vec<Value>> {
    let mut handles = Vec::new();
    for variable in variables {
        handles.push(web.say("READ", json!({ "Variable": variable })).await?);
    }
    heard(web, &handles, "READ_RESPONSE").await
}

/// Writes this number to these variables, all at once.
pub(crate) async fn write(web: &mut Web, variables: &[String], number: u64) -> Done<Vec<Value>> {
    let mut handles = Vec::new();
    for variable in variables {
        let value = json!({ "Value": { "Type": 6, "Body": number.to_string() } });
        handles.push(web.say("WRITE", json!({ "Variable": variable, "Value": value })).await?);
    }
    heard(web, &handles, "WRITE_RESPONSE").await
}

/// Starts to watch these variables, all at once; their handles.
pub(crate) async fn watch(web: &mut Web, variables: &[String]) -> Done<Vec<String>> {
    let mut handles = Vec::new();
    for variable in variables {
        handles.push(web.say("MONITORSTART", json!({ "Variable": variable })).await?);
    }
    for answer in heard(web, &handles, "MONITORSTART_RESPONSE").await? {
        Expect::Served.of("MONITORSTART", answer)?;
    }
    Ok(handles)
}

/// Stops to watch, and hears no more.
pub(crate) async fn leave(web: &mut Web, variables: &[String], handles: &[String]) -> Done {
    for (variable, handle) in variables.iter().zip(handles) {
        web.say_as("MONITORSTOP", handle, json!({ "Variable": variable })).await?;
    }
    for handle in handles {
        while soon("MONITORSTOP", web.hear(handle)).await?["Header"]["MessageType"] != "MONITORSTOP_RESPONSE" {}
    }
    Ok(())
}

async fn heard(web: &mut Web, handles: &[String], kind: &str) -> Done<Vec<Value>> {
    let mut answers = Vec::new();
    for handle in handles {
        let answer = soon(kind, web.hear(handle)).await?;
        if answer["Header"]["MessageType"] != kind {
            return Err(Failure(format!("expected {kind}, got {answer}")));
        }
        answers.push(answer);
    }
    Ok(answers)
}

/// Asks for history from then to then.
pub(crate) async fn history(web: &mut Web, variable: &str, start: &str, end: &str) -> Done<Value> {
    let body = json!({ "Variable": variable, "StartTime": start, "EndTime": end });
    soon("HISTORICALREAD", web.ask("HISTORICALREAD", body)).await
}

/// The values of an answer with history.
pub(crate) fn values(answer: &Value) -> Vec<String> {
    answer["Body"]["DataValues"].as_array().into_iter().flatten().map(|one| scalar(&one["Value"]["Body"])).collect()
}

/// What `tieline opcua browse` ends with and prints of the server on this port.
pub(crate) async fn browse(port: u16) -> Done<(u8, String)> {
    soon("browse", tool(&["browse", &format!("opc.tcp://127.0.0.1:{port}"), "--depth", "1"])).await
}
