//! What a browser hears by its path, and that nothing it says has any effect.

use super::*;
use tieline_model::{
    Asked, Conversation, DefaultGrant, Frame, Intent, Outcome, Peer, Recall, Removal, Replies, Utterance,
};

fn open(path: &str) -> Box<dyn Conversation> {
    let address = "127.0.0.1:50000".parse().unwrap();
    dialect().open(&Peer { session: SessionId::new(0, 1), address, forwarded: false, target: path.into() })
}

fn told(client: &mut dyn Conversation, outcome: Outcome<'_>) -> Vec<Utterance> {
    let mut replies = Replies::default();
    client.answer(outcome, &mut replies);
    replies.drain().collect()
}

#[test]
fn the_path_says_what_a_client_hears() {
    for (path, station, right) in [
        ("/", "*", "mr"),
        ("", "*", "mr"),
        ("/any/thing", "*", "mr"),
        ("/station", "*", "mr"),
        ("/stations/A", "*", "mr"),
        ("/station/AWP167046", "AWP167046", "mr.AWP167046"),
        ("/station/AWP167046/", "AWP167046", "mr.AWP167046"),
        ("/station/MR%201.5T%2a", "MR%201%2E5T%2A", "mr.MR%201%2E5T%2A"),
        ("/station/%E3%82%B5", "サ", "mr.サ"),
        ("/station/a/b//", "a/b/", "mr.a/b/"),
        ("/station/%zz", "%25zz", "mr.%25zz"),
        ("/station/*", "%2A", "mr.%2A"),
        ("/station/>", "%3E", "mr.%3E"),
        ("/station/", "%", "mr.%"),
        ("/station/A?station=B", "A", "mr.A"),
        ("/?/station/A", "*", "mr"),
        ("/station/A%3Fseries=1", "A?series=1", "mr.A?series=1"),
    ] {
        let Asked { intent: Intent::Subscribe { add, remove: Removal::Nothing, recall }, right: Some(asked) } =
            open(path).begin()
        else {
            panic!("{path}")
        };
        let heard: Vec<_> = add.iter().map(|(filter, _)| filter.as_str()).collect();
        let mut expected = vec![format!("mr.{station}.new"), format!("mr.{station}.update")];
        expected.extend((station == "*").then(|| "mr.unreadable".to_owned()));
        assert_eq!((heard, recall), (expected.iter().map(String::as_str).collect(), Recall::Never), "{path}");
        assert_eq!((asked.verb, asked.default_grant), ("mr.watch", DefaultGrant::Everyone), "{path}");
        assert_eq!(asked.topics.iter().map(Topic::as_str).collect::<Vec<_>>(), [right], "{path}");
    }
}

#[test]
fn series_and_sessions_are_heard_by_those_who_ask() {
    for (query, series, sessions) in [
        ("", false, false),
        ("?", false, false),
        ("?series=1", true, false),
        ("?sessions=1", false, true),
        ("?x=2&sessions=1&series=1&series=0", true, true),
        ("?series=0", false, false),
        ("?series", false, false),
        ("?series=11&sessions=", false, false),
        ("?Series=1", false, false),
    ] {
        for path in ["/", "/station/A"] {
            let at = format!("{path}{query}");
            let Intent::Subscribe { add, .. } = open(&at).begin().intent else { panic!("{at}") };
            let hears = |topic| add.iter().filter(|(filter, _)| filter.matches(&Topic::parse(topic).unwrap())).count();
            assert_eq!(hears("mr.A.series"), usize::from(series), "{at}");
            assert_eq!(hears("mr.A.session"), usize::from(sessions), "{at}");
            assert_eq!((hears("mr.A.new"), hears("mr.A.update")), (1, 1), "{at}");
            let others = usize::from(path == "/");
            assert_eq!(hears("mr.B.series"), others * usize::from(series), "{at}");
            assert_eq!(hears("mr.unreadable"), others, "{at}");
        }
    }
}

#[test]
fn one_station_is_told_nothing_of_the_others() {
    let hears = |path: &str, topic: &str| {
        let Intent::Subscribe { add, .. } = open(path).begin().intent else { panic!() };
        add.iter().any(|(filter, _)| filter.matches(&Topic::parse(topic).unwrap()))
    };
    for topic in ["mr.A.new", "mr.A.update"] {
        assert!(hears("/station/A", topic) && hears("/", topic) && !hears("/station/B", topic), "{topic}");
    }
    assert!(hears("/", "mr.unreadable") && !hears("/station/A", "mr.unreadable"));
    // A scanner may be called so; the topic of unreadable files is another one.
    assert!(hears("/station/unreadable", "mr.unreadable.new") && !hears("/station/unreadable", "mr.unreadable"));
}

#[test]
fn what_a_client_says_has_no_effect_and_no_answer() {
    assert!(dialect().binary());
    let mut client = open("/");
    assert_eq!(told(&mut *client, Outcome::Done), []);
    let huge = "[".repeat(10_000_000);
    for frame in [Frame::Text("{}"), Frame::Text(&huge), Frame::Text(""), Frame::Binary(&[0xFF; 1000])] {
        let asked = client.on_message(frame).unwrap();
        assert!(matches!(asked, Asked { intent: Intent::Answer, right: None }));
        assert_eq!(told(&mut *client, Outcome::Done), []);
    }
    let refusal = Refusal::new(Reason::TooMany, "messages come too fast");
    assert_eq!(told(&mut *client, Outcome::Refused(&refusal)), []);
}

#[test]
fn who_may_not_watch_is_sent_away() {
    let refusal = Refusal::new(Reason::NotPermitted, "no right to mr.watch");
    let expected = [Utterance::Close(1008, "not permitted")];
    assert_eq!(told(&mut *open("/"), Outcome::Refused(&refusal)), expected);
}
