//! What a variable was: from the server's history, or from our own record where the server has none.
//!
//! Promises: oldest first, and the oldest when there are too many, whichever way round it was asked; never more than was asked for, and said when there would be
//! more; what the server keeps open for a question that is not asked to its end is given back.

use super::answer::{failed, said};
use super::send::node;
use crate::history::{Found, Recorder};
use bytes::Bytes;
use opcua::client::HistoryReadAction;
use opcua::client::services::HistoryRead;
use opcua::types::{
    ByteString, DataValue, DateTime, HistoryData, HistoryReadResult, HistoryReadValueId, NodeId,
    ReadRawModifiedDetails, StatusCode, TimestampsToReturn,
};
use serde::Deserialize;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;
use tieline_opcua_client::structures;
use tieline_opcua_client::{Established, ServerPlan, is_lost, is_too_much, too_large};
use tieline_opcua_values::{read_time, write_data_value};
use tokio::time::Instant;

/// Where nobody sets a bound there is this one.
const MOST: usize = 1_000_000;
/// So many are asked for at once; a message with more might be more than anybody wants to hold.
const PAGE: usize = 100_000;

/// The question; the earlier time is the start.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asked {
    start: DateTime,
    end: DateTime,
    most: usize,
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(rename = "StartTime", borrow)]
    start: Cow<'a, str>,
    #[serde(rename = "EndTime", borrow)]
    end: Cow<'a, str>,
    #[serde(rename = "MaxValues")]
    most: u64,
}

impl Asked {
    /// Reads the words of the dialect.
    pub(super) fn read(body: &[u8]) -> Option<Asked> {
        let body: Body<'_> = serde_json::from_slice(body).ok()?;
        let time = |text: &str| if text == "NOW" { Some(DateTime::now()) } else { read_time(text) };
        let most = usize::try_from(body.most).unwrap_or(MOST);
        let most = if most == 0 { MOST } else { most.min(MOST) };
        let (one, other) = (time(&body.start)?, time(&body.end)?);
        Some(Asked { start: one.min(other), end: one.max(other), most })
    }
}

/// Answers the question about a variable.
pub(super) async fn answer(
    plan: Arc<ServerPlan>,
    established: Option<Arc<Established>>,
    variable: usize,
    asked: Asked,
    recorder: Option<Arc<Recorder>>,
) -> Bytes {
    let server = match &established {
        Some(established) => from_server(established, variable, &asked, &plan).await,
        None => Err(StatusCode::BadNotConnected),
    };
    let is_with_us = match &server {
        Ok((rows, _)) => rows.is_empty(),
        // Lost on the way is as good as away: what we have ourselves needs no server.
        Err(status) => is_lost(*status) || has_none(*status),
    };
    let known = plan.variable(variable).filter(|known| known.history && is_with_us);
    let ours = match (known, recorder) {
        (Some(known), Some(recorder)) => recorder.read(&known.name, &asked.start, &asked.end, asked.most).await.ok(),
        _ => None,
    };
    match (ours, server) {
        (Some(ours), Err(_)) => rows(ours),
        (Some(ours), Ok(_)) if !ours.0.is_empty() => rows(ours),
        (_, Ok(theirs)) => rows(theirs),
        (None, Err(StatusCode::BadNotConnected)) if established.is_none() => said(StatusCode::BadNotConnected),
        (None, Err(status)) => failed(status),
    }
}

/// Whether a server says with this that it has no history of the node.
fn has_none(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BadHistoryOperationUnsupported
            | StatusCode::BadHistoryOperationInvalid
            | StatusCode::BadServiceUnsupported
            | StatusCode::BadNotSupported
            | StatusCode::BadNotImplemented
            | StatusCode::BadNotReadable
            | StatusCode::BadNoData
            | StatusCode::BadUserAccessDenied
            | StatusCode::BadAttributeIdInvalid
    )
}

