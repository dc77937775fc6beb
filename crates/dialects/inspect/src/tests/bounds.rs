//! What waits behind a command is bounded: who goes on asking is sent away.

use super::*;
use crate::conversation::{InspectConversation, MOST_BYTES, MOST_WAITING};

#[test]
fn too_many_replies_behind_a_command_end_the_connection() {
    let mut client = Client::new();
    let ticket = client.command(IMAGE).ticket;
    for _ in 1..MOST_WAITING {
        assert_eq!(client.say("x").1, []);
    }
    let (refused, told) = client.say("x");
    assert_eq!(refused.unwrap_err().reason, Reason::TooMany);
    assert_eq!(told, [Utterance::Close(1008, "Too many requests are waiting.")]);
    assert!(client.say(IMAGE).1.is_empty(), "nothing more is heard");
    assert_eq!(client.answer(ticket, r#"{"done":true}"#).len(), MOST_WAITING, "what was asked has its reply");
}

#[test]
fn nor_may_they_be_too_long() {
    let mut client = Client::new();
    client.command(IMAGE);
    let unknown = format!(r#"["{}"]"#, "x".repeat(MOST_BYTES));
    assert_eq!(client.say(&unknown).1, []);
    assert_eq!(client.say("x").1, [Utterance::Close(1008, "Too many requests are waiting.")]);
    // What a reply will name is held as well.
    let long = format!(r#"{{"elements":{{"file":"{}","import_mode":""}}}}"#, "x".repeat(MOST_BYTES));
    let mut client = Client::new();
    let ticket = client.command(&long).ticket;
    assert_eq!(client.say("x").1, [Utterance::Close(1008, "Too many requests are waiting.")]);
    let mut client = Client::new();
    assert_eq!(client.command(&long).ticket, ticket);
    assert_eq!(client.answer(ticket, r#"{"done":true}"#), texts(&["O.k."]));
    assert_eq!(client.reply(r#"{"quit":1}"#), "bye", "nothing waits any more");
}

#[test]
fn who_has_its_replies_may_go_on_for_ever() {
    let mut client = Client::new();
    for _ in 0..3 * MOST_WAITING {
        client.reply("x");
        let ticket = client.command(IMAGE).ticket;
        client.say("x").0.unwrap_err();
        assert_eq!(client.answer(ticket, r#"{"done":true}"#).len(), 2);
    }
}

#[test]
fn a_conversation_is_small() {
    assert!(size_of::<InspectConversation>() <= 88, "{}", size_of::<InspectConversation>());
}
