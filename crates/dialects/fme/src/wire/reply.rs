//! What this server itself says to a client: the answers of `admin`, and errors (contract `fme`).
//!
//! Promises: every number and boolean is a string; the order does not depend on when anybody connected. Called by the
//! conversation.

use crate::keep::KeepLast;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;
use tieline_model::{Channel, Refusal};

/// `{"ws_op":"error","ws_msg":…}`.
pub(crate) fn error(refusal: &Refusal) -> String {
    let message = serde_json::Value::from(refusal.detail.as_str());
    format!(r#"{{"ws_op":"error","ws_msg":{message}}}"#)
}

/// The answer to `getnumchannels()`: how many channels there are, and on which stream; streams by name.
pub(crate) fn number_of_channels(channels: &[Channel]) -> String {
    let mut streams: BTreeMap<Cow<'_, str>, usize> = BTreeMap::new();
    for stream in channels.iter().filter_map(stream) {
        *streams.entry(stream).or_default() += 1;
    }
    let reply = Numbers {
        numchannels: streams.values().sum::<usize>().to_string(),
        streams: streams.into_iter().map(|(stream, count)| Stream { stream, numchannels: count.to_string() }).collect(),
    };
    written(&reply)
}

/// The answer to `getchannelinfo()`: every channel, by stream, host (as text) and port (as a number); and that a stream's
/// newest message is kept, in a member of its own that is there only then.
pub(crate) fn channel_info(channels: &[Channel], keep_last: &KeepLast) -> String {
    // One client may have a thousand channels: its address is written once.
    let mut hosts: BTreeMap<IpAddr, String> = BTreeMap::new();
    for channel in channels {
        let host = channel.peer.ip().to_canonical();
        hosts.entry(host).or_insert_with(|| host.to_string());
    }
    let row = channels.iter().filter_map(|channel| {
        let (stream, host) = (stream(channel)?, hosts.get(&channel.peer.ip().to_canonical())?);
        let keep_last = keep_last.keeps_id(&stream).then_some("true");
        let writable = if channel.writable { "true" } else { "false" };
        Some(Row { port: channel.peer.port(), stream, host, writable, keep_last })
    });
    let mut rows: Vec<Row<'_>> = row.collect();
    rows.sort_unstable_by(|one, other| {
        let order = |row: &Row<'_>| (row.port, row.writable);
        (&one.stream, one.host).cmp(&(&other.stream, other.host)).then_with(|| order(one).cmp(&order(other)))
    });
    written(&Info { numchannels: rows.len().to_string(), channels: rows })
}

/// The stream of a channel; none for somebody who hears many at once by a wildcard, which no client of this protocol
/// does.
fn stream(channel: &Channel) -> Option<Cow<'_, str>> {
    channel.filter.token(1)
}

/// Structs of texts always serialize; the empty object stands for what cannot happen.
fn written(reply: &impl Serialize) -> String {
    serde_json::to_string(reply).unwrap_or_else(|_| "{}".to_owned())
}

#[derive(Serialize)]
struct Numbers<'a> {
    numchannels: String,
    streams: Vec<Stream<'a>>,
}

#[derive(Serialize)]
struct Stream<'a> {
    stream: Cow<'a, str>,
    numchannels: String,
}

#[derive(Serialize)]
struct Info<'a> {
    numchannels: String,
    channels: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    #[serde(serialize_with = "as_text")]
    port: u16,
    stream: Cow<'a, str>,
    host: &'a str,
    writable: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    keep_last: Option<&'static str>,
}

fn as_text<S: Serializer>(number: &u16, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tieline_model::{Filter, Reason, Topic};

    fn channel(stream: &str, peer: &str, writable: bool) -> Channel {
        Channel { peer: peer.parse().unwrap(), filter: Topic::new(["fme", stream]).into(), writable }
    }

    #[test]
    fn streams_and_channels_are_sorted_and_all_values_are_strings() {
        let channels = [
            channel("b", "127.0.0.1:600", true),
            channel("a", "127.0.0.1:10000", true),
            channel("a", "10.0.0.1:51514", false),
            channel("a", "127.0.0.1:600", true),
            channel("x.y z", "[::ffff:10.0.0.9]:7", true),
            Channel { peer: "127.0.0.1:1".parse().unwrap(), filter: Filter::parse("fme.>").unwrap(), writable: true },
        ];
        assert_eq!(
            number_of_channels(&channels),
            r#"{"numchannels":"5","streams":[{"stream":"a","numchannels":"3"},{"stream":"b","numchannels":"1"},{"stream":"x.y z","numchannels":"1"}]}"#
        );
        assert_eq!(
            channel_info(&channels, &KeepLast::new(&[])),
            concat!(
                r#"{"numchannels":"5","channels":["#,
                r#"{"port":"51514","stream":"a","host":"10.0.0.1","writable":"false"},"#,
                r#"{"port":"600","stream":"a","host":"127.0.0.1","writable":"true"},"#,
                r#"{"port":"10000","stream":"a","host":"127.0.0.1","writable":"true"},"#,
                r#"{"port":"600","stream":"b","host":"127.0.0.1","writable":"true"},"#,
                r#"{"port":"7","stream":"x.y z","host":"10.0.0.9","writable":"true"}]}"#
            )
        );
        assert_eq!(number_of_channels(&[]), r#"{"numchannels":"0","streams":[]}"#);
        assert_eq!(channel_info(&[], &KeepLast::new(&[])), r#"{"numchannels":"0","channels":[]}"#);
    }

    #[test]
    fn what_is_kept_is_told_in_a_member_of_its_own() {
        let channels = [channel("maps.city", "127.0.0.1:600", true), channel("vehicles", "127.0.0.1:600", true)];
        assert_eq!(
            channel_info(&channels, &KeepLast::new(&["maps.*".to_owned()])),
            concat!(
                r#"{"numchannels":"2","channels":["#,
                r#"{"port":"600","stream":"maps.city","host":"127.0.0.1","writable":"true","keep_last":"true"},"#,
                r#"{"port":"600","stream":"vehicles","host":"127.0.0.1","writable":"true"}]}"#
            )
        );
    }

    #[test]
    fn errors_are_one_object() {
        let refusal = Refusal::new(Reason::TooEarly, "say \"open\" first");
        assert_eq!(error(&refusal), r#"{"ws_op":"error","ws_msg":"say \"open\" first"}"#);
    }
}