async fn from_server(
    established: &Established,
    variable: usize,
    asked: &Asked,
    plan: &ServerPlan,
) -> Result<Found, StatusCode> {
    let node = node(established, variable).ok_or(StatusCode::BadNodeIdInvalid)?;
    let mut asking = Pages {
        established,
        node,
        asked,
        until: Instant::now() + established.asking.patience,
        most: PAGE,
        times: TimestampsToReturn::Both,
    };
    let mut values: Vec<DataValue> = Vec::new();
    let mut point = ByteString::null();
    let is_more = loop {
        // One more than is wanted shows whether there would be more.
        let wanted = asked.most + 1 - values.len();
        let (result, wanted) = asking.page(wanted, point).await?;
        let some =
            result.history_data.into_inner_as::<HistoryData>().and_then(|data| data.data_values).unwrap_or_default();
        let count = some.len();
        values.extend(some);
        point = result.continuation_point;
        let is_end = point.is_null_or_empty();
        if values.len() > asked.most || is_end {
            asking.give_back(point).await;
            // A server that cuts at what was asked for and does not say so may have more.
            break values.len() > asked.most || (is_end && count >= wanted);
        }
    };
    values.truncate(asked.most);
    structures::learn(established, &values, plan).await;
    let written = values.iter().map(|value| {
        let mut json = Vec::new();
        write_data_value(value, &established.structures, &mut json);
        json
    });
    Ok((written.collect(), is_more))
}

/// A question on its way to the server, page by page.
struct Pages<'a> {
    established: &'a Established,
    node: NodeId,
    asked: &'a Asked,
    until: Instant,
    /// As many as one page may bring.
    most: usize,
    times: TimestampsToReturn,
}

impl Pages<'_> {
    /// The next page with at most so many values, and how many were asked for; smaller ones, and with one time alone, where
    /// the server wants it so.
    async fn page(&mut self, wanted: usize, point: ByteString) -> Result<(HistoryReadResult, usize), StatusCode> {
        loop {
            let left = self.until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                self.give_back(point).await;
                return Err(StatusCode::BadTimeout);
            }
            let wanted = wanted.min(self.most);
            match self.ask(wanted, point.clone(), left).await {
                Ok(result) => return Ok((result, wanted)),
                Err(status) if is_too_much(status) && wanted > 1 => self.most = wanted / 2,
                Err(status) if is_about_times(status) && self.times == TimestampsToReturn::Both => {
                    self.times = TimestampsToReturn::Source;
                }
                Err(status) => return Err(too_large(status)),
            }
        }
    }

    async fn ask(
        &self,
        most: usize,
        continuation_point: ByteString,
        patience: Duration,
    ) -> Result<HistoryReadResult, StatusCode> {
        let read = self.request(most).timeout(patience);
        let node = HistoryReadValueId { node_id: self.node.clone(), continuation_point, ..Default::default() };
        let answer = self.established.asking.ask(read.node(node)).await?;
        let result = answer.results.into_iter().flatten().next().ok_or(StatusCode::BadUnknownResponse)?;
        if result.status_code.is_bad() { Err(result.status_code) } else { Ok(result) }
    }

    /// What the server has kept for us is of no use any more.
    async fn give_back(&self, continuation_point: ByteString) {
        if continuation_point.is_null_or_empty() {
            return;
        }
        let release = self.request(1).release_continuation_points(true).timeout(Duration::from_secs(1));
        let node = HistoryReadValueId { node_id: self.node.clone(), continuation_point, ..Default::default() };
        let _ = self.established.asking.ask(release.node(node)).await;
    }

    fn request(&self, most: usize) -> HistoryRead {
        let details = ReadRawModifiedDetails {
            is_read_modified: false,
            start_time: self.asked.start,
            end_time: self.asked.end,
            num_values_per_node: u32::try_from(most).unwrap_or(u32::MAX),
            return_bounds: false,
        };
        let details = HistoryReadAction::ReadRawModifiedDetails(details);
        HistoryRead::new(details, &self.established.asking.session).timestamps_to_return(self.times)
    }
}

/// Whether a server says with this that it has no such times to return.
fn is_about_times(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BadTimestampsToReturnInvalid
            | StatusCode::BadTimestampNotSupported
            | StatusCode::BadInvalidTimestampArgument
            | StatusCode::BadInvalidTimestamp
    )
}

