//! `tieline opcua history`: what a server remembers of variables.
//!
//! Promises: all pages of a server's answer, oldest first, up to a bound that is told when it cuts; a page that is not
//! fetched any more is given back to the server.

mod times;

use super::arguments::History;
use super::reach::{Connected, connect};
use super::variable::{Group, groups};
use super::{status, text};
use opcua::client::HistoryReadAction;
use opcua::types::{
    ByteString, DataValue, DateTime, HistoryData, HistoryReadValueId, NodeId, ReadRawModifiedDetails, StatusCode,
    TimestampsToReturn,
};
use tieline_commandline::{FAILED, Failure, Plain, WELL};
use tieline_model::ToolContext;

/// How many values one answer may bring. Whoever asks for fewer than there are is told by some servers that there are no
/// more: it is one more than is wanted in all, unless that is very many.
const PAGE: u32 = 50_000;
/// A server that sends so many empty pages in a row will not end.
const EMPTY: usize = 100;

/// Reads and prints; the exit code says whether every variable has a history.
pub(super) async fn history(arguments: &History, context: &mut ToolContext<'_>) -> Result<u8, Failure> {
    let now = DateTime::now();
    let moment = |text: &str| times::moment(text, now).map_err(Failure::Usage);
    let (mut from, mut to) = (moment(&arguments.from)?, moment(&arguments.to)?);
    if from > to {
        (from, to) = (to, from);
    }
    let asked = &arguments.asked;
    let (groups, store) = groups(&asked.which, &asked.way, &asked.given, context)?;
    let mut code = WELL;
    for group in &groups {
        let connected = connect(&group.target, &store).await?;
        let told = told(group, &connected, (from, to), arguments, context).await;
        connected.close().await;
        code = code.max(told?);
    }
    Ok(code)
}

async fn told(
    group: &Group,
    connected: &Connected,
    span: (DateTime, DateTime),
    arguments: &History,
    context: &mut ToolContext<'_>,
) -> Result<u8, Failure> {
    let mut code = WELL;
    for wanted in &group.wanted {
        let node = wanted.node(&group.target, &connected.namespaces)?;
        let (values, is_cut) = match fetch(connected, &node, span, arguments.most).await? {
            Ok(found) => found,
            Err(why) => {
                code = FAILED;
                writeln!(context.diagnostics, "error: {}: {}{}", wanted.name, status::name(why), hint(why))?;
                continue;
            }
        };
        connected.learn(&values).await;
        let structures = &connected.structures;
        let mut table = Plain::new(&["time", "name", "value", "status"]);
        for value in &values {
            if arguments.asked.json {
                writeln!(context.out, "{}", text::line(group, &wanted.name, &node, value, structures))?;
                continue;
            }
            let cells =
                [text::time_of(value), wanted.name.clone(), text::shown(value, structures), text::status_of(value)];
            table.add(cells);
        }
        if values.is_empty() {
            writeln!(context.diagnostics, "{}: the server remembers nothing of this time", wanted.name)?;
        } else if !arguments.asked.json {
            write!(context.out, "{}", table.text())?;
        }
        if is_cut {
            let most = arguments.most;
            writeln!(context.diagnostics, "{}: there is more than {most}; --most raises the bound", wanted.name)?;
        }
    }
    Ok(code)
}

/// The values and whether there are more; or why the server has none.
async fn fetch(
    connected: &Connected,
    node: &NodeId,
    (from, to): (DateTime, DateTime),
    most: u32,
) -> Result<Result<(Vec<DataValue>, bool), StatusCode>, Failure> {
    let details = || {
        HistoryReadAction::ReadRawModifiedDetails(ReadRawModifiedDetails {
            is_read_modified: false,
            start_time: from,
            end_time: to,
            num_values_per_node: PAGE.min(most.saturating_add(1)),
            return_bounds: false,
        })
    };
    let most = most as usize;
    let mut values: Vec<DataValue> = Vec::new();
    let mut point = ByteString::null();
    let mut empty = 0;
    loop {
        let asked =
            HistoryReadValueId { node_id: node.clone(), continuation_point: point, ..HistoryReadValueId::default() };
        let is_enough = values.len() > most;
        let answer = connected.session.history_read(details(), TimestampsToReturn::Both, is_enough, &[asked]).await;
        if is_enough {
            // This one only gave the page back.
            values.truncate(most);
            return Ok(Ok((values, true)));
        }
        let answer =
            answer.map_err(|error| Failure::Failed(format!("the server's history cannot be read: {error}")))?;
        let Some(page) = answer.into_iter().next() else {
            return Err(Failure::Failed("the server's answer holds no history".to_owned()));
        };
        if page.status_code.is_bad() {
            return Ok(Err(page.status_code));
        }
        let data = page.history_data.into_inner_as::<HistoryData>();
        let data = data.and_then(|data| data.data_values).unwrap_or_default();
        empty = if data.is_empty() { empty + 1 } else { 0 };
        values.extend(data);
        if empty > EMPTY {
            return Err(Failure::Failed(
                "the server's history does not end: it sends one empty page after the other".to_owned(),
            ));
        }
        point = page.continuation_point;
        if point.is_null_or_empty() {
            let is_cut = values.len() > most;
            values.truncate(most);
            return Ok(Ok((values, is_cut)));
        }
    }
}

fn hint(status: StatusCode) -> &'static str {
    match status::name(status).as_str() {
        "BadHistoryOperationUnsupported"
        | "BadHistoryOperationInvalid"
        | "BadServiceUnsupported"
        | "BadNotReadable" => ": the server keeps no history of it; `history = true` lets the gateway keep one",
        "BadNodeIdUnknown" => ": there is no such node",
        _ => "",
    }
}