fn rows((rows, is_more): Found) -> Bytes {
    let mut json = br#"{"DataValues":["#.to_vec();
    for (at, row) in rows.iter().enumerate() {
        if at > 0 {
            json.push(b',');
        }
        json.extend_from_slice(row);
    }
    json.extend_from_slice(if is_more { br#"],"Truncated":true}"# } else { b"]}" });
    json.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_is_read() {
        let asked = Asked::read(br#"{"StartTime":"2020-01-02T03:04:05Z","EndTime":"NOW","MaxValues":100}"#).unwrap();
        assert_eq!((asked.start, asked.most), (read_time("2020-01-02T03:04:05Z").unwrap(), 100));
        let asked = Asked::read(br#"{"StartTime":"NOW","EndTime":"2020-01-02T03:04:05Z","MaxValues":0}"#).unwrap();
        assert_eq!((asked.start, asked.most), (read_time("2020-01-02T03:04:05Z").unwrap(), MOST));
        assert_eq!(Asked::read(br#"{"StartTime":"soon","EndTime":"NOW","MaxValues":1}"#), None);
        assert_eq!(Asked::read(b"[]"), None);
    }

    #[test]
    fn the_answer_is_written() {
        assert_eq!(rows((Vec::new(), false)), r#"{"DataValues":[]}"#);
        let two = vec![b"{\"a\":1}".to_vec(), b"{}".to_vec()];
        assert_eq!(rows((two, true)), r#"{"DataValues":[{"a":1},{}],"Truncated":true}"#);
    }

    #[tokio::test]
    async fn a_server_that_is_away_is_said() {
        let settings = tieline_opcua_settings::OpcuaSettings {
            server: vec![tieline_opcua_settings::ServerSettings {
                variable: vec![Default::default()],
                ..Default::default()
            }],
            ..Default::default()
        };
        let plan = ServerPlan::all(&settings, std::path::Path::new("/nowhere")).remove(0);
        let asked = Asked::read(br#"{"StartTime":"NOW","EndTime":"NOW","MaxValues":1}"#).unwrap();
        let answer = answer(Arc::new(plan), None, 0, asked, None).await;
        assert_eq!(answer, r#"{"StatusCode":"BadNotConnected"}"#);
    }

    /// Some servers keep one time only, and refuse to be asked for both; some hold few values in one answer.
    #[tokio::test]
    async fn a_server_is_asked_again_as_it_likes() {
        use opcua::core::RequestMessage;
        use opcua::types::{ExtensionObject, HistoryReadResponse, ResponseHeader};
        use tieline_opcua_client::fake::{Fake, Known, Reply, link, until, work};
        let answers = |request: &RequestMessage, _: &Known| {
            let RequestMessage::HistoryRead(asked) = request else { return Reply::Plain };
            let details = asked.history_read_details.inner_as::<ReadRawModifiedDetails>().unwrap();
            if asked.timestamps_to_return == TimestampsToReturn::Both {
                return Reply::Fault(StatusCode::BadTimestampsToReturnInvalid);
            }
            if details.num_values_per_node > 10 {
                return Reply::Fault(StatusCode::BadResponseTooLarge);
            }
            let value = |number: u32| DataValue { value: Some(number.into()), ..DataValue::null() };
            let data = HistoryData { data_values: Some((0..3).map(value).collect()) };
            let result = HistoryReadResult { history_data: ExtensionObject::from_message(data), ..Default::default() };
            let response_header = ResponseHeader::new_good(&asked.request_header);
            let results = Some(vec![result]);
            Reply::Message(HistoryReadResponse { response_header, results, diagnostic_infos: None }.into())
        };
        let fake = Fake::start(answers).await;
        let link = link(&fake, 1, |_| ());
        let _work = work(&link);
        until("up", || link.now().established().is_some()).await;
        let established = link.now().established().cloned();
        let asked = Asked::read(br#"{"StartTime":"NOW","EndTime":"NOW","MaxValues":100}"#).unwrap();
        let answer = answer(link.plan.clone(), established, 0, asked, None).await;
        let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(answer["DataValues"].as_array().unwrap().len(), 3, "{answer}");
    }
}
